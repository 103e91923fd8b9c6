"""Settling what an interrupted run left open: its intentions, against what the Hub shows now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hfops.engine.ledger.format import Intention
from hfops.kinds.base import Sight
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.plan import Notice
from hfops.model.record import Origin, Record

BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=10)
"""What was made this long before (clocks differ) or after an intention was written down counts as its doing."""


@dataclass(slots=True)
class Settled:
    """The records once intentions are known to have happened or not. ``closed`` are the addresses now known."""

    records: dict[Address, Record]
    notices: list[Notice] = field(default_factory=list)
    closed: list[Address] = field(default_factory=list)


def settle(
    records: Mapping[Address, Record],
    intentions: Sequence[Intention],
    sights: Mapping[Address, Sight],
    sees: Callable[[str], bool],
) -> Settled:
    """Hold every intention against what is live. What was not seen for certain stays open.

    ``sees`` tells whether every repository of a namespace is surely visible: only there, nothing means nothing.
    """
    out = Settled(dict(records))
    for intention in intentions:
        address = Address.parse(intention.address)
        unseen = sights.get(address, Sight()).live is None and intention.action != "delete"
        certain = not unseen or sees(address.namespace)
        said = _settle_one(out.records, intention, address, sights) if certain else None
        if said is not None:
            out.closed.append(address)
            message = f"an earlier run was interrupted in its {intention.action} of this: {said}"
            out.notices.append(Notice("settled", message, address))
        else:
            gone = f"if it never can be, give it up: hfops ledger forget {address}"
            message = f"an earlier run was interrupted in its {intention.action} of this: what came of it cannot be seen ({gone})"
            out.notices.append(Notice("unsettled", message, address))
    return out


def _settle_one(
    out: dict[Address, Record], intention: Intention, address: Address, sights: Mapping[Address, Sight]
) -> str | None:
    """What became of one intention; None where that cannot be told."""
    sight = sights.get(address)
    if sight is None or sight.problem or sight.renamed_to:
        return None
    if intention.action == "delete":
        return _deleted(out, address, sight)
    if intention.action == "replace" and sight.live is None:
        return _deleted(out, address, sight)
    if sight.live is None or (intention.moved_from and not _moved(out, intention, address, sight)):
        return "it did not happen"
    if intention.action in ("create", "replace") and _another(out.get(address), sight):
        if not _made_then(sight.live.created_at, intention.at):
            return f"it did not happen, and {_STRANGER[_is_nameless(intention)]}"
        out[address] = Record(address, Origin.CREATED, sight.live.hub_id)
    return "what it did is there" if _values(out, intention, address, sight.live) else None


_STRANGER = {
    False: "somebody else made one of this name",
    True: "what is there like it was not made by that run",
}


def _is_nameless(intention: Intention) -> bool:
    """Whether the Hub gives no names to what was to be made: then the intention says what it was to hold."""
    return any(len(item.key) == 1 for item in intention.values)


def _deleted(out: dict[Address, Record], address: Address, sight: Sight) -> str:
    if sight.live is not None:
        return "it is still there"
    out.pop(address, None)
    return "it is gone"


def _moved(out: dict[Address, Record], intention: Intention, address: Address, sight: Sight) -> bool:
    """Whether what is at the target is what was at the source: the Hub's id survives a rename."""
    if not _another(out.get(address), sight):
        return True  # noted before the run ended
    source = Address.parse(intention.moved_from or intention.address)
    record = out.get(source)
    if record is None or record.hub_id is None or _another(record, sight):
        return False
    del out[source]
    out.setdefault(address, replace(record, address=address))
    return True


def _another(record: Record | None, sight: Sight) -> bool:
    return record is None or sight.live is None or record.hub_id != sight.live.hub_id


def _made_then(created: datetime | None, at: datetime) -> bool:
    return created is not None and at - BEFORE <= created <= at + AFTER


def _values(out: dict[Address, Record], intention: Intention, address: Address, live: object) -> bool:
    """Take over the values that arrived. False where one of them could not be seen."""
    record = out.get(address)
    if record is None:
        return True
    for item in (i for i in intention.values if len(i.key) > 1):
        seen = KINDS[address.kind].arrived(record, tuple(item.key), item.value, live)
        if seen is None:
            return False
        record = seen
    out[address] = record
    return True
