"""``--changed-since``: the resources whose documents, Defaults, templates or files changed since a commit of Git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hfops.engine.defaults import defaults_of
from hfops.engine.git import Git
from hfops.engine.inventory import Inventory
from hfops.kinds.registry import KINDS
from hfops.kinds.values import references
from hfops.manifest.defaults import DEFAULTS, Default
from hfops.manifest.files import PROJECT_FILE, is_manifest
from hfops.manifest.local import LocalError, located
from hfops.manifest.yaml import parse
from hfops.model.address import Address
from hfops.model.resource import Resource

ASKER = "--changed-since"


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since ``base``, the commit that the named one and HEAD have in common: real paths of files."""

    base: str
    files: frozenset[Path]
    top: Path
    before: dict[Path, str] = field(default_factory=dict)
    """The old text of manifests that changed or are gone."""

    folders: frozenset[Path] = frozenset()
    """The folders that changed files are in, and those around them."""

    def touches(self, path: Path) -> bool:
        """Whether a file, something in a folder, or the submodule or repository within, that a file is in, changed."""
        real = Path(os.path.realpath(path))
        return real in self.files or real in self.folders or not self.files.isdisjoint(real.parents)


def since(root: Path, ref: str) -> Since:
    """What changed in the working tree of ``root`` since ``ref``, committed or not. Raises HfopsError.

    Renames count under both names. Files that Git does not track count, ignored or not: of those, nobody can tell.
    """
    top = Git(root, ASKER).top()
    git = Git(top, ASKER)
    commit = git.commit(ref)
    base = git.text(
        "merge-base", commit, "HEAD",
        why=f"{ASKER} {ref}: it has no commit in common with HEAD (a shallow clone? fetch more of it)",
    ).strip()  # fmt: skip
    changed = git.names(
        "diff", "--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-z", base
    )
    files = {*changed, *git.names("ls-files", "--others", "-z")}
    old = _old(git, base, [p for p in changed if is_manifest(Path(p).name)])
    real = Path(os.path.realpath(top))
    paths = frozenset(real / f for f in files)
    around = frozenset(p for f in paths for p in f.parents)
    return Since(base, paths, real, {real / p: t for p, t in old.items()}, around)


def changed_addresses(
    inventory: Inventory, found: Since, root: Path, namespace: str | None, more: Sequence[Path] = ()
) -> frozenset[Address]:
    """The resources that are not as they were. ``more`` are files that all depend on: those of variables.

    Whole files count, not single documents: what a file holds besides may decide what a document means.
    """
    everything = frozenset(r.address for r in inventory.resources)
    if any(found.touches(p) for p in (root / PROJECT_FILE, *more)):
        return everything
    gone = _old_defaults(found, namespace)
    if gone is None:
        return everything
    defaults = [d for d in inventory.defaults if d.document.origin and found.touches(d.document.origin)]
    changed = (r for r in inventory.resources if _changed(r, found, root, [*defaults, *gone]))
    return frozenset(r.address for r in changed)


def changed_removals(inventory: Inventory, found: Since, root: Path) -> frozenset[str]:
    """The changed files that hold ``removed`` entries, by the names that are shown of them."""
    named = {r.where.file for r in inventory.directives.removed if r.where}
    return frozenset(f for f in named if any(found.touches(p) for p in (root / f, Path(f))))


def _changed(resource: Resource, found: Since, root: Path, defaults: Sequence[Default]) -> bool:
    if any(found.touches(p) for p in _files(resource, root)):
        return True
    return any(d.covers(resource.address, resource.labels) for d in defaults)


def _files(resource: Resource, root: Path) -> Iterator[Path]:
    """The files that a resource is made of: its manifest, what its family is made from, what it names."""
    for shown in {m.file for m in (resource.where, *resource.marks.values())}:
        yield from (root / shown, Path(shown))
    if resource.family_file:
        yield root / resource.family_file
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for written in KINDS[resource.address.kind].data_files(spec):
        try:
            yield root / located(written, resource.folder)
        except LocalError:
            continue
    for _, reference, _ in references(resource):
        if reference.file:
            yield root / reference.file


def _old_defaults(found: Since, namespace: str | None) -> list[Default] | None:
    """The ``Defaults`` that changed files held before; None where that takes rendering a template to know."""
    out: list[Default] = []
    for path, text in found.before.items():
        if DEFAULTS not in text:
            continue
        if path.name.endswith(".j2"):
            return None
        documents, _ = parse(text, path.name)
        out.extend(defaults_of(documents, namespace)[0])
    return out


def _old(git: Git, base: str, paths: Sequence[str]) -> dict[str, str]:
    """The texts that files had; those that there were not are left out. Two commands, however many they are."""
    if not paths:
        return {}
    wanted, ids = set(paths), dict[str, str]()
    for line in git.names("ls-tree", "-r", "-z", "--full-tree", base):
        head, _, path = line.partition("\t")
        if path in wanted:
            ids[path] = head.split()[2]
    asked = "".join(f"{one}\n" for one in ids.values()).encode()
    answer = git.output("cat-file", "--batch", why="git failed", given=asked)
    out, at = dict[str, str](), 0
    for path in ids:
        # A line "id type size", the bytes, a newline; "id missing" for a commit of a submodule.
        title = answer[at : answer.index(b"\n", at)]
        at += len(title) + 1
        if title.endswith(b" missing"):
            continue
        size = int(title.split()[2])
        out[path] = answer[at : at + size].decode(errors="replace")
        at += size + 1
    return out
