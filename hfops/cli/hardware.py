"""``hfops hardware``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hfops.cli import options as groups
from hfops.cli.options import gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session

HELP = """List the hardware that Spaces and endpoints can run on, with its price, as the Hub offers it now.

\b
  hfops hardware                         both
  hfops hardware --space
  hfops hardware --endpoint --namespace acme     with what that namespace may still use
"""


@click.command(help=HELP)
@click.option("--space", "which", flag_value="space", help="Only that of Spaces.")
@click.option("--endpoint", "which", flag_value="endpoint", help="Only that of Inference Endpoints.")
@click.option("--namespace", metavar="NAME", help="Whose quota to show (default: the project's namespace).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_options(groups.CONNECT)
def command(which: str | None, namespace: str | None, form: str, **given: Any) -> int:
    """See HELP."""
    from hfops.cli.output import out_json, print_lines
    from hfops.cli.session import open_session
    from hfops.report.table import table_lines

    with open_session((), gathered(given)) as session:
        found: dict[str, list[dict[str, Any]]] = {}
        if which in (None, "space"):
            found["space"] = _space(session)
        if which in (None, "endpoint"):
            found["endpoint"] = _endpoint(session, namespace)
    if form == "json":
        out_json(found, indent=2)
        return 0
    for title, rows in found.items():
        print_lines(table_lines(f"{title.capitalize()} hardware, US$ an hour", rows))
    return 0


def _space(session: Session) -> list[dict[str, Any]]:
    from hfops.kinds.space.observe import offered

    return [{"name": name, "price": price} for name, price in offered(session.view).items()]


def _endpoint(session: Session, namespace: str | None) -> list[dict[str, Any]]:
    from hfops.kinds.endpoint.catalogue import catalogue_path, parse_catalogue
    from hfops.model.call import Api

    owner = namespace or _own(session)
    path = catalogue_path(owner) if owner else "/provider"
    rows = parse_catalogue(session.view.reads.get(path, api=Api.ENDPOINTS))
    return [
        {
            "vendor": row.vendor,
            "region": row.region,
            "accelerator": row.accelerator,
            "instanceType": row.instance_type,
            "instanceSize": row.instance_size,
            "status": row.status,
            "free": row.free,
            "price": row.price,
        }
        for row in rows
    ]


def _own(session: Session) -> str | None:
    """The project's namespace, where the current folder is in a project that names one."""
    from hfops.model.problem import HfopsError

    try:
        return session.settings.namespace
    except HfopsError:
        return None
