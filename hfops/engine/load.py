"""From documents to an inventory: kinds, addresses, references between documents. Offline; all problems at once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hfops.engine import graph
from hfops.engine.defaults import defaults_of, hinted, idle, inherited
from hfops.engine.inventory import Inventory
from hfops.kinds.registry import KINDS
from hfops.kinds.values import references
from hfops.manifest.bind import bind, suggest
from hfops.manifest.defaults import DEFAULTS, Default
from hfops.manifest.document import Document, shown_path
from hfops.manifest.envelope import ChangesEnvelope, ResourceEnvelope
from hfops.manifest.envelope import Lifecycle as LifecycleBlock
from hfops.manifest.loader import Loaded
from hfops.manifest.local import NOWHERE, Local, LocalError, folder_of, located
from hfops.model.address import Address, is_glob
from hfops.model.directives import Allowance, Directives, Move, Removal, RemovalAction
from hfops.model.late import Reference
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Dependency, Ignore, Lifecycle, OnDrift, Resource, Waiver
from hfops.model.risk import RiskKind
from hfops.model.source import Mark

CHANGES = "Changes"
PROJECT = "Project"


class _Collector:
    def __init__(self, namespace: str | None, local: Local) -> None:
        self.namespace = namespace
        self.local = local
        self.problems: list[Problem] = []
        self.resources: dict[Address, Resource] = {}
        self.defaults: tuple[Default, ...] = ()
        self.described: dict[Address, Mark] = {}
        self.wanted: list[tuple[Address, int, Dependency]] = []
        self.moved: list[Move] = []
        self.removed: list[Removal] = []
        self.allow: list[Allowance] = []


def data_files(document: Document, root: Path) -> Iterator[Path]:
    """The files and folders that a document names as data: they are not manifests. Never raises."""
    kind, spec = document.data.get("kind"), document.data.get("spec")
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(spec, Mapping):
        return
    folder = _folder(document, root)
    for written in KINDS[kind].data_files(spec):
        with contextlib.suppress(LocalError):
            yield root / located(written, folder)


def _folder(document: Document, root: Path) -> str:
    """The folder of a document's file, from the root."""
    return "" if document.origin is None else folder_of(document.origin, root)


def inventory(loaded: Loaded, namespace: str | None, local: Local = NOWHERE) -> Inventory:
    """Everything the documents say. ``namespace`` is for names written without one. Raises Problems.

    ``local`` reads the files that manifests name.
    """
    found = _Collector(namespace, local)
    found.problems.extend(loaded.problems)
    found.defaults, wrong = defaults_of(loaded.documents, namespace)
    found.problems.extend(wrong)
    for document in loaded.documents:
        _take(document, found)
    resources = tuple(found.resources[a] for a in sorted(found.resources))
    found.problems.extend(_unknown_dependencies(found))
    found.problems.extend(_contradicting_moves(found.moved))
    found.problems.extend(_moved_and_described(found))
    if found.problems:
        raise Problems(found.problems)
    directives = Directives(tuple(found.moved), tuple(found.removed), tuple(found.allow))
    return Inventory(
        resources,
        graph.build(resources),
        directives,
        loaded.whole_root,
        len(loaded.files),
        loaded.asked,
        found.defaults,
        tuple(idle(found.defaults, ((r.address, r.labels) for r in resources))),
    )


def _take(document: Document, found: _Collector) -> None:
    kind = document.data.get("kind")
    if kind == CHANGES:
        _take_changes(document, found)
    elif kind == DEFAULTS:
        pass  # taken in before all others
    elif isinstance(kind, str) and kind in KINDS:
        _take_resource(document, kind, found)
    else:
        found.problems.append(_unknown_kind(document, kind))


