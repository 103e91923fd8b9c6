"""What a project must keep its hands off: what others in the same home own, and the home itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hfops.engine.ledger.neighbours import NeighbourError
from hfops.engine.ledger.session import Ledger
from hfops.engine.work import Role, Work
from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.source import Mark


def not_ours(works: Iterable[Work], ledger: Ledger) -> list[Problem]:
    """A problem for each address that would be managed, renamed or deleted, and is another's or the ledger's home.

    Costs requests only on the Hub, and only where an address is not in this project's own ledger.
    """
    if ledger.home is None:
        return []
    found = dict.fromkeys(
        pair for work in works if work.role not in (Role.LOOK, Role.FORGET) for pair in _meant(work)
    )
    return [p for address, where in found if (p := _problem(address, where, ledger))]


def _meant(work: Work) -> Iterator[tuple[Address, Mark | None]]:
    resource, removal = work.ask.resource, work.removal
    where = resource.where if resource else removal.where if removal else None
    yield work.ask.address, where
    yield from ((ask.address, where) for ask in work.sources if ask.address in work.named)


def _problem(address: Address, where: Mark | None, ledger: Ledger) -> Problem | None:
    if address == ledger.home:
        hint = "leave it out of the manifests; hfops makes it and keeps it"
        return Problem(f"the ledger lives in it ({ledger.store.url})", where, str(address), hint=hint)
    try:
        owner = ledger.owner_of(address)
    except NeighbourError as error:
        return Problem(f"it may be another project's: {error}", where, str(address))
    if owner is None:
        return None
    hint = f"describe it in one of the two; to hand it over, there: hfops ledger transfer {address} --to {ledger.form.owner.path}"
    return Problem(
        f"{owner} owns it, by the same ledger ({ledger.store.url})", where, str(address), hint=hint
    )
