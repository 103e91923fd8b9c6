"""Comparing a collection: items and notes three ways, the gate, exposures, and what cannot be made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hfops.kinds.base import Comparison, Sight
from hfops.kinds.collection.live import LiveItem
from hfops.model.change import Cause, Difference, Op
from hfops.model.record import Record
from hfops.model.risk import RiskKind
from tests.kinds.collections import KIND, UID, ask, known, live

MODEL = {"type": "model", "id": "acme/a"}
KEY = "model/acme/a"
FIRST = f"{0:024x}"
"""The ``_id`` of ``item()``."""
BULK = {"mode": "manual", "notifications": {"mode": "bulk"}}


def item(target: str = "acme/a", note: str = "", position: int = 0, kind: str = "model") -> LiveItem:
    """One live item."""
    return LiveItem(f"{position:024x}", kind, target, position, note)


def compared(record: Record | None, now: Any, **spec: Any) -> Comparison:
    """The comparison with what is live."""
    return KIND.compare(ask(record, **spec), Sight(now))


def the_one(found: Comparison) -> Difference:
    """The only difference."""
    (difference,) = found.differences
    return difference


def test_a_note_that_is_not_named_is_not_managed() -> None:
    """An item without a note in the manifest keeps the one it has."""
    found = compared(None, live([item(note="theirs")]), items=[MODEL])
    assert found.differences == ()
    assert found.settled["items", KEY] == {"origin": "adopted", "_id": FIRST}


@pytest.mark.parametrize(
    ("recorded", "now", "wanted", "cause"),
    [
        ("old", "old", "new", Cause.CHANGE),
        ("new", "theirs", "new", Cause.DRIFT),
        ("old", "theirs", "new", Cause.BOTH),
        (None, "theirs", "new", Cause.CHANGE),
        ("old", "old", "", Cause.CHANGE),
    ],
)
def test_who_changed_a_note(recorded: str | None, now: str, wanted: str, cause: Cause) -> None:
    """By the note that the ledger keeps; the Hub's other words stay out of it."""
    entry = {"origin": "created", **({"note": recorded} if recorded else {})}
    found = compared(known(items={KEY: entry}), live([item(note=now)]), items=[{**MODEL, "note": wanted}])
    difference = the_one(found)
    assert (difference.op, difference.cause) == (Op.CHANGE, cause)
    assert (difference.before, difference.after) == ({"note": now}, {"note": wanted})
    assert difference.record == {"origin": "created", "note": wanted, "_id": FIRST}


def test_spaces_around_texts_do_not_count() -> None:
    """A block of YAML ends with a line end, which the Hub may or may not keep."""
    now = live([item(note="why")], description="what\n")
    found = compared(None, now, items=[{**MODEL, "note": "why\n"}], description=" what\n")
    assert found.differences == ()


def test_an_item_that_hfops_added_and_the_manifest_dropped_goes() -> None:
    """One that it only adopted is released; one that somebody else added is left alone and named."""
    record = known(items={KEY: {"origin": "created"}, "model/acme/b": {"origin": "adopted"}})
    now = live([item(), item("acme/b", position=1), item("acme/c", position=2)])
    found = compared(record, now, items=[])
    assert (the_one(found).op, the_one(found).cause) == (Op.REMOVE, Cause.CHANGE)
    assert found.released == (("items", "model/acme/b"),)
    assert found.foreign == (("items", "model/acme/c"),)


@pytest.mark.parametrize(("before", "cause"), [(None, Cause.CHANGE), (["items"], Cause.DRIFT)])
def test_an_exclusive_list_has_no_items_of_others(before: list[str] | None, cause: Cause) -> None:
    """Once it was exclusive, what is too many was added since."""
    record = known(**({"exclusive": before} if before else {}))
    found = compared(record, live([item()]), items=[], exclusive=["items"])
    assert (the_one(found).op, the_one(found).cause) == (Op.REMOVE, cause)
    assert the_one(found).before == MODEL
    assert found.settled["exclusive",] == ["items"]


def test_ids_compare_without_case_and_collections_by_their_ids() -> None:
    """The ledger's spelling of a key stays; the text of a slug may be another by now."""
    record = known(items={"model/Acme/A": {"origin": "created"}})
    now = live([item("ACME/a"), item(f"acme/new-{UID}", position=1, kind="collection")])
    wanted = [MODEL, {"type": "collection", "id": f"acme/old-{UID}"}]
    found = compared(record, now, items=wanted)
    assert found.differences == ()
    assert set(found.settled) >= {("items", "model/Acme/A"), ("items", f"collection/acme/old-{UID}")}


