"""What an unquoted YAML scalar means. Fewer words are special than in YAML 1.1: the rest stay strings.

``yes``, ``on``, ``no``, ``010``, ``0x1f``, ``1_000``, ``2026-01-01``, ``1:30`` and ``.inf`` are strings. So nothing
turns into something else unseen; where a bool or number was expected, validation says so.
"""

from __future__ import annotations

import math
import re
from typing import Final

Value = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MAX_DIGITS = 1000
"""Longer runs of digits stay text: no field holds such a number, and Python refuses to convert them."""

TAGS: Final = {f"tag:yaml.org,2002:{t}": t for t in ("str", "map", "seq", "int", "float", "bool", "null")}


def resolve(text: str) -> Value:
    """The value of a plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MAX_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def tagged(text: str, tag: str) -> Value:
    """The value of a scalar with an explicit standard tag, e.g. ``!!str 1.10``.

    Raises ValueError where the text is not of that type.
    """
    if tag == "str":
        return text
    value = resolve(text)
    if tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value).__name__.replace("NoneType", "null") != tag:
        raise ValueError(text)
    return value
