"""What comes of taking drift over, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.source import Mark

BOM = b"\xef\xbb\xbf"
AGAIN = "the manifest was changed since it was read"
AGAIN_HINT = "run it again"


@dataclass(frozen=True, slots=True)
class Taken:
    """A difference that the manifest is to say: its path as plans write it, and where it is written."""

    address: Address
    path: str
    where: Mark


@dataclass(frozen=True, slots=True)
class Left:
    """A difference that stays drift: ``path`` is empty where it is the resource as a whole."""

    address: Address
    path: str
    reason: str
    hint: str | None = None
    where: Mark | None = None

    @property
    def problem(self) -> Problem:
        """The same, in the form in which everything that is wrong is told."""
        return Problem(self.reason, self.where, str(self.address), self.path or None, self.hint)

    def to_json(self) -> dict[str, str]:
        """The JSON form; absent parts are left out."""
        where = str(self.where) if self.where else None
        told = {"path": self.path, "reason": self.reason, "hint": self.hint, "where": where}
        return {"address": str(self.address), **{k: v for k, v in told.items() if v}}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file to be written: ``path`` is the real one, ``file`` the name that users know; the bytes as read, and as meant."""

    file: str
    path: Path
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)

    def diff(self) -> list[str]:
        """The lines that change, as ``diff -u`` shows them, without context."""
        old, new = (data.removeprefix(BOM).decode().splitlines() for data in (self.before, self.after))
        return list(unified_diff(old, new, self.file, self.file, lineterm="", n=0))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is to be written, and what is not, and why."""

    files: tuple[Rewrite, ...] = ()
    taken: tuple[Taken, ...] = ()
    left: tuple[Left, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON form; of the files, their names."""
        return {
            "files": [f.file for f in self.files],
            "taken": [{"address": str(t.address), "path": t.path, "where": str(t.where)} for t in self.taken],
            "left": [x.to_json() for x in self.left],
        }


class RefusedError(Exception):
    """A whole file, or a whole document, cannot be edited."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(reason)
