"""Setting a Space up: what its routes, its creation and its seed have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hfops.sandbox.bodies import VolumeIn, checked
from hfops.sandbox.manners import bad_request
from hfops.sandbox.spaces.flavors import FREE, ZERO, known
from hfops.sandbox.spaces.machine import Space


def set_hardware(space: Space, flavor: str) -> bool:
    """Ask for hardware; whether that is another than before."""
    wanted = known(flavor)
    if wanted == ZERO and space.sdk != "gradio":
        raise bad_request(f"{flavor} needs sdk gradio, this Space's is {space.sdk}")
    before, space.requested = space.requested, wanted
    if wanted == FREE:
        space.replicas = 1  # more than one needs paid hardware
    return before != wanted


def set_sleep_time(space: Space, seconds: int | None) -> None:
    """Seconds of idleness, -1 or None for never."""
    space.sleep_time = None if seconds == -1 else seconds


def set_secret(space: Space, key: str, value: str, description: str | None) -> None:
    """Set a secret; its time moves even where the value stays."""
    space.secrets[key] = space.entry(space.secrets.get(key), value, description)


def set_variable(space: Space, key: str, value: str, description: str | None) -> None:
    """Set a variable."""
    space.variables[key] = space.entry(space.variables.get(key), value, description)


def set_volumes(space: Space, volumes: Iterable[VolumeIn]) -> None:
    """Mount these and no others. What is no bucket is read-only, whatever was asked."""
    mounted = [_volume(volume) for volume in volumes]
    paths = [volume["mountPath"] for volume in mounted]
    if len(set(paths)) < len(paths):
        raise bad_request('"volumes": two of them have one mountPath')
    space.volumes = mounted


def _volume(asked: VolumeIn) -> dict[str, Any]:
    told = asked.model_dump(by_alias=True, exclude_none=True)
    return told | {"readOnly": asked.type != "bucket" or bool(asked.read_only)}


def set_up(space: Space, body: Mapping[str, Any]) -> None:
    """What the body of a creation or a duplication says. A Space on free hardware keeps that one's sleep time."""
    if body.get("hardware"):
        set_hardware(space, body["hardware"])
    set_sleep_time(space, body.get("sleepTimeSeconds"))
    space.storage, space.dev_mode = body.get("storageTier"), bool(body.get("devModeEnabled"))
    for entry in body.get("secrets") or []:
        set_secret(space, entry["key"], entry["value"], entry.get("description"))
    for entry in body.get("variables") or []:
        set_variable(space, entry["key"], entry["value"], entry.get("description"))
    set_volumes(space, [checked(VolumeIn, v) for v in body.get("volumes") or []])
