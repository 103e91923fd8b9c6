"""Drift: of a plan, only what somebody changed on the Hub since the last apply. Pure."""

from __future__ import annotations

from dataclasses import replace

from hfops.model.change import Action, Cause, Change, Difference, HeldCode
from hfops.model.plan import Plan

TOLD = ("settled", "unsettled", "not_compared")
"""Notices that say what is known of an interrupted run, whose doing looks like somebody else's without them, and what was not looked at."""


def drifted(plan: Plan) -> Plan:
    """``plan`` reduced to what moved on the Hub. No changes: nothing did.

    What ``ignoreChanges`` covers is no drift; what ``onDrift: report`` covers is. Entries of lists that somebody added
    beside ours are theirs. A drift report holds no calls: making them is ``apply``'s.
    """
    changes = tuple(c for c in map(_drifted, plan.changes) if c.drift or c.differences)
    return replace(
        plan, changes=changes, notices=tuple(n for n in plan.notices if n.code in TOLD), unmanaged=()
    )


def _drifted(change: Change) -> Change:
    kept = () if change.drift else tuple(d for d in change.differences if _is_drift(d))
    return Change(
        change.address, Action.NONE, kept, record=change.record, where=change.where, drift=change.drift
    )


def _is_drift(difference: Difference) -> bool:
    return difference.cause in (Cause.DRIFT, Cause.BOTH) and difference.held_code in (
        None,
        HeldCode.ON_DRIFT_REPORT,
    )
