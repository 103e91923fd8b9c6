"""When a bill becomes a risk."""

from __future__ import annotations

import pytest

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change
from hfops.model.cost import Bill, Cost
from hfops.model.plan import Plan
from hfops.review.cost import relieved, weighed


def change(name: str, before: float, after: float, *, acts: bool = True) -> Change:
    """A Space that costs ``before`` and then up to ``after`` US$ an hour."""
    bill = Bill(Cost(before, before), Cost(0, after))
    calls = (Call("POST", "/p"),) if acts else ()
    return Change(Address("Space", "acme", name), Action.UPDATE, calls=calls, bill=bill)


def dearer(limit: float | None, *changes: Change) -> list[str]:
    """What is held to raise the bill beyond ``limit``."""
    plan = weighed(Plan(changes), limit)
    assert {r.code for c in plan.changes for r in c.risks} <= {"hourly_increase"}
    return [c.address.name for c in plan.changes if c.risks]


@pytest.mark.parametrize(("limit", "over"), [(None, []), (3, []), (2.99, ["a", "b"]), (0, ["a", "b"])])
def test_all_together_count(limit: float | None, over: list[str]) -> None:
    """Each rise is a risk once their sum is above the limit; the limit itself is allowed, and none is none."""
    assert dearer(limit, change("a", 0, 1), change("b", 1, 3)) == over


def test_savings_count_against_rises() -> None:
    """What becomes cheaper makes room, and is no risk itself; what is not acted on counts for nothing."""
    cheaper, rise = change("cheap", 2, 1), change("dear", 0, 3)
    assert dearer(2, cheaper, rise) == []
    assert dearer(1, cheaper, rise) == ["dear"]
    assert dearer(1, rise, change("idle", 0, 9, acts=False)) == ["dear"]
    assert dearer(3, rise, change("idle", 0, 9, acts=False)) == []


def test_the_reason_says_the_numbers() -> None:
    """Its own rise, all together, and the limit."""
    (risk,) = weighed(Plan((change("a", 0.5, 3),)), 1).changes[0].risks
    assert risk.reason.startswith("up to $2.50/h more; the plan adds up to $2.50/h, the limit is $1.00/h")


@pytest.mark.parametrize(("limit", "over"), [(2.99, []), (0.5, ["a"]), (None, [])])
def test_what_is_left_is_weighed_alone(limit: float | None, over: list[str]) -> None:
    """What is not made costs nothing: the rest is no risk where it alone keeps to the limit."""
    whole = weighed(Plan((change("a", 0, 1), change("b", 1, 3))), 0.5 if limit is None else limit)
    rest = relieved(Plan(whole.changes[:1]), limit)
    assert [c.address.name for c in rest.changes if c.risks] == over
    assert relieved(whole, 0.5 if limit is None else limit) == whole
