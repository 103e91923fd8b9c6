"""What an expression sees of one resource of a plan: resource, before, after, change, cost.

``before`` and ``after`` hold every field of every kind's spec, so that one rule may be about several kinds; null is what
the kind does not have, the manifest does not manage or the plan does not know. Field names are those of the manifest.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from hfops.kinds.registry import KINDS
from hfops.model.call import jsonable
from hfops.model.change import Action, Change, Difference, Op
from hfops.model.cost import Bill
from hfops.model.key import key_path
from hfops.model.plan import Plan
from hfops.model.resource import Resource

GONE = (Action.DELETE, Action.FORGET)
"""After these, there is nothing that hfops manages."""

Facts = dict[str, Any]


def facts(change: Change, resource: Resource | None, plan: Plan) -> Facts:
    """Everything that is known of one resource, as plain data."""
    before, after = states(change, resource)
    return {
        "resource": _resource(change, resource, plan),
        "before": before,
        "after": after,
        "change": _change(change),
        "cost": _cost(change),
    }


def states(change: Change, resource: Resource | None) -> tuple[Facts, Facts]:
    """The fields as they are, and as they will be."""
    blank = _blank(change.address.kind)
    if change.action in GONE or resource is None:
        return blank | _recorded(change, blank), dict(blank)
    after = blank | resource.spec.model_dump(mode="json", by_alias=True)
    if change.action is Action.CREATE:
        before = dict(blank)
    else:
        before = copy.deepcopy(after)
        for key in change.unverified:
            _put(before, key[0], None)
    for difference in change.differences:
        if change.action is not Action.CREATE:
            _turn_back(before, difference)
        if difference.held:
            _turn_back(after, difference)
        elif len(difference.key) == 1:
            _fill(after, difference)
    return before, after


def _blank(kind: str) -> Facts:
    """Null for every field: the kind's own first, then those that only others have."""
    specs: list[type[BaseModel]] = [KINDS[k].spec for k in (kind, *KINDS)]
    return {field.alias or name: None for spec in specs for name, field in spec.model_fields.items()}


def _recorded(change: Change, blank: Facts) -> Facts:
    """What was last applied, of the fields that hold one plain value."""
    applied = change.record.applied if change.record else {}
    return {k: v for k, v in applied.items() if k in blank and isinstance(v, str | int | float | bool)}


def _turn_back(state: Facts, difference: Difference) -> None:
    """Make ``state`` say of one field what is live now."""
    head, *entry = difference.key
    if not entry:
        _put(state, head, _plain(difference.before))
        return
    within = _get(state, head)
    if not isinstance(within, Mapping):
        # An entry of a list, in a form of its own: change.differences has it.
        _put(state, head, None)
        return
    kept = {k: v for k, v in within.items() if k != entry[0]}
    _put(state, head, kept if difference.op is Op.ADD else kept | {entry[0]: _plain(difference.before)})


def _fill(state: Facts, difference: Difference) -> None:
    """What will be set though the manifest does not name it, such as a new repository's visibility."""
    if _get(state, difference.key[0]) is None:
        _put(state, difference.key[0], _plain(difference.after))


def _get(state: Facts, dotted: str) -> Any:
    value: Any = state
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _put(state: Facts, dotted: str, value: Any) -> None:
    """Set a field by its dotted name (``compute.scaling.minReplica``). What no manifest could say is left out."""
    *around, last = dotted.split(".")
    here: Any = state
    for part in around:
        if not isinstance(here.get(part), dict):
            if value is None or part not in here:
                return
            here[part] = {}
        here = here[part]
    if around or last in here:
        here[last] = value


def _plain(value: Any) -> Any:
    """Plain data only: what the plan shows by name stays a name."""
    found = jsonable(value)
    return found if isinstance(found, str | int | float | bool | list | dict) else None


def _resource(change: Change, resource: Resource | None, plan: Plan) -> Facts:
    address = change.address
    protected = resource.lifecycle.prevent_destroy if resource else change.prevent_destroy
    return {
        "address": str(address),
        "kind": address.kind,
        "namespace": address.namespace,
        "name": address.name,
        "id": address.id,
        "labels": dict(resource.labels) if resource else {},
        "preventDestroy": protected,
        "manifest": resource is not None and not resource.existing,
        "project": plan.project,
        "environment": plan.environment or "",
    }


def _change(change: Change) -> Facts:
    return {
        "action": change.action.value,
        "adopts": change.adopts,
        "movedFrom": str(change.moved_from) if change.moved_from else None,
        "drift": change.drift,
        "restarts": change.restarts,
        "calls": len(change.calls),
        "fields": [d.path for d in change.acting],
        "differences": [d.to_json() for d in change.differences],
        "risks": [r.to_json() for r in change.risks],
        "released": [key_path(k) for k in change.released],
    }


def _cost(change: Change) -> Facts:
    bill = change.bill or Bill()
    return {**bill.to_json(), "increase": round(bill.increase, 4), "known": change.bill is not None}
