"""Ctrl-C and SIGTERM: the first asks the run to stop, the second ends the process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import click


@contextlib.contextmanager
def stopping(stop: threading.Event) -> Iterator[None]:
    """While inside, a signal sets ``stop``. Only the main thread can listen; elsewhere this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_set():
            os.write(2, b"stopped at once\n")
            os._exit(130)
        stop.set()
        os.write(2, b"stopping: no new calls, running ones may end; once more to stop at once\n")
        del number

    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """While a question is open, Ctrl-C ends the run like anywhere else in a terminal."""
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    except KeyboardInterrupt:
        raise click.Abort from None
    finally:
        for number, old in before.items():
            signal.signal(number, old)
