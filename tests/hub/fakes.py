"""A transport that answers from a script, and a clock that never waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from hfops.hub.clock import Clock
from hfops.hub.errors import HubError
from hfops.hub.transport import Headers, Request, Response


class FakeClock(Clock):
    """Sleeping moves the time; ``slept`` lists how long. Jitter is always the upper end."""

    def __init__(self, stop: threading.Event | None = None, start: float = 1_000_000.0):
        super().__init__(stop)
        self.time = start
        self.slept: list[float] = []

    def now(self):
        return self.time

    def sleep(self, seconds):
        if self._stop.is_set():
            super().sleep(seconds)
        if seconds > 0:
            self.slept.append(seconds)
            self.time += seconds

    def jitter(self, low, high):
        return high


def answer(status=200, data=None, *, headers: Mapping[str, str] | None = None, body: bytes | None = None):
    """A scripted answer; ``data`` is its JSON."""
    raw = body if body is not None else json.dumps(data).encode()
    return Response(status, Headers(headers or {}), raw, "")


class FakeTransport:
    """Answers with the scripted outcomes in turn (the last one for ever), or from a function of the request."""

    def __init__(self, *script: Response | HubError | Callable[[Request], Response]):
        self.script = list(script)
        self.requests: list[Request] = []
        self.closed = False

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        one = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(one, HubError):
            raise one
        found = one if isinstance(one, Response) else one(request)
        return Response(found.status, found.headers, found.body, request.url, found.uncertain)

    def close(self):
        self.closed = True
