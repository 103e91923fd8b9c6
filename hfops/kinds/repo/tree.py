"""Files of a repository as the Hub shows them: by git's blob id where they are regular, by sha256 where large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

SHORT = 7
"""Characters of an id in plans."""


class Identified(Protocol):
    """Bytes, known by their size and one or both of their ids (``""``: not known)."""

    @property
    def size(self) -> int | None:
        """In bytes; None where it is not known."""

    @property
    def blob_id(self) -> str:
        """Git's sha1."""

    @property
    def sha256(self) -> str:
        """Of the bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the Hub."""

    size: int | None
    blob_id: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LiveContent:
    """What was read of a branch at ``commit``. ``whole``: the whole tree; else only the files looked for.

    ``readme`` is None where there is none; ``carded`` tells whether it was read. ``attributes`` are the text of
    .gitattributes where that was read. ``fresh``: the branch is only made by this plan, from ``commit``.
    ``unwanted`` is an open pull request of ours of which nothing is wanted any more, ``closed`` one that proposed just
    what is wanted, and was closed without merging.
    """

    branch: str
    commit: str
    files: Mapping[str, Entry] = field(default_factory=dict)
    whole: bool = False
    readme: bytes | None = None
    carded: bool = False
    attributes: str | None = None
    fresh: bool = False
    proposal: Proposal | None = None
    unwanted: int | None = None
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open pull request of ours. ``equal``: merging it gives what the manifest wants."""

    number: int
    content: LiveContent
    equal: bool
    draft: bool = False


def same(one: Identified, other: Identified) -> bool | None:
    """Whether two files have the same bytes; None where what is known of them does not tell."""
    if one.blob_id and other.blob_id:
        return one.blob_id == other.blob_id
    if one.sha256 and other.sha256:
        return one.sha256 == other.sha256
    if one.size is not None and other.size is not None and one.size != other.size:
        return False
    return None


def told(file: Identified) -> str:
    """A file as plans show it: ``13 bytes (3f2a91c)``."""
    known = (file.blob_id or file.sha256)[:SHORT]
    return f"({known})" if file.size is None else f"{sized(file.size)} ({known})"


def sized(size: int) -> str:
    """A number of bytes for people: ``13 bytes``, ``5.0 GB``."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    amount = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.95 or unit == "TB":
            return f"{amount:.1f} {unit}"
    raise AssertionError
