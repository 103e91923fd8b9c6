"""``hfops apply``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli import options as groups
from hfops.cli.options import Options, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.planning import Prepared
    from hfops.engine.savedplan import SavedPlan

HELP = """Make the calls that `hfops plan` shows, after asking.

\b
  hfops apply                        plan, show, ask, apply
  hfops apply --yes                  do not ask (CI); risks still need consent
  hfops apply plan.json              make only calls that the saved plan holds too
  hfops apply --allow exposure=Model/acme/x

A saved plan is compared with, never executed: hfops plans again, and a call that the saved plan does not hold stops
the run before the first write, with exit code 4. Variables and consent are not in the file: give them again.
"""

SHOWN = 20
"""How many unplanned calls are listed."""


def _options(function: Any) -> Any:
    from hfops.cli.applying import APPLY

    return with_options(
        groups.PATHS, APPLY, groups.PACE, groups.NARROW, groups.CHANGED, groups.PLANNING, groups.GUARD, groups.MANIFEST,
        groups.LEDGER, groups.CONNECT,
    )(function)  # fmt: skip


@click.command(help=HELP)
@_options
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.applying import carry_out, closing_event, how_from, show
    from hfops.cli.session import open_session

    how = how_from(given)
    with closing_event(how):
        saved = _saved(paths)
        options = gathered(given)
        if saved:
            how = replace(how, plan_ids=(saved.id,))
            paths, options = tuple(Path(p) for p in saved.scope.paths), _as_planned(saved, options)
        with open_session(paths, options) as session:
            session.wait_for_turn(how.lock_timeout)
            if saved:
                _refuse_stale(saved, session)
            prepared = session.plan()
            refused = session.refusals(prepared)
            show(session, prepared, refused, how)
            if saved:
                _refuse_extra(saved, prepared)
            return carry_out(session, prepared, refused, how)


def _saved(paths: tuple[Path, ...]) -> SavedPlan | None:
    """The saved plan that the arguments name. Raises HfopsError where it does not stand alone."""
    from hfops.engine import savedplan
    from hfops.model.problem import HfopsError

    if len(paths) == 1:
        return savedplan.read(paths[0]) if savedplan.looks_like_one(paths[0]) else None
    plan = next((p for p in paths if p.suffix == ".json" and savedplan.looks_like_one(p)), None)
    if plan is not None:
        raise HfopsError(f"{plan}: a saved plan stands alone; it knows the paths it was made for")
    return None


def _as_planned(saved: SavedPlan, options: Options) -> Options:
    """Look at what the saved plan looked at: part of what the manifests at hand say. Raises HfopsError.

    Whether to prune is not believed: the file cannot make hfops delete what nobody asked for here.
    """
    from hfops.engine.savedplan import PlanDiffers
    from hfops.model.problem import HfopsError

    scope = saved.scope
    if options.target or options.exclude or options.selector or options.changed_since:
        raise HfopsError(
            "a saved plan brings its own --target, --exclude, --selector and --changed-since;"
            " narrow it when you make it"
        )
    if options.env and scope.env and options.env != scope.env:
        raise PlanDiffers(f"the saved plan is for --env {scope.env}, not {options.env}; nothing was sent")
    return replace(
        options,
        env=options.env or scope.env,
        target=tuple(scope.target),
        exclude=tuple(scope.exclude),
        selector=tuple(scope.selector),
        changed_since=scope.changed_since,
        send_unverified=scope.send_unverified or options.send_unverified,
        rotate=(*scope.rotate, *options.rotate),
        retry_failed=scope.retry_failed or options.retry_failed,
        restart=(*scope.restart, *options.restart),
    )


def _refuse_stale(saved: SavedPlan, session: Session) -> None:
    from hfops import __version__
    from hfops.cli.output import say
    from hfops.engine import savedplan
    from hfops.engine.ledger.session import now

    savedplan.refuse_stale(saved, session.hub_settings.endpoint, session.ledger, now())
    if saved.version != __version__:
        said = f"made by hfops {saved.version}, and this is {__version__}"
        say(f"note: the plan was {said}: what the two plan differently counts as not reviewed")
    if not session.ledger.keeps:
        say("warning: without a ledger, hfops cannot tell whether this plan was used before")


def _refuse_extra(saved: SavedPlan, prepared: Prepared) -> None:
    from hfops.cli.output import say
    from hfops.engine import savedplan
    from hfops.report.words import call_text, clean, counted

    compared = savedplan.compare(saved, prepared.plan)
    if compared.gone:
        say(f"note: {counted(compared.gone, 'call')} of the saved plan not planned any more, left out")
    if not compared.extra:
        return
    lines = []
    for address, call in compared.extra:
        text = clean(call_text(call.to_json())) if call else "forget it"
        why = savedplan.why_differs(saved, address, prepared.inventory.get(address))
        lines.append(f"  {address}: {text}" + (f"   [{why}]" if why else ""))
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"  and {len(lines) - SHOWN} more"]
    raise savedplan.PlanDiffers(
        f"{counted(len(compared.extra), 'call')} would be made that the saved plan does not hold:\n"
        + "\n".join(lines)
        + "\nnothing was sent: plan again, and have the new plan reviewed"
    )
