"""The gate of a collection: the API's form of what a manifest says, and how two of them compare. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.collection.spec import Gate

MODE, NOTIFICATIONS, EMAIL = "mode", "notifications", "email"
BULK = {MODE: "bulk"}
"""How requests are mailed where nobody says it: the API wants one."""

RANK = {"manual": 0, "auto": 1, False: 2}


def wanted_gate(written: Any) -> Any:
    """What a manifest says of the gate: False, or a mapping with as much as it names."""
    if not isinstance(written, Gate):
        return {MODE: written} if written else False
    found: dict[str, Any] = {MODE: written.mode}
    told = written.notifications
    named = {MODE: told.mode, EMAIL: told.email} if told else {}
    kept = {k: v for k, v in named.items() if v is not None}
    return found | ({NOTIFICATIONS: kept} if kept else {})


def mode_of(gate: Any) -> Any:
    """``manual``, ``auto`` or False; None where the Hub does not show it."""
    return gate.get(MODE) if isinstance(gate, Mapping) else None if gate else False


def same_gate(wanted: Any, live: Any, recorded: Any) -> bool:
    """Whether the gate is as wanted, in what the manifest names. What the Hub does not show is as it was recorded."""
    if live is True:
        return bool(wanted) and bool(wanted == recorded)
    if mode_of(wanted) != mode_of(live):
        return False
    named, told = _notifications(wanted), _notifications(live)
    known = _notifications(recorded)
    return all(told.get(k, known.get(k)) == v for k, v in named.items())


def is_hidden(wanted: Any, live: Any) -> bool:
    """Whether the Hub says that there is a gate, and not which."""
    return bool(wanted) and live is True


def sent_gate(wanted: Any, live: Any) -> Any:
    """The whole gate, as the API takes it: what the manifest does not name stays as it is."""
    if mode_of(wanted) != "manual":
        return wanted
    kept = _notifications(live) if mode_of(live) == "manual" else {}
    return {MODE: "manual", NOTIFICATIONS: {**BULK, **kept, **_notifications(wanted)}}


def loosens(wanted: Any, live: Any) -> bool:
    """Whether more people get access than before, as far as the Hub shows."""
    return RANK[mode_of(wanted)] > RANK.get(mode_of(live), 0)


def gate_word(gate: Any) -> str:
    """The gate in one word."""
    mode = mode_of(gate)
    return "a gate that the Hub does not show" if mode is None else str(mode or "none")


def _notifications(gate: Any) -> Mapping[str, Any]:
    found = gate.get(NOTIFICATIONS) if isinstance(gate, Mapping) else None
    return found if isinstance(found, Mapping) else {}
