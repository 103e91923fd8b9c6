"""Settling what an interrupted run left open: its intentions, against what the Hub shows now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hfops.engine.ledger.format import Intention
from hfops.kinds.base import Sight
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.plan import Notice
from hfops.model.record import MISSING, Origin, Record


def settle(
    records: Mapping[Address, Record], intentions: Sequence[Intention], sights: Mapping[Address, Sight]
) -> tuple[dict[Address, Record], list[Notice]]:
    """The records as they are once every intention is known to have happened or not."""
    out = dict(records)
    notices = []
    for intention in intentions:
        address = Address.parse(intention.address)
        said = _settle_one(out, intention, address, sights)
        message = f"an earlier run was interrupted in its {intention.action} of this: {said}"
        notices.append(Notice("settled", message, address))
    return out, notices


def _settle_one(
    out: dict[Address, Record], intention: Intention, address: Address, sights: Mapping[Address, Sight]
) -> str:
    live = sights.get(address, Sight()).live
    if intention.action == "delete":
        if live is not None:
            return "it is still there"
        out.pop(address, None)
        return "it is gone"
    if live is None:
        return "it did not happen"
    if intention.action == "move" and intention.moved_from:
        record = out.pop(Address.parse(intention.moved_from), None)
        if record is not None and address not in out:
            out[address] = replace(record, address=address, hub_id=live.hub_id)
    if intention.action == "create" and (address not in out or out[address].hub_id != live.hub_id):
        out[address] = Record(address, Origin.CREATED, live.hub_id)
    _values(out, intention, address, live)
    return "what it did is there"


def _values(out: dict[Address, Record], intention: Intention, address: Address, live: object) -> None:
    record = out.get(address)
    if record is None:
        return
    for item in intention.values:
        key = tuple(item.key)
        value = KINDS[address.kind].arrived(key, item.value, live)
        if value is not MISSING:
            record = record.drop(key) if value is None else record.put(key, value)
    out[address] = record
