"""Editing the text of one document, change by change, each at its own place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from hfops.manifest.editing import block, flow, words
from hfops.manifest.editing.block import CROWDED
from hfops.manifest.editing.errors import BY_HAND, EditError
from hfops.manifest.editing.paths import (
    REMOVED,
    Edit,
    Exact,
    Order,
    at,
    changed,
    exact,
    permutation,
    same,
    settled,
)
from hfops.manifest.editing.replace import Place, place_in_list, place_in_mapping, replaced
from hfops.manifest.editing.splice import Splice, newline_of, spliced
from hfops.manifest.editing.tree import Listing, Mapping, Node, along, tree
from hfops.manifest.yaml import parse


def read(text: str) -> dict[str, Any]:
    """The data of a text that holds one document. Raises EditError."""
    documents, problems = parse(text, "")
    if problems or len(documents) != 1:
        raise EditError(problems[0].message if problems else "it is not one document", BY_HAND)
    return documents[0].data


def edited(text: str, edit: Edit, newline: str | None = None) -> str:
    """The text of one document after ``edit``; everything else in it stays, to the byte.

    Read again, it is exactly the old data with the edit. Raises EditError where that cannot be had.
    """
    data = read(text)
    expected = changed(data, edit)
    try:
        page = _Page(text, newline or newline_of(text))
        if isinstance(edit.value, Order):
            where, _ = settled(data, edit)
            page.permute(where, permutation(at(data, exact(data, edit.path)[0]), edit.value))
        else:
            page.settle(*settled(data, edit))
        found = read(page.text)
    except (yaml.YAMLError, ValueError, IndexError):
        raise CROWDED from None
    if not same(found, expected):
        raise CROWDED
    return page.text


@dataclass(slots=True)
class _Page:
    """A text on its way from old to new. Each step reads it anew: places move."""

    text: str
    newline: str

    def settle(self, where: Exact, value: Any) -> None:
        """Make ``value`` stand at ``where``, whose surroundings are there, touching only what differs."""
        around = at(read(self.text), where[:-1]) if where else None
        if value is REMOVED:
            self._remove(where)
        elif where and isinstance(around, dict) and where[-1] not in around:
            self._add(where[:-1], str(where[-1]), value)
        else:
            self._change(where, at(around, where[-1:]) if where else read(self.text), value)

    def _change(self, where: Exact, old: Any, value: Any) -> None:
        if same(old, value):
            return
        if isinstance(old, dict) and isinstance(value, dict) and (value or not where) and old:
            for key in [k for k in old if k not in value]:
                self._remove((*where, key))
            for key in value:
                if key not in old or not same(old[key], value[key]):
                    self.settle((*where, key), value[key])
        elif isinstance(old, list) and isinstance(value, list) and value and old:
            self._change_list(where, old, value)
        else:
            self._splice(replaced(self.text, self._place(where), value, self.newline))

    def _change_list(self, where: Exact, old: list[Any], value: list[Any]) -> None:
        before, after = [_key(v) for v in old], [_key(v) for v in value]
        if Counter(before) == Counter(after):
            self.permute(where, _moves(before, after))
            return
        for i1, i2, j1, j2 in reversed(_differing(before, after)):
            paired = min(i2 - i1, j2 - j1)
            for index in reversed(range(i1 + paired, i2)):
                self._remove((*where, index))
            for offset in range(paired, j2 - j1):
                self._insert(where, i1 + offset, value[j1 + offset])
            for offset in range(paired):
                self._change((*where, i1 + offset), old[i1 + offset], value[j1 + offset])

    def permute(self, where: Exact, order: Sequence[int]) -> None:
        """Put the entries of a list in another order."""
        node = self._nodes(where)[-1]
        if not isinstance(node, Listing):
            raise CROWDED
        self._splice((flow.swap if node.flow else block.reorder)(self.text, node, order))

    def _add(self, where: Exact, key: str, value: Any) -> None:
        node = self._nodes(where)[-1]
        if not isinstance(node, Mapping):
            raise CROWDED
        if node.flow:
            written = f"{words.scalar(key, flow=True)}: {words.flow(value)}"
            self._splice(flow.append(self.text, node, written, self.newline))
        else:
            self._splice(block.add_key(self.text, node, key, value, self.newline))

    def _insert(self, where: Exact, index: int, value: Any) -> None:
        node = self._nodes(where)[-1]
        if not isinstance(node, Listing):
            raise CROWDED
        if not node.items:
            self._splice(replaced(self.text, self._place(where), [value], self.newline))
        elif not node.flow:
            self._splice(block.insert_item(self.text, node, index, value, self.newline))
        elif index < len(node.items):
            self._splice(flow.insert(node, index, words.flow(value)))
        else:
            self._splice(flow.append(self.text, node, words.flow(value), self.newline))

    def _remove(self, where: Exact) -> None:
        *_, node, _gone = self._nodes(where)
        step = where[-1]
        if isinstance(node, Mapping):
            index, count, brackets = node.find(str(step)), len(node.pairs), "{}"
        else:
            assert isinstance(node, Listing)
            index, count, brackets = int(step), len(node.items), "[]"
        assert index is not None
        if node.flow:
            self._splice(flow.remove(self.text, node, index))
        elif count > 1:
            remove = block.remove_key(self.text, node, index) if isinstance(node, Mapping) else None
            self._splice(
                remove if remove is not None else block.remove_item(self.text, _listing(node), index)
            )
        else:
            self._splice(block.emptied(self.text, node, self._place(where[:-1]).mark, brackets))

    def _place(self, where: Exact) -> Place:
        nodes = self._nodes(where)
        if len(nodes) < 2:
            raise CROWDED
        around, step = nodes[-2], where[-1]
        if isinstance(around, Listing):
            return place_in_list(self.text, around, int(step))
        assert isinstance(around, Mapping)
        index = around.find(str(step))
        assert index is not None
        return place_in_mapping(self.text, around, around.pairs[index])

    def _nodes(self, where: Exact) -> list[Node]:
        return list(along(tree(self.text), where))

    def _splice(self, splices: Sequence[Splice]) -> None:
        self.text = spliced(self.text, splices)


def _listing(node: Node) -> Listing:
    assert isinstance(node, Listing)
    return node


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _differing(before: list[str], after: list[str]) -> list[tuple[int, int, int, int]]:
    """The stretches that differ, in ascending order: where they are in ``before``, and in ``after``."""
    most = min(len(before), len(after))
    head = next((i for i in range(most) if before[i] != after[i]), most)
    tail = next((i for i in range(most - head) if before[-1 - i] != after[-1 - i]), most - head)
    one, other = before[head : len(before) - tail], after[head : len(after) - tail]
    found = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return [(head + a, head + b, head + c, head + d) for tag, a, b, c, d in found if tag != "equal"]


def _moves(before: list[str], after: list[str]) -> list[int]:
    """For each place of ``after``, which entry of ``before`` comes there."""
    left: dict[str, list[int]] = {}
    for index, key in enumerate(before):
        left.setdefault(key, []).append(index)
    return [left[key].pop(0) for key in after]
