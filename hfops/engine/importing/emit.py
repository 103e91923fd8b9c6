"""Manifests as YAML text, for people: block style, nothing folded, no anchors, comments where they belong.

What is written reads back as the same data, in hfops and in every other YAML parser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from hfops.kinds.describe import At
from hfops.manifest.scalars import resolve

STEP = "  "
WIDTH: Final = 100
"""Characters of a line with a mapping in braces."""

SHORT: Final = 60
"""Characters of a list in brackets."""

LONGEST_KEY: Final = 900
"""Characters: YAML reads no longer key."""

LONGEST: Final = 1_000_000
"""Characters of a text: hfops reads files of 10 MB, and people none of that size."""

REFERENCES = ("env", "file", "command", "resource")
_RESOLVER: Any = Resolver()
_STR = "tag:yaml.org,2002:str"
_WORDS = ("y", "Y", "n", "N", "")
_PLAIN = re.compile(r"(?:[\w./(]|-(?=[\w-]))[^\x00-\x1f]*")
_UNSAFE = re.compile(r": |:$| #|[,\[\]{}]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_COMMENT = 300


def document(data: Mapping[str, Any], comments: Mapping[At, str] | None = None) -> str:
    """One document. ``comments`` by the path from its root; of what is not in the data, they are a line of their own."""
    return "".join(f"{line}\n" for line in _Writer(dict(comments or {})).mapping(data, (), 0))


def writable(value: Any) -> bool:
    """Whether YAML has a form for it: no half characters, infinite numbers, endless texts, nulls."""
    if isinstance(value, str):
        return len(value) <= LONGEST and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, Mapping):
        keys = all(isinstance(k, str) and len(scalar(k)) < LONGEST_KEY and writable(k) for k in value)
        return keys and all(writable(v) for v in value.values())
    if isinstance(value, list):
        return all(writable(v) for v in value)
    return isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))


def scalar(value: Any) -> str:
    """A scalar on one line, quoted where it would be taken for something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return (
            repr(value) if "." in repr(value) else repr(value).replace("e", ".0e")
        )  # YAML 1.1 wants the point
    return value if _is_plain(value) else quoted(value)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return f'"{"".join(_escaped(c) for c in text)}"'


def _escaped(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c.isprintable():
        return c
    code = ord(c)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_plain(text: str) -> bool:
    """Whether it is text without quotes, too: no number, date or word of any YAML version."""
    if text in _WORDS or text != text.strip() or not text.isprintable():
        return False
    if not _PLAIN.fullmatch(text) or _UNSAFE.search(text) or text.startswith(("---", "...")):
        return False
    return bool(_RESOLVER.resolve(ScalarNode, text, (True, False)) == _STR) and isinstance(resolve(text), str)


def _is_block(value: Any) -> bool:
    """Whether a text of several lines can stand as it is, under a bar."""
    if not isinstance(value, str) or "\n" not in value.strip("\n") or value[0] in " \n":
        return False
    lines = value.rstrip("\n").split("\n")
    return all(line.isprintable() and line == line.rstrip() for line in lines)


def _inside(value: Any) -> str:
    """A scalar in braces or brackets, where some parsers take any question mark for the beginning of a key."""
    return quoted(value) if isinstance(value, str) and "?" in value else scalar(value)


def _flow(value: Any) -> str | None:
    """A small collection in braces or brackets; None for what holds another one, or lines."""
    if not isinstance(value, Mapping | list):
        return scalar(value)
    entries = value.values() if isinstance(value, Mapping) else value
    if any(isinstance(e, Mapping | list) or _is_block(e) for e in entries):
        return None
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inside(k)}: {_inside(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(_inside(v) for v in value) + "]"


def _is_reference(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and next(iter(value)) in REFERENCES


@dataclass(slots=True)
class _Writer:
    comments: dict[At, str] = field(default_factory=dict)

    def mapping(self, data: Mapping[str, Any], at: At, depth: int) -> Iterator[str]:
        """The lines of a mapping, and of comments on what it does not hold."""
        pad = STEP * depth
        for key, value in data.items():
            yield from self._entry(f"{pad}{scalar(key)}:", value, (*at, key), depth)
        level = len(at)
        for path, text in self.comments.items():
            if len(path) > level and path[:level] == at and path[level] not in data:
                yield f"{pad}# {_said('.'.join(map(str, path[level:])))}: {_said(text)}"

    def _entry(self, head: str, value: Any, at: At, depth: int) -> Iterator[str]:
        """A key, or a dash, with its value."""
        remark = f"  # {_said(self.comments[at])}" if at in self.comments else ""
        if (line := self._inline(head, value, listed=head.endswith("-"))) is not None:
            yield f"{line}{remark}"
            if isinstance(value, Mapping) and not value:
                yield from self.mapping(value, at, depth + 1)
        elif isinstance(value, str):
            yield from _block(head, value, remark, STEP * (depth + 1))
        elif head.endswith("-"):
            lines = list(self._below(value, at, depth + 1))
            yield f"{head} {lines[0].lstrip()}"
            yield from lines[1:]
        else:
            yield f"{head}{remark}"
            yield from self._below(value, at, depth + 1)

    def _inline(self, head: str, value: Any, *, listed: bool) -> str | None:
        """Head and value on one line; None where the value is better off below."""
        if _is_block(value):
            return None
        text = _flow(value)
        line = f"{head} {text}"
        if not isinstance(value, Mapping | list) or not value:
            return line
        if text is None or (isinstance(value, list) and (listed or len(text) > SHORT)):
            return None
        if isinstance(value, Mapping) and not ((listed or _is_reference(value)) and len(line) <= WIDTH):
            return None
        return line

    def _below(self, value: Any, at: At, depth: int) -> Iterator[str]:
        if isinstance(value, Mapping):
            yield from self.mapping(value, at, depth)
            return
        for index, entry in enumerate(value):
            yield from self._entry(f"{STEP * depth}-", entry, (*at, index), depth)


def _block(head: str, text: str, remark: str, pad: str) -> Iterator[str]:
    """A text under a bar: ``|-`` without, ``|`` with one line end at its end, ``|+`` with more."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    yield f"{head} |{'-' if ends == 0 else '' if ends == 1 else '+'}{remark}"
    for line in body.split("\n"):
        yield f"{pad}{line}" if line else ""
    yield from [""] * max(0, ends - 1)


def _said(text: str) -> str:
    """A comment on one line."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))[:_COMMENT]
