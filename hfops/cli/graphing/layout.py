"""Where each resource stands in a picture: what needs nothing at the left, and few crossings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hfops.cli.graphing.drawing import Drawing

SWEEPS = 4
"""How often the order within columns is improved."""
ROW = 4
"""How many resources that are tied to nothing stand beside each other."""

Place = tuple[int, int]
"""Column and row, from 0."""


def places(drawn: Drawing) -> dict[int, Place]:
    """The place of every node. Those without arrows stand below, in rows of their own."""
    needs: dict[int, list[int]] = {i: [] for i in range(len(drawn.nodes))}
    needed: dict[int, list[int]] = {i: [] for i in range(len(drawn.nodes))}
    for arrow in drawn.arrows:
        needs[arrow.source].append(arrow.target)
        needed[arrow.target].append(arrow.source)
    tied = [i for i in needs if needs[i] or needed[i]]
    columns = _columns(tied, needs)
    for sweep in range(SWEEPS):
        towards = needs if sweep % 2 == 0 else needed
        order = {node: row for column in columns for row, node in enumerate(column)}
        columns = [sorted(c, key=lambda n: (_middle(towards[n], order, order[n]), order[n])) for c in columns]
    found = {node: (x, y) for x, column in enumerate(columns) for y, node in enumerate(column)}
    below = max((len(c) for c in columns), default=0)
    loose = [i for i in needs if i not in found]
    return found | {node: (i % ROW, below + i // ROW) for i, node in enumerate(loose)}


def _columns(nodes: Sequence[int], needs: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Nodes by how long the way to something is that needs nothing. There are no circles: loading refuses them."""
    depth: dict[int, int] = {}
    todo = list(nodes)
    while todo:
        node = todo[-1]
        missing = [n for n in needs[node] if n not in depth]
        if missing:
            todo.extend(missing)
            continue
        depth[node] = max((depth[n] + 1 for n in needs[node]), default=0)
        todo.pop()
    columns: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        columns[depth[node]].append(node)
    return columns


def _middle(neighbours: Sequence[int], order: Mapping[int, int], own: int) -> float:
    return sum(order[n] for n in neighbours) / len(neighbours) if neighbours else own
