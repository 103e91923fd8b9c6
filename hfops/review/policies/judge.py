"""A plan held against the policies: what refuses it, and what is said. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hfops.model.address import Address
from hfops.model.change import Change
from hfops.model.plan import Notice, Plan
from hfops.model.resource import Resource, Waiver
from hfops.review.gate import Refusal
from hfops.review.policies.checker import Checker
from hfops.review.policies.facts import GONE, facts
from hfops.review.policies.policy import Policy, Severity

VIOLATED, WAIVED, ENDED = "policy", "policy_waived", "policy_ended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policies say of a plan: what stands in the way of apply, and what is only said."""

    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Violation:
    policy: Policy
    address: Address
    why: str
    waiver: Waiver | None


def judged(
    plan: Plan, resources: Mapping[Address, Resource], policies: Sequence[Policy], today: date
) -> Verdict:
    """Every managed resource of ``plan`` against every policy that is about it. ``today`` ends policies and waivers."""
    in_force = [p for p in policies if p.until is None or today <= p.until]
    ended = tuple(_ended(p) for p in policies if p not in in_force)
    checkers = [Checker(p) for p in in_force]
    found = [v for c in plan.changes for v in _violations(c, resources.get(c.address), plan, checkers)]
    refusals = tuple(_refusal(v, today) for v in found if _refuses(v, today))
    return Verdict(refusals, (*ended, *(_notice(v, today) for v in found if not _refuses(v, today))))


def _violations(
    change: Change, resource: Resource | None, plan: Plan, checkers: Sequence[Checker]
) -> Iterator[_Violation]:
    labels = resource.labels if resource else {}
    goes = change.action in GONE or resource is None
    about = [
        c for c in checkers
        if c.policy.covers(change.address, labels) and not (goes and c.looks_ahead_only)
    ]  # fmt: skip
    if not about:
        return
    seen = facts(change, resource, plan)
    waivers = {w.policy: w for w in (resource.lifecycle.waivers if resource else ())}
    for checker in about:
        if why := checker.violated(seen):
            yield _Violation(checker.policy, change.address, why, waivers.get(checker.policy.id))


def _refuses(found: _Violation, today: date) -> bool:
    return found.policy.severity is Severity.ERROR and not _waived(found, today)


def _waived(found: _Violation, today: date) -> bool:
    return found.waiver is not None and today <= found.waiver.until


def _refusal(found: _Violation, today: date) -> Refusal:
    reason = f"{found.policy.id}: {found.why}{_over(found, today)}"
    ways = (
        f"in its manifest: `lifecycle: {{waive: [{{policy: {found.policy.id}, reason: …, until: …}}]}}`",
        f"change the policy at {found.policy.where}" if found.policy.where else
        f"in hfops.yaml: `policies: [{{use: recommended, except: [{found.policy.id}]}}]`",
    )  # fmt: skip
    return Refusal(VIOLATED, f"policy: {found.address}: {reason}", ways, address=found.address, reason=reason)


def _notice(found: _Violation, today: date) -> Notice:
    waiver = found.waiver
    if waiver and _waived(found, today):
        said = f"{found.policy.id}: waived until {waiver.until}: {waiver.reason} ({found.why})"
        return Notice(WAIVED, said, found.address)
    return Notice(VIOLATED, f"{found.policy.id}: {found.why}{_over(found, today)}", found.address)


def _over(found: _Violation, today: date) -> str:
    """A word on a waiver that was given and is over."""
    waiver = found.waiver
    if waiver is None or _waived(found, today):
        return ""
    return f" (the waiver at {waiver.where} ended on {waiver.until})"


def _ended(policy: Policy) -> Notice:
    return Notice(
        ENDED, f"{policy.id}: this policy ended on {policy.until}: take it out of hfops.yaml, or renew it"
    )
