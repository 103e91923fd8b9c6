"""hfops at work in this process: real sessions up to the command line's edge, killed or interleaved at any request."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hfops.cli.applying import How as Saying
from hfops.cli.applying import carry_out
from hfops.engine.apply.run import Machine
from hfops.engine.apply.scheduler import Pace
from hfops.engine.ledger.format import LedgerForm, Owner
from hfops.engine.ledger.hub import Around, HubStore
from hfops.engine.ledger.hub import Pace as LedgerPace
from hfops.engine.ledger.lease import holder
from hfops.engine.ledger.repo import LedgerRepo
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import FileStore, parse
from hfops.engine.planning import Prepared, prepare
from hfops.engine.vault import RunVault
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.config import Settings
from hfops.hub.connection import Connections, open_connections
from hfops.hub.token import Token
from hfops.hub.transport import Request, RequestsTransport, Response
from hfops.hub.wrappers import READS, Wrapper
from hfops.kinds.base import HubView
from hfops.model.directives import Allowance
from hfops.model.problem import HfopsError, Problem, Problems
from hfops.model.risk import RiskKind
from hfops.review.gate import Guards, Refusal, refusals
from hfops.sandbox.git import HEADS
from hfops.sandbox.state import Hub
from tests.harness import TODAY, FastClock, documents
from tests.machine import machine_of, vault_of
from tests.ownership.things import LEDGER, Home

EVERY_RISK = tuple(Allowance(kind) for kind in RiskKind if kind.needs_consent)
ENVIRON = {"APP_ONE": "first-value", "APP_TWO": "second-value"}


class Killed(BaseException):
    """The process is gone."""


class Fuse:
    """Burns at every effect that leaves the process: a request, or a write of a ledger file.

    At the ``nth`` (of all, or of those that change something), the process is killed, before or after that effect; or
    ``then`` happens, before it.
    """

    def __init__(
        self, nth: int = 0, *, reads: bool = True, after: bool = False, then: Callable[[], None] | None = None
    ) -> None:
        self._left, self._reads, self._after, self._then = nth, reads, after, then
        self._lock = threading.Lock()
        self.dead = False

    def burn(self, effect: Callable[[], Any], *, read: bool = False) -> Any:
        """Let an effect happen, if the process is still there for it."""
        with self._lock:
            if self.dead:
                raise Killed
            counts = self._reads or not read
            self._left -= counts
            struck = counts and self._left == 0
            self.dead = struck and self._then is None
        if not struck:
            return effect()
        if self._then is not None:
            self._then()
            return effect()
        if self._after:
            effect()
        raise Killed


class FusedTransport(Wrapper):
    """The network of a process with a fuse."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__(RequestsTransport())
        self._fuse = fuse

    def send(self, request: Request) -> Response:
        """Send it, if the process lives."""
        read = request.method in READS
        found: Response = self._fuse.burn(lambda: self._inner.send(request), read=read)
        return found


class FusedStore(FileStore):
    """The ledger file of a process with a fuse."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self._fuse = fuse

    def write(self, form: LedgerForm) -> None:
        """Write it, if the process lives."""
        self._fuse.burn(lambda: super(FusedStore, self).write(form))


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (None: killed), and what was in its way."""

    code: int | None
    problems: tuple[Problem, ...] = ()
    refused: tuple[Refusal, ...] = ()
    message: str = ""
    output: str = ""


@dataclass(frozen=True)
class How:
    """What differs from run to run."""

    prune: bool = False
    parallelism: int = 4
    max_deletes: int = 1000
    max_delete_percent: float = 100
    life: float = 0.0
    lock_timeout: float = 0.0


@dataclass
class Sitting:
    """What ``carry_out`` takes of a session."""

    url: str
    connections: Connections
    view: HubView
    ledger: Ledger
    vault: RunVault
    hub_settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)
    today: Any = TODAY

    def machine(self) -> Machine:
        return machine_of(self.vault, self.connections, self.url)

    def refuse_leaks(self, prepared: Prepared) -> None:
        del prepared


