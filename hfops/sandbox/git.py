"""Git as far as the Hub shows it: blobs, trees, commits and refs, with real object ids.

Blob and tree ids are git's own (``git hash-object`` agrees). A commit id hashes a commit object whose dates are
replaced by a serial number, so that the same requests give the same ids.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hfops.sandbox.manners import revision_not_found

NO_COMMIT = "0" * 40
"""Where a branch without commits points."""

HEADS, TAGS, PULLS = "refs/heads/", "refs/tags/", "refs/pr/"


@dataclass(frozen=True, slots=True)
class Large:
    """What an LFS pointer points to; sizes in bytes."""

    sha256: str
    size: int
    pointer_size: int


@dataclass(frozen=True, slots=True)
class File:
    """A path's content: the git blob's id, the real size in bytes, and the large object behind a pointer."""

    oid: str
    size: int
    large: Large | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and the whole state of the files at it."""

    id: str
    parent: str | None
    files: Mapping[str, File]
    title: str
    message: str
    author: str
    date: datetime


class Store:
    """All contents of a Hub, by id: git blobs, large objects by sha256, and the chunks of xorbs."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        self.xorbs: dict[str, list[bytes]] = {}

    def put(self, data: bytes) -> File:
        """Keep a regular file."""
        oid = object_id("blob", data)
        self.blobs[oid] = data
        return File(oid, len(data))

    def point(self, sha256: str, size: int) -> File:
        """Keep the pointer to a large object."""
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
        kept = self.put(pointer)
        return File(kept.oid, size, Large(sha256, size, len(pointer)))

    def read(self, file: File) -> bytes:
        """The content a reader of the file expects, large or not."""
        return self.large[file.large.sha256] if file.large else self.blobs[file.oid]


@dataclass(slots=True)
class GitRepo:
    """Commits and refs of one repository."""

    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def resolve(self, rev: str) -> Commit:
        """The commit that a branch, tag, full ref or (short) sha names; 404 RevisionNotFound otherwise."""
        for ref in (HEADS + rev, TAGS + rev, rev):
            if ref in self.refs:
                return self.at(self.refs[ref])
        found = [c for c in self.commits if c.startswith(rev.lower())] if re.fullmatch(SHA, rev) else []
        if len(found) != 1:
            raise revision_not_found(rev)
        return self.commits[found[0]]

    def at(self, commit_id: str) -> Commit:
        """The commit with exactly this id; the empty one for a branch without commits."""
        return self.commits.get(commit_id) or EMPTY

    def branch_ref(self, rev: str) -> str:
        """The full ref of an existing branch or pull request; 404 RevisionNotFound otherwise."""
        for ref in (HEADS + rev, rev):
            if ref in self.refs and not ref.startswith(TAGS):
                return ref
        raise revision_not_found(rev)

    def commit(self, ref: str, draft: Commit, serial: int) -> Commit:
        """Give a draft its id and make it the head of ``ref``."""
        made = identified(draft, serial)
        self.commits[made.id] = made
        self.refs[ref] = made.id
        return made

    def without(self, large: Collection[str], serial: Callable[[], int]) -> None:
        """Rewrite history as if these large objects, by sha256, had never been there. Commits without one stay."""
        renamed: dict[str, str] = {}
        for old in list(self.commits.values()):
            kept = {p: f for p, f in old.files.items() if not (f.large and f.large.sha256 in large)}
            parent = renamed.get(old.parent or "", old.parent)
            if len(kept) < len(old.files) or parent != old.parent:
                made = identified(replace(old, parent=parent, files=kept), serial())
                del self.commits[old.id]
                self.commits[made.id] = made
                renamed[old.id] = made.id
        self.refs = {ref: renamed.get(target, target) for ref, target in self.refs.items()}

    def log(self, start: Commit) -> Iterator[Commit]:
        """``start`` and its ancestors, newest first."""
        step: Commit | None = start
        while step is not None and step.id != NO_COMMIT:
            yield step
            step = self.commits.get(step.parent) if step.parent else None

    def last_touch(self, start: Commit, path: str) -> Commit:
        """The newest commit from ``start`` on that changed ``path``, a file or a folder."""
        here = below(start.files, path)
        touched = start
        for step in self.log(start):
            if below(step.files, path) != here:
                break
            touched = step
        return touched


SHA = re.compile(r"[0-9a-fA-F]{5,40}")


def draft(
    parent: Commit | None, files: Mapping[str, File], message: str, author: str, date: datetime
) -> Commit:
    """A commit that has no id yet; the first line of ``message`` is its title."""
    title, _, rest = message.partition("\n")
    parent_id = parent.id if parent and parent.id != NO_COMMIT else None
    return Commit("", parent_id, dict(files), title, rest.strip(), author, date)


def identified(commit: Commit, serial: int) -> Commit:
    """The same commit under its id."""
    lines = [f"tree {trees(commit.files)['']}", *([f"parent {commit.parent}"] if commit.parent else [])]
    who = f"{commit.author} <{commit.author}@sandbox.invalid> {serial} +0000"
    text = "\n".join([*lines, f"author {who}", f"committer {who}", "", commit.title, "", commit.message])
    oid = object_id("commit", text.encode())
    return Commit(oid, commit.parent, commit.files, commit.title, commit.message, commit.author, commit.date)


def below(files: Mapping[str, File], path: str) -> dict[str, File]:
    """The files at or under ``path``; all of them for an empty path."""
    return {p: f for p, f in files.items() if not path or p == path or p.startswith(path + "/")}


def trees(files: Mapping[str, File]) -> dict[str, str]:
    """The tree id of every folder, the root under the empty path."""
    children: dict[str, dict[str, str]] = {"": {}}
    for path in files:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder, inner = "/".join(parts[: depth - 1]), "/".join(parts[:depth])
            children.setdefault(inner, {})
            children[folder][parts[depth - 1]] = inner
    done: dict[str, str] = {}
    for folder in sorted(children, key=lambda f: -(f.count("/") + bool(f))):
        prefix = f"{folder}/" if folder else ""
        entries = [(f"{name}/", b"40000", name, done[inner]) for name, inner in children[folder].items()]
        names = (p.removeprefix(prefix) for p in files if p.startswith(prefix))
        entries += [(n, b"100644", n, files[prefix + n].oid) for n in names if "/" not in n]
        data = b"".join(
            mode + b" " + name.encode() + b"\0" + bytes.fromhex(oid) for _, mode, name, oid in sorted(entries)
        )
        done[folder] = object_id("tree", data)
    return done


def object_id(kind: str, data: bytes) -> str:
    """Git's sha1 of an object."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def legal_ref(name: str) -> bool:
    """Whether git accepts ``name`` below refs/heads/ or refs/tags/ (git-check-ref-format)."""
    if not name or name == "@" or re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//", name):
        return False
    if name.startswith(("/", "-")) or name.endswith(("/", ".")):
        return False
    return not any(part.startswith(".") or part.endswith(".lock") for part in name.split("/"))


EMPTY = Commit(NO_COMMIT, None, {}, "", "", "", datetime.fromtimestamp(0, UTC))
