"""Which policies a project has: its own, and the shipped ones unless it turns them off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hfops.kinds.registry import KINDS
from hfops.manifest.bind import suggest
from hfops.manifest.policies import PolicyRule, PolicyUse
from hfops.manifest.settings import Placed
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource
from hfops.model.source import Mark
from hfops.review.policies.fields import misspelt
from hfops.review.policies.policy import Policy, Severity
from hfops.review.policies.recommended import RECOMMENDED

OFF = "off"


def chosen(entries: Sequence[Placed], namespace: str | None) -> tuple[Policy, ...]:
    """The policies in force. ``namespace`` is for names written without one. Raises Problems for what there is not."""
    problems = [p for e in entries for p in _wrong(e.entry, e.where)]
    if problems:
        raise Problems(problems)
    used = next((e.entry for e in entries if isinstance(e.entry, PolicyUse)), PolicyUse(use="recommended"))
    own = [_own(e.entry, e.where, namespace) for e in entries if isinstance(e.entry, PolicyRule)]
    return (*own, *_shipped(used))


def _own(rule: PolicyRule, where: Mark | None, namespace: str | None) -> Policy:
    match = rule.match
    return Policy(
        rule.name,
        rule.expression,
        denies=rule.deny is not None,
        message=rule.message or "",
        severity=Severity(rule.severity),
        kinds=_words(match.kind),
        names=tuple(n if "/" in n else f"{namespace or '*'}/{n}" for n in _words(match.name)),
        labels=match.labels,
        until=rule.until,
        where=where,
    )


def _shipped(use: PolicyUse) -> Iterator[Policy]:
    if use.severity == OFF:
        return
    for policy in RECOMMENDED:
        if policy.id not in use.except_:
            yield replace(policy, severity=Severity(use.severity))


def _wrong(entry: PolicyRule | PolicyUse, where: Mark | None) -> Iterator[Problem]:
    if isinstance(entry, PolicyRule):
        for kind in _words(entry.match.kind):
            if kind not in KINDS:
                yield _unknown("kind", kind, KINDS, where, "spec.policies")
        return
    for name in entry.except_:
        ids = [p.id for p in RECOMMENDED]
        if name not in ids:
            yield _unknown("policy", name, ids, where, "spec.policies")


def idle_waivers(resources: Iterable[Resource], policies: Sequence[Policy]) -> Iterator[Problem]:
    """What is more likely a typing error than a wish: waivers of policies that there are not, rules over such fields.

    A shipped policy that the project has turned off may be waived all the same.
    """
    yield from misspelt([p for p in policies if p.where])
    ids = [p.id for p in (*policies, *RECOMMENDED)]
    for resource in resources:
        for waiver in resource.lifecycle.waivers:
            if waiver.policy not in ids:
                said = _unknown("policy", waiver.policy, ids, waiver.where, "lifecycle.waive")
                yield replace(said, address=str(resource.address))


def _unknown(sort: str, name: str, known: Iterable[str], where: Mark | None, path: str) -> Problem:
    near = suggest(name, known)
    hint = f"did you mean {near!r}?" if near else f"one of {', '.join(dict.fromkeys(known))}"
    return Problem(f"unknown {sort} {name!r}", where, path=path, hint=hint)


def _words(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value
