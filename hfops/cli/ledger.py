"""``hfops ledger``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.options import CONNECT, LEDGER, MANIFEST, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.ledger.format import LedgerForm, Owner
    from hfops.engine.ledger.hub import HubStore
    from hfops.engine.ledger.session import Ledger
    from hfops.engine.ledger.store import FileStore
    from hfops.model.address import Address

HELP = """What this project owns and last applied.

\b
  hfops ledger list
  hfops ledger show
  hfops ledger forget Model/acme/old         stop owning it; the Hub is not touched
  hfops ledger pull backup.json              take the file out, as it is
  hfops ledger migrate --to hub://datasets/acme/hfops-ledger
"""

LIST = """List the resources this project owns: address, how they came to be ours, the Hub's id.

\b
  hfops ledger list
  hfops ledger list --format json
"""

SHOW = """Print the whole ledger, or one resource's entry, as JSON.

\b
  hfops ledger show
  hfops ledger show Model/acme/sentiment
"""

FORGET = """Stop owning resources, all named or none. Nothing but the ledger is changed.

\b
  hfops ledger forget Model/acme/old Model/acme/older

What an interrupted run left open about them is given up, also where nothing of it can be seen any more.
"""

PULL = """Print the ledger as it is stored, or write it to a new file.

\b
  hfops ledger pull
  hfops ledger pull backup.json
  hfops ledger pull earlier.json --revision 3f2a91c     from the history of a ledger on the Hub
"""

PUSH = """Put a file in the place of the ledger.

\b
  hfops ledger push backup.json
  hfops ledger push earlier.json --force     also one that is older, or in the place of a broken one

Another project's or environment's is refused, and so is what is no ledger.
"""

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

PATIENCE = 10.0
"""Seconds to wait for another run's hold on the ledger."""


@click.group(help=HELP)
def command() -> None:
    """See HELP."""


@command.command("list", help=LIST)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_options(MANIFEST, LEDGER, CONNECT)
def list_(form: str, **given: Any) -> int:
    """One line each: address, origin, Hub id."""
    from hfops.cli.output import out_json

    with _session(given) as session:
        rows = [r for _, r in sorted(session.ledger.records.items())]
        if form == "json":
            data = [{"address": str(r.address), "origin": r.origin.value, "hubId": r.hub_id} for r in rows]
            out_json(data, indent=2)
        else:
            _print(session)
    return 0


def _print(session: Session) -> None:
    from hfops.cli.output import out
    from hfops.engine.ledger import lease as leases
    from hfops.engine.ledger.hub import HubStore

    ledger = session.ledger
    rows = [r for _, r in sorted(ledger.records.items())]
    width = max((len(str(r.address)) for r in rows), default=0)
    for row in rows:
        out(f"{row.address!s:<{width}}  {row.origin.value:<8}  {row.hub_id or ''}".rstrip())
    for intention in ledger.intentions:
        out(f"open: {intention.action} of {intention.address}, since {intention.at.isoformat()}")
    lease = session.store.others_lease() if isinstance(session.store, HubStore) else None
    if lease:
        out(f"lease: {leases.held(lease)}")
    if not rows:
        out(f"nothing is owned ({ledger.store.url})")


@command.command(help=SHOW)
@click.argument("address", required=False)
@with_options(MANIFEST, LEDGER, CONNECT)
def show(address: str | None, **given: Any) -> int:
    """The JSON form of schemas/ledger.schema.json."""
    from hfops.cli.output import out_json
    from hfops.engine.ledger.format import to_entry

    with _session(given) as session:
        ledger = session.ledger
        form = ledger.form if address is None else to_entry(ledger.records[_known(ledger, address)])
        out_json(form.model_dump(mode="json", by_alias=True), indent=2)
    return 0


@command.command(help=FORGET)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@with_options(MANIFEST, LEDGER, CONNECT)
def forget(addresses: tuple[str, ...], **given: Any) -> int:
    """Drop entries and open intentions, all or none."""
    from hfops.cli.output import out
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    with _session(given) as session:
        _home(session, "forget")
        ledger = session.ledger
        with ledger.lock(PATIENCE):
            if not ledger.unchanged():
                raise HfopsError("another run changed the ledger just now; run again")
            opened = {a: a for a in (Address.parse(i.address) for i in ledger.intentions)}
            found = list(dict.fromkeys(_known(ledger, text, opened) for text in addresses))
            for address in found:
                ledger.drop(address)
                ledger.settle(address)
            ledger.save(last=True)
        for address in found:
            out(f"forgotten: {address}")
    return 0


@command.command(help=PULL)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--revision", metavar="COMMIT", help="As it was at a commit of the ledger's repository.")
@with_options(MANIFEST, LEDGER, CONNECT)
def pull(file: Path | None, revision: str | None, **given: Any) -> int:
    """The text as stored, whatever it says."""
    from hfops.cli.output import redact, say
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    with _session(given) as session:
        store = _home(session, "pull")
        if revision is None:
            text = store.raw()
        elif isinstance(store, HubStore):
            text = store.raw_at(revision)
        else:
            raise HfopsError(f"--revision: {store.url} is a file, and has no history")
        if text is None:
            when = "yet" if revision is None else f"at {revision}"
            raise HfopsError(f"{store.url}: there is no ledger {when}")
    if file is None:
        click.echo(redact(text), nl=False)
        return 0
    _write_new(file, text)
    say(f"written to {file}")
    return 0


