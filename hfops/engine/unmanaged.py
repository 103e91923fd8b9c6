"""Live resources that no manifest describes, as far as planning's own list calls show them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hfops.engine.inventory import Inventory
from hfops.kinds.base import Seen, Sight
from hfops.model.address import Address
from hfops.model.record import Record


def unmanaged(
    seen: Iterable[Seen],
    inventory: Inventory,
    records: Mapping[Address, Record],
    sights: Mapping[Address, Sight],
) -> tuple[Address, ...]:
    """What was seen, and neither a manifest nor the ledger knows, by name or by the Hub's id."""
    named = {r.address for r in inventory.resources} | records.keys()
    lives = [s.live for a, s in sights.items() if s.live is not None and a in named]
    known = {live.hub_id for live in lives} | {r.hub_id for r in records.values()}
    return tuple(
        sorted({a for a, hub_id in seen if a not in named and (hub_id is None or hub_id not in known)})
    )
