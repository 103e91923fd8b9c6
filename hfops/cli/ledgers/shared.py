"""What the commands of ``hfops ledger`` share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hfops.cli.options import gathered

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.ledger.format import LedgerForm, Owner
    from hfops.engine.ledger.hub import HubStore
    from hfops.engine.ledger.session import Ledger
    from hfops.engine.ledger.store import FileStore
    from hfops.model.address import Address

PATIENCE = 10.0
"""Seconds to wait for another run's hold on the ledger."""


@contextlib.contextmanager
def opened_session(given: dict[str, Any]) -> Iterator[Session]:
    """A session over the current folder; its connections are closed at the end."""
    from hfops.cli.session import open_session

    with open_session((), gathered(given)) as session:
        yield session


def home_of(session: Session, verb: str) -> FileStore | HubStore:
    """The store, where there is one."""
    from hfops.engine.ledger.hub import HubStore
    from hfops.engine.ledger.store import NoStore
    from hfops.model.problem import HfopsError

    store = session.store
    if isinstance(store, NoStore):
        raise HfopsError(f"--no-ledger: there is nothing to {verb}")
    if isinstance(store, HubStore):
        store.verb = f"ledger {verb}"
    return store


def owner_of(session: Session) -> Owner:
    """The project and environment of the current folder."""
    from hfops.engine.ledger.format import Owner

    return Owner(session.settings.name, session.settings.environment)


def known_address(ledger: Ledger, text: str, opened: Mapping[Address, Address] | None = None) -> Address:
    """The address as the ledger spells it, of an entry or of one of the intentions in ``opened``. Raises HfopsError."""
    from hfops.manifest.bind import suggest
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    try:
        address = Address.parse(text)
    except ValueError as error:
        raise HfopsError(str(error)) from None
    known = {**(opened or {}), **{a: r.address for a, r in ledger.records.items()}}
    if address not in known:
        near = suggest(text, [str(a) for a in known])
        raise HfopsError(f"{address}: not in the ledger" + (f" (did you mean {near!r}?)" if near else ""))
    return known[address]


def refuse_owner(form: LedgerForm, owner: Owner, name: str) -> None:
    """Raise HfopsError for a ledger of another project or environment."""
    from hfops.model.problem import HfopsError

    if form.owner != owner:
        raise HfopsError(f"{name}: this ledger belongs to {form.owner}, not to {owner}; nothing was changed")


def refuse_taken(
    form: LedgerForm, store: FileStore | HubStore, stored: LedgerForm | None = None, *, force: bool = False
) -> None:
    """On the Hub: what another project owns, or the ledger's own home, cannot be ours as well.

    What is ours in ``stored`` is not asked about. Where broken files keep the answer from being known, ``force`` goes on.
    """
    from hfops.cli.output import say
    from hfops.engine.ledger.hub import HubStore
    from hfops.engine.ledger.neighbours import NeighbourError
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    if not isinstance(store, HubStore):
        return
    ours = set(map(Address.parse, stored.entries if stored else ()))
    for address in map(Address.parse, form.entries):
        if address == store.home:
            raise HfopsError(f"{address}: the ledger would live in it; forget it first: hfops ledger forget")
        if address in ours:
            continue
        try:
            owner = store.owner_of(address)
        except NeighbourError as error:
            said = f"{address}: it may be another project's: {error}"
            if not force:
                raise HfopsError(f"{said}; or go on all the same: --force") from None
            say(f"warning: {said}")
            continue
        if owner:
            raise HfopsError(f"{address}: {owner} owns it, by the same ledger; nothing was changed")
