"""Whether the ledger that a plan was made with is the base branch's own, or one that the head brings along."""

from __future__ import annotations

import os
from pathlib import Path

from hfops.engine.base_files import file_of, followed
from hfops.engine.base_tree import ASKER, BaseTree, named_in
from hfops.engine.git import Git
from hfops.engine.ledger.homes import FILE, file_path
from hfops.manifest.settings import Settings
from hfops.model.problem import HfopsError


def brought_along(root: Path, settings: Settings, tree: BaseTree) -> str:
    """Why what the ledger says is the head's own word; empty where it is not. ``settings`` are the head's.

    What is owned, protected and adopted is known from there alone: a ledger that the pull request wrote says what its
    author likes.
    """
    there = tree.settings
    if settings.ledger != there.ledger:
        return f"the ledger is {settings.ledger}, the base branch's is {there.ledger}"
    if settings.name != there.name:
        return f"the project is called {settings.name}, in the base branch {there.name}"
    if settings.ledger.startswith(FILE):
        return _committed(file_path(settings.ledger, root, settings.environment), tree.commit)
    return ""


def _committed(path: Path, commit: str) -> str:
    """Why a file is not to be believed: Git has it, so whoever made the head could write it."""
    if not path.is_file():
        return ""
    git = Git(Path(os.path.realpath(path.parent)), ASKER)
    top = Path(os.path.realpath(git.top()))
    real = Path(os.path.realpath(path))
    if not any(_is_tracked(git, p) for p in (path, real) if named_in(p, top) is not None):
        return ""
    try:
        then = file_of(git, commit, followed(git, commit, named_in(path, top) or ""))
    except HfopsError:
        then = None
    return "" if then == path.read_bytes() else f"{path.name} is committed, and is not the base branch's"


def _is_tracked(git: Git, path: Path) -> bool:
    return git.run("ls-files", "--error-unmatch", "--", str(path)).returncode == 0
