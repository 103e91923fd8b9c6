"""A collection as the Hub shows it: GET /api/collections/{slug}, or a row of the list of a namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.kinds.answers import mapping, text
from hfops.kinds.collection.slug import id_of, made_at
from hfops.kinds.repo.live import Group, parse_group

CUT = 4
"""Items that a list tells of each collection: where there are as many, there may be more."""

Identity = tuple[str, str]
"""Type and id of what an item points to, in the form for comparing."""


def identity(kind: str, target: str) -> Identity:
    """Ids compare without case; a collection's is the end of its slug, whose text follows the title."""
    if kind == "collection":
        return kind, id_of(target) or target.casefold()
    return kind, target.casefold()


@dataclass(frozen=True, slots=True)
class LiveItem:
    """One item. ``object_id`` is its own ``_id``, ``position`` the Hub's, which may have gaps."""

    object_id: str
    type: str
    target: str
    position: int
    note: str = ""

    @property
    def identity(self) -> Identity:
        """What it points to."""
        return identity(self.type, self.target)

    def told(self) -> dict[str, str]:
        """The item as an answer has it, as far as others look for it there."""
        name = "slug" if self.type == "collection" else "id"
        return {"_id": self.object_id, "type": self.type, name: self.target}


@dataclass(frozen=True, slots=True)
class LiveCollection:
    """A collection. ``items`` is None where a list may have cut them, ``position`` where a list did not tell.

    ``gating`` is False, the API's mapping, or True where the Hub does not show the details.
    """

    id: str
    hub_id: str
    title: str
    visibility: str
    description: str = ""
    theme: str = ""
    gating: Any = False
    group: Group | None = None
    position: int | None = None
    items: tuple[LiveItem, ...] | None = None

    @property
    def namespace(self) -> str:
        """Whose it is."""
        return self.id.split("/", maxsplit=1)[0]

    @property
    def name(self) -> str:
        """The slug without its namespace."""
        return self.id.split("/", maxsplit=1)[-1]

    @property
    def created_at(self) -> datetime | None:
        """When it was made: the id tells."""
        return made_at(self.hub_id)


def parse_collection(data: Any, *, listed: bool = False) -> LiveCollection:
    """A collection from an answer, or (``listed``) from a row of a list. Raises BadAnswer.

    What is compared must be there: a missing ``private`` is not a public collection.
    """
    row = mapping(data, "a collection")
    slug, private, group = text(row, "slug"), row.get("private"), row.get("resourceGroup")
    uid = id_of(slug)
    if uid is None or "/" not in slug:
        raise BadAnswer(f"the Hub calls a collection {slug!r}, expected namespace/title-id")
    if not isinstance(private, bool):
        raise BadAnswer(f"the Hub did not say whether {slug} is private ({private!r})")
    position = row.get("position")
    return LiveCollection(
        id=slug,
        hub_id=uid,
        title=text(row, "title"),
        visibility="private" if private else "public",
        description=_optional(row, "description"),
        theme=_optional(row, "theme"),
        gating=row.get("gating") or False,
        group=parse_group(group) if group else None,
        position=position if isinstance(position, int) and not listed else None,
        items=_items(row, listed=listed),
    )


def _items(row: Mapping[str, Any], *, listed: bool) -> tuple[LiveItem, ...] | None:
    """All items in their order; None where some may be missing."""
    rows = row.get("items")
    if not isinstance(rows, list):
        raise BadAnswer(f"the Hub's answer holds no list of the items of {row.get('slug')}")
    if listed and len(rows) >= CUT:
        return None
    items = [_item(entry, index) for index, entry in enumerate(rows)]
    return tuple(sorted(items, key=lambda item: item.position))


def _item(data: Any, index: int) -> LiveItem:
    row = mapping(data, "an item")
    note, position = row.get("note"), row.get("position")
    return LiveItem(
        object_id=text(row, "_id"),
        type=text(row, "type"),
        target=text(row, "slug" if isinstance(row.get("slug"), str) else "id"),
        position=position if isinstance(position, int) else index,
        note=_optional(note, "text").strip() if isinstance(note, Mapping) else "",
    )


def _optional(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
