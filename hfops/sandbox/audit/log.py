"""The events of all organisations, and how the export tells them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hfops.sandbox.manners import iso
from hfops.sandbox.people import AVATAR, Caller

KEPT = 100_000
"""Events that an export holds at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of one organisation, by its id."""

    uid: str
    when: datetime
    org: str
    type: str
    data: Mapping[str, Any]
    message: str
    by: Caller

    def told(self) -> dict[str, Any]:
        """The export's entry."""
        user = self.by.user
        author = {"type": "system"}
        if user is not None:
            author = {
                "_id": user.uid,
                "user": user.name,
                "avatarUrl": AVATAR.format(user.name),
                "type": "user",
            }
        return {
            "_id": self.uid,
            "createdAt": iso(self.when),
            "type": self.type,
            "data": self.data,
            "message": self.message,
            "author": author,
        }

    def fits(self, words: str) -> bool:
        """Whether every word is somewhere in type, message or author."""
        text = f"{self.type} {self.message} {self.by.name}".lower()
        return all(word in text for word in words.lower().split())


@dataclass(slots=True)
class AuditLog:
    """All organisations' events, the oldest first."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))

    def of(self, org: str, words: str = "") -> list[Entry]:
        """An organisation's events in which all ``words`` are, the newest first."""
        return [e for e in reversed(self.entries) if e.org == org and e.fits(words)]
