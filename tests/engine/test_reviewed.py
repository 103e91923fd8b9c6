"""The reviewed part of a plan: resource by resource, and nothing that depends on what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.engine import savedplan
from hfops.engine.ledger.session import LONGEST, PLAN_LIFE, Ledger
from hfops.engine.ledger.store import NoStore
from hfops.engine.planform import ScopeForm
from hfops.engine.reviewed import Left, Part, reviewed_part, usable
from hfops.engine.savedplan import SavedPlan
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change, Difference, Op
from hfops.model.late import Reference
from hfops.model.outcome import Outcome, Result, Status
from hfops.model.plan import Notice, Plan
from hfops.model.problem import HfopsError
from hfops.model.record import Origin, Record
from tests.harness import documents

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HUB = "https://hub.example"
A, B, C, D = (Address("Model", "acme", name) for name in "abcd")


def call(name: str, **body: Any) -> Call:
    """One call, told from others by its name."""
    return Call("PUT", f"/api/models/acme/{name}/settings", body or None, f"set {name}")


def change(address: Address, *names: str, after: tuple[Address, ...] = (), **more: Any) -> Change:
    """An update that makes one call for each name."""
    calls = tuple(call(name) for name in names)
    return Change(address, more.pop("action", Action.UPDATE), calls=calls, after=after, **more)


def saved(*changes: Change, project: str = "p", environment: str | None = None, **more: Any) -> SavedPlan:
    """What planning ``changes`` would have saved."""
    scope = ScopeForm(env=environment)
    return savedplan.make(Plan(changes, project=project, environment=environment), HUB, scope, NOW, **more)


def part(plan: Plan, *reviewed: SavedPlan) -> Part:
    """The reviewed part, where no manifest is known."""
    return reviewed_part(plan, reviewed, {})


def addresses(plan: Plan) -> list[Address]:
    """What a plan is about, in its order."""
    return [c.address for c in plan.changes]


def test_a_resource_keeps_all_its_calls_or_none() -> None:
    """One call that was not reviewed leaves the whole resource, and names that call only."""
    found = part(Plan((change(A, "x", "y"), change(B, "z"))), saved(change(A, "x"), change(B, "z")))
    assert addresses(found.plan) == [B]
    (left,) = found.left
    assert (left.address, left.because, left.calls) == (A, None, 2)
    assert left.steps == ("PUT /api/models/acme/y/settings (set y)",)
    assert left.status is Status.NOT_REVIEWED


def test_a_call_counts_for_its_own_address() -> None:
    """What was reviewed for one resource is not reviewed for another."""
    assert addresses(part(Plan((change(A, "x"),)), saved(change(B, "x"))).plan) == []


def test_a_call_counts_once() -> None:
    """A call that was reviewed once and is needed twice is not reviewed."""
    assert addresses(part(Plan((change(A, "x", "x"),)), saved(change(A, "x"))).plan) == []


def test_several_plans_together() -> None:
    """Two pull requests were merged: what either's plan holds was reviewed, also for one resource."""
    plan = Plan((change(A, "x", "y"), change(B, "z")))
    found = part(plan, saved(change(A, "x")), saved(change(A, "y"), change(B, "z")))
    assert (found.plan, found.left) == (plan, ())


def test_forgetting_is_a_step() -> None:
    """To forget a resource is no call, and has to be reviewed all the same."""
    forgets = change(A, action=Action.FORGET)
    assert addresses(part(Plan((forgets,)), saved(forgets)).plan) == [A]
    (left,) = part(Plan((forgets,)), saved()).left
    assert (left.steps, left.outcome.total) == (("forget",), 0)


def test_what_depends_on_it_is_skipped() -> None:
    """Through any number of steps, in any order of the plan, each because of the one before it."""
    plan = Plan((change(C, "c", after=(B,)), change(B, "b", after=(A,)), change(A, "a"), change(D, "d")))
    found = part(plan, saved(change(C, "c"), change(B, "b"), change(D, "d")))
    assert addresses(found.plan) == [D]
    assert [(one.address, one.because) for one in found.left] == [(C, B), (B, A), (A, None)]
    assert [one.outcome.message for one in found.left][:2] == [f"because of {B}", f"because of {A}"]
    assert found.left[0].status is Status.SKIPPED


