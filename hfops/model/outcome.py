"""What became of a plan: one outcome for each change, and the events on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action


class Status(StrEnum):
    """How one change ended."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREADY = "unready"
    UNKNOWN = "unknown"
    """A call may or may not have worked, and the Hub could not be asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one change: how many of its calls were made, and why it went no further."""

    address: Address
    action: Action
    status: Status
    done: int = 0
    total: int = 0
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        out: dict[str, Any] = {
            "address": str(self.address),
            "action": self.action.value,
            "status": self.status.value,
            "calls": {"done": self.done, "total": self.total},
        }
        return out | ({"message": self.message} if self.message else {})


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes of a run, in the plan's order. ``error`` is what ended the run as a whole, if something did."""

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    error: str = ""

    @property
    def exit_code(self) -> int:
        """0 all done, 130 interrupted, 1 if a general error came before anything was done, 5 otherwise."""
        if self.interrupted:
            return 130
        if self.error and all(o.status is Status.SKIPPED for o in self.outcomes):
            return 1
        return 0 if not self.error and all(o.status is Status.APPLIED for o in self.outcomes) else 5


class EventType(StrEnum):
    """The moments of an apply."""

    CALL = "call"
    CALLED = "called"
    CHANGE_DONE = "change_done"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of an apply, for progress and ``--json``."""

    type: EventType
    address: Address | None = None
    call: Call | None = None
    outcome: Outcome | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON form: one line of ``--json``."""
        out: dict[str, Any] = {"type": self.type.value}
        if self.address:
            out["address"] = str(self.address)
        if self.call:
            out |= {
                "method": self.call.method,
                "path": str(self.call).split(" ", 1)[1],
                "summary": self.call.summary,
            }
        return out | (self.outcome.to_json() if self.outcome else {})
