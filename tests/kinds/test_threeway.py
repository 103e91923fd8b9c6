"""The three-way compare, over every state it can meet."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.kinds.threeway import Keyed, Verdict, keyed, scalar
from hfops.model.change import Cause, Op
from hfops.model.record import MISSING, Origin

NAMES = st.sampled_from("abcde")
VALUES = st.integers(0, 2)
WANTED = st.dictionaries(NAMES, VALUES)
LIVE = st.dictionaries(NAMES, VALUES)
RECORDED = st.dictionaries(
    NAMES, st.fixed_dictionaries({"value": VALUES, "origin": st.sampled_from([o.value for o in Origin])})
)
EXCLUSIVE = st.sampled_from([None, Cause.NEW, Cause.DRIFT])
UNDELETABLE = st.frozensets(NAMES, max_size=1)


def judge(name: str, wanted: int, live: Any, recorded: Any) -> Verdict:
    """Entries that are one number; ours once we made them."""
    origin = Origin.ADOPTED if recorded is MISSING else recorded["origin"]
    if live == wanted:
        return Verdict(same=True, before=live, after=live, record={"value": live, "origin": origin})
    return Verdict(
        same=False,
        before=None if live is MISSING else live,
        after=wanted,
        record={"value": wanted, "origin": Origin.CREATED},
        author=recorded is not MISSING and recorded["value"] != wanted,
        hub=recorded is not MISSING and recorded["value"] != live,
    )


def removed(found: Keyed) -> set[str]:
    """The entries that would go."""
    return {d.key[1] for d in found.differences if d.op is Op.REMOVE}


@given(WANTED, LIVE, RECORDED, UNDELETABLE)
def test_only_what_hfops_made_is_removed(wanted: Any, live: Any, recorded: Any, kept: frozenset[str]) -> None:
    """Without ``exclusive`` an entry goes only if the ledger says that hfops created it and the manifest dropped it."""
    found = keyed("list", wanted, live, recorded, judge, undeletable=kept)
    ours = {n for n, entry in recorded.items() if entry["origin"] == "created"}
    assert removed(found) == (ours & live.keys()) - wanted.keys() - kept


@given(WANTED, LIVE, RECORDED, EXCLUSIVE, UNDELETABLE)
def test_exclusive_removes_all_the_rest(
    wanted: Any, live: Any, recorded: Any, exclusive: Cause | None, kept: frozenset[str]
) -> None:
    """An exclusive list ends as the manifest's, but for what cannot be deleted; and it says whose doing it was."""
    found = keyed("list", wanted, live, recorded, judge, exclusive=exclusive, undeletable=kept)
    if exclusive is not None:
        assert removed(found) == live.keys() - wanted.keys() - kept
        strangers = [d for d in found.differences if d.op is Op.REMOVE and d.key[1] not in recorded]
        assert all(d.cause is exclusive for d in strangers)
    assert not removed(found) & (kept | wanted.keys())


@given(WANTED, LIVE, RECORDED, EXCLUSIVE, UNDELETABLE)
def test_every_entry_is_accounted_for_once(
    wanted: Any, live: Any, recorded: Any, exclusive: Cause | None, kept: frozenset[str]
) -> None:
    """A wanted entry is settled or differs; any other is removed, released or foreign; none is two of these."""
    found = keyed("list", wanted, live, recorded, judge, exclusive=exclusive, undeletable=kept)
    told = [*found.settled, *(d.key for d in found.differences), *found.released, *found.foreign]
    counted = Counter(told)
    strangers_kept = {n for n in live if n in kept and n not in wanted and n not in recorded}
    assert {k[1] for k in counted} == ({*wanted, *live, *recorded} - strangers_kept)
    assert set(counted.values()) <= {1}
    assert {k[1] for k in found.settled} == {n for n in wanted if live.get(n) == wanted[n]}


@given(WANTED, LIVE, RECORDED, EXCLUSIVE, UNDELETABLE)
def test_nothing_is_left_once_it_is_done(
    wanted: Any, live: Any, recorded: Any, exclusive: Cause | None, kept: frozenset[str]
) -> None:
    """With the differences applied and remembered, a second compare finds no difference and releases nothing."""
    found = keyed("list", wanted, live, recorded, judge, exclusive=exclusive, undeletable=kept)
    now, known = dict(live), {n: v for n, v in recorded.items() if ("list", n) not in found.released}
    known |= {k[1]: v for k, v in found.settled.items()}
    for difference in found.differences:
        name = difference.key[1]
        now.pop(name, None)
        known.pop(name, None)
        if difference.op is not Op.REMOVE:
            now[name], known[name] = difference.after, difference.record
    again = keyed("list", wanted, now, known, judge, exclusive=exclusive, undeletable=kept)
    assert again.differences == []
    assert again.released == []


@given(WANTED, LIVE, RECORDED)
def test_without_a_record_nobody_is_blamed(wanted: Any, live: Any, recorded: Any) -> None:
    """A wanted entry that the ledger does not know is new; one that it knows has a maker of the difference."""
    for difference in keyed("list", wanted, live, recorded, judge).differences:
        if difference.op is not Op.REMOVE:
            assert (difference.cause is Cause.NEW) is (difference.key[1] not in recorded)


@given(VALUES, VALUES, VALUES | st.just(MISSING))
def test_scalar_differs_where_the_hub_does(wanted: int, live: int, recorded: Any) -> None:
    """A field differs exactly where the Hub is not as wanted, whatever the ledger says."""
    found = scalar("f", wanted, live, recorded)
    assert (found is None) is (wanted == live)


@pytest.mark.parametrize(
    ("wanted", "live", "recorded", "expected"),
    [
        (1, 0, MISSING, Cause.NEW),
        (1, 0, 0, Cause.CHANGE),
        (1, 0, 1, Cause.DRIFT),
        (1, 0, 2, Cause.BOTH),
    ],
)
def test_scalar_cause(wanted: int, live: int, recorded: Any, expected: Cause) -> None:
    """Manifest ≠ ledger is the author's change, live ≠ ledger is drift, both are both."""
    found = scalar("f", wanted, live, recorded)
    assert found is not None
    assert found.cause is expected
    assert found.record == wanted


def test_scalar_of_nothing_is_an_addition() -> None:
    """A field without a live value is added, not changed."""
    found = scalar("f", 1, None, MISSING)
    assert found is not None
    assert found.op is Op.ADD
