"""``hfops show``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.completing import complete_address
from hfops.cli.options import LEDGER, MANIFEST, gathered, with_options

if TYPE_CHECKING:
    from hfops.model.address import Address

HELP = """Show what manifest and ledger say of a resource, or what a saved plan holds.

\b
  hfops show Model/acme/sentiment
  hfops show Model/acme/sentiment --origin      where each value comes from: manifest, Defaults, forEach
  hfops show plan.json

Offline, unless the ledger is on the Hub, where it is read.
"""


@click.command(help=HELP)
@click.argument("what", metavar="ADDRESS|PLANFILE", shell_complete=complete_address)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@with_options(MANIFEST, LEDGER)
def command(what: str, form: str, *, origin: bool, **given: Any) -> int:
    """See HELP."""
    if not Path(what).is_file():
        return _origins(what, form, given) if origin else _address(what, form, given)
    if origin:
        raise click.UsageError("--origin is about an address, not about a saved plan")
    return _plan(Path(what), form)


def _plan(path: Path, form: str) -> int:
    from hfops.cli.output import out, out_json, print_lines
    from hfops.engine import savedplan
    from hfops.model.problem import HfopsError
    from hfops.report.model import Report
    from hfops.report.text import plan_lines

    saved = savedplan.read(path)
    try:
        lines = plan_lines(Report(saved.plan), full=True)
    except RecursionError:
        raise HfopsError(f"{path}: a saved plan that was changed by hand: nested too deep") from None
    if form == "json":
        out_json(saved.to_json(), indent=2)
        return 0
    made, until = saved.created.isoformat(), saved.expires.isoformat()
    out(f"made {made} by hfops {saved.version} for {saved.endpoint}; expires {until}\n")
    print_lines(lines)
    return 0


def _origins(text: str, form: str, given: dict[str, Any]) -> int:
    from hfops.cli.output import out, out_json, redact
    from hfops.cli.session import open_session
    from hfops.engine.origins import origins
    from hfops.model.problem import HfopsError
    from hfops.report.words import value_text

    address = _parsed(text)
    with open_session((), gathered(given)) as session:
        resource = session.inventory.get(address)
    if resource is None:
        raise HfopsError(f"{address}: no manifest describes it")
    rows = [o.to_json() for o in origins(resource)]
    if form == "json":
        out_json(rows, indent=2)
        return 0
    shown = [
        (
            redact(f"{r['path'].removeprefix('spec.')}: {value_text(r['value'])}"),
            f"{r['source']}, {r['where']}",
        )
        for r in rows
    ]
    width = max((len(left) for left, _ in shown), default=0)
    for left, right in shown:
        out(f"{left:<{min(width, 60)}}  {right}")
    return 0


def _parsed(text: str) -> Address:
    from hfops.model.address import Address
    from hfops.model.problem import HfopsError

    try:
        return Address.parse(text)
    except ValueError as error:
        raise HfopsError(f"{error}; and there is no file {text!r}") from None


def _address(text: str, form: str, given: dict[str, Any]) -> int:
    from hfops.cli.output import out, out_json
    from hfops.cli.session import open_session
    from hfops.engine.ledger.format import to_entry
    from hfops.model.problem import HfopsError

    address = _parsed(text)
    with open_session((), gathered(given)) as session:
        resource, record = session.inventory.get(address), session.ledger.get(address)
    if resource is None and record is None:
        hint = "`hfops ledger list` shows what it knows"
        raise HfopsError(f"{address}: no manifest describes it, and the ledger does not know it; {hint}")
    data: dict[str, Any] = {"address": str(address)}
    if resource is not None:
        spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
        data |= {"manifest": str(resource.where), "spec": spec}
    if record is not None:
        data["ledger"] = to_entry(record).model_dump(mode="json", by_alias=True)
    if form == "json":
        out_json(data, indent=2)
        return 0
    import yaml

    out(yaml.safe_dump(data, sort_keys=False, allow_unicode=True).rstrip())
    return 0
