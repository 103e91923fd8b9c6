"""The algebra of change: differences of fields, gathered into one change for each resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hfops.model.address import Address
from hfops.model.call import Call, jsonable
from hfops.model.cost import Bill
from hfops.model.key import Key, key_path
from hfops.model.record import Record
from hfops.model.risk import Risk
from hfops.model.source import Mark


class Op(StrEnum):
    """What happens to one field or entry."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class Cause(StrEnum):
    """Who made the difference, as far as the ledger can tell."""

    NEW = "new"
    """Managed for the first time, or no ledger."""
    CHANGE = "change"
    """The manifest's author."""
    DRIFT = "drift"
    """Somebody on the Hub."""
    BOTH = "both"


class HeldCode(StrEnum):
    """Why a difference is left alone, as a stable word for programs."""

    IGNORE_CHANGES = "ignore_changes"
    """The manifest's ``lifecycle.ignoreChanges`` covers it."""
    ON_DRIFT_REPORT = "on_drift_report"
    """Somebody made it on the Hub, and ``lifecycle.onDrift`` is ``report``."""
    HANDS_OFF = "hands_off"
    """The Hub hides something that the call would have to send, and would so lose."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field or entry that is not as wanted. ``record`` is what the ledger keeps once it is closed.

    ``held`` says why hfops does not act on it (ignoreChanges, onDrift: report), ``held_code`` the same for programs;
    both are empty when it does.
    """

    key: Key
    op: Op
    before: Any
    after: Any
    cause: Cause = Cause.NEW
    recorded: Any = None
    record: Any = None
    risks: tuple[Risk, ...] = ()
    note: str = ""
    held: str = ""
    held_code: HeldCode | None = None

    @property
    def path(self) -> str:
        """The field as users write it: ``spec.tags[v1.0]``."""
        return key_path(self.key)

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plans; absent parts are left out."""
        out: dict[str, Any] = {"path": self.path, "op": self.op.value}
        out |= {"before": jsonable(self.before), "after": jsonable(self.after), "cause": self.cause.value}
        if self.cause in (Cause.BOTH, Cause.DRIFT):
            out["recorded"] = jsonable(self.recorded)
        if self.risks:
            out["risks"] = [r.to_json() for r in self.risks]
        out |= {k: v for k, v in (("note", self.note), ("held", self.held)) if v}
        return out | ({"heldCode": self.held_code.value} if self.held_code else {})


class Action(StrEnum):
    """What happens to a resource as a whole."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    MOVE = "move"
    DELETE = "delete"
    FORGET = "forget"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """Everything a plan holds for one resource.

    ``calls`` run in order. ``released`` are fields the manifest no longer names. ``unverified`` are fields the Hub
    does not show, which are not sent. ``record`` is the ledger's entry as it stands before the first call; each
    call that succeeds adds the differences it ``achieves``.
    """

    address: Address
    action: Action
    differences: tuple[Difference, ...] = ()
    calls: tuple[Call, ...] = ()
    own_risks: tuple[Risk, ...] = ()
    released: tuple[Key, ...] = ()
    unverified: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    after: tuple[Address, ...] = ()
    """Resources whose changes must be done before this one starts."""
    after_ready: tuple[Address, ...] = ()
    """Those of them that must have come up, too."""
    adopts: bool = False
    moved_from: Address | None = None
    record: Record | None = None
    prevent_destroy: bool = False
    where: Mark | None = None
    bill: Bill | None = None
    starting: str = ""
    """The state of something still on its way up (``BUILDING``), which apply waits for, with a call or without."""
    failing: str = ""
    """The state of something that is down, unchanged, and left so: an apply that leaves it is no success."""
    drift: str = ""
    """What happened on the Hub to the resource as a whole since the last apply: gone, renamed, another in its place."""

    @property
    def restarts(self) -> bool:
        """Whether what runs is started anew. Calls sent back to back are one restart."""
        return any(call.restarts for call in self.calls)

    @property
    def acts(self) -> bool:
        """Whether this is more than a note: a call, or a resource to forget."""
        return bool(self.calls) or self.action is Action.FORGET

    @property
    def acting(self) -> tuple[Difference, ...]:
        """The differences that calls close."""
        return tuple(d for d in self.differences if not d.held)

    @property
    def risks(self) -> tuple[Risk, ...]:
        """The resource's own risks, then those of the differences acted on."""
        return (*self.own_risks, *(r for d in self.acting for r in d.risks))

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plans; empty parts are left out."""
        out: dict[str, Any] = {"address": str(self.address), "action": self.action.value}
        optional = {
            "movedFrom": str(self.moved_from) if self.moved_from else None,
            "where": str(self.where) if self.where else None,
            "adopts": self.adopts,
            "risks": [r.to_json() for r in self.risks],
            "differences": [d.to_json() for d in self.differences],
            "calls": [c.to_json() for c in self.calls],
            "released": [key_path(k) for k in self.released],
            "unverified": [key_path(k) for k in self.unverified],
            "notes": list(self.notes),
            "dependsOn": [str(a) for a in self.after],
            "restarts": self.restarts,
            "starting": self.starting,
            "failing": self.failing,
            "drift": self.drift,
            "cost": self.bill.to_json() if self.bill else None,
        }
        return out | {k: v for k, v in optional.items() if v}
