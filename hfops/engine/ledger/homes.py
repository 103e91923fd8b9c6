"""From a ledger's URL to its home."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from hfops.engine.ledger.format import Owner
from hfops.engine.ledger.hub import HubStore
from hfops.engine.ledger.store import FileStore, LedgerError
from hfops.kinds.registry import KINDS
from hfops.manifest.settings import UNNAMED
from hfops.model.address import Address

FILE, HUB = "file://", "hub://datasets/"
_REPO = re.compile(r"[^/\s]+/[^/\s]+")

Opens = Callable[[str, Owner], HubStore]
"""Makes the store of a repository, by its id, for an owner."""


def open_store(url: str, root: Path, owner: Owner, opens: Opens, *, named: bool) -> FileStore | HubStore:
    """The home that ``url`` names. ``named``: a file's path is meant as it is, whatever the environment.

    Raises LedgerError for anything else, and for a project without a name where others may keep theirs.
    """
    if url.startswith(HUB):
        _refuse_unnamed(owner, url)
        return opens(_repo_id(url), owner)
    if not url.startswith(FILE) or url == FILE:
        raise LedgerError(f"{url}: not a ledger's address; expected {HUB}NAMESPACE/NAME or {FILE}PATH")
    if named:
        _refuse_unnamed(owner, "--ledger")
    return FileStore(file_path(url, root, None if named else owner.environment))


def file_path(url: str, root: Path, environment: str | None) -> Path:
    """The file of one environment: ``ledger.json`` becomes ``ledger.prod.json``."""
    path = root / url.removeprefix(FILE)
    return path.with_name(f"{path.stem}.{quote(environment, safe='')}{path.suffix}") if environment else path


def is_same(one: FileStore | HubStore, other: FileStore | HubStore) -> bool:
    """Whether both are one ledger, however the two spell where it is."""
    if isinstance(one, HubStore) and isinstance(other, HubStore):
        return (one.home, one.path) == (other.home, other.path)
    if isinstance(one, FileStore) and isinstance(other, FileStore):
        return one.real == other.real or _is_one_file(one.real, other.real)
    return False


def _is_one_file(one: Path, other: Path) -> bool:
    """Also a file system without case, or a folder that is mounted twice, makes two names of one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _repo_id(url: str) -> str:
    repo_id = url.removeprefix(HUB).rstrip("/")
    if not _REPO.fullmatch(repo_id):
        raise LedgerError(
            f"{url}: expected {HUB}NAMESPACE/NAME and no more; the files in it are named after projects"
        )
    why = KINDS["Dataset"].bad_name(Address("Dataset", *repo_id.split("/")))
    if why:
        raise LedgerError(f"{url}: {why}")
    return repo_id


def _refuse_unnamed(owner: Owner, what: str) -> None:
    if owner.project == UNNAMED:
        raise LedgerError(
            f"{what} needs a project with a name, to tell its resources from others': set metadata.name in hfops.yaml"
        )
