"""``hfops drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.documents import DOCUMENTS, FORMATS
from hfops.cli.options import CHANGED, CONNECT, LEDGER, MANIFEST, NARROW, PATHS, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.accept import Acceptance
    from hfops.model.plan import Plan

HELP = """Show what was changed on the Hub since the last apply, and nothing else.

\b
  hfops drift                        the whole project
  hfops drift --who                  and who did it, from the organisation's audit log
  hfops drift --adopt                take it over into the manifests: what is on the Hub is wanted now
  hfops drift --format json          for programs; also markdown and html

Nothing is sent but GET and HEAD. Exit code 2 where there is drift, 0 where there is none. What a manifest changed and nobody
on the Hub did is no drift: `hfops plan` shows it.
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--who", is_flag=True, help="Name the last actor and time, where the audit log can be read.")
@click.option("--adopt", is_flag=True, help="Write it into the manifests, comments and order kept.")
@with_options(NARROW, CHANGED, MANIFEST, LEDGER, CONNECT)
def command(paths: tuple[Path, ...], form: str, *, who: bool, adopt: bool, **given: Any) -> int:
    """See HELP."""
    from hfops.cli.documents import print_document
    from hfops.cli.output import out_json, print_lines, redact
    from hfops.cli.session import open_session
    from hfops.report.drift import drift_lines, drift_view
    from hfops.report.model import masked, report

    with open_session(paths, gathered(given)) as session:
        drift = session.drift()
        actors = _actors(session, drift) if who else {}
        shown = report(drift, (), session.usage(), session.hub_settings.endpoint)
        adopted = _adopted(session, drift) if adopt else None
    if form == "json":
        more = ({"who": actors} if who else {}) | ({"adopted": adopted.to_json()} if adopted else {})
        out_json(shown.to_json() | more, indent=2)
    elif form in DOCUMENTS:
        print_document(form, drift_view(masked(shown, redact), actors, adopted=adopted is not None))
        _tell_left(adopted)
    else:
        print_lines(drift_lines(shown, actors, adopted=adopted is not None))
        if adopted is not None:
            _tell(adopted)
    if adopted is not None:
        return 2 if adopted.left else 0
    return 2 if drift.changes else 0


def _adopted(session: Session, drift: Plan) -> Acceptance:
    """Write the manifests, before anything is said of it."""
    from hfops.cli.output import redact
    from hfops.engine.accept import accept, write

    found = accept(drift.changes, session.inventory, session.root, redact)
    write(found)
    return found


def _tell(adopted: Acceptance) -> None:
    from hfops.cli.output import out
    from hfops.report.words import counted

    for rewrite in adopted.files:
        for line in rewrite.diff():
            out(line.rstrip("\n"))
    _tell_left(adopted)
    if adopted.files:
        fields, files = counted(len(adopted.taken), "field"), counted(len(adopted.files), "file")
        out(
            f"Adopted: {fields}, in {files}. The next plan has no change for them; review and commit the diff."
        )


def _tell_left(adopted: Acceptance | None) -> None:
    """What could not be adopted, to stderr in every format but JSON, which holds it."""
    from hfops.cli.output import say

    for left in adopted.left if adopted else ():
        say(f"left: {left.problem}")


def _actors(session: Session, drift: Plan) -> dict[str, dict[str, str]]:
    from hfops.cli.output import say
    from hfops.engine.who import last_named

    found = last_named(session.view, [c.address for c in drift.changes])
    for namespace, why in found.unread.items():
        say(f"note: who: the audit log of {namespace} cannot be read: {why}")
    return {str(address): actor.to_json() for address, actor in found.actors.items()}
