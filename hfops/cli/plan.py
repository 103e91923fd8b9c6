"""``hfops plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.documents import DOCUMENTS, FORMATS
from hfops.cli.options import (
    BASE,
    CHANGED,
    CONNECT,
    GUARD,
    LEDGER,
    MANIFEST,
    NARROW,
    PATHS,
    PLANNING,
    Options,
    gathered,
    with_options,
)

if TYPE_CHECKING:
    from hfops.engine.planform import ScopeForm

HELP = """Show the exact API calls that would make the Hub agree with the manifests.

\b
  hfops plan                         the whole project
  hfops plan models/                 only some files
  hfops plan -o plan.json            save it; hfops apply plan.json makes only these calls
  hfops plan --detailed-exitcode     exit code 2 if there is anything to do
  hfops plan --format json           for programs
  hfops plan --format markdown       for a comment on a pull request
  hfops plan --format html           for a browser: one file, to search and filter

Reads only: GET and HEAD.
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option(
    "-o", "--out", "output", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan to a file."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there is something to do.")
@click.option("--full", is_flag=True, help="Show identical changes one by one, and long values whole.")
@click.option("--strict", is_flag=True, help="Exit with 3 where apply would be refused.")
@with_options(NARROW, CHANGED, BASE, PLANNING, GUARD, MANIFEST, LEDGER, CONNECT)
def command(
    paths: tuple[Path, ...],
    output: Path | None,
    form: str,
    *,
    detailed_exitcode: bool,
    full: bool,
    strict: bool,
    **given: Any,
) -> int:
    """See HELP."""
    from hfops.cli.documents import print_document
    from hfops.cli.output import out_json, print_lines, redact, say
    from hfops.cli.session import open_session
    from hfops.engine import savedplan
    from hfops.engine.ledger.session import now
    from hfops.report.build import plan_view
    from hfops.report.model import masked, report
    from hfops.report.text import plan_lines

    _refuse_manifest_name(output)
    options = gathered(given)
    with open_session(paths, options) as session:
        prepared = session.plan()
        refused = session.refusals(prepared)
        hub = session.hub_settings.endpoint
        shown = report(prepared.plan, refused, session.usage(), hub, session.loosened)
    if form == "json":
        out_json(shown.to_json(), indent=2)
    elif form in DOCUMENTS:
        print_document(form, plan_view(masked(shown, redact), full=full))
    else:
        print_lines(plan_lines(shown, full=full))
    if output:
        saved = savedplan.make(
            prepared.plan, session.hub_settings.endpoint, scope_of(paths, options), now(), redact,
            resources=prepared.scope.resources,
        )  # fmt: skip
        savedplan.write(saved, output)
        say(
            f"saved to {output}; `hfops apply {output}` makes only these calls, until {saved.expires:%Y-%m-%d %H:%M} UTC"
        )
    if strict and refused:
        return 3
    return 2 if detailed_exitcode and not prepared.plan.empty else 0


def _refuse_manifest_name(output: Path | None) -> None:
    """The next run would take the file for a manifest."""
    from hfops.model.problem import HfopsError

    if output is not None and output.name.endswith((".yaml", ".yml", ".j2")):
        raise HfopsError(
            f"-o {output}: that is a manifest's name, and a saved plan is JSON: name it plan.json"
        )


def scope_of(paths: tuple[Path, ...], options: Options) -> ScopeForm:
    """What a saved plan remembers of its command line. Neither variables (they may be secret) nor consent."""
    from hfops.engine.planform import ScopeForm

    return ScopeForm(
        paths=[str(p) for p in paths],
        env=options.env,
        target=list(options.target),
        exclude=list(options.exclude),
        selector=list(options.selector),
        prune=options.prune,
        send_unverified=options.send_unverified,
        rotate=list(options.rotate),
        retry_failed=options.retry_failed,
        restart=list(options.restart),
        changed_since=options.changed_since,
    )
