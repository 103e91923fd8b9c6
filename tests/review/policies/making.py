"""Changes and resources for policies to be held against."""

from __future__ import annotations

from datetime import date
from typing import Any

from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change, Difference, Op
from hfops.model.plan import Plan
from hfops.model.record import Origin, Record
from hfops.model.resource import Lifecycle, Resource, Waiver
from hfops.model.source import Mark
from hfops.review.policies.judge import Verdict, judged
from hfops.review.policies.policy import Policy, Severity

TODAY = date(2026, 6, 15)


def resource(
    kind: str = "Model",
    name: str = "x",
    labels: dict[str, str] | None = None,
    waivers: tuple[Waiver, ...] = (),
    **spec: Any,
) -> Resource:
    """What a manifest says."""
    model = KINDS[kind].spec.model_validate(spec)
    life = Lifecycle(waivers=waivers)
    address = Address(kind, "acme", name)
    return Resource(address, model, Mark("m.yaml", 3), labels=labels or {}, lifecycle=life)


def change(about: Resource, action: Action = Action.NONE, *differences: Difference, **more: Any) -> Change:
    """What a plan holds for it."""
    calls = () if action is Action.NONE else (Call("PUT", "/p"),)
    return Change(about.address, action, differences, calls, **more)


def differs(path: str, before: Any, after: Any, held: str = "") -> Difference:
    """One field that is not as wanted."""
    key = tuple(path.split("/"))
    op = Op.ADD if before is None else Op.REMOVE if after is None else Op.CHANGE
    return Difference(key, op, before, after, held=held)


def record(about: Resource, **applied: Any) -> Record:
    """What the ledger knows of it."""
    return Record(about.address, Origin.CREATED, applied=applied)


def rule(expression: str, *, denies: bool = False, **more: Any) -> Policy:
    """A policy of the project's own."""
    return Policy("p", expression, denies=denies, **{"severity": Severity.ERROR, **more})


def verdict(policy: Policy, about: Resource, made: Change, *, environment: str | None = None) -> Verdict:
    """What one policy says of one change."""
    gone = made.action in (Action.DELETE, Action.FORGET)
    resources = {} if gone else {about.address: about}
    plan = Plan((made,), project="test", environment=environment)
    return judged(plan, resources, [policy], TODAY)


def violates(policy: Policy, about: Resource, made: Change, *, environment: str | None = None) -> bool:
    """Whether it is violated, as an error or as a warning."""
    found = verdict(policy, about, made, environment=environment)
    return bool(found.refusals or found.notices)
