"""What somebody renamed on the Hub and its author renamed in the manifest: one thing, and one entry of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hfops.engine.inventory import Inventory
from hfops.engine.work import Role, WorkList
from hfops.kinds.base import Sight
from hfops.model.address import Address
from hfops.model.record import Record


def followed(
    works: WorkList, inventory: Inventory, records: Mapping[Address, Record], sights: Mapping[Address, Sight]
) -> tuple[WorkList, tuple[Address, ...]]:
    """The work with such resources told by the Hub's id, and their addresses, which are to be looked at again. Pure.

    The old address is described by nothing any more: it is neither an orphan nor to be pruned.
    """
    found: dict[Address, Address] = {}
    for work in works.works:
        live = sights[work.ask.address].live if work.role is Role.MANAGE and work.ask.record is None else None
        old = works.owned.get(live.hub_id) if live is not None and live.hub_id else None
        if old is not None and old != work.ask.address and _is_left(old, works, inventory):
            found[work.ask.address] = old
    if not found:
        return works, ()
    gone = set(found.values())
    kept = [w for w in works.works if w.ask.address not in gone]
    joined = tuple(
        replace(w, ask=replace(w.ask, record=records[old]), alias=old)
        if (old := found.get(w.ask.address))
        else w
        for w in kept
    )
    orphans = tuple(r for r in works.orphans if r.address not in gone)
    return replace(works, works=joined, orphans=orphans), tuple(found)


def _is_left(old: Address, works: WorkList, inventory: Inventory) -> bool:
    """Whether nothing says what is to become of the old address: no manifest, no ``moved`` or ``removed`` entry."""
    if inventory.get(old) is not None:
        return False
    about = [w for w in works.works if old in (w.ask.address, *(s.address for s in w.sources))]
    return all(w.role in (Role.DELETE, Role.FORGET) and w.removal is None for w in about)
