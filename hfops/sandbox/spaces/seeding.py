"""Seeding a Space: the manifest's spec, at rest at once."""

from __future__ import annotations

import re
from typing import Any

from hfops.sandbox.bodies import HARDWARE, VolumeIn, checked
from hfops.sandbox.manners import bad_request
from hfops.sandbox.spaces.bodies import EnvSet
from hfops.sandbox.spaces.failures import Failure
from hfops.sandbox.spaces.machine import NO_APP_FILE, PAUSED, RUNNING, Space
from hfops.sandbox.spaces.settings import (
    set_hardware,
    set_secret,
    set_sleep_time,
    set_variable,
    set_volumes,
)

MADE_UP = "seeded"
"""The value of a secret whose manifest names only where to find it."""

NEVER_RAN = (NO_APP_FILE, "BUILDING", "BUILD_ERROR", "CONFIG_ERROR")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
"""Seconds."""


def seed_space(space: Space, spec: dict[str, Any]) -> None:
    """Set a Space up as its manifest says, and let it rest in the stage that follows."""
    flavor = spec.get("hardware")
    if flavor is not None and flavor not in HARDWARE:
        raise bad_request(f"hardware: {flavor!r} is none")
    if flavor is not None:
        set_hardware(space, flavor)
    set_sleep_time(space, seconds(spec.get("sleepTime", "never")))
    space.storage = None if spec.get("storage") == "none" else spec.get("storage")
    space.dev_mode = bool(spec.get("devMode", False))
    set_volumes(space, [checked(VolumeIn, volume) for volume in spec.get("volumes") or []])
    for key, said in (spec.get("variables") or {}).items():
        entry = _entry(key, said)
        set_variable(space, entry.key, entry.value, entry.description)
    for key, said in (spec.get("secrets") or {}).items():
        entry = _entry(key, said)
        set_secret(space, entry.key, entry.value, entry.description)
    _rest(space, spec)


def _rest(space: Space, spec: dict[str, Any]) -> None:
    """A stage that is named, or running or paused; that it is there means that its app is."""
    stage = spec.get("stage") or {"running": RUNNING, "paused": PAUSED}.get(spec.get("state", ""))
    if stage is None:
        stage = RUNNING if space.startable else NO_APP_FILE
    space.assumed = stage != NO_APP_FILE
    space.failure = Failure.read(space.card.get("sandbox"))
    if space.failure is None and str(stage).endswith("_ERROR"):
        space.failure = Failure(str(stage), f"seeded in {stage}")
    space.be_built()
    if not space.static and stage not in NEVER_RAN:
        space.current = space.requested
    space.rest(str(stage))


def _entry(key: Any, said: Any) -> EnvSet:
    """A value, ``{value, description}``, or a reference, for which a value is made up."""
    if not isinstance(said, dict):
        return checked(EnvSet, {"key": key, "value": str(said)})
    return checked(
        EnvSet,
        {"key": key, "value": str(said.get("value", MADE_UP)), "description": said.get("description")},
    )


def seconds(said: Any) -> int | None:
    """A sleep time: seconds, ``30m``, ``1h``, ``2d``; None for ``never``."""
    if said in (None, "never", -1):
        return None
    found = re.fullmatch(r"(\d+)([smhd]?)", str(said))
    if not found:
        raise bad_request(f"sleepTime: {said!r} is none, expected seconds, 30m, 1h, 2d or never")
    return int(found[1]) * UNITS[found[2]]
