"""Paths and contents that come from outside: what is refused, how they are decoded, what goes to LFS."""

from __future__ import annotations

import base64
import binascii
from fnmatch import fnmatchcase

from hfops.sandbox.manners import RefusalError, bad_request

REGULAR_LIMIT = 10 * 1000 * 1000
"""Bytes; larger files must go through LFS."""

FORBIDDEN = frozenset({"", ".", "..", ".git", ".cache"})


def checked_path(path: str) -> str:
    """``path`` if a repository may hold it; 422 otherwise."""
    if "\0" in path or FORBIDDEN & set(path.split("/")):
        raise RefusalError(422, f"Invalid path in repo: {path!r}")
    return path


def decoded(content: str, encoding: str) -> bytes:
    """Inline content as bytes; 400 for broken base64."""
    if encoding != "base64":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise bad_request(f"Invalid base64 content: {error}") from None


def is_large(path: str, size: float, sample: str, attributes: str) -> bool:
    """Whether a file goes through LFS: .gitattributes says so, it is too large, or its first bytes are binary."""
    if size == 0:
        return False
    lines = [line.split() for line in attributes.splitlines()]
    tracked = any("filter=lfs" in line[1:] and fits(path, line[0]) for line in lines if line)
    return tracked or size > REGULAR_LIMIT or b"\0" in decoded(sample, "base64")


def is_ignored(path: str, ignore: str) -> bool:
    """Whether a .gitignore names the path; the last line that fits decides."""
    ignored = False
    for raw in ignore.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if fits(path, pattern) or path.startswith(pattern.strip("/") + "/"):
            ignored = not line.startswith("!")
    return ignored


def fits(path: str, pattern: str) -> bool:
    """Whether a git pattern covers ``path``: without a slash it is about the file's name."""
    if "/" not in pattern.strip("/"):
        return any(fnmatchcase(part, pattern.strip("/")) for part in path.split("/"))
    return fnmatchcase(path, pattern.strip("/").replace("**/", "*"))
