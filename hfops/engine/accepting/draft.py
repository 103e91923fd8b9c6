"""A manifest while drift is written into it: found again, edited, and checked as loading checks it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel

from hfops.engine.accepting.outcome import AGAIN, AGAIN_HINT, RefusedError, Taken
from hfops.engine.defaults import inherited
from hfops.engine.inventory import Inventory
from hfops.engine.load import without_nulls
from hfops.kinds.registry import KINDS
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.manifest.edit import BY_HAND, Edit, EditError, Pages, exact
from hfops.manifest.local import Local
from hfops.manifest.reading import MAX_BYTES, decode
from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.resource import Resource
from hfops.model.source import dotted


@dataclass(slots=True)
class OpenFile:
    """One manifest while it is edited."""

    file: str
    path: Path
    data: bytes
    pages: Pages
    taken: list[Taken] = field(default_factory=list)


def read_file(path: Path, root: Path, shown: str) -> OpenFile:
    """A manifest as text that can be edited. Raises ``RefusedError``."""
    if path.name.endswith(".j2"):
        raise RefusedError("it is made from a template", f"{BY_HAND}: {shown}")
    if not path.is_relative_to(root):
        raise RefusedError("its manifest lies outside the project's root", BY_HAND)
    try:
        if not stat.S_ISREG(path.stat().st_mode) or path.stat().st_size > MAX_BYTES:
            raise RefusedError(AGAIN, AGAIN_HINT)
        data = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"its manifest cannot be read: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise RefusedError("its manifest cannot be written to", f"allow that, or {BY_HAND}")
    text = decode(data, shown)
    if isinstance(text, Problem):
        raise RefusedError(AGAIN, AGAIN_HINT)
    try:
        return OpenFile(shown, path, data, Pages(text, shown))
    except EditError:
        raise RefusedError(AGAIN, AGAIN_HINT) from None


def _is_about(document: Document, address: Address) -> bool:
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    same_name = isinstance(name, str) and name.rpartition("/")[2].casefold() == address.name.casefold()
    return same_name and document.data.get("kind") == address.kind


@dataclass(frozen=True, slots=True)
class Checker:
    """Reads documents as loading does."""

    inventory: Inventory
    local: Local

    def spec(self, document: Document, resource: Resource) -> BaseModel | list[Problem]:
        """What a document says, over the Defaults that are about it: a model, or what is wrong."""
        kind, namespace = resource.address.kind, resource.address.namespace
        merged = inherited(document, kind, self.inventory.defaults, namespace)
        data = without_nulls(merged.document.data.get("spec") or {})
        spec = bind(KINDS[kind].spec, merged.document, ("spec",), str(resource.address), data)
        return list(merged.problems) or spec

    def problems(self, document: Document, resource: Resource) -> list[Problem]:
        """What is wrong with an edited document."""
        spec = self.spec(document, resource)
        if isinstance(spec, list):
            return spec
        return list(KINDS[resource.address.kind].check(replace(resource, spec=spec), self.local))


@dataclass(slots=True)
class Draft:
    """One resource's document while it is edited."""

    pages: Pages
    checker: Checker
    resource: Resource

    def find(self) -> Document:
        """The document that the resource was made of, if it still says the same. Raises ``RefusedError``."""
        found, resource = self.pages.at(self.resource.where), self.resource
        if found is None or not _is_about(found, resource.address):
            raise RefusedError(AGAIN, AGAIN_HINT)
        if any(resource.marks.get(path) != mark for path, mark in found.marks.items()):
            raise RefusedError(AGAIN, AGAIN_HINT)
        if self.checker.spec(found, resource) != resource.spec:
            raise RefusedError(AGAIN, AGAIN_HINT)
        return found

    def make(self, edits: Sequence[Edit]) -> EditError | None:
        """Make all of ``edits``; or none, and why: they cannot be made, or no manifest may say that."""
        document = self.pages.at(self.resource.where)
        assert document is not None
        before = self.pages.written(document)
        try:
            for edit in edits:
                self._refuse_foreign(edit)
            self.pages.edit(document, edits)
            self._refuse_nonsense(document)
        except EditError as error:
            self.pages.restore(document, before)
            return error
        return None

    def _refuse_nonsense(self, document: Document) -> None:
        """Raise EditError for a document that no manifest may be."""
        if problems := self.checker.problems(self.pages.data(document), self.resource):
            reason = f"a manifest cannot say what is live: {problems[0].message}"
            raise EditError(reason, "put it right on the Hub, or in the manifest by hand")

    def _refuse_foreign(self, edit: Edit) -> None:
        """Raise EditError for a value that the resource has from somewhere else than its own document."""
        resource = self.resource
        data = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
        path, _ = exact({"spec": data}, edit.path)
        for end in range(len(path), 0, -1):
            if source := resource.sources.get(path[:end]):
                where = resource.mark(path[:end])
                raise EditError(f"{dotted(path[:end])} comes from {source}", f"edit it by hand, at {where}")
