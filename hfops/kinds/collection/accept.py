"""Taking over drift of a collection: which edits make its manifest say what is live. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.accept import (
    HIDDEN,
    Accepted,
    Answer,
    Declined,
    field,
    is_extra,
    is_gone,
    parted,
    removed,
    set_to,
)
from hfops.kinds.collection.gating import EMAIL, MODE, NOTIFICATIONS, mode_of
from hfops.kinds.collection.live import identity
from hfops.kinds.collection.match import ITEMS, NOTE, ORDER
from hfops.kinds.collection.spec import CollectionSpec, Gate
from hfops.manifest.edit import BY_HAND, Edit, Order, Select
from hfops.model.change import Difference
from hfops.model.resource import Resource


def accept_collection(resource: Resource, difference: Difference) -> Answer:
    """Its fields, its items and their notes, and their order."""
    spec = resource.spec
    assert isinstance(spec, CollectionSpec)
    match difference.key:
        case ("resourceGroup",):
            return set_to(("resourceGroup",), difference.before or "none")
        case ("gating",):
            return _gate(spec, difference.before)
        case (listing, key) if listing == ITEMS:
            return _item(spec, key, difference)
        case (name,) if name == ORDER:
            return Accepted(
                (Edit(("spec", ITEMS), Order(tuple(_select(spec, key) for key in difference.before))),)
            )
    return field(difference)


def _select(spec: CollectionSpec, key: str) -> Select:
    """An item as the manifest spells it; ids compare without case."""
    kind, target = key.split("/", 1)
    wanted = identity(kind, target)
    written = next((i.id for i in spec.items or () if identity(i.type, i.id) == wanted), target)
    return (("type", kind), ("id", written))


def _item(spec: CollectionSpec, key: str, difference: Difference) -> Answer:
    place, before = (ITEMS, _select(spec, key)), difference.before
    if is_gone(difference):
        return removed(place)
    note = before.get(NOTE) if isinstance(before, Mapping) else None
    if is_extra(difference):
        return set_to(place, {NOTE: note} if note else {})
    return set_to((*place, NOTE), note or "")


def _gate(spec: CollectionSpec, before: Any) -> Answer:
    """In the short form, unless the manifest says more than the mode and there is more to say."""
    mode = mode_of(before)
    if mode is None:
        return Declined(HIDDEN, BY_HAND)
    told = before.get(NOTIFICATIONS) if isinstance(before, Mapping) else None
    said = spec.gating
    if not isinstance(said, Gate) or not isinstance(told, Mapping) or said.notifications is None:
        return set_to(("gating",), mode)
    written = said.notifications.model_dump(by_alias=True, exclude_none=True)
    have = {k: told.get(k) for k in written if k in (MODE, EMAIL)}
    edits = parted(("gating", NOTIFICATIONS), have, written)
    return Accepted((*parted(("gating",), {MODE: mode}, {MODE: said.mode}), *edits))
