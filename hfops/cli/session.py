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

from hfops.cli.asked import allowances, refuse_bad_globs, refuse_idle, refuse_nothing, warn_of_idle_consent
from hfops.cli.base_gate import Keeper, stricter, tree_at
from hfops.cli.ledger_notes import KEY, refuse_without, say_if_fresh, say_of_key, say_of_store, wait_for_turn
from hfops.cli.options import Options
from hfops.cli.output import redact, say
from hfops.cli.scoping import Scoping
from hfops.cli.scoping import chosen as chosen_of
from hfops.cli.signals import interrupting
from hfops.engine.apply.contents import Contents
from hfops.engine.apply.leaks import leaks
from hfops.engine.apply.run import Machine
from hfops.engine.apply.uploads import Uploader
from hfops.engine.apply.values import exported_now
from hfops.engine.base_tree import BaseTree
from hfops.engine.changed import Since, since
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
from hfops.engine.select import Selection
from hfops.engine.vault import RunVault
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.config import Settings as HubSettings
from hfops.hub.sources import fetch
from hfops.hub.token import Token, find_token
from hfops.kinds.base import HubView
from hfops.manifest.files import PROJECT_FILE, find_root
from hfops.manifest.loader import load
from hfops.manifest.local import Local
from hfops.manifest.project import effective, load_project
from hfops.manifest.references import Resolver
from hfops.manifest.settings import Settings
from hfops.manifest.variables import gather
from hfops.model.address import Address
from hfops.model.directives import Allowance
from hfops.model.plan import Plan
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource
from hfops.report.model import Usage
from hfops.review.gate import Refusal
from hfops.review.loosened import Loosened
from hfops.review.policies.chosen import chosen as policies_of
from hfops.review.policies.chosen import idle_waivers
from hfops.review.policies.policy import Policy

if TYPE_CHECKING:
    from hfops.hub.connection import Connections


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
        return effective(load_project(self.root), self.options.env)

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
        return with_existing(self.inventory, self.view, self.local, self._not_ours)

    def _not_ours(self, address: Address) -> bool:
        """Whether another project of the same ledger owns it, or the ledger lives in it."""
        return address == self.ledger.home or self.ledger.foreign(address) is not None

    @cached_property
    def local(self) -> Local:
        """The project's own files."""
        return Local(self.root)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, read once."""
        say_of_store(self.store)
        ledger = Ledger(self.store, self.settings.name, self.settings.environment)
        say_of_key(ledger)
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
        _ = self.policies
        return self._vault(None, self.inventory).problems()

    def _vault(self, token: Token | None, inventory: Inventory) -> RunVault:
        resolver = Resolver(
            self.local,
            os.environ,
            self.settings.references.env,
            redact.add,
            token.value if token else None,
            base_env=self.base_tree.settings.references.env if self.base_tree else None,
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
        unmanaged = stricter(self.settings, self.base_tree)
        return self._scoping.scope(self._selection, self.described, self.vault, unmanaged)

    @cached_property
    def _selection(self) -> Selection:
        return self._scoping.picked()

    @cached_property
    def _scoping(self) -> Scoping:
        return Scoping(self.root, self.options, self.settings, self.inventory, self.since, self.allowed)

    @cached_property
    def since(self) -> Since | None:
        """What changed in Git since --changed-since; None without. Raises HfopsError."""
        return (
            since(self.root, self.options.changed_since) if self.options.changed_since is not None else None
        )

    @cached_property
    def base_tree(self) -> BaseTree | None:
        """The project as it is at --base; None without. Raises HfopsError for no such commit."""
        return tree_at(self.root, self.paths, self.options, self.inventory)

    @property
    def loosened(self) -> tuple[Loosened, ...]:
        """Where the rules at hand are looser than those of --base; empty without."""
        return self._keeper.loosened(self.described, self.base_tree)

    @cached_property
    def _keeper(self) -> Keeper:
        return Keeper(self.root, self.options, self.settings, self.policies, self.allowed, self.today)

    def chosen_offline(self) -> tuple[Resource, ...]:
        """The resources that the manifests describe and the command line is about."""
        return chosen_of(self._selection, self.inventory)

    def wait_for_turn(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds while another run writes the ledger: half of its work is no state to plan from.

        Nothing is held afterwards: a plan that somebody reads and thinks about blocks nobody. A wait in vain is said, and
        is no error yet: where nothing turns out to be left to send or to note, nobody is in the way.
        """
        wait_for_turn(self.store, timeout)

    def plan(self) -> Prepared:
        """Plan against the live Hub: GET and HEAD only."""
        self._check()
        refuse_idle(self.options, self.scope.resources)
        warn_of_idle_consent(self.allowed, self.inventory, self.ledger)
        prepared = self._keeper.reviewed(self._prepared(self.scope), self.described, self.base_tree)
        self.refuse_leaks(prepared)
        say_if_fresh(self.ledger, prepared.plan)
        return prepared

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The project's policies. Raises Problems, also for waivers of policies that there are not."""
        found = policies_of(self.settings.policies, self.settings.namespace)
        if problems := list(idle_waivers(self.inventory.resources, found)):
            raise Problems(problems)
        return found

    def _prepared(self, scope: Scope) -> Prepared:
        if problems := self.vault.problems():
            raise Problems(problems)
        return prepare(self.described, scope, self.ledger, self.view, self.today)

    def drift(self) -> Plan:
        """What was changed on the Hub since the last apply: GET and HEAD only. Raises HfopsError without a ledger."""
        self._check()
        refuse_without(self.ledger)
        return drifted(self._prepared(replace(self.scope, looking=True)).plan)

    def refuse_leaks(self, prepared: Prepared) -> None:
        """Raise Problems where a file to be sent holds a secret that this run knows."""
        if problems := leaks(prepared.plan, self.vault, self.contents):
            raise Problems(problems)

    def plan_destroy(self) -> Prepared:
        """Plan to delete what the manifests name. Unlike for apply, what a target depends on is not part of it."""
        self._check()
        picked = self._selection
        hit = self._scoping.hit(picked)
        scope = Scope(hit, whole=False, covers=picked.covers)
        prepared = prepare_destroy(self.inventory, scope, self.ledger, self.view)
        return self._keeper.reviewed(prepared, self.inventory, None)

    def _check(self) -> None:
        """What can be wrong with the command line, before anything is read from the Hub."""
        _ = self.allowed, self.policies, self._selection
        refuse_bad_globs(self.options)
        self.refuse_nothing()
        for problem in self.inventory.idle:
            say(f"warning: {problem}")

    def refuse_nothing(self) -> None:
        """Raise HfopsError where there are no manifests at all."""
        prunes = self.settings.prune if self.options.prune is None else self.options.prune
        owned = len(self.ledger.records) if prunes and not self.inventory.resources else 0
        refuse_nothing(self.paths, self.inventory, owned)

    @cached_property
    def allowed(self) -> tuple[Allowance, ...]:
        """``--allow`` as given. Raises HfopsError."""
        return allowances(self.options.allow)

    def refusals(self, prepared: Prepared) -> tuple[Refusal, ...]:
        """What stands between a plan, or what is left of it, and apply."""
        return self._keeper.refusals(prepared.plan)

    def usage(self) -> Usage:
        """Requests so far, against the quota of the ``api`` bucket."""
        reader = self.connections.reader
        return Usage.of(reader.requests, reader.quota.get("api"))


def open_session(paths: Sequence[Path], options: Options) -> Session:
    """A session over ``paths``, the current folder if there are none."""
    return Session(tuple(paths) or (Path(),), options, threading.Event())
