"""Observing Spaces: as repositories, and then only what their manifests speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, StatusError, Unauthorized
from hfops.hub.paths import repo_path
from hfops.kinds.base import UNLISTED, Ask, HubView, Sight
from hfops.kinds.repo.observe import observe_repos
from hfops.kinds.space.content import with_content, with_copies
from hfops.kinds.space.cost import prices
from hfops.kinds.space.hardware import canonical
from hfops.kinds.space.live import (
    FAILED,
    FREE,
    LiveSpace,
    parse_runtime,
    parse_secrets,
    parse_variables,
    space_of,
)
from hfops.kinds.space.scene import COMMITTED_SDK
from hfops.kinds.space.sdk import STATIC, with_sdks
from hfops.kinds.space.spec import SpaceSpec
from hfops.kinds.space.unlisted import LISTS
from hfops.kinds.space.variables import COPIED_VARIABLES
from hfops.model.address import Address

CATALOGUE = "/api/spaces/hardware"

REFUSED = (Forbidden, Unauthorized)
UNREADABLE = (*REFUSED, NotFound, BadAnswer)
PARSERS = {"runtime": parse_runtime, "secrets": parse_secrets, "variables": parse_variables}
FIELDS = {"runtime": "details", "secrets": "secrets", "variables": "variables"}


@dataclass(frozen=True, slots=True)
class _Read:
    """One read of a Space: ``what`` is the end of its path."""

    address: Address
    repo_id: str
    what: str


def observe_spaces(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for each ask. Calls: a repository's, and GET /runtime, /secrets, /variables, /api/spaces/hardware."""
    repos = with_sdks(asks, with_content(asks, observe_repos("space", asks, hub), hub), hub)
    sights = {a: _as_space(s) for a, s in repos.items()}
    sights = _with_details(asks, sights, hub)
    sights = _with_catalogue(asks, sights, hub)
    return _with_copied_variables(asks, with_copies(asks, sights, hub), hub)


def _as_space(sight: Sight) -> Sight:
    if sight.live is None:
        return sight
    try:
        return replace(sight, live=space_of(sight.live))
    except BadAnswer as error:
        return Sight(problem=f"it cannot be read: {error}")


def _with_details(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    reads = [r for ask in asks for r in _reads(ask, sights[ask.address])]

    def read(one: _Read) -> tuple[_Read, Any, str | None]:
        try:
            answer = hub.reads.get(repo_path("space", one.repo_id, one.what))
            return one, PARSERS[one.what](answer), None
        except UNREADABLE as error:
            if one.what in LISTS and isinstance(error, REFUSED):
                return one, None, None
            return one, None, f"its {one.what} cannot be read: {error}"

    out = dict(sights)
    for one, value, problem in hub.map(read, reads):
        sight = out[one.address]
        if problem:
            out[one.address] = Sight(problem=problem)
        elif value is None:
            out[one.address] = _without(sight, one.what)
        elif sight.live is not None:
            out[one.address] = replace(sight, live=_with(sight.live, one.what, value))
    return out


def _with(live: LiveSpace, what: str, value: Any) -> LiveSpace:
    if what == "runtime":
        return replace(live, details=value, stage=value.stage, hardware=value.requested)
    return replace(live, **{FIELDS[what]: value})


def _without(sight: Sight, what: str) -> Sight:
    """The sight of a Space of which a list is not shown: it stays unread, and that is known."""
    refused = (*sight.facts.get(UNLISTED, ()), what)
    return replace(sight, facts={**sight.facts, UNLISTED: refused})


def _reads(ask: Ask, sight: Sight) -> list[_Read]:
    live: LiveSpace | None = sight.live
    if live is None or (ask.resource is None and not ask.closely):
        return []
    spec = ask.resource.spec if ask.resource else None
    asked = [
        ("runtime", ask.closely or _speaks_of_runtime(spec, live)),
        ("secrets", ask.closely or _speaks_of_secrets(spec, sight)),
        ("variables", ask.closely or _manages(spec, "variables")),
    ]
    return [_Read(ask.address, live.id, what) for what, wanted in asked if wanted]


def _manages(spec: object, *names: str) -> bool:
    return any(getattr(spec, name, None) is not None for name in names)


def _speaks_of_runtime(spec: object, live: LiveSpace) -> bool:
    """Stage and hardware are in every answer already; the rest, and why something failed, is not."""
    if _manages(spec, "sleep_time", "storage", "volumes", "dev_mode") or not live.stage:
        return True
    if live.stage == "SLEEPING":
        return _manages(spec, "state")
    return live.stage in FAILED or (
        live.hardware is None and live.sdk != "static" and _manages(spec, "hardware")
    )


def _speaks_of_secrets(spec: object, sight: Sight) -> bool:
    """A Space that becomes static would show its secrets: then it matters whether there are any."""
    sdk = getattr(spec, "sdk", None) or sight.facts.get(COMMITTED_SDK)
    becomes_static = sdk == STATIC and sight.live is not None and sight.live.sdk != STATIC
    return becomes_static or _manages(spec, "secrets")


def offered(hub: HubView) -> dict[str, float]:
    """The flavors that the Hub offers to Spaces, with their price in US$ an hour (GET /api/spaces/hardware)."""
    rows = hub.reads.get(CATALOGUE)
    return prices(rows) if isinstance(rows, list) else {}


def _with_catalogue(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """The Hub's list of hardware, read once, and only where some Space is to move to other hardware."""
    moving = [a.address for a in asks if _moves(a, sights[a.address])]
    if not moving:
        return sights
    try:
        known = offered(hub)
    except StatusError:
        return sights  # the Hub itself will say whether it has that hardware
    return {
        a: replace(s, facts={**s.facts, "prices": known}) if a in moving and known else s
        for a, s in sights.items()
    }


def _moves(ask: Ask, sight: Sight) -> bool:
    spec = ask.resource.spec if ask.resource else None
    if not isinstance(spec, SpaceSpec) or spec.hardware is None or sight.problem:
        return False
    return sight.live is None or canonical(spec.hardware) != (sight.live.hardware or FREE)


def _with_copied_variables(
    asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView
) -> dict[Address, Sight]:
    """The variables that copies bring along, where the manifest wants to have no others than its own."""
    asking = [(a.address, source) for a in asks if (source := _brings_too_many(a, sights[a.address]))]

    def read(asked: tuple[Address, str]) -> tuple[Address, Sight]:
        address, source = asked
        sight = sights[address]
        try:
            found = parse_variables(hub.reads.get(repo_path("space", source, "variables")))
        except UNREADABLE:
            return address, sight
        return address, replace(sight, facts={**sight.facts, COPIED_VARIABLES: found})

    return {**sights, **dict(hub.map(read, asking))}


def _brings_too_many(ask: Ask, sight: Sight) -> str | None:
    """What is copied, if somebody else's variables may come with it that are to go."""
    spec = ask.resource.spec if ask.resource else None
    if not isinstance(spec, SpaceSpec) or sight.live is not None or sight.problem or sight.renamed_to:
        return None
    return spec.duplicate_from if "variables" in (spec.exclusive or ()) else None
