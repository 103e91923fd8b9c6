"""What is taken of a delivery's body: names of a form that can do nothing, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.cli.watching.events import UNKNOWN, read_event
from hfops.model.address import Address

ID = "66" + "a" * 22


def payload(action: str = "update", scope: str = "repo.config", **more: Any) -> dict[str, Any]:
    """A delivery about acme/x."""
    repo = {"type": "model", "name": "acme/x", "id": ID, "private": True} | more.pop("repo", {})
    return {
        "event": {"action": action, "scope": scope},
        "repo": repo,
        "webhook": {"id": "1", "version": 3},
    } | more


@pytest.mark.parametrize(("word", "kind"), [("model", "Model"), ("dataset", "Dataset"), ("space", "Space")])
def test_repositories(word: str, kind: str) -> None:
    """Type and name are an address; what is told of the event is told again."""
    event = read_event(payload(repo={"type": word}))
    assert event.addresses == (Address(kind, "acme", "x"),)
    assert (event.idle, event.hub_id) == ("", "")
    assert event.to_json() == {
        "action": "update",
        "scope": "repo.config",
        "repo": {"type": word, "name": "acme/x"},
    }


def test_moves() -> None:
    """Both names are looked at, and the Hub's id tells whose it is."""
    event = read_event(payload("move", "repo", movedTo={"name": "acme/y", "owner": {"id": "1"}}))
    assert event.addresses == (Address("Model", "acme", "x"), Address("Model", "acme", "y"))
    assert event.hub_id == ID


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "hfops manages nothing of type unknown"),
        (payload(repo={"type": "bucket"}), "hfops manages nothing of type bucket"),
        (payload(repo={"type": "org", "name": "acme"}), "hfops manages nothing of type org"),
        (payload(repo={"name": "gpt2"}), "no name of a repository"),
        (payload(repo={"name": "acme/x/y"}), "no name of a repository"),
        (payload(repo={"name": 7}), "no name of a repository"),
        (payload(repo={"name": "acme/*"}), "no name of a repository"),
        (payload(scope="discussion.comment"), "discussions change nothing that hfops manages"),
        ({"event": [], "repo": "acme/x"}, "hfops manages nothing of type unknown"),
    ],
)
def test_nothing_to_do(body: dict[str, Any], why: str) -> None:
    """What can concern no manifest is said to be so."""
    assert read_event(body).idle == why


@pytest.mark.parametrize("text", ["\x1b[2J", "a b", "x" * 65, "é", "a\n", "", "\u202ex"])
def test_words_that_would_act(text: str) -> None:
    """What is not a plain word is unknown: nothing of it gets into a log."""
    event = read_event(payload(action=text, scope=text, repo={"type": text, "name": f"acme/{text}" * 2}))
    assert (event.action, event.scope, event.type, event.name) == (UNKNOWN,) * 4


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("event", "repo", "movedTo"), JUNK)), JUNK, JUNK)
def test_any_body(body: dict[str, Any], name: Any, kind: Any) -> None:
    """Whatever the body holds, there is an event, and it prints as one plain line."""
    for one in (body, body | {"repo": {"name": name, "type": kind, "id": name}}):
        event = read_event(one)
        assert str(event).isprintable()
        assert str(event).isascii()
        assert len(json.dumps(event.to_json())) < 600
        assert bool(event.idle) or bool(event.addresses)
