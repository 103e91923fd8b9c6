"""Policies that a tree takes away, changes or gets round. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hfops.model.resource import Resource
from hfops.model.source import Mark
from hfops.review.loosening import Loosened
from hfops.review.policies.policy import Policy, Severity
from hfops.review.policies.recommended import SET
from hfops.review.rules import Rules
from hfops.review.same import keeps
from hfops.review.wider import outlasts


def policies(base: Rules, head: Rules, today: date) -> Iterator[Loosened]:
    """Every policy in force that the base has, and ``head`` has no more, or not so strictly. Its id is no part of it."""
    in_force = [p for p in base.policies if p.until is None or today <= p.until]
    shipped = [p for p in in_force if _is_shipped(p)]
    ids = {p.id for p in head.policies}
    off = bool(shipped) and not any(p.id in ids for p in shipped)
    for policy in in_force:
        if not (off and policy in shipped):
            yield from _compared(policy, head)
    if off:
        yield Loosened("recommended_off", "the shipped policies are off", _place(head))
    yield from _evaded(in_force, base, head)


def _compared(policy: Policy, head: Rules) -> Iterator[Loosened]:
    about = f"policy {policy.id}"
    kept = [p for p in head.policies if keeps(p, policy)]
    if any(_as_strict(p, policy) for p in kept):
        return
    now = next((p for p in head.policies if p.id == policy.id), next(iter(kept), None))
    if now is None:
        # The shipped rules hold where no hfops.yaml speaks of them: nobody wrote one there that is gone.
        gone = f"hfops.yaml leaves out {policy.id}" if _is_shipped(policy) else f"{about} is gone"
        yield Loosened("policy_removed", f"{gone}: {policy.said}", _place(head))
        return
    where = now.where or _place(head)
    if now not in kept:
        yield Loosened("policy_changed", f"{about} asks for something else now", where)
    if policy.severity is Severity.ERROR and now.severity is not Severity.ERROR:
        yield Loosened("policy_lowered", f"{about} only warns, it was an error", where)
    if outlasts(policy.until, now.until):
        was = f"it was {policy.until}" if policy.until else "it had no end"
        yield Loosened("policy_ends_earlier", f"{about} ends on {now.until}, {was}", where)


def _as_strict(now: Policy, policy: Policy) -> bool:
    refuses = now.severity is Severity.ERROR or policy.severity is not Severity.ERROR
    return refuses and not outlasts(policy.until, now.until)


def _evaded(in_force: list[Policy], base: Rules, head: Rules) -> Iterator[Loosened]:
    """Labels and names that changed, so that a policy is about a resource no more."""
    for address, before in base.resources.items():
        after = head.resources.get(address) or head.resources.get(head.directives.destination(address))
        if after is None or (after.labels == before.labels and after.address == address):
            continue
        for policy in in_force:
            if policy.covers(address, before.labels) and not policy.covers(after.address, after.labels):
                yield Loosened("policy_evaded", *_evasion(policy, before, after))


def _evasion(policy: Policy, before: Resource, after: Resource) -> tuple[str, Mark]:
    if policy.covers(before.address, after.labels):
        said = f"its new name, {after.address}, takes {before.address} out of policy {policy.id}"
        return said, after.where
    said = f"the labels of {after.address} take it out of policy {policy.id}"
    return said, after.mark(("metadata", "labels"))


def _is_shipped(policy: Policy) -> bool:
    return policy.id.startswith(f"{SET}/")


def _place(head: Rules) -> Mark | None:
    return head.mark(("spec", "policies"))
