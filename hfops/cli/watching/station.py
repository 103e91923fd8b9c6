"""All parts put together, in the foreground, until a signal."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from hfops.cli.output import out, out_json, say
from hfops.cli.signals import stopping
from hfops.cli.watching.debounce import Pace, Pending
from hfops.cli.watching.looking import Project
from hfops.cli.watching.receiver import Receiver
from hfops.cli.watching.rounds import Rounds
from hfops.cli.watching.secret import Guard
from hfops.cli.watching.sending import Sender, Target
from hfops.cli.watching.server import Server
from hfops.cli.watching.worker import Worker, stamp
from hfops.hub.transport import RequestsTransport

GRACE = 10.0
"""Seconds that the running look has when the receiver stops."""
LAST = 1.0
"""Seconds for it to notice that its time is over."""
GLANCE = 0.1
"""Seconds between two glances whether to stop."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where deliveries are taken, and from whom."""

    host: str
    port: int
    path: str
    guard: Guard


def run(project: Project, place: Place, pace: Pace, target: Target | None, *, as_json: bool) -> int:
    """Receive, look and report until SIGINT or SIGTERM; the exit code."""
    stop = threading.Event()
    transport = RequestsTransport(pool_size=1)
    sender = Sender(target, transport, lambda seconds: not stop.wait(seconds)) if target else None
    rounds = Rounds(project, sender, _dated, as_json)
    worker = Worker(Pending(pace, time.monotonic()), rounds, stop.set)
    receiver = Receiver(place.path, place.guard, worker, _dated)
    with stopping(stop), Server(receiver.app, place.host, place.port) as server:
        _announce(f"{server.url}{place.path}", as_json=as_json)
        worker.start()
        # Not stop.wait(): a handler that sets what its own thread is about to wait for could wait for ever.
        while server.running and not stop.is_set():
            time.sleep(GLANCE)
        ended = _end(worker, project.cut)
    transport.close()
    if failed := worker.broken or server.error:
        raise failed
    if not ended:
        _leave()
    return 0


def _announce(url: str, *, as_json: bool) -> None:
    """Ready. For programs as an event, for their logs in words."""
    text = f"hfops watch listening on {url}"
    if as_json:
        out_json({"type": "listening", "at": stamp(datetime.now(UTC)), "url": url})
        say(text)
    else:
        out(text)


def _end(worker: Worker, cut: threading.Event) -> bool:
    """Let the running look end, within the grace; whether it has."""
    worker.stop()
    if worker.join(GRACE):
        return True
    cut.set()
    _dated(f"the running look did not end within {GRACE:g} seconds; given up")
    return worker.join(LAST)


def _leave() -> None:
    """End the process, whatever its threads wait for. A look only reads: nothing is lost."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _dated(text: str) -> None:
    """A message with its time."""
    say(f"{stamp(datetime.now(UTC))} {text}")
