"""Which manifest goes into which file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.engine.importing.ask import Order
from hfops.engine.importing.emit import document
from hfops.engine.importing.filenames import Names, safe
from hfops.engine.importing.harvest import Imported
from hfops.kinds.describe import At
from hfops.manifest.envelope import API_VERSION
from hfops.model.address import Address

PLURALS = {"InferenceEndpoint": "endpoints"}
UNGROUPED = "ungrouped"
ENDING = ".yaml"
SPEC = "spec"
LARGEST = 4_000_000
"""Bytes of one file, as far as manifests are small: hfops reads up to 10 MB, people much less."""


@dataclass(frozen=True, slots=True)
class Doc:
    """One document: its kind, how many resources it describes, and its text."""

    kind: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written. ``stem`` is its path below the output folder, with slashes and without its ending."""

    stem: str
    docs: tuple[Doc, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds in it, each once."""
        return tuple(dict.fromkeys(doc.kind for doc in self.docs))

    def text(self, schema: str | None) -> str:
        """The whole text; ``schema`` is where editors find what may stand in it."""
        head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
        return head + "---\n".join(doc.text for doc in self.docs)


def manifest(one: Imported, labels: Mapping[str, str]) -> Doc:
    """The document of one resource."""
    address = one.address
    metadata: dict[str, Any] = {"name": address.id, **({"labels": dict(labels)} if labels else {})}
    data = {
        "apiVersion": API_VERSION,
        "kind": address.kind,
        "metadata": metadata,
        SPEC: one.portrait.spec,
    }
    comments: dict[At, str] = {(SPEC, *at): text for at, text in one.portrait.comments.items()}
    return Doc(address.kind, document(data, comments))


def files(imported: Sequence[Imported], order: Order) -> Iterator[File]:
    """Every manifest in a file, by kind, by resource or by group; a folder for each of several namespaces."""
    stem, names = _stems(order), Names()
    groups: dict[str, list[Doc]] = {}
    for one in sorted(imported, key=lambda i: (i.address.key, str(i.address))):
        groups.setdefault(stem(one), []).append(manifest(one, labels_of(one, order.labels)))
    for wanted in sorted(groups):
        for docs in _portions(groups[wanted]):
            yield File(names.take(wanted), tuple(docs))


def _portions(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    """As many documents as fit into one file."""
    portion: list[Doc] = []
    size = 0
    for doc in docs:
        length = len(doc.text.encode())
        if portion and size + length > LARGEST:
            yield portion
            portion, size = [], 0
        portion.append(doc)
        size += length
    yield portion


def _stems(order: Order) -> Callable[[Imported], str]:
    """How the file of a resource is called. Groups that differ have files that differ."""
    folders = {n.casefold(): safe(n) for n in order.folders}
    single, groups = Names(), dict[str, str]()
    group_names = Names()
    group_names.take(UNGROUPED)

    def of_group(group: str) -> str:
        if group not in groups:
            groups[group] = group_names.take(safe(group, "group"))
        return groups[group]

    def stem(one: Imported) -> str:
        folder = folders.get(one.address.namespace.casefold())
        parts = [folder] if folder else []
        if order.split == "resource":
            found = "/".join([*parts, plural(one.address.kind), safe(one.address.name)])
            return single.take(found)
        if order.split == "group":
            group = one.spec.get("resourceGroup")
            return "/".join([*parts, of_group(group) if isinstance(group, str) else UNGROUPED])
        return "/".join([*parts, plural(one.address.kind)])

    return stem


def plural(kind: str) -> str:
    """``models`` for ``Model``."""
    return PLURALS.get(kind, f"{kind.lower()}s")


def labels_of(one: Imported, wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Labels out of fields: ``team=resourceGroup``. A field that is not there, or holds no text, gives none."""
    found = {label: _field(one.address, one.spec, field) for label, field in wanted}
    return {label: text for label, text in found.items() if text is not None}


def _field(address: Address, spec: Mapping[str, Any], field: str) -> str | None:
    own = {"kind": address.kind, "namespace": address.namespace, "name": address.name}
    if field in own:
        return own[field]
    value: Any = spec
    for part in field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None
