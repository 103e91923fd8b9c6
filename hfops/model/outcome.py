"""What became of a plan: one outcome for each change, and the events on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action


class Status(StrEnum):
    """How one change ended."""

    APPLIED = "applied"
    READY = "ready"
    """No call was needed; it was still starting, and came up."""
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREADY = "unready"
    UNKNOWN = "unknown"
    """A call may or may not have worked, and the Hub could not be asked."""
    NOT_REVIEWED = "not_reviewed"
    """A reviewed plan was to be applied, and does not hold this: no call was made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one change: how many of its calls were made, and why it went no further."""

    address: Address
    action: Action
    status: Status
    done: int = 0
    total: int = 0
    message: str = ""
    state: str = ""
    """What runs: the state it was last seen in, in the Hub's word."""
    answer: Any = field(default=None, compare=False, repr=False)
    """The JSON that the last call was answered with; never shown."""

    @property
    def good(self) -> bool:
        """Whether all that was wanted is so."""
        return self.status in (Status.APPLIED, Status.READY)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        out: dict[str, Any] = {
            "address": str(self.address),
            "action": self.action.value,
            "status": self.status.value,
            "calls": {"done": self.done, "total": self.total},
        }
        return out | {k: v for k, v in (("state", self.state), ("message", self.message)) if v}


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes of a run, in the plan's order. ``error`` is what ended the run as a whole, if something did.

    ``left`` are those of changes that were not begun, since nobody reviewed them, or what they depend on.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    error: str = ""
    left: tuple[Outcome, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all done, 4 all but what was left, 130 interrupted, 1 a general error before anything was done, 5 otherwise."""
        if self.interrupted:
            return 130
        if self.error and all(o.status is Status.SKIPPED and not o.done for o in self.outcomes):
            return 1
        if self.error or not all(o.good for o in self.outcomes):
            return 5
        return 4 if self.left else 0

    @property
    def told(self) -> tuple[Outcome, ...]:
        """Every outcome, those of what was left last."""
        return (*self.outcomes, *self.left)


class EventType(StrEnum):
    """The moments of an apply."""

    CALL = "call"
    CALLED = "called"
    UPLOADED = "uploaded"
    STATE = "state"
    READY = "ready"
    CHANGE_DONE = "change_done"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of an apply, for progress and ``--json``."""

    type: EventType
    address: Address | None = None
    call: Call | None = None
    outcome: Outcome | None = None
    state: str = ""
    """``state``: what is waited for is in this state now, in the Hub's word."""
    size: int = 0
    """``uploaded``: bytes of the call's large files moved so far."""

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
        out |= {k: v for k, v in (("state", self.state), ("size", self.size)) if v}
        return out | (self.outcome.to_json() if self.outcome else {})
