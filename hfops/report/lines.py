"""A line of the text report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hfops.report.words import clean


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output. ``style`` is a word: title, add, change, remove, risk, dim, or nothing."""

    text: str = ""
    style: str = ""


def cleaned(lines: Iterable[Line]) -> list[Line]:
    """The lines, fit for a terminal."""
    return [Line(clean(line.text), line.style) for line in lines]
