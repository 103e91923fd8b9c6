"""From a manifest's entries to the files they mean: sources looked up, paths joined, nothing compared yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from hfops.kinds.base import HubView
from hfops.kinds.repo.content.attributes import ATTRIBUTES
from hfops.kinds.repo.content.local import publishable, walked
from hfops.kinds.repo.content.origins import stands_for
from hfops.kinds.repo.content.paths import bad_path, base_name, clashes, folder_of
from hfops.kinds.repo.content.seen import Want
from hfops.kinds.repo.content.sources import Trees
from hfops.kinds.repo.fields import (
    DirectorySource,
    FileEntry,
    FileSource,
    HubSource,
    InlineSource,
    Repository,
    UrlSource,
)
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import SHORT
from hfops.manifest.local import LocalError, located
from hfops.model.late import Download, HubFile, Inline, LocalFile
from hfops.model.problem import Problem
from hfops.model.resource import Resource

NOTHING = "look at what is there, and at the patterns; nothing is taken for a reason to delete everything"


@dataclass(slots=True)
class Gathered:
    """The files by path, the mirrored folders, and what is wrong with the sources."""

    files: dict[str, Want] = field(default_factory=dict)
    mirrors: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def gather(resource: Resource, hub: HubView, trees: Trees) -> Gathered:
    """All files that ``spec.files`` means. Trees first: what an entry names by itself takes their file's place."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    entries = list(enumerate(spec.files or ()))
    gatherer = _Gatherer(resource, hub, trees)
    for index, entry in entries:
        gatherer.take(index, entry)
    found = gatherer.out
    found.mirrors = sorted({folder_of(e.path) for _, e in entries if e.mirror})
    found.files |= gatherer.single
    found.problems += _clashing(resource, found.files)
    return found


def _clashing(resource: Resource, files: Mapping[str, Want]) -> list[Problem]:
    """Paths of which one is to be a file, and the other a file in a folder of that name."""
    return [
        problem(
            resource,
            files[path].entry,
            f"{path} makes a folder of {folder}, which spec.files[{files[folder].entry}] makes a file",
            "leave one of them out",
        )
        for path, folder in clashes(sorted(files), files)
    ]


class _Gatherer:
    """Collects the files of one manifest: those of trees, and ``single`` ones."""

    def __init__(self, resource: Resource, hub: HubView, trees: Trees) -> None:
        self.out = Gathered()
        self.single: dict[str, Want] = {}
        self._resource = resource
        self._local = hub.local
        self._trees = trees

    def take(self, index: int, entry: FileEntry) -> None:
        """The files of one entry."""
        source = entry.from_
        try:
            match source:
                case InlineSource():
                    self._put(inline(entry.path, source.inline.encode(), index), self.single)
                case FileSource():
                    name = located(source.file, self._resource.folder)
                    self._put(self._file(entry.path, name, index), self.single)
                case UrlSource():
                    pin = Download(source.url)
                    self._put(Want(entry.path, None, "", source.sha256, pin, index, source.url), self.single)
                case DirectorySource():
                    self._directory(index, entry, source)
                case HubSource():
                    self._on_the_hub(index, entry, source.huggingface)
        except LocalError as error:
            self.out.problems.append(problem(self._resource, index, str(error), error.hint))

    def _put(self, want: Want, into: dict[str, Want]) -> None:
        why = bad_path(want.path)
        if why:
            self.out.problems.append(problem(self._resource, want.entry, f"the path {want.path!r} {why}"))
        elif want.path in into:
            message = f"{want.path} is written by spec.files[{into[want.path].entry}] already"
            self.out.problems.append(
                problem(self._resource, want.entry, message, "leave it out of one of them")
            )
        else:
            into[want.path] = want

    def _file(self, path: str, name: str, index: int) -> Want:
        digest = self._local.digest(publishable(self._local, name))
        real = LocalFile(str(self._local.path(name)))
        return Want(path, digest.size, digest.blob_id, digest.sha256, real, index, name)

    def _directory(self, index: int, entry: FileEntry, source: DirectorySource) -> None:
        folder = folder_of(entry.path)
        found = walked(self._local, self._resource, source)
        if not found or (entry.mirror and found.keys() <= {ATTRIBUTES}):
            raise LocalError(f"{source.directory}: a folder without files to take", NOTHING)
        for below, full in found.items():
            self._put(self._file(folder + below, full, index), self.out.files)

    def _on_the_hub(self, index: int, entry: FileEntry, wanted: Repository) -> None:
        tree = self._trees.get(wanted)
        if isinstance(tree, str):
            address = stands_for(wanted)
            hint = "check repo_id, repo_type, revision and path, and whether the token may read it"
            if address in self._trees.coming:
                hint = f"apply {address} first (it is to be created by this plan)"
            self.out.problems.append(problem(self._resource, index, f"{wanted.repo_id}: {tree}", hint))
            return
        origin = pinned(wanted, tree.commit)
        # An empty source of a mirror would empty its target, and patterns that fit nothing are a mistake.
        narrowed = entry.mirror or wanted.allow_patterns or wanted.ignore_patterns
        if narrowed and tree.files.keys() <= {ATTRIBUTES}:
            self.out.problems.append(
                problem(self._resource, index, f"{origin}: there are no files to take", NOTHING)
            )
            return
        folder, into = folder_of(entry.path), self.single if tree.single else self.out.files
        prefix = tree.folder.removesuffix(base_name(tree.folder)) if tree.single else _slashed(tree.folder)
        for name, found in sorted(tree.files.items()):
            alone = tree.single and not entry.path.endswith("/")
            path = entry.path if alone else folder + name
            source = HubFile(tree.repo_type, tree.repo_id, tree.commit, prefix + name)
            large = bool(found.sha256)
            want = Want(path, found.size, found.blob_id, found.sha256, source, index, origin, large)
            self._put(want, into)


def _slashed(folder: str) -> str:
    return f"{folder}/" if folder else ""


def inline(path: str, data: bytes, index: int = -1, origin: str = "inline") -> Want:
    """A file whose bytes the plan holds."""
    blob = blob_id(data)
    return Want(path, len(data), blob, hashlib.sha256(data).hexdigest(), Inline(data), index, origin)


def blob_id(data: bytes) -> str:
    """Git's id of a file with these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pinned(wanted: Repository, commit: str) -> str:
    """A source on the Hub as plans show it: ``acme/x@main (3f2a91c)``."""
    short = commit[:SHORT]
    if commit.startswith(wanted.revision):
        return f"{wanted.repo_id}@{short}"
    return f"{wanted.repo_id}@{wanted.revision} ({short})"


def problem(resource: Resource, index: int, message: str, hint: str | None = None) -> Problem:
    """A problem with one entry of ``spec.files``."""
    where = resource.mark(("spec", "files", index))
    return Problem(message, where, str(resource.address), f"spec.files[{index}]", hint)
