"""Merging what two runs did to one ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.engine.ledger.format import Entry, Intention, LedgerForm
from hfops.engine.ledger.merge import Clash, claims, merge, touched
from hfops.model.record import Origin

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = [f"Model/acme/{n}" for n in "abcd"]


def entry(value: int) -> Entry:
    """An entry that can be told from others."""
    return Entry(origin=Origin.CREATED, applied={"v": value})


def form(entries: dict[str, int], intentions: dict[str, str] | None = None, **more: Any) -> LedgerForm:
    """A ledger."""
    return LedgerForm(
        project="p",
        entries={a: entry(v) for a, v in entries.items()},
        intentions=[Intention(address=a, action=x, at=NOW) for a, x in (intentions or {}).items()],
        **more,
    )


FORMS = st.builds(
    form,
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["create", "delete"])),
    serial=st.integers(0, 9),
)


def said(ledger: LedgerForm | None, name: str) -> Any:
    """All that it says of one address."""
    if ledger is None:
        return (None, [])
    return (ledger.entries.get(name), [i for i in ledger.intentions if i.address == name])


@given(st.none() | FORMS, FORMS, FORMS)
def test_nothing_is_lost(base: LedgerForm | None, ours: LedgerForm, theirs: LedgerForm) -> None:
    """Of every address the merged ledger says what the one that changed it says; where both did, alike or a clash."""
    mine, others = ({n for n in NAMES if said(base, n) != said(x, n)} for x in (ours, theirs))
    both = {n for n in mine & others if said(ours, n) != said(theirs, n)}
    if both and theirs != base:
        with pytest.raises(Clash) as caught:
            merge(base, ours, theirs)
        assert set(caught.value.addresses) == both
        return
    merged = merge(base, ours, theirs)
    for name in NAMES:
        assert said(merged, name) == said(ours if name in mine else theirs, name)


@given(st.none() | FORMS, FORMS)
def test_nobody_else(base: LedgerForm | None, ours: LedgerForm) -> None:
    """Where nobody wrote, or the file is gone, it is ours."""
    assert merge(base, ours, base) is ours
    assert merge(base, ours, None) is ours


@given(FORMS, FORMS)
def test_touched_is_what_differs(before: LedgerForm, after: LedgerForm) -> None:
    """By address; the same twice is nothing."""
    assert touched(before, before) == {}
    assert set(touched(before, after).values()) == {n for n in NAMES if said(before, n) != said(after, n)}
    known = {*before.entries, *(i.address for i in before.intentions)}
    spoken = {*after.entries, *(i.address for i in after.intentions)}
    assert {str(a) for a in claims(before, after)} == spoken - known


def test_the_serial_goes_on_from_theirs() -> None:
    """One more than what is stored, not than what was read."""
    base = form({"Model/acme/a": 1}, serial=3)
    ours = form({"Model/acme/a": 2}, serial=4)
    theirs = form({"Model/acme/a": 1, "Model/acme/b": 1}, serial=8)
    assert merge(base, ours, theirs).serial == 9


def test_case_makes_no_difference() -> None:
    """The same address in another spelling is the same address."""
    base = form({"Model/acme/a": 1})
    ours, theirs = form({"Model/ACME/A": 2}), form({"Model/acme/a": 3})
    with pytest.raises(Clash):
        merge(base, ours, theirs)
    merged = merge(base, ours, form({"Model/acme/a": 1, "Model/acme/b": 1}))
    assert set(merged.entries) == {"Model/ACME/A", "Model/acme/b"}


def test_used_plans() -> None:
    """All that anybody used, but for the old ones that we forgot."""
    base = form({}, used_plans={"old": NOW, "kept": NOW})
    ours = form({}, used_plans={"kept": NOW, "mine": NOW})
    theirs = form({}, used_plans={"old": NOW, "kept": NOW, "theirs": NOW})
    assert set(merge(base, ours, theirs).used_plans) == {"kept", "mine", "theirs"}
