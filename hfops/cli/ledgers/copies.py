"""``hfops ledger pull`` and ``push``: the file itself, out and in."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.ledgers.shared import PATIENCE, home_of, opened_session, owner_of, refuse_owner, refuse_taken
from hfops.cli.options import CONNECT, LEDGER, MANIFEST, with_options

if TYPE_CHECKING:
    from hfops.engine.ledger.format import LedgerForm

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


@click.command(help=PULL)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--revision", metavar="COMMIT", help="As it was at a commit of the ledger's repository.")
@with_options(MANIFEST, LEDGER, CONNECT)
def pull(file: Path | None, revision: str | None, **given: Any) -> int:
    """The text as stored, whatever it says."""
    from hfops.cli.output import redact, say
    from hfops.engine.ledger.hub import HubStore
    from hfops.model.problem import HfopsError

    with opened_session(given) as session:
        store = home_of(session, "pull")
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


@click.command(help=PUSH)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--force", is_flag=True, help="Also an older one, or in the place of a broken one.")
@with_options(MANIFEST, LEDGER, CONNECT)
def push(file: Path, *, force: bool, **given: Any) -> int:
    """Replace the ledger."""
    from hfops.cli.output import out
    from hfops.engine.ledger.store import LedgerError, parse
    from hfops.model.problem import HfopsError

    form = parse(_text(file), str(file), "nothing was changed")
    with opened_session(given) as session:
        store = home_of(session, "push")
        refuse_owner(form, owner_of(session), str(file))
        before = store.raw()
        stored, broken = None, False
        try:
            stored = parse(before, store.url) if before is not None else None
        except LedgerError as error:
            if not force:
                raise HfopsError(f"{error}; or put {file} in its place: --force") from None
            broken = True
        if stored:
            refuse_owner(stored, owner_of(session), store.url)
        _refuse_older(form, stored, force=force)
        refuse_taken(form, store, stored, force=force)
        serial = max(form.serial, stored.serial if stored else 0) + 1
        # What cannot be read names no lease, either.
        with contextlib.nullcontext() if broken else store.lock(PATIENCE):
            if store.raw() != before:
                raise HfopsError(f"{store.url}: another run changed the ledger just now; run again")
            store.replace(form.model_copy(update={"serial": serial, "lease": None}))
    out(f"pushed: {len(form.entries)} resources, serial {serial} ({store.url})")
    return 0


def _refuse_older(form: LedgerForm, stored: LedgerForm | None, *, force: bool) -> None:
    from hfops.model.problem import HfopsError

    if stored is not None and form.serial < stored.serial and not force:
        raise HfopsError(
            f"this ledger is older (serial {form.serial}) than the stored one (serial {stored.serial}): what was applied"
            " since would be forgotten; --force does it all the same"
        )


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
