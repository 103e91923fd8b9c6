"""A resource as its manifest wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pydantic import BaseModel

from hfops.model.address import Address
from hfops.model.source import Mark, Path


class OnDrift(StrEnum):
    """What apply does with a change somebody made on the Hub."""

    REPAIR = "repair"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Ignore:
    """A path (``spec.tags``) whose differences are not acted on, perhaps for a time."""

    path: str
    reason: str | None = None
    until: date | None = None

    def covers(self, path: str) -> bool:
        """Whether a difference at ``path`` is this one's or lies below it."""
        return path == self.path or path.startswith((self.path + ".", self.path + "["))


@dataclass(frozen=True, slots=True)
class Waiver:
    """A policy that the resource need not keep through ``until``, and why."""

    policy: str
    reason: str
    until: date
    where: Mark | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The manifest's ``lifecycle`` block."""

    prevent_destroy: bool = False
    ignore_changes: tuple[Ignore, ...] = ()
    on_drift: OnDrift = OnDrift.REPAIR
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of ``dependsOn``."""

    address: Address
    until_ready: bool = False
    where: Mark | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One document. ``spec`` is the kind's own model; which of its fields are managed, ``model_fields_set`` says.

    ``folder`` is the manifest's, from the root (``""`` there): files written ``./x`` lie in it.
    """

    address: Address
    spec: BaseModel
    where: Mark
    marks: Mapping[Path, Mark] = field(default_factory=dict, compare=False, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    depends_on: tuple[Dependency, ...] = ()
    folder: str = ""
    sources: Mapping[Path, str] = field(default_factory=dict, compare=False, repr=False)
    """Where values come from that the manifest itself does not write: by path, such as ``Defaults``."""
    member: str | None = None
    """The key of the ``forEach`` entry that it was made from."""
    family_file: str | None = None
    """The file of that ``forEach``, from the root, if it is one."""
    existing: bool = False
    """Described by no manifest: ``Defaults`` that are about live resources, too."""

    def mark(self, path: Path) -> Mark:
        """Where the value at ``path`` (from the document's root) was written, or its nearest parent."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, self.where)
