"""The plans that were reviewed, found by the commit that is applied."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hfops.cli.ci.folder import PLAN
from hfops.cli.ci.forge import Forge, Pull, Unreadable, forge
from hfops.cli.ci.host import Run, Service
from hfops.cli.ci.place import Place
from hfops.cli.output import say
from hfops.engine import savedplan
from hfops.engine.savedplan import SavedPlan
from hfops.model.problem import HfopsError


@dataclass(frozen=True, slots=True)
class Saved:
    """Where plans were saved: by which project's job, on GitLab called ``job``, in which ``folder``."""

    place: Place
    job: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """A plan, and whose it is. ``earlier``: of a pull request that other commits brought than those of this run.

    ``pull``: its number; None for a file.
    """

    plan: SavedPlan
    name: str
    pull: int | None = None
    earlier: bool = False


def given_plans(files: Iterable[Path]) -> tuple[Found, ...]:
    """Plans out of files. Raises HfopsError."""
    return tuple(Found(savedplan.read(file), str(file)) for file in files)


def plans_of(run: Run, where: Saved) -> tuple[Found, ...]:
    """The plans of the pull requests whose commits are applied. Without any, nothing counts as reviewed. Raises HfopsError.

    And of those that were merged before: a service that keeps one job waiting drops the job of a push where a third
    push comes. What of them is used already, the ledger knows.
    """
    found = forge(run, os.environ)
    if found is None:
        said = (
            "no token to find the reviewed plan with"
            if run.service is not Service.NONE
            else "no CI service that hfops knows"
        )
        say(f"warning: {said}; give it with --plan FILE (docs/ci.md)")
        return ()
    with found:
        pulls = _pulls(found, run)
        if not pulls:
            say(f"warning: no merged pull request brought {run.head[:7]}: nothing of it was reviewed")
        before = [p for p in found.merged_before(run.base_branch, run.head) if p.number not in pulls]
        return (
            *_plans(found, run, where, pulls.values()),
            *_plans(found, run, where, before, earlier=True),
        )


def _pulls(found: Forge, run: Run) -> dict[int, Pull]:
    """Pull requests merged into the branch that is applied, by number."""
    pulls: dict[int, Pull] = {}
    for commit in dict.fromkeys((*run.commits, run.head)):
        merged = (p for p in found.pulls_of(commit) if p.merged and p.base_branch in ("", run.base_branch))
        pulls |= {p.number: p for p in merged}
    return pulls


def _plans(
    found: Forge, run: Run, where: Saved, pulls: Iterable[Pull], *, earlier: bool = False
) -> Iterator[Found]:
    for pull in pulls:
        name = f"the plan of #{pull.number}"
        try:
            data = _artefact(found, run, where, pull)
            plan = None if data is None else _parsed(data, name)
        except Unreadable as error:
            # No reason to stop: what it would have held counts as not reviewed.
            say(f"warning: {name} is not read: {error}")
            continue
        if not earlier:
            _tell(pull, plan)
        if plan is not None:
            yield Found(plan, name, pull.number, earlier=earlier)


def _artefact(found: Forge, run: Run, where: Saved, pull: Pull) -> bytes | None:
    if run.service is Service.GITLAB:
        return found.artefact(where.job, f"{where.place.inside(where.folder)}/{PLAN}", pull)
    return found.artefact(where.place.artefact, PLAN, pull)


def _tell(pull: Pull, plan: SavedPlan | None) -> None:
    if plan is None:
        gone = "none was saved for its last commit into this branch, or it is gone by now"
        why = "it came from a fork" if pull.fork else gone
        say(f"warning: #{pull.number}: no reviewed plan: {why} ({pull.head[:7]})")
    else:
        say(f"reviewed: the plan of #{pull.number}, made for {pull.head[:7]}")


def _parsed(data: bytes, name: str) -> SavedPlan:
    """A plan out of bytes, checked as any file is. Raises Unreadable."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PLAN
        path.write_bytes(data)
        try:
            return savedplan.read(path)
        except HfopsError as error:
            raise Unreadable(str(error).replace(str(path), name)) from None
