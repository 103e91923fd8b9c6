"""Which of a repository's plans this is: by its project's folder, its environment, and a key of the user's."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hfops.cli.output import redact
from hfops.model.problem import HfopsError
from hfops.model.source import Mark
from hfops.report.annotations import Annotation

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Place:
    """The checkout's top and the project's root in it. ``id`` is the same in every run about the same project.

    The project's name is no part of it: a pull request that breaks hfops.yaml keeps its comment. ``branch`` is the one
    that is merged into, and part of the artefact's name alone: a pull request that is pointed at another branch keeps
    its comment, but a plan that was held against one branch's rules is not the reviewed plan of another.
    """

    workspace: Path
    root: Path
    environment: str | None = None
    key: str = ""
    branch: str = ""

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""
        named = json.dumps([self.inside(self.root) or ".", self.environment, self.key])
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    @property
    def marker(self) -> str:
        """The hidden first line of the one comment."""
        return marker(self.id)

    @property
    def applied(self) -> str:
        """That of the comment on what became of it."""
        return f"<!-- hfops:applied:{self.id} -->"

    @property
    def artefact(self) -> str:
        """What GitHub's artefact of the reviewed plan is called."""
        return f"hfops-plan-{self.id}-{hashlib.sha256(self.branch.encode()).hexdigest()[:8]}"

    def inside(self, path: Path) -> str:
        """A path as the forge names it, from the checkout's top; empty for one that lies outside."""
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(self.workspace))
        return "" if relative.split(os.sep, 1)[0] == os.pardir else Path(relative).as_posix()

    def link_to(self, folder: Path) -> Path | None:
        """The first link on the way to a folder that lies in the checkout: whoever wrote the tree chose where it leads."""
        full = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow the very links
        return next((p for p in (full, *full.parents) if p.is_symlink() and self.inside(p.parent)), None)

    def mark(self, where: Mark | None) -> Mark | None:
        """A place in a manifest as the forge names it: messages name files from the current folder, or from the root."""
        if where is None:
            return None
        found = next((p for p in (Path(where.file), self.root / where.file) if p.is_file()), None)
        file = self.inside(found) if found else ""
        return Mark(file, where.line, where.column) if file else None


def placed(place: Place, annotations: Sequence[Annotation]) -> list[Annotation]:
    """As the forge names files, and without secrets."""
    return [replace(a, message=redact(a.message), where=place.mark(a.where)) for a in annotations]


def marker(place_id: str) -> str:
    """The hidden line for a place's id. Raises HfopsError for what is none: it may come out of a foreign file."""
    if not _ID.fullmatch(place_id):
        raise HfopsError(f"not the id of a project: {place_id[:40]!r}")
    return f"<!-- hfops:ci:{place_id} -->"
