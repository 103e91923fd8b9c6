"""Seeding a collection: the manifest's spec, its items as they are."""

from __future__ import annotations

from typing import Any

from hfops.sandbox.bodies import checked
from hfops.sandbox.collections.bodies import CollectionCreate, CollectionUpdate, ItemAdd
from hfops.sandbox.collections.changes import add_item, update
from hfops.sandbox.collections.shelf import ID_LENGTH, Collection
from hfops.sandbox.groups import seeded_group
from hfops.sandbox.manners import bad_request
from hfops.sandbox.people import Org, User
from hfops.sandbox.state import Hub


def seed_collection(hub: Hub, namespace: str, name: str, spec: dict[str, Any]) -> None:
    """Make a collection exist. Its title may be there already; ``slug`` gives it an id of its own."""
    home = hub.namespace(namespace) or hub.add_org(namespace)
    asked = checked(CollectionCreate, {"title": spec.get("title", name), "namespace": home.name})
    uid = str(spec["slug"])[-ID_LENGTH:].lower() if "slug" in spec else hub.dated_id()
    if uid in hub.collections.all:
        raise bad_request(f"slug: {uid} is there twice")
    made = Collection(uid, home.name, asked.title, _creator(home), hub.now())
    made.private = {"public": False, "private": True}[spec.get("visibility", "public")]
    sent = {key: spec[key] for key in ("description", "theme", "position") if key in spec}
    update(hub, made, checked(CollectionUpdate, sent | _gating(spec)))
    made.group = seeded_group(hub, home.name, spec.get("resourceGroup"))
    for entry in spec.get("items") or []:
        item = checked(ItemAdd, {"item": entry, "note": entry.get("note", "")})
        add_item(hub, None, made, item.item, item.note)
    hub.collections.all[made.uid] = made


def _gating(spec: dict[str, Any]) -> dict[str, Any]:
    """The API's form, or its words: ``false``, ``auto``, ``manual``."""
    gating = spec.get("gating", False)
    if gating == "manual":
        return {"gating": {"mode": "manual", "notifications": {"mode": "bulk"}}}
    return {"gating": {"mode": gating} if isinstance(gating, str) else gating}


def _creator(home: User | Org) -> str:
    """The user, or an admin of the organisation."""
    admins = [] if isinstance(home, User) else [n for n, role in home.members.items() if role == "admin"]
    return admins[0] if admins else home.name