@pytest.mark.parametrize("needs", ["ready", "value"])
def test_other_ways_to_depend(needs: str) -> None:
    """To wait for a resource to come up, and to take a value from it, is to depend on it, whatever ``after`` says."""
    if needs == "ready":
        depends = change(B, "b", after_ready=(A,))
    else:
        depends = replace(change(B), calls=(call("b", url=Reference(resource=str(A), field="url")),))
    found = part(Plan((change(A, "a"), depends)), saved(depends))
    assert [(one.address, one.because) for one in found.left] == [(A, None), (B, A)]


E = Address("InferenceEndpoint", "acme", "e")


@pytest.mark.parametrize(
    "user",
    [
        change(E, "e", differences=(Difference(("model.repository",), Op.CHANGE, "ACME/a", "acme/b"),)),
        change(E, "e", differences=(Difference(("items", "model/acme/a"), Op.REMOVE, {"note": "x"}, None),)),
        change(E, "e", action=Action.DELETE, record=Record(E, Origin.CREATED, applied={"model": {"repository": "acme/a"}})),
    ],
    ids=["another model", "an item", "deleted, too"],
)  # fmt: skip
def test_what_is_left_keeps_what_it_uses(user: Change) -> None:
    """A model is not deleted below an endpoint whose own change was not reviewed; other deletions are made."""
    gone, other = change(A, "a", action=Action.DELETE), change(B, "b", action=Action.DELETE)
    plan = Plan((user, gone, other))
    found = part(plan, saved(gone, other))
    assert addresses(found.plan) == [B]
    assert [(one.address, one.because) for one in found.left] == [(E, None), (A, E)]
    assert part(plan, saved(*plan.changes)) == Part(plan)


def test_what_takes_no_step_stays() -> None:
    """Notes, adoptions, and what is still starting need no review."""
    notes = change(A, notes=("a note",))
    starting = change(B, starting="BUILDING")
    plan = Plan((notes, starting, change(C, "c")), (Notice("orphan", "said"),), owned=7)
    found = part(plan)
    assert found.plan == replace(plan, changes=(notes, starting))


def test_the_hint_is_of_the_plan_that_knew_it() -> None:
    """Whether the manifest or the Hub changed is told by the newest plan that was made of the manifest."""
    then, now = (
        {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "a"}, "spec": {"gated": g}}
        for g in ("auto", "manual")
    )
    older = saved(resources=documents([then]).resources)
    newer = replace(saved(), created=NOW + timedelta(hours=1))
    plan = Plan((change(A, "x"),))
    hints = [reviewed_part(plan, [older, newer], documents([one])).left[0].hint for one in (then, now)]
    assert hints == ["the Hub, a file or a value changed", "its manifest was changed"]
    assert reviewed_part(plan, [older], documents([])).left[0].hint == "its manifest is gone"


def test_all_calls_are_listed() -> None:
    """A message says why it is left, and below that every call, on a line of its own."""
    (left,) = part(Plan((change(A, *"uvwxyz"),))).left
    first, *calls = left.outcome.message.splitlines()
    assert first == "in no reviewed plan"
    assert [line.split("/")[4] for line in calls] == list("uvwxyz")


def test_what_was_refused_was_not_reviewed() -> None:
    """By its address, in any case of letters; the rest of that plan counts, and so does another plan's word."""
    plan = Plan((change(A, "x"), change(B, "y")))
    refused = saved(*plan.changes, refused=[str(A).upper().replace("MODEL", "Model")])
    found = part(plan, refused)
    assert addresses(found.plan) == [B]
    assert [(one.address, one.hint) for one in found.left] == [(A, "its plan was refused")]
    assert part(plan, refused, saved(change(A, "x"))) == Part(plan)


def test_a_plan_that_was_refused_as_a_whole_holds_nothing() -> None:
    """And of what it did not know, it does not say that it was refused."""
    found = part(Plan((change(A, "x"), change(B, "y"))), saved(change(A, "x"), refused=["*"]))
    assert addresses(found.plan) == []
    assert [one.hint for one in found.left] == ["its plan was refused", ""]


