"""Collections on the embedded Hub: any order in two writes, and a fault at any request."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.model.call import Repeat
from hfops.model.problem import HfopsError
from hfops.sandbox.server import Sandbox
from tests.contract import check_request, check_response
from tests.engine.test_faults import Killed
from tests.harness import Engine, MemoryStore
from tests.kinds.collections import document, papers
from tests.kinds.test_space_faults import KillingOnce

FIFTY = list(range(50))
FOREIGN = (100, 101, 102)


@pytest.fixture(scope="module")
def crowded() -> Iterator[Sandbox]:
    """A Hub with a collection of fifty papers, and three of somebody else's between them."""
    numbers = [100, *FIFTY[:20], 101, *FIFTY[20:], 102]
    spec = {"title": "Papers", "items": papers(*numbers)}
    seed = {"resources": [{"kind": "Collection", "metadata": {"name": "acme/papers"}, "spec": spec}]}
    with Sandbox(seed) as sandbox:
        yield sandbox


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(FIFTY), noted=st.sets(st.sampled_from(FIFTY), max_size=3))
def test_any_permutation_takes_two_writes_at_most(
    crowded: Sandbox, order: list[int], noted: set[int]
) -> None:
    """Fifty items in any order, some with new notes: the rest stays where it is, and the next plan is empty."""
    items = [
        p | {"note": f"note {n}" if n in noted else ""} for n, p in zip(order, papers(*order), strict=True)
    ]
    docs = [document("papers", title="Papers", items=items)]
    engine = Engine(crowded.url)
    (before,) = crowded.hub.collections.all.values()
    places = [i for i, item in enumerate(before.items) if item.target in targets(FOREIGN)]
    crowded.exchanges.clear()
    _, result = engine.apply(docs)
    assert result.exit_code == 0
    assert sum(e.method not in ("GET", "HEAD") for e in crowded.exchanges) <= 2
    assert [p for e in crowded.exchanges for p in (*check_request(e), *check_response(e))] == []
    now = [item.target for item in before.items]
    assert [t for t in now if t not in targets(FOREIGN)] == targets(order)
    assert [i for i, t in enumerate(now) if t in targets(FOREIGN)] == places
    assert {i.target for i in before.items if i.note} == set(targets(noted))
    assert engine.plan(docs).plan.empty


def targets(numbers: Any) -> list[str]:
    return [paper["id"] for paper in papers(*numbers)]


BEFORE = [
    document(
        "kept", title="Kept", visibility="private", theme="blue",
        items=[*papers(1, 2), {**papers(3)[0], "note": "old"}, *papers(4)],
    ),
    document("named", title="Named", items=papers(1)),
    document("gone", title="Gone"),
]  # fmt: skip
AFTER = [
    document(
        "kept", title="Kept, renamed", visibility="public", theme="pink", resourceGroup="red",
        items=[*papers(4, 5), {**papers(3)[0], "note": "new"}, *papers(1)],
    ),
    document("called", title="Named", items=papers(2, 1)),
    document(
        "fresh", title="Fresh", theme="green", resourceGroup="red", gating="manual",
        items=[*papers(7), {**papers(8)[0], "note": "why"}, *papers(9)],
    ),
    {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {
        "moved": [{"from": "Collection/acme/named", "to": "Collection/acme/called"}],
        "removed": [{"address": "Collection/acme/gone", "action": "delete"}]}},
]  # fmt: skip
SEED = {"orgs": [{"name": "acme", "resourceGroups": [{"name": "red"}]}]}
STRANGE = "2307.77777"
"""A paper that somebody else lists."""


@contextlib.contextmanager
def prepared_hub(*, lax: bool) -> Iterator[tuple[Sandbox, Engine]]:
    """A Hub in which BEFORE was applied, and somebody put one more paper in. ``lax``: titles may be there twice."""
    with Sandbox(SEED) as sandbox:
        sandbox.hub.lax_titles = lax
        engine = Engine(sandbox.url, parallelism=1)
        assert engine.apply(BEFORE)[1].exit_code == 0
        kept = sandbox.hub.collections.titled("acme", "Kept")
        assert kept is not None
        with engine.connect() as connections:
            body = {"item": {"type": "paper", "id": STRANGE}}
            connections.writer().send("POST", f"/api/collections/{kept.slug}/items", body, Repeat.ONCE)
        sandbox.exchanges.clear()
        yield sandbox, engine


