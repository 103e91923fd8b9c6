"""``/v2/endpoint``: list, create, read, update, delete; pause, resume, scale to zero."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.endpoints import setup, told
from hfops.sandbox.endpoints.machine import PAUSED, Endpoint, Mark
from hfops.sandbox.endpoints.manners import read_object, refuse_null_task
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.web import Context, Route

PAGE = 20


def namespace(ctx: Context, *, write: bool = False) -> str:
    """The namespace of the path as it spells itself.

    401 without a token, 404 for none of that name, 403 for who does not belong to it or only reads.
    """
    access.require_user(ctx.caller)
    home = ctx.hub.namespace(ctx.slot("ns"))
    if home is None:
        raise RefusalError(404, f"Namespace {ctx.slot('ns')} not found")
    role = ctx.hub.role_in(ctx.caller, home.name)
    if role in (None, "no_access"):
        raise RefusalError(403, f"You are not a member of {home.name}")
    if write:
        access.require_writer(ctx.caller)
        if role not in ("admin", "write"):
            raise RefusalError(403, access.FORBIDDEN)
    return home.name


def found(ctx: Context, *, write: bool = False) -> Endpoint:
    """The endpoint of the path, for who may see (and ``write``) it; 404 otherwise."""
    return ctx.hub.endpoints.find(namespace(ctx, write=write), ctx.slot("name"))


def mark(ctx: Context) -> Mark:
    """The caller, now."""
    user = ctx.caller.user
    assert user is not None
    return ctx.hub.endpoints.mark(user.uid, user.name)


def answer(ctx: Context, endpoint: Endpoint) -> Response:
    """The endpoint after a change."""
    return json_answer(told.endpoint(endpoint, ctx.base, changed=True))


def listing(ctx: Context) -> Response:
    """GET /endpoint/{ns}: by name, a page at a time; ``tags`` are all asked for, ``search`` is a part of the name."""
    tags = {tag for tag in ctx.query.get("tags", "").split(",") if tag}
    search = ctx.query.get("search", "").lower()
    every = [
        e
        for e in ctx.hub.endpoints.of(namespace(ctx))
        if tags <= set(e.config["tags"]) and search in e.config["name"]
    ]
    after = _decode(ctx.query.get("cursor"))
    rest = [e for e in every if e.config["name"] > after]
    page = rest[: _size(ctx)]
    more = _encode(page[-1].config["name"]) if len(page) < len(rest) else None
    items = [told.endpoint(e, ctx.base) for e in page]
    return json_answer({"items": items, "nextCursor": more, "totalItems": len(every)})


def _size(ctx: Context) -> int:
    text = ctx.query.get("limit", str(PAGE))
    if not text.isdecimal() or int(text) < 1:
        raise bad_request("limit: expected a positive number")
    return int(text)


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _decode(cursor: str | None) -> str:
    try:
        return base64.b64decode(cursor or "", altchars=b"-_", validate=True).decode()
    except ValueError:
        raise bad_request("cursor: not one of ours") from None


def create(ctx: Context) -> Response:
    """POST /endpoint/{ns}: stored, and on its way up."""
    home = namespace(ctx, write=True)
    data = read_object(ctx.request.body)
    refuse_null_task(ctx.request.body, data)
    config = setup.created(ctx.hub, ctx.caller, data)
    estate = ctx.hub.endpoints
    if f"{home}/{config['name']}".lower() not in estate.all:  # a taken name is said before a spent quota
        estate.require_quota(home, config)
    made = estate.add(home, config, mark(ctx))
    made.start()
    return answer(ctx, made)


def read(ctx: Context) -> Response:
    """GET /endpoint/{ns}/{name}."""
    return json_answer(told.endpoint(found(ctx), ctx.base))


def update(ctx: Context) -> Response:
    """PUT /endpoint/{ns}/{name}: what is named changes."""
    endpoint = found(ctx, write=True)
    config = setup.updated(ctx.hub, ctx.caller, endpoint, read_object(ctx.request.body))
    if endpoint.state != PAUSED:
        ctx.hub.endpoints.require_quota(endpoint.namespace, config, endpoint)
    endpoint.change(config, mark(ctx))
    return answer(ctx, endpoint)


def delete(ctx: Context) -> Response:
    """DELETE /endpoint/{ns}/{name}."""
    ctx.hub.endpoints.drop(found(ctx, write=True))
    return json_answer({})


def pause(ctx: Context) -> Response:
    """POST …/pause."""
    endpoint = found(ctx, write=True)
    endpoint.pause(mark(ctx))
    return answer(ctx, endpoint)


def resume(ctx: Context) -> Response:
    """POST …/resume: what was paused has to fit the quota again."""
    endpoint = found(ctx, write=True)
    if endpoint.state == PAUSED:
        ctx.hub.endpoints.require_quota(endpoint.namespace, endpoint.config, endpoint)
    endpoint.resume(mark(ctx))
    return answer(ctx, endpoint)


def scale_to_zero(ctx: Context) -> Response:
    """POST …/scale-to-zero."""
    endpoint = found(ctx, write=True)
    endpoint.scale_to_zero(mark(ctx))
    return answer(ctx, endpoint)


ENDPOINT = "/v2/endpoint/{ns}/{name}"
ACTIONS: dict[str, Callable[[Context], Any]] = {
    "pause": pause,
    "resume": resume,
    "scale-to-zero": scale_to_zero,
}
ROUTES = (
    Route("GET", "/v2/endpoint/{ns}", listing),
    Route("POST", "/v2/endpoint/{ns}", create),
    Route("GET", ENDPOINT, read),
    Route("PUT", ENDPOINT, update),
    Route("DELETE", ENDPOINT, delete),
    *(Route("POST", f"{ENDPOINT}/{name}", handler) for name, handler in ACTIONS.items()),
)
