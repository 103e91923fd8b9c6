"""``hfops ci apply``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
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
    from hfops.cli.ci.outcome import Outcome
    from hfops.cli.ci.reviewed import Found
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

MERGED = {
    "github": ("push", "workflow_dispatch", "schedule", "repository_dispatch"),
    "gitlab": ("push", "web", "schedule", "api", "trigger", "pipeline", "parent_pipeline", "chat", "webide"),
}
"""By service, the events whose tree is a branch of the repository itself. Any other may bring what is not merged yet."""

LEFT = "Nothing to do of what was reviewed."
"""The headline where something was left, and nothing else is to be done."""

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
@click.option(
    "--comment/--no-comment",
    default=True,
    show_default=True,
    help="Say what became of it under the pull requests, where the token may.",
)
@_options
def command(
    paths: tuple[Path, ...],
    *,
    plans: tuple[Path, ...],
    plan_job: str,
    comment: bool,
    folder: Path,
    key: str,
    **given: Any,
) -> int:
    """See HELP."""
    from hfops.cli.applying import closing_event, how_from
    from hfops.cli.ci.host import detect
    from hfops.cli.ci.outcome import Outcome, post
    from hfops.cli.ci.reviewed import Saved, given_plans, plans_of
    from hfops.cli.ci.shared import place_of
    from hfops.cli.session import open_session

    run, options = detect(os.environ), gathered(given)
    results: list[Result] = []
    how = replace(how_from({**given, "yes": True}), ended=results.append)
    with closing_event(how):
        _refuse_unmerged(run)
        with _failure_told():
            place = place_of(run, paths, options.env, key)
            where = Saved(place, plan_job, folder)
            saved = given_plans(plans) if plans else plans_of(run, where)
            with open_session(paths, options) as session:
                session.wait_for_turn(how.lock_timeout)
                held = _held(session, saved)
                code, made = _apply(session, [found.plan for found in held], how)
    outcome = Outcome(code, [one.to_json() for result in results for one in result.told])
    _page(made, outcome)
    if comment:
        post(run, place, [found.pull for found in held if found.pull is not None], outcome)
    return code


@contextlib.contextmanager
def _failure_told() -> Iterator[None]:
    """An error that ends the run stands on the job's page too."""
    from hfops.cli.output import redact
    from hfops.model.problem import HfopsError
    from hfops.report.failed import not_applied, problems_of

    try:
        yield
    except HfopsError as error:
        _add_page(not_applied(problems_of(error, redact)))
        raise


def _refuse_unmerged(run: Run) -> None:
    """A pull request's own job applies nothing: what it holds is not reviewed yet. Raises HfopsError."""
    from hfops.model.problem import HfopsError

    expected = MERGED.get(run.service.value)
    if run.pull is None and not run.fork and (expected is None or run.event in expected):
        return
    hint = "run it in a job of the branch that pull requests are merged into; here: hfops ci plan"
    what = "of a pull request" if run.pull is not None else "that may be of a pull request"
    raise HfopsError(f"ci apply: this is a job {what} ({run.event}), which is not merged yet; {hint}")


def _apply(session: Session, held: Sequence[SavedPlan], how: How) -> tuple[int, Report]:
    """Plan, keep what was reviewed, show it, and make the calls; the exit code, and what there was to do."""
    from hfops.cli.applying import carry_out, show
    from hfops.engine.reviewed import reviewed_part

    prepared = session.plan()
    part = reviewed_part(prepared.plan, held, prepared.inventory)
    kept = replace(prepared, plan=part.plan)
    left = {one.address for one in part.left}
    refused = [r for r in session.refusals(kept) if r.address is None or r.address not in left]
    how = replace(how, plan_ids=tuple(plan.id for plan in held), idle=LEFT if left else how.idle)
    made = show(session, kept, refused, how)
    return carry_out(session, kept, refused, how, left=part.left), made


def _held(session: Session, saved: Sequence[Found]) -> list[Found]:
    """The plans that count; of the others is said why they do not, except where nobody would ask."""
    from hfops.cli.output import say
    from hfops.engine.ledger.session import now
    from hfops.engine.reviewed import usable

    held = []
    for found in saved:
        why = usable(found.plan, session.hub_settings.endpoint, session.ledger, now())
        if not why:
            held.append(found)
        if found.earlier and not why:
            say(f"reviewed too: {found.name}, which was merged before and is not applied yet")
        if why and not found.earlier:
            say(f"warning: {found.name}: {why}: none of its calls counts as reviewed")
    return held


def _page(made: Report, outcome: Outcome) -> None:
    """The job's page: what became of it, and below that what was planned."""
    from hfops.cli.ci.workflow import SUMMARY
    from hfops.cli.output import redact
    from hfops.report.applied import applied
    from hfops.report.build import plan_view
    from hfops.report.markdown import markdown
    from hfops.report.model import masked

    half = SUMMARY // 2
    view = plan_view(masked(made, redact))
    # Beside what was left, a plan of nothing would read as if all were well.
    left_alone = outcome.told and not any(group.acts for group in view.groups)
    plan = "" if left_alone else markdown(view, limit=half)
    _add_page(f"{applied(outcome.code, outcome.told, half)}\n{plan}")


def _add_page(text: str) -> None:
    """Add to the job's page; that it cannot be written changes nothing of what was done."""
    from hfops.cli.ci.workflow import add_summary
    from hfops.cli.output import redact, say
    from hfops.model.problem import HfopsError

    try:
        add_summary(os.environ, redact(text))
    except HfopsError as error:
        say(f"warning: {error}")
