"""Values, calls and foreign text as people read them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

JOINERS = "\u200c\u200d"
"""Invisible, and needed: Persian words and family emoji are written with them."""


def clean(text: str) -> str:
    """``text`` as one line: what the Hub says cannot move the cursor, change colours or reverse the writing."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _acts(c) else c for c in text)


def _acts(char: str) -> bool:
    """Whether a character does something to a terminal: controls, formats, surrogates, line separators."""
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in JOINERS


def json_text(data: Any, *, indent: int | None = None) -> str:
    """JSON for people and programs: UTF-8, but characters that act on a terminal are escaped."""
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    return "".join(c if c == "\n" or not _acts(c) else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    """A character as JSON escapes it; json itself leaves DEL as it is."""
    return json.dumps(char)[1:-1] if ord(char) > 0x7F else f"\\u00{ord(char):02x}"


def counted(count: int, noun: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def value_text(value: Any) -> str:
    """A value for people: words bare, ``main (3f2a91c)`` for a revision with its commit."""
    if isinstance(value, str):
        return value[:7] if _is_commit(value) else value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    label = deferred_label(value)
    if label is not None:
        return label
    if isinstance(value, Mapping) and "commit" in value:
        named = value.get("revision") or value.get("from")
        commit = value_text(value["commit"]) if value["commit"] else "?"
        return f"{value_text(named)} ({commit})" if named and value_text(named) != commit else commit
    return json.dumps(value, ensure_ascii=False)


def deferred_label(value: Any) -> str | None:
    """What stands for a value that only applying will know; None for any other value."""
    inner = value.get("$deferred") if isinstance(value, Mapping) else None
    return str(inner.get("label")) if isinstance(inner, Mapping) else None


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and all(c in "0123456789abcdef" for c in text)


def call_text(call: Mapping[str, Any]) -> str:
    """``PUT /api/models/acme/x/settings {"gated":"manual"}``; deferred values by their label."""
    path = call["path"]
    for name, slot in call.get("slots", {}).items():
        path = path.replace("{" + name + "}", f"({deferred_label(slot)})")
    if "body" not in call:
        return f"{call['method']} {path}"
    body = json.dumps(_shown(call["body"]), ensure_ascii=False, separators=(",", ":"))
    return f"{call['method']} {path} {body}"


def _shown(value: Any) -> Any:
    label = deferred_label(value)
    if label is not None:
        return f"({label})"
    if isinstance(value, Mapping):
        return {k: _shown(v) for k, v in value.items()}
    return [_shown(v) for v in value] if isinstance(value, list) else value
