"""The order of items: any is reached in one call, whatever the Hub makes of a position."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.kinds.base import Sight
from hfops.kinds.collection.order import arranged, crooked_from, window
from hfops.model.call import Deferred
from hfops.model.change import Cause, Difference
from hfops.model.resource import Ignore, Lifecycle, OnDrift
from tests.kinds.collections import KIND, Server, ask, brought_about, known, live, papers

MANNERS = ("shift", "blind")


def ids(*numbers: int) -> list[str]:
    return [paper["id"] for paper in papers(*numbers)]


def key(number: int) -> str:
    return f"paper/{ids(number)[0]}"


def server_with(manner: Any, numbers: list[int], gaps: list[int] | None = None) -> Server:
    """A server that holds papers, each at its place, or so many places further on."""
    server = Server(manner)
    place = 0
    for index, paper in enumerate(papers(*numbers)):
        place += gaps[index] if gaps and manner != "shift" else 0
        server.add(paper["type"], paper["id"], position=place)
        place += 1
    return server


def order_of(found: Any) -> Difference:
    (difference,) = [d for d in found.differences if d.path == "spec.items.order"]
    return difference


def test_managed_items_fill_the_places_of_managed_items() -> None:
    """Foreign items stay where they are; new places are at the end."""
    assert arranged(["a", "X", "b", "Y", "n"], ["n", "b", "a"]) == ["n", "X", "b", "Y", "a"]


def test_only_what_stands_wrong_is_written() -> None:
    """The window begins with the first item that is not in its place, and ends with the last."""
    assert window("abcdef", "abedcf", None) == range(2, 5)
    assert window("abc", "abc", 0) == range(0)


def test_positions_with_gaps_are_straightened_out() -> None:
    """From the first item on whose position is not its place, all are written."""
    assert crooked_from("abc", {"a": 0, "b": 2, "c": 3}) == 1
    assert crooked_from("abc", {"a": 0, "b": 1}) is None
    assert window("abcd", "abdc", 1) == range(1, 4)


@pytest.mark.parametrize("manner", MANNERS)
@settings(deadline=None)
@given(data=st.data())
def test_any_list_is_reached(manner: Any, data: st.DataObject) -> None:
    """Removals, additions, notes and any order: a call for each that goes or comes and at most one more, then none.

    The managed items stand as in the manifest, and the others in the order they had.
    """
    there = data.draw(st.lists(st.integers(0, 9), unique=True), label="live")
    gaps = data.draw(st.lists(st.integers(0, 2), min_size=len(there), max_size=len(there)), label="gaps")
    wanted = data.draw(st.lists(st.integers(0, 12), unique=True), label="wanted")
    made = data.draw(st.sets(st.sampled_from(there)) if there else st.just(set()), label="made here")
    noted = data.draw(st.sets(st.sampled_from(wanted)) if wanted else st.just(set()), label="with a note")
    exclusive = data.draw(st.booleans(), label="exclusive")
    server = server_with(manner, there, gaps)
    items = [p | ({"note": "n"} if n in noted else {}) for n, p in zip(wanted, papers(*wanted), strict=True)]
    record = known(items={key(n): {"origin": "created"} for n in sorted(made)})
    asked = ask(record, items=items, **({"exclusive": ["items"]} if exclusive else {}))

    calls = brought_about(asked, server)

    gone = [n for n in there if n not in wanted and (n in made or exclusive)]
    new = [n for n in wanted if n not in there]
    assert len(calls) <= len(gone) + len(new) + 1
    foreign = [n for n in there if n not in wanted and n not in gone]
    assert [i for i in server.order() if i in ids(*wanted)] == ids(*wanted)
    assert [i for i in server.order() if i not in ids(*wanted)] == ids(*foreign)
    assert {r["id"] for r in server.rows if r["note"]} == set(ids(*noted))
    assert brought_about(asked, server) == []


@pytest.mark.parametrize("manner", MANNERS)
@settings(deadline=None)
@given(order=st.permutations(range(50)), foreign=st.lists(st.integers(0, 50), max_size=4, unique=True))
def test_any_permutation_of_fifty(manner: Any, order: list[int], foreign: list[int]) -> None:
    """Whatever order fifty items are to have, among items of others: one call, and then nothing is left."""
    there = list(range(50))
    for place in sorted(foreign):
        there.insert(place, 100 + place)
    server = server_with(manner, there)
    asked = ask(items=papers(*order))

    calls = brought_about(asked, server)

    assert len(calls) == (0 if order == sorted(order) else 1)
    places = [i for i, n in enumerate(there) if n < 100]
    assert [server.order()[i] for i in places] == ids(*order)
    assert [i for i in server.order() if i in ids(*(n for n in there if n >= 100))] == ids(
        *(n for n in there if n >= 100)
    )
    assert brought_about(asked, server) == []


def test_a_new_item_at_the_end_needs_no_order() -> None:
    """The Hub appends: there is one call, and no other."""
    server = server_with("shift", [1, 2])
    (call,) = brought_about(ask(items=papers(1, 2, 3)), server)
    assert call.method == "POST"
    assert call.path.endswith("/items")


def test_a_new_item_in_the_middle_is_read_before_it_is_placed() -> None:
    """Its own id is only known once it was added: the batch reads it from the collection."""
    server = server_with("shift", [1, 2])
    add, batch = brought_about(ask(items=papers(1, 3, 2)), server)
    assert (add.path.rpartition("/")[2], batch.path.rpartition("/")[2]) == ("items", "batch")
    assert isinstance(batch.body, list)
    assert [change["data"]["position"] for change in batch.body] == [1, 2]
    late = batch.body[0]["_id"]
    assert isinstance(late, Deferred)
    assert late.pick == ("items", (("type", "paper"), ("id", ids(3)[0])), "_id")


@pytest.mark.parametrize(
    ("recorded", "there", "wanted", "cause"),
    [
        ([1, 2], [1, 2], [2, 1], Cause.CHANGE),
        ([2, 1], [1, 2], [2, 1], Cause.DRIFT),
        ([1, 2, 3], [2, 1, 3], [1, 3, 2], Cause.BOTH),
        ([1, 2], [1, 2], [1, 3, 2], Cause.CHANGE),
        (None, [1, 2], [2, 1], Cause.NEW),
    ],
)
def test_who_changed_the_order(recorded: Any, there: list[int], wanted: list[int], cause: Cause) -> None:
    """The author, or somebody on the Hub, told by the order that the ledger keeps."""
    record = known(**{"items.order": [key(n) for n in recorded]} if recorded else {})
    sight = Sight(live(server_with("shift", there).items()))
    assert order_of(KIND.compare(ask(record, items=papers(*wanted)), sight)).cause is cause


def test_an_item_that_is_left_out_has_no_place() -> None:
    """What ignoreChanges or onDrift keeps from being added is not counted: nothing is to be put in order for it."""
    sight = Sight(live(server_with("shift", [1, 2]).items()))
    record = known(items={key(n): {"origin": "created"} for n in (1, 2, 3)})
    ignored = Lifecycle(ignore_changes=(Ignore(f"spec.items[{key(3)}]"),))
    reported = Lifecycle(on_drift=OnDrift.REPORT)
    for lifecycle in (ignored, reported):
        found = KIND.compare(ask(record, lifecycle, items=papers(3, 1, 2)), sight)
        assert [d.path for d in found.differences] == [f"spec.items[{key(3)}]"]


def test_without_the_order_new_items_stay_at_the_end() -> None:
    """A plan that leaves the order alone (ignoreChanges) only adds."""
    sight = Sight(live(server_with("shift", [1, 2]).items()))
    asked = ask(items=papers(3, 1, 2))
    acting = [d for d in KIND.compare(asked, sight).differences if d.path != "spec.items.order"]
    (call,) = KIND.calls(asked, sight, acting)
    assert call.path.endswith("/items")
