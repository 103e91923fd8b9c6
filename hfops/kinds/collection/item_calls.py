"""The calls for items: removals, additions, then one batch for every note and every place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.kinds.collection.match import ITEMS, NOTE, ORDER, Entries, entries_of
from hfops.kinds.collection.order import arranged, crooked_from, window
from hfops.kinds.collection.place import Place
from hfops.kinds.collection.scene import Scene
from hfops.model.call import Call, Deferred, Repeat
from hfops.model.change import Difference, Op


def item_calls(scene: Scene, place: Place, differences: Sequence[Difference]) -> Iterator[Call]:
    """The fewest calls: the API removes and adds one item at a time, and updates many."""
    entries = entries_of(scene)
    about = {op: [d for d in differences if d.key[0] == ITEMS and d.op is op] for op in Op}
    for difference in about[Op.REMOVE]:
        yield _remove(place, entries, difference)
    for difference in about[Op.ADD]:
        yield _add(place, difference)
    order = next((d for d in differences if d.key == (ORDER,)), None)
    updates = _updates(place, entries, about, order)
    if updates:
        told = [*([order] if order else []), *about[Op.CHANGE]]
        notes = f"{len(about[Op.CHANGE])} notes" if len(about[Op.CHANGE]) > 1 else "a note"
        words = [*(["the order"] if order else []), *([notes] if about[Op.CHANGE] else [])]
        summary = "set " + " and ".join(words)
        achieves = tuple(d.path for d in told)
        yield place.call("POST", "items", "batch", summary=summary, body=updates, achieves=achieves)


def _remove(place: Place, entries: Entries, difference: Difference) -> Call:
    """DELETE …/items/{_id}; a repeat answers 404."""
    key = difference.key[1]
    uid, achieves = entries.live[key].object_id, (difference.path,)
    return place.call(
        "DELETE", "items", uid, summary=f"remove {key}", repeat=Repeat.CONFLICT, achieves=achieves
    )


def _add(place: Place, difference: Difference) -> Call:
    """POST …/items appends; a repeat answers 409. The answer is the whole collection."""
    item = {k: v for k, v in difference.after.items() if k != NOTE}
    body = {"item": item} | ({NOTE: difference.after[NOTE]} if NOTE in difference.after else {})
    summary, achieves = f"add {difference.key[1]}", (difference.path,)
    call = place.call("POST", "items", summary=summary, body=body, repeat=Repeat.CONFLICT, achieves=achieves)
    return replace(call, shows=True)


def _updates(
    place: Place, entries: Entries, about: Mapping[Op, Sequence[Difference]], order: Difference | None
) -> list[dict[str, Any]]:
    """The batch: places in ascending order, each note with its item's, then the other notes."""
    gone, new = ({d.key[1] for d in about[op]} for op in (Op.REMOVE, Op.ADD))
    notes = {d.key[1]: d.after[NOTE] for d in about[Op.CHANGE]}
    present = [*(key for key in entries.live if key not in gone), *(k for k in entries.wanted if k in new)]
    target = arranged(present, list(entries.wanted)) if order else present
    positions = {key: item.position for key, item in entries.live.items()}
    places = window(present, target, crooked_from(present, positions))
    moved = [(target[i], {"position": i}) for i in places]
    written = {key for key, _ in moved}
    data = [(k, {**at, **({NOTE: notes[k]} if k in notes else {})}) for k, at in moved]
    data += [(key, {NOTE: note}) for key, note in notes.items() if key not in written]
    return [{"action": "update", "_id": _id(place, entries, key), "data": one} for key, one in data]


def _id(place: Place, entries: Entries, key: str) -> str | Deferred:
    if key in entries.live:
        return entries.live[key].object_id
    item = entries.wanted[key]
    return place.item_id(item.type, item.id)
