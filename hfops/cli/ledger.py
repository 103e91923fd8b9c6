"""``hfops ledger``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hfops.cli.completing import complete_address
from hfops.cli.ledgers.copies import pull, push
from hfops.cli.ledgers.homes import migrate, transfer, unlock
from hfops.cli.ledgers.shared import PATIENCE, home_of, known_address, opened_session
from hfops.cli.options import CONNECT, LEDGER, MANIFEST, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session

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


@click.group(help=HELP)
def command() -> None:
    """See HELP."""


@command.command("list", help=LIST)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_options(MANIFEST, LEDGER, CONNECT)
def list_(form: str, **given: Any) -> int:
    """One line each: address, origin, Hub id."""
    from hfops.cli.output import out_json

    with opened_session(given) as session:
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
@click.argument("address", required=False, shell_complete=complete_address)
@with_options(MANIFEST, LEDGER, CONNECT)
def show(address: str | None, **given: Any) -> int:
    """The JSON form of schemas/ledger.schema.json."""
    from hfops.cli.output import out_json
    from hfops.engine.ledger.format import to_entry

    with opened_session(given) as session:
        ledger = session.ledger
        form = ledger.form if address is None else to_entry(ledger.records[known_address(ledger, address)])
        out_json(form.model_dump(mode="json", by_alias=True), indent=2)
    return 0


@command.command(help=FORGET)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…", shell_complete=complete_address)
@with_options(MANIFEST, LEDGER, CONNECT)
def forget(addresses: tuple[str, ...], **given: Any) -> int:
    """Drop entries and open intentions, all or none."""
    from hfops.cli.output import out
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    with opened_session(given) as session:
        home_of(session, "forget")
        ledger = session.ledger
        with ledger.lock(PATIENCE):
            if not ledger.unchanged():
                raise HfopsError("another run changed the ledger just now; run again")
            opened = {a: a for a in (Address.parse(i.address) for i in ledger.intentions)}
            found = list(dict.fromkeys(known_address(ledger, text, opened) for text in addresses))
            for address in found:
                ledger.drop(address)
                ledger.settle(address)
            ledger.save(last=True)
        for address in found:
            out(f"forgotten: {address}")
    return 0


for part in (pull, push, unlock, migrate, transfer):
    command.add_command(part)
