"""A line of the text report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hfops.report.words import clean

WIDTH = 100
"""Characters: lists of names are wrapped here."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output. ``style`` is a word: title, add, change, remove, risk, dim, or nothing."""

    text: str = ""
    style: str = ""


def cleaned(lines: Iterable[Line]) -> list[Line]:
    """The lines, fit for a terminal."""
    return [Line(clean(line.text), line.style) for line in lines]


def name_lines(families: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    """Names by namespace, wrapped."""
    for namespace, names in families.items():
        text = f"{namespace}/: {', '.join(names)}"
        wrapped = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
        for index, part in enumerate(wrapped):
            yield Line(("    " if index == 0 else "      ") + part)
