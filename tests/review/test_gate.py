"""The gate, by itself: every risk, every kind of consent, every guard."""

from __future__ import annotations

from datetime import date

import pytest

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change
from hfops.model.directives import Allowance, Directives, Removal, RemovalAction
from hfops.model.plan import Plan
from hfops.model.risk import Risk, RiskCode, RiskKind
from hfops.review.gate import Guards, refusals

TODAY = date(2026, 6, 15)
LOOSE = Risk(RiskKind.EXPOSURE, RiskCode.GATING_LOOSENED, "r")
NEEDING = [r for r in RiskKind if r.needs_consent]


def change(
    name: str = "x", action: Action = Action.UPDATE, *kinds: RiskKind, protected: bool = False
) -> Change:
    """A change with a call and risks."""
    risks = tuple(Risk(k, RiskCode.GATING_LOOSENED, f"because of {k.value}") for k in kinds)
    address = Address("Model", "acme", name)
    return Change(address, action, calls=(Call("PUT", "/p"),), own_risks=risks, prevent_destroy=protected)


def codes(
    plan: Plan, directives: Directives | None = None, *allowed: Allowance, guards: Guards | None = None
) -> list[str]:
    """The codes of what stands in the way."""
    return [r.code for r in refusals(plan, directives or Directives(), allowed, guards or Guards(), TODAY)]


def test_downtime_needs_no_consent() -> None:
    """All risks but downtime need somebody's word."""
    assert set(NEEDING) == {RiskKind.DATA_LOSS, RiskKind.OUTAGE, RiskKind.EXPOSURE, RiskKind.COST}
    assert codes(Plan((change("x", Action.UPDATE, RiskKind.DOWNTIME),))) == []


@pytest.mark.parametrize("kind", NEEDING)
@pytest.mark.parametrize(
    ("allowance", "enough"),
    [
        (Allowance, True),
        (lambda k: Allowance(k, "Model/acme/x"), True),
        (lambda k: Allowance(k, "*/*/*"), True),
        (lambda k: Allowance(k, "Model/acme/y"), False),
        (lambda k: Allowance(k, "Model/*"), False),
        (lambda k: Allowance(k, until=TODAY), True),
        (lambda k: Allowance(k, until=date(2026, 6, 14)), False),
        (lambda k: Allowance(next(o for o in NEEDING if o is not k)), False),
    ],
)
@pytest.mark.parametrize("in_git", [True, False])
def test_consent(kind: RiskKind, allowance: object, enough: bool, in_git: bool) -> None:
    """For this risk, at this address, on this day; from Git or the command line alike."""
    said = allowance(kind)  # type: ignore[operator]
    plan = Plan((change("x", Action.UPDATE, kind),))
    found = codes(plan, Directives(allow=(said,))) if in_git else codes(plan, None, said)
    assert found == ([] if enough else [kind.value.replace("-", "_")])


@pytest.mark.parametrize("kind", NEEDING)
@pytest.mark.parametrize("action", [Action.DELETE, Action.UPDATE])
@pytest.mark.parametrize("removal", RemovalAction)
def test_a_removed_entry(kind: RiskKind, action: Action, removal: RemovalAction) -> None:
    """``removed: delete`` consents to what a deletion loses, and to nothing else."""
    said = Directives(removed=(Removal("Model/acme/*", removal),))
    consents = (
        removal is RemovalAction.DELETE
        and action is Action.DELETE
        and kind in (RiskKind.DATA_LOSS, RiskKind.OUTAGE)
    )
    assert (codes(Plan((change("x", action, kind),)), said) == []) is consents


def test_every_risk_of_a_change_is_asked_for() -> None:
    """Two risks are two refusals; reasons of one risk are one."""
    plan = Plan((change("x", Action.UPDATE, RiskKind.EXPOSURE, RiskKind.COST, RiskKind.EXPOSURE),))
    found = refusals(plan, Directives(), (), Guards(), TODAY)
    assert [r.code for r in found] == ["exposure", "cost"]
    assert found[0].message == "exposure: Model/acme/x: because of exposure; because of exposure"
    assert found[0].ways[0] == "`--allow exposure=Model/acme/x`"
    assert found[0].to_json()["address"] == "Model/acme/x"
    assert found[0].to_json()["codes"] == ["gating_loosened"]


def test_what_does_nothing_risks_nothing() -> None:
    """A change without calls asks for no consent."""
    held = Change(Address("Model", "acme", "x"), Action.NONE, own_risks=(LOOSE,))
    assert codes(Plan((held,))) == []


def test_protection() -> None:
    """Only deletions meet preventDestroy, and no allowance lifts it."""
    everything = tuple(Allowance(k) for k in NEEDING)
    assert codes(Plan((change("x", Action.DELETE, protected=True),)), None, *everything) == [
        "prevent_destroy"
    ]
    assert codes(Plan((change("x", Action.UPDATE, protected=True),))) == []


@pytest.mark.parametrize(
    ("deleted", "owned", "guards", "expected"),
    [
        (5, 100, Guards(), []),
        (6, 100, Guards(), ["max_deletes"]),
        (0, 0, Guards(0, 0), []),
        (1, 9, Guards(5, 0), []),
        (1, 10, Guards(5, 0), ["max_delete_percent"]),
        (1, 10, Guards(5, 9.99), ["max_delete_percent"]),
        (1, 10, Guards(5, 10), []),
        (10, 10, Guards(10, 100), []),
        (10, 10, Guards(), ["max_deletes", "max_delete_percent"]),
    ],
)
def test_guards(deleted: int, owned: int, guards: Guards, expected: list[str]) -> None:
    """A count, and a share of what is owned from ten resources up; the limit itself is allowed."""
    plan = Plan(tuple(change(f"m{i}", Action.DELETE) for i in range(deleted)), owned=owned)
    assert codes(plan, guards=guards) == expected
