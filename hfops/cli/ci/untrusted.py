"""A fork's pull request: manifests are checked, and nothing else. No token is read, no variable of the job, no command run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hfops.cli.ci.desk import Desk, Findings, json_file
from hfops.cli.ci.folder import REPORT
from hfops.cli.ci.host import Service
from hfops.cli.options import Options
from hfops.cli.output import out, redact, say
from hfops.cli.session import open_session
from hfops.cli.validate import Checked, check
from hfops.engine.validationform import FORMAT, Finding, Validation
from hfops.model.problem import HfopsError, Problem
from hfops.report.annotations import of_problems
from hfops.report.failed import problems_of, validated
from hfops.report.words import clean

KEPT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TZ",
    "NO_COLOR",
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "SYSTEMROOT",
)
"""Variables that a fork's manifests may see: where programs are, how to write, and that this is CI. No value of the project's."""


NO_TOKEN = {"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
"""Nor the token of whoever logged in on the machine."""


def validate(desk: Desk, paths: tuple[Path, ...], options: Options) -> int:
    """Check the manifests, tell what can be told without a token, and save what a second job comments."""
    desk.clear()
    said = f"a fork's {desk.run.service.request}: its manifests are checked, and there is no plan"
    say(f"note: {said}; see docs/ci.md")
    with _bare():
        checked, problems = _checked(paths, options)
    report = Validation(
        format=FORMAT,
        id=desk.place.id,
        resources=checked.resources if checked else 0,
        files=checked.files if checked else 0,
        errors=[_finding(desk, p) for p in problems],
    )
    for problem in problems:
        say(f"error: {problem}")
    if checked:
        out(str(checked))
    # A fork's job has a token that cannot write: the comment is another job's.
    quiet = Desk(desk.run, desk.place, desk.folder, "never")
    quiet.give(
        Findings(
            lambda marker, limit: validated(report, marker=marker, limit=limit),
            of_problems(problems),
            {REPORT: json_file(report.model_dump(mode="json"))},
            {"changes": "", "refused": ""},
        )
    )
    if desk.run.service is Service.GITHUB:
        say("the comment is posted by the job that runs `hfops ci comment`")
    return 1 if problems else 0


def _checked(paths: tuple[Path, ...], options: Options) -> tuple[Checked | None, Sequence[Problem]]:
    try:
        return check(open_session(paths, options)), ()
    except HfopsError as error:
        return None, problems_of(error, redact)


def _finding(desk: Desk, problem: Problem) -> Finding:
    where = desk.place.mark(problem.where)
    return Finding(where=clean(str(where)) if where else "", message=clean(problem.said)[: Finding.LONGEST])


@contextlib.contextmanager
def _bare() -> Iterator[None]:
    """The environment without anything that is the job's own."""
    whole = dict(os.environ)
    for name in whole.keys() - set(KEPT):
        del os.environ[name]
    os.environ |= NO_TOKEN
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(whole)
