"""Specs laid over each other: what a manifest writes, over what ``Defaults`` say. Every value keeps its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hfops.manifest.document import Document, shown_path
from hfops.model.problem import Problem
from hfops.model.source import Mark, Path

SPEC: Final = "spec"
KEYS: Final = (("type", "id"), ("type", "name"), ("name",), ("path",), ("mountPath",))
"""What tells the entries of a keyed list apart: the first of these that every entry has. The Hub's ids have no case."""
WHOLE: Final = frozenset({"from", "gating", "image", "job", "measure"})
"""Fields whose maps are one value, and not merged by key."""
NAMES: Final = frozenset({"variables", "secrets", "env"})
"""Fields whose maps have names that people choose: one may be called ``env``."""
SOURCES: Final = frozenset({"env", "file", "command", "resource"})
REFERENCE: Final = SOURCES | {"field", "version", "description"}
"""What a value by reference is told by, and all that it may hold."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One document's spec. The higher ``rank`` wins; of two with the same rank, neither may say what the other denies."""

    document: Document
    rank: float
    source: str


@dataclass(slots=True)
class _Node:
    """A value, its places, and whose it is. ``value`` is a map of nodes, a list of nodes, or plain."""

    value: Any
    layer: Layer
    path: Path
    """Where it stands in its own document."""

    @property
    def mark(self) -> Mark:
        return self.layer.document.mark(self.path)

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        return [v.plain() for v in self.value] if isinstance(self.value, list) else self.value


@dataclass(frozen=True, slots=True)
class Merged:
    """The document with its whole spec. ``sources`` names the source of every value that is not its own."""

    document: Document
    sources: Mapping[Path, str]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Merger:
    problems: list[Problem] = field(default_factory=list)

    def over(self, top: _Node, base: _Node) -> _Node:
        """``top`` wins, except inside maps and keyed lists, which are merged by key."""
        maps = isinstance(top.value, dict) and isinstance(base.value, dict)
        if maps and not (_is_whole(top) or _is_whole(base)):
            return replace(top, value=self._maps(top.value, base.value))  # both are maps
        if isinstance(top.value, list) and isinstance(base.value, list):
            keys = _key_fields([*top.value, *base.value])
            if keys:
                return replace(top, value=self._lists(top.value, base.value, keys))
        if top.layer.rank == base.layer.rank and top.plain() != base.plain():
            self._contradiction(top, base)
        return top

    def _maps(self, top: dict[str, _Node], base: dict[str, _Node]) -> dict[str, _Node]:
        both = {k: self.over(v, base[k]) if k in base else v for k, v in top.items()}
        return both | {k: v for k, v in base.items() if k not in top}

    def _lists(self, top: list[_Node], base: list[_Node], keys: tuple[str, ...]) -> list[_Node]:
        others = {_key(node, keys): node for node in base}
        out = [self.over(n, others.pop(_key(n, keys))) if _key(n, keys) in others else n for n in top]
        return out + list(others.values())

    def _contradiction(self, one: _Node, other: _Node) -> None:
        message = f"two Defaults of the same priority say different things, the other at {other.mark}"
        hint = "give one of them a higher priority, or write the value in the manifest"
        self.problems.append(Problem(message, one.mark, path=shown_path(one.path), hint=hint))


def laid(own: Document, below: Sequence[Layer]) -> Merged:
    """``own`` over ``below``, the highest rank first."""
    if not below:
        return Merged(own, {})
    merger = _Merger()
    mine = Layer(own, float("inf"), "")
    node = _tree(own.data.get(SPEC) or {}, mine, (SPEC,))
    for layer in sorted(below, key=lambda one: -one.rank):
        node = merger.over(node, _tree(layer.document.data.get(SPEC) or {}, layer, (SPEC,)))
    marks, keys, raw = dict(own.marks), dict(own.key_marks), dict(own.raw)
    sources: dict[Path, str] = {}
    for path, found in _walk(node, (SPEC,)):
        theirs = found.layer.document
        if found.layer is not mine:
            sources[path] = found.layer.source
        if found.path == path and found.layer is mine:
            continue
        marks[path] = theirs.mark(found.path)
        keys[path] = theirs.key_mark(found.path)
        raw.pop(path, None)
        if found.path in theirs.raw:
            raw[path] = theirs.raw[found.path]
    data = {**own.data, SPEC: node.plain()}
    document = replace(own, data=data, marks=marks, key_marks=keys, raw=raw)
    return Merged(document, sources, tuple(merger.problems))


def _tree(value: Any, layer: Layer, path: Path) -> _Node:
    if isinstance(value, Mapping):
        return _Node({k: _tree(v, layer, (*path, k)) for k, v in value.items()}, layer, path)
    if isinstance(value, list):
        return _Node([_tree(v, layer, (*path, i)) for i, v in enumerate(value)], layer, path)
    return _Node(value, layer, path)


def _walk(node: _Node, path: Path) -> Iterator[tuple[Path, _Node]]:
    yield path, node
    if isinstance(node.value, dict):
        for key, below in node.value.items():
            yield from _walk(below, (*path, key))
    elif isinstance(node.value, list):
        for index, below in enumerate(node.value):
            yield from _walk(below, (*path, index))


def _is_whole(node: _Node) -> bool:
    """Whether a map is one value: a reference, or one of several forms, of which two halves make none."""
    if node.path[-1] in NAMES:
        return False
    keys = set(node.value)
    return node.path[-1] in WHOLE or (bool(keys & SOURCES) and keys <= REFERENCE)


def _key_fields(entries: Sequence[_Node]) -> tuple[str, ...] | None:
    """What tells these entries apart; None where the list is no keyed one."""
    maps = [n.value for n in entries if isinstance(n.value, dict)]
    if not entries or len(maps) < len(entries):
        return None
    return next((keys for keys in KEYS if all(k in m for m in maps for k in keys)), None)


def _key(node: _Node, keys: tuple[str, ...]) -> tuple[str, ...]:
    texts = tuple(str(node.value[k].plain()) for k in keys)
    return tuple(t.casefold() for t in texts) if keys[0] == "type" else texts
