"""A plan as its reviewer gets it: risks weighed by what the project allows itself, and held against its policies. Pure.

Where there are rules of a base branch, everything is done by these, too: what either sees is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hfops.manifest.settings import Safety
from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.plan import Notice, Plan
from hfops.model.resource import Resource
from hfops.model.risk import Risk
from hfops.review.cost import relieved, weighed
from hfops.review.gate import Refusal
from hfops.review.hosts import trusting
from hfops.review.policies.judge import VIOLATED, WAIVED, Verdict, judged
from hfops.review.rules import BY_BASE, Gates, Rules, base_gate, both, gate


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The plan with everything that is to be said of it, and the policies that refuse it.

    ``head`` and ``base`` are the plan with the risks that the rules of each see; ``plan`` has those of both.
    """

    plan: Plan
    refusals: tuple[Refusal, ...] = ()
    head: Plan | None = None
    base: Plan | None = None


def reviewed(plan: Plan, gates: Gates) -> Reviewed:
    """``plan`` with its risks as the rules see them; warnings of policies become notices."""
    head, base, today = gates.head, gates.base, gates.today
    own = _weighed(plan, head.settings.safety)
    said = judged(own, head.resources, head.policies, today)
    if base is None:
        return Reviewed(replace(own, notices=(*own.notices, *said.notices)), said.refusals)
    theirs = _weighed(_traced(plan), base.settings.safety)
    verdicts = [judged(p, r, base.policies, today) for p, r in _as_base_has_it(theirs, head, base)]
    refused = tuple(dict.fromkeys(r for v in verdicts for r in v.refusals))
    warned = (n for v in verdicts for n in v.notices)
    notices = (
        *own.notices,
        *_still(said.notices, refused, plan),
        *dict.fromkeys(_said_by_base(warned, said)),
    )
    shown = replace(
        own, changes=tuple(map(_with_risks_of, plan.changes, own.changes, theirs.changes)), notices=notices
    )
    return Reviewed(shown, both(said.refusals, refused), own, theirs)


def _still(notices: Sequence[Notice], refusals: Sequence[Refusal], plan: Plan) -> Iterator[Notice]:
    """The head's notices, without waivers of what the base refuses: these are not in force until they are merged.

    Both begin with the policy's name. The base may know a renamed resource by its name there.
    """
    stands = {(r.address, r.reason.partition(": ")[0]) for r in refusals}
    before = {c.address: c.moved_from for c in plan.changes if c.moved_from}
    for notice in notices:
        policy = notice.message.partition(": ")[0]
        names = (notice.address, before.get(notice.address) if notice.address else None)
        if notice.code != WAIVED or not any((name, policy) in stands for name in names):
            yield notice


def refused(plan: Plan, found: Reviewed, gates: Gates) -> tuple[Refusal, ...]:
    """All that stands between ``plan`` and apply. It is what was reviewed, or what is left of that."""
    limit = gates.head.settings.safety.max_hourly_increase
    if gates.base is None or found.head is None or found.base is None:
        return (*gate(relieved(plan, limit), gates), *found.refusals)
    own = gate(relieved(_as_seen(plan, found.head), limit), gates)
    seen = relieved(_as_seen(_traced(plan), found.base), gates.base.settings.safety.max_hourly_increase)
    theirs = base_gate(seen, gates.base, gates)
    return (*both(own, theirs), *found.refusals)


def _traced(plan: Plan) -> Plan:
    """What is forgotten under one name and taken up under another, told by the Hub's id, as renamed: it is no other."""
    forgets = (c for c in plan.changes if c.action is Action.FORGET)
    left = {(c.address.kind, c.record.hub_id): c.address for c in forgets if c.record and c.record.hub_id}
    return replace(plan, changes=tuple(_from(c, left) for c in plan.changes)) if left else plan


