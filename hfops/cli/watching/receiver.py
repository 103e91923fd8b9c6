"""The HTTP side: deliveries in, health out. The secret is looked at before anything of a body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hfops.cli.watching.edge import Edge
from hfops.cli.watching.events import read_event
from hfops.cli.watching.secret import Guard
from hfops.cli.watching.worker import HEALTH, Worker

SECRET = "X-Webhook-Secret"  # noqa: S105 - the header's name
LARGEST = 1 << 20
"""Bytes of a body."""
SECONDS = 10.0
"""That a body may take to arrive."""


class Receiver:
    """Answers requests; ``say`` gets a line for each, and one for each event that leads to nothing."""

    def __init__(self, path: str, guard: Guard, worker: Worker, say: Callable[[str], None]) -> None:
        self._guard, self._worker, self._say = guard, worker, say
        routes = [Route(path, self._deliver, methods=["POST"]), Route(HEALTH, self._health, methods=["GET"])]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
        app.router.redirect_slashes = False
        self.app: ASGIApp = Edge(app, say)

    async def _deliver(self, request: Request) -> Response:
        """POST: 202 at once; looking comes later."""
        if not self._guard.admits(request.headers.getlist(SECRET)):
            raise HTTPException(401, f"{SECRET} is missing or wrong")
        payload = _parsed(await _body(request))
        event = read_event(payload)
        if event.idle:
            self._say(f"{event}: nothing to do: {event.idle}")
            return JSONResponse({"status": "ignored"}, 202)
        if not self._worker.offer(event):
            raise HTTPException(503, "stopping")
        return JSONResponse({"status": "queued"}, 202)

    async def _health(self, request: Request) -> Response:
        """GET: how things are; 503 while stopping."""
        del request
        health = self._worker.health()
        return JSONResponse(health.to_json(), 503 if health.stopping else 200)


async def _body(request: Request) -> bytes:
    """The body, if it is not too large and does not take too long."""
    if int(request.headers.get("Content-Length", "0")) > LARGEST:
        raise HTTPException(413, f"larger than {LARGEST:,} bytes")
    try:
        return await asyncio.wait_for(_gathered(request), SECONDS)
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {SECONDS:g} seconds") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body was cut off") from None


async def _gathered(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413, f"larger than {LARGEST:,} bytes")
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "not JSON") from None
    if not isinstance(payload, dict):
        raise HTTPException(400, "expected a JSON object")
    return payload


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
