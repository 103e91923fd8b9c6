"""The YAML of a card's front matter: read as the Hub's pages read it, written so that every parser reads the same.

One normal form: JSON. Dates, ``yes`` and ``no`` are strings, as in manifests; the words of YAML 1.2 are its numbers,
booleans and null.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_NODES = 100_000
"""Values in one front matter, aliases counted each time."""

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,1000}")
_BASED = re.compile(r"0o[0-7]{1,1000}|0x[0-9a-fA-F]{1,1000}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_STANDARD = "tag:yaml.org,2002:"
_PLAIN = "!plain"
_MERGE = "<<"
_BREAKS = re.compile("[\x85\u2028\u2029]")


class CardError(ValueError):
    """Front matter that cannot be read, and so is not written over."""


class _Reader(yaml.SafeLoader):
    """PyYAML's parser, with plain scalars left to ``_scalar``."""


_Reader.yaml_implicit_resolvers = {}
_Reader.add_implicit_resolver(_PLAIN, re.compile("", re.DOTALL), None)


class _Writer(yaml.SafeDumper):
    """Block style, no anchors; strings that any parser would take for something else are quoted."""

    def ignore_aliases(self, data: object) -> bool:
        """Every value is written out."""
        del data
        return True


for _pattern in (_INT, _BASED, _FLOAT):
    _Writer.add_implicit_resolver("!number", re.compile(rf"(?:{_pattern.pattern})\Z"), list("-+.0123456789"))


def _text(writer: yaml.SafeDumper, text: str) -> ScalarNode:
    """Quoted where YAML counts line ends that other readers of the text do not."""
    style = '"' if _BREAKS.search(text) else None
    return writer.represent_scalar(_STANDARD + "str", text, style=style)


_Writer.add_representer(str, _text)


def tree(text: str) -> MappingNode | None:
    """The nodes of a front matter; None where it is empty. Raises CardError unless it is a mapping."""
    try:
        root = yaml.compose(text, Loader=_Reader)
    except yaml.YAMLError as error:
        raise CardError(f"its front matter is no YAML: {_sentence(error)}") from None
    except RecursionError:
        raise CardError("its front matter is nested too deep") from None
    if root is None or (isinstance(root, ScalarNode) and root.tag == _PLAIN and root.value in _WORDS):
        return None
    if not isinstance(root, MappingNode):
        raise CardError("its front matter is no mapping of keys")
    return root


def plain(root: MappingNode | None) -> dict[str, Any]:
    """A front matter as JSON. Raises CardError for what JSON cannot hold, and for keys given twice."""
    if root is None:
        return {}
    try:
        found = _Plain().mapping(root)
    except RecursionError:
        raise CardError("its front matter is nested too deep") from None
    return found


def key_of(node: Node) -> str:
    """A key as JSON spells it: keys are strings there."""
    if not isinstance(node, ScalarNode):
        raise CardError(f"its front matter has a key that is no text, at line {node.start_mark.line + 1}")
    value = _scalar(node)
    return value if isinstance(value, str) else json.dumps(value)


class _Plain:
    """Nodes to JSON, within bounds."""

    def __init__(self) -> None:
        self._count = 0
        self._open: set[int] = set()

    def value(self, node: Node) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise CardError(f"its front matter holds more than {MAX_NODES:,} values")
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            raise CardError("its front matter holds itself")
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(item) for item in _checked(node, "seq").value]
            assert isinstance(node, MappingNode)
            return self.mapping(node)
        finally:
            self._open.discard(id(node))

    def mapping(self, node: MappingNode) -> dict[str, Any]:
        out: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in _checked(node, "map").value:
            if isinstance(key_node, ScalarNode) and key_node.tag == _PLAIN and key_node.value == _MERGE:
                merged = {**self._merged(value_node), **merged}
                continue
            key = key_of(key_node)
            if key in out:
                raise CardError(f"its front matter has the key {key!r} twice")
            out[key] = self.value(value_node)
        return {**merged, **out}

    def _merged(self, node: Node) -> dict[str, Any]:
        found = self.value(node)
        parts = found if isinstance(found, list) else [found]
        out: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                raise CardError("its front matter merges (<<) what is no mapping")
            out = {**part, **out}
        return out


def _checked(node: Node, sort: str) -> Node:
    if node.tag != _STANDARD + sort:
        raise CardError(f"its front matter has a tag that JSON knows nothing of: {node.tag}")
    return node


def _scalar(node: ScalarNode) -> Any:
    text = str(node.value)
    if node.tag == _STANDARD + "str":
        return text
    value = _resolved(text)
    if node.tag == _PLAIN:
        return value
    sort = node.tag.removeprefix(_STANDARD)
    if sort == "float" and type(value) is int:
        return float(value)
    if type(value).__name__.replace("NoneType", "null") != sort:
        raise CardError(f"its front matter has a tag that JSON knows nothing of: {node.tag}")
    return value


def _resolved(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def written(data: Mapping[str, Any]) -> str:
    """A mapping as block YAML, one line end after each line."""
    return str(
        yaml.dump(
            dict(data), Dumper=_Writer, default_flow_style=False, sort_keys=False, allow_unicode=True,
            width=2**31,
        )
    )  # fmt: skip


def why_anew(text: str) -> str:
    """What keeps a front matter from being edited line by line."""
    found = {type(token) for token in yaml.scan(text, Loader=_Reader)}
    if yaml.AnchorToken in found or yaml.AliasToken in found:
        return "it uses anchors"
    if yaml.FlowMappingStartToken in found:
        return "it is written in braces"
    return "it is laid out in a way that lines do not show"


def canonical(value: Any) -> str:
    """What two values have in common that mean the same: order of keys and ``1`` for ``1.0`` do not count."""
    return json.dumps(_numbers(value), sort_keys=True, ensure_ascii=True)


def _numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {k: _numbers(v) for k, v in value.items()}
    return [_numbers(v) for v in value] if isinstance(value, list | tuple) else value


def _sentence(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    return f"{problem} at line {mark.line + 1}" if mark else str(problem)
