"""The calls that bring a collection about. Pure: differences in, calls out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.kinds.base import Ask, Sight
from hfops.kinds.collection.gating import sent_gate
from hfops.kinds.collection.item_calls import item_calls
from hfops.kinds.collection.live import LiveCollection
from hfops.kinds.collection.match import ITEMS, NOTE
from hfops.kinds.collection.place import Place
from hfops.kinds.collection.scene import FIELDS, Scene
from hfops.kinds.groups import FIELD as GROUP
from hfops.kinds.groups import assign_group, group_id_of
from hfops.model.address import Address
from hfops.model.call import Call, Repeat
from hfops.model.change import Difference, Op
from hfops.model.risk import RiskKind


def collection_calls(ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
    """Create with all that this can carry, one PATCH, the group, the items. What opens it up comes last."""
    scene, place, left = Scene(ask, sight), Place.of(sight.live), list(differences)
    create = [_create(ask.address, sight, left)] if sight.live is None else []
    fields = [d for d in left if d.key[0] in FIELDS]
    patch = [_patch(place, fields, sight.live)] if fields else []
    opens = any(r.kind is RiskKind.EXPOSURE for d in fields for r in d.risks)
    group = [_group(place, sight, d) for d in left if d.key[0] == GROUP]
    items = item_calls(scene, place, left)
    first, last = ((), patch) if opens else (patch, ())
    return (*create, *first, *group, *items, *last)


@dataclass(frozen=True, slots=True)
class _Carried:
    """A part of the body of the creating call, and the difference that it closes."""

    part: Mapping[str, Any]
    difference: Difference


def _create(address: Address, sight: Sight, left: list[Difference]) -> Call:
    """POST /api/collections; what it carries leaves ``left``.

    The Hub may make a second one of the same title: nobody repeats this without a look.
    """
    carried = list(_carried(sight, left))
    body: dict[str, Any] = {"namespace": address.namespace, "private": True}
    for one in carried:
        body |= one.part
        left.remove(one.difference)
    summary = f"create the collection, {'private' if body['private'] else 'public'}"
    achieves = tuple(one.difference.path for one in carried)
    return Call("POST", "/api/collections", body, summary, Repeat.ONCE, achieves)


def _carried(sight: Sight, differences: Sequence[Difference]) -> Iterator[_Carried]:
    for difference in differences:
        match difference.key[0]:
            case "title" | "description" as name:
                yield _Carried({name: difference.after}, difference)
            case "visibility":
                yield _Carried({"private": difference.after == "private"}, difference)
            case name if name == GROUP:
                yield _Carried({"resourceGroupId": group_id_of(difference.after, sight)}, difference)
    first = next((d for d in differences if d.key[0] == ITEMS and d.op is Op.ADD), None)
    if first is not None and NOTE not in first.after:  # it has no room for a note
        yield _Carried({"item": first.after}, first)


def _patch(place: Place, fields: Sequence[Difference], live: LiveCollection | None) -> Call:
    """One PATCH for all fields that differ. A new title changes the slug's text; the old one leads there, too."""
    body: dict[str, Any] = {}
    for difference in fields:
        match difference.key[0]:
            case "visibility":
                body["private"] = difference.after == "private"
            case "gating":
                body["gating"] = sent_gate(difference.after, live.gating if live else False)
            case name:
                body[name] = difference.after
    summary = "set " + ", ".join(d.key[0] for d in fields)
    return place.call("PATCH", summary=summary, body=body, achieves=tuple(d.path for d in fields))


def _group(place: Place, sight: Sight, difference: Difference) -> Call:
    return place.placed(assign_group(place.path("resource-group"), sight, difference))


def delete_call(live: LiveCollection) -> Call:
    """DELETE /api/collections/{slug}; a repeat answers 404."""
    return Place.of(live).call("DELETE", summary="delete the collection", repeat=Repeat.CONFLICT)
