"""Where each value of a resource comes from: its manifest, ``Defaults``, a ``forEach``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hfops.model.resource import Resource
from hfops.model.source import Mark, Path, dotted

MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class Origin:
    """One value: its path, what it is, whose it is (manifest, Defaults, forEach), and where that was written."""

    path: str
    value: Any
    source: str
    where: Mark

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"path": self.path, "value": self.value, "source": self.source, "where": str(self.where)}


def origins(resource: Resource) -> Iterator[Origin]:
    """Every value of the spec that is no map or list, in order; empty ones too."""
    own = f"forEach, entry {resource.member}" if resource.member is not None else MANIFEST
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for path, value in _leaves(("spec",), spec):
        source = next((resource.sources[p] for p in _around(path) if p in resource.sources), own)
        yield Origin(dotted(path), value, source, resource.mark(path))


def _around(path: Path) -> Iterator[Path]:
    """The path and what is around it, the nearest first."""
    return (path[:end] for end in range(len(path), 0, -1))


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    below: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        below = [(str(k), v) for k, v in value.items()]
    elif isinstance(value, list):
        below = list(enumerate(value))
    if not below:
        yield path, value
    for key, inner in below:
        yield from _leaves((*path, key), inner)
