"""A plan as its reviewer gets it: risks weighed by what the project allows itself, and held against its policies. Pure.

Where there are rules of a base branch, everything is done by these, too: what either sees is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hfops.manifest.settings import Safety
from hfops.model.address import Address
from hfops.model.change import Change, Difference
from hfops.model.plan import Notice, Plan
from hfops.model.resource import Resource
from hfops.model.risk import Risk
from hfops.review.cost import weighed
from hfops.review.gate import Refusal
from hfops.review.hosts import trusting
from hfops.review.policies.judge import VIOLATED, Verdict, judged
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
    theirs = _weighed(plan, base.settings.safety)
    verdicts = [judged(p, r, base.policies, today) for p, r in _as_base_has_it(theirs, head, base)]
    refused = tuple(dict.fromkeys(r for v in verdicts for r in v.refusals))
    warned = (n for v in verdicts for n in v.notices)
    notices = (*own.notices, *said.notices, *dict.fromkeys(_said_by_base(warned, said)))
    shown = replace(own, changes=tuple(map(_with_risks_of, own.changes, theirs.changes)), notices=notices)
    return Reviewed(shown, both(said.refusals, refused), own, theirs)


def refused(plan: Plan, found: Reviewed, gates: Gates) -> tuple[Refusal, ...]:
    """All that stands between ``plan`` and apply. It is what was reviewed, or what is left of that."""
    if gates.base is None or found.head is None or found.base is None:
        return (*gate(plan, gates), *found.refusals)
    own = gate(_as_seen(plan, found.head), gates)
    theirs = base_gate(_as_seen(plan, found.base), gates.base, gates)
    return (*both(own, theirs), *found.refusals)


def _weighed(plan: Plan, safety: Safety) -> Plan:
    return trusting(weighed(plan, safety.max_hourly_increase), safety.webhook_hosts)


def _as_base_has_it(
    plan: Plan, head: Rules, base: Rules
) -> Iterator[tuple[Plan, Mapping[Address, Resource]]]:
    """The plan with the waivers that the base has; then what has other labels or another name there, by these.

    A policy may be about a label or a name: neither giving one nor taking it away gets round it.
    """
    before = {c.address: old for c in plan.changes if (old := _before(c, base))}
    waived = {a: _waived_as(r, before.get(a)) for a, r in head.resources.items()}
    yield plan, waived
    known = [(c, waived[c.address], before.get(c.address)) for c in plan.changes if c.address in waived]
    other = [(c, _called(r, old)) for c, r, old in known if old and _differs(r, old)]
    if other:
        changes = tuple(replace(c, address=r.address) for c, r in other)
        yield replace(plan, changes=changes), {r.address: r for _, r in other}


def _before(change: Change, base: Rules) -> Resource | None:
    """The base's manifest of what is changed, under its old name where it is renamed."""
    moved = base.resources.get(change.moved_from) if change.moved_from else None
    return base.resources.get(change.address) or moved


def _differs(resource: Resource, old: Resource) -> bool:
    return resource.address != old.address or resource.labels != old.labels


def _called(resource: Resource, old: Resource) -> Resource:
    return replace(resource, address=old.address, labels=old.labels)


def _waived_as(resource: Resource, old: Resource | None) -> Resource:
    waivers = old.lifecycle.waivers if old else ()
    return replace(resource, lifecycle=replace(resource.lifecycle, waivers=waivers))


def _said_by_base(notices: Iterator[Notice], head: Verdict) -> Iterator[Notice]:
    """The warnings of policies that only the base branch has. What it waives, or what ended there, is no news here."""
    known = {n.message for n in head.notices} | {r.reason for r in head.refusals}
    for notice in notices:
        if notice.code == VIOLATED and notice.message not in known:
            yield replace(notice, message=notice.message + BY_BASE)


def _with_risks_of(change: Change, other: Change) -> Change:
    differences = tuple(map(_difference_with, change.differences, other.differences))
    return replace(change, own_risks=_union(change.own_risks, other.own_risks), differences=differences)


def _difference_with(difference: Difference, other: Difference) -> Difference:
    return replace(difference, risks=_union(difference.risks, other.risks))


def _union(risks: Sequence[Risk], more: Sequence[Risk]) -> tuple[Risk, ...]:
    return tuple(dict.fromkeys((*risks, *more)))


def _as_seen(plan: Plan, seen: Plan) -> Plan:
    """``plan`` with those of its risks only that ``seen`` has, too."""
    known = {c.address: frozenset(c.risks) for c in seen.changes}
    return replace(plan, changes=tuple(_only(c, known.get(c.address, frozenset())) for c in plan.changes))


def _only(change: Change, known: frozenset[Risk]) -> Change:
    differences = tuple(replace(d, risks=tuple(r for r in d.risks if r in known)) for d in change.differences)
    return replace(
        change, own_risks=tuple(r for r in change.own_risks if r in known), differences=differences
    )
