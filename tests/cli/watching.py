"""What the tests of ``hfops watch`` share: a receiver in this process, deliveries, and a place that reports come to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import requests

from hfops.cli.watching.debounce import Batch, Pace, Pending
from hfops.cli.watching.receiver import Receiver
from hfops.cli.watching.secret import Guard
from hfops.cli.watching.server import Server
from hfops.cli.watching.worker import Worker

SECRET = "a-webhook-secret"
PATH = "/hooks/hf"


def delivery(
    name: str = "acme/x", kind: str = "model", action: str = "update", **more: Any
) -> dict[str, Any]:
    """The body of an event about a repository."""
    return {
        "event": {"action": action, "scope": "repo.config"},
        "repo": {"type": kind, "name": name},
        **more,
    }


@dataclass
class Station:
    """A receiver that listens, with what it looked at and what it said."""

    worker: Worker
    url: str = ""
    looks: list[Batch] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def post(self, body: Any = None, secret: str | bytes | None = SECRET) -> requests.Response:
        """Deliver, as the Hub does."""
        headers = {} if secret is None else {"X-Webhook-Secret": secret}
        data = body if isinstance(body, bytes) else json.dumps(delivery() if body is None else body).encode()
        return requests.post(f"{self.url}{PATH}", data=data, headers=headers, timeout=10)

    def health(self) -> requests.Response:
        """How it is."""
        return requests.get(f"{self.url}/healthz", timeout=10)

    def raw(self, *pieces: bytes) -> bytes:
        """Send bytes as they are; the whole answer."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as sock:
            for piece in pieces:
                sock.sendall(piece)
            answer = b""
            while part := sock.recv(65536):
                answer += part
        return answer


@contextmanager
def receiving(
    look: Callable[[Batch], str] | None = None, pace: Pace | None = None, secret: str | None = SECRET
) -> Iterator[Station]:
    """A receiver on a free port. ``look`` is what the worker does; it notes the batch first."""

    def noted(batch: Batch) -> str:
        station.looks.append(batch)
        return look(batch) if look else ""

    worker = Worker(Pending(pace or Pace(debounce=0), time.monotonic()), noted, lambda: None)
    station = Station(worker)
    receiver = Receiver(PATH, Guard.of(secret), worker, station.said.append)
    with Server(receiver.app, "127.0.0.1", 0) as server:
        station.url = server.url
        worker.start()
        try:
            yield station
        finally:
            worker.stop()
            assert worker.join(10)


@dataclass
class Received:
    """A report as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Collector:
    """A place for reports on this machine. ``answers``: the statuses to give in turn, then 200 for ever."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.received: list[Received] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(Received(self.command, self.path, dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - http.server's names

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/drift"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
