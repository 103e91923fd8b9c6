"""Values, calls and foreign text as people read them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from hfops.model.cost import HOURS_A_MONTH

JOINERS = "\u200c\u200d"
"""Invisible, and needed: Persian words and family emoji are written with them."""


def clean(text: str) -> str:
    """``text`` as one line: what the Hub says cannot move the cursor, change colours or reverse the writing."""
    if text.isprintable():  # nearly every text, and much faster
        return text
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


def unverified(count: int) -> str:
    """How many fields the Hub does not show."""
    them, they = ("it", "it was") if count == 1 else ("them", "they were")
    return f"{counted(count, 'field')} unverified: the Hub does not show {them}, and {they} never sent"


def value_text(value: Any) -> str:
    """A value for people: words bare, ``main (3f2a91c)`` for a revision with its commit."""
    if isinstance(value, str):
        return value[:7] if _is_commit(value) else value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    label = late_label(value)
    if label is not None:
        return label
    return _mapping(value) if isinstance(value, Mapping) else json.dumps(_shown(value), ensure_ascii=False)


def _mapping(value: Mapping[str, Any]) -> str:
    if value.keys() == {"updatedAt"}:
        return f"(set {value['updatedAt']})"
    if "commit" in value:
        named = value.get("revision") or value.get("from")
        commit = value_text(value["commit"]) if value["commit"] else "?"
        return f"{value_text(named)} ({commit})" if named and value_text(named) != commit else commit
    return json.dumps(_shown(value), ensure_ascii=False)


def late_label(value: Any) -> str | None:
    """What stands for a value that is named and not written down; None for any other value."""
    (kind, inner), *_ = value.items() if isinstance(value, Mapping) and len(value) == 1 else [("", None)]
    if not isinstance(inner, Mapping):
        return None
    if kind in _LABELS:
        return str(inner.get(_LABELS[kind]))
    if kind in ("$reference", "$hash"):
        return _reference(inner)
    if kind == "$content":
        named = str(inner.get("blobId") or inner.get("sha256") or "?")
        return f"{sized(inner.get('size', 0))}, {named[:7]}"
    return None


_LABELS = {"$hidden": "shown", "$deferred": "label"}
"""Forms that hold their own label, and where."""


def _reference(inner: Mapping[str, Any]) -> str:
    if "resource" in inner:
        return f"{inner.get('field')} of {inner['resource']}"
    for form in ("env", "file"):
        if form in inner:
            return f"{form} {inner[form]}"
    command = inner.get("command")
    return f"command {command[0]}" if isinstance(command, list) and command else "?"


def money(bill: Mapping[str, Any]) -> str:
    """``$0.40 → $1.00 to $3.00 an hour ($292 → $730 to $2,190 a month)``."""
    hours = f"{cost_range(bill['before'], 1)} → {cost_range(bill['after'], 1)} an hour"
    months = (
        f"{cost_range(bill['before'], HOURS_A_MONTH)} → {cost_range(bill['after'], HOURS_A_MONTH)} a month"
    )
    return f"{hours} ({months})"


def cost_range(cost: Mapping[str, float], hours: int) -> str:
    """``$0.40 to $1.20`` for one hour, ``$292 to $876`` for a month of them; one amount where both are the same."""
    low, high = (dollars(cost[end] * hours, cents=hours == 1) for end in ("low", "high"))
    return low if low == high else f"{low} to {high}"


def dollars(amount: float, *, cents: bool) -> str:
    """``$1,234.50``, or ``$1,234`` without cents."""
    return f"${amount:,.2f}" if cents else f"${amount:,.0f}"


def sized(count: int) -> str:
    """A number of bytes: ``1.2 kB``."""
    size, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= 1000 and unit != "TB":
        size, unit = size / 1000, next(units)
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and all(c in "0123456789abcdef" for c in text)


def call_text(call: Mapping[str, Any]) -> str:
    """``PUT /api/models/acme/x/settings {"gated":"manual"}``; deferred values by their label."""
    return " ".join(part for part in call_parts(call) if part)


def call_parts(call: Mapping[str, Any]) -> tuple[str, str, str]:
    """Method, path, and what of the body is shown; the last is empty where there is none."""
    path = call["path"]
    for name, slot in call.get("slots", {}).items():
        path = path.replace("{" + name + "}", f"({late_label(slot)})")
    if "body" not in call:
        return call["method"], path, ""
    if isinstance(call["body"], list) and "/commit/" in path:
        return call["method"], path, _lines(call["body"])
    body = json.dumps(_shown(call["body"]), ensure_ascii=False, separators=(",", ":"))
    return call["method"], path, body


LINES = 6
"""How many lines of an NDJSON body are named."""


def _lines(body: list[Any]) -> str:
    """A commit's body by what each line is about."""
    about = []
    for line in body:
        value = line.get("value", {}) if isinstance(line, Mapping) else {}
        parent = value.get("parentCommit")
        named = value.get("path") or (f"on {late_label(parent) or value_text(parent)}" if parent else "")
        about.append(f"{line.get('key', '?') if isinstance(line, Mapping) else '?'} {named}".strip())
    more = f", and {len(about) - LINES} more" if len(about) > LINES else ""
    return f"{{{', '.join(about[:LINES])}{more}}}"


def _shown(value: Any) -> Any:
    label = late_label(value)
    if label is not None:
        return f"({label})"
    if isinstance(value, Mapping):
        return {k: _shown(v) for k, v in value.items()}
    return [_shown(v) for v in value] if isinstance(value, list) else value
