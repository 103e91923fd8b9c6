"""One value in place of another, whatever the two look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hfops.manifest.editing import words
from hfops.manifest.editing.block import CROWDED, dashes, emptied
from hfops.manifest.editing.splice import Splice, begins_line, column, line_end
from hfops.manifest.editing.tree import Leaf, Listing, Mapping, Node, Pair

_HEADER = re.compile(r"[|>][-+0-9]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: right behind its ``mark`` (a colon or a dash), or in ``flow``.

    ``indent`` is the column of the key or dash. ``bare`` is a key in braces that has no colon.
    """

    node: Node
    mark: int
    indent: int
    flow: bool
    bare: bool = False


def place_in_mapping(text: str, node: Mapping, pair: Pair) -> Place:
    """The place of a key's value."""
    colon = text.find(":", pair.key.end, max(pair.value.start, pair.key.end))
    bare = colon < 0
    return Place(pair.value, pair.key.end if bare else colon + 1, column(text, pair.start), node.flow, bare)


def place_in_list(text: str, node: Listing, index: int) -> Place:
    """The place of an entry."""
    item = node.items[index]
    if node.flow:
        return Place(item, item.start, 0, flow=True)
    dash = dashes(text, node)[index]
    return Place(item, dash + 1, column(text, dash), flow=False)


def replaced(text: str, place: Place, value: Any, newline: str) -> list[Splice]:
    """The value at ``place`` becomes ``value``."""
    node = place.node
    quote = node.style if isinstance(node, Leaf) and node.style in ("'", '"') else ""
    if place.flow:
        written = (
            words.flow(value)
            if isinstance(value, dict | list)
            else words.scalar(value, flow=True, quote=quote)
        )
        return [_inline(text, place, ": " + written if place.bare else written)]
    found = words.laid(value, place.indent, place.indent, quote)
    if isinstance(node, Leaf) and node.block:
        found = found if found.head else words.Laid(words.flow(value))
        return _for_block_text(text, place, found, newline)
    if isinstance(node, Mapping | Listing) and not node.flow:
        return _for_block(text, place, found, value, newline)
    if not _on_line_of_mark(text, place):
        return [_inline(text, place, words.flow(value))]
    end = line_end(text, node.end)
    below = "".join(newline + line for line in found.below)
    if not found.head:
        return [Splice(place.mark, node.end), Splice(end, end, below)]
    return [_inline(text, place, found.head), *([Splice(end, end, below)] if below else [])]


def _inline(text: str, place: Place, written: str) -> Splice:
    """``written`` where the old value stood, with a space where there was none."""
    node = place.node
    gap = " " if node.start == place.mark and text[node.start - 1 : node.start] in (":", "-") else ""
    return Splice(node.start, node.end, gap + written)


def _on_line_of_mark(text: str, place: Place) -> bool:
    return place.node.start <= line_end(text, place.mark)


def _for_block_text(text: str, place: Place, found: words.Laid, newline: str) -> list[Splice]:
    """The lines of the old text go; a comment behind its ``|`` stays."""
    node = place.node
    header = _HEADER.search(text, node.start)
    if header is None or not _on_line_of_mark(text, place):
        raise CROWDED
    end = line_end(text, header.end())
    below = "".join(newline + line for line in found.below)
    out = [Splice(node.start, header.end(), found.head)]
    return [*out, Splice(end, max(end, line_end(text, node.end)), below)]


def _for_block(text: str, place: Place, found: words.Laid, value: Any, newline: str) -> list[Splice]:
    """The lines of the old collection go, and the comments between them."""
    node = place.node
    assert isinstance(node, Mapping | Listing)
    first = dashes(text, node)[0] if isinstance(node, Listing) else node.pairs[0].start
    if not found.below or not begins_line(text, first):
        return emptied(text, node, place.mark, words.flow(value) if found.below else found.head)
    if node.props:
        raise CROWDED
    head = [Splice(place.mark, place.mark, f" {found.head}")] if found.head else []
    return [*head, Splice(first - column(text, first), line_end(text, node.end), newline.join(found.below))]
