"""What changes a collection, for the routes and the seeds alike."""

from __future__ import annotations

from hfops.sandbox import access
from hfops.sandbox.collections import targets
from hfops.sandbox.collections.bodies import CollectionUpdate, ItemIn, ItemUpdate
from hfops.sandbox.collections.shelf import Collection, Item
from hfops.sandbox.manners import RefusalError, bad_request
from hfops.sandbox.people import Caller
from hfops.sandbox.state import Hub


def update(hub: Hub, collection: Collection, asked: CollectionUpdate) -> None:
    """Set what is sent. Gating is for organisations on a paid plan."""
    if asked.gating:
        if collection.namespace.lower() not in hub.orgs:
            raise bad_request('"gating" is for collections of organizations')
        access.require_plan(hub, collection.namespace, "A gated collection")
    sent = asked.model_dump(by_alias=True, exclude_unset=True)
    for name, value in sent.items():
        setattr(collection, name, value)


def add_item(hub: Hub, caller: Caller | None, collection: Collection, asked: ItemIn, note: str = "") -> Item:
    """Append an item; 404 for a target that is not there, 409 for one that is in."""
    target = targets.target(hub, caller, asked.type, asked.id)
    if collection.holds(asked.type, target):
        raise RefusalError(409, f"{asked.type} {asked.id} is in this collection already")
    made = Item(hub.dated_id(), asked.type, target, note)
    collection.items.append(made)
    return made


def update_item(collection: Collection, item: Item, asked: ItemUpdate) -> None:
    """Change an item's note, gallery and place."""
    if asked.note is not None:
        item.note = asked.note
    if asked.gallery is not None:
        item.gallery = asked.gallery
    if asked.position is not None:
        collection.place(item, asked.position)
