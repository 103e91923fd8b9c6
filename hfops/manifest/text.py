"""Words for messages: safe quoting of what a user wrote, and the nearest known name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

_SHOWN = 60
_LONGEST_GUESS = 64
"""Longer words are not compared: the cost grows with the length, and nobody mistypes a paragraph."""


def clip(text: str, limit: int = _SHOWN) -> str:
    """``text`` fit for one line of a terminal: control characters escaped, the tail cut off."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:limit])
    return f"{safe}…" if len(text) > limit else safe


def single(text: str) -> str:
    """A name in single quotes, as in ``unknown field 'hardwear'``."""
    return f"'{clip(text)}'"


def double(text: str) -> str:
    """A string value as it would be written in YAML, in double quotes."""
    return f'"{clip(text)}"'


def shown(value: object) -> str:
    """A value as YAML would write it, for lists of allowed values and for hints."""
    return clip(value) if isinstance(value, str) else clip(json.dumps(value, default=str, ensure_ascii=False))


def found(value: object, raw: str | None = None) -> str:
    """What was found, in words: ``"no"``, ``the number 1.1``, ``true``, ``null``, ``a list``, ``a mapping``."""
    if isinstance(value, str):
        return double(value) if value else "an empty string"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return shown(value)
    if isinstance(value, int | float):
        return f"the number {clip(raw) if raw else shown(value)}"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def one_of(words: Iterable[str], last: str = "or") -> str:
    """``a, b or c``."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def suggest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` was probably meant to be, or None. Case, ``-`` and ``_`` do not count."""
    if not word or len(word) > _LONGEST_GUESS:
        return None
    plain = {_plain(c): c for c in sorted(choices, reverse=True)}
    near = (
        [_plain(word)] if _plain(word) in plain else difflib.get_close_matches(_plain(word), sorted(plain), 1)
    )
    return plain[near[0]] if near else None


def did_you_mean(word: str, choices: Iterable[str], *, else_list: str | None = None) -> str | None:
    """The hint for an unknown name: the nearest choice, else (where wanted) the first few of them all."""
    known = list(dict.fromkeys(choices))
    if near := suggest(word, known):
        return f"did you mean '{near}'?"
    if else_list is None or not known:
        return None
    more = ", …" if len(known) > 20 else ""
    return f"{else_list}: {', '.join(known[:20])}{more}"


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
