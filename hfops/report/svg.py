"""What waits for what, drawn: boxes in columns from left to right, each right of everything that it waits for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hfops.report.text import SIGNS
from hfops.report.view import Group, View
from hfops.report.words import clean

LARGEST = 150
"""Boxes: a larger picture inside of a report shows nothing."""

LABEL = 40
"""Character cells of a label in a report."""

CELL, PADDING, COLUMN_GAP, ROW_GAP, MARGIN = 7.25, 11, 64, 12, 8
"""Pixels: a character cell, and the spaces between."""

ABREAST = 4
"""How many boxes without a line stand beside each other."""

SWEEPS = 4
"""How often rows are sorted by where their neighbours are; more makes no difference that can be seen."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box: an action to one resource, or to several at once. ``href`` is empty where there is nothing to go to.

    ``over`` is a smaller line above the label.
    """

    key: str
    label: str
    action: str = "none"
    href: str = ""
    over: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture is drawn into: a report by default, which leaves out what has no line.

    ``height`` of a box and ``tip``, the room before the end of a line for the head of its arrow, are in pixels;
    ``label`` are the character cells of the longest label, ``largest`` is a number of boxes; None: no limit.
    """

    height: int = 30
    tip: int = 6
    label: int | None = LABEL
    largest: int | None = LARGEST
    alone: bool = False
    """Whether what has no line is drawn too, below the rest."""


REPORT = Frame()


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place."""

    node: Node
    text: str
    x: float
    y: float
    width: float
    height: float


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


def draw(nodes: Sequence[Node], edges: Edges, frame: Frame = REPORT) -> Drawing:
    """Place every node that has an edge. Edges that go in a circle are drawn, and do not count for the columns."""
    pairs = list(dict.fromkeys(edges))
    joined = {key for pair in pairs for key in pair}
    shown = [n for n in nodes if n.key in joined]
    alone = [n for n in nodes if n.key not in joined]
    if frame.largest is not None and len(shown) > frame.largest:
        return Drawing((), (), 0, 0, len(alone), len(shown))
    boxes = _placed(_sorted(_columns(shown, pairs), pairs), frame)
    lines = tuple(_line(boxes[needed], boxes[waits], frame.tip) for waits, needed in pairs)
    if frame.alone:
        below = max((b.y + b.height + ROW_GAP for b in boxes.values()), default=MARGIN)
        rows = [alone[i::ABREAST] for i in range(min(ABREAST, len(alone)))]
        boxes |= _placed(rows, frame, below, centred=False)
    width = max((b.x + b.width + MARGIN for b in boxes.values()), default=0)
    height = max((b.y + b.height + MARGIN for b in boxes.values()), default=0)
    return Drawing(tuple(boxes.values()), lines, width, height, 0 if frame.alone else len(alone))


def _node(group: Group) -> Node:
    return Node(group.id, group.title, group.action, f"#{group.id}")


def _columns(nodes: Sequence[Node], pairs: Sequence[tuple[str, str]]) -> list[list[Node]]:
    """Nodes by how long the longest way to them is."""
    depth = _depths([n.key for n in nodes], pairs)
    columns: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
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


def _placed(
    columns: Sequence[Sequence[Node]], frame: Frame, top: float = MARGIN, *, centred: bool = True
) -> dict[str, Box]:
    step = frame.height + ROW_GAP
    tallest = max((len(column) for column in columns), default=0) if centred else 0
    x: float = MARGIN
    boxes: dict[str, Box] = {}
    for column in columns:
        texts = {n.key: _text(n, frame) for n in column}
        width = max(max(_cells(texts[n.key]), _cells(n.over)) for n in column) * CELL + 2 * PADDING
        first = top + max(tallest - len(column), 0) * step / 2
        for row, node in enumerate(column):
            y = round(first + row * step, 1)
            boxes[node.key] = Box(node, texts[node.key], round(x, 1), y, round(width, 1), frame.height)
        x += width + COLUMN_GAP
    return boxes


def _text(node: Node, frame: Frame) -> str:
    sign = "" if node.action == "none" else SIGNS[node.action]
    text = clean(f"{sign} {node.label}".strip())
    while frame.label is not None and _cells(text) > frame.label:
        text = text[:-2] + "…"
    return text


def _cells(text: str) -> int:
    """Character cells: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _line(start: Box, end: Box, tip: int) -> str:
    """A path from the right of ``start`` to the left of ``end``, without the last ``tip`` pixels."""
    x1, y1 = start.x + start.width, start.y + start.height / 2
    x2, y2 = end.x - tip, end.y + end.height / 2
    bend = max(24.0, (x2 - x1) / 2)
    return f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
