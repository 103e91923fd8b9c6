"""One look: manifests and ledger read anew, narrowed to what events spoke of, held against the Hub. Reads only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hfops.cli.options import Options
from hfops.cli.session import Session
from hfops.cli.watching.debounce import Batch
from hfops.engine.select import selection
from hfops.model.address import Address
from hfops.model.problem import HfopsError
from hfops.model.resource import Resource
from hfops.report.model import Report, report


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found. ``asked``: what it was about; ``looked``: with what that depends on; ``known``: all of ours.

    ``strange``: addresses of the batch that no manifest describes.
    """

    report: Report
    asked: tuple[Address, ...]
    strange: tuple[Address, ...]
    drifted: tuple[Address, ...]
    looked: frozenset[Address]
    known: frozenset[Address]


@dataclass(frozen=True, slots=True)
class Project:
    """What the command line says to look at. ``cut`` ends every wait for the Hub."""

    paths: tuple[Path, ...]
    options: Options
    cut: threading.Event

    def open(self) -> Session:
        """A session that knows nothing yet: a checkout may have been pulled since the last."""
        return Session(self.paths or (Path(),), self.options, self.cut)


def check(project: Project, secret: str | None) -> None:
    """Raise HfopsError for what would make every look fail, as far as this machine tells without the Hub."""
    if project.options.no_ledger:
        raise HfopsError(
            "drift is what differs from the last apply, which only a ledger knows: leave out --no-ledger"
        )
    with project.open() as session:
        session.refuse_nothing()
        if not any(_chosen(session)):
            raise HfopsError("the paths and options given leave no resource to watch; leave some of them out")
        if secret is not None and session.token is not None and session.token.value == secret:
            raise HfopsError(
                "the webhook's secret is the token that hfops itself uses: make up another, such as `openssl rand -hex 32`"
            )


def look(project: Project, batch: Batch) -> Look | None:
    """Look at what ``batch`` is about; None where no manifest describes any of it. Raises HfopsError."""
    with project.open() as session:
        asked, strange = ((), ()) if batch.full else _picked(session, batch)
        if not (asked or batch.full):
            return None
        if asked:
            session.options = replace(project.options, target=tuple(map(str, asked)))
        drift = session.drift()
        return Look(
            report(drift, (), session.usage(), session.hub_settings.endpoint),
            asked,
            strange,
            tuple(c.address for c in drift.changes),
            frozenset(r.address for r in session.scope.resources),
            frozenset((*(r.address for r in session.inventory.resources), *session.ledger.records)),
        )


def _picked(session: Session, batch: Batch) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The resources that the batch is about, and its addresses that are no resource's.

    An address is a resource's where it is its own, the one it is moved from, or what the ledger calls what the Hub moved.
    """
    wanted = set(batch.addresses)
    if batch.hub_ids:
        wanted |= {a for a, r in session.ledger.records.items() if r.hub_id in batch.hub_ids}
    picked: list[Address] = []
    names: set[Address] = set()
    for resource in _chosen(session):
        before = [a for a, _ in session.inventory.directives.sources(resource.address)]
        if hit := wanted & {resource.address, *before}:
            picked.append(resource.address)
            names |= hit
    return tuple(picked), tuple(a for a in batch.addresses if a not in names)


def _chosen(session: Session) -> Iterator[Resource]:
    """The resources that the command line is about."""
    options, inventory = session.options, session.inventory
    for resource in selection(options.target, options.exclude, options.selector).chosen(inventory):
        if inventory.whole_root or resource.where.file in inventory.asked:
            yield resource
