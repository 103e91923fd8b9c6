"""Protection that a tree takes off its resources, and exceptions that it makes for them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hfops.model.address import Address
from hfops.model.resource import Ignore, OnDrift, Resource
from hfops.review.loosening import Loosened
from hfops.review.rules import Rules
from hfops.review.wider import outlasts


def lifecycles(base: Rules, head: Rules, today: date) -> Iterator[Loosened]:
    """Everything that ``lifecycle`` blocks of ``head`` let go by, and those of the base do not."""
    for address, before in sorted(base.resources.items()):
        after = head.resources.get(address)
        if after is None:
            yield from _lost(address, before, head)
        else:
            yield from _unprotected(before, after)
            yield from _ignoring(before, after, today)
    for address, after in sorted(head.resources.items()):
        yield from _waived(_before(address, base, head), after, today)


def _before(address: Address, base: Rules, head: Rules) -> Resource | None:
    """The base's manifest, under an old name where ``head`` renames it."""
    names = (address, *(old for old, _ in head.directives.sources(address)))
    return next((base.resources[n] for n in names if n in base.resources), None)


def _lost(address: Address, before: Resource, head: Rules) -> Iterator[Loosened]:
    """A renamed resource keeps its protection if its new manifest says so."""
    now = head.resources.get(head.directives.destination(address))
    if before.lifecycle.prevent_destroy and not (now and now.lifecycle.prevent_destroy):
        said = f"{address} loses its preventDestroy with its manifest"
        yield Loosened("protection_lost", said, now.where if now else None)


def _unprotected(before: Resource, after: Resource) -> Iterator[Loosened]:
    if before.lifecycle.prevent_destroy and not after.lifecycle.prevent_destroy:
        said = f"{after.address} is not protected by preventDestroy any more"
        yield Loosened("protection_off", said, after.mark(("lifecycle", "preventDestroy")))
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


def _waived(before: Resource | None, after: Resource, today: date) -> Iterator[Loosened]:
    known = {w.policy: w for w in (before.lifecycle.waivers if before else ())}
    for waiver in after.lifecycle.waivers:
        was = known.get(waiver.policy)
        if today > waiver.until or (was is not None and waiver.until <= was.until):
            continue
        code, said = ("waiver_added", "is new") if was is None else ("waiver_prolonged", "lasts longer")
        text = f"{after.address}: the waiver of policy {waiver.policy} until {waiver.until} {said}"
        yield Loosened(code, text, waiver.where)
