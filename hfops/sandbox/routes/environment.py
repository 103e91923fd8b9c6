"""What a Space's app is given and what it says: secrets, variables, logs."""

from __future__ import annotations

import json

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, bad_request, iso, json_answer
from hfops.sandbox.spaces import told
from hfops.sandbox.spaces.bodies import EnvSet, EnvUnset
from hfops.sandbox.spaces.machine import Space, space_of
from hfops.sandbox.spaces.settings import set_secret, set_variable
from hfops.sandbox.web import Context, Route


def secrets(ctx: Context) -> Response:
    """GET …/secrets: names only, for who may set them."""
    return json_answer(told.secrets(space_of(ctx.repo(write=True))))


def put_secret(ctx: Context) -> Response:
    """POST …/secrets: set, whether it is there or not."""
    space, asked = space_of(ctx.repo(write=True)), ctx.json(EnvSet)
    did = "repo.update_secret" if asked.key in space.secrets else "repo.add_secret"
    set_secret(space, asked.key, asked.value, asked.description)
    _changed(ctx, space, did, asked.key)
    return json_answer({})


def drop_secret(ctx: Context) -> Response:
    """DELETE …/secrets, the key in the body; one that is not there is as good as gone."""
    space, asked = space_of(ctx.repo(write=True)), ctx.json(EnvUnset)
    if space.secrets.pop(asked.key, None) is not None:
        _changed(ctx, space, "repo.remove_secret", asked.key)
    return json_answer({})


def variables(ctx: Context) -> Response:
    """GET …/variables, for who may see the Space."""
    return json_answer(told.variables(space_of(ctx.repo())))


def put_variable(ctx: Context) -> Response:
    """POST …/variables: set; the answer is all of them."""
    space, asked = space_of(ctx.repo(write=True)), ctx.json(EnvSet)
    did = "repo.update_variable" if asked.key in space.variables else "repo.add_variable"
    set_variable(space, asked.key, asked.value, asked.description)
    _changed(ctx, space, did, asked.key)
    return json_answer(told.variables(space))


def drop_variable(ctx: Context) -> Response:
    """DELETE …/variables, the key in the body; the answer is what is left."""
    space, asked = space_of(ctx.repo(write=True)), ctx.json(EnvUnset)
    if space.variables.pop(asked.key, None) is not None:
        _changed(ctx, space, "repo.remove_variable", asked.key)
    return json_answer(told.variables(space))


def _changed(ctx: Context, space: Space, did: str, key: str) -> None:
    """Let the app know, and tell the watchers: the key, never a value."""
    space.changed()
    ctx.hub.notify("changed", space.repo, {"key": key}, did)


def logs(ctx: Context) -> Response:
    """GET …/logs/build and …/logs/run: what was said so far, as events; the answer ends there."""
    space = space_of(ctx.repo())
    access.require_user(ctx.caller)
    name = ctx.slot("log")
    if name not in space.logs:
        raise RefusalError(404, f"No such log: {name}")
    lines = space.said(name)
    tail = ctx.query.get("tail")
    if tail is not None:
        if not tail.isdecimal():
            raise bad_request('"tail" must be a number of lines')
        lines = lines[max(0, len(lines) - int(tail)) :]
    events = (json.dumps({"data": text + "\n", "timestamp": iso(when)}) for when, text in lines)
    return Response("".join(f"data: {event}\n\n" for event in events), 200, media_type="text/event-stream")


SPACE = "/api/{spaces}/{ns}/{repo}"
ROUTES = (
    Route("GET", f"{SPACE}/secrets", secrets),
    Route("POST", f"{SPACE}/secrets", put_secret),
    Route("DELETE", f"{SPACE}/secrets", drop_secret),
    Route("GET", f"{SPACE}/variables", variables),
    Route("POST", f"{SPACE}/variables", put_variable),
    Route("DELETE", f"{SPACE}/variables", drop_variable),
    Route("GET", f"{SPACE}/logs/{{log}}", logs),
)
