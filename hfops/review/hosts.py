"""Hosts that events are sent to: which of them the project trusts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from hfops.model.change import Action, Change
from hfops.model.plan import Plan
from hfops.model.risk import Risk


def trusting(plan: Plan, patterns: Sequence[str] | None) -> Plan:
    """``plan`` without the risks of hosts that ``patterns`` trust (``safety.webhookHosts``).

    None: the project does not say. Then what is created as written is no exposure, and any new host of what exists is.
    """
    return replace(plan, changes=tuple(_trusting(c, patterns) for c in plan.changes))


def _trusting(change: Change, patterns: Sequence[str] | None) -> Change:
    def kept(risk: Risk) -> bool:
        if not risk.host:
            return True
        if patterns is None:
            return change.action is not Action.CREATE
        return not any(fnmatchcase(risk.host.lower(), p.lower()) for p in patterns)

    if not any(r.host for r in change.risks):
        return change
    differences = tuple(replace(d, risks=tuple(filter(kept, d.risks))) for d in change.differences)
    return replace(change, own_risks=tuple(filter(kept, change.own_risks)), differences=differences)
