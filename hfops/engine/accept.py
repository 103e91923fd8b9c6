"""Taking drift over: what somebody changed on the Hub is written into the manifests, the text around it kept.

``accept`` only reads files and works out their new texts; ``write`` puts them in place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hfops.engine.accepting.draft import Checker, Draft, OpenFile, read_file
from hfops.engine.accepting.outcome import BOM, Acceptance, Left, RefusedError, Rewrite, Taken
from hfops.engine.accepting.write import write
from hfops.engine.inventory import Inventory
from hfops.kinds.accept import Accepted
from hfops.kinds.registry import KINDS
from hfops.manifest.edit import BY_HAND, Edit, EditError
from hfops.manifest.local import Local
from hfops.model.change import Cause, Change, Difference, HeldCode
from hfops.model.resource import Resource
from hfops.model.source import Mark

__all__ = ["Acceptance", "Left", "Rewrite", "Taken", "accept", "write"]


def accept(
    changes: Sequence[Change], inventory: Inventory, root: Path, mask: Callable[[str], str] = str
) -> Acceptance:
    """The new texts of the manifests that describe ``changes``, with every drift in them said as it is live.

    Differences that the manifests' authors made, and those that ``ignoreChanges`` covers, are passed over. What ``mask``
    would hide of an output is written into no manifest either. Nothing is written.
    """
    acceptor = _Acceptor(root, inventory, mask)
    for change in changes:
        acceptor.take(change)
    return acceptor.done()


class _Acceptor:
    def __init__(self, root: Path, inventory: Inventory, mask: Callable[[str], str]) -> None:
        self._root = Path(os.path.realpath(root))
        self._inventory = inventory
        self._mask = mask
        self._local = Local(self._root)
        self._files: dict[Path, OpenFile | RefusedError] = {}
        self._left: list[Left] = []

    def take(self, change: Change) -> None:
        """All that drifted of one resource, difference by difference: what cannot be taken hinders no other."""
        if change.drift:
            hint = "if that shall stay, remove or correct its manifest by hand"
            self._left.append(Left(change.address, "", change.drift, hint, change.where))
            return
        drifted = [d for d in change.differences if _is_drift(d)]
        if not drifted:
            return
        try:
            resource = self._resource(change)
            file = self._file(resource)
            draft = Draft(file.pages, Checker(self._inventory, self._local), resource)
            draft.find()
        except RefusedError as refused:
            self._left += [
                Left(change.address, d.path, refused.reason, refused.hint, change.where) for d in drifted
            ]
            return
        self._edit(file, draft, drifted)

    def _resource(self, change: Change) -> Resource:
        """What describes the resource by itself. Raises ``RefusedError``."""
        found = self._inventory.get(change.address)
        if found is None or found.existing:
            raise RefusedError(
                "no manifest describes it by itself", "edit the Defaults that are about it by hand"
            )
        if found.member is not None:
            hint = f"edit the document, or what it is made from, by hand: {found.where}"
            raise RefusedError(f"it is made by forEach (entry {found.member})", hint)
        return found

    def _edit(self, file: OpenFile, draft: Draft, drifted: Sequence[Difference]) -> None:
        """All at once where that goes; else one by one, and again while one makes room for another."""
        resource = draft.resource
        wanted = [w for d in drifted if (w := self._wanted(resource, d)) is not None]
        todo = dict(wanted)
        if todo and draft.make([e for edits in todo.values() for e in edits]) is None:
            file.taken += [_taken(resource, path) for path in todo]
            return
        refusals: dict[str, EditError] = {}
        while todo:
            refusals = {path: why for path, edits in todo.items() if (why := draft.make(edits))}
            file.taken += [_taken(resource, path) for path in todo if path not in refusals]
            if len(refusals) == len(todo):
                break
            todo = {path: todo[path] for path in refusals}
        for path, why in refusals.items():
            self._leave(resource, path, why.reason, why.hint)

    def _wanted(self, resource: Resource, difference: Difference) -> tuple[str, tuple[Edit, ...]] | None:
        """The path of a difference and its edits, where it can be taken over at all."""
        path = difference.path
        if difference.cause is Cause.BOTH:
            reason = "the manifest says something new as well as the Hub"
            self._leave(resource, path, reason, "decide between the two by hand")
            return None
        found = KINDS[resource.address.kind].accept(resource, difference)
        if not isinstance(found, Accepted):
            self._leave(resource, path, found.reason, found.hint)
            return None
        if any(self._mask(text) != text for edit in found.edits for text in _texts(edit.value)):
            hint = "set it to something else on the Hub, or name it in the manifest by reference"
            self._leave(resource, path, "it holds a secret, and a manifest never does", hint)
            return None
        if not found.edits:
            self._leave(resource, path, "the manifest says nothing that is to be another", BY_HAND)
            return None
        return path, found.edits

    def _leave(self, resource: Resource, path: str, reason: str, hint: str | None) -> None:
        self._left.append(Left(resource.address, path, reason, hint, _place(resource, path)))

    def _file(self, resource: Resource) -> OpenFile:
        """The file that describes a resource, read once. Raises ``RefusedError``."""
        path = Path(os.path.realpath(self._root / resource.folder / Path(resource.where.file).name))
        if path not in self._files:
            try:
                self._files[path] = read_file(path, self._root, resource.where.file)
            except RefusedError as refused:
                self._files[path] = refused
        found = self._files[path]
        if isinstance(found, RefusedError):
            raise found
        return found

    def done(self) -> Acceptance:
        """All files that changed, each checked as a whole."""
        files: list[Rewrite] = []
        taken: list[Taken] = []
        for file in self._files.values():
            if isinstance(file, RefusedError) or not file.taken:
                continue
            try:
                file.pages.check()
            except EditError as error:
                self._left += [Left(t.address, t.path, error.reason, error.hint, t.where) for t in file.taken]
                continue
            head = BOM if file.data.startswith(BOM) else b""
            files.append(Rewrite(file.file, file.path, file.data, head + file.pages.text.encode()))
            taken += file.taken
        return Acceptance(tuple(files), tuple(taken), tuple(self._left))


def _is_drift(difference: Difference) -> bool:
    """Whether the Hub moved, and nobody said that this does not matter (ignoreChanges)."""
    return difference.cause in (Cause.DRIFT, Cause.BOTH) and difference.held_code in (
        None,
        HeldCode.ON_DRIFT_REPORT,
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, names in mappings too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from (str(key), *_texts(below))
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _texts(below)


def _taken(resource: Resource, path: str) -> Taken:
    return Taken(resource.address, path, _place(resource, path))


def _place(resource: Resource, path: str) -> Mark:
    """Where the value at ``spec.list[name]`` was written, as near as its manifest tells."""
    listing, _, name = path.partition("[")
    steps = tuple(listing.split("."))
    return resource.mark((*steps, name.removesuffix("]")) if name else steps)
