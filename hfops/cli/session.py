"""One run of a command: the project, its manifests, the ledger, and connections to the Hub."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hfops.cli.asked import allowances, refuse_bad_globs, refuse_idle, warn_of_idle_consent
from hfops.cli.options import Options
from hfops.cli.output import redact, say
from hfops.cli.signals import interrupting
from hfops.engine.apply.contents import Contents
from hfops.engine.apply.leaks import leaks
from hfops.engine.apply.runner import Machine
from hfops.engine.apply.uploads import Uploader
from hfops.engine.apply.values import exported_now
from hfops.engine.drift import drifted
from hfops.engine.existing import with_existing
from hfops.engine.inventory import Inventory, hidden
from hfops.engine.ledger.format import Owner
from hfops.engine.ledger.homes import open_store
from hfops.engine.ledger.hub import Around, HubStore, Pace
from hfops.engine.ledger.lease import holder
from hfops.engine.ledger.repo import LedgerRepo
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import FileStore, LedgerError, NoStore
from hfops.engine.load import data_files, inventory
from hfops.engine.planning import Prepared, prepare, prepare_destroy
from hfops.engine.select import Selection, selection
from hfops.engine.vault import RunVault
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.config import Settings as HubSettings
from hfops.hub.config import truthy
from hfops.hub.sources import fetch
from hfops.hub.token import Token, find_token
from hfops.kinds.base import HubView
from hfops.manifest.files import PROJECT_FILE, find_root
from hfops.manifest.loader import load
from hfops.manifest.local import Local
from hfops.manifest.project import effective, load_project, unenforced
from hfops.manifest.references import Resolver
from hfops.manifest.settings import Settings
from hfops.manifest.variables import gather
from hfops.model.address import Address, is_glob
from hfops.model.directives import Allowance
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError, Problem, Problems
from hfops.model.resource import Resource
from hfops.model.risk import RiskKind
from hfops.report.model import Usage
from hfops.review.cost import weighed
from hfops.review.gate import Guards, Refusal, refusals
from hfops.review.hosts import trusting

if TYPE_CHECKING:
    from hfops.hub.connection import Connections

KEY, KEYED = "HFOPS_LEDGER_KEY", "scrypt-keyed$"

NO_LEDGER = (
    "note: no ledger: hfops cannot tell drift from change, delete entries that manifests dropped, prune,"
    " follow renames, or know which saved plans were used"
)


@dataclass
class Session:
    """Everything a command needs, made when it is first used."""

    paths: tuple[Path, ...]
    options: Options
    stop: threading.Event

    def __post_init__(self) -> None:
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(interrupting(self.stop))
        return self

    def __exit__(self, *_: object) -> None:
        with self._open:
            if "connections" in self.__dict__:
                self.connections.close()

    @cached_property
    def root(self) -> Path:
        """The nearest folder at or above the first path that holds hfops.yaml."""
        return find_root(self.paths[0])

    @cached_property
    def settings(self) -> Settings:
        """The project file, merged with the chosen environment."""
        project = load_project(self.root)
        for name in unenforced(project) if project else ():
            say(f"warning: hfops.yaml: {name} is not enforced by this version of hfops")
        return effective(project, self.options.env)

    @cached_property
    def inventory(self) -> Inventory:
        """All manifests of the project, or of the paths where none is declared. Raises Problems with all errors."""
        variables = gather(self.settings.vars, self.options.var, self.options.var_file)
        whole = (self.root / PROJECT_FILE).is_file()
        data = self.options.var_file
        loaded = load(
            self.paths, self.root, self.settings, variables, data=data, whole=whole,
            names=lambda document: data_files(document, self.root),
        )  # fmt: skip
        found = inventory(loaded, self.settings.namespace, self.local)
        for text in hidden(found):
            redact.add(text)
        return found

    @cached_property
    def described(self) -> Inventory:
        """The manifests, and the live repositories that ``Defaults`` with ``existing: true`` are about."""
        return with_existing(self.inventory, self.view, self.local, self.ledger.home)

    @cached_property
    def local(self) -> Local:
        """The project's own files."""
        return Local(self.root)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, read once."""
        store = self.store
        if isinstance(store, NoStore):
            say(NO_LEDGER)
        elif isinstance(store, FileStore) and truthy(os.environ.get("CI")) and not store.path.exists():
            say(
                f"warning: the ledger is a local file ({store.path}), this is CI, and there is none yet: unless the job keeps"
            )
            say(
                "warning: that file, the next run will not know what this one applied. Keep it, or use --no-ledger on purpose."
            )
        ledger = Ledger(store, self.settings.name, self.settings.environment)
        if not os.environ.get(KEY) and KEYED in str(ledger.form.entries):
            say(f"warning: this ledger's hashes were made with a key: set {KEY}, or secrets are not compared")
        return ledger

    @cached_property
    def store(self) -> FileStore | HubStore | NoStore:
        """Where the ledger lives; nothing is read yet."""
        if self.options.no_ledger:
            if self.options.ledger:
                raise LedgerError("--ledger and --no-ledger: give one of them")
            return NoStore()
        return self.home(self.options.ledger or self.settings.ledger, named=bool(self.options.ledger))

    def home(self, url: str, owner: Owner | None = None, *, named: bool) -> FileStore | HubStore:
        """The store that ``url`` names, for this project and environment or for another."""
        owner = owner or Owner(self.settings.name, self.settings.environment)
        return open_store(url, self.root, owner, self._hub_store, named=named)

    def _hub_store(self, repo_id: str, owner: Owner) -> HubStore:
        around = Around(holder(os.environ), say, self.view.sees, self.view.map, self.stop.wait)
        repo = LedgerRepo(repo_id, self.connections.reader, self.connections.writer)
        return HubStore(repo, owner, around, Pace(poll=0.2) if self.hub_settings.is_sandbox else Pace())

    @cached_property
    def hub_settings(self) -> HubSettings:
        """Where the Hub is (HF_ENDPOINT and its kin)."""
        return HubSettings.from_env(os.environ)

    @cached_property
    def token(self) -> Token | None:
        """The Hub token, masked from here on."""
        token = find_token(os.environ, self.options.token_file)
        if token:
            redact.add(token.value)
        return token

    @cached_property
    def vault(self) -> RunVault:
        """The values by reference that this run may know; masked as they are resolved."""
        return self._vault(self.token, self.described)

    def offline_problems(self) -> list[Problem]:
        """What is wrong with references, as far as this machine tells without a token."""
        return self._vault(None, self.inventory).problems()

    def _vault(self, token: Token | None, inventory: Inventory) -> RunVault:
        resolver = Resolver(
            self.local,
            os.environ,
            self.settings.references.env,
            redact.add,
            token.value if token else None,
        )
        return RunVault(
            resolver,
            inventory.resources,
            run_commands=self.options.run_commands,
            ledger_key=os.environ.get(KEY),
            exports=lambda reference: exported_now(self.view.reads, reference),
        )

    def machine(self) -> Machine:
        """What apply takes from this machine."""
        return Machine(self.vault, self.contents, Uploader(self.hub_settings, self.token, self.contents))

    @cached_property
    def contents(self) -> Contents:
        """The bytes of files to be sent."""
        return Contents(self.local, self.view.reads, fetch)

    @cached_property
    def connections(self) -> Connections:
        """Pooled connections to the Hub."""
        from hfops.hub.connection import open_connections

        return open_connections(
            self.hub_settings, self.token, pool_size=self.options.parallelism, stop=self.stop, redact=redact
        )

    @cached_property
    def view(self) -> HubView:
        """The read side of the Hub."""
        return hub_view(self.connections.reader, self.options.parallelism, self.local, redact.add)

    @property
    def today(self) -> date:
        """The day that ``until`` dates are held against, in UTC."""
        return datetime.now(UTC).date()

    @cached_property
    def scope(self) -> Scope:
        """What this run is about. Raises HfopsError where --prune meets a run that does not see everything."""
        picked = self._selection
        whole = self.inventory.whole_root and not picked.narrows
        if self.options.prune and not whole:
            raise HfopsError(
                "--prune needs a run over the whole project: leave out paths below the root,"
                " --target, --exclude and --selector"
            )
        if self.options.prune and self.options.no_ledger:
            raise HfopsError(
                "--prune needs the ledger, which knows what this project created: leave out --no-ledger"
            )
        wanted = self.settings.prune if self.options.prune is None else self.options.prune
        prune = wanted and whole and bool(self.inventory.resources)
        chosen = self._chosen(picked, self.described)
        return Scope(
            chosen,
            whole,
            files=None if self.inventory.whole_root else self.inventory.asked,
            covers=picked.covers,
            consented=self._consented,
            prune=prune,
            send_unverified=self.options.send_unverified,
            vault=self.vault,
            rotate=self.options.rotate,
            retry_failed=self.options.retry_failed,
            restart=self.options.restart,
            replace=self.options.replace,
            unmanaged=self.settings.unmanaged,
        )

    def _consented(self, address: Address) -> bool:
        """Whether the command line agrees, by the very address, to lose what this project does not own."""
        named = (a for a in self.allowed if a.pattern and not is_glob(a.pattern))
        return any(a.covers(RiskKind.DATA_LOSS, address, self.today) for a in named)

    @cached_property
    def _selection(self) -> Selection:
        return selection(self.options.target, self.options.exclude, self.options.selector)

    def _chosen(self, picked: Selection, inventory: Inventory) -> tuple[Resource, ...]:
        chosen = picked.chosen(inventory)
        if not inventory.whole_root:
            chosen = tuple(r for r in chosen if r.where.file in inventory.asked)
        if picked.narrows and not chosen:
            say("warning: --target, --exclude and --selector leave no resource to look at")
        return chosen

    def wait_for_turn(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds while another run writes the ledger: half of its work is no state to plan from.

        Nothing is held afterwards: a plan that somebody reads and thinks about blocks nobody.
        """
        if isinstance(self.store, HubStore) or (
            isinstance(self.store, FileStore) and self.store.path.exists()
        ):
            with self.store.lock(timeout):
                pass

    def plan(self) -> Prepared:
        """Plan against the live Hub: GET and HEAD only."""
        self._check()
        refuse_idle(self.options, self.scope.resources)
        warn_of_idle_consent(self.allowed, self.inventory, self.ledger)
        prepared = self._prepared(self.scope)
        limit = self.settings.safety.max_hourly_increase
        plan = trusting(weighed(prepared.plan, limit), self.settings.safety.webhook_hosts)
        prepared = replace(prepared, plan=plan)
        self.refuse_leaks(prepared)
        fresh = self.ledger.keeps and self.ledger.form.serial == 0
        if fresh and any(c.adopts for c in prepared.plan.changes):
            where = self.ledger.store.url
            say(
                f"note: no ledger at {where} yet: what is on the Hub counts as made by others, and drift goes unseen"
            )
        return prepared

    def _prepared(self, scope: Scope) -> Prepared:
        if problems := self.vault.problems():
            raise Problems(problems)
        return prepare(self.described, scope, self.ledger, self.view, self.today)

    def drift(self) -> Plan:
        """What was changed on the Hub since the last apply: GET and HEAD only. Raises HfopsError without a ledger."""
        self._check()
        if not self.ledger.keeps:
            raise HfopsError(
                "drift is what differs from the last apply, which only a ledger knows: leave out --no-ledger"
            )
        if not self.ledger.records:
            say(
                f"note: nothing was applied yet, as far as {self.ledger.store.url} knows: there can be no drift"
            )
        return drifted(self._prepared(replace(self.scope, looking=True)).plan)

    def refuse_leaks(self, prepared: Prepared) -> None:
        """Raise Problems where a file to be sent holds a secret that this run knows."""
        if problems := leaks(prepared.plan, self.vault, self.contents):
            raise Problems(problems)

    def plan_destroy(self) -> Prepared:
        """Plan to delete what the manifests name. Unlike for apply, what a target depends on is not part of it."""
        self._check()
        picked = self._selection
        hit = tuple(
            r for r in self._chosen(picked, self.inventory)
            if not picked.targets or any(r.address.matches(g) for g in picked.targets)
        )  # fmt: skip
        scope = Scope(hit, whole=False, covers=picked.covers)
        return prepare_destroy(self.inventory, scope, self.ledger, self.view)

    def _check(self) -> None:
        """What can be wrong with the command line, before anything is read from the Hub."""
        _ = self.allowed, self._selection
        refuse_bad_globs(self.options)
        self.refuse_nothing()
        for problem in self.inventory.idle:
            say(f"warning: {problem}")

    def refuse_nothing(self) -> None:
        """Raise HfopsError where there are no manifests at all: a wrong folder, more likely than a wish."""
        found, directives = self.inventory, self.inventory.directives
        existing = any(d.existing for d in found.defaults)
        if not (found.resources or existing or directives.moved or directives.removed):
            shown = ", ".join(str(p) for p in self.paths)
            raise HfopsError(
                f"{shown}: no manifests found (*.yaml, *.yml, *.yaml.j2); `hfops demo` shows some"
            )

    @cached_property
    def allowed(self) -> tuple[Allowance, ...]:
        """``--allow`` as given. Raises HfopsError."""
        return allowances(self.options.allow)

    @cached_property
    def guards(self) -> Guards:
        """Limits on deletions: the command line's, else the project's."""
        safety, options = self.settings.safety, self.options
        count = safety.max_deletes if options.max_deletes is None else options.max_deletes
        percent = (
            safety.max_delete_percent if options.max_delete_percent is None else options.max_delete_percent
        )
        return Guards(count, percent, no_unmanaged=self.settings.unmanaged == "fail")

    def refusals(self, prepared: Prepared) -> tuple[Refusal, ...]:
        """What stands between a plan and apply."""
        return refusals(prepared.plan, self.inventory.directives, self.allowed, self.guards, self.today)

    def usage(self) -> Usage:
        """Requests so far, against the quota of the ``api`` bucket."""
        reader = self.connections.reader
        quota = reader.quota.get("api")
        if quota is None:
            return Usage(reader.requests)
        return Usage(reader.requests, quota.left, quota.limit, round(quota.reset_seconds))


def open_session(paths: Sequence[Path], options: Options) -> Session:
    """A session over ``paths``, the current folder if there are none."""
    return Session(tuple(paths) or (Path(),), options, threading.Event())