def test_what_depends_on_what_was_refused_is_skipped() -> None:
    """As with anything that is left."""
    plan = Plan((change(A, "x"), change(B, "y", after=(A,))))
    found = part(plan, saved(*plan.changes, refused=[str(A)]))
    assert [(one.address, one.because) for one in found.left] == [(A, None), (B, A)]


# Properties: a random plan, and saved plans made of its parts and of other calls.

NAMES = st.sampled_from("uvwxyz")
ADDRESSES = [Address("Model", "acme", f"m{n}") for n in range(6)]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Up to six resources with some calls, each after some of the others."""
    chosen = draw(st.lists(st.sampled_from(ADDRESSES), unique_by=str, max_size=6))
    return Plan(tuple(draw(changes_of(a, chosen)) for a in chosen))


@st.composite
def changes_of(draw: st.DrawFn, address: Address, others: list[Address]) -> Change:
    """A change of one resource; some forget it, some make no call."""
    after = draw(st.lists(st.sampled_from(others), unique_by=str, max_size=2))
    names = draw(st.lists(NAMES, max_size=3))
    action = draw(st.sampled_from((Action.UPDATE, Action.FORGET)))
    return change(address, *names, after=tuple(a for a in after if a != address), action=action)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Plan, list[SavedPlan]]:
    """A plan, and what was reviewed: part of it, and other things."""
    plan = draw(plans())
    reviewed = []
    for _ in range(draw(st.integers(0, 2))):
        held = [c for c in plan.changes if draw(st.booleans())]
        others = draw(plans()).changes if draw(st.booleans()) else ()
        refused = draw(st.lists(st.sampled_from(["*", *map(str, ADDRESSES)]), max_size=2))
        reviewed.append(saved(*held, *others, refused=refused))
    return plan, reviewed


def steps(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every step of a plan."""
    for one in plan.changes:
        yield from ((one.address.key, c.identity()) for c in one.calls)
        if one.action is Action.FORGET:
            yield one.address.key, savedplan.FORGET


@given(cases())
def test_kept_steps_were_reviewed(case: tuple[Plan, list[SavedPlan]]) -> None:
    """No step is kept more often than the saved plans hold it, without what was refused of them."""
    plan, reviewed = case
    allowed = sum((unrefused(one) for one in reviewed), Counter[tuple[str, str]]())
    assert Counter(steps(part(plan, *reviewed).plan)) <= allowed


def unrefused(one: SavedPlan) -> Counter[tuple[str, str]]:
    """The steps of a saved plan whose address it does not name as refused."""
    keys = {a.key for a in ADDRESSES if "*" in one.refused or str(a) in one.refused}
    return Counter({step: n for step, n in savedplan.planned_steps([one]).items() if step[0] not in keys})


@given(cases())
def test_nothing_kept_depends_on_what_is_left(case: tuple[Plan, list[SavedPlan]]) -> None:
    """Nor is anything left without a reason: a step of its own, or another that is left."""
    plan, reviewed = case
    found = part(plan, *reviewed)
    left = {one.address for one in found.left}
    assert not any(set(c.after) & left for c in found.plan.acting)
    assert all(one.steps or one.because in left for one in found.left)
    assert all(not one.steps for one in found.left if one.because)


@given(cases())
def test_every_change_is_kept_or_left_in_its_order(case: tuple[Plan, list[SavedPlan]]) -> None:
    """The kept ones are the plan's own, untouched, in its order; so are the left."""
    plan, reviewed = case
    found = part(plan, *reviewed)
    left = {one.address for one in found.left}
    assert found.plan.changes == tuple(c for c in plan.changes if c.address not in left)
    assert [one.address for one in found.left] == [a for a in addresses(plan) if a in left]


@given(plans())
def test_a_plan_leaves_nothing_of_itself(plan: Plan) -> None:
    """What was reviewed whole is applied whole."""
    assert part(plan, saved(*plan.changes)) == Part(plan)


