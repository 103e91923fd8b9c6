"""``hfops ledger unlock``, ``migrate`` and ``transfer``: who holds it, and where it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hfops.cli.ledgers.shared import (
    PATIENCE,
    home_of,
    known_address,
    opened_session,
    owner_of,
    refuse_owner,
    refuse_taken,
)
from hfops.cli.options import CONNECT, LEDGER, MANIFEST, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.ledger.format import LedgerForm, Owner
    from hfops.engine.ledger.hub import HubStore
    from hfops.engine.ledger.store import FileStore
    from hfops.model.address import Address

UNLOCK = """End the lease that another run holds on a ledger on the Hub, after asking.

\b
  hfops ledger unlock
  hfops ledger unlock --yes

A lease ends by itself within a minute of its run; end it only where that run is surely gone.
"""

MIGRATE = """Copy the ledger to another home, compare, and say how to go on.

\b
  hfops ledger migrate --to hub://datasets/acme/hfops-ledger
  hfops ledger migrate --to file://.hfops/ledger.json
"""

TRANSFER = """Hand a resource over to another project or environment. The Hub's resource is not touched.

\b
  hfops ledger transfer Model/acme/sentiment --to other-project
  hfops ledger transfer Model/acme/sentiment --to other-project/prod
  hfops ledger transfer Model/acme/sentiment --to other --to-ledger file://../other/.hfops/ledger.json

On the Hub, both ledgers are written in one commit. Move the manifest as well: until then it is an orphan there.
"""


@click.command(help=UNLOCK)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_options(MANIFEST, LEDGER, CONNECT)
def unlock(*, yes: bool, **given: Any) -> int:
    """End somebody's lease."""
    from hfops.cli.output import out, say
    from hfops.engine.ledger import lease as leases
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    with opened_session(given) as session:
        store = home_of(session, "unlock")
        if not isinstance(store, HubStore):
            out(f"nothing to end: the lock of a file goes with the process that holds it ({store.url})")
            return 0
        lease = store.others_lease()
        if lease is None:
            out(f"nothing to end: nobody holds the lease ({store.name})")
            return 0
        say(f"{store.name}: the ledger is {leases.held(lease)}")
        if not yes and not _confirmed():
            raise HfopsError("not confirmed (expected: yes); the lease stands")
        store.end_lease(lease)
        out(f"ended: the lease of {leases.told(lease)}")
    return 0


def _confirmed() -> bool:
    import sys

    from hfops.cli.output import is_terminal
    from hfops.model.problem import HfopsError

    if not is_terminal():
        raise HfopsError("no terminal to ask on, and no --yes: the lease stands")
    click.echo(
        "A run that still goes on would lose its place. Type yes to end the lease: ", err=True, nl=False
    )
    return sys.stdin.readline().strip() == "yes"


@click.command(help=MIGRATE)
@click.option(
    "--to", "url", required=True, metavar="URL", help="hub://datasets/NAMESPACE/NAME or file://PATH."
)
@with_options(MANIFEST, LEDGER, CONNECT)
def migrate(url: str, **given: Any) -> int:
    """Copy, compare, and say what to change."""
    from hfops.cli.output import out
    from hfops.engine.ledger.homes import is_same
    from hfops.model.problem import HfopsError

    with opened_session(given) as session:
        source, target = home_of(session, "migrate"), session.home(url, named=False)
        if is_same(source, target):
            raise HfopsError(f"{url}: the ledger is there already")
        with source.lock(PATIENCE):
            form = source.read()
            if form is None:
                raise HfopsError(
                    f"{source.url}: there is no ledger yet; set spec.ledger in hfops.yaml, and apply"
                )
            refuse_owner(form, owner_of(session), source.url)
            _copy(form, target, session)
    out(f"copied: {len(form.entries)} resources to {target.url}")
    out(f"Now set spec.ledger: {url} in hfops.yaml, for everybody at once: runs that still use {source.url}")
    out("would not see what others apply. Then delete the old one; hfops has left it as it was.")
    return 0


