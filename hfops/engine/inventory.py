"""Everything the manifests say, checked as far as it can be offline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hfops.engine.graph import Graph
from hfops.kinds.registry import KINDS
from hfops.manifest.defaults import Default
from hfops.model.address import Address
from hfops.model.directives import Directives
from hfops.model.problem import Problem
from hfops.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Inventory:
    """The resources, what stands before what, and the ``Changes``.

    ``whole_root``: the run is about all of the project; else it is about what ``asked`` files hold.
    """

    resources: tuple[Resource, ...]
    graph: Graph = field(default_factory=dict)
    directives: Directives = field(default_factory=Directives)
    whole_root: bool = True
    files: int = 0
    asked: frozenset[str] = frozenset()
    defaults: tuple[Default, ...] = ()
    idle: tuple[Problem, ...] = ()
    """``Defaults`` that are about no resource."""

    def get(self, address: Address) -> Resource | None:
        """The resource at ``address``, if a manifest describes it."""
        return next((r for r in self.resources if r.address == address), None)


def hidden(inventory: Inventory) -> Iterator[str]:
    """Texts of the manifests that no output may show."""
    for resource in inventory.resources:
        yield from KINDS[resource.address.kind].hidden(resource)
