"""``hfops apply``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hfops.cli.options import CONNECT, GUARD, LEDGER, MANIFEST, NARROW, PATHS, PLANNING, gathered, with_options

HELP = """Make the calls that `hfops plan` shows, after asking.

\b
  hfops apply                        plan, show, ask, apply
  hfops apply --yes                  do not ask (CI); risks still need consent
  hfops apply plan.json              make only calls that the saved plan holds too
  hfops apply --allow exposure=Model/acme/x

A saved plan is compared with, never executed: hfops plans again, and a call that the saved plan does not hold stops
the run before the first write, with exit code 4.
"""


def _options(function: Any) -> Any:
    from hfops.cli.applying import APPLY

    return with_options(PATHS, APPLY, NARROW, PLANNING, GUARD, MANIFEST, LEDGER, CONNECT)(function)


@click.command(help=HELP)
@_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.applying import carry_out, how_from, show
    from hfops.cli.output import say
    from hfops.cli.session import open_session
    from hfops.engine import savedplan
    from hfops.engine.ledger.session import now

    options = gathered(given)
    saved = savedplan.read(paths[0]) if _is_plan(paths) else None
    if saved:
        paths, options = _as_planned(saved.scope, options)
    how = how_from(given, plan_id=saved.id if saved else None)
    with open_session(paths, options) as session:
        if saved:
            savedplan.refuse_stale(saved, session.hub_settings.endpoint, session.ledger, now())
            if not session.ledger.keeps:
                say("warning: without a ledger, hfops cannot tell whether this plan was used before")
        prepared = session.plan()
        refused = session.refusals(prepared)
        show(session, prepared, refused, as_json=how.as_json)
        if saved:
            _refuse_extra(savedplan.compare(saved, prepared.plan))
        return carry_out(session, prepared, refused, how)


def _is_plan(paths: tuple[Path, ...]) -> bool:
    """One file that is no manifest is a saved plan."""
    return len(paths) == 1 and paths[0].is_file() and not paths[0].name.endswith((".yaml", ".yml", ".j2"))


def _as_planned(scope: Any, options: Any) -> tuple[tuple[Path, ...], Any]:
    """Look at what the saved plan looked at. This can only narrow or widen what the manifests at hand say."""
    from hfops.model.problem import HfopsError

    try:
        widened = replace(
            options,
            env=options.env or scope.get("env"),
            target=tuple(str(t) for t in scope.get("target", ())),
            exclude=tuple(str(t) for t in scope.get("exclude", ())),
            selector=tuple(str(t) for t in scope.get("selector", ())),
            prune=scope.get("prune") if options.prune is None else options.prune,
            send_unverified=bool(scope.get("sendUnverified")) or options.send_unverified,
        )
        return tuple(Path(p) for p in scope.get("paths", ())), widened
    except TypeError as error:
        raise HfopsError(f"not a saved plan: its scope is malformed ({error})") from None


def _refuse_extra(compared: Any) -> None:
    from hfops.cli.output import say
    from hfops.engine.savedplan import PlanDiffers
    from hfops.report.text import call_text, clean

    if compared.gone:
        say(f"note: {compared.gone} call(s) of the saved plan are not needed any more and are left out")
    if not compared.extra:
        return
    lines = [f"  {address}: {clean(call_text(json.loads(json.dumps(call.to_json()))))}" for address, call in compared.extra]
    count = len(lines)
    raise PlanDiffers(
        f"{count} call{'s' if count > 1 else ''} would be made that the saved plan does not hold:\n"
        + "\n".join(lines)
        + "\nnothing was sent; plan again, and have the new plan reviewed"
    )
