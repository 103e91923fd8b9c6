"""The one thread that looks: takes what is due, one look at a time; a look that fails stops nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hfops.cli.watching.debounce import Batch, Pending
from hfops.cli.watching.events import Event

HEALTH = "/healthz"
"""The path at which anybody may ask how the receiver is."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the receiver is; nothing secret, for anybody may ask."""

    stopping: bool = False
    queued: int = 0
    runs: int = 0
    last_run: datetime | None = None
    last_error: str = ""

    def to_json(self) -> dict[str, object]:
        """The JSON form of ``/healthz``."""
        return {
            "status": "stopping" if self.stopping else "ok",
            "queued": self.queued,
            "runs": self.runs,
            "lastRun": stamp(self.last_run) if self.last_run else None,
            "lastError": self.last_error or None,
        }


def stamp(when: datetime) -> str:
    """A time as the Hub writes it, in UTC, to the second."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


class Worker:
    """Events go in from any thread; ``look`` is called with what is due, in a thread of its own.

    ``look`` returns what went wrong, for the health route; empty: nothing did. It raises nothing but
    BrokenPipeError, where nobody reads the results any more: then ``over`` is called, and no look follows.
    """

    def __init__(
        self,
        pending: Pending,
        look: Callable[[Batch], str],
        over: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pending, self._look, self._over, self._clock = pending, look, over, clock
        self._changed = threading.Condition()
        self._stopping = False
        self._runs = 0
        self._last_run: datetime | None = None
        self._last_error = ""
        self.broken: BrokenPipeError | None = None
        self._thread = threading.Thread(target=self._work, name="hfops-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def offer(self, event: Event) -> bool:
        """Take in an event. False: the receiver is stopping, and takes none."""
        with self._changed:
            if self._stopping:
                return False
            self._pending.note(event, self._clock())
            self._changed.notify_all()
            return True

    def health(self) -> Health:
        """How things are now."""
        with self._changed:
            queued = len(self._pending)
            return Health(self._stopping, queued, self._runs, self._last_run, self._last_error)

    def stop(self) -> None:
        """Begin no look any more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the running look; whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            try:
                error = self._look(batch)
            except BrokenPipeError as broken:
                self.broken = broken
                self._over()
                return
            self._ended(batch, error)

    def _next(self) -> Batch | None:
        """Wait for something to look at; None: stopping."""
        with self._changed:
            while not self._stopping:
                batch = self._pending.take(self._clock())
                if batch is not None:
                    return batch
                at = self._pending.next_at()
                self._changed.wait(None if at is None else max(0.0, at - self._clock()))
            return None

    def _ended(self, batch: Batch, error: str) -> None:
        with self._changed:
            self._runs += 1
            self._last_run = datetime.now(UTC)
            self._last_error = error
            self._pending.done(batch, self._clock(), failed=bool(error))
