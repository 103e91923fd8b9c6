"""Policies that a tree takes away, changes or gets round. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hfops.model.resource import Resource
from hfops.model.source import Mark
from hfops.review.loosening import Loosened
from hfops.review.policies.policy import Policy, Severity
from hfops.review.policies.recommended import SET
from hfops.review.rules import Rules
from hfops.review.wider import outlasts


def policies(base: Rules, head: Rules, today: date) -> Iterator[Loosened]:
    """Every policy in force that the base has, and ``head`` has no more, or not so strictly."""
    now = {p.id: p for p in head.policies}
    in_force = [p for p in base.policies if p.until is None or today <= p.until]
    shipped = [p for p in in_force if p.id.startswith(f"{SET}/")]
    own = [p for p in in_force if p not in shipped]
    for policy in own:
        yield from _compared(policy, now.get(policy.id), head)
    if shipped and not any(p.id in now for p in shipped):
        yield Loosened("recommended_off", "the shipped policies are off", _place(head))
    else:
        for policy in shipped:
            yield from _compared(policy, now.get(policy.id), head)
    yield from _evaded(in_force, base, head)


def _compared(policy: Policy, now: Policy | None, head: Rules) -> Iterator[Loosened]:
    about = f"policy {policy.id}"
    if now is None:
        yield Loosened("policy_removed", f"{about} is gone: {policy.said}", _place(head))
        return
    where = now.where or _place(head)
    if _what(now) != _what(policy):
        yield Loosened("policy_changed", f"{about} asks for something else now", where)
    if policy.severity is Severity.ERROR and now.severity is not Severity.ERROR:
        yield Loosened("policy_lowered", f"{about} only warns, it was an error", where)
    if outlasts(policy.until, now.until):
        was = f"it was {policy.until}" if policy.until else "it had no end"
        yield Loosened("policy_ends_earlier", f"{about} ends on {now.until}, {was}", where)


def _what(policy: Policy) -> Policy:
    """What a policy is about and asks for, without its words, its place, its severity and its end."""
    return replace(
        policy, expression=policy.expression.strip(), message="", where=None, severity=Severity.ERROR, until=None,
        labels=dict(policy.labels),
    )  # fmt: skip


def _evaded(in_force: list[Policy], base: Rules, head: Rules) -> Iterator[Loosened]:
    """Labels that changed, so that a policy is about a resource no more."""
    for address, before in base.resources.items():
        after = head.resources.get(address)
        for policy in in_force if after is not None and after.labels != before.labels else ():
            if after and policy.covers(address, before.labels) and not policy.covers(address, after.labels):
                said = f"the labels of {address} take it out of policy {policy.id}"
                yield Loosened("policy_evaded", said, _labels(after))


def _labels(resource: Resource) -> Mark:
    return resource.mark(("metadata", "labels"))


def _place(head: Rules) -> Mark | None:
    return head.mark(("spec", "policies"))
