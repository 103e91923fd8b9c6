"""Slowing down before the rate limit, not after it: all threads share what the last answers said is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar
from urllib.parse import urlsplit

from hfops.hub.clock import Clock
from hfops.hub.limits import MAX_WAIT, Limit, parse_limits
from hfops.hub.transport import Request, Response, Transport
from hfops.hub.urls import origin
from hfops.hub.wrappers import Wrapper


@dataclass(frozen=True)
class Quota:
    """One bucket now: requests per window, requests left, seconds until the window ends."""

    limit: int
    left: int
    reset_seconds: float


@dataclass
class _Window:
    limit: int
    left: int
    ends: float
    next_slot: float = 0.0


def bucket(url: str, base: str) -> str | None:
    """The quota that a URL of the Hub at ``base`` counts against; None for other services."""
    if origin(url) != origin(base):
        return None
    path = urlsplit(url).path.removeprefix(urlsplit(base).path)
    if path.startswith("/api/"):
        return "api"
    return "resolvers" if "/resolve/" in path else "pages"


class Throttling(Wrapper):
    """Spreads what is left over the rest of the window once it is little, and waits where nothing is left."""

    LITTLE: ClassVar[float] = 0.05
    """The share of the quota below which requests are spread."""

    def __init__(self, inner: Transport, base: str, clock: Clock | None = None) -> None:
        super().__init__(inner)
        self._base = base
        self._clock = clock or Clock()
        self._lock = Lock()
        self._windows: dict[str, _Window] = {}
        self._in_flight: Counter[str] = Counter()

    @property
    def quota(self) -> dict[str, Quota]:
        """The buckets that answers have named so far."""
        with self._lock:
            now = self._clock.now()
            return {
                name: Quota(w.limit, w.left if now < w.ends else w.limit, max(0.0, w.ends - now))
                for name, w in sorted(self._windows.items())
            }

    def send(self, request: Request) -> Response:
        """Wait for a turn where the quota is low, then hand on."""
        name = bucket(request.url, self._base)
        if name is None:
            return self._inner.send(request)
        self._take_turn(name)
        try:
            response = self._inner.send(request)
        finally:
            with self._lock:
                self._in_flight[name] -= 1
        self._learn(response)
        return response

    def _take_turn(self, name: str) -> None:
        """Return when the request may leave; it counts as in flight from then on."""
        while (until_reset := self._reserve(name)) is not None:
            self._clock.sleep(until_reset)

    def _reserve(self, name: str) -> float | None:
        """Take one request off what is left, waiting for its slot. Seconds to the reset where nothing is left."""
        with self._lock:
            now = self._clock.now()
            window = self._windows.get(name)
            if window is None or now >= window.ends + 1:
                # Nothing is known of the new window yet, and what was known of the old one is void.
                self._windows.pop(name, None)
                self._in_flight[name] += 1
                return None
            if window.left <= 0:
                return window.ends + 1 - now
            pause = self._slot(window, name, now)
            window.left -= 1
            self._in_flight[name] += 1
        self._wait_slot(name, pause)
        return None

    def _slot(self, window: _Window, name: str, now: float) -> float:
        """Seconds until this request's slot: 0 while plenty is left. The lock is held."""
        if window.left >= max(self.LITTLE * window.limit, 2 * self._in_flight[name]):
            return 0.0
        slot = max(now, window.next_slot)
        window.next_slot = slot + max(0.0, window.ends - now) / window.left
        return slot - now

    def _wait_slot(self, name: str, pause: float) -> None:
        try:
            self._clock.sleep(pause)
        except BaseException:
            with self._lock:
                self._in_flight[name] -= 1
            raise

    def _learn(self, response: Response) -> None:
        with self._lock:
            now = self._clock.now()
            for stated in parse_limits(response.headers):
                self._note(stated, now)

    def _note(self, stated: Limit, now: float) -> None:
        """Answers overtake each other: within one window the lower count is the newer one. The lock is held."""
        ends = now + min(stated.reset_seconds, MAX_WAIT)
        known = self._windows.get(stated.bucket)
        if known is None or now >= known.ends or ends > known.ends + 2:
            limit = stated.limit or max(stated.left, known.limit if known else 1)
            self._windows[stated.bucket] = _Window(limit, stated.left, ends)
            return
        known.limit = stated.limit or known.limit
        known.left = min(known.left, stated.left)
        known.ends = ends
