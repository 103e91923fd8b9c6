"""What many resources share, as ``Defaults``: said once, and left out of their manifests. Pure."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hfops.engine.importing.emit import document
from hfops.engine.importing.harvest import Imported
from hfops.engine.importing.layout import Doc
from hfops.manifest.defaults import DEFAULTS, Default
from hfops.manifest.envelope import API_VERSION
from hfops.model.resource import Resource

FEWEST = 3
"""Resources that must share a value before it is worth saying once."""

OWN = ("title", "slug", "id", "url", "sdk", "description")
"""Fields that say what a resource is: of several, that is no default."""

Family = tuple[str, str]
"""A kind and a namespace."""


def grouped(
    imported: Sequence[Imported], described: Sequence[Resource], defaults: Sequence[Default]
) -> tuple[list[Imported], list[Doc]]:
    """The resources without what ``Defaults`` say of them, and those ``Defaults``.

    A field is shared where every resource of a kind and namespace has it, and most of them the same value: where one
    lacks it, it would be managed from then on. Manifests that are there must have it for themselves.
    """
    families: dict[Family, list[Imported]] = defaultdict(list)
    for one in imported:
        families[one.address.kind, one.address.namespace].append(one)
    shared = {
        family: _shared(members, [r for r in described if _is_of(r, family)])
        for family, members in families.items()
        if len(members) >= FEWEST and not _is_covered(members, defaults)
    }
    shared = {family: spec for family, spec in shared.items() if spec}
    lean = [_without(one, shared.get((one.address.kind, one.address.namespace), {})) for one in imported]
    return lean, list(_documents(shared, families))


def _shared(members: Sequence[Imported], described: Sequence[Resource]) -> dict[str, Any]:
    """Fields that all have, each with the value that most of them have."""
    out: dict[str, Any] = {}
    for name in members[0].portrait.spec:
        values = [one.portrait.spec[name] for one in members if name in one.portrait.spec]
        plain = all(isinstance(v, str | bool | int) for v in values)
        written = all(_says(resource, name) for resource in described)
        if name in OWN or len(values) < len(members) or not plain or not written:
            continue
        text, count = Counter(json.dumps(v) for v in values).most_common(1)[0]
        if count >= FEWEST and count * 2 > len(values):
            out[name] = json.loads(text)
    return out


def _says(resource: Resource, field: str) -> bool:
    spec = resource.spec
    return any(
        (f.alias or n) == field and n in spec.model_fields_set for n, f in type(spec).model_fields.items()
    )


def _is_of(resource: Resource, family: Family) -> bool:
    address = resource.address
    return (address.kind, address.namespace.casefold()) == (family[0], family[1].casefold())


def _is_covered(members: Sequence[Imported], defaults: Sequence[Default]) -> bool:
    """Whether somebody's ``Defaults`` are about them already: two of them could contradict each other."""
    return any(
        d.covers(one.address, {}) or (d.labels and one.address.kind in d.kinds)
        for one in members
        for d in defaults
    )


def _without(one: Imported, shared: dict[str, Any]) -> Imported:
    """A manifest beats ``Defaults``: where its value is another one, it stays. So does what is remarked upon."""
    remarked = {at[0] for at in one.portrait.comments}
    kept = {k: v for k, v in one.portrait.spec.items() if k not in shared or shared[k] != v or k in remarked}
    return replace(one, portrait=replace(one.portrait, spec=kept), whole=one.portrait.spec)


def _documents(shared: dict[Family, dict[str, Any]], families: dict[Family, list[Imported]]) -> Iterable[Doc]:
    """One document for each namespace and spec, about all kinds that have it."""
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (kind, namespace), spec in shared.items():
        same[namespace, json.dumps(spec)].append(kind)
    for (namespace, text), kinds in same.items():
        count = sum(len(families[kind, namespace]) for kind in kinds)
        match = {"kind": kinds if len(kinds) > 1 else kinds[0], "name": f"{namespace}/*"}
        data = {"apiVersion": API_VERSION, "kind": DEFAULTS, "match": match, "spec": json.loads(text)}
        said = f"what most of {count} have; a manifest that says something else wins"
        yield Doc(DEFAULTS, document(data, {("spec",): said}), 0)