def _from(change: Change, left: Mapping[tuple[str, str], Address]) -> Change:
    known = change.record.hub_id if change.record else None
    if change.action is Action.FORGET or change.moved_from or known is None:
        return change
    return replace(change, moved_from=left.get((change.address.kind, known)))


def _weighed(plan: Plan, safety: Safety) -> Plan:
    return trusting(weighed(plan, safety.max_hourly_increase), safety.webhook_hosts)


def _as_base_has_it(
    plan: Plan, head: Rules, base: Rules
) -> Iterator[tuple[Plan, Mapping[Address, Resource]]]:
    """The plan with the waivers that the base has; then what has other labels or another name there, by these.

    A policy may be about a label or a name: neither giving one, nor taking it away, nor taking away the manifest that
    gives it gets round it.
    """
    plan = replace(plan, project=base.settings.name)
    waived = {a: _waived_as(r, base.resources.get(a)) for a, r in head.resources.items()}
    moved = {c.address: c.moved_from for c in plan.changes if c.moved_from}
    waived |= {
        a: _waived_as(head.resources[a], base.resources.get(old))
        for a, old in moved.items()
        if a in waived and a not in base.resources
    }
    yield plan, waived
    for names in ({c.address: c.address for c in plan.changes}, moved):
        named = ((c, base.resources.get(names[c.address])) for c in plan.changes if c.address in names)
        known = ((c, head.resources.get(c.address), old) for c, old in named)
        other = [(c, _called(r, old)) for c, r, old in known if old and _differs(r, old)]
        if other:
            changes = tuple(replace(c, address=r.address) for c, r in other)
            yield replace(plan, changes=changes), {r.address: r for _, r in other}


def _differs(resource: Resource | None, old: Resource) -> bool:
    return resource is None or resource.address != old.address or resource.labels != old.labels


def _called(resource: Resource | None, old: Resource) -> Resource:
    """What the head describes, as the base calls it; what it does not describe any more, as the base does."""
    if resource is None:
        return old
    return _waived_as(replace(resource, address=old.address, labels=old.labels), old)


def _waived_as(resource: Resource, old: Resource | None) -> Resource:
    waivers = old.lifecycle.waivers if old else ()
    return replace(resource, lifecycle=replace(resource.lifecycle, waivers=waivers))


def _said_by_base(notices: Iterator[Notice], head: Verdict) -> Iterator[Notice]:
    """The warnings of policies that only the base branch has. What it waives, or what ended there, is no news here."""
    known = {n.message for n in head.notices} | {r.reason for r in head.refusals}
    for notice in notices:
        if notice.code == VIOLATED and notice.message not in known:
            yield replace(notice, message=notice.message + BY_BASE)


def _with_risks_of(change: Change, own: Change, other: Change) -> Change:
    """``change`` with the risks that it has in either of two forms, in its own order."""
    risks = _union(change.own_risks, own.own_risks, other.own_risks)
    threes = zip(change.differences, own.differences, other.differences, strict=True)
    differences = tuple(replace(d, risks=_union(d.risks, o.risks, t.risks)) for d, o, t in threes)
    return replace(change, own_risks=risks, differences=differences)


def _union(order: Sequence[Risk], risks: Sequence[Risk], more: Sequence[Risk]) -> tuple[Risk, ...]:
    found = {*risks, *more}
    return tuple(r for r in dict.fromkeys((*order, *risks, *more)) if r in found)


def _as_seen(plan: Plan, seen: Plan) -> Plan:
    """``plan`` with those of its risks only that ``seen`` has, too."""
    known = {c.address: frozenset(c.risks) for c in seen.changes}
    return replace(plan, changes=tuple(_only(c, known.get(c.address, frozenset())) for c in plan.changes))


def _only(change: Change, known: frozenset[Risk]) -> Change:
    differences = tuple(replace(d, risks=tuple(r for r in d.risks if r in known)) for d in change.differences)
    return replace(
        change, own_risks=tuple(r for r in change.own_risks if r in known), differences=differences
    )
