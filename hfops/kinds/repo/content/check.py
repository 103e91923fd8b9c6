"""What is wrong with card and files beyond their schema, as far as it shows offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hfops.hub.sources import refused
from hfops.kinds.repo.content.attributes import ATTRIBUTES
from hfops.kinds.repo.content.card import README, Readme
from hfops.kinds.repo.content.local import publishable, walked
from hfops.kinds.repo.content.origins import sources, stands_for
from hfops.kinds.repo.content.paths import bad_folder, bad_path, base_name, clashes, folder_of
from hfops.kinds.repo.content.resolve import PROPOSES, rendered
from hfops.kinds.repo.content.yaml import canonical
from hfops.kinds.repo.fields import (
    MAIN,
    DirectorySource,
    FileEntry,
    FileSource,
    HubSource,
    InlineSource,
    UrlSource,
)
from hfops.kinds.repo.spec import RepoSpec, commit_settings
from hfops.kinds.repo.tree import sized
from hfops.manifest.local import Local, LocalError, located
from hfops.model.problem import Problem
from hfops.model.resource import Resource
from hfops.model.source import Path, dotted

INLINE_LIMIT = 100_000
"""Bytes; more than that is a file, not a line of a manifest."""


def content_files(spec: Mapping[str, Any]) -> Iterator[str]:
    """The local files and folders that a spec, as written, names in card and files. Never raises."""
    card, files = spec.get("card"), spec.get("files")
    if isinstance(card, Mapping):
        yield from _texts(card.get("template"))
    for entry in files if isinstance(files, list) else ():
        source = entry.get("from") if isinstance(entry, Mapping) else None
        if isinstance(source, Mapping):
            yield from _texts(source.get("file"), source.get("directory"))


def _texts(*values: Any) -> Iterator[str]:
    yield from (v for v in values if isinstance(v, str))


def check_content(resource: Resource, local: Local) -> Iterator[Problem]:
    """Missing files, bad paths, paths written twice, sources that may not be fetched, contradictions."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    yield from _card(resource, spec, local)
    yield from _commit(resource, spec)
    for index, entry in enumerate(spec.files or ()):
        yield from _Entry(resource, index, entry, local).problems()
    yield from _twice(resource, spec)
    yield from _clashing(resource, spec, local)
    yield from _of_itself(resource, spec)


def _card(resource: Resource, spec: RepoSpec, local: Local) -> Iterator[Problem]:
    if spec.card is None:
        return
    found = rendered(resource, local)
    if isinstance(found, Problem):
        yield found
    for index, entry in enumerate(spec.files or ()):
        if _single_path(entry) == README:
            hint = "leave one of them out; a README.md from a directory or a mirror is merged with the card"
            yield _problem(
                resource, ("spec", "files", index, "path"), "README.md is written by card already", hint
            )
    if spec.card.metadata is not None:
        yield from _metadata(resource, spec.card.metadata)