def state(sandbox: Sandbox) -> Any:
    """All that matters of the Hub's collections; two of one title would be two rows."""
    return sorted(
        [c.title, c.private, c.theme, c.group, c.gating, [(i.target, i.note) for i in c.items]]
        for c in sandbox.hub.collections.all.values()
    )


def owned(store: MemoryStore) -> Any:
    """The ledger without ids, which differ from run to run."""
    data = json.loads(store.text or "{}")
    text = json.dumps({"entries": data["entries"], "intentions": data["intentions"]}, sort_keys=True)
    return json.loads(re.sub(r"[0-9a-f]{24}", "id", text))


def without_ids(found: Any) -> Any:
    return json.loads(re.sub(r"[0-9a-f]{24}", "id", json.dumps(found)))


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, Any, Any]:
    """Requests, end state and ledger of the run without a fault."""
    with prepared_hub(lax=False) as (sandbox, engine):
        assert engine.apply(AFTER)[1].exit_code == 0
        count = len(list(sandbox.exchanges))
        assert engine.plan(AFTER).plan.empty
        found = without_ids(state(sandbox))
        assert [row[0] for row in found] == ["Fresh", "Kept, renamed", "Named"]
        order = [target for target, _ in found[1][5]]
        assert order == [*targets((4, 5)), *targets((3,)), STRANGE, *targets((1,))]
        return count, found, owned(engine.store)


FAULTS: dict[str, dict[str, Any]] = {
    "500 after the effect": {"status": 500, "after": True},
    "403": {"status": 403},
    "answer dropped": {"drop-response": True},
    "answer cut off": {"truncate": True},
    "answers dropped for good": {"drop-response": True, "always": True},
}


@pytest.mark.parametrize("lax", [False, True], ids=["titles are unique", "titles are not"])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere(fault: str, lax: bool, undisturbed: tuple[int, Any, Any]) -> None:
    """After the fault, one quiet apply reaches the same Hub and the same ledger as a run without it."""
    count, wanted, wanted_ledger = undisturbed
    for nth in range(1, count + 1):
        with prepared_hub(lax=lax) as (sandbox, engine):
            effect = {k: v for k, v in FAULTS[fault].items() if k != "always"}
            for n in range(nth, nth + 60) if "always" in FAULTS[fault] else (nth,):
                sandbox.faults.add({"match": {}, "nth": n, **effect})
            try:
                code = engine.apply(AFTER)[1].exit_code
            except HfopsError as error:
                code = error.exit_code
            sandbox.faults.clear()
            where = (fault, nth, code, [(e.method, e.path, e.status) for e in sandbox.exchanges])
            if code == 0:
                assert engine.plan(AFTER).plan.empty, where
            _, again = engine.apply(AFTER)
            assert again.exit_code == 0, (where, again)
            assert engine.plan(AFTER).plan.empty, where
            assert without_ids(state(sandbox)) == wanted, where
            assert owned(engine.store) == wanted_ledger, where


@pytest.mark.parametrize("lax", [False, True], ids=["titles are unique", "titles are not"])
@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
def test_killed_anywhere(after: bool, lax: bool, undisturbed: tuple[int, Any, Any]) -> None:
    """A process killed at any request leaves nothing that the next run does not find out."""
    count, wanted, wanted_ledger = undisturbed
    for nth in range(1, count + 1):
        with prepared_hub(lax=lax) as (sandbox, engine):
            killing = KillingOnce(nth, after=after, store=engine.store)
            engine.wrap = lambda killing=killing: killing
            with pytest.raises(Killed):
                engine.apply(AFTER)
            engine.wrap, engine.store.dead = None, False
            _, result = engine.apply(AFTER)
            assert result.exit_code == 0, (nth, result)
            assert engine.plan(AFTER).plan.empty, nth
            assert without_ids(state(sandbox)) == wanted, nth
            assert owned(engine.store) == wanted_ledger, nth
