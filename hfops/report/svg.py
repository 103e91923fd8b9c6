"""What waits for what, drawn: boxes in columns from left to right, each right of everything that it waits for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hfops.report.text import SIGNS
from hfops.report.view import Group, View
from hfops.report.words import clean

LARGEST = 150
"""Boxes: a larger picture shows nothing."""

LABEL = 40
"""Character cells of a label."""

CELL, LINE, PADDING, COLUMN_GAP, ROW_GAP, MARGIN = 7.25, 30, 11, 64, 12, 8
"""Pixels: a character cell, a box's height, and the spaces between."""

SWEEPS = 4
"""How often rows are sorted by where their neighbours are; more makes no difference that can be seen."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box: an action to one resource, or to several at once. ``href`` is empty where there is nothing to go to."""

    key: str
    label: str
    action: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place."""

    node: Node
    text: str
    x: float
    y: float
    width: float
    height: float = LINE


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and the paths between them; ``alone`` counts the nodes that are left out for having no line."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    alone: int = 0
    too_large: int = 0
    """How many boxes it would have been, where that is too many; then there are none."""


Edges = Iterable[tuple[str, str]]
"""Pairs of keys: what waits, and what it waits for."""


def graph_of(view: View) -> Drawing:
    """The drawing of a report's groups. What is waited for and not changed has a box of its own."""
    owner = {address: g for g in view.groups for address, _ in g.members}
    nodes = {g.id: _node(g) for g in view.groups}
    edges: dict[tuple[str, str], None] = {}
    for group in view.groups:
        for address in group.needs:
            needed = owner[address].id if address in owner else f"={address}"
            nodes.setdefault(needed, Node(needed, address, "none"))
            if needed != group.id:
                edges[group.id, needed] = None
    return draw(list(nodes.values()), edges)


def draw(nodes: Sequence[Node], edges: Edges) -> Drawing:
    """Place every node that has an edge. Edges that go in a circle are drawn, and do not count for the columns."""
    pairs = list(dict.fromkeys(edges))
    joined = {key for pair in pairs for key in pair}
    shown = [n for n in nodes if n.key in joined]
    alone = len(nodes) - len(shown)
    if not shown or len(shown) > LARGEST:
        return Drawing((), (), 0, 0, alone, len(shown))
    columns = _columns(shown, pairs)
    boxes = _placed(_sorted(columns, pairs))
    lines = tuple(_line(boxes[needed], boxes[waits]) for waits, needed in pairs)
    width = max(b.x + b.width for b in boxes.values()) + MARGIN
    height = max(b.y + b.height for b in boxes.values()) + MARGIN
    return Drawing(tuple(boxes.values()), lines, width, height, alone)


def _node(group: Group) -> Node:
    return Node(group.id, group.title, group.action, f"#{group.id}")


def _columns(nodes: Sequence[Node], pairs: Sequence[tuple[str, str]]) -> list[list[Node]]:
    """Nodes by how long the longest way to them is."""
    depth = _depths([n.key for n in nodes], pairs)
    columns: list[list[Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        columns[depth[node.key]].append(node)
    return [column for column in columns if column]


def _depths(keys: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """One more than the deepest that each waits for. Where a circle holds all up, the first of the rest goes on."""
    needs: dict[str, set[str]] = {key: set() for key in keys}
    waiting: dict[str, list[str]] = {}
    for waits, needed in pairs:
        needs[waits].add(needed)
        waiting.setdefault(needed, []).append(waits)
    depth: dict[str, int] = {}
    ready = [key for key in keys if not needs[key]]
    for start in (*ready, *keys):
        todo = [start] if start not in depth else []
        while todo:
            key = todo.pop()
            depth[key] = 1 + max((depth[n] for n in needs[key] if n in depth), default=-1)
            free = (w for w in waiting.get(key, ()) if w not in depth and needs[w] <= depth.keys())
            todo += dict.fromkeys(free)
    return depth


def _sorted(columns: list[list[Node]], pairs: Sequence[tuple[str, str]]) -> list[list[Node]]:
    """Each column in the order of its neighbours' middles, so that few lines cross."""
    beside: dict[str, list[str]] = {}
    for one, other in pairs:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    for sweep in range(SWEEPS):
        place = {n.key: i - len(column) / 2 for column in columns for i, n in enumerate(column)}
        for column in columns if sweep % 2 == 0 else reversed(columns):
            column.sort(key=lambda n: sum(place[k] for k in beside[n.key]) / len(beside[n.key]))
            place |= {n.key: i - len(column) / 2 for i, n in enumerate(column)}
    return columns


def _placed(columns: Sequence[Sequence[Node]]) -> dict[str, Box]:
    step = LINE + ROW_GAP
    tallest = max(len(column) for column in columns)
    x: float = MARGIN
    boxes: dict[str, Box] = {}
    for column in columns:
        texts = {n.key: _text(n) for n in column}
        width = max(_cells(t) for t in texts.values()) * CELL + 2 * PADDING
        top = MARGIN + (tallest - len(column)) * step / 2
        for row, node in enumerate(column):
            boxes[node.key] = Box(
                node, texts[node.key], round(x, 1), round(top + row * step, 1), round(width, 1)
            )
        x += width + COLUMN_GAP
    return boxes


def _text(node: Node) -> str:
    sign = SIGNS[node.action].strip()
    text = clean(f"{sign} {node.label}".strip())
    while _cells(text) > LABEL:
        text = text[:-2] + "…"
    return text


def _cells(text: str) -> int:
    """Character cells: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _line(start: Box, end: Box) -> str:
    """A path from the right of ``start`` to the left of ``end``."""
    x1, y1 = start.x + start.width, start.y + start.height / 2
    x2, y2 = end.x - 6, end.y + end.height / 2
    bend = max(24.0, (x2 - x1) / 2)
    return f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
