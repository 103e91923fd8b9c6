"""Names: repository ids, branches, tags, commits. Rules of the Hub's client and of git check-ref-format."""

from __future__ import annotations

import re

MAX_ID_PART = 96
"""Characters of a namespace or a name."""

_FULL_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_ID_PART = re.compile(r"[A-Za-z0-9_.-]+")
_BAD_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def bad_id_part(text: str) -> str | None:
    """Why ``text`` cannot be a namespace or a repository's name, or None."""
    if not text:
        return "is empty"
    if len(text) > MAX_ID_PART:
        return f"has {len(text)} characters, at most {MAX_ID_PART} are allowed"
    rules = (
        ("--" in text or ".." in text, "holds '--' or '..'"),
        (text.endswith(".git"), "ends with '.git'"),
        (text[0] in "-." or text[-1] in "-.", "starts or ends with '-' or '.'"),
        (not _ID_PART.fullmatch(text), "holds a character other than A-Z a-z 0-9 _ . -"),
    )
    return next((why for broken, why in rules if broken), None)


def bad_ref(text: str) -> str | None:
    """Why ``text`` cannot be a branch or tag (git check-ref-format; ``refs/…`` is the Hub's own), or None."""
    if not text:
        return "is empty"
    if text.startswith("refs/"):
        return "starts with 'refs/', which the Hub keeps to itself"
    if _BAD_IN_REF.search(text):
        return "holds a space, a control character, or one of ~ ^ : ? * [ \\ '..' '@{' '//'"
    if text.startswith(("/", "-")) or text.endswith(("/", ".")) or text in ("@", "HEAD"):
        return "starts with '/' or '-', ends with '/' or '.', or is '@' or 'HEAD'"
    if any(part.startswith(".") or part.endswith(".lock") for part in text.split("/")):
        return "has a part that starts with '.' or ends with '.lock'"
    return None


def is_full_commit(text: str) -> bool:
    """Whether ``text`` is spelt like a whole commit id."""
    return bool(_FULL_COMMIT.fullmatch(text.lower()))


def looks_like_commit(text: str) -> bool:
    """Whether ``text`` could be a commit id, perhaps shortened."""
    return bool(_SHORT_COMMIT.fullmatch(text.lower()))


def bad_repo_id(text: str) -> str | None:
    """Why ``text`` is no repository's id, or None."""
    parts = text.split("/")
    if len(parts) != 2:
        return "expected namespace/name"
    return next((f"{part!r} {why}" for part in parts if (why := bad_id_part(part))), None)
