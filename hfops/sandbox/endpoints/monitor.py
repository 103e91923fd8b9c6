"""What an endpoint says while it runs: logs, replicas, metrics, events. Streams hold what there is, and end."""

from __future__ import annotations

import json

from starlette.responses import Response

from hfops.sandbox.endpoints import told
from hfops.sandbox.endpoints.api import ENDPOINT, found
from hfops.sandbox.endpoints.machine import INITIALIZING, SERVING, UPDATING, Endpoint
from hfops.sandbox.endpoints.manners import invalid, read_object
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.web import Context, Route

EVENTS = "text/event-stream"
GRAPHS = (
    "responseStatusCodeGrouped",
    "responseElapsed",
    "pendingRequest",
    "replicasRunning",
    "hardwareCpu",
    "hardwareMem",
    "hardwareGpu",
    "hardwareGpuMem",
)


def _lines(ctx: Context) -> list[str]:
    endpoint = found(ctx)
    replica = ctx.query.get("replica")
    _ = endpoint.state  # what has happened since is in the log too
    lines = endpoint.lines if replica is None or replica in replicas(endpoint) else []
    tail, width = _number(ctx, "tail"), _number(ctx, "line_max_length")
    lines = lines if tail is None else lines[max(0, len(lines) - tail) :]
    return lines if width is None else [line[:width] for line in lines]


def _number(ctx: Context, key: str) -> int | None:
    text = ctx.query.get(key)
    if text is not None and not text.isdecimal():
        raise bad_request(f"{key}: expected a number")
    return None if text is None else int(text)


def logs(ctx: Context) -> Response:
    """GET …/logs: text, a line each."""
    return Response("".join(f"{line}\n" for line in _lines(ctx)), media_type="text/plain")


def logs_stream(ctx: Context) -> Response:
    """GET …/logs/sse: an event for each line."""
    return Response("".join(f"data: {line}\n\n" for line in _lines(ctx)), media_type=EVENTS)


def no_search(ctx: Context) -> Response:
    """/v3: logs that can be searched are not there."""
    found(ctx)
    raise RefusalError(501, "Log search is not available on this deployment")


def events(ctx: Context) -> Response:
    """GET …/sse: the endpoint as it is, as one event."""
    data = json.dumps(told.endpoint(found(ctx), ctx.base))
    return Response(f"data: {data}\n\n", media_type=EVENTS)


def replicas(endpoint: Endpoint) -> list[str]:
    """The names of the replicas there are, ready or not."""
    number = endpoint.replicas[1] if endpoint.state in (*SERVING, INITIALIZING) else 0
    return [f"{endpoint.label}-{n}" for n in range(number)]


def replica(ctx: Context) -> Response:
    """GET …/replica."""
    endpoint = found(ctx)
    state = endpoint.state
    status = {"live": state in SERVING, "updating": state == UPDATING, "stage": state}
    return json_answer({"items": [{"id": name, "status": status} for name in replicas(endpoint)]})


def metrics(ctx: Context) -> Response:
    """POST …/metrics: every graph, none of which shows anything."""
    found(ctx)
    _window(ctx)
    return json_answer({name: {"series": []} for name in GRAPHS})


def graph(ctx: Context) -> Response:
    """POST …/metrics/{graph}."""
    found(ctx)
    _window(ctx)
    return json_answer({"series": []})


def _window(ctx: Context) -> None:
    asked = read_object(ctx.request.body)
    if not ({"start", "stop"} <= asked.keys() or {"from", "to"} <= asked.keys()):
        raise invalid("", f"missing field `{'stop' if 'start' in asked else 'start'}`")


def open_metrics(ctx: Context) -> Response:
    """GET …/open-metrics."""
    ready, wanted = found(ctx).replicas
    text = f"ready_replicas {ready}\ntarget_replicas {wanted}\n# EOF\n"
    return Response(text, media_type="text/plain")


ROUTES = (
    Route("GET", f"{ENDPOINT}/logs", logs),
    Route("GET", f"{ENDPOINT}/logs/sse", logs_stream),
    Route("GET", "/v3/endpoint/{ns}/{name}/logs", no_search),
    Route("GET", "/v3/endpoint/{ns}/{name}/logs/sse", no_search),
    Route("GET", f"{ENDPOINT}/sse", events),
    Route("GET", f"{ENDPOINT}/replica", replica),
    Route("POST", f"{ENDPOINT}/metrics", metrics),
    Route("POST", f"{ENDPOINT}/metrics/{{path}}", graph),
    Route("GET", f"{ENDPOINT}/open-metrics", open_metrics),
)
