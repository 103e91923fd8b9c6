"""Manifests as text: what is written reads back as the same data, here and in every YAML parser."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hfops.engine.importing.emit import document, scalar, writable
from hfops.manifest.yaml import parse

TRAPS = [
    *(
        "yes",
        "No",
        "1.0",
        "0x1f",
        "0o17",
        "1_000",
        "12:30",
        "2026-01-01",
        "null",
        "~",
        "<<",
        "=",
        "",
        " ",
        "y",
        "-1",
    ),
    *(
        "{{ x }}",
        "{% if %}",
        "a: b",
        "- x",
        "-x",
        "--x",
        "# c",
        "a #b",
        "a#b",
        "*x",
        "&y",
        "!z",
        "|",
        ">",
        "%a",
        "@x",
    ),
    *(
        "'",
        '"',
        "\\",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\n",
        " a",
        "a ",
        "a\n b",
        " a\nb",
        "a\n\nb",
        "a\tb",
        "a\r\nb",
    ),
    *(
        "\x00",
        "\x07",
        "\x85",
        "\u2028",
        "\ufeff",
        "---",
        "...",
        "--- a",
        "a\n---\nb",
        "? a",
        ":",
        ":a",
        "a:",
        "a:b",
    ),
    *(
        "🙂",
        "👩‍💻",
        "Größe",
        "模型",
        "x" * 3000,
        "a, b",
        "[a]",
        "{a}",
        "a]",
        "a}",
        "`a`",
        "a\\n",
        "$HOME",
        "tag:yaml.org,2002:str",
    ),
]
TEXT = st.sampled_from(TRAPS) | st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
KEY = TEXT.filter(lambda t: len(t) < 500)
SCALAR = TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    SCALAR, lambda c: st.lists(c, max_size=4) | st.dictionaries(KEY, c, max_size=4), max_leaves=12
)
COMMENTS = st.dictionaries(st.tuples(TEXT) | st.tuples(TEXT, TEXT), TEXT, max_size=3)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(KEY, VALUE, min_size=1, max_size=4), COMMENTS)
@example({"tags": ["0?", "a?b"]}, {})
def test_what_is_written_reads_back(data: dict[str, Any], comments: dict[tuple[str, ...], str]) -> None:
    """The same values of the same types, whatever the comments say, in hfops and in YAML 1.1."""
    text = document(data, comments)
    documents, problems = parse(text, "x.yaml")
    assert not problems, text
    assert repr(documents[0].data) == repr(data), text
    assert yaml.safe_load(text) == data, text


@pytest.mark.parametrize(
    "text", ["acme/x", "v1.0", "Vision & Sensing", "https://x.example/a?b", "ghcr.io/a/b:1.4", "it's"]
)
def test_plain_words_have_no_quotes(text: str) -> None:
    """What reads the same without quotes is written without."""
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["no", "1.10", "2026-01-01", "a: b", "# x", "", "010", "{{ x }}", "y"])
def test_words_with_a_meaning_are_quoted(text: str) -> None:
    """No YAML parser takes them for anything but text."""
    assert scalar(text) == f'"{text}"'


def test_lines_stand_under_a_bar() -> None:
    """A text of several lines is written as it is; none is ever folded."""
    assert document({"a": {"b": "one\ntwo\n", "c": "one\ntwo"}}) == (
        "a:\n  b: |\n    one\n    two\n  c: |-\n    one\n    two\n"
    )
    assert document({"a": "word " * 100 + "end"}).count("\n") == 1


def test_comments_stand_where_they_belong() -> None:
    """Beside a value; on a line of their own where there is none; on one line whatever they hold."""
    data = {"spec": {"secrets": {"A": {"env": "A"}}, "tags": [{"name": "v1"}]}}
    comments = {
        ("spec", "secrets", "A"): "not\nreadable \x07",
        ("spec", "tags", 0): "at 3f2a91c",
        ("spec", "variables", "T"): "left out",
    }
    assert document(data, comments) == (
        "spec:\n  secrets:\n    A: {env: A}  # not readable ?\n  tags:\n    - {name: v1}  # at 3f2a91c\n"
        "  # variables.T: left out\n"
    )


@pytest.mark.parametrize(
    "value", [None, math.inf, math.nan, "\ud800", {"a": [None]}, {"k" * 2000: 1}, {"\udfff": 1}]
)
def test_what_yaml_cannot_hold_is_known(value: Any) -> None:
    """Nulls, infinite numbers, half characters and endless keys are not written."""
    assert not writable(value)
