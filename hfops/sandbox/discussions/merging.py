"""Merging a pull request: the files that both sides changed since they parted, in two ways, are in conflict."""

from __future__ import annotations

from collections.abc import Mapping

from hfops.sandbox.discussions.board import Discussion
from hfops.sandbox.git import File
from hfops.sandbox.repos import Repo

Sides = tuple[Mapping[str, File], Mapping[str, File], Mapping[str, File]]


def conflicts(repo: Repo, pull: Discussion) -> list[str]:
    """The paths that cannot be merged."""
    base, ours, theirs = _sides(repo, pull)
    return [
        path
        for path in sorted({*base, *ours, *theirs})
        if len({base.get(path), ours.get(path), theirs.get(path)}) == 3
    ]


def merged(repo: Repo, pull: Discussion) -> dict[str, File]:
    """The files after the merge, of a pull request without conflicts."""
    base, ours, theirs = _sides(repo, pull)
    files = dict(ours)
    for path in {*base, *theirs}:
        if theirs.get(path) == base.get(path):
            continue
        if path in theirs:
            files[path] = theirs[path]
        else:
            files.pop(path, None)
    return files


def _sides(repo: Repo, pull: Discussion) -> Sides:
    assert pull.base is not None
    return pull.base.files, repo.head.files, repo.git.at(repo.git.refs[pull.ref]).files
