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
    from hfops.cli.ci.account import Account
    from hfops.cli.ci.host import Run
    from hfops.cli.ci.reviewed import Found, Saved
    from hfops.cli.session import Session
    from hfops.engine.savedplan import SavedPlan
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

NAMED = 5
"""Addresses named in a message."""

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
    from hfops.cli.ci.account import Account
    from hfops.cli.ci.host import detect
    from hfops.cli.ci.reviewed import Saved
    from hfops.cli.ci.shared import place_of
    from hfops.cli.session import open_session

    run, options = detect(os.environ), gathered(given)
    how = replace(how_from({**given, "yes": True}), worst_first=True)
    with closing_event(how):
        _refuse_unmerged(run)
        place = place_of(run, paths, options.env, key)
        account = Account(run, place, comment, how.as_json)
        with _failure_told(account):
            saved = _saved(account, plans, Saved(place, plan_job, folder))
            with open_session(paths, options) as session:
                session.wait_for_turn(how.lock_timeout)
                code, made = _apply(session, saved, replace(how, ended=account.results.append), account)
    account.ended(code, made)
    return code


@contextlib.contextmanager
def _failure_told(account: Account) -> Iterator[None]:
    """An error that ends the run is told where its outcome would have been."""
    try:
        yield
    except Exception as error:
        account.failed(error)
        raise


def _refuse_unmerged(run: Run) -> None:
    """A pull request's own job applies nothing: what it holds is not reviewed yet. Raises HfopsError."""
    from hfops.model.problem import HfopsError

    expected = MERGED.get(run.service.value)
    if run.pull is None and not run.fork and (expected is None or run.event in expected):
        return
    request = run.service.request
    hint = f"run it in a job of the branch that {request}s are merged into; here: hfops ci plan"
    what = f"of a {request}" if run.pull is not None else f"that may be of a {request}"
    raise HfopsError(f"ci apply: this is a job {what} ({run.event}), which is not merged yet; {hint}")


def _saved(account: Account, files: Sequence[Path], where: Saved) -> Sequence[Found]:
    from hfops.cli.ci.reviewed import given_plans, plans_of

    return given_plans(files) if files else plans_of(account, where)


def _apply(session: Session, saved: Sequence[Found], how: How, account: Account) -> tuple[int, Report]:
    """Plan, keep what was reviewed, show it, and make the calls; the exit code, and what there was to do."""
    from hfops.cli.applying import carry_out, show
    from hfops.engine.reviewed import reviewed_part, to_use_up

    held = _held(session, saved, account)
    prepared = session.plan()
    part = reviewed_part(prepared.plan, held, prepared.inventory)
    account.places |= {str(c.address): c.where for c in prepared.plan.changes}
    kept = replace(prepared, plan=part.plan)
    left = {one.address for one in part.left}
    if left:
        account.leave()
    refused = [r for r in session.refusals(kept) if r.address is None or r.address not in left]
    how = replace(how, plan_ids=to_use_up(held, part.left), idle=LEFT if left else how.idle)
    made = show(session, kept, refused, how)
    return carry_out(session, kept, refused, how, left=part.left), made


def _held(session: Session, saved: Sequence[Found], account: Account) -> list[SavedPlan]:
    """The plans that count; why the others do not, or not wholly, is noted."""
    from hfops.cli.output import say
    from hfops.engine.ledger.session import now
    from hfops.engine.reviewed import usable

    held, again = [], account.run.service.again
    for found in saved:
        why = usable(found.plan, session.hub_settings.endpoint, session.ledger, now(), again)
        if why and not found.earlier:
            account.reasons.append(f"{found.name}: none of its calls counts as reviewed: {why}")
        if why:
            continue
        held.append(found.plan)
        if found.plan.refused:
            account.reasons.append(f"{found.name}: {_refused(found.plan)}")
        if found.earlier:
            say(f"reviewed too: {found.name}, which was merged before and is not used up yet")
            _note_earlier(found, account)
    return held


def _note_earlier(found: Found, account: Account) -> None:
    if found.pull is not None:
        about = (str(change["address"]) for change in found.plan.plan["changes"] if change.get("calls"))
        account.earlier[found.pull] = frozenset(about)


def _refused(plan: SavedPlan) -> str:
    from hfops.engine.planform import WHOLE

    if WHOLE in plan.refused:
        return "it was refused: none of its calls counts as reviewed"
    named = ", ".join(plan.refused[:NAMED])
    more = f" and {len(plan.refused) - NAMED} more" if len(plan.refused) > NAMED else ""
    return f"it was refused for {named}{more}: those calls do not count as reviewed"
