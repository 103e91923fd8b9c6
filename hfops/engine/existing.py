"""Live repositories that no manifest describes and ``Defaults`` with ``existing: true`` are about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from hfops.engine import graph
from hfops.engine.inventory import Inventory
from hfops.engine.load import without_nulls
from hfops.kinds.base import HubView
from hfops.kinds.registry import KINDS
from hfops.manifest.bind import bind
from hfops.manifest.defaults import Default, layers, namespaces
from hfops.manifest.document import Document
from hfops.manifest.envelope import API_VERSION
from hfops.manifest.layers import laid
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource


def with_existing(
    inventory: Inventory, hub: HubView, local: Local, others: Callable[[Address], bool] = lambda _: False
) -> Inventory:
    """``inventory`` with a resource for each such repository: the fields of the ``Defaults``, and nothing else.

    Calls: the list of each kind and namespace (Kind.census). What is ``others``' is left out.
    Raises Problems where the ``Defaults`` are wrong for what they are about.
    """
    rules = [d for d in inventory.defaults if d.existing]
    if not rules:
        return inventory
    described = {r.address for r in inventory.resources}
    made: dict[Address, Resource] = {}
    for address, rule in _covered(rules, hub):
        if address in described or address in made or others(address):
            continue
        made[address] = _resource(address, rule, rules, local)
    resources = tuple(sorted((*inventory.resources, *made.values()), key=lambda r: r.address))
    return replace(inventory, resources=resources, graph=graph.build(resources))


def _covered(rules: list[Default], hub: HubView) -> Iterator[tuple[Address, Default]]:
    lists = {(kind, ns): None for rule in rules for kind in rule.kinds for ns in namespaces(rule) if ns}
    for kind, namespace in lists:
        for address, _ in KINDS[kind].census(namespace, hub):
            rule = next((r for r in rules if r.covers(address, {})), None)
            if rule is not None:
                yield address, rule


def _resource(address: Address, rule: Default, rules: list[Default], local: Local) -> Resource:
    where = rule.document.mark()
    data = {"apiVersion": API_VERSION, "kind": address.kind, "metadata": {"name": address.id}, "spec": {}}
    empty = Document(where.file, rule.document.index, data, {(): where})
    merged = laid(empty, layers(rules, address, {}))
    kind = KINDS[address.kind]
    fields = without_nulls(merged.document.data["spec"])
    spec = bind(kind.spec, merged.document, ("spec",), str(address), fields)
    problems: list[Problem] = [*merged.problems, *(spec if isinstance(spec, list) else ())]
    if problems or isinstance(spec, list):
        raise Problems(problems)
    resource = Resource(address, spec, where, merged.document.marks, sources=merged.sources, existing=True)
    problems.extend(kind.check(resource, local))
    if problems:
        raise Problems(problems)
    return resource
