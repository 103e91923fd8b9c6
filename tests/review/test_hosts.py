"""Which hosts may get to know things without anybody's consent."""

from __future__ import annotations

import pytest

from hfops.model.address import Address
from hfops.model.change import Action, Change, Difference, Op
from hfops.model.plan import Plan
from hfops.model.risk import Risk, RiskCode, RiskKind
from hfops.review.hosts import trusting

HOOK = Address.parse("Webhook/me/ci")
NEW_HOST = Risk(
    RiskKind.EXPOSURE, RiskCode.WEBHOOK_NEW_HOST, "events go to a new host", host="hooks.acme.example"
)
OTHER = Risk(RiskKind.DATA_LOSS, RiskCode.WEBHOOK_JOB_LOST, "something else")


def _plan(action: Action) -> Plan:
    url = Difference(("url",), Op.CHANGE, "https://a", "https://b", risks=(NEW_HOST, OTHER))
    return Plan((Change(HOOK, action, (url,)),))


@pytest.mark.parametrize(
    ("action", "patterns", "asks"),
    [
        (Action.CREATE, None, False),
        (Action.UPDATE, None, True),
        (Action.CREATE, (), True),
        (Action.CREATE, ("*.other.example",), True),
        (Action.UPDATE, ("*.other.example",), True),
        (Action.CREATE, ("*.ACME.example",), False),
        (Action.UPDATE, ("hooks.acme.example",), False),
    ],
)
def test_a_host_that_is_not_trusted_needs_consent(
    action: Action, patterns: tuple[str, ...] | None, asks: bool
) -> None:
    """Once ``webhookHosts`` is there it decides; without it, only what exists and changes its host asks."""
    (change,) = trusting(_plan(action), patterns).changes
    assert (NEW_HOST in change.risks) is asks
    assert OTHER in change.risks


def test_plans_without_hosts_stay_the_same() -> None:
    """Other risks are none of its business."""
    plan = Plan((Change(HOOK, Action.DELETE, own_risks=(OTHER,)),))
    assert trusting(plan, ()) == plan
