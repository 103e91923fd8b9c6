"""What a delivery of the Hub says, as far as anything of it is used: which repositories to look at.

Nothing in a body is believed. Type and name only choose among what manifests describe; what is shown of them has a
form that can do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfops.model.address import Address
from hfops.model.record import OBJECT_ID

KINDS = {"model": "Model", "dataset": "Dataset", "space": "Space"}
"""The kinds that have events, by the Hub's word for them. Endpoints, collections and webhooks have none."""

UNKNOWN = "unknown"
MOVE = "move"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_REPO = re.compile(r"[A-Za-z0-9._-]{1,96}/[A-Za-z0-9._-]{1,96}")


@dataclass(frozen=True, slots=True)
class Event:
    """One delivery. ``addresses``: where to look, both names of a move. ``hub_id``: a moved repository's own id."""

    action: str
    scope: str
    type: str
    name: str
    addresses: tuple[Address, ...] = ()
    hub_id: str = ""

    @property
    def idle(self) -> str:
        """Why there is nothing to look at; empty where there is."""
        if self.type not in KINDS:
            return f"hfops manages nothing of type {self.type}"
        if not self.addresses:
            return "no name of a repository"
        if self.scope.split(".")[0] == "discussion":
            return "discussions change nothing that hfops manages"
        return ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form in reports."""
        return {
            "action": self.action,
            "scope": self.scope,
            "repo": {"type": self.type, "name": self.name},
        }

    def __str__(self) -> str:
        return f"{self.action} of {self.scope} in {self.type} {self.name}"


def read_event(payload: Mapping[str, Any]) -> Event:
    """The event in a delivery's body. What is not there, or not of the expected form, is unknown."""
    event, repo, moved = (_mapping(payload.get(key)) for key in ("event", "repo", "movedTo"))
    kind, action = _word(repo.get("type")), _word(event.get("action"))
    names = dict.fromkeys(n for n in (_name(repo.get("name")), _name(moved.get("name"))) if n)
    addresses = tuple(Address(KINDS[kind], *n.split("/")) for n in names) if kind in KINDS else ()
    return Event(
        action=action,
        scope=_word(event.get("scope")),
        type=kind,
        name=next(iter(names), UNKNOWN),
        addresses=addresses,
        hub_id=_id(repo.get("id")) if action == MOVE else "",
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else UNKNOWN


def _name(value: Any) -> str:
    return value if isinstance(value, str) and _REPO.fullmatch(value) else ""


def _id(value: Any) -> str:
    return value if isinstance(value, str) and OBJECT_ID.fullmatch(value) else ""
