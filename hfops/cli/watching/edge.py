"""What all requests have in common: a line in the log, and an end that the client can read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hfops.cli.watching.worker import HEALTH

LONGEST = 200
"""Characters of a path in the log."""
SMALL = 1 << 16
"""Bytes of a body that is heard out although it is refused: one cut off in the middle hides the answer from its client."""
SECONDS = 1.0
"""That hearing it out may take."""


class Edge:
    """Wraps the application. A line tells who asked what, the answer and how long it took: no query, header or body.

    A health check that finds nothing wrong is not worth a line.
    """

    def __init__(self, app: ASGIApp, say: Callable[[str], None]) -> None:
        self._app, self._say = app, say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        began, request = time.monotonic(), _Exchange(scope, receive, send)
        try:
            await self._app(scope, request.receive, request.send)
        finally:
            if scope["path"] != HEALTH or request.status != 200:
                taken = (time.monotonic() - began) * 1000
                client = str((scope.get("client") or "?")[0])
                path = scope["path"][:LONGEST]
                self._say(f"{client} {scope['method']} {path} {request.status} {taken:.0f} ms")


class _Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._heard = False
        self.status = 500

    async def receive(self) -> Message:
        message = await self._receive()
        self._heard = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # One request a connection: one that stays open holds a place, and the Hub comes seldom.
            message["headers"] = [*message["headers"], (b"connection", b"close")]
            if not self._heard and self.status >= 400:
                await self._hear_out()
        await self._send(message)

    async def _hear_out(self) -> None:
        """Read what is left of a small body, and look at none of it."""
        if int(Headers(scope=self._scope).get("content-length", "0")) > SMALL:
            return
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                while not self._heard and size <= SMALL:
                    size += len((await self.receive()).get("body", b""))
