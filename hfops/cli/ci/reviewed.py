"""The plans that were reviewed, found by the commit that is applied."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hfops.cli.ci.account import Account
from hfops.cli.ci.folder import PLAN
from hfops.cli.ci.forge import Forge, Pull, Unreadable, forge
from hfops.cli.ci.host import Run, Service
from hfops.cli.ci.place import Place
from hfops.cli.output import say
from hfops.engine import savedplan
from hfops.engine.planform import WHOLE
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


def plans_of(account: Account, where: Saved) -> tuple[Found, ...]:
    """The plans of the pull requests whose commits are applied. Without any, nothing counts as reviewed. Raises HfopsError.

    ``account`` is told which these are, also those without a plan, and why they have none.
    And of those that were merged before: a service that keeps one job waiting drops the job of a push where a third
    push comes. What of them is used already, the ledger knows.
    """
    run = account.run
    found = forge(run, os.environ)
    if found is None:
        said = (
            "no token to find the reviewed plan with"
            if run.service is not Service.NONE
            else "no CI service that hfops knows"
        )
        account.reasons.append(f"{said}; give it with --plan FILE (docs/ci.md)")
        return ()
    with found:
        pulls = _pulls(found, run)
        account.pulls += pulls
        if not pulls:
            request = f"no merged {run.service.request} brought {run.head[:7]}"
            account.reasons.append(f"{request}: nothing of it was reviewed")
        before = [p for p in found.merged_before(run.base_branch, run.head) if p.number not in pulls]
        return (
            *_plans(found, account, where, pulls.values()),
            *_plans(found, account, where, before, earlier=True),
        )


def _pulls(found: Forge, run: Run) -> dict[int, Pull]:
    """Pull requests merged into the branch that is applied, by number."""
    pulls: dict[int, Pull] = {}
    for commit in dict.fromkeys((*run.commits, run.head)):
        merged = (p for p in found.pulls_of(commit) if p.merged and p.base_branch in ("", run.base_branch))
        pulls |= {p.number: p for p in merged}
    return pulls


def _plans(
    found: Forge, account: Account, where: Saved, pulls: Iterable[Pull], *, earlier: bool = False
) -> Iterator[Found]:
    service = account.run.service
    for pull in pulls:
        name = f"the plan of {service.named(pull.number)}"
        try:
            data = _artefact(found, account.run, where, pull)
            plan = None if data is None else _parsed(data, name, service.again)
        except Unreadable as error:
            # No reason to stop: what it would have held counts as not reviewed.
            account.reasons.append(f"{name} is not read: {error}")
            continue
        if plan is not None and not earlier and WHOLE not in plan.refused:
            say(f"reviewed: {name}, made for {pull.head[:7]}")
        if plan is None and not earlier:
            account.reasons.append(_missing(service, pull))
        if plan is not None:
            yield Found(plan, name, pull.number, earlier=earlier)


def _artefact(found: Forge, run: Run, where: Saved, pull: Pull) -> bytes | None:
    if run.service is Service.GITLAB:
        return found.artefact(where.job, f"{where.place.inside(where.folder)}/{PLAN}", pull)
    return found.artefact(where.place.artefact, PLAN, pull)


def _missing(service: Service, pull: Pull) -> str:
    gone = "none was saved for its last commit into this branch, or it is gone by now"
    why = "it came from a fork" if pull.fork else gone
    return f"{service.named(pull.number)}: no reviewed plan: {why} ({pull.head[:7]})"


def _parsed(data: bytes, name: str, again: str) -> SavedPlan:
    """A plan out of bytes, checked as any file is. Raises Unreadable."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PLAN
        path.write_bytes(data)
        try:
            return savedplan.read(path)
        except HfopsError as error:
            raise Unreadable(str(error).replace(str(path), name).replace(savedplan.AGAIN, again)) from None
