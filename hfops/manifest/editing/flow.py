"""Collections in flow style: in braces and brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hfops.manifest.editing.splice import Splice, begins_line, column, ends_line, line_end, without_lines
from hfops.manifest.editing.tree import Collection, Node, Pair, children

_COMMA = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*)*,")


def append(text: str, node: Collection, written: str, newline: str) -> list[Splice]:
    """``written`` after the last part; on a line of its own where the last one is."""
    parts = children(node)
    if not parts:
        start = _open(text, node) + 1
        return [Splice(start, start, written)]
    last = parts[-1]
    comma = _comma(text, last.end)
    if _alone(text, last) and len(parts) > 1 and begins_line(text, parts[-2].start):
        end, pad = line_end(text, last.end), " " * column(text, last.start)
        if comma is not None and comma <= end:
            return [Splice(end, end, f"{newline}{pad}{written},")]
        if comma is None:
            return [Splice(last.end, last.end, ","), Splice(end, end, f"{newline}{pad}{written}")]
    if comma is not None:
        return [Splice(comma, comma, f" {written}")]
    return [Splice(last.end, last.end, f", {written}")]


def insert(node: Collection, index: int, written: str) -> list[Splice]:
    """``written`` before the part that has ``index`` now."""
    start = children(node)[index].start
    return [Splice(start, start, f"{written}, ")]


def remove(text: str, node: Collection, index: int) -> list[Splice]:
    """A part goes with its comma, and with its line where it has one to itself."""
    parts = children(node)
    part, comma = parts[index], _comma(text, parts[index].end)
    if len(parts) == 1:
        return [_only(text, node, part, comma)]
    if _alone(text, part):
        return [without_lines(text, part.start, part.end if comma is None else _near(text, part.end, comma))]
    if index + 1 < len(parts):
        following = parts[index + 1].start
        assert comma is not None
        return [Splice(part.start, comma if "#" in text[part.end : following] else following)]
    before = parts[index - 1].end
    return [Splice(part.start if "#" in text[before : part.start] else before, part.end)]


def swap(text: str, node: Collection, order: Sequence[int]) -> list[Splice]:
    """The parts in another order; what stands between them stays."""
    parts = children(node)
    texts = [text[p.start : p.end] for p in parts]
    return [Splice(p.start, p.end, texts[i]) for p, i in zip(parts, order, strict=True) if parts[i] is not p]


def _only(text: str, node: Collection, part: Pair | Node, comma: int | None) -> Splice:
    start, end = _open(text, node) + 1, node.end - 1
    if "#" in text[start : part.start] or "#" in text[part.end : end]:
        return Splice(part.start, part.end if comma is None else comma)
    return Splice(start, end)


def _open(text: str, node: Collection) -> int:
    """The bracket or brace, behind anchor and tag."""
    found = re.compile(r"[{\[]").search(text, node.start)
    assert found is not None
    return found.start()


def _comma(text: str, end: int) -> int | None:
    """Right behind the comma that follows a part."""
    found = _COMMA.match(text, end)
    return found.end() if found else None


def _alone(text: str, part: Pair | Node) -> bool:
    """Whether nothing else but its comma and a comment stands on a part's lines."""
    if not begins_line(text, part.start):
        return False
    comma = _comma(text, part.end)
    return ends_line(text, part.end if comma is None else _near(text, part.end, comma))


def _near(text: str, end: int, comma: int) -> int:
    """The comma's place where it is on the line of ``end``, else ``end``."""
    return comma if comma <= line_end(text, end) else end
