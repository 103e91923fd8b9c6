"""``hfops destroy``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hfops.cli.apply import _options
from hfops.cli.options import gathered

HELP = """Delete what the manifests name, and nothing else, dependents first.

What this project never applied is left alone (unless run with --no-ledger).

\b
  hfops destroy --target 'Model/acme/demo-*'
  hfops destroy --yes --allow data-loss      in CI
"""


@click.command(help=HELP)
@_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.applying import carry_out, how_from, show
    from hfops.cli.session import open_session
    from hfops.engine.planning import prepare_destroy
    from hfops.engine.select import selection
    from hfops.engine.work import Scope

    options = gathered(given)
    how = how_from(given, verb="Destroy")
    with open_session(paths, options) as session:
        # Unlike for apply, what a target depends on is not part of the target.
        picked = selection(options.target, options.exclude, options.selector)
        chosen = tuple(r for r in picked.chosen(session.inventory) if _hit(r, options.target))
        scope = replace(Scope(chosen, whole=False), covers=picked.covers)
        prepared = prepare_destroy(session.inventory, scope, session.ledger, session.view)
        refused = session.refusals(prepared)
        show(session, prepared, refused, as_json=how.as_json)
        return carry_out(session, prepared, refused, how)


def _hit(resource: Any, targets: tuple[str, ...]) -> bool:
    return not targets or any(resource.address.matches(g) for g in targets)
