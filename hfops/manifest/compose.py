"""From YAML events to trees of nodes, with an explicit stack: 20,000 levels are an error, not a crash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from hfops.manifest.document import shown_path
from hfops.manifest.nodes import MAX_DEPTH, Budget, Edge, Map, Node, Scalar, Sequence, Stop, too_deep
from hfops.manifest.scalars import TAGS, resolve, tagged
from hfops.manifest.source import Source
from hfops.manifest.text import clip, double, found, single
from hfops.model.problem import Problem
from hfops.model.source import Mark, Path

_HALF: Final = re.compile("[\ud800-\udfff]")
_TAG_KINDS: Final = {Scalar: "str, int, float, bool or null", Sequence: "seq", Map: "map"}


@dataclass(slots=True)
class _Key:
    """A key whose value comes next; ``name`` is None where the value is read and dropped."""

    name: str | None
    mark: Mark
    merge: bool = False


@dataclass(slots=True)
class _Frame:
    """A collection that is being read."""

    node: Sequence | Map
    path: Path
    key: _Key | None = None
    seen: dict[str, Mark] = field(default_factory=dict)
    merged: list[Map] = field(default_factory=list)


class Composer:
    """Reads the documents of one source; what is wrong but can be passed over is gathered in ``problems``."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._budget = budget
        self._anchors: dict[str, Node] = {}
        self._stack: list[_Frame] = []
        self._root: Node | None = None

    def documents(self, events: Iterator[yaml.Event]) -> Iterator[Node]:
        """The root node of each document. Raises ``Stop`` and YAMLError; what came before was yielded."""
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors, self._root = {}, None
            elif isinstance(event, yaml.DocumentEndEvent) and self._root is not None:
                yield self._root
            elif isinstance(event, yaml.NodeEvent):
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()

    def _start(self, event: yaml.NodeEvent) -> None:
        mark = self._source.mark(event.start_mark.index if event.start_mark else 0)
        if isinstance(event, yaml.AliasEvent):
            self._attach(self._alias(event.anchor or "", mark), mark, aliased=True)
            return
        node = self._node(event, mark)
        if event.anchor:
            self._anchors[event.anchor] = node
        if isinstance(node, Scalar):
            self._attach(node, mark)
            return
        if len(self._stack) >= MAX_DEPTH:
            raise too_deep(mark)
        self._stack.append(_Frame(node, self._here()))

    def _node(self, event: yaml.NodeEvent, mark: Mark) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, mark)
        node: Node = Sequence(mark) if isinstance(event, yaml.SequenceStartEvent) else Map(mark)
        if (tag := getattr(event, "tag", None)) and TAGS.get(tag) != _TAG_KINDS[type(node)]:
            self._bad_tag(tag, node, mark)
        return node

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Scalar:
        text, tag = event.value, event.tag
        if not text.isascii() and _HALF.search(text):  # PyYAML without its C parser lets the escape pass
            self._wrong("half a surrogate pair is not a character", mark, "write the whole character")
            text = _HALF.sub("\ufffd", text)
        if tag is not None:
            return Scalar(mark, self._tagged(text, tag, mark))
        if not event.implicit[0]:
            return Scalar(mark, text)
        value = resolve(text)
        return Scalar(mark, value, None if isinstance(value, str) else text, plain=True)

    def _tagged(self, text: str, tag: str, mark: Mark) -> str | float | bool | None:
        name = TAGS.get(tag)
        if name is None or name in ("map", "seq"):
            self._bad_tag(tag, Scalar(mark, text), mark)
            return text
        try:
            return tagged(text, name)
        except ValueError:
            self._wrong(f"{double(text)} is not a !!{name}", mark)
            return text

    def _bad_tag(self, tag: str, node: Node, mark: Mark) -> None:
        short = f"!!{tag.removeprefix('tag:yaml.org,2002:')}" if tag.startswith("tag:yaml.org,2002:") else tag
        if tag in TAGS:
            self._wrong(f"the tag {short} does not fit here", mark, f"expected {_TAG_KINDS[type(node)]}")
        else:
            self._wrong(
                f"the tag {clip(short)} is not supported",
                mark,
                "leave it out; quote text that begins with '!'",
            )

    def _alias(self, name: str, mark: Mark) -> Node:
        node = self._anchors.get(name)
        if node is None:
            self._wrong(f"no anchor {single('&' + name)} stands before this alias", mark)
            return Scalar(mark, None)
        if not isinstance(node, Scalar) and node.open:
            raise Stop(
                Problem(
                    f"the anchor {single('&' + name)} contains itself", mark, None, shown_path(self._here())
                )
            )
        return node

    def _end(self) -> None:
        frame = self._stack.pop()
        frame.node.open = False
        if isinstance(frame.node, Map):
            self._merge(frame.node, frame.merged)
        self._attach(frame.node, frame.node.mark)

    def _attach(self, node: Node, mark: Mark, *, aliased: bool = False) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        if isinstance(frame.node, Sequence):
            frame.node.items.append(Edge(node, mark, aliased))
        elif frame.key is None:
            frame.key = self._key(frame, node, mark)
        else:
            self._value(frame, frame.node, Edge(node, mark, aliased, frame.key.mark), frame.key)
            frame.key = None

    def _key(self, frame: _Frame, node: Node, mark: Mark) -> _Key:
        if not isinstance(node, Scalar):
            what = "a list" if isinstance(node, Sequence) else "a mapping"
            self._wrong(
                f"a key must be a string, found {what}", mark, "templates belong in a file named *.yaml.j2"
            )
            return _Key(None, mark)
        if not isinstance(node.value, str):
            text = node.raw or ""
            self._wrong(
                f"a key must be a string, found {found(node.value, text)}",
                mark,
                f'write it in quotes: "{text}"',
            )
            return _Key(None, mark)
        if first := frame.seen.get(node.value):
            place = shown_path((*frame.path, node.value))
            hint = f"first at line {first.line}"
            self.problems.append(Problem(f"duplicate key {single(node.value)}", mark, None, place, hint))
            return _Key(None, mark)
        frame.seen[node.value] = mark
        return _Key(node.value, mark, merge=node.plain and node.value == "<<")

    def _value(self, frame: _Frame, into: Map, edge: Edge, key: _Key) -> None:
        if key.merge:
            frame.merged += self._sources(edge)
        elif key.name is not None:
            into.entries[key.name] = edge

    def _sources(self, edge: Edge) -> list[Map]:
        """The mappings that ``<<`` names."""
        nodes = [e.node for e in edge.node.items] if isinstance(edge.node, Sequence) else [edge.node]
        maps = [n for n in nodes if isinstance(n, Map)]
        if len(maps) != len(nodes):
            self._wrong("'<<' merges mappings, found something else", edge.mark, "write <<: *anchor")
        return maps

    def _merge(self, into: Map, merged: list[Map]) -> None:
        """Explicit keys win, then the earlier mapping."""
        for other in merged:
            self._budget.spend(len(other.entries), into.mark)
            for key, edge in other.entries.items():
                into.entries.setdefault(key, Edge(edge.node, edge.mark, aliased=True, key_mark=edge.key_mark))

    def _here(self) -> Path:
        """The path of the value that is being read."""
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if isinstance(frame.node, Sequence):
            return (*frame.path, len(frame.node.items))
        return (*frame.path, frame.key.name) if frame.key and frame.key.name is not None else frame.path

    def _wrong(self, message: str, mark: Mark, hint: str | None = None) -> None:
        self.problems.append(Problem(message, mark, None, shown_path(self._here()), hint))
