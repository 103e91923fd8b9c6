"""The project's files as sources: what lies in git's or hfops's own folders is published by no name it may have."""

from __future__ import annotations

from pathlib import Path, PurePath

from hfops.kinds.repo.fields import DirectorySource
from hfops.manifest.local import NEVER, Local, LocalError, located
from hfops.manifest.text import clip
from hfops.model.resource import Resource

PROJECT = "hfops.yaml"


def publishable(local: Local, name: str) -> str:
    """``name``, if the file may be published. Raises LocalError for one whose real path says otherwise."""
    private = _private(local, local.path(name))
    if private is not None:
        raise LocalError(f"{clip(name)}: lies in {private}, which is never published", "name another file")
    return name


def _private(local: Local, real: Path) -> str | None:
    # Without case: there are file systems that see none.
    parts = real.relative_to(local.root).parts
    return next((part for part in parts if part.casefold() in NEVER), None)


def walked(local: Local, resource: Resource, source: DirectorySource) -> dict[str, str]:
    """The files of a folder that may be published: their path in it to their root-relative name.

    The project file and the resource's own manifest are left out, and what a symlink takes from where nothing is
    published. Raises LocalError.
    """
    name = publishable(local, located(source.directory, resource.folder))
    found = local.walk(name, source.include, source.ignore)
    own = {local.root / PROJECT, local.root / resource.folder / PurePath(resource.where.file).name}
    return {below: full for below, full in found.items() if _is_published(local, full, own)}


def _is_published(local: Local, name: str, own: set[Path]) -> bool:
    real = local.path(name)
    return real not in own and _private(local, real) is None
