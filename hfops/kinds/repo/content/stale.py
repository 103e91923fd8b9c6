"""Sources that the same plan commits to: what a plan takes from them is what they hold before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hfops.kinds.base import Ask, Sight
from hfops.kinds.repo.content.contrast import contrast
from hfops.kinds.repo.content.origins import sources, stands_for
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.spec import RepoSpec
from hfops.model.address import Address
from hfops.model.change import Cause, Difference
from hfops.model.resource import Lifecycle, OnDrift


def with_stale(asks: Sequence[Ask], sights: dict[Address, Sight]) -> dict[Address, Sight]:
    """The sights, each with a note of the sources that change in this plan, as far as they are of the same kind."""
    by_address = {a.address: a for a in asks if a.resource is not None}
    found = {ask.address: _notes(ask, by_address, sights) for ask in asks}
    return {a: _noted(sight, found.get(a, ())) for a, sight in sights.items()}


def _noted(sight: Sight, notes: tuple[str, ...]) -> Sight:
    if not notes:
        return sight
    wanted: Wanted = sight.facts[FACT]
    return replace(sight, facts={**sight.facts, FACT: replace(wanted, notes=(*wanted.notes, *notes))})


def _notes(ask: Ask, asks: Mapping[Address, Ask], sights: Mapping[Address, Sight]) -> tuple[str, ...]:
    spec = ask.resource.spec if ask.resource else None
    if not isinstance(spec, RepoSpec) or FACT not in sights[ask.address].facts:
        return ()
    stale = {}
    for _, source in sources(spec):
        other = asks.get(stands_for(source))
        if other is not None and _is_written(other, sights[other.address], source.revision):
            stale[other.address] = f"{other.address} changes in this plan: run again to take its new commit"
    return tuple(stale.values())


def _is_written(ask: Ask, sight: Sight, revision: str) -> bool:
    """Whether this plan commits to ``revision`` of a source."""
    wanted: Wanted | None = sight.facts.get(FACT)
    live: LiveRepo | None = sight.live
    if wanted is None or wanted.problems or wanted.proposes or live is None or wanted.branch != revision:
        return False
    lifecycle = ask.resource.lifecycle if ask.resource else Lifecycle()
    return any(not _is_held(d, lifecycle) for d in contrast(ask, wanted, live.content).differences)


def _is_held(difference: Difference, lifecycle: Lifecycle) -> bool:
    drifted = difference.cause in (Cause.DRIFT, Cause.BOTH) and lifecycle.on_drift is OnDrift.REPORT
    return drifted or any(i.covers(difference.path) for i in lifecycle.ignore_changes)
