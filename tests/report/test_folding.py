"""Identical changes are shown as one, and only identical ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.report.folding import FOLD_FROM, folded, nameless
from hfops.report.model import Report
from hfops.report.text import WIDTH, plan_lines

RISK = {"risk": "exposure", "reason": "gating loosens from manual to auto"}


def gate(name: str, **other: Any) -> dict[str, Any]:
    """A change that closes a gate, as a plan's JSON has it."""
    difference = {
        "path": "spec.gated",
        "op": "change",
        "before": "auto",
        "after": "manual",
        "cause": "change",
    }
    call = {
        "method": "PUT",
        "path": f"/api/models/{name}/settings",
        "body": {"gated": "manual"},
        "summary": "set gated",
    }
    change = {"address": f"Model/{name}", "action": "update", "where": f"{name}.yaml:1:1"}
    return {**change, "differences": [difference], "calls": [call], **other}


def text(*changes: dict[str, Any]) -> str:
    """The report of these changes."""
    return "\n".join(line.text for line in plan_lines(Report({"changes": changes, "notices": []})))


def test_the_line_of_the_design() -> None:
    """``~ 287 Models  gated: auto → manual``, every name, the call once, and how often it is made."""
    lines = text(*[gate(f"acme/m{i}") for i in range(287)]).splitlines()
    assert lines[0] == "~ 287 Models  gated: auto → manual"
    assert lines[1].startswith("    acme/: m0, m1, m2")
    assert '    → PUT /api/models/acme/NAME/settings {"gated":"manual"}   (287 times)' in lines
    assert lines[-1] == "Plan: 287 to update; 287 calls."
    names = " ".join(lines).replace(",", " ").split()
    assert all(f"m{i}" in names for i in range(287))
    assert all(len(line) <= WIDTH + 6 for line in lines[1:20])


@pytest.mark.parametrize("count", range(1, FOLD_FROM + 1))
def test_from_three(count: int) -> None:
    """Fewer than three are shown one by one, with their places."""
    shown = text(*[gate(f"acme/m{i}") for i in range(count)])
    assert ("Models" in shown) is (count >= FOLD_FROM)
    assert shown.count("yaml:1:1") == (0 if count >= FOLD_FROM else count)


def other(**change: Any) -> dict[str, Any]:
    """The difference of ``gate``, changed."""
    return {**gate("acme/x")["differences"][0], **change}


UNLIKE: dict[str, dict[str, Any]] = {
    "another action": {"action": "create"},
    "another value before": {"differences": [other(before=False)]},
    "another value after": {"differences": [other(after="auto")]},
    "another field": {"differences": [other(path="spec.visibility")]},
    "another cause": {"differences": [other(cause="drift")]},
    "held": {"differences": [other(held="ignored")]},
    "one more difference": {"differences": [other(), other(path="spec.x")]},
    "a risk": {"risks": [RISK]},
    "a note": {"notes": ["note"]},
    "adopted": {"adopts": True},
    "another call": {"calls": [{**gate("acme/odd")["calls"][0], "method": "POST"}]},
    "another body": {"calls": [{**gate("acme/odd")["calls"][0], "body": {"gated": "auto"}}]},
    "a call about another": {"calls": gate("acme/another")["calls"]},
    "no call": {"calls": []},
    "another kind": {"address": "Dataset/acme/odd"},
    "released": {"released": ["spec.tags"]},
}


@pytest.mark.parametrize("unlike", UNLIKE.values(), ids=UNLIKE)
def test_what_differs_stands_alone(unlike: dict[str, Any]) -> None:
    """Any difference in what happens, why, or what it risks keeps a change out of the group."""
    changes = [gate("acme/a"), gate("acme/odd", **unlike), gate("acme/b"), gate("acme/c")]
    groups = folded(changes)
    assert [[c["address"] for c in g] for g in groups] == [
        ["Model/acme/a", "Model/acme/b", "Model/acme/c"],
        [changes[1]["address"]],
    ]


def test_risks_are_never_folded_away() -> None:
    """Three exposures: the list on top counts them, the group says why."""
    shown = text(*[gate(f"acme/m{i}", risks=[RISK]) for i in range(7)]).splitlines()
    assert shown[0] == "! exposure: " + ", ".join(f"Model/acme/m{i}" for i in range(5)) + " and 2 more"
    assert "    ! exposure: gating loosens from manual to auto" in shown


def test_namespaces_are_named() -> None:
    """The same change in two namespaces is one group with two lists of names."""
    shown = text(gate("acme/a"), gate("beta/a"), gate("acme/b"))
    assert "~ 3 Models" in shown
    assert "    acme/: a, b\n    beta/: a" in shown


def test_creations() -> None:
    """The name in a creation's body is NAME too; a body that only looks like it is left."""

    def create(name: str) -> dict[str, Any]:
        body = {"name": name, "organization": "acme", "type": "model", "description": name}
        return {"address": f"Model/acme/{name}", "action": "create",
                "calls": [{"method": "POST", "path": "/api/repos/create", "body": body, "summary": ""}]}  # fmt: skip

    assert len(folded([create("a"), create("b"), create("c")])) == 3
    changes = [create(n) for n in "abc"]
    for change in changes:
        del change["calls"][0]["body"]["description"]
    assert len(folded(changes)) == 1
    assert '{"name":"NAME","organization":"acme","type":"model"}   (3 times)' in text(*changes)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["auto", "manual"])), max_size=12))
def test_nothing_is_lost(pairs: list[tuple[str, str]]) -> None:
    """Every change is in exactly one group, groups stand where their first member stood, JSON is not touched."""
    changes = [gate(f"acme/{n}{i}", differences=[other(after=v)]) for i, (n, v) in enumerate(pairs)]
    before = json.dumps(changes)
    groups = folded(changes)
    assert sorted(c["address"] for g in groups for c in g) == sorted(c["address"] for c in changes)
    firsts = [changes.index(g[0]) for g in groups]
    assert firsts == sorted(firsts)
    assert json.dumps(changes) == before


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/api/models/acme/x", "/api/models/acme/NAME"),
        ("/api/models/acme/x/settings", "/api/models/acme/NAME/settings"),
        ("/api/models/acme/xy/settings", "/api/models/acme/xy/settings"),
        ("acme/x", "acme/NAME"),
        ("see acme/x", "see acme/x"),
        ({"name": "x", "tag": "x"}, {"name": "NAME", "tag": "x"}),
        ([["acme/x", 1, None]], [["acme/NAME", 1, None]]),
    ],
)
def test_nameless(value: Any, expected: Any) -> None:
    """Ids in paths and bodies, whole ones only."""
    assert nameless(value, "Model/acme/x") == expected