@dataclass
class Project:
    """One project: where its ledger is, and how it runs. ``hub`` is the sandbox's memory."""

    hub: Hub
    url: str
    home: Home
    folder: Path
    on_hub: bool = False
    name: str = "test"

    def apply(self, docs: list[dict[str, Any]], how: How | None = None, fuse: Fuse | None = None) -> Ended:
        """``hfops apply --yes``, every risk taken, guards as given."""
        how, fuse = how or How(), fuse or Fuse()
        printed = io.StringIO()
        before = set(threading.enumerate())
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                ended = self._apply(docs, how, fuse)
        except Killed:
            ended = Ended(None)
        finally:
            _outlive(before)
        return replace(ended, output=printed.getvalue())

    def plan(self, docs: list[dict[str, Any]], how: How | None = None) -> Prepared:
        """``hfops plan``."""
        with self._sitting(how or How(), Fuse(), docs) as (sitting, found):
            return self._prepared(sitting, found, how or How())

    def form(self) -> LedgerForm | None:
        """The ledger as it is stored, read without hfops's store."""
        if not self.on_hub:
            path = self.folder / "ledger.json"
            return parse(path.read_text(), "ledger") if path.exists() else None
        with self.hub.lock:
            repo = next((r for r in self.hub.repos.values() if r.id == f"{self.home.org}/{LEDGER}"), None)
            if repo is None:
                return None
            files = repo.git.at(repo.git.refs[HEADS + "main"]).files
            own = files.get(f"ledgers/{self.name}.json")
            return parse(self.hub.store.read(own).decode(), "ledger") if own else None

    def _apply(self, docs: list[dict[str, Any]], how: How, fuse: Fuse) -> Ended:
        refused: tuple[Refusal, ...] = ()
        try:
            with self._sitting(how, fuse, docs) as (sitting, found):
                prepared = self._prepared(sitting, found, how)
                guards = Guards(how.max_deletes, how.max_delete_percent)
                refused = refusals(prepared.plan, found.directives, EVERY_RISK, guards, TODAY)
                pace = Pace(how.parallelism, wait=False)
                code = carry_out(sitting, prepared, refused, Saying(True, False, how.lock_timeout, pace))  # type: ignore[arg-type]
                return Ended(code, refused=refused)
        except Problems as error:
            return Ended(error.exit_code, problems=tuple(error.problems), message=str(error))
        except HfopsError as error:
            return Ended(error.exit_code, message=str(error))

    @contextlib.contextmanager
    def _sitting(self, how: How, fuse: Fuse, docs: list[dict[str, Any]]) -> Iterator[tuple[Sitting, Any]]:
        settings = Settings(endpoint=self.url, endpoints_api=f"{self.url}/v2", no_progress=True)
        found = documents(docs)
        with open_connections(
            settings, Token(self.home.token, "test"), transport=FusedTransport(fuse), clock=FastClock()
        ) as connections:
            view = hub_view(connections.reader, how.parallelism)
            store = self._store(connections, view, how, fuse)
            with store.lock(how.lock_timeout):
                pass
            vault = vault_of(found, ENVIRON, view=view, token=self.home.token)
            ledger = Ledger(store, self.name, None)
            yield Sitting(self.url, connections, view, ledger, vault, settings), found

    def _store(self, connections: Connections, view: HubView, how: How, fuse: Fuse) -> FileStore | HubStore:
        if not self.on_hub:
            return FusedStore(self.folder / "ledger.json", fuse)
        repo = LedgerRepo(f"{self.home.org}/{LEDGER}", connections.reader, connections.writer)
        pace = LedgerPace(life=how.life, gather=0.0, every=15.0, poll=0.01, pause=0.0)
        around = Around(holder({}), lambda _: None, view.sees, view.map)
        return HubStore(repo, Owner(self.name), around, pace)

    def _prepared(self, sitting: Sitting, found: Any, how: How) -> Prepared:
        if problems := sitting.vault.problems():
            raise Problems(problems)
        prune = how.prune and bool(found.resources)
        scope = Scope(found.resources, whole=True, prune=prune, vault=sitting.vault)
        return prepare(found, scope, sitting.ledger, sitting.view, TODAY)


def _outlive(before: set[threading.Thread]) -> None:
    """Wait until every thread of a run has ended, as all threads of a killed process have."""
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(30)