def _metadata(resource: Resource, metadata: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in metadata.items():
        try:
            done = bytes(Readme.of(b"").merged({name: value}))
            fits = canonical(Readme.of(done).metadata) == canonical({name: value})
        except (UnicodeEncodeError, ValueError):
            fits = False
        if not fits:
            yield _problem(
                resource, ("spec", "card", "metadata", name), "a key or value that YAML cannot hold"
            )


def _commit(resource: Resource, spec: RepoSpec) -> Iterator[Problem]:
    if spec.commit is None:
        return
    if spec.commit.mode == PROPOSES and spec.commit.branch != MAIN:
        hint = "leave branch out, or push to it with mode: direct"
        yield _problem(
            resource, ("spec", "commit", "branch"), "the Hub's pull requests are for main only", hint
        )


class _Entry:
    """One entry of ``files``."""

    def __init__(self, resource: Resource, index: int, entry: FileEntry, local: Local) -> None:
        self._resource = resource
        self._at: Path = ("spec", "files", index)
        self._entry = entry
        self._local = local

    def problems(self) -> Iterator[Problem]:
        """All that is wrong with it."""
        entry, source = self._entry, self._entry.from_
        tree = isinstance(source, DirectorySource | HubSource)
        yield from self._path(tree=tree)
        if entry.mirror and not tree:
            hint = "mirror takes a directory, or huggingface"
            yield self._problem("a single file cannot be mirrored", hint, "mirror")
        match source:
            case InlineSource() if len(source.inline.encode(errors="replace")) > INLINE_LIMIT:
                message = f"more than {sized(INLINE_LIMIT)} of text in a manifest"
                yield self._problem(message, "put it into a file: from: {file: ./x}", "from", "inline")
            case FileSource():
                yield from self._file(source.file)
            case DirectorySource():
                yield from self._directory(source)
            case UrlSource():
                if why := refused(source.url):
                    yield self._problem(why, "write an https URL of a public host", "from", "url")
            case _:
                pass

    def _path(self, *, tree: bool) -> Iterator[Problem]:
        path = self._entry.path
        is_file = isinstance(self._entry.from_, HubSource) and bool(self._entry.from_.huggingface.path)
        why = bad_folder(path) if tree else bad_path(path)
        if tree and is_file and why is not None:
            why = bad_path(path)
        if why:
            hint = "folders are separated by /, and a path starts with a name" + (
                "; the root is /" if tree else ""
            )
            yield self._problem(f"the path {path!r} {why}", hint, "path")

    def _file(self, written: str) -> Iterator[Problem]:
        try:
            self._local.digest(publishable(self._local, located(written, self._resource.folder)))
        except LocalError as error:
            yield self._problem(str(error), error.hint, "from", "file")

    def _directory(self, source: DirectorySource) -> Iterator[Problem]:
        try:
            found = walked(self._local, self._resource, source)
        except LocalError as error:
            yield self._problem(str(error), error.hint, "from", "directory")
            return
        if not found or (self._entry.mirror and found.keys() <= {ATTRIBUTES}):
            hint = "look at include, ignore and .gitignore"
            yield self._problem("a folder without files to take", hint, "from", "directory")
        folder = folder_of(self._entry.path)
        for path in found:
            if why := bad_path(folder + path):
                yield self._problem(f"the path {folder + path!r} {why}", "ignore it", "from", "directory")

    def _problem(self, message: str, hint: str | None, *below: str) -> Problem:
        return _problem(self._resource, (*self._at, *below), message, hint)


def _single_path(entry: FileEntry) -> str | None:
    """The path of an entry that names one file, as far as its text tells."""
    if isinstance(entry.from_, DirectorySource):
        return None
    if isinstance(entry.from_, HubSource):
        name = base_name((entry.from_.huggingface.path or "").strip("/"))
        return entry.path if name and entry.path.rpartition("/")[2] == name else None
    return entry.path


def _twice(resource: Resource, spec: RepoSpec) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(spec.files or ()):
        path = _single_path(entry)
        first = index if path is None else seen.setdefault(path, index)
        if first != index:
            line = resource.mark(("spec", "files", first)).line
            message = f"{path!r} is listed twice, first at line {line}"
            yield _problem(resource, ("spec", "files", index, "path"), message)


def _clashing(resource: Resource, spec: RepoSpec, local: Local) -> Iterator[Problem]:
    """Paths of which one is to be a file, and the other a file in a folder of that name."""
    entries: dict[str, int] = {}
    for index, entry in enumerate(spec.files or ()):
        entries |= {p: index for p in _paths(entry, resource, local) if bad_path(p) is None}
    for path, folder in clashes(sorted(entries), entries.keys()):
        first = resource.mark(("spec", "files", entries[folder])).line
        message = f"{path} makes a folder of {folder}, which is to be a file, at line {first}"
        yield _problem(resource, ("spec", "files", entries[path]), message, "rename one of them")


def _paths(entry: FileEntry, resource: Resource, local: Local) -> list[str]:
    """The paths of an entry, as far as they are known offline."""
    if isinstance(entry.from_, DirectorySource):
        try:
            found = walked(local, resource, entry.from_)
        except LocalError:
            return []
        return [folder_of(entry.path) + below for below in found]
    path = _single_path(entry)
    return [] if path is None else [path]


def _of_itself(resource: Resource, spec: RepoSpec) -> Iterator[Problem]:
    """What is taken from where it is written to is another thing after each apply."""
    branch = commit_settings(spec).branch
    for index, wanted in sources(spec):
        if stands_for(wanted) == resource.address and wanted.revision in (branch, f"refs/heads/{branch}"):
            message = f"its own files of {branch}, which this commits to"
            hint = "name where they come from, or a tag or a commit as revision"
            yield _problem(resource, ("spec", "files", index, "from"), message, hint)


def _problem(resource: Resource, at: Path, message: str, hint: str | None = None) -> Problem:
    return Problem(message, resource.mark(at), str(resource.address), dotted(at), hint)