def _unknown_kind(document: Document, kind: Any) -> Problem:
    where = document.mark(("kind",))
    if kind is None and "apiVersion" not in document.data:
        hint = "if it is something else, name it under ignore: in hfops.yaml"
        return Problem("not an hfops document: no apiVersion, no kind", where, hint=hint)
    if kind is None:
        return Problem("no kind", where, path="kind", hint=f"one of {', '.join([*KINDS, CHANGES, DEFAULTS])}")
    if kind == PROJECT:
        hint = "move it to hfops.yaml at the root of the project"
        return Problem("a Project is no manifest", where, path="kind", hint=hint)
    known = [*KINDS, CHANGES, DEFAULTS]
    near = suggest(str(kind), known)
    hint = f"did you mean {near!r}?" if near else f"one of {', '.join(known)}"
    return Problem(f"unknown kind {kind!r}", where, path="kind", hint=hint)


def _take_resource(document: Document, kind: str, found: _Collector) -> None:
    """The outer form and the spec are checked apart, so that each shows its errors whatever the other holds."""
    name = _named(document, kind, found.namespace)
    own, merged = document, inherited(document, kind, found.defaults, found.namespace)
    document = merged.document
    found.problems.extend(replace(p, address=name) for p in merged.problems)
    data = without_nulls(document.data.get("spec") or {})
    spec = bind(KINDS[kind].spec, document, ("spec",), name, data)
    if isinstance(spec, list):
        alone = bind(KINDS[kind].spec, own, ("spec",), name, without_nulls(own.data.get("spec") or {}))
        found.problems.extend(hinted(spec, merged, alone=not isinstance(alone, list)))
    outer = bind(ResourceEnvelope, document, address=name)
    if isinstance(outer, list):
        found.problems.extend(outer)
        return
    address = _address(document, kind, outer, found)
    if address is None:
        return
    _note_address(document, address, found)
    depends = tuple(_dependencies(document, address, outer, found))
    found.wanted.extend((address, i, d) for i, d in enumerate(depends))
    if isinstance(spec, list):
        return
    resource = Resource(
        address=address,
        spec=spec,
        where=document.mark(),
        marks=document.marks,
        labels=outer.metadata.labels,
        lifecycle=_lifecycle(outer.lifecycle, document),
        depends_on=depends,
        folder=_folder(document, found.local.root),
        sources=merged.sources,
        member=document.member,
        family_file=document.family_file,
    )
    found.problems.extend(KINDS[kind].check(resource, found.local))
    found.problems.extend(_bad_references(resource))
    found.problems.extend(_ignored_nothing(document, resource))
    found.resources.setdefault(address, resource)


def _bad_references(resource: Resource) -> Iterable[Problem]:
    """References that can lead nowhere: out of the root, to a kind or a field that there is not."""
    for path, reference, _ in references(resource):
        why = _bad_reference(reference)
        if why:
            yield Problem(why, resource.mark(path), str(resource.address), shown_path(path))


def _bad_reference(reference: Reference) -> str | None:
    if reference.file is not None:
        try:
            located(reference.file, "")
        except LocalError as error:
            return str(error)
    if reference.resource is not None:
        address = Address.parse(reference.resource)
        if address.kind not in KINDS:
            return f"unknown kind {address.kind!r}: one of {', '.join(KINDS)}"
        if KINDS[address.kind].export(address, reference.field or "") is None:
            return f"a {address.kind} has no field {reference.field!r} that others can refer to"
    return None


def _ignored_nothing(document: Document, resource: Resource) -> Iterable[Problem]:
    """An ignoreChanges path that names no field protects nothing."""
    fields = [f"spec.{f.alias or n}" for n, f in type(resource.spec).model_fields.items()]
    for index, ignore in enumerate(resource.lifecycle.ignore_changes):
        field = re.split(r"[.\[]", ignore.path.removeprefix("spec."))[0]
        if ignore.path != "spec" and (not ignore.path.startswith("spec.") or f"spec.{field}" not in fields):
            near = suggest(f"spec.{field}", fields)
            hint = f"did you mean {near!r}?" if near else "expected spec.FIELD, or spec.LIST[NAME]"
            where = document.mark(("lifecycle", "ignoreChanges", index))
            path = f"lifecycle.ignoreChanges[{index}]"
            message = f"no field {ignore.path!r}"
            yield Problem(message, where, str(resource.address), path, hint)


