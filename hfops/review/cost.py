"""Cost as a risk: where a plan raises what the project pays by more than it allows itself. Pure."""

from __future__ import annotations

from dataclasses import replace

from hfops.model.change import Change
from hfops.model.plan import Plan
from hfops.model.risk import Risk, RiskCode, RiskKind


def weighed(plan: Plan, limit: float | None) -> Plan:
    """``plan`` with the risk ``cost`` on every change that raises the bill, where all together exceed ``limit``.

    ``limit`` is ``safety.maxHourlyIncrease``, in US$ an hour; None: no limit.
    """
    bill = plan.bill
    if limit is None or bill is None or bill.increase <= limit:
        return plan
    total = f"the plan adds up to ${bill.increase:.2f}/h, the limit is ${limit:.2f}/h (maxHourlyIncrease)"
    return replace(plan, changes=tuple(_weighed(c, total) for c in plan.changes))


def relieved(plan: Plan, limit: float | None) -> Plan:
    """What is left of a plan that was weighed, without that risk where the rest exceeds ``limit`` no more."""
    bill = plan.bill
    if limit is not None and bill is not None and bill.increase > limit:
        return plan
    return replace(plan, changes=tuple(map(_relieved, plan.changes)))


def _relieved(change: Change) -> Change:
    kept = tuple(r for r in change.own_risks if r.code is not RiskCode.HOURLY_INCREASE)
    return change if kept == change.own_risks else replace(change, own_risks=kept)


def _weighed(change: Change, total: str) -> Change:
    if not change.acts or change.bill is None or change.bill.increase <= 0:
        return change
    reason = f"up to ${change.bill.increase:.2f}/h more; {total}"
    risk = Risk(RiskKind.COST, RiskCode.HOURLY_INCREASE, reason)
    return replace(change, own_risks=(*change.own_risks, risk))
