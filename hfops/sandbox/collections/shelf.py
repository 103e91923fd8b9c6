"""The collections of a Hub, in memory."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hfops.sandbox.manners import RefusalError

ID_LENGTH = 24
"""The end of a slug, which alone tells the collection; the text before it follows the title."""


@dataclass(slots=True)
class Item:
    """An entry. ``target`` is a repository's ``_id``, a collection's id, or what was sent for anything else."""

    uid: str
    type: str
    target: str
    note: str = ""
    gallery: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Collection:
    """A collection; an item's position is its place in ``items``. ``position`` is a rank that the owner gives."""

    uid: str
    namespace: str
    title: str
    creator: str
    updated: datetime
    description: str = ""
    private: bool = False
    theme: str = "orange"
    position: int = 0
    gating: Any = False
    group: str | None = None
    items: list[Item] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """``namespace/title-id``."""
        plain = unicodedata.normalize("NFKD", self.title).encode("ascii", "ignore").decode().lower()
        text = "-".join([*re.findall(r"[a-z0-9]+", plain), self.uid])
        return f"{self.namespace}/{text}"

    def item(self, uid: str) -> Item:
        """The item of that ``_id``; 404 otherwise."""
        for item in self.items:
            if item.uid == uid.lower():
                return item
        raise RefusalError(404, f"No item {uid} in this collection")

    def holds(self, kind: str, target: str) -> bool:
        """Whether it has such an item."""
        return any((item.type, item.target) == (kind, target) for item in self.items)

    def place(self, item: Item, position: int) -> None:
        """Put an item there, counted without it; the others close up and make room. Beyond the end is the end."""
        self.items.remove(item)
        self.items.insert(position, item)


@dataclass(slots=True)
class Shelf:
    """All collections by id, in the order of their creation."""

    all: dict[str, Collection] = field(default_factory=dict)

    def __getitem__(self, slug: str) -> Collection:
        """The collection of a slug or id; KeyError where there is none."""
        return self.all[slug[-ID_LENGTH:].lower()]

    def find(self, namespace: str, slug: str) -> Collection | None:
        """The collection that a slug leads to, whatever its title was when the slug was read."""
        found = self.all.get(slug[-ID_LENGTH:].lower())
        same = found is not None and found.namespace.lower() == namespace.lower()
        return found if same else None

    def titled(self, namespace: str, title: str) -> Collection | None:
        """The namespace's collection of that title."""
        home = namespace.lower()
        return next((c for c in self.all.values() if (c.namespace.lower(), c.title) == (home, title)), None)

    def remove(self, collection: Collection) -> None:
        """Delete one, and the items that pointed to it."""
        del self.all[collection.uid]
        self.forget(collection.uid)

    def forget(self, target: str) -> None:
        """Drop the items that pointed to what is no more."""
        for collection in self.all.values():
            collection.items = [item for item in collection.items if item.target != target]
