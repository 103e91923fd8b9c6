"""What must be done before what: from what resources refer to, and from ``dependsOn``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource

Graph = Mapping[Address, tuple[Address, ...]]
"""Each resource with the resources that come before it, both in the order of their addresses."""


def build(resources: Sequence[Resource]) -> Graph:
    """The graph of ``resources``. Raises Problems, naming the way round, where it has a cycle."""
    known = {r.address for r in resources}
    graph: dict[Address, tuple[Address, ...]] = {}
    for resource in sorted(resources, key=lambda r: r.address):
        before = {d.address for d in resource.depends_on} | set(KINDS[resource.address.kind].refers(resource))
        graph[resource.address] = tuple(sorted(before & known))
    _refuse_cycles(graph, {r.address: r for r in resources})
    return graph


def _refuse_cycles(graph: Graph, resources: Mapping[Address, Resource]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # The sorter names each with its successor; users read "needs".
        chain: list[Address] = list(reversed(error.args[1]))
        first = resources[min(chain)]
        where = next((d.where for d in first.depends_on if d.address in chain and d.where), first.where)
        message = "resources that wait for each other: " + " → ".join(str(a) for a in chain)
        hint = "remove one of these dependsOn entries"
        raise Problems([Problem(message, where, str(first.address), "dependsOn", hint)]) from None


def ordered(graph: Graph) -> list[Address]:
    """All addresses, each after what it depends on, otherwise by address."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    out: list[Address] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        out.extend(ready)
        sorter.done(*ready)
    return out


def reverse(graph: Graph) -> Graph:
    """The same edges, turned round: for deleting."""
    out: dict[Address, list[Address]] = {a: [] for a in graph}
    for address, befores in graph.items():
        for before in befores:
            out[before].append(address)
    return {a: tuple(sorted(b)) for a, b in out.items()}


def needed_by(graph: Graph, chosen: set[Address]) -> set[Address]:
    """``chosen`` with everything they depend on."""
    out, todo = set(chosen), list(chosen)
    while todo:
        for before in graph.get(todo.pop(), ()):
            if before not in out:
                out.add(before)
                todo.append(before)
    return out