def _note_address(document: Document, address: Address, found: _Collector) -> None:
    """Each address is described once, by a name that the Hub can hold."""
    where, at_name = document.mark(), document.mark(("metadata", "name"))
    why = KINDS[address.kind].bad_name(address)
    if why:
        found.problems.append(Problem(why, at_name, str(address), "metadata.name"))
    first = found.described.get(address)
    if first is not None:
        hint = "each resource has one document" + (
            "" if document.member is None else ", or one entry of forEach"
        )
        entry = "" if document.member is None else f" (forEach, entry {document.member})"
        said = f"described twice, first at {first}{entry}"
        found.problems.append(Problem(said, where, str(address), hint=hint))
    found.described.setdefault(address, where)


def without_nulls(data: Any) -> Any:
    """``null`` cancels a field: it is as if it were not written. Entries of lists keep their nulls, as errors."""
    if isinstance(data, Mapping):
        return {k: without_nulls(v) for k, v in data.items() if v is not None}
    if isinstance(data, list):
        return [without_nulls(v) for v in data]
    return data


def _named(document: Document, kind: str, namespace: str | None) -> str:
    """What to call the resource in errors before it is known to have a good name."""
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    own = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str):
        return kind
    return f"{kind}/{name}" if "/" in name else f"{kind}/{own or namespace or '?'}/{name}"


def _address(document: Document, kind: str, outer: ResourceEnvelope, found: _Collector) -> Address | None:
    namespace, name = outer.metadata.qualified(found.namespace)
    if not namespace:
        hint = f"write namespace/{name}, or set spec.namespace in hfops.yaml"
        where = document.mark(("metadata", "name"))
        found.problems.append(Problem(f"no namespace for {name!r}", where, kind, "metadata.name", hint))
        return None
    return Address(kind, namespace, name)


def _lifecycle(block: LifecycleBlock, document: Document) -> Lifecycle:
    ignored = tuple(Ignore(i.path, i.reason, i.until) for i in block.ignored)
    waivers = tuple(
        Waiver(w.policy, w.reason, w.until, document.mark(("lifecycle", "waive", i)))
        for i, w in enumerate(block.waive)
    )
    return Lifecycle(block.prevent_destroy, ignored, OnDrift(block.on_drift), waivers)


def _dependencies(
    document: Document, address: Address, outer: ResourceEnvelope, found: _Collector
) -> Iterable[Dependency]:
    for index, entry in enumerate(outer.dependencies):
        where = document.mark(("dependsOn", index))
        try:
            target = _full(entry.address, found.namespace)
        except ValueError as error:
            found.problems.append(Problem(str(error), where, str(address), f"dependsOn[{index}]"))
            continue
        yield Dependency(target, entry.until == "ready", where)


def _full(text: str, namespace: str | None) -> Address:
    """``Kind/name`` gets the project's namespace."""
    parts = text.split("/")
    if len(parts) == 2 and namespace:
        return Address.parse(f"{parts[0]}/{namespace}/{parts[1]}")
    return Address.parse(text)


def _unknown_dependencies(found: _Collector) -> Iterable[Problem]:
    known = [str(a) for a in found.described]
    for address, index, dependency in found.wanted:
        if dependency.address in found.described:
            continue
        near = suggest(str(dependency.address), known)
        hint = f"did you mean {near!r}?" if near else "no manifest describes it"
        message = f"depends on nothing: {str(dependency.address)!r}"
        yield Problem(message, dependency.where, str(address), f"dependsOn[{index}]", hint)


