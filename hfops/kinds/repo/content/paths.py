"""Paths in a repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator

MAX_PATH = 1000
"""Characters that the Hub takes."""

FORBIDDEN = frozenset({".git", ".cache"})
"""Names that the Hub refuses as any part of a path."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def bad_path(path: str) -> str | None:
    """Why no file of a repository can have this path, or None."""
    parts = path.split("/")
    rules = (
        (not path, "is empty"),
        (len(path) > MAX_PATH, f"has more than {MAX_PATH} characters"),
        (path.startswith("/"), "starts with '/'"),
        ("\\" in path, "holds a backslash: folders are separated by '/'"),
        (bool(_CONTROL.search(path)), "holds a control character"),
        (bool({"", ".", ".."} & set(parts)), "has an empty part, '.' or '..'"),
        (bool(FORBIDDEN & set(parts)), "has a part called .git or .cache, which the Hub refuses"),
    )
    return next((why for broken, why in rules if broken), None)


def folder_of(written: str) -> str:
    """The folder that an entry names: ``""`` for the root, else ``app/``."""
    name = written.strip("/")
    return f"{name}/" if name else ""


def bad_folder(written: str) -> str | None:
    """Why no folder of a repository can be called so, or None."""
    name = folder_of(written)
    if written == "/":
        return None
    return bad_path(written.removesuffix("/")) if name else "names no folder; the root is /"


def covers(folder: str, path: str) -> bool:
    """Whether ``path`` lies below a folder as ``folder_of`` gives it."""
    return path.startswith(folder)


def parents(path: str) -> list[str]:
    """The folders that a file lies in, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def clashes(paths: Iterable[str], files: Collection[str]) -> Iterator[tuple[str, str]]:
    """Which of ``paths`` lie below a path that is one of ``files``, with that."""
    for path in paths:
        yield from ((path, folder) for folder in parents(path) if folder in files)


def base_name(path: str) -> str:
    """The last part."""
    return posixpath.basename(path)
