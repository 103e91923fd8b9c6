"""Items of repositories that were renamed: on the Hub, or by the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hfops.engine.apply.values import pick
from hfops.kinds.base import Comparison, Sight
from hfops.kinds.collection.leads import NEW_NAMES
from hfops.kinds.collection.live import LiveItem, identity
from hfops.kinds.collection.place import id_of_new
from hfops.model.address import Address
from hfops.model.change import Cause, Op
from hfops.model.record import Record
from tests.kinds.collections import KIND, UID, ask, known, live

A, B = "model/acme/a", "model/acme/b"
OURS = {"origin": "created", "_id": f"{1:024x}"}


def model(name: str) -> dict[str, str]:
    """An item of a manifest."""
    return {"type": "model", "id": f"acme/{name}"}


def there(*names: str) -> Any:
    """A collection that holds these models; the ``_id`` of the first is that of ``OURS``."""
    return live([LiveItem(f"{n + 1:024x}", "model", f"acme/{name}", n) for n, name in enumerate(names)])


def compared(
    record: Record | None,
    now: Any,
    *names: str,
    leads: Mapping[str, str] | None = None,
    renames: Mapping[str, str] | None = None,
    **more: Any,
) -> Comparison:
    """The comparison of wanted models, where some names lead elsewhere, and the plan renames some."""
    facts = {NEW_NAMES: {identity("model", f"acme/{a}"): f"acme/{b}" for a, b in (leads or {}).items()}}
    plan = {Address("Model", "acme", a): Address("Model", "acme", b) for a, b in (renames or {}).items()}
    asked = replace(ask(record, items=[model(n) for n in names], **more), renames=plan)
    return KIND.compare(asked, Sight(now, facts))


def test_the_ledger_knows_a_renamed_item_by_its_id() -> None:
    """Where the old name leads nowhere, too: nothing is removed, nothing is added, and a note says what to write."""
    found = compared(known(items={A: OURS}), there("b"), "a")
    assert found.differences == found.released == found.foreign == ()
    assert found.notes == ("model acme/a is called acme/b now, and the item is taken for it: write acme/b",)
    assert found.settled["items", A] == OURS


def test_without_a_ledger_the_old_name_leads_to_it() -> None:
    """What the Hub answers for the old name is what the item is by now."""
    found = compared(None, there("b"), "a", leads={"a": "b"})
    assert found.differences == ()
    assert found.settled["items", A] == {"origin": "adopted", "_id": f"{1:024x}"}
    assert len(found.notes) == 1


def test_once_the_new_name_is_written_the_item_is_still_ours() -> None:
    """The ledger's entry goes to the new name, with its origin and its place in the order."""
    record = known(
        items={A: {**OURS, "note": "why"}, "model/acme/c": {"origin": "created"}}, **{"items.order": [A]}
    )
    found = compared(record, there("b"), "b")
    assert found.differences == found.notes == ()
    assert found.released == (("items", "model/acme/c"),)
    assert found.settled["items",] == {B: {**OURS, "note": "why"}}, "what is released is not put back"
    assert found.settled["items", B] == OURS


def test_what_the_manifest_drops_goes_under_whatever_name() -> None:
    """It was ours as acme/a, and shows as acme/b."""
    found = compared(known(items={A: OURS}), there("b"))
    (gone,) = found.differences
    assert (gone.path, gone.op, gone.before) == (f"spec.items[{A}]", Op.REMOVE, model("b"))
    (call,) = KIND.calls(ask(known(items={A: OURS}), items=[]), Sight(there("b")), [gone])
    assert call.path.endswith(f"/items/{OURS['_id']}")


def test_another_repository_of_the_old_name_is_not_the_item() -> None:
    """The name leads to itself: that one is missing, and the renamed one is nobody's to remove."""
    found = compared(known(items={A: OURS}), there("b"), "a", leads={"a": "a"})
    (new,) = found.differences
    assert (new.path, new.op, new.cause) == (f"spec.items[{A}]", Op.ADD, Cause.DRIFT)
    assert found.foreign == (("items", B),)


def test_both_names_of_one_item_are_refused() -> None:
    """One of them is to be taken out, and the problem stands at the old one."""
    found = compared(known(items={A: OURS}), there("b"), "b", "a")
    (problem,) = found.problems
    assert problem.path == "spec.items[1].id"
    assert "model acme/a is called acme/b now, and that is listed, too" in str(problem)


@pytest.mark.parametrize("entry", [OURS, {"origin": "created"}], ids=["with an id", "without"])
def test_the_plan_itself_renames_it(entry: dict[str, str]) -> None:
    """The item will show the new name by then: nothing to do, and the entry goes along."""
    found = compared(known(items={A: entry}), there("a"), "b", renames={"a": "b"})
    assert found.differences == found.released == found.foreign == found.notes == ()
    assert found.settled["items", B] == OURS


def test_the_plan_renames_what_the_manifest_calls_by_its_old_name() -> None:
    """No second one is added; the author is told the name to write."""
    found = compared(None, there("a"), "a", renames={"a": "b"})
    assert found.differences == ()
    assert "is called acme/b now" in found.notes[0]
    further = compared(None, there("b"), "a", leads={"a": "b"}, renames={"b": "c"})
    assert further.differences == ()
    assert "is called acme/c now" in further.notes[0]


def test_what_the_plan_makes_under_an_old_name_is_new() -> None:
    """A repository that is created under the old name ends what the name led to."""
    found = compared(None, there("b"), "a", leads={"a": "b"}, renames={"a": "a"})
    assert [(d.path, d.op) for d in found.differences] == [(f"spec.items[{A}]", Op.ADD)]


def test_two_items_of_the_ledger_that_swapped_their_names() -> None:
    """Each entry goes by what the manifest calls it now: names first, for they are what the author means."""
    record = known(items={A: OURS, B: {"origin": "created", "_id": f"{2:024x}"}})
    found = compared(record, there("b", "a"), "b", "a")
    assert found.differences == ()
    assert found.settled["items", B]["_id"] == OURS["_id"]
    assert found.settled["items", A]["_id"] == f"{2:024x}"


def test_an_interrupted_removal_of_a_renamed_item() -> None:
    """It is still there, under its new name."""
    record = known(items={A: OURS})
    assert KIND.arrived(record, ("items", A), None, there("b")) == record
    assert KIND.arrived(record, ("items", A), None, there("c", "b")) == record
    assert KIND.arrived(known(items={A: {"origin": "created"}}), ("items", A), None, there("b")) == known(
        items={}
    )


def test_a_new_item_is_picked_whatever_its_spelling() -> None:
    """Ids in any case; collections by the end of their slugs, not by their text; and nothing that is only alike."""
    rows = [
        {"_id": "1", "type": "dataset", "id": "acme/c"},
        {"_id": "2", "type": "model", "id": "big-acme/c"},
        {"_id": "3", "type": "model", "id": "acme/c"},
        {"_id": "4", "type": "collection", "id": "x", "slug": f"acme/new-{UID}"},
    ]
    assert pick({"items": rows}, id_of_new("model", "ACME/C")) == "3"
    assert pick({"items": rows}, id_of_new("collection", f"acme/old-{UID.upper()}")) == "4"
    assert pick({"items": rows}, id_of_new("model", "acme/d")) is None
