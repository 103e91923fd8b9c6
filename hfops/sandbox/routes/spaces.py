"""A Space's runtime: how it is, hardware, sleep, pause, restart, volumes, and what else changes how it runs."""

from __future__ import annotations

import html
from typing import Any

from starlette.responses import HTMLResponse, Response

from hfops.sandbox import access
from hfops.sandbox.manners import bad_request, json_answer
from hfops.sandbox.spaces import told
from hfops.sandbox.spaces.bodies import (
    DevModeSet,
    HardwareSet,
    ReplicasSet,
    SleepSet,
    StorageSet,
    VolumesSet,
)
from hfops.sandbox.spaces.flavors import CATALOGUE, FREE
from hfops.sandbox.spaces.machine import FREE_SLEEP, Space, space_of
from hfops.sandbox.spaces.settings import set_hardware, set_sleep_time, set_volumes
from hfops.sandbox.spaces.templates import TEMPLATES
from hfops.sandbox.web import Context, Route


def hardware_list(_ctx: Context) -> Response:
    """GET /api/spaces/hardware."""
    return json_answer([flavor.told() for flavor in CATALOGUE])


def templates(_ctx: Context) -> Response:
    """GET /api/spaces/templates."""
    return json_answer({"templates": [template.told() for template in TEMPLATES]})


def page(ctx: Context) -> Response:
    """GET /spaces/{id}: the app's page; a visit wakes what sleeps."""
    space = space_of(ctx.repo())
    space.wake()
    return HTMLResponse(f"<!doctype html><title>{html.escape(space.repo.id)}</title><p>{space.stage}")


def running(ctx: Context) -> Space:
    """The Space that the path names, for who may change it; 400 on a static one, which never runs."""
    space = space_of(ctx.repo(write=True))
    if space.static:
        raise bad_request(f"{space.repo.id} is a static Space: it has no runtime to change")
    return space


def answer(ctx: Context, space: Space, did: str, **body: Any) -> Response:
    """The runtime, after what was done."""
    ctx.hub.notify("changed", space.repo, body, did)
    return operated(ctx, space)


def operated(ctx: Context, space: Space, did: str = "") -> Response:
    """The runtime, after what was done to the app and not to its settings."""
    if did:
        ctx.hub.notify("operated", space.repo, {}, did)
    return json_answer(told.runtime(space, ctx.caller))


def runtime(ctx: Context) -> Response:
    """GET …/runtime, for who may see the Space."""
    return json_answer(told.runtime(space_of(ctx.repo()), ctx.caller))


def set_flavor(ctx: Context) -> Response:
    """POST …/hardware: restarts what runs, if it is another flavor."""
    space, asked = running(ctx), ctx.json(HardwareSet)
    differs = set_hardware(space, asked.flavor)
    if asked.sleep_time_seconds is not None:
        set_sleep_time(space, asked.sleep_time_seconds)
    if differs:
        space.changed()
    return answer(ctx, space, "spaces.update_hardware", hardware=asked.flavor)


def set_sleep(ctx: Context) -> Response:
    """POST …/sleeptime: not on the free hardware, whose sleep time is fixed. No restart."""
    space, asked = running(ctx), ctx.json(SleepSet)
    if space.requested == FREE and asked.seconds != FREE_SLEEP:
        raise bad_request(
            f"The sleep time on {FREE} is {FREE_SLEEP} seconds: another one needs upgraded hardware"
        )
    set_sleep_time(space, asked.seconds)
    return answer(ctx, space, "spaces.update_sleep_time", seconds=asked.seconds)


def pause(ctx: Context) -> Response:
    """POST …/pause."""
    space = running(ctx)
    space.pause()
    return operated(ctx, space, "spaces.pause")


def restart(ctx: Context) -> Response:
    """POST …/restart: from any stage; with ``factory`` it is built anew."""
    space = running(ctx)
    space.start(rebuild=ctx.flag("factory"))
    return operated(ctx, space, "spaces.restart")


def set_dev_mode(ctx: Context) -> Response:
    """POST …/dev-mode: enabling needs a paid plan, disabling none."""
    space, asked = running(ctx), ctx.json(DevModeSet)
    if asked.enabled:
        access.require_plan(ctx.hub, space.repo.namespace, "Dev mode")
    space.dev_mode = asked.enabled
    return answer(ctx, space, "spaces.update_dev_mode", enabled=asked.enabled)


def mount(ctx: Context) -> Response:
    """PUT …/volumes: these and no others."""
    space, asked = running(ctx), ctx.json(VolumesSet)
    set_volumes(space, asked.volumes)
    space.changed()
    return answer(ctx, space, "spaces.update_volumes")


def unmount(ctx: Context) -> Response:
    """DELETE …/volumes: 400 when there are none."""
    space = running(ctx)
    if not space.volumes:
        raise bad_request("This Space has no volumes")
    space.volumes = []
    space.changed()
    return answer(ctx, space, "spaces.remove_volumes")


def set_storage(ctx: Context) -> Response:
    """POST …/storage, the legacy of persistent disks."""
    space, asked = running(ctx), ctx.json(StorageSet)
    space.storage = asked.tier
    space.changed()
    return answer(ctx, space, "spaces.add_storage", tier=asked.tier)


def drop_storage(ctx: Context) -> Response:
    """DELETE …/storage."""
    space = running(ctx)
    if space.storage is not None:
        space.storage = None
        space.changed()
    return answer(ctx, space, "spaces.remove_storage")


def set_replicas(ctx: Context) -> Response:
    """POST …/replicas: more than one needs paid hardware."""
    space, asked = running(ctx), ctx.json(ReplicasSet)
    if asked.replicas > 1 and space.requested == FREE:
        raise bad_request(f"{FREE} runs one replica: more need upgraded hardware")
    space.replicas = asked.replicas
    return answer(ctx, space, "spaces.update_replicas", replicas=asked.replicas)


SPACE = "/api/{spaces}/{ns}/{repo}"
ROUTES = (
    Route("GET", "/api/spaces/hardware", hardware_list),
    Route("GET", "/api/spaces/templates", templates),
    Route("GET", "/{spaces}/{ns}/{repo}", page),
    Route("GET", f"{SPACE}/runtime", runtime),
    Route("POST", f"{SPACE}/hardware", set_flavor),
    Route("POST", f"{SPACE}/sleeptime", set_sleep),
    Route("POST", f"{SPACE}/pause", pause),
    Route("POST", f"{SPACE}/restart", restart),
    Route("POST", f"{SPACE}/dev-mode", set_dev_mode),
    Route("PUT", f"{SPACE}/volumes", mount),
    Route("DELETE", f"{SPACE}/volumes", unmount),
    Route("POST", f"{SPACE}/storage", set_storage),
    Route("DELETE", f"{SPACE}/storage", drop_storage),
    Route("POST", f"{SPACE}/replicas", set_replicas),
)
