"""What the API tells about a Space's runtime."""

from __future__ import annotations

from typing import Any

from hfops.sandbox import access
from hfops.sandbox.info import FACTS, View, subdomain
from hfops.sandbox.manners import iso
from hfops.sandbox.people import Caller
from hfops.sandbox.repos import Kind
from hfops.sandbox.spaces.flavors import FREE, TITLES
from hfops.sandbox.spaces.machine import FREE_SLEEP, RUNNING, Entry, Space, space_of

HIDDEN = "****/******"


def runtime(space: Space, caller: Caller) -> dict[str, Any]:
    """GET …/runtime."""
    stage = space.stage
    up = stage.startswith(RUNNING)
    answer: dict[str, Any] = {
        "stage": stage,
        "hardware": hardware(space),
        "storage": space.storage,
        "gcTimeout": sleep_time(space),
        "replicas": {"current": space.replicas if up else 0, "requested": space.replicas},
        "devMode": space.dev_mode,
        "sdk": space.sdk,
        "domains": [{"domain": f"{subdomain(space.repo)}.hf.space", "stage": "READY"}],
    }
    if up:
        answer["sha"] = space.repo.head.id
    if space.volumes:
        answer["volumes"] = [_volume(space, caller, volume) for volume in space.volumes]
    if space.failure is not None and space.failure.stage == stage:
        answer["errorMessage"] = space.failure.message
    return answer


def hardware(space: Space) -> dict[str, str | None]:
    """What it runs on and what was asked for; both null on a static Space, which has none."""
    if space.static:
        return {"current": None, "requested": None}
    told: dict[str, str | None] = {"current": space.current, "requested": space.requested}
    for key in ("current", "requested"):
        if title := TITLES.get(told[key] or ""):
            told[f"{key}PrettyName"] = title
    return told


def sleep_time(space: Space) -> int | None:
    """Seconds of idleness before it sleeps, None for never."""
    if space.static:
        return None
    return FREE_SLEEP if space.requested == FREE else space.sleep_time


def _volume(space: Space, caller: Caller, volume: dict[str, Any]) -> dict[str, Any]:
    """A volume as the caller may see it: the name of a private source stays hidden."""
    if volume["type"] in tuple(Kind):
        source = space.hub.find(Kind(volume["type"]), volume["source"])
        if source is not None and not access.may_read(space.hub, caller, source):
            return volume | {"source": HIDDEN}
    return volume


def secrets(space: Space) -> dict[str, dict[str, str]]:
    """The names of the secrets, never a value."""
    return {key: _meta(entry) for key, entry in sorted(space.secrets.items())}


def variables(space: Space) -> dict[str, dict[str, str]]:
    """The variables with their values."""
    return {key: {"value": e.value} | _meta(e) for key, e in sorted(space.variables.items())}


def _meta(entry: Entry) -> dict[str, str]:
    described = {} if entry.description is None else {"description": entry.description}
    return described | {"updatedAt": iso(entry.updated)}


def _fact(view: View) -> dict[str, Any]:
    """What listings and infos say: less than the Space's own route, which alone has all."""
    space = space_of(view.repo)
    return {"stage": space.stage, "hardware": hardware(space)}


FACTS["runtime"] = _fact
