"""The engine without the command line: documents in, a plan and a result out, against any Hub."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hfops.engine.apply.run import Context
from hfops.engine.apply.scheduler import Pace, apply_plan
from hfops.engine.inventory import Inventory
from hfops.engine.ledger.format import LedgerForm
from hfops.engine.ledger.session import Ledger
from hfops.engine.load import inventory
from hfops.engine.planning import Prepared, prepare, take_over
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.clock import Clock
from hfops.hub.config import Settings
from hfops.hub.connection import Connections, open_connections
from hfops.hub.token import Token
from hfops.manifest.document import Document
from hfops.manifest.loader import Loaded
from hfops.model.outcome import Event, Result
from tests.machine import machine_of, vault_of

TODAY = date(2026, 6, 1)


class MemoryStore:
    """A ledger's home that lasts as long as the test. ``writes`` counts how often it was written."""

    url = "memory"

    def __init__(self) -> None:
        self.text: str | None = None
        self.writes = 0
        self.dead = False

    def read(self) -> LedgerForm | None:
        """What was written last, parsed anew."""
        return None if self.text is None else LedgerForm.model_validate_json(self.text)

    def write(self, form: LedgerForm) -> None:
        """Keep the text, so that nothing is shared by reference. A dead process writes nothing."""
        if self.dead:
            return
        self.text = form.model_dump_json(by_alias=True)
        self.writes += 1

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Nobody else is there."""
        del timeout
        yield


def documents(texts: Sequence[dict[str, Any]]) -> Inventory:
    """An inventory from plain documents."""
    docs = tuple(Document(f"m{i}.yaml", 0, d) for i, d in enumerate(texts))
    loaded = Loaded(documents=docs, problems=(), files=tuple(d.file for d in docs), whole_root=True)
    return inventory(loaded, "acme")


class FastClock(Clock):
    """Waits take no time."""

    def sleep(self, seconds: float) -> None:
        """Return at once."""

    def jitter(self, low: float, high: float) -> float:
        """The shortest wait."""
        return min(low, high)


@dataclass
class Engine:
    """One project against one Hub; the ledger lives on between runs."""

    url: str
    store: MemoryStore = field(default_factory=MemoryStore)
    token: str = "hf_sandbox"
    parallelism: int = 4
    events: list[Event] = field(default_factory=list)
    wrap: Any = None
    environ: dict[str, str] = field(default_factory=dict)

    def connect(self) -> Connections:
        """Fresh connections."""
        return open_connections(
            Settings(endpoint=self.url, endpoints_api=f"{self.url}/v2"),
            Token(self.token, "test"),
            transport=self.wrap() if self.wrap else None,
            clock=FastClock(),
        )

    def plan(self, docs: Sequence[dict[str, Any]], *, prune: bool = False) -> Prepared:
        """Plan only."""
        with self.connect() as connections:
            return self._prepare(documents(docs), connections, prune)[0]

    def apply(self, docs: Sequence[dict[str, Any]], *, prune: bool = False) -> tuple[Prepared, Result]:
        """Plan and apply, every risk taken."""
        with self.connect() as connections:
            prepared, ledger = self._prepare(documents(docs), connections, prune)
            context = Context(
                writer=connections.writer(),
                hub=hub_view(connections.reader, self.parallelism),
                ledger=ledger,
                resources={r.address: r for r in prepared.inventory.resources},
                today=TODAY,
                stop=threading.Event(),
                emit=self.events.append,
                machine=machine_of(prepared.scope.vault, connections, self.url),
                ask=prepared.scope.ask,
                quick=True,
            )
            take_over(prepared, ledger)
            return prepared, apply_plan(prepared.plan, context, Pace(self.parallelism))

    def _prepare(self, found: Inventory, connections: Connections, prune: bool) -> tuple[Prepared, Ledger]:
        ledger = Ledger(self.store, "test", None)
        view = hub_view(connections.reader, self.parallelism)
        vault = vault_of(found, self.environ, view=view)
        scope = Scope(found.resources, whole=True, prune=prune, vault=vault)
        return prepare(found, scope, ledger, view, TODAY), ledger
