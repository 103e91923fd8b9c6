"""``hfops ledger``."""

from __future__ import annotations

import json
from typing import Any

import click

from hfops.cli.options import LEDGER, MANIFEST, gathered, with_options

HELP = """What this project owns and last applied.

\b
  hfops ledger list
  hfops ledger show
  hfops ledger forget Model/acme/old         stop owning it; the Hub is not touched
"""


@click.group(help=HELP)
def command() -> None:
    """See HELP."""


@command.command("list", help="List the resources this project owns.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_options(MANIFEST, LEDGER)
def list_(form: str, **given: Any) -> int:
    """One line each: address, origin, Hub id."""
    from hfops.cli.output import out
    from hfops.report.text import clean

    ledger = _ledger(given)
    rows = [r for _, r in sorted(ledger.records.items())]
    if form == "json":
        data = [{"address": str(r.address), "origin": r.origin.value, "hubId": r.hub_id} for r in rows]
        out(json.dumps(data, indent=2))
        return 0
    width = max((len(str(r.address)) for r in rows), default=0)
    for row in rows:
        out(clean(f"{row.address!s:<{width}}  {row.origin.value:<8}  {row.hub_id or ''}".rstrip()))
    for intention in ledger.intentions:
        out(clean(f"open: {intention.action} of {intention.address}, since {intention.at.isoformat()}"))
    if not rows:
        out(f"nothing is owned ({ledger.store.url})")
    return 0


@command.command(help="Print the whole ledger, or one resource's entry, as JSON.")
@click.argument("address", required=False)
@with_options(MANIFEST, LEDGER)
def show(address: str | None, **given: Any) -> int:
    """The JSON form of schemas/ledger.schema.json."""
    from hfops.cli.output import out
    from hfops.engine.ledger.format import to_entry
    from hfops.engine.ledger.store import dump

    ledger = _ledger(given)
    if address is None:
        out(dump(ledger.form).rstrip())
        return 0
    record = ledger.records[_known(ledger, address)]
    out(to_entry(record).model_dump_json(indent=2, by_alias=True))
    return 0


@command.command(help="Stop owning resources. Nothing is sent to the Hub.")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@with_options(MANIFEST, LEDGER)
def forget(addresses: tuple[str, ...], **given: Any) -> int:
    """Drop entries, all or none."""
    from hfops.cli.output import out
    from hfops.model.problem import HfopsError

    ledger = _ledger(given)
    with ledger.store.lock(10.0):
        if not ledger.unchanged():
            raise HfopsError("another run changed the ledger just now; run again")
        found = [_known(ledger, text) for text in addresses]
        for address in found:
            ledger.drop(address)
            ledger.settle(address)
        ledger.save()
    for address in found:
        out(f"forgotten: {address}")
    return 0


def _ledger(given: dict[str, Any]) -> Any:
    from hfops.cli.session import open_session

    return open_session((), gathered(given)).ledger


def _known(ledger: Any, text: str) -> Any:
    from hfops.manifest.bind import suggest
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    try:
        address = Address.parse(text)
    except ValueError as error:
        raise HfopsError(str(error)) from None
    if address not in ledger.records:
        near = suggest(text, [str(a) for a in ledger.records])
        raise HfopsError(f"{address}: not in the ledger" + (f" (did you mean {near!r}?)" if near else ""))
    return address
