"""Who was last at a resource, as far as an organisation's audit log tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.hub.errors import HubError, NotFound
from hfops.kinds.base import HubView
from hfops.model.address import Address
from hfops.model.call import segment


@dataclass(frozen=True, slots=True)
class Actor:
    """One event of an audit log: its author, when (as the Hub writes dates), and its type (``repo.update_settings``)."""

    user: str
    at: str
    type: str

    def to_json(self) -> dict[str, str]:
        """The JSON form in reports."""
        return {"user": self.user, "at": self.at, "type": self.type}


@dataclass(slots=True)
class Actors:
    """The last actor by address; and by namespace, why its log could not be read."""

    actors: dict[Address, Actor] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def last_named(hub: HubView, addresses: Iterable[Address]) -> Actors:
    """The last event that names each address (``GET /api/organizations/{name}/audit-log/export``, one a namespace).

    What an event is about stands in its ``data`` and ``message``, whose form the Hub does not document: an event names a
    resource where its id stands in them. A log that cannot be read is no error.
    """
    out = Actors()
    wanted: dict[str, list[Address]] = {}
    for address in addresses:
        wanted.setdefault(address.namespace.lower(), []).append(address)
    for namespace, asked in wanted.items():
        try:
            events = hub.reads.get(f"/api/organizations/{segment(namespace)}/audit-log/export")
        except NotFound:
            out.unread[namespace] = "a user, or an organisation that this token does not see"
            continue
        except HubError as error:
            out.unread[namespace] = str(error)
            continue
        _match(out, events, asked)
    return out


def _match(out: Actors, events: Any, asked: list[Address]) -> None:
    rows = [e for e in events if isinstance(e, Mapping)] if isinstance(events, list) else []
    rows.sort(key=lambda e: str(e.get("createdAt")), reverse=True)
    names = {a: re.compile(rf"(?<![\w./-]){re.escape(a.id)}(?![\w-]|\.\w|/)", re.IGNORECASE) for a in asked}
    for event in rows:
        text = f"{event.get('message')} {json.dumps(event.get('data'))}"
        for address in [a for a, name in names.items() if name.search(text)]:
            out.actors[address] = _actor(event)
            del names[address]


def _actor(event: Mapping[str, Any]) -> Actor:
    author = event.get("author")
    user = author.get("user") if isinstance(author, Mapping) else None
    return Actor(str(user or "system"), str(event.get("createdAt")), str(event.get("type")))
