"""Time as the wrappers see it. Tests hand in a clock of their own, so that none of them sleeps."""

from __future__ import annotations

import time
from secrets import SystemRandom
from threading import Event

from hfops.hub.errors import Interrupted


class Clock:
    """Wall time (rate windows go on while a laptop sleeps), and waiting that ``stop`` ends at once."""

    def __init__(self, stop: Event | None = None) -> None:
        self._stop = stop or Event()
        self._random = SystemRandom()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait; raises ``Interrupted`` as soon as the run is asked to stop."""
        if seconds > 0 and self._stop.wait(seconds):
            raise Interrupted("stopped while waiting to send a request")

    def jitter(self, low: float, high: float) -> float:
        """A random number between the two, so that many clients do not come back at the same moment."""
        return self._random.uniform(low, high)
