"""Writing the audit log. Values of secrets never get here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.sandbox.audit.log import Entry
from hfops.sandbox.state import Event, Hub


def attend(hub: Hub) -> None:
    """Write down what happens to repositories from now on; a move, at both ends."""

    def meet(event: Event) -> None:
        if event.did:
            left = str(event.body.get("from", "")).partition("/")[0]
            for home in {event.repo.namespace.lower(), left.lower()}:
                note(hub, home, event.did, _data(event), f"{event.repo.kind} {event.repo.id}")

    hub.watchers.append(meet)


def note(hub: Hub, namespace: str, did: str, data: Mapping[str, Any], subject: str) -> None:
    """Write down what the sender of the present request did; a user's own namespace has no log."""
    org = hub.orgs.get(namespace.lower())
    if org is not None:
        message = f"{did.partition('.')[2].replace('_', ' ')}: {subject}"
        entry = Entry(hub.dated_id(), hub.now(), org.uid, did, data, message, hub.acting)
        hub.audit.entries.append(entry)


def _data(event: Event) -> dict[str, Any]:
    """The repository, and what the event says; of a creation, which carries values of secrets, the visibility."""
    repo = event.repo
    more = {"visibility": repo.visibility} if event.what == "created" else event.body
    return {"repo": {"type": repo.kind.value, "name": repo.id, "id": repo.uid}} | dict(more)
