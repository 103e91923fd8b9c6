"""``hfops ci comment``."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hfops.engine.validationform import Validation

HELP = """Post what `hfops ci plan` found in a fork's pull request. Runs in a job of its own, which checks out nothing.

\b
  hfops ci comment reports           a folder of artefacts, or one report.json

On GitHub: a workflow on workflow_run. Which pull request it is about is asked of GitHub, never taken from the file; of the
file nothing is believed but that it is text.
"""

LARGEST = 8 * 1024 * 1024
"""Bytes of a report."""

MOST = 20
"""Reports of one pull request: a project and environment has one each."""

NAME = "report.json"


@click.command(help=HELP)
@click.argument("reports", type=click.Path(path_type=Path))
def command(reports: Path) -> int:
    """See HELP."""
    from hfops.cli.ci.desk import comment, stamped
    from hfops.cli.ci.forge import forge
    from hfops.cli.ci.host import detect
    from hfops.cli.ci.place import marker
    from hfops.cli.output import say
    from hfops.model.problem import HfopsError

    run = detect(os.environ)
    if run.source is None:
        raise HfopsError(
            "ci comment: this is no job of a workflow_run event on GitHub (docs/ci.md shows one)"
        )
    if not (run.fork and run.source.event == "pull_request"):
        say("that was no run for a fork's pull request: it comments for itself; nothing is posted")
        return 0
    found, read = forge(run, os.environ), [_read(path) for path in _files(reports)]
    if found is None:
        raise HfopsError("ci comment: there is no token to comment with: give GITHUB_TOKEN to the step")
    with found:
        pull = found.pull_for(run.source)
        if pull is None:
            say("no open pull request is at the commit that was checked: it has moved on; nothing is posted")
            return 0
        for one in read:
            comment(found, pull.number, marker(one.id), stamped(partial(_render, one), run.source.sha))
    return 0


def _render(report: Validation, marker: str, limit: int) -> str:
    from hfops.report.failed import validated

    return validated(report, marker=marker, limit=limit)


def _files(reports: Path) -> list[Path]:
    """The reports that ``reports`` is or holds, in it or one folder below. Raises HfopsError."""
    from hfops.model.problem import HfopsError

    if not reports.is_dir():
        return [reports]
    found = sorted([*reports.glob(NAME), *reports.glob(f"*/{NAME}")])
    if not 1 <= len(found) <= MOST:
        raise HfopsError(f"{reports}: {len(found)} files {NAME}, expected one to {MOST}")
    return found


def _linked(path: Path) -> bool:
    """Whether it, or the artefact's folder that it is in, is a link."""
    return path.is_symlink() or (path.name == NAME and path.parent.is_symlink())


def _read(path: Path) -> Validation:
    """A report, checked. Raises HfopsError for anything else; its text is not repeated."""
    from pydantic import ValidationError

    from hfops.engine.validationform import Validation
    from hfops.model.problem import HfopsError

    try:
        if _linked(path) or path.stat().st_size > LARGEST:
            raise HfopsError(
                f"{path}: not a report of `hfops ci plan`: a link, or larger than {LARGEST:,} bytes"
            )
        return Validation.model_validate_json(path.read_bytes())
    except OSError as error:
        raise HfopsError(f"{path}: the report cannot be read: {error.strerror}") from None
    except ValidationError:
        raise HfopsError(
            f"{path}: not a report that `hfops ci plan` writes of a fork's pull request"
        ) from None
