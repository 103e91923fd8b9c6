"""The stand-in inference server behind ``status.url``: it is ready when the endpoint is, and answers nothing clever."""

from __future__ import annotations

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.endpoints.failures import health_route
from hfops.sandbox.endpoints.machine import PAUSED, SERVING, Endpoint
from hfops.sandbox.manners import RefusalError, json_answer
from hfops.sandbox.web import Context, Route


def serve(ctx: Context) -> Response:
    """Anything asked of an endpoint. It wakes one that sleeps, which answers 503 until it is up."""
    endpoint = ctx.hub.endpoints.labelled(ctx.slot("label"))
    if endpoint is None:
        raise RefusalError(404, "No endpoint here")
    let_in(ctx, endpoint)
    state = endpoint.called()
    if endpoint.answer_status is not None:
        raise RefusalError(endpoint.answer_status, f"The container answers {endpoint.answer_status}")
    if state not in SERVING:
        hint = "paused: somebody has to resume it" if state == PAUSED else f"{state}, not ready yet"
        raise RefusalError(503, f"Endpoint is {hint}")
    path = "/" + (ctx.slot("path") if "path" in ctx.match.groupdict() else "")
    if path.strip("/") == health_route(endpoint.config).strip("/"):
        return json_answer({"status": "up"}, endpoint.health_status)
    model = endpoint.config["model"]
    return json_answer({"model": model["repository"], "revision": model["revision"], "path": path})


def let_in(ctx: Context, endpoint: Endpoint) -> None:
    """Pass, or 401 without a token, or 403 for a stranger to a private endpoint."""
    kind = endpoint.config["type"]
    if kind == "public":
        return
    access.require_user(ctx.caller)
    if kind == "private" and not access.member(ctx.hub, ctx.caller, endpoint.namespace):
        raise RefusalError(403, "This endpoint is private")


ROUTES = tuple(
    Route(method, f"/_endpoints/{{label}}{tail}", serve)
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
    for tail in ("/{path}", "/", "")
)
