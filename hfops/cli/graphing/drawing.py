"""What a graph shows: resources, and arrows from each to what it needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hfops.engine.graph import Graph
from hfops.model.address import Address
from hfops.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Arrow:
    """``source`` needs ``target``; with ``ready``, it waits until that one serves. Both are places in ``nodes``."""

    source: int
    target: int
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """The resources in the order of their addresses, and the arrows between them."""

    nodes: tuple[Address, ...]
    arrows: tuple[Arrow, ...]


def drawing(resources: Sequence[Resource], graph: Graph) -> Drawing:
    """``resources`` with what they need, as far as that is among them."""
    nodes = tuple(sorted(r.address for r in resources))
    place = {a: i for i, a in enumerate(nodes)}
    ready = {(r.address, d.address) for r in resources for d in r.depends_on if d.until_ready}
    arrows = (
        Arrow(place[a], place[b], (a, b) in ready) for a in nodes for b in graph.get(a, ()) if b in place
    )
    return Drawing(nodes, tuple(arrows))
