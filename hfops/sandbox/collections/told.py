"""What the API tells about collections."""

from __future__ import annotations

import html
from typing import Any

from hfops.sandbox import access
from hfops.sandbox.collections import targets
from hfops.sandbox.collections.shelf import Collection, Item
from hfops.sandbox.manners import iso
from hfops.sandbox.people import AVATAR, Caller, Org
from hfops.sandbox.state import Hub

LISTED_ITEMS = 4
"""Items that a list tells of each collection."""


def whole(hub: Hub, caller: Caller, collection: Collection) -> dict[str, Any]:
    """A collection read by itself: with its rank, and all items that the caller may see."""
    items = [
        _item(hub, caller, item, place)
        for place, item in enumerate(collection.items)
        if targets.visible(hub, caller, item)
    ]
    return _meta(hub, caller, collection) | {"items": items, "position": collection.position}


def listed(hub: Hub, caller: Caller, collection: Collection) -> dict[str, Any]:
    """A list's entry: no rank, and the first items only."""
    answer = whole(hub, caller, collection)
    del answer["position"]
    return answer | {"items": answer["items"][:LISTED_ITEMS]}


def _meta(hub: Hub, caller: Caller, collection: Collection) -> dict[str, Any]:
    inside = access.member(hub, caller, collection.namespace)
    answer: dict[str, Any] = {
        "slug": collection.slug,
        "title": collection.title,
        "lastUpdated": iso(collection.updated),
        "gating": collection.gating if inside else bool(collection.gating),
        "owner": _owner(hub, collection.namespace),
        "theme": collection.theme,
        "private": collection.private,
        "upvotes": 0,
        "isUpvotedByUser": False,
        "shareUrl": f"https://hf.co/collections/{collection.slug}",
    }
    if collection.description:
        answer["description"] = collection.description
    org = hub.orgs.get(collection.namespace.lower())
    group = org.groups.get(collection.group or "") if org else None
    if group and inside:
        answer["resourceGroup"] = {"id": group.uid, "name": group.name, "numUsers": len(group.users)}
    return answer


def _owner(hub: Hub, namespace: str) -> dict[str, Any]:
    home = hub.namespace(namespace)
    assert home is not None
    told = {
        "_id": home.uid,
        "name": home.name,
        "fullname": home.fullname,
        "avatarUrl": AVATAR.format(home.name),
    }
    if isinstance(home, Org):
        return told | {"type": "org", "isEnterprise": home.plan.startswith("enterprise")}
    return told | {"type": "user", "isPro": home.pro}


def _item(hub: Hub, caller: Caller, item: Item, place: int) -> dict[str, Any]:
    told = {"_id": item.uid, "position": place, "type": item.type} | targets.told(hub, caller, item)
    if item.note:
        told["note"] = {"text": item.note, "html": html.escape(item.note)}
    return told | ({"gallery": item.gallery} if item.gallery else {})
