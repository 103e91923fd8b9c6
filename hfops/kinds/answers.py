"""What all kinds read alike: objects and texts of the Hub's answers, and a 404 for something that was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.kinds.base import Ask, HubView, Sight


def mapping(data: Any, what: str) -> Mapping[str, Any]:
    """``data`` as an object. Raises BadAnswer."""
    if not isinstance(data, Mapping):
        raise BadAnswer(f"the Hub answered {type(data).__name__} for {what}, expected an object")
    return data


def text(row: Mapping[str, Any], key: str) -> str:
    """A text that must be there. Raises BadAnswer."""
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"the Hub's answer has no {key} ({value!r})")
    return value


def absent(ask: Ask, hub: HubView, who: str = "the Hub") -> Sight:
    """A 404 is an absence where nothing was ever known of it, or where this token surely sees the namespace."""
    if ask.record is None or hub.sees(ask.address.namespace):
        return Sight()
    return Sight(
        problem=f"it is in the ledger, and {who} answers 404: deleted elsewhere, or not visible to this token",
        hint=f"use a token that sees it, or run `hfops ledger forget {ask.address}`",
    )