def _write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet, for its owner only."""
    import os

    from hfops.model.problem import HfopsError

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise HfopsError(f"{file}: exists; name a file that does not") from None
    except OSError as error:
        raise HfopsError(f"{file}: cannot be written: {error.strerror}") from None


@command.command(help=PUSH)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--force", is_flag=True, help="Also an older one, or in the place of a broken one.")
@with_options(MANIFEST, LEDGER, CONNECT)
def push(file: Path, *, force: bool, **given: Any) -> int:
    """Replace the ledger."""
    from hfops.cli.output import out
    from hfops.engine.ledger.store import LedgerError, parse
    from hfops.model.problem import HfopsError

    form = parse(_text(file), str(file), "nothing was changed")
    with _session(given) as session:
        store = _home(session, "push")
        _refuse_owner(form, _owner(session), str(file))
        before = store.raw()
        stored, broken = None, False
        try:
            stored = parse(before, store.url) if before is not None else None
        except LedgerError as error:
            if not force:
                raise HfopsError(f"{error}; or put {file} in its place: --force") from None
            broken = True
        if stored:
            _refuse_owner(stored, _owner(session), store.url)
        _refuse_older(form, stored, force=force)
        _refuse_taken(form, store, stored, force=force)
        serial = max(form.serial, stored.serial if stored else 0) + 1
        # What cannot be read names no lease, either.
        with contextlib.nullcontext() if broken else store.lock(PATIENCE):
            if store.raw() != before:
                raise HfopsError(f"{store.url}: another run changed the ledger just now; run again")
            store.replace(form.model_copy(update={"serial": serial, "lease": None}))
    out(f"pushed: {len(form.entries)} resources, serial {serial} ({store.url})")
    return 0


def _refuse_owner(form: LedgerForm, owner: Owner, name: str) -> None:
    from hfops.model.problem import HfopsError

    if form.owner != owner:
        raise HfopsError(f"{name}: this ledger belongs to {form.owner}, not to {owner}; nothing was changed")


def _refuse_older(form: LedgerForm, stored: LedgerForm | None, *, force: bool) -> None:
    from hfops.model.problem import HfopsError

    if stored is not None and form.serial < stored.serial and not force:
        raise HfopsError(
            f"this ledger is older (serial {form.serial}) than the stored one (serial {stored.serial}): what was applied"
            " since would be forgotten; --force does it all the same"
        )


def _refuse_taken(
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


def _text(file: Path) -> str:
    from hfops.model.problem import HfopsError

    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            text: str = opened.read()
            return text
    except UnicodeDecodeError:
        raise HfopsError(f"{file}: not a ledger: it is no UTF-8 text") from None
    except OSError as error:
        raise HfopsError(f"{file}: cannot be read: {error.strerror}") from None


@command.command(help=UNLOCK)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_options(MANIFEST, LEDGER, CONNECT)
def unlock(*, yes: bool, **given: Any) -> int:
    """End somebody's lease."""
    from hfops.cli.output import out, say
    from hfops.engine.ledger import lease as leases
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    with _session(given) as session:
        store = _home(session, "unlock")
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


@command.command(help=MIGRATE)
@click.option(
    "--to", "url", required=True, metavar="URL", help="hub://datasets/NAMESPACE/NAME or file://PATH."
)
@with_options(MANIFEST, LEDGER, CONNECT)
def migrate(url: str, **given: Any) -> int:
    """Copy, compare, and say what to change."""
    from hfops.cli.output import out
    from hfops.engine.ledger.homes import is_same
    from hfops.model.problem import HfopsError

    with _session(given) as session:
        source, target = _home(session, "migrate"), session.home(url, named=False)
        if is_same(source, target):
            raise HfopsError(f"{url}: the ledger is there already")
        with source.lock(PATIENCE):
            form = source.read()
            if form is None:
                raise HfopsError(
                    f"{source.url}: there is no ledger yet; set spec.ledger in hfops.yaml, and apply"
                )
            _refuse_owner(form, _owner(session), source.url)
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
            raise HfopsError(f"{target.url}: there is a ledger of {_owner(session)} already; {hint}")
        _refuse_taken(form, target)
        copied = form.model_copy(update={"lease": None})
        target.write(copied)
        back = target.read()
    if back is None or back.model_copy(update={"lease": None}) != copied:
        raise HfopsError(
            f"{target.url}: the copy is not what was copied; the old ledger stands, go on using it"
        )


@command.command(help=TRANSFER)
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
    with _session(given) as session:
        source = _home(session, "transfer")
        if owner == _owner(session):
            raise HfopsError(f"--to {to}: that is this project; name another, or another environment")
        found = _known(session.ledger, address)
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

    source = _home(session, "transfer")
    if is_same(source, target):
        raise HfopsError(f"{target.url}: that is this project's own ledger")
    with source.lock(PATIENCE), target.lock(PATIENCE):
        mine, theirs = source.read(), target.read()
        if theirs is None and not create:
            raise HfopsError(f"{target.url}: {owner} has no ledger there; if that is right, add --create")
        if theirs is not None:
            _refuse_owner(theirs, owner, target.url)
        if mine is None:
            raise HfopsError(f"{source.url}: another run took the ledger away just now")
        left, taken = handed_over(mine, theirs, owner, address)
        target.replace(taken)
        source.replace(left)


@contextlib.contextmanager
def _session(given: dict[str, Any]) -> Iterator[Session]:
    from hfops.cli.session import open_session

    with open_session((), gathered(given)) as session:
        yield session


def _home(session: Session, verb: str) -> FileStore | HubStore:
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


def _owner(session: Session) -> Owner:
    from hfops.engine.ledger.format import Owner

    return Owner(session.settings.name, session.settings.environment)


def _known(ledger: Ledger, text: str, opened: Mapping[Address, Address] | None = None) -> Address:
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
