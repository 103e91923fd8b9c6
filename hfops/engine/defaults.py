"""``Defaults`` documents, taken in and laid under the resources that they are about. Offline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.kinds.registry import KINDS
from hfops.manifest.bind import bind, suggest
from hfops.manifest.defaults import (
    DEFAULTS,
    Default,
    DefaultsEnvelope,
    beside,
    default_of,
    layers,
    namespaces,
)
from hfops.manifest.document import Document, shown_path
from hfops.manifest.layers import Merged, laid
from hfops.model.address import Address
from hfops.model.problem import Problem

REPOS = ("Model", "Dataset", "Space")
"""What ``existing: true`` may be about."""


def defaults_of(
    documents: Iterable[Document], namespace: str | None
) -> tuple[tuple[Default, ...], list[Problem]]:
    """All ``Defaults`` among the documents, and what is wrong with them. ``namespace`` is for names without one."""
    found: list[Default] = []
    problems: list[Problem] = []
    for document in documents:
        if document.data.get("kind") != DEFAULTS:
            continue
        outer = bind(DefaultsEnvelope, document, address=DEFAULTS)
        if isinstance(outer, list):
            problems.extend(outer)
            continue
        default = default_of(outer, document, namespace)
        wrong = list(_wrong(default))
        problems.extend(wrong)
        if not wrong:
            found.append(default)
    return tuple(found), problems


def inherited(document: Document, kind: str, defaults: Sequence[Default], namespace: str | None) -> Merged:
    """A resource's document over the ``Defaults`` that are about it."""
    metadata = document.data.get("metadata")
    address = _address(kind, metadata, namespace) if isinstance(metadata, Mapping) else None
    if address is None or not defaults:
        return Merged(document, {})
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return laid(document, layers(defaults, address, labels if isinstance(labels, Mapping) else {}))


def hinted(problems: Iterable[Problem], merged: Merged, *, alone: bool) -> Iterator[Problem]:
    """What is wrong with a spec, with a word on what it inherits where that may be the reason.

    ``alone``: what the manifest itself writes is fine.
    """
    fields = {path[1] for path in merged.sources if len(path) > 1}
    said = "part of this is inherited from Defaults; null in the manifest cancels a value"
    for problem in problems:
        parts = re.split(r"[.\[]", problem.path or "")
        if fields and (alone or len(parts) < 2 or parts[1] in fields):
            yield replace(problem, hint=f"{problem.hint}; {said}" if problem.hint else said)
        else:
            yield problem


def idle(
    defaults: Sequence[Default], resources: Iterable[tuple[Address, Mapping[str, str]]]
) -> Iterator[Problem]:
    """``Defaults`` that are about nothing: more likely a typing error than a wish."""
    known = list(resources)
    for default in defaults:
        if not default.existing and not any(default.covers(a, labels) for a, labels in known):
            yield default.document.problem("these Defaults are about no resource here", ("match",))


def _address(kind: str, metadata: Mapping[str, Any], namespace: str | None) -> Address | None:
    name, own = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str):
        return None
    text = name if "/" in name else f"{own or namespace or ''}/{name}"
    try:
        return Address.parse(f"{kind}/{text}")
    except ValueError:
        return None


def _wrong(default: Default) -> Iterator[Problem]:
    """What is wrong with the rule itself; its values are checked in every resource that inherits them."""
    document = default.document
    spec = document.data.get("spec") or {}
    for kind in default.kinds:
        if kind not in KINDS:
            near = suggest(kind, KINDS)
            hint = f"did you mean {near!r}?" if near else f"one of {', '.join(KINDS)}"
            yield _problem(document, f"unknown kind {kind!r}", ("match", "kind"), hint)
            return
        fields = {f.alias or n for n, f in KINDS[kind].spec.model_fields.items()}
        for name in spec:
            if name not in fields:
                near = suggest(name, fields)
                hint = f"did you mean {near!r}?" if near else "name only kinds that have it in match.kind"
                yield _problem(document, f"a {kind} has no field {name!r}", ("spec", name), hint)
    for path in beside(spec):
        hint = "name files from the project's root: no ./ here"
        yield _problem(document, "Defaults lie beside no manifest", path, hint)
    if default.existing:
        yield from _wrong_for_existing(default)


def _wrong_for_existing(default: Default) -> Iterator[Problem]:
    document = default.document
    if default.labels:
        hint = "leave out labels, or existing"
        yield _problem(document, "what lives on the Hub has no labels", ("match", "labels"), hint)
    if None in namespaces(default):
        hint = 'as in name: "acme/*"'
        message = "existing: true needs names in a namespace"
        yield _problem(document, message, ("match", "name"), hint)
    for kind in default.kinds:
        if kind not in REPOS:
            message = f"existing: true is about {', '.join(REPOS)}, not about {kind}"
            yield _problem(document, message, ("match", "kind"))


def _problem(
    document: Document, message: str, path: tuple[str | int, ...], hint: str | None = None
) -> Problem:
    return Problem(message, document.mark(path), DEFAULTS, shown_path(path), hint)
