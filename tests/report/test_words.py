"""Foreign text is shown without effect; values are shown as people write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.report.words import call_text, clean, counted, json_text, value_text

COMMIT = "3f2a91c" + "0" * 33
DEFERRED = {"$deferred": {"label": "commit of main", "read": "/api/x", "pick": []}}
ACTING = "\x00\x07\x1b\x7f\x85\x9b\u200b\u200e\u202e\u2028\u2029\u2066\ufeff\ud800"


@pytest.mark.parametrize("char", ACTING, ids=ascii)
def test_what_acts_is_replaced(char: str) -> None:
    """Controls, formats, halves of characters and line separators."""
    assert clean(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"
    assert json_text({"k": f"a{char}b"}).isprintable()


@pytest.mark.parametrize(
    "text", ["größer → ½", "日本語", "\u0645\u06cc\u200c\u062e", "👩\u200d👩\u200d👧", "🫩", "e\u0301"]
)
def test_what_is_text_stays(text: str) -> None:
    """Every language's, and characters newer than this Python."""
    assert clean(text) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_json_is_the_same_data(data: Any) -> None:
    """Escaping changes no value, and what is printed acts on no terminal."""
    for indent in (None, 2):
        text = json_text(data, indent=indent)
        assert json.loads(text) == data
        assert clean(text.replace("\n", "")) == text.replace("\n", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("manual", "manual"), (None, "nothing"), (True, "true"), (False, "false"), (5, "5"),
        (COMMIT, "3f2a91c"), ({"commit": COMMIT}, "3f2a91c"), ({"commit": None, "from": "main"}, "main (?)"),
        ({"revision": "main", "commit": COMMIT}, "main (3f2a91c)"), ({"revision": COMMIT, "commit": COMMIT}, "3f2a91c"),
        (DEFERRED, "commit of main"), ({"from": "main", "commit": DEFERRED}, "main (commit of main)"),
        ({"a": 1}, '{"a": 1}'), (["x"], '["x"]'), ({"$deferred": 5}, '{"$deferred": 5}'),
    ],
)  # fmt: skip
def test_values(value: Any, expected: str) -> None:
    """Words bare, commits short, structures as JSON."""
    assert value_text(value) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"method": "DELETE", "path": "/a"}, "DELETE /a"),
        (
            {"method": "PUT", "path": "/a", "body": {"x": [DEFERRED, None]}},
            'PUT /a {"x":["(commit of main)",null]}',
        ),
        (
            {"method": "POST", "path": "/tag/{commit}", "slots": {"commit": DEFERRED}},
            "POST /tag/(commit of main)",
        ),
    ],
)
def test_calls(call: dict[str, Any], expected: str) -> None:
    """Deferred values by their label."""
    assert call_text(call) == expected


def test_counts() -> None:
    """One call, two calls."""
    assert [counted(n, "call") for n in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]
