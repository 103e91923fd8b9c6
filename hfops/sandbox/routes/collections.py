"""Collections: list, read, create, change, delete, and their items."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.audit.writing import note
from hfops.sandbox.bodies import GroupSet, parse_json
from hfops.sandbox.collections import changes, targets, told
from hfops.sandbox.collections.bodies import CollectionCreate, CollectionUpdate, ItemAdd, ItemUpdate, batch
from hfops.sandbox.collections.shelf import Collection
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.routes.orgs import known_group
from hfops.sandbox.web import Context, Route

PAGE, LARGEST = 10, 10_000
ORDERS = ("upvotes", "lastModified", "trending")
CREATORS = ("admin", "write", "contributor")


def listing(ctx: Context) -> Response:
    """GET /api/collections: what the caller may see; by default the oldest first."""
    sort = ctx.query.get("sort", "trending")
    if sort not in ORDERS:
        raise bad_request(f'"sort" must be one of [{", ".join(ORDERS)}]')
    found = [c for c in ctx.hub.collections.all.values() if _wanted(ctx, c)]
    keyed: list[tuple[Key, Collection]] = [((_rank(sort, c), c.uid), c) for c in found]
    page, headers = cut(ctx, sorted(keyed, key=lambda pair: pair[0]), LARGEST, PAGE)
    return json_answer([told.listed(ctx.hub, ctx.caller, c) for c in page], headers=headers)


def _rank(sort: str, collection: Collection) -> float:
    """A value that is smaller the earlier the collection comes; nobody votes here."""
    return -collection.updated.timestamp() if sort == "lastModified" else 0


def _wanted(ctx: Context, collection: Collection) -> bool:
    owners, items = {o.lower() for o in ctx.asked("owner")}, ctx.asked("item")
    if owners and collection.namespace.lower() not in owners:
        return False
    if ctx.query.get("q", "").lower() not in f"{collection.title} {collection.description}".lower():
        return False
    if not targets.may_see(ctx.hub, ctx.caller, collection):
        return False
    return not items or any(_has(ctx, collection, text) for text in items)


def _has(ctx: Context, collection: Collection, text: str) -> bool:
    """Whether it holds an item, ``models/acme/thing``."""
    plural, _, wanted = text.partition("/")
    kind = plural.removesuffix("s")
    try:
        return collection.holds(kind, targets.target(ctx.hub, ctx.caller, kind, wanted))
    except RefusalError:
        return False


def create(ctx: Context) -> Response:
    """POST /api/collections: 200, or 409 with the slug of the one that has the title."""
    asked = ctx.json(CollectionCreate)
    creator = access.require_writer(ctx.caller)
    home = ctx.hub.namespace(asked.namespace)
    if home is None or ctx.hub.role_in(ctx.caller, asked.namespace) not in CREATORS:
        raise RefusalError(
            403, f'You don\'t have the rights to create a collection under "{asked.namespace}"'
        )
    there = ctx.hub.collections.titled(home.name, asked.title)
    if there is not None and not ctx.hub.lax_titles:
        text = f'A collection with the title "{asked.title}" already exists'
        raise RefusalError(409, text, slug=there.slug)
    made = Collection(ctx.hub.dated_id(), home.name, asked.title, creator, ctx.hub.now(), asked.description)
    org = ctx.hub.orgs.get(home.name.lower())
    made.private = asked.private if asked.private is not None else org is not None and org.default_private
    made.group = known_group(ctx, home.name, asked.resource_group_id)
    if asked.item is not None:
        changes.add_item(ctx.hub, ctx.caller, made, asked.item)
    ctx.hub.collections.all[made.uid] = made
    _done(ctx, made, "create")
    return _whole(ctx, made)


def _found(ctx: Context, *, write: bool = False) -> Collection:
    """The collection that the path names, by any slug it ever had; 404 for a stranger's private one."""
    found = ctx.hub.collections.find(ctx.slot("ns"), ctx.slot("slug"))
    if found is None or not targets.may_see(ctx.hub, ctx.caller, found):
        raise RefusalError(404, "Collection not found")
    if write:
        name = access.require_writer(ctx.caller)
        role = ctx.hub.role_in(ctx.caller, found.namespace)
        if role not in ("admin", "write") and not (role == "contributor" and found.creator == name):
            raise RefusalError(403, access.FORBIDDEN)
    return found


