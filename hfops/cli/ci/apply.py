"""``hfops ci apply``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli import options as groups
from hfops.cli.ci.shared import KEY, OUT
from hfops.cli.options import gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.applying import How
    from hfops.cli.ci.host import Run
    from hfops.cli.session import Session
    from hfops.engine.savedplan import SavedPlan
    from hfops.model.outcome import Result
    from hfops.report.model import Report

HELP = """Apply after the merge: plan again from the merged tree, and make only calls that the reviewed plan holds too.

\b
  hfops ci apply                     in a job of the branch that was merged into
  hfops ci apply --plan plan.json    elsewhere: the plan that `hfops ci plan` saved

The reviewed plan is the one that `hfops ci plan` saved for the pull request's last commit; it is found by the commit that
is applied. What is needed now and was not reviewed is listed and not made, nor is what depends on it: exit code 4.
"""

UNMERGED = ("workflow_run", "merge_group")
"""Events that no pull request's number comes with, and whose tree may not be merged yet."""

JOB = "hfops-plan"
"""What the template calls GitLab's job of `hfops ci plan`."""


def _options(function: Any) -> Any:
    from hfops.cli.applying import RUNNING

    return with_options(
        groups.PATHS, OUT, KEY, RUNNING, groups.PACE, groups.NARROW, groups.CHANGED, groups.PLANNING, groups.GUARD,
        groups.MANIFEST, groups.LEDGER, groups.CONNECT,
    )(function)  # fmt: skip


@click.command(help=HELP)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A plan that `hfops ci plan` saved; may be given several times (default: found by the commit).",
)
@click.option(
    "--plan-job",
    default=JOB,
    show_default=True,
    metavar="NAME",
    help="GitLab: the job that ran `hfops ci plan`.",
)
@_options
def command(
    paths: tuple[Path, ...], *, plans: tuple[Path, ...], plan_job: str, folder: Path, key: str, **given: Any
) -> int:
    """See HELP."""
    from hfops.cli.applying import closing_event, how_from
    from hfops.cli.ci.host import detect
    from hfops.cli.ci.reviewed import Saved, plans_of, read
    from hfops.cli.ci.shared import place_of
    from hfops.cli.session import open_session

    run, options = detect(os.environ), gathered(given)
    results: list[Result] = []
    how = replace(how_from({**given, "yes": True}), ended=results.append)
    with closing_event(how):
        _refuse_unmerged(run)
        where = Saved(place_of(run, paths, options.env, key), plan_job, folder)
        saved = read(plans) if plans else plans_of(run, where)
        with open_session(paths, options) as session:
            code, made = _apply(session, saved, how)
    _page(made, code, results)
    return code


def _refuse_unmerged(run: Run) -> None:
    """A pull request's own job applies nothing: what it holds is not reviewed yet. Raises HfopsError."""
    from hfops.model.problem import HfopsError

    if run.pull is not None or run.event in UNMERGED:
        hint = "run it in a job of the branch that pull requests are merged into; here: hfops ci plan"
        raise HfopsError(
            f"ci apply: this is a job of a pull request ({run.event}), which is not merged yet; {hint}"
        )


def _apply(session: Session, saved: Sequence[SavedPlan], how: How) -> tuple[int, Report]:
    """Plan, keep what was reviewed, show it, and make the calls; the exit code, and what there was to do."""
    from hfops.cli.applying import carry_out, show
    from hfops.cli.output import say
    from hfops.engine.ledger.session import now
    from hfops.engine.reviewed import reviewed_part, usable

    session.wait_for_turn(how.lock_timeout)
    held = []
    for plan in saved:
        why = usable(plan, session.hub_settings.endpoint, session.ledger, now())
        if why:
            say(f"warning: {why}: none of its calls counts as reviewed")
        else:
            held.append(plan)
    prepared = session.plan()
    part = reviewed_part(prepared.plan, held, prepared.inventory)
    kept = replace(prepared, plan=part.plan)
    left = {one.address for one in part.left}
    refused = [r for r in session.refusals(kept) if r.address is None or r.address not in left]
    how = replace(how, plan_ids=tuple(plan.id for plan in held))
    made = show(session, kept, refused, how)
    return carry_out(session, kept, refused, how, left=part.left), made


def _page(made: Report, code: int, results: Sequence[Result]) -> None:
    """The job's page: what became of it, and below that what was planned."""
    from hfops.cli.ci.workflow import SUMMARY, add_summary
    from hfops.cli.output import redact, say
    from hfops.model.problem import HfopsError
    from hfops.report.applied import applied
    from hfops.report.build import plan_view
    from hfops.report.markdown import markdown
    from hfops.report.model import masked

    told = [outcome.to_json() for result in results for outcome in result.told]
    half = SUMMARY // 2
    plan = markdown(plan_view(masked(made, redact)), limit=half)
    try:
        add_summary(os.environ, redact(f"{applied(code, told, half)}\n{plan}"))
    except HfopsError as error:
        say(f"warning: {error}")
