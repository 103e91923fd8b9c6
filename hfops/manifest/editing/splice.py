"""Replacing stretches of a text, and finding the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Splice:
    """``text`` in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str = ""


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """``text`` with all splices, which do not overlap. Of two at one place, the first given comes first."""
    out, done = [], 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        out += [text[done : splice.start], splice.text]
        done = splice.end
    return "".join([*out, text[done:]])


def newline_of(text: str) -> str:
    """The line end that a text uses first."""
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def line_start(text: str, offset: int) -> int:
    """The first character of the line that ``offset`` is on."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """The end of the line that ``offset`` is on, before its line break."""
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


def next_line(text: str, offset: int) -> int:
    """The first character after the line that ``offset`` is on."""
    found = _BREAK.search(text, offset)
    return found.end() if found else len(text)


def column(text: str, offset: int) -> int:
    """How far ``offset`` is from the start of its line."""
    return offset - line_start(text, offset)


def begins_line(text: str, offset: int) -> bool:
    """Whether nothing but spaces stands before ``offset`` on its line."""
    return not text[line_start(text, offset) : offset].strip(" \t")


def ends_line(text: str, offset: int) -> bool:
    """Whether nothing but a comment stands behind ``offset`` on its line."""
    rest = text[offset : line_end(text, offset)]
    return not rest.strip(" \t") or (rest.lstrip(" \t").startswith("#") and rest[0] in " \t")


def without_lines(text: str, start: int, end: int) -> Splice:
    """The removal of the whole lines from that of ``start`` to that of ``end``. A text keeps its last line's ending."""
    first, after = line_start(text, start), next_line(text, end)
    if after == len(text) and text and text[-1] not in "\r\n" and first:
        head = text[:first]
        first = len(head.removesuffix("\n").removesuffix("\r"))
    return Splice(first, after)
