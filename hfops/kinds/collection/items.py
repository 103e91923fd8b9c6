"""Comparing the items of a collection: which there are, their notes, and their order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hfops.kinds.collection.live import LiveItem
from hfops.kinds.collection.match import ITEMS, NOTE, OBJECT_ID, ORDER, Entries, entries_of
from hfops.kinds.collection.order import arranged
from hfops.kinds.collection.place import id_of_new
from hfops.kinds.collection.scene import Scene
from hfops.kinds.collection.spec import Item
from hfops.kinds.threeway import Keyed, Verdict, cause, keyed
from hfops.model.change import Cause, Difference, Op
from hfops.model.key import key_path
from hfops.model.problem import Problem
from hfops.model.record import MISSING, Origin
from hfops.model.resource import OnDrift


def compare_items(scene: Scene) -> Keyed:
    """Items three ways, then their order. Nothing where the manifest names none."""
    if scene.spec.items is None:
        return Keyed()
    entries = entries_of(scene)
    found = keyed(ITEMS, entries.wanted, entries.live, entries.known, _judge, exclusive=_exclusive(scene))
    found.differences = [_shown(d) for d in found.differences]
    if entries.rekeyed:
        kept = {k: e for k, e in entries.known.items() if (ITEMS, k) not in found.released}
        found.settled = {(ITEMS,): kept, **found.settled}
    if scene.spec.exclusive is not None:
        # Noted in the ledger: what is too many in a list that was exclusive before, somebody added.
        found.settled["exclusive",] = sorted(scene.spec.exclusive)
    _compare_order(scene, entries, found)
    return found


def renamed_items(scene: Scene) -> Iterator[str]:
    """A note for every item that is there under another name by now."""
    entries = entries_of(scene)
    for key, name in entries.called.items():
        item = entries.wanted[key]
        yield f"{item.type} {item.id} is called {name} now, and the item is taken for it: write {name}"


def repeated_items(scene: Scene) -> Iterator[Problem]:
    """What is wanted twice: under a name of before, and under the one of now."""
    entries = entries_of(scene)
    items = list(entries.wanted)
    for key, other in entries.twice.items():
        item, there = entries.wanted[key], entries.wanted[other]
        message = f"{item.type} {item.id} is called {entries.live[other].target} now, and that is listed, too"
        if other in entries.called:
            message = f"{item.type} {item.id} and {there.id} are both called {entries.live[other].target} now"
        yield scene.problem((ITEMS, items.index(key), "id"), message, "take one of the two out")


def _exclusive(scene: Scene) -> Cause | None:
    """By whose doing items that nobody here made are too many, where the list is exclusive."""
    if ITEMS not in (scene.spec.exclusive or ()):
        return None
    before = scene.recorded("exclusive")
    fresh = cause(author=True, hub=False, recorded=scene.ask.record is not None)
    return Cause.DRIFT if before is not MISSING and ITEMS in before else fresh


def _judge(_: str, wanted: Item, live: Any, recorded: Any) -> Verdict:
    """An item is as wanted where it is there, with the note that the manifest gives it, if it gives one."""
    known = {} if recorded is MISSING else recorded
    said = None if wanted.note is None else wanted.note.strip()
    kept = {} if said is None else {NOTE: said}
    if live is MISSING:
        after = {"type": wanted.type, "id": wanted.id, **({NOTE: said} if said else {})}
        author = bool(known) and known.get(NOTE, said) != said
        record = {**kept, "origin": Origin.CREATED, OBJECT_ID: id_of_new(wanted.type, wanted.id)}
        return Verdict(same=False, before=None, after=after, record=record, author=author, hub=bool(known))
    record = {**kept, "origin": known.get("origin", Origin.ADOPTED), OBJECT_ID: live.object_id}
    if said is None or said == live.note:
        return Verdict(same=True, before=live, after=live, record=record)
    return Verdict(
        same=False, before={NOTE: live.note}, after={NOTE: said}, record=record,
        author=known.get(NOTE) != said, hub=NOTE in known and known[NOTE] != live.note,
    )  # fmt: skip


def _shown(difference: Difference) -> Difference:
    """What goes, as plans write it."""
    item = difference.before
    if not isinstance(item, LiveItem):
        return difference
    told = {"type": item.type, "id": item.target, **({NOTE: item.note} if item.note else {})}
    return replace(difference, before=told)


def _compare_order(scene: Scene, entries: Entries, found: Keyed) -> None:
    """A difference of its own where the managed items, new ones at the end, would not stand as in the manifest."""
    left_alone = {d.key[1] for d in found.differences if _may_be_held(d, scene)}
    changed = {d.key[1]: d.op for d in found.differences if d.key[1] not in left_alone}
    gone = {key for key, op in changed.items() if op is Op.REMOVE}
    new = [key for key in entries.wanted if changed.get(key) is Op.ADD]
    present = [*(key for key in entries.live if key not in gone), *new]
    wanted = list(entries.wanted)
    if arranged(present, wanted) == present:
        found.settled[ORDER,] = wanted
        return
    now, then = ([k for k in order if k in present] for order in (_ours(present, wanted), wanted))
    recorded = entries.order
    known = recorded is not MISSING
    hub = known and _contradicts([k for k in now if k not in new], recorded)
    author = known and (_contradicts(then, recorded) or not hub)
    why = cause(author=author, hub=hub, recorded=known)
    old = recorded if known else None
    found.differences.append(Difference((ORDER,), Op.CHANGE, now, then, why, old, wanted))


def _ours(present: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The managed ones of what is present, as they stand."""
    managed = set(wanted)
    return [key for key in present if key in managed]


def _contradicts(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether what two orders share stands in another order."""
    shared = set(one) & set(other)
    return [k for k in one if k in shared] != [k for k in other if k in shared]


def _may_be_held(difference: Difference, scene: Scene) -> bool:
    """Whether the lifecycle leaves an item out, or lets it stay: the order is that of what will be there."""
    lifecycle = scene.resource.lifecycle
    if lifecycle.on_drift is OnDrift.REPORT and difference.cause in (Cause.DRIFT, Cause.BOTH):
        return True
    return any(ignore.covers(key_path(difference.key)) for ignore in lifecycle.ignore_changes)