def _done(ctx: Context, collection: Collection, did: str, **more: Any) -> Response:
    """Note that something was done to it, and say so."""
    collection.updated = ctx.hub.now()
    data = {"collection": {"slug": collection.slug, "title": collection.title}} | more
    note(ctx.hub, collection.namespace, f"collection.{did}", data, f"collection {collection.slug}")
    return json_answer({"success": True})


def _whole(ctx: Context, collection: Collection) -> Response:
    return json_answer(told.whole(ctx.hub, ctx.caller, collection))


def one(ctx: Context) -> Response:
    """GET …/{slug}."""
    return _whole(ctx, _found(ctx))


def update(ctx: Context) -> Response:
    """PATCH …/{slug}; the answer has an envelope. A title changes the slug's text."""
    collection = _found(ctx, write=True)
    asked = ctx.json(CollectionUpdate)
    changes.update(ctx.hub, collection, asked)
    _done(ctx, collection, "update", **asked.model_dump(by_alias=True, exclude_unset=True))
    return json_answer({"success": True, "data": told.whole(ctx.hub, ctx.caller, collection)})


def delete(ctx: Context) -> Response:
    """DELETE …/{slug}: a second time 404."""
    collection = _found(ctx, write=True)
    ctx.hub.collections.remove(collection)
    return _done(ctx, collection, "delete")


def set_group(ctx: Context) -> Response:
    """POST …/resource-group."""
    collection = _found(ctx, write=True)
    collection.group = known_group(ctx, collection.namespace, ctx.json(GroupSet).resource_group_id)
    return _done(ctx, collection, "update_resource_group", resourceGroupId=collection.group)


def add_item(ctx: Context) -> Response:
    """POST …/items: at the end; the answer is the whole collection."""
    collection, asked = _found(ctx, write=True), ctx.json(ItemAdd)
    changes.add_item(ctx.hub, ctx.caller, collection, asked.item, asked.note)
    _done(ctx, collection, "add_item", item=asked.item.model_dump())
    return _whole(ctx, collection)


def update_item(ctx: Context) -> Response:
    """PATCH …/items/{id}."""
    collection, asked = _found(ctx, write=True), ctx.json(ItemUpdate)
    changes.update_item(collection, collection.item(ctx.slot("item")), asked)
    return _done(ctx, collection, "update_item")


def delete_item(ctx: Context) -> Response:
    """DELETE …/items/{id}: a second time 404."""
    collection = _found(ctx, write=True)
    collection.items.remove(collection.item(ctx.slot("item")))
    return _done(ctx, collection, "remove_item")


def update_items(ctx: Context) -> Response:
    """POST …/items/batch: one after the other, all or (404 for an item that is not there) none."""
    collection = _found(ctx, write=True)
    asked = batch(parse_json(ctx.request.body))
    for item, change in [(collection.item(change.id), change) for change in asked]:
        changes.update_item(collection, item, change.data)
    return _done(ctx, collection, "update_items")


ONE = "/api/collections/{ns}/{slug}"
ROUTES = (
    Route("GET", "/api/collections", listing),
    Route("POST", "/api/collections", create),
    Route("GET", ONE, one),
    Route("PATCH", ONE, update),
    Route("DELETE", ONE, delete),
    Route("POST", f"{ONE}/resource-group", set_group),
    Route("POST", f"{ONE}/items", add_item),
    Route("POST", f"{ONE}/items/batch", update_items),
    Route("PATCH", f"{ONE}/items/{{item}}", update_item),
    Route("DELETE", f"{ONE}/items/{{item}}", delete_item),
)
