"""Ctrl-C and SIGTERM. While planning or asking they end the run; while applying, the first asks it to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Handler = Callable[[int, FrameType | None], None]

STOPPING = b"stopping: no new calls, running ones may end; once more to stop at once\n"
STOPPED = b"stopped at once; what became of running calls, the next run finds out\n"


@contextlib.contextmanager
def interrupting(stop: threading.Event) -> Iterator[None]:
    """While inside, a signal ends the run with KeyboardInterrupt, and every wait for the Hub with it."""

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()
        raise KeyboardInterrupt

    with _handled(handle):
        yield


@contextlib.contextmanager
def stopping(stop: threading.Event) -> Iterator[None]:
    """While inside, the first signal sets ``stop``, the second ends the process."""

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            os.write(2, STOPPED)
            os._exit(130)
        stop.set()
        os.write(2, STOPPING)

    with _handled(handle):
        yield


@contextlib.contextmanager
def _handled(handle: Handler) -> Iterator[None]:
    """Only the main thread can listen; elsewhere this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
