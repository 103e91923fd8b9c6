"""From a tree of nodes to plain data and marks. Iterative, and every alias is paid for from a budget."""

from __future__ import annotations

from typing import Any

from hfops.manifest.document import Document
from hfops.manifest.nodes import MAX_DEPTH, Budget, Edge, Map, Node, Scalar, Sequence, too_deep
from hfops.model.source import Mark, Path


class _Places:
    """The marks and raw texts of one document, gathered while its data is built."""

    def __init__(self) -> None:
        self.marks: dict[Path, Mark] = {}
        self.key_marks: dict[Path, Mark] = {}
        self.raw: dict[Path, str] = {}

    def note(self, path: Path, edge: Edge) -> None:
        self.marks[path] = edge.mark
        if edge.key_mark:
            self.key_marks[path] = edge.key_mark
        if isinstance(edge.node, Scalar) and edge.node.raw is not None:
            self.raw[path] = edge.node.raw


def expand(root: Map, file: str, index: int, budget: Budget) -> Document:
    """The document of a finished tree. Every use of an anchor gets its own copy of the data.

    Raises ``Stop`` where aliases make it too large or too deep.
    """
    places, data = _Places(), dict[str, Any]()
    places.marks[()] = root.mark
    work: list[tuple[Node, Any, Path, bool]] = [(root, data, (), False)]
    while work:
        node, value, path, aliased = work.pop()
        if len(path) >= MAX_DEPTH:
            raise too_deep(node.mark)
        for key, edge in _children(node):
            copied = aliased or edge.aliased
            if copied:
                budget.spend(1, edge.mark)
            below = (*path, key)
            places.note(below, edge)
            child = _shell(edge.node)
            _put(value, key, child)
            if not isinstance(edge.node, Scalar):
                work.append((edge.node, child, below, copied))
    return Document(file, index, data, places.marks, places.key_marks, places.raw)


def _children(node: Node) -> list[tuple[str | int, Edge]]:
    if isinstance(node, Sequence):
        return list(enumerate(node.items))
    return list(node.entries.items()) if isinstance(node, Map) else []


def _shell(node: Node) -> Any:
    """A scalar's value, or the empty collection to be filled."""
    if isinstance(node, Scalar):
        return node.value
    return [] if isinstance(node, Sequence) else {}


def _put(into: Any, key: str | int, value: Any) -> None:
    if isinstance(key, int):
        into.append(value)
    else:
        into[key] = value
