"""``hfops drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.options import CONNECT, LEDGER, MANIFEST, NARROW, PATHS, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.model.plan import Plan

HELP = """Show what was changed on the Hub since the last apply, and nothing else.

\b
  hfops drift                        the whole project
  hfops drift --who                  and who did it, from the organisation's audit log
  hfops drift --format json          for programs

Reads only: GET and HEAD. Exit code 2 where there is drift, 0 where there is none. What a manifest changed and nobody
on the Hub did is no drift: `hfops plan` shows it.
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--who", is_flag=True, help="Name the last actor and time, where the audit log can be read.")
@with_options(NARROW, MANIFEST, LEDGER, CONNECT)
def command(paths: tuple[Path, ...], form: str, *, who: bool, **given: Any) -> int:
    """See HELP."""
    from hfops.cli.output import out_json, print_lines
    from hfops.cli.session import open_session
    from hfops.report.drift import drift_lines
    from hfops.report.model import report

    with open_session(paths, gathered(given)) as session:
        drift = session.drift()
        actors = _actors(session, drift) if who else {}
        shown = report(drift, (), session.usage(), session.hub_settings.endpoint)
    if form == "json":
        out_json(shown.to_json() | ({"who": actors} if who else {}), indent=2)
    else:
        print_lines(drift_lines(shown, actors))
    return 2 if drift.changes else 0


def _actors(session: Session, drift: Plan) -> dict[str, dict[str, str]]:
    from hfops.cli.output import say
    from hfops.engine.who import last_named

    found = last_named(session.view, [c.address for c in drift.changes])
    for namespace, why in found.unread.items():
        say(f"note: who: the audit log of {namespace} cannot be read: {why}")
    return {str(address): actor.to_json() for address, actor in found.actors.items()}
