"""``hfops destroy``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hfops.cli import options as groups
from hfops.cli.options import gathered, with_options

HELP = """Delete what the manifests name, and nothing else, dependents first.

\b
  hfops destroy --target 'Model/acme/demo-*'
  hfops destroy --yes --allow data-loss      in CI

What it adopted goes too, and is marked so. What this project never applied is left alone (unless run with --no-ledger).
"""

IDLE = "Nothing to delete: nothing that the manifests name is on the Hub and in the ledger."


def _options(function: Any) -> Any:
    from hfops.cli.applying import APPLY

    return with_options(
        groups.PATHS, APPLY, groups.NARROW, groups.GUARD, groups.MANIFEST, groups.LEDGER, groups.CONNECT
    )(function)


@click.command(help=HELP)
@_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.applying import carry_out, closing_event, how_from, show
    from hfops.cli.session import open_session

    how = replace(how_from(given), verb="Destroy", idle=IDLE)
    with closing_event(how), open_session(paths, gathered(given)) as session:
        session.wait_for_turn(how.lock_timeout)
        prepared = session.plan_destroy()
        refused = session.refusals(prepared)
        show(session, prepared, refused, how)
        return carry_out(session, prepared, refused, how)
