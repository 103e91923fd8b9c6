"""What can be wrong, as data: one problem has a place, a subject, a message and a way out.

HfopsError            expected failures; the CLI prints them and ends with ``exit_code``
└── Problems          one or more ``Problem``s, reported together
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hfops.model.source import Mark


class HfopsError(Exception):
    """An expected failure: its text is for the user, ``exit_code`` for the shell (see the README's table)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """Where, about what, what was found and expected, and what to do next.

    ``str`` gives ``file:line:column: Kind/ns/name: spec.field: message (hint)``; absent parts are left out.
    """

    message: str
    where: Mark | None = None
    address: str | None = None
    path: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        parts = [str(p) for p in (self.where, self.address, self.path) if p]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.hint})" if self.hint else text

    @property
    def said(self) -> str:
        """``str`` without the place, for whoever shows that by itself."""
        return str(self).removeprefix(f"{self.where}: ") if self.where else str(self)

    def sort_key(self) -> tuple[str, int, int, str]:
        """By file and line, then by text."""
        where = self.where or Mark("", 0, 0)
        return (where.file, where.line, where.column, str(self))


class Problems(HfopsError):
    """All problems of a run at once, sorted by place, duplicates dropped."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=Problem.sort_key))
        super().__init__("\n".join(str(p) for p in self.problems))
