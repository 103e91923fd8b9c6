"""``hfops ledger``."""

from __future__ import annotations

from typing import Any

import click

from hfops.cli.options import LEDGER, MANIFEST, gathered, with_options

HELP = """What this project owns and last applied.

\b
  hfops ledger list
  hfops ledger show
  hfops ledger forget Model/acme/old         stop owning it; the Hub is not touched
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

FORGET = """Stop owning resources, all named or none. Nothing is sent to the Hub.

\b
  hfops ledger forget Model/acme/old Model/acme/older
"""


@click.group(help=HELP)
def command() -> None:
    """See HELP."""


@command.command("list", help=LIST)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_options(MANIFEST, LEDGER)
def list_(form: str, **given: Any) -> int:
    """One line each: address, origin, Hub id."""
    from hfops.cli.output import out, out_json

    ledger = _ledger(given)
    rows = [r for _, r in sorted(ledger.records.items())]
    if form == "json":
        data = [{"address": str(r.address), "origin": r.origin.value, "hubId": r.hub_id} for r in rows]
        out_json(data, indent=2)
        return 0
    width = max((len(str(r.address)) for r in rows), default=0)
    for row in rows:
        out(f"{row.address!s:<{width}}  {row.origin.value:<8}  {row.hub_id or ''}".rstrip())
    for intention in ledger.intentions:
        out(f"open: {intention.action} of {intention.address}, since {intention.at.isoformat()}")
    if not rows:
        out(f"nothing is owned ({ledger.store.url})")
    return 0


@command.command(help=SHOW)
@click.argument("address", required=False)
@with_options(MANIFEST, LEDGER)
def show(address: str | None, **given: Any) -> int:
    """The JSON form of schemas/ledger.schema.json."""
    from hfops.cli.output import out_json
    from hfops.engine.ledger.format import to_entry

    ledger = _ledger(given)
    form = ledger.form if address is None else to_entry(ledger.records[_known(ledger, address)])
    out_json(form.model_dump(mode="json", by_alias=True), indent=2)
    return 0


@command.command(help=FORGET)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@with_options(MANIFEST, LEDGER)
def forget(addresses: tuple[str, ...], **given: Any) -> int:
    """Drop entries, all or none."""
    from hfops.cli.output import out
    from hfops.model.problem import HfopsError

    ledger = _ledger(given)
    if not ledger.keeps:
        raise HfopsError("--no-ledger: there is nothing to forget")
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