def _take_changes(document: Document, found: _Collector) -> None:
    outer = bind(ChangesEnvelope, document, address=CHANGES)
    if isinstance(outer, list):
        found.problems.extend(outer)
        return
    spec = outer.spec
    for index, move in enumerate(spec.moved):
        where = document.mark(("spec", "moved", index))
        problem = _bad_move(move.from_, move.to)
        if problem:
            found.problems.append(Problem(problem, where, CHANGES, f"spec.moved[{index}]"))
        else:
            found.moved.append(Move(move.from_, move.to, where))
    for index, removal in enumerate(spec.removed):
        where = document.mark(("spec", "removed", index))
        if _good_pattern(removal.address, where, f"spec.removed[{index}].address", found):
            action = RemovalAction(removal.action)
            override = removal.override_protection
            found.removed.append(Removal(removal.address, action, removal.reason, override, where))
    for index, allow in enumerate(spec.allow):
        where = document.mark(("spec", "allow", index))
        if _good_pattern(allow.address, where, f"spec.allow[{index}].address", found):
            found.allow.append(
                Allowance(RiskKind(allow.risk), allow.address, allow.reason, allow.until, where)
            )


def _contradicting_moves(moves: list[Move]) -> Iterable[Problem]:
    """One resource cannot go to two places, nor round in a circle."""
    first: dict[str, Move] = {}
    for move in moves:
        other = first.setdefault(move.source.casefold(), move)
        if other is not move and other.target.casefold() != move.target.casefold():
            message = f"{move.source} is moved to {other.target} already, at {other.where}"
            yield Problem(message, move.where, CHANGES, "spec.moved", "keep one of the two entries")
    for move in first.values():
        seen, here = {move.source.casefold()}, move.target.casefold()
        while here in first and here not in seen:
            seen.add(here)
            here = first[here].target.casefold()
        if here == move.source.casefold():
            message = f"{move.source} is moved round in a circle"
            yield Problem(message, move.where, CHANGES, "spec.moved", "remove the entries that are done")


def _moved_and_described(found: _Collector) -> Iterable[Problem]:
    """An entry whose source still has a manifest, and whose target has none, would do nothing."""
    for move in found.moved:
        if is_glob(move.source):
            continue
        source, target = Address.parse(move.source), Address.parse(move.target)
        if source in found.described and target not in found.described:
            hint = f"rename the document at {found.described[source]}, or remove the entry"
            message = f"{source} is moved to {target}, and a manifest still describes it"
            yield Problem(message, move.where, str(source), hint=hint)


def _good_pattern(text: str, where: Mark, path: str, found: _Collector) -> bool:
    kind = text.split("/", maxsplit=1)[0]
    if text.count("/") != 2 or not all(text.split("/")):
        message = f"not an address: {text!r}"
        found.problems.append(
            Problem(message, where, CHANGES, path, "expected Kind/namespace/name, * allowed")
        )
        return False
    if not is_glob(kind) and kind not in KINDS:
        near = suggest(kind, KINDS)
        hint = f"did you mean {near!r}?" if near else f"one of {', '.join(KINDS)}"
        found.problems.append(Problem(f"unknown kind {kind!r}", where, CHANGES, path, hint))
        return False
    why = None if is_glob(text) else KINDS[kind].bad_name(Address.parse(text))
    if why:
        found.problems.append(Problem(why, where, CHANGES, path))
    return not why


def _bad_move(source: str, target: str) -> str | None:
    """Why a ``moved`` entry cannot be followed, or None."""
    for text in (source, target):
        if text.count("/") != 2 or not all(text.split("/")):
            return f"not an address: {text!r}, expected Kind/namespace/name, one * allowed"
        if any(c in text for c in "?[") or text.count("*") > 1:
            return f"{text!r}: of patterns, moved takes a single *"
        if text.split("/")[0] not in KINDS:
            return f"unknown kind in {text!r}: one of {', '.join(KINDS)}"
    if source.split("/", maxsplit=1)[0] != target.split("/", maxsplit=1)[0]:
        return f"{source!r} and {target!r} are of different kinds: the Hub cannot turn one into the other"
    if source.count("*") != target.count("*"):
        return f"{source!r} and {target!r}: both hold a *, or neither"
    plain = [Address.parse(t) for t in (source, target) if "*" not in t]
    return next((why for a in plain if (why := KINDS[a.kind].bad_name(a))), None)
