"""Collections as manifests: one list, and one read for each whose items the list may have cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from hfops.hub.errors import NotFound
from hfops.kinds.base import HubView
from hfops.kinds.collection.gating import MODE, mode_of
from hfops.kinds.collection.live import LiveCollection, LiveItem, parse_collection
from hfops.kinds.collection.observe import PAGE
from hfops.kinds.collection.slug import collection_path, id_of
from hfops.kinds.describe import Draft, Portrait, Sketch, Wish, slug
from hfops.kinds.repo.describe import group_field
from hfops.model.address import Address

KIND = "Collection"
THEME = "orange"
"""The colour that a new collection has."""

HIDDEN_GATE = "there is a gate, and the Hub does not show which: auto or manual"


def sketch_collections(wish: Wish, hub: HubView) -> Iterator[Sketch]:
    """Every collection, ready to be drawn; for names, those of that slug, id or name. Call: the list of a namespace."""
    live = _listed(wish.namespace, hub)
    titles = Counter(one.title.strip() for one in live)
    for one in sorted((c for c in live if _is_named(c, wish.names)), key=lambda c: (c.title, c.hub_id)):
        address = Address(KIND, one.namespace, slug(one.title, "collection"))
        draw = partial(_draw, one, hub, alone=titles[one.title.strip()] == 1)
        yield Sketch(address, one.hub_id, draw, reads=int(one.items is None), nameless=True)


def _listed(namespace: str, hub: HubView) -> list[LiveCollection]:
    params: dict[str, str | list[str]] = {"owner": namespace, "limit": PAGE}
    pages = hub.reads.pages("/api/collections", params)
    return [parse_collection(row, listed=True) for page in pages for row in page]


def _is_named(live: LiveCollection, names: tuple[str, ...]) -> bool:
    wanted = {n.casefold() for n in names} | {id_of(n) for n in names}
    return not names or live.hub_id in wanted or slug(live.title, "collection") in wanted


def _draw(row: LiveCollection, hub: HubView, address: Address, *, alone: bool) -> Portrait:
    del address
    live = row
    if row.items is None:
        try:
            live = parse_collection(hub.reads.get(collection_path(row.namespace, row.name)))
        except NotFound:
            live = row  # gone meanwhile, or its items are not for this token
    draft = Draft()
    _fields(live, draft, alone=alone)
    if live.items is None:
        draft.say("not readable", "items")
    else:
        draft.put("items", [item(one) for one in live.items], unless=([],))
    return Portrait(draft.spec, live, draft.comments, ("title",), ("slug", live.id))


def _fields(live: LiveCollection, draft: Draft, *, alone: bool) -> None:
    """The title is what it is found by; where that does not do, its slug is."""
    draft.put("title", live.title)
    if not alone:
        draft.put("slug", live.id)
        draft.say("its title alone does not tell which one is meant", "slug")
    draft.put("description", live.description.strip(), unless=("",))
    draft.put("visibility", live.visibility)
    draft.put("theme", live.theme, unless=("", THEME))
    draft.put("gating", gate(live.gating), unless=(False, None))
    if mode_of(live.gating) is None:
        draft.say(HIDDEN_GATE, "gating")
    group_field(live.group, draft)


def gate(found: Any) -> Any:
    """A gate as a manifest writes it; None where the Hub does not show it."""
    mode = mode_of(found)
    if not mode or mode != "manual" or not found.get("notifications"):
        return mode
    told = {k: v for k, v in found["notifications"].items() if k in (MODE, "email") and v is not None}
    return {MODE: mode, "notifications": told} if told else mode


def item(found: LiveItem) -> dict[str, Any]:
    """An item as a manifest writes it."""
    return {"type": found.type, "id": found.target} | ({"note": found.note} if found.note else {})
