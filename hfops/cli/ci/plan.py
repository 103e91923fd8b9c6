"""``hfops ci plan``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.ci.shared import BUG, KEY, OUT
from hfops.cli.options import (
    BASE,
    CHANGED,
    CONNECT,
    DURATION,
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
    from hfops.cli.ci.desk import Desk, Findings
    from hfops.cli.ci.host import Run
    from hfops.cli.session import Session
    from hfops.engine.savedplan import SavedPlan
    from hfops.model.plan import Notice, Plan
    from hfops.model.problem import HfopsError
    from hfops.report.model import Report
    from hfops.review.gate import Refusal

HELP = """Plan for a pull request: print the plan, comment it, annotate the manifests, save plan and report.

\b
  hfops ci plan                      in a job of a pull request
  hfops ci plan --env prod           each environment has a comment of its own
  hfops ci plan --base origin/main   elsewhere: hold it against that branch's rules

Reads only: GET and HEAD, so a token that reads is enough. The rules of the branch that the pull request goes into count
as well as its own. On a fork's pull request nothing but `validate` is done, without any token.
Exits with 3 where apply would be refused.
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option(
    "--comment",
    "comments",
    type=click.Choice(["always", "changes", "never"]),
    default="always",
    show_default=True,
    help="When to comment; changes: only where there is something to do, or a comment to bring up to date.",
)
@click.option(
    "--valid-for",
    type=DURATION,
    metavar="TIME",
    default="24h",
    show_default=True,
    help="How long `ci apply` may go by this plan, at most 30d.",
)
@with_options(OUT, KEY, NARROW, CHANGED, BASE, PLANNING, GUARD, MANIFEST, LEDGER, CONNECT)
def command(
    paths: tuple[Path, ...],
    *,
    comments: str,
    valid_for: float,
    folder: Path,
    key: str,
    **given: Any,
) -> int:
    """See HELP."""
    from hfops.cli.ci.desk import Desk
    from hfops.cli.ci.host import detect
    from hfops.cli.ci.shared import place_of
    from hfops.cli.ci.untrusted import validate

    run, options = detect(os.environ), gathered(given)
    desk = Desk(run, place_of(run, paths, options.env, key), folder, comments)
    if run.fork:
        return validate(desk, paths, options)
    if options.base is None:
        options = replace(options, base=_base(run))
    return _plan(desk, paths, options, timedelta(seconds=valid_for))


def _base(run: Run) -> str | None:
    """The commit whose rules count too. Raises HfopsError for a pull request that none is told of."""
    from hfops.model.problem import HfopsError

    if run.pull is not None and run.base is None:
        raise HfopsError(
            "ci plan: this job does not tell which commit the request goes into, and without it nothing guards the"
            " rules; fetch that branch, and name it: --base origin/main"
        )
    return run.base


def _plan(desk: Desk, paths: tuple[Path, ...], options: Options, life: timedelta) -> int:
    """Plan, and tell every channel of it, also of a plan that could not be made."""
    from hfops.cli.applying import REFUSED
    from hfops.cli.output import print_lines, redact
    from hfops.cli.plan import scope_of
    from hfops.cli.session import open_session
    from hfops.engine import savedplan
    from hfops.engine.ledger.session import now
    from hfops.model.problem import HfopsError
    from hfops.report.model import masked, report
    from hfops.report.text import plan_lines

    with open_session(paths, options) as session:
        try:
            desk.clear()
            prepared = session.plan()
            refused = session.refusals(prepared)
            plan = replace(
                prepared.plan, notices=(*prepared.plan.notices, *_permissions(session, prepared.plan))
            )
            endpoint = session.hub_settings.endpoint
            made = report(plan, refused, session.usage(), endpoint, session.loosened)
            saved = savedplan.make(
                plan, endpoint, scope_of(paths, options), now(), redact,
                resources=prepared.scope.resources, life=life, refused=_refused(refused),
            )  # fmt: skip
            found = _findings(desk, masked(made, redact), saved)
        except Exception as error:
            known = error if isinstance(error, HfopsError) else HfopsError(BUG)
            _tell(desk, _failure(desk, known), "the plan failed")
            raise
    print_lines(plan_lines(made))
    if refused:
        _tell(desk, found, "apply would be refused")
        return REFUSED
    desk.give(found)
    return 0


def _refused(refused: Iterable[Refusal]) -> list[str]:
    """What of the plan no review lets through: addresses, or all of it."""
    from hfops.engine.planform import WHOLE

    return [str(r.address) if r.address else WHOLE for r in refused]


def _permissions(session: Session, plan: Plan) -> list[Notice]:
    """The rights that apply's token will need, as far as this one can find out."""
    from hfops.engine.preflight import missing, permission_lines
    from hfops.hub.errors import HubError, Interrupted
    from hfops.hub.whoami import identity
    from hfops.model.plan import Notice

    if plan.empty:
        return []
    try:
        who = identity(session.connections.reader)
    except Interrupted:
        raise
    except HubError:
        return []
    return [Notice("permissions", line) for line in permission_lines(missing(plan, who, session.ledger.home))]


def _tell(desk: Desk, findings: Findings, worse: str) -> None:
    """Tell every channel; that one of them fails is no news beside what is ``worse``."""
    from hfops.cli.output import say
    from hfops.model.problem import HfopsError

    try:
        desk.give(findings)
    except HfopsError as error:
        say(f"error: {error}")
        say(f"(and {worse})")


def _findings(desk: Desk, made: Report, saved: SavedPlan) -> Findings:
    """What of a plan goes where."""
    from hfops.cli.ci.desk import Findings, json_file
    from hfops.cli.ci.folder import COUNTS, HTML, PLAN, REPORT
    from hfops.cli.ci.host import Service
    from hfops.cli.ci.widgets import counts
    from hfops.report.annotations import of_plan
    from hfops.report.build import plan_view
    from hfops.report.html import html
    from hfops.report.markdown import markdown

    view = plan_view(made)
    elsewhere = f"the [job's report]({desk.run.url}) holds all of it" if desk.run.url else ""
    files = {
        PLAN: json_file(saved.to_json()),
        REPORT: json_file(made.to_json()),
        HTML: html(view),
    }
    if desk.run.service is Service.GITLAB:
        files[COUNTS] = json_file(counts(made.plan["summary"]))
    empty = not any(group.acts for group in view.groups)
    return Findings(
        lambda marker, limit: markdown(view, marker=marker, elsewhere=elsewhere, limit=limit),
        of_plan(view, made.refusals),
        files,
        {
            "changes": str(not empty).lower(),
            "refused": str(bool(made.refusals)).lower(),
        },
        empty=empty,
    )


def _failure(desk: Desk, error: HfopsError) -> Findings:
    """What of a plan that could not be made goes where: a comment that is not brought up to date would be believed."""
    from hfops.cli.ci.desk import Findings
    from hfops.cli.output import redact
    from hfops.report.annotations import of_problems
    from hfops.report.failed import failed, problems_of

    problems = problems_of(error, redact)
    said = f"The [job]({desk.run.url}) has the whole log." if desk.run.url else ""
    return Findings(
        lambda marker, limit: failed(problems, marker=marker, said=said, limit=limit),
        of_problems(problems),
        outputs={"changes": "", "refused": ""},
    )