@given(cases())
def test_again_leaves_nothing_more(case: tuple[Plan, list[SavedPlan]]) -> None:
    """The reviewed part is reviewed."""
    plan, reviewed = case
    kept = part(plan, *reviewed).plan
    assert part(kept, *reviewed) == Part(kept)


# Which saved plans count at all.


def ledger(project: str = "p", environment: str | None = None) -> Ledger:
    """A ledger that is kept nowhere."""
    return Ledger(NoStore(), project, environment)


def test_usable() -> None:
    """A plan of this Hub, project and environment says something as long as it holds, and until it is used."""
    plan, here = saved(), ledger()
    assert usable(plan, HUB, here, NOW + PLAN_LIFE) == ""
    assert "expired" in usable(plan, HUB, here, NOW + PLAN_LIFE + timedelta(seconds=1))
    assert "talks to https://other" in usable(plan, "https://other", here, NOW)
    here.use(plan.id, NOW)
    assert "was used" in usable(plan, HUB, here, NOW)


@pytest.mark.parametrize(
    ("made", "here", "said"),
    [
        ({"environment": "prod"}, {"environment": "prod"}, ""),
        (
            {"environment": "prod"},
            {"environment": "staging"},
            "is for --env prod, this run is for --env staging",
        ),
        ({"environment": "prod"}, {}, "is for --env prod, this run is for no environment"),
        ({}, {"environment": "prod"}, "is for no environment, this run is for --env prod"),
        ({"project": "other"}, {}, "is for the project other, this one is p"),
    ],
)
def test_usable_elsewhere(made: dict[str, str], here: dict[str, str], said: str) -> None:
    """What was reviewed for one environment or project says nothing for another."""
    found = usable(saved(**made), HUB, ledger(**here), NOW)
    assert said in found
    assert bool(found) == bool(said)


def test_a_longer_life() -> None:
    """A plan can be made to hold for days, up to the longest, and is refused where its times say more."""
    long = saved(life=LONGEST)
    assert usable(long, HUB, ledger(), NOW + LONGEST) == ""
    forged = replace(long, expires=long.expires + timedelta(seconds=1))
    assert "at most 30 days" in usable(forged, HUB, ledger(), NOW)


@pytest.mark.parametrize("life", [LONGEST + timedelta(seconds=1), timedelta(), timedelta(hours=-1)])
def test_lives_that_cannot_be(life: timedelta) -> None:
    """Longer than the longest, nothing, and less are refused where the plan is made."""
    with pytest.raises(HfopsError, match="at most 30 days"):
        saved(life=life)


def test_use_is_remembered_as_long_as_a_plan_can_live() -> None:
    """A plan that was used at once is known to be used to the end of the longest life, whatever was used since."""
    plan, here = saved(life=LONGEST), ledger()
    here.use(plan.id, NOW)
    here.use("another", NOW + LONGEST)
    assert "was used" in usable(plan, HUB, here, NOW + LONGEST)


# What is left, in the end.

LEFT = (Left(A, Action.UPDATE, ("PUT /x",), calls=1).outcome,)


@pytest.mark.parametrize(
    ("statuses", "error", "interrupted", "code"),
    [
        ([], "", False, 4),
        ([Status.APPLIED, Status.READY], "", False, 4),
        ([Status.APPLIED, Status.FAILED], "", False, 5),
        ([Status.SKIPPED], "", False, 5),
        ([Status.SKIPPED], "the ledger is gone", False, 1),
        ([Status.APPLIED], "", True, 130),
    ],
)
def test_exit_codes(statuses: list[Status], error: str, interrupted: bool, code: int) -> None:
    """4 where all else went well; anything that went wrong is worse than what was left."""
    outcomes = tuple(Outcome(B, Action.UPDATE, status) for status in statuses)
    assert Result(outcomes, interrupted, error, LEFT).exit_code == code


def test_an_error_after_a_call_is_no_error_before_everything() -> None:
    """A resource that was stopped half-way is skipped, and something of it was sent."""
    stopped = Outcome(B, Action.UPDATE, Status.SKIPPED, 1, 2)
    assert Result((stopped,), error="no ledger").exit_code == 5
    assert Result((replace(stopped, done=0),), error="no ledger").exit_code == 1
