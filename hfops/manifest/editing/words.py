"""Values as YAML text: on one line, or laid out on lines of their own. Quoted where any parser would misread them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from hfops.manifest.editing.errors import EditError
from hfops.manifest.scalars import resolve

ROOM = 100
"""Columns up to which a list or a mapping goes on one line."""

_PLAIN = re.compile(r"[^\W_](?:[\w ./@+:-]*[\w./@+-])?|/[\w./@+-]*")
_NUMERIC = re.compile(r"0[xob]?[0-9a-fA-F_]*|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[0-9:._]+")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_SINGLE_LINE = re.compile(
    "[\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Laid:
    """A value after ``key:`` or ``-``: what stands on that line (perhaps nothing), and the lines below it."""

    head: str
    below: list[str] = field(default_factory=list)


def laid(value: Any, indent: int, column: int, quote: str = "") -> Laid:
    """A value in block style. ``indent`` is the key's (or dash's) column, ``column`` that of the value on its line."""
    if isinstance(value, str) and _is_literal(value) and not quote:
        pad = " " * (indent + 2)
        lines = value.removesuffix("\n").split("\n")
        return Laid("|" if value.endswith("\n") else "|-", [pad + line if line else "" for line in lines])
    if not isinstance(value, dict | list):
        return Laid(scalar(value, flow=False, quote=quote))
    line = flow(value)
    if not value or column + len(line) <= ROOM:
        return Laid(line)
    return Laid("", list(_lines(value, indent + 2)))


def _lines(value: dict[str, Any] | list[Any], indent: int) -> Iterator[str]:
    pad = " " * indent
    pairs = value.items() if isinstance(value, dict) else [(None, v) for v in value]
    for key, below in pairs:
        head = f"{pad}-" if key is None else f"{pad}{scalar(key, flow=False)}:"
        found = laid(below, indent, len(head) + 1)
        yield f"{head} {found.head}" if found.head else head
        yield from found.below


def flow(value: Any) -> str:
    """A value on one line, as it may stand in braces and brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k, flow=True)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value, flow=True)


def scalar(value: Any, *, flow: bool, quote: str = "") -> str:
    """A scalar on one line; a string with ``quote`` where it can be. Raises EditError for what YAML cannot hold."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if not isinstance(value, str) or _HALF.search(value):
        raise EditError("the value cannot be written in YAML")
    if not quote and _is_plain(value, flow=flow):
        return value
    if quote == "'" or (not quote and ('"' in value or "\\" in value)):
        single = "'" + value.replace("'", "''") + "'"
        if _SINGLE_LINE.fullmatch(value):
            return single
    return '"' + "".join(map(_escaped, value)) + '"'


def _number(value: float) -> str:
    text = repr(value)
    if not math.isfinite(value) or resolve(text) != value:
        raise EditError("the value cannot be written in YAML")
    return text


def _is_plain(text: str, *, flow: bool) -> bool:
    """Whether the bare text is this string to hfops, and to parsers of YAML 1.1 and 1.2."""
    if not _PLAIN.fullmatch(text) or ": " in text or "  " in text:
        return False
    if flow and ":" in text:
        return False
    return isinstance(resolve(text), str) and _implicit(text) == "tag:yaml.org,2002:str" and not _odd(text)


def _implicit(text: str) -> str:
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], []):
        if pattern.match(text):
            return str(tag)
    return "tag:yaml.org,2002:str"


def _odd(text: str) -> bool:
    """What other versions of YAML take for a number or a truth value, and this dialect does not."""
    return bool(_NUMERIC.fullmatch(text)) or text.lower() in ("y", "n")


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _SINGLE_LINE.fullmatch(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_literal(text: str) -> bool:
    """Whether text of several lines reads the same after ``|``: nothing that indentation or line ends would change."""
    lines = text.removesuffix("\n").split("\n")
    clean = all(_SINGLE_LINE.fullmatch(line) and line == line.rstrip() for line in lines)
    return "\n" in text and clean and bool(lines[0].strip()) and bool(lines[-1]) and lines[0][0] != " "
