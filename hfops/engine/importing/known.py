"""What is described already: by its address, and what the Hub gives no name, by the Hub's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hfops.kinds.base import Ask, HubView, Sight, Vault
from hfops.kinds.describe import Sketch
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.record import Record
from hfops.model.resource import Resource

NAMELESS = ("Collection", "Webhook")
"""Kinds whose names are hfops's own."""


@dataclass(frozen=True, slots=True)
class Known:
    """The addresses and ids of what manifests describe. ``home`` is where the ledger lives."""

    addresses: frozenset[Address] = frozenset()
    ids: frozenset[str] = frozenset()
    home: Address | None = None
    unsure: tuple[str, ...] = field(default=())
    """Manifests of which it could not be told what they are about, and why."""

    def describes(self, sketch: Sketch) -> bool:
        """Whether a manifest is about it."""
        if sketch.nameless:
            return sketch.hub_id is not None and sketch.hub_id in self.ids
        return sketch.address in self.addresses

    def is_home(self, address: Address) -> bool:
        """Whether the project's own ledger lives there."""
        return address == self.home


def known(
    resources: Iterable[Resource],
    records: Mapping[Address, Record],
    hub: HubView,
    vault: Vault,
    home: Address | None,
) -> Known:
    """What manifests describe. Reads those of them that have no name on the Hub (Kind.observe)."""
    described = [r for r in resources if not r.existing]
    ids, unsure = set[str](), list[str]()
    for kind in NAMELESS:
        asks = [
            Ask(r.address, r, records.get(r.address), vault=vault)
            for r in described
            if r.address.kind == kind
        ]
        for address, sight in KINDS[kind].observe(asks, hub).items() if asks else ():
            ids |= {i for i in (_id_of(sight), _recorded(records, address)) if i}
            unsure += [f"{address}: {sight.problem}"] if sight.problem else []
    return Known(frozenset(r.address for r in described), frozenset(ids), home, tuple(unsure))


def _id_of(sight: Sight) -> str | None:
    found: str | None = sight.live.hub_id if sight.live is not None else None
    return found


def _recorded(records: Mapping[Address, Record], address: Address) -> str | None:
    record = records.get(address)
    return record.hub_id if record else None