def test_what_is_added_again_was_removed_by_somebody() -> None:
    """An item that the ledger knows and the Hub does not is drift."""
    found = compared(known(items={KEY: {"origin": "created"}}), live(), items=[MODEL])
    assert (the_one(found).op, the_one(found).cause) == (Op.ADD, Cause.DRIFT)


@pytest.mark.parametrize(
    ("now", "wanted", "risk"),
    [
        (BULK, False, True),
        (BULK, "auto", True),
        ({"mode": "auto"}, False, True),
        ({"mode": "auto"}, "manual", False),
        (False, "manual", False),
        (True, False, True),
    ],
)
def test_loosening_the_gate_is_an_exposure(now: Any, wanted: Any, risk: bool) -> None:
    """Manual lets in fewest, then auto, then no gate at all."""
    risks = the_one(compared(None, live(gating=now), gating=wanted)).risks
    assert [r.kind for r in risks] == ([RiskKind.EXPOSURE] if risk else [])


@pytest.mark.parametrize(
    ("now", "wanted", "recorded"),
    [
        (BULK, "manual", None),
        (BULK, {"mode": "manual"}, None),
        (BULK, BULK, None),
        ({**BULK, "notifications": {"mode": "bulk", "email": "a@acme.example"}}, BULK, None),
        (False, False, None),
        (BULK, {**BULK, "notifications": {"email": "a@acme.example"}},
         {"mode": "manual", "notifications": {"email": "a@acme.example"}}),
    ],
)  # fmt: skip
def test_a_gate_is_compared_as_far_as_the_manifest_names_it(now: Any, wanted: Any, recorded: Any) -> None:
    """The rest is not managed; an address that the Hub does not show is what was sent."""
    record = known(gating=recorded) if recorded else None
    assert compared(record, live(gating=now), gating=wanted).differences == ()


def test_who_changed_the_gate() -> None:
    """A gate that holds more than the manifest names is nobody's change."""
    author = compared(known(gating={"mode": "manual"}), live(gating=BULK), gating="auto")
    somebody = compared(known(gating={"mode": "manual"}), live(gating={"mode": "auto"}), gating="manual")
    assert (the_one(author).cause, the_one(somebody).cause) == (Cause.CHANGE, Cause.DRIFT)


def test_a_gate_that_the_hub_does_not_show_is_not_guessed() -> None:
    """It is left as it is until the ledger says otherwise, or --send-unverified."""
    assert compared(None, live(gating=True), gating="auto").unverified == (("gating",),)
    assert compared(known(gating={"mode": "auto"}), live(gating=True), gating="auto").differences == ()
    changed = the_one(compared(known(gating={"mode": "manual"}), live(gating=True), gating="auto"))
    assert (changed.cause, [r.kind for r in changed.risks]) == (Cause.CHANGE, [RiskKind.EXPOSURE])
    asked = replace(ask(gating="auto"), send_unverified=True)
    assert [d.path for d in KIND.compare(asked, Sight(live(gating=True))).differences] == ["spec.gating"]


def test_a_pinned_collection_is_never_made_anew() -> None:
    """Another one would have another id; and without a title there is nothing to make."""
    gone = KIND.compare(ask(slug=UID), Sight())
    assert "no collection of that id" in str(gone.problems[0])
    replaced = KIND.compare(replace(ask(slug=UID), replace=True), Sight(live()))
    assert "would have another id" in str(replaced.problems[0])
    nameless = KIND.compare(ask(known(), title=None), Sight())
    assert "takes a title" in str(nameless.problems[0])


def test_it_can_be_made_anew_when_asked() -> None:
    """--replace deletes it and makes another."""
    assert KIND.compare(replace(ask(), replace=True), Sight(live())).replace == ("asked for (--replace)",)


def test_what_becomes_of_an_interrupted_run() -> None:
    """An item is there as meant or gone; where the items were not read, nobody can tell."""
    key, meant = ("items", KEY), {"origin": "created"}
    found = {KEY: {**meant, "_id": FIRST}}
    assert KIND.arrived(known(), key, meant, live([item("Acme/A")])) == known(items=found)
    assert KIND.arrived(known(items={KEY: meant}), key, meant, live()) == known(items={})
    assert KIND.arrived(known(items={KEY: meant}), key, None, live([item()])) == known(items={KEY: meant})
    assert KIND.arrived(known(), key, meant, live(None)) is None


def test_what_a_creating_call_answers() -> None:
    """The id is the end of the slug, and the slug is what later calls go to."""
    assert KIND.made({"slug": f"acme/x-{UID}"}) == UID
    assert KIND.made({"slug": "acme/x"}) is KIND.made(None) is None
    assert KIND.own(live()) == {"slug": f"acme/x-{UID}", "items": []}
    told = {"_id": FIRST, "type": "model", "id": "acme/a"}
    assert KIND.own(live([item()]))["items"] == [told]
