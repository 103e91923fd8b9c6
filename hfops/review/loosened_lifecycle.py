"""Protection that a tree takes off its resources, and exceptions that it makes for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from hfops.model.address import Address
from hfops.model.resource import Ignore, OnDrift, Resource
from hfops.review.loosening import Loosened
from hfops.review.rules import Rules
from hfops.review.same import keeps
from hfops.review.wider import outlasts

Until = Callable[[Resource | None, str], date | None]


def lifecycles(base: Rules, head: Rules, today: date) -> Iterator[Loosened]:
    """Everything that ``lifecycle`` blocks of ``head`` let go by, and those of the base do not."""
    for address, before in sorted(base.resources.items()):
        after = head.resources.get(address)
        if after is None:
            after = head.resources.get(head.directives.destination(address))
            yield from _lost(address, before, after)
        else:
            yield from _unprotected(before, after)
        if after is not None:
            yield from _lowered(before, after)
            yield from _ignoring(before, after, today)
    until = _untils(base, head)
    for address, after in sorted(head.resources.items()):
        if after.lifecycle.waivers:
            yield from _waived(_before(address, base, head), after, until, today)


def _untils(base: Rules, head: Rules) -> Until:
    """How to tell until when the base waives what a waiver of ``head`` does: its policy may have had another name."""
    now = {p.id: p for p in head.policies}

    def until(before: Resource | None, policy: str) -> date | None:
        known = {w.policy: w.until for w in (before.lifecycle.waivers if before else ())}
        asks = now.get(policy)
        same = [p.id for p in base.policies if p.id == policy or (asks is not None and keeps(asks, p))]
        ends = [known.get(one) for one in same or [policy]]
        return None if None in ends else min(end for end in ends if end)

    return until


def _before(address: Address, base: Rules, head: Rules) -> Resource | None:
    """The base's manifest, under an old name where ``head`` renames it."""
    names = (address, *(old for old, _ in head.directives.sources(address)))
    return next((base.resources[n] for n in names if n in base.resources), None)


def _lost(address: Address, before: Resource, now: Resource | None) -> Iterator[Loosened]:
    """A renamed resource keeps its protection if its new manifest, ``now``, says so."""
    if before.lifecycle.prevent_destroy and not (now and now.lifecycle.prevent_destroy):
        said = f"{address} loses its preventDestroy with its manifest"
        yield Loosened("protection_lost", said, now.where if now else None)


def _unprotected(before: Resource, after: Resource) -> Iterator[Loosened]:
    if before.lifecycle.prevent_destroy and not after.lifecycle.prevent_destroy:
        said = f"{after.address} is not protected by preventDestroy any more"
        yield Loosened("protection_off", said, after.mark(("lifecycle", "preventDestroy")))


def _lowered(before: Resource, after: Resource) -> Iterator[Loosened]:
    if before.lifecycle.on_drift is OnDrift.REPAIR and after.lifecycle.on_drift is OnDrift.REPORT:
        said = f"{after.address}: what is changed on the Hub is only reported (onDrift)"
        yield Loosened("on_drift_lowered", said, after.mark(("lifecycle", "onDrift")))


def _ignoring(before: Resource, after: Resource, today: date) -> Iterator[Loosened]:
    for index, ignore in enumerate(after.lifecycle.ignore_changes):
        over = ignore.until is not None and today > ignore.until
        if not over and not any(_ignores(i, ignore) for i in before.lifecycle.ignore_changes):
            said = f"{after.address}: differences of {ignore.path} are not acted on (ignoreChanges)"
            yield Loosened("ignore_changes_added", said, after.mark(("lifecycle", "ignoreChanges", index)))


def _ignores(wider: Ignore, ignore: Ignore) -> bool:
    return wider.covers(ignore.path) and not outlasts(ignore.until, wider.until)


def _waived(before: Resource | None, after: Resource, until: Until, today: date) -> Iterator[Loosened]:
    for waiver in after.lifecycle.waivers:
        was = until(before, waiver.policy)
        if today > waiver.until or (was is not None and waiver.until <= was):
            continue
        code, said = ("waiver_added", "is new") if was is None else ("waiver_prolonged", "lasts longer")
        text = f"{after.address}: the waiver of policy {waiver.policy} until {waiver.until} {said}"
        yield Loosened(code, text, waiver.where)
