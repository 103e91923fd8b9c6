"""Collections in block style: one key, or one ``-``, to a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hfops.manifest.editing import words
from hfops.manifest.editing.errors import BY_HAND, EditError
from hfops.manifest.editing.splice import (
    Splice,
    begins_line,
    column,
    line_end,
    line_start,
    newline_of,
    without_lines,
)
from hfops.manifest.editing.tree import Listing, Mapping

CROWDED = EditError("it is laid out in a way that cannot be edited line by line", BY_HAND)


def add_key(text: str, node: Mapping, key: str, value: Any, newline: str) -> list[Splice]:
    """A new key after the last one."""
    indent = column(text, node.pairs[0].start)
    head = words.scalar(key, flow=False) + ":"
    found = words.laid(value, indent, indent + len(head) + 1)
    first = f"{head} {found.head}" if found.head else head
    return [_after(text, node.end, [" " * indent + first, *found.below], newline)]


def _after(text: str, offset: int, lines: Sequence[str], newline: str) -> Splice:
    """New lines below the one of ``offset``."""
    end = line_end(text, offset)
    return Splice(end, end, "".join(newline + line for line in lines))


def dashes(text: str, node: Listing) -> list[int]:
    """Where the dash of each entry stands."""
    first = text.index("-", node.start)
    found, indent = [first], column(text, first)
    for before, item in zip(node.items, node.items[1:], strict=False):
        found.append(_dash(text, before.end, item.start, indent))
    return found


def _dash(text: str, after: int, before: int, indent: int) -> int:
    start = after
    while (start := line_end(text, start)) < before:
        start += len(newline_of(text[start:]))
        line = text[start : line_end(text, start)]
        if line[:indent].strip() == "" and line[indent : indent + 1] == "-":
            return start + indent
    raise CROWDED


def insert_item(text: str, node: Listing, index: int, value: Any, newline: str) -> list[Splice]:
    """A new entry before the one that has ``index`` now, or at the end."""
    found = dashes(text, node)
    indent = column(text, found[0])
    lines = _item(value, indent, plain=_in_braces(node))
    if index:
        return [_after(text, node.items[index - 1].end, [" " * indent + lines[0], *lines[1:]], newline)]
    ahead = newline.join(lines) + newline + " " * indent
    return [Splice(found[0], found[0], ahead)]


def _in_braces(node: Listing) -> bool:
    """Whether entries that are mappings are written in braces; so they are where there is none yet."""
    maps = [i for i in node.items if isinstance(i, Mapping)]
    return all(m.flow for m in maps)


def _item(value: Any, indent: int, *, plain: bool) -> list[str]:
    """The lines of an entry, the first without its indentation."""
    if isinstance(value, dict) and value and not plain:
        pad = " " * (indent + 2)
        lines: list[str] = []
        for key, below in value.items():
            head = words.scalar(key, flow=False) + ":"
            found = words.laid(below, indent + 2, indent + 2 + len(head) + 1)
            lines += [pad + (f"{head} {found.head}" if found.head else head), *found.below]
        return ["- " + lines[0].lstrip(" "), *lines[1:]]
    found = words.laid(value, indent, indent + 2)
    return [f"- {found.head}" if found.head else "-", *found.below]


def remove_key(text: str, node: Mapping, index: int) -> list[Splice]:
    """A key goes with the lines of its value; at least one other stays."""
    pair = node.pairs[index]
    if begins_line(text, pair.start):
        return [without_lines(text, pair.start, pair.end)]
    if index:
        raise CROWDED
    return [_first_on_a_line(text, pair.start, pair.end, node.pairs[1].start)]


def remove_item(text: str, node: Listing, index: int) -> list[Splice]:
    """An entry goes with its lines; at least one other stays."""
    found = dashes(text, node)
    if begins_line(text, found[index]):
        return [without_lines(text, found[index], node.items[index].end)]
    if index or "#" in text[node.items[0].end : found[1]]:
        raise CROWDED
    return [_first_on_a_line(text, found[0], node.items[0].end, found[1])]


def _first_on_a_line(text: str, start: int, end: int, following: int) -> Splice:
    """What follows a dash goes, and the next comes in its place; below it where a comment would be lost."""
    return Splice(start, end if "#" in text[end:following] else following)


def emptied(text: str, node: Mapping | Listing, mark: int, brackets: str) -> list[Splice]:
    """Nothing stays: ``[]`` or ``{}`` after ``mark``, the colon or dash that the collection belongs to."""
    first = dashes(text, node)[0] if isinstance(node, Listing) else node.pairs[0].start
    if node.props:
        raise CROWDED
    if not begins_line(text, first):
        return [Splice(first, node.end, brackets)]
    return [Splice(mark, mark, f" {brackets}"), without_lines(text, first, node.end)]


def reorder(text: str, node: Listing, order: Sequence[int]) -> list[Splice]:
    """The entries in another order, each with the comments right above it, but for those above the first."""
    found = dashes(text, node)
    starts = [found[0], *(_with_comments(text, dash, column(text, found[0])) for dash in found[1:])]
    chunks = [text[start : line_end(text, i.end)] for start, i in zip(starts, node.items, strict=True)]
    return [
        Splice(start, start + len(own), chunks[index])
        for start, own, index in zip(starts, chunks, order, strict=True)
        if chunks[index] != own
    ]


def _with_comments(text: str, dash: int, indent: int) -> int:
    start = dash
    while (above := line_start(text, start)) > 0:
        line = line_start(text, above - 1)
        if text[line : line + indent].strip(" ") or text[line + indent : line + indent + 1] != "#":
            break
        start = line + indent
    return start
