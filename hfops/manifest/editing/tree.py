"""A document's nodes with the places of their text: offsets, where ``compose`` has lines and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeVar

import yaml

from hfops.manifest.editing.errors import BY_HAND, EditError

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Only its events are used."""

N = TypeVar("N", bound="Node")
_KEEP = re.compile(r"[|>][0-9]?\+|[|>]\+")


@dataclass(slots=True)
class Node:
    """From ``start``, anchor and tag included, to ``end``: right after the last character of the value.

    ``alias`` stands for another node; ``shared`` is named by an alias. ``props``: it has an anchor or a tag.
    """

    start: int
    end: int
    alias: bool = False
    shared: bool = False
    props: bool = False


@dataclass(slots=True)
class Leaf(Node):
    """A scalar. ``style`` is its quote, ``|`` or ``>``; empty where it is plain."""

    text: str = ""
    style: str = ""

    @property
    def block(self) -> bool:
        """Whether it stands on lines of its own."""
        return self.style in ("|", ">")


@dataclass(slots=True)
class Pair:
    """A key and its value."""

    key: Leaf
    value: Node

    @property
    def start(self) -> int:
        """Where the key begins."""
        return self.key.start

    @property
    def end(self) -> int:
        """Where the value ends."""
        return max(self.key.end, self.value.end)


@dataclass(slots=True)
class Mapping(Node):
    """A mapping; ``flow`` in braces, else one key to a line."""

    flow: bool = False
    pairs: list[Pair] = field(default_factory=list)

    def find(self, key: str) -> int | None:
        """The number of the pair with a key."""
        return next((n for n, p in enumerate(self.pairs) if p.key.text == key), None)


@dataclass(slots=True)
class Listing(Node):
    """A list; ``flow`` in brackets, else one ``-`` to an entry."""

    flow: bool = False
    items: list[Node] = field(default_factory=list)


Collection = Mapping | Listing


def spans(text: str) -> list[tuple[int, int]]:
    """The documents of a text, from offset to offset; together they are all of it.

    Raises yaml.YAMLError.
    """
    events = yaml.parse(text, Loader=LOADER)
    starts = [_marks(e)[0] for e in events if isinstance(e, yaml.DocumentStartEvent)]
    return list(pairwise([0, *starts[1:], len(text)]))


def tree(text: str) -> Mapping:
    """The root of a text that holds one document, which is a mapping."""
    builder = _Builder(text)
    for event in yaml.parse(text, Loader=LOADER):
        builder.take(event)
    assert isinstance(builder.root, Mapping)
    builder.share()
    return builder.root


@dataclass(slots=True)
class _Open:
    """A collection that is being read; ``key`` waits for its value."""

    node: Collection
    key: Leaf | None = None


class _Builder:
    def __init__(self, text: str) -> None:
        self.root: Node | None = None
        self._text = text
        self._open: list[_Open] = []
        self._aliased: set[str] = set()
        self._anchored: list[tuple[str, Node]] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._aliased.add(event.anchor or "")
            self._attach(Leaf(*_marks(event), alias=True))
        elif isinstance(event, yaml.ScalarEvent):
            self._attach(self._named(self._leaf(event), event))
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            sort = Listing if isinstance(event, yaml.SequenceStartEvent) else Mapping
            node = sort(*_marks(event), flow=bool(event.flow_style))
            self._named(node, event)
            self._open.append(_Open(node))
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self._open.pop().node
            node.end = self._end(node, event)
            self._attach(node)

    def share(self) -> None:
        """Mark what aliases name."""
        for anchor, node in self._anchored:
            node.shared = anchor in self._aliased

    def _named(self, node: N, event: yaml.NodeEvent) -> N:
        node.props = bool(event.anchor or getattr(event, "tag", None))
        if event.anchor:
            self._anchored.append((event.anchor, node))
        return node

    def _leaf(self, event: yaml.ScalarEvent) -> Leaf:
        start, end = _marks(event)
        leaf = Leaf(start, end, text=event.value, style=event.style or "")
        if leaf.block:
            leaf.end = self._block_end(start, end)
        return leaf

    def _block_end(self, start: int, end: int) -> int:
        """Blank lines at the end belong to the text only where it says to keep them."""
        written = self._text[start:end]
        header = written.partition("\n")[0].partition("#")[0]
        if _KEEP.search(header):
            return start + len(written.removesuffix("\n").removesuffix("\r"))
        return start + len(written.rstrip())

    def _end(self, node: Collection, event: yaml.CollectionEndEvent) -> int:
        if node.flow:
            return _marks(event)[1]
        children = [p.end for p in node.pairs] if isinstance(node, Mapping) else [i.end for i in node.items]
        return max([node.end, *children])

    def _attach(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        around = self._open[-1]
        if isinstance(around.node, Listing):
            around.node.items.append(node)
        elif around.key is None:
            if not isinstance(node, Leaf):
                raise EditError("a key is no text", BY_HAND)
            around.key = node
        else:
            around.node.pairs.append(Pair(around.key, node))
            around.key = None


def _marks(event: yaml.Event) -> tuple[int, int]:
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def children(node: Collection) -> Sequence[Pair | Node]:
    """What a collection holds, in the order of the text."""
    return node.pairs if isinstance(node, Mapping) else node.items


def along(root: Mapping, path: tuple[str | int, ...]) -> Iterator[Node]:
    """The nodes from the root to ``path``. Raises EditError where the way leads through what others share."""
    node: Node = root
    yield _own(node)
    for step in path:
        if isinstance(node, Listing) and isinstance(step, int):
            node = node.items[step]
        elif isinstance(node, Mapping) and isinstance(step, str):
            number = node.find(step)
            if number is None:
                raise EditError(
                    f"{step} comes from a merge (<<)", "write it out where it is meant, or " + BY_HAND
                )
            node = node.pairs[number].value
        yield _own(node)


def _own(node: Node) -> Node:
    if node.alias or node.shared:
        what = "it is an alias (*)" if node.alias else "it has an anchor (&) that others share"
        raise EditError(what, "write the value out in both places, or " + BY_HAND)
    return node
