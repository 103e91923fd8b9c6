"""The plans that were reviewed, found by the commit that is applied."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hfops.cli.ci.forge import Forge, Pull, forge
from hfops.cli.ci.host import Run, Service
from hfops.cli.ci.place import Place
from hfops.cli.output import say
from hfops.engine import savedplan
from hfops.engine.savedplan import SavedPlan

FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Saved:
    """Where plans were saved: by which project's job, on GitLab called ``job``, in which ``folder``."""

    place: Place
    job: str
    folder: Path


def read(files: Iterable[Path]) -> tuple[SavedPlan, ...]:
    """Plans out of files. Raises HfopsError."""
    return tuple(savedplan.read(file) for file in files)


def plans_of(run: Run, where: Saved) -> tuple[SavedPlan, ...]:
    """The plans of the pull requests whose commits are applied. Without any, nothing counts as reviewed. Raises HfopsError."""
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
        saved = ((pull, _artefact(found, run, where, pull)) for pull in pulls)
        return tuple(_parsed(pull, data) for pull, data in saved if _told(pull, data))


def _pulls(found: Forge, run: Run) -> list[Pull]:
    """Pull requests merged into the branch that is applied, each once."""
    pulls: dict[int, Pull] = {}
    for commit in dict.fromkeys((*run.commits, run.head)):
        merged = (p for p in found.pulls_of(commit) if p.merged and p.base_branch in ("", run.base_branch))
        pulls |= {p.number: p for p in merged}
    return list(pulls.values())


def _artefact(found: Forge, run: Run, where: Saved, pull: Pull) -> bytes | None:
    if run.service is Service.GITLAB:
        return found.artefact(where.job, f"{where.place.inside(where.folder)}/{FILE}", pull)
    return found.artefact(where.place.artefact, FILE, pull)


def _told(pull: Pull, data: bytes | None) -> bool:
    if data is None:
        why = (
            "it came from a fork" if pull.fork else "none was saved for its last commit, or it is gone by now"
        )
        say(f"warning: {pull.number}: no reviewed plan: {why} ({pull.head[:7]})")
    else:
        say(f"reviewed: the plan of {pull.number}, made for {pull.head[:7]}")
    return data is not None


def _parsed(pull: Pull, data: bytes | None) -> SavedPlan:
    """A plan out of bytes, checked as any file is."""
    assert data is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{pull.number}.json"
        path.write_bytes(data)
        return savedplan.read(path)