def _copy(form: LedgerForm, target: FileStore | HubStore, session: Session) -> None:
    """Write the ledger where none is, and read it again. Raises HfopsError where one is, or comes back changed."""
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    if isinstance(target, HubStore):
        target.verb = "ledger migrate"
    with target.lock(PATIENCE):
        if target.raw() is not None:
            hint = f"look at it: hfops ledger show --ledger {target.url}"
            raise HfopsError(f"{target.url}: there is a ledger of {owner_of(session)} already; {hint}")
        refuse_taken(form, target)
        copied = form.model_copy(update={"lease": None})
        target.write(copied)
        back = target.read()
    if back is None or back.model_copy(update={"lease": None}) != copied:
        raise HfopsError(
            f"{target.url}: the copy is not what was copied; the old ledger stands, go on using it"
        )


@click.command(help=TRANSFER)
@click.argument("address")
@click.option("--to", required=True, metavar="PROJECT[/ENVIRONMENT]", help="Who is to own it.")
@click.option("--to-ledger", metavar="URL", help="Where their ledger is, if not in the same repository.")
@click.option("--create", is_flag=True, help="Also where they have no ledger yet.")
@with_options(MANIFEST, LEDGER, CONNECT)
def transfer(address: str, to: str, to_ledger: str | None, *, create: bool, **given: Any) -> int:
    """Move an entry."""
    from hfops.cli.output import out
    from hfops.engine.ledger.format import Owner
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    project, slash, environment = to.partition("/")
    if not project or (slash and not environment):
        raise HfopsError(f"--to {to}: expected PROJECT or PROJECT/ENVIRONMENT")
    owner = Owner(project, environment or None)
    with opened_session(given) as session:
        source = home_of(session, "transfer")
        if owner == owner_of(session):
            raise HfopsError(f"--to {to}: that is this project; name another, or another environment")
        found = known_address(session.ledger, address)
        target = _target(session, owner, to_ledger)
        if isinstance(source, HubStore) and isinstance(target, HubStore) and source.home == target.home:
            with source.lock(PATIENCE):
                source.hand_over(found, target, create=create)
        else:
            _hand_over(session, found, target, owner, create=create)
    out(f"transferred: {found} to {owner} ({target.url})")
    return 0


def _target(session: Session, owner: Owner, url: str | None) -> FileStore | HubStore:
    """The other ledger: named, in the same repository, or the file of another environment."""
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    if url:
        return session.home(url, owner, named=True)
    if isinstance(session.store, HubStore):
        return session.home(session.store.url, owner, named=False)
    if owner.project == session.settings.name and owner.environment and not session.options.ledger:
        return session.home(session.settings.ledger, owner, named=False)
    raise HfopsError(f"{owner}: its ledger is not known here; name it with --to-ledger URL")


def _hand_over(
    session: Session, address: Address, target: FileStore | HubStore, owner: Owner, *, create: bool
) -> None:
    """Between two homes: first there, then away from here, so that it is always in one of them."""
    from hfops.engine.ledger.homes import is_same
    from hfops.engine.ledger.transfer import handed_over
    from hfops.model.problem import HfopsError

    source = home_of(session, "transfer")
    if is_same(source, target):
        raise HfopsError(f"{target.url}: that is this project's own ledger")
    with source.lock(PATIENCE), target.lock(PATIENCE):
        mine, theirs = source.read(), target.read()
        if theirs is None and not create:
            raise HfopsError(f"{target.url}: {owner} has no ledger there; if that is right, add --create")
        if theirs is not None:
            refuse_owner(theirs, owner, target.url)
        if mine is None:
            raise HfopsError(f"{source.url}: another run took the ledger away just now")
        left, taken = handed_over(mine, theirs, owner, address)
        target.replace(taken)
        source.replace(left)
