"""The part of a plan that was reviewed: what saved plans hold, resource by resource.

Half of a resource's calls would leave it in a state that nobody looked at: it keeps all of its calls, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from hfops.engine.ledger.session import Ledger
from hfops.engine.renewed import values_taken
from hfops.engine.savedplan import (
    AGAIN,
    FORGET,
    SavedPlan,
    Steps,
    planned_steps,
    reviewed_steps,
    stale,
    unplanned,
    why_differs,
)
from hfops.engine.used import used_names
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change
from hfops.model.outcome import Outcome, Status
from hfops.model.plan import Plan
from hfops.model.resource import Resource


class Described(Protocol):
    """What the manifests say now, by address: an inventory, or a plain mapping."""

    def get(self, address: Address, /) -> Resource | None:
        """The resource, if a manifest describes it."""


REFUSED = "its plan was refused"
UNKNOWN = "in no reviewed plan"


@dataclass(frozen=True, slots=True)
class Left:
    """A change that is not begun. ``steps`` are its calls that were not reviewed; ``because`` of whom it is skipped.

    ``hint`` says why a step is planned now and was not when the plan was reviewed, where that can be told.
    """

    address: Address
    action: Action
    steps: tuple[str, ...] = ()
    because: Address | None = None
    hint: str = ""
    calls: int = 0
    """How many calls it would take in all."""

    @property
    def status(self) -> Status:
        """Not reviewed itself, or skipped because of another."""
        return Status.NOT_REVIEWED if self.because is None else Status.SKIPPED

    @property
    def outcome(self) -> Outcome:
        """What the table and the events say of it."""
        return Outcome(self.address, self.action, self.status, 0, self.calls, "\n".join(self._message()))

    def _message(self) -> Iterator[str]:
        yield f"because of {self.because}" if self.because else self.hint or UNKNOWN
        yield from self.steps


@dataclass(frozen=True, slots=True)
class Part:
    """A plan without what was not reviewed, and what that is, in the plan's order."""

    plan: Plan
    left: tuple[Left, ...] = ()


def reviewed_part(plan: Plan, saved: Sequence[SavedPlan], described: Described) -> Part:
    """The changes of ``plan`` that ``saved``, taken together, hold; ``described`` is what the manifests say now.

    What was refused where it was planned was not reviewed. What depends on a change that is left is left as well.
    Changes that take no step stay.
    """
    planned = reviewed_steps(saved)
    left = {left.address: left for left in _not_reviewed(plan, planned, saved, described)}
    users = {c.address: used_names(c) for c in plan.acting}
    while skipped := [s for c in plan.acting if c.address not in left and (s := _skipped(c, left, users))]:
        left |= {s.address: s for s in skipped}
    kept = tuple(c for c in plan.changes if c.address not in left)
    return Part(
        replace(plan, changes=kept), tuple(left[c.address] for c in plan.changes if c.address in left)
    )


def _not_reviewed(
    plan: Plan, planned: Steps, saved: Sequence[SavedPlan], described: Described
) -> Iterator[Left]:
    refused = {key for one in saved for key in one.refused_keys()}
    for change in plan.acting:
        steps = unplanned(change, planned)
        if steps:
            texts, address = tuple(_text(step) for step in steps), change.address
            hint = REFUSED if address.key in refused else _hint(saved, address, described.get(address))
            yield Left(change.address, change.action, texts, hint=hint, calls=len(change.calls))


def _hint(saved: Sequence[SavedPlan], address: Address, resource: Resource | None) -> str:
    """Why it differs from the newest plan that knew the resource; from the newest of all where none did."""
    newest = sorted(saved, key=lambda s: s.created, reverse=True)
    knew = [s for s in newest if any(a.casefold() == address.key for a in s.resources)]
    return next((why_differs(s, address, resource) for s in (*knew, *newest)), "")


def _text(step: Call | None) -> str:
    if step is None:
        return FORGET
    return f"{step} ({step.summary})" if step.summary else str(step)


def _skipped(
    change: Change, left: Mapping[Address, Left], users: Mapping[Address, AbstractSet[str]]
) -> Left | None:
    """What ``change`` is left as, where it needs something that is left, or takes away what that still uses."""
    needs = [*change.after, *change.after_ready, *values_taken(change)]
    if change.action is Action.DELETE:
        needs += [a for a in left if change.address.id.casefold() in users[a]]
    because = next((a for a in needs if a in left), None)
    if because is None:
        return None
    return Left(change.address, change.action, because=left[because].address, calls=len(change.calls))


def to_use_up(saved: Iterable[SavedPlan], left: Iterable[Left]) -> tuple[str, ...]:
    """The ids of the plans that hold nothing of what is left: once all calls are made, they have nothing more to give.

    Kept open, such a plan would undo what somebody does on the Hub later, as if that had been looked at.
    """
    names = {one.address.key for one in left}
    return tuple(one.id for one in saved if not any(a in names for a in _acted_on(one)))


def _acted_on(saved: SavedPlan) -> Iterator[str]:
    """The addresses, in the form to compare, that the plan has a step for, refused or not."""
    return (address for address, _ in planned_steps([saved]))


def usable(saved: SavedPlan, endpoint: str, ledger: Ledger, now: datetime, again: str = AGAIN) -> str:
    """Why a saved plan says nothing to this run: expired, used, another Hub, project or environment; empty if it does.

    ``again`` is the advice where a new plan would do.
    """
    if why := stale(saved, endpoint, ledger, now):
        return f"{why}; {again}"
    made, here = saved.plan.get("project") or ledger.form.project, ledger.form.project
    if made != here:
        return f"the saved plan is for the project {made}, this one is {here}"
    wanted, env = saved.plan.get("environment") or saved.scope.env, ledger.form.environment
    if wanted != env:
        return f"the saved plan is for {_environment(wanted)}, this run is for {_environment(env)}"
    return ""


def _environment(name: str | None) -> str:
    return f"--env {name}" if name else "no environment"
