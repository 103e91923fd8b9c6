"""Slugs: ``namespace/text-<24 hex>``. The text follows the title; the id at the end alone tells the collection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from hfops.model.call import segment

ID_LENGTH = 24
_SLUG = re.compile(r"(?:(?P<namespace>[^/\s]+)/)?(?:(?P<text>[^/\s]+)-)?(?P<id>[0-9a-fA-F]{24})")


@dataclass(frozen=True, slots=True)
class Slug:
    """What a manifest writes to name one collection: its id, and as much of the rest as was written."""

    id: str
    text: str | None = None
    namespace: str | None = None


def parse_slug(text: str) -> Slug | None:
    """``namespace/text-id``, ``text-id`` or ``id``; None for anything else."""
    found = _SLUG.fullmatch(text)
    return Slug(found["id"].lower(), found["text"], found["namespace"]) if found else None


def id_of(slug: str) -> str | None:
    """The id at the end of a slug, if there is one."""
    found = parse_slug(slug)
    return found.id if found else None


def tail(uid: str, text: str | None, title: str | None) -> str:
    """What stands behind the namespace in a path. The Hub goes by the id, so any text will do where it is not known."""
    plain = re.sub(r"[^a-z0-9]+", "-", (title or "").lower()).strip("-")
    return f"{text or plain or 'collection'}-{uid}"


def collection_path(namespace: str, name: str, *parts: str) -> str:
    """``/api/collections/acme/models-6600…/items``; ``name`` is the slug without its namespace."""
    return "/api/collections/" + "/".join(segment(part) for part in (namespace, name, *parts))


def made_at(uid: str) -> datetime | None:
    """When the Hub made an id: its first 8 digits are seconds since 1970."""
    try:
        return datetime.fromtimestamp(int(uid[:8], 16), UTC)
    except (ValueError, OverflowError):
        return None
