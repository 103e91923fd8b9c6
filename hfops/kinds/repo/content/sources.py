"""Where files come from on the Hub: revisions resolved to commits, and their trees, each once for all resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.hub.paths import RepoType, repo_path, resolve_path
from hfops.kinds.base import HubView
from hfops.kinds.repo.content.reading import entry_of_head, tree_entries
from hfops.kinds.repo.fields import HubSource, Repository
from hfops.kinds.repo.names import is_full_commit
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import SHORT, Entry
from hfops.model.address import Address


@dataclass(frozen=True, slots=True)
class Tree:
    """Files of a repository at a commit, by their path below what was asked for. ``single``: it is one file."""

    repo_type: RepoType
    repo_id: str
    commit: str
    folder: str
    files: Mapping[str, Entry]
    single: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    repo_type: RepoType
    repo_id: str
    revision: str

    @classmethod
    def of(cls, wanted: Repository) -> _Place:
        return cls(wanted.repo_type, wanted.repo_id, wanted.revision)


class Trees:
    """What the Hub's sources of one plan hold. A source that cannot be read is a text that says why."""

    def __init__(
        self, found: Mapping[tuple[_Place, str], Tree | str], coming: frozenset[Address] = frozenset()
    ) -> None:
        self._found = found
        self.coming = coming
        """What manifests describe and is not there yet, as far as this kind was asked about."""

    def get(self, wanted: Repository) -> Tree | str:
        """The tree of a source, filtered by its patterns; else what is wrong with it."""
        found = self._found[_Place.of(wanted), _folder(wanted)]
        if isinstance(found, str):
            return found.removeprefix(_FAILED)
        if found.single:
            return found
        kept = {p: e for p, e in found.files.items() if _taken(p, wanted)}
        return Tree(found.repo_type, found.repo_id, found.commit, found.folder, kept)


def read_trees(specs: Iterable[RepoSpec], hub: HubView, coming: frozenset[Address] = frozenset()) -> Trees:
    """Resolve and list all sources on the Hub. Calls: GET /revision/{rev}, HEAD /resolve/…, GET /tree/{commit}."""
    wanted = [e.from_.huggingface for s in specs for e in s.files or () if isinstance(e.from_, HubSource)]
    places = list(dict.fromkeys(map(_Place.of, wanted)))
    commits = dict(zip(places, hub.map(lambda place: _commit(place, hub), places), strict=True))
    keys = list(dict.fromkeys((_Place.of(w), _folder(w)) for w in wanted))

    def read(key: tuple[_Place, str]) -> Tree | str:
        commit = commits[key[0]]
        return commit if commit.startswith(_FAILED) else _tree(key[0], commit, key[1], hub)

    return Trees(dict(zip(keys, hub.map(read, keys), strict=True)), coming)


_FAILED = "!"
_UNREADABLE = (Forbidden, Unauthorized, BadAnswer)


def _folder(wanted: Repository) -> str:
    return (wanted.path or "").strip("/")


def _commit(place: _Place, hub: HubView) -> str:
    """The commit of a revision; what begins with ``!`` says why there is none."""
    if is_full_commit(place.revision):
        return place.revision.lower()
    try:
        answer = hub.reads.get(repo_path(place.repo_type, place.repo_id, "revision", place.revision))
    except NotFound:
        return f"{_FAILED}no {place.repo_type} {place.repo_id} with a revision {place.revision!r} that this token sees"
    except _UNREADABLE as error:
        return f"{_FAILED}it cannot be read: {error}"
    sha = answer.get("sha") if isinstance(answer, Mapping) else None
    return sha if isinstance(sha, str) else f"{_FAILED}the Hub names no commit of {place.revision!r}"


def _tree(place: _Place, commit: str, folder: str, hub: HubView) -> Tree | str:
    try:
        if folder:
            head = hub.reads.head(resolve_path(place.repo_type, place.repo_id, commit, folder))
            if head is not None:
                name = folder.rpartition("/")[2]
                files = {name: entry_of_head(head, folder)}
                return Tree(place.repo_type, place.repo_id, commit, folder, files, single=True)
        found = tree_entries(place.repo_type, place.repo_id, commit, folder, hub.reads)
    except NotFound:
        return f"{_FAILED}no {folder or 'files'} in {place.repo_id} at {commit[:SHORT]}"
    except _UNREADABLE as error:
        return f"{_FAILED}it cannot be read: {error}"
    prefix = f"{folder}/" if folder else ""
    files = {p.removeprefix(prefix): e for p, e in found.items()}
    return Tree(place.repo_type, place.repo_id, commit, folder, files)


def _taken(path: str, wanted: Repository) -> bool:
    """As the Hub's client filters: globs whose ``*`` crosses slashes, and ``folder/`` for all below it."""
    if any(_fits(path, p) for p in wanted.ignore_patterns):
        return False
    return not wanted.allow_patterns or any(_fits(path, p) for p in wanted.allow_patterns)


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern)
