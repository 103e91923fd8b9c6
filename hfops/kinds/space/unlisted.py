"""Lists of a Space that the Hub does not show to this token: what the ledger knows of them stands in. Pure.

Who may list secrets is documented nowhere: a refusal is an answer of the Hub, and no reason to end a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hfops.kinds.base import UNLISTED
from hfops.kinds.space.live import LiveSecret, LiveVariable
from hfops.kinds.space.scene import Scene
from hfops.model.record import Origin

LISTS = ("secrets", "variables")

IF_THERE = {
    "secrets": "left as they are then by a token that may list them, written over by one that may not",
    "variables": "written over then",
}
"""What becomes of an entry that the ledger does not know and that is there all the same."""


def is_unlisted(scene: Scene, listing: str) -> bool:
    """Whether the Hub refused to show the list."""
    return listing in scene.sight.facts.get(UNLISTED, ())


def entries_there(scene: Scene, listing: str, wanted: Iterable[str] = ()) -> dict[str, Any]:
    """What is there, by name; of a list that is not shown, what the ledger says was left there.

    Of a Space that the ledger does not know, what is ``wanted`` counts as there: it is adopted by name and not sent,
    as what is seen to be there would be. Once the ledger knows the Space, what it does not know is new.
    """
    if scene.live is None:
        return {}
    if not is_unlisted(scene, listing):
        return dict(getattr(scene.live, listing) or {})
    remembered = _secret if listing == "secrets" else _variable
    known = scene.entries(listing) if scene.ask.record else {name: {} for name in wanted}
    return {name: remembered(entry) for name, entry in known.items()}


def _secret(known: Mapping[str, Any]) -> LiveSecret:
    return LiveSecret(known.get("description") or None, known.get("updatedAt"))


def _variable(known: Mapping[str, Any]) -> LiveVariable:
    """What was sent by reference is known as a hash only: such a value is never compared as text."""
    return LiveVariable(known.get("value", ""), known.get("description") or None)


def unlisted_notes(scene: Scene, listing: str, wanted: Iterable[str]) -> list[str]:
    """What is to be said of a list that could not be looked at."""
    if not is_unlisted(scene, listing):
        return []
    record, said = scene.ask.record, f"this token may not list its {listing}"
    if record is None:
        return [f"{said}, and the ledger does not know this Space: not compared"]
    notes, known = [f"{said}: compared with the ledger only"], scene.entries(listing)
    new = [name for name in wanted if name not in known]
    if record.origin is Origin.ADOPTED and new:
        notes.append(f"{listing} that may be there already: {', '.join(new)} ({IF_THERE[listing]})")
    return notes
