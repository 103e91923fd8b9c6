"""Ledgers in a repository of an embedded Hub, for tests: one run each, with connections of its own."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from hfops.engine.ledger.format import Intention, Owner
from hfops.engine.ledger.hub import Around, HubStore, Pace
from hfops.engine.ledger.lease import Holder
from hfops.engine.ledger.repo import LedgerRepo
from hfops.engine.ledger.session import Ledger
from hfops.hub.config import Settings
from hfops.hub.connection import Connections, open_connections
from hfops.hub.token import Token
from hfops.hub.transport import Transport
from hfops.model.address import Address
from hfops.model.record import Origin, Record
from hfops.sandbox.server import Sandbox
from tests.harness import FastClock

HOME = "acme/hfops-ledger"
FILE = "ledgers/p.json"
PACE = Pace(life=60.0, gather=0.0, every=0.0, poll=0.01, pause=0.001)
"""A lease as long as in earnest, and no pauses."""

_PIDS = itertools.count(1)


@dataclass
class Runs:
    """Ledgers of one home. Every ``ledger()`` is a run of its own."""

    hub: Sandbox
    pace: Pace = PACE
    token: str = "hf_sandbox"
    sees: bool = True
    warnings: list[str] = field(default_factory=list)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def connect(self, transport: Transport | None = None) -> Connections:
        """Connections that are closed with the test."""
        settings = Settings(endpoint=self.hub.url, endpoints_api=f"{self.hub.url}/v2")
        return self.stack.enter_context(
            open_connections(settings, Token(self.token, "test"), transport=transport, clock=FastClock())
        )

    def store(self, project: str = "p", environment: str | None = None, *, transport: Transport | None = None,
              pace: Pace | None = None, connections: Connections | None = None) -> HubStore:  # fmt: skip
        """A store of a run that never ran before."""
        pid = next(_PIDS)
        opened = connections or self.connect(transport)
        around = Around(Holder(f"run-{pid}", "a-host", pid), self.warnings.append, lambda _: self.sees)
        repo = LedgerRepo(HOME, opened.reader, opened.writer)
        return HubStore(repo, Owner(project, environment), around, pace or self.pace)

    def ledger(self, project: str = "p", environment: str | None = None, **more: Any) -> Ledger:
        """A run's ledger, read."""
        return Ledger(self.store(project, environment, **more), project, environment)

    def file(self, path: str = FILE) -> Any:
        """A file's JSON at the head, as the owner sees it."""
        return json.loads(self.call("GET", f"/datasets/{HOME}/resolve/main/{path}").text)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Somebody else at work."""
        headers = {"Authorization": "Bearer hf_sandbox", "Connection": "close", **more.pop("headers", {})}
        return requests.request(method, self.hub.url + path, headers=headers, timeout=10, **more)

    def put(self, path: str, text: str) -> None:
        """Somebody commits a file by hand."""
        lines = [{"key": "header", "value": {"summary": "by hand"}},
                 {"key": "file", "value": {"path": path, "content": text, "encoding": "utf-8"}}]  # fmt: skip
        body = "\n".join(map(json.dumps, lines))
        answer = self.call("POST", f"/api/datasets/{HOME}/commit/main", data=body.encode(),
                           headers={"Content-Type": "application/x-ndjson"})  # fmt: skip
        assert answer.status_code == 200, answer.text

    def commits(self) -> list[str]:
        """Titles of the repository's commits, oldest first, without the one that made it."""
        rows = self.call("GET", f"/api/datasets/{HOME}/commits/main?limit=1000").json()
        return [row["title"] for row in reversed(rows)][1:]

    def sent(self) -> list[str]:
        """What went to the ledger's repository since the last ``hub.exchanges.clear()``."""
        home = (f"/api/datasets/{HOME}", f"/datasets/{HOME}/", "/api/repos/create")
        return [f"{e.method} {e.path}" for e in self.hub.exchanges if e.path.startswith(home)]


@contextlib.contextmanager
def runs(hub: Sandbox, **more: Any) -> Iterator[Runs]:
    """Everything closed at the end."""
    made = Runs(hub, **more)
    with made.stack:
        yield made


def address(name: str) -> Address:
    """A model in acme."""
    return Address("Model", "acme", name)


def record(name: str, **applied: Any) -> Record:
    """What a run that made it would note."""
    return Record(address(name), Origin.CREATED, "66000000000000000000000a", applied)


def intention(name: str, action: str = "create") -> Intention:
    """What a run that is about to make it would note."""
    return Intention(address=str(address(name)), action=action, at=datetime.now(UTC).replace(microsecond=0))
