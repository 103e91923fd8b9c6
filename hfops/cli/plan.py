"""``hfops plan``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from hfops.cli.options import CONNECT, GUARD, LEDGER, MANIFEST, NARROW, PATHS, PLANNING, gathered, with_options
from hfops.cli.output import out, print_lines, redact, say

HELP = """Show the exact API calls that would make the Hub agree with the manifests.

Reads only: GET and HEAD.

\b
  hfops plan                         the whole project
  hfops plan models/                 only some files
  hfops plan -o plan.json            save it; hfops apply plan.json makes only these calls
  hfops plan --detailed-exitcode     exit code 2 if there is anything to do
  hfops plan --format json           for programs
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option("-o", "--out", "output", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan to a file.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there is something to do.")
@click.option("--strict", is_flag=True, help="Exit with 3 where apply would be refused.")
@with_options(NARROW, PLANNING, GUARD, MANIFEST, LEDGER, CONNECT)
def command(
    paths: tuple[Path, ...], output: Path | None, form: str, detailed_exitcode: bool, strict: bool, **given: Any
) -> int:
    """See HELP."""
    from hfops.cli.session import open_session
    from hfops.engine import savedplan
    from hfops.engine.ledger.session import now
    from hfops.report.model import report
    from hfops.report.text import plan_lines

    options = gathered(given)
    session = open_session(paths, options)
    with session:
        prepared = session.plan()
        refused = session.refusals(prepared)
        usage = session.usage()
    shown = report(prepared.plan, refused, usage, session.hub_settings.endpoint)
    if form == "json":
        out(json.dumps(shown.to_json(), indent=2, ensure_ascii=False))
    else:
        print_lines(plan_lines(shown))
    if output:
        saved = savedplan.make(prepared.plan, session.hub_settings.endpoint, scope_of(paths, options), now())
        savedplan.write(saved, output)
        say(f"saved to {redact(str(output))}; `hfops apply {output}` makes only these calls, until {saved.expires:%Y-%m-%d %H:%M} UTC")
    if strict and refused:
        return 3
    return 2 if detailed_exitcode and not prepared.plan.empty else 0


def scope_of(paths: tuple[Path, ...], options: Any) -> dict[str, Any]:
    """What a saved plan remembers of its command line. Neither variables (they may be secret) nor consent."""
    return {
        "paths": [str(p) for p in paths],
        "env": options.env,
        "target": list(options.target),
        "exclude": list(options.exclude),
        "selector": list(options.selector),
        "prune": options.prune,
        "sendUnverified": options.send_unverified,
    }
