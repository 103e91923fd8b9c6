"""parse, for any text: it answers, quickly; and what YAML can write, it reads."""

import re
import time

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.manifest.document import Document
from hfops.manifest.reading import decode
from hfops.manifest.scalars import resolve
from hfops.manifest.yaml import parse
from hfops.model.problem import Problem

from .test_scalars import YAML_1_1

WORDS = [w for w in YAML_1_1 if len(w) < 100]
PIECES = st.sampled_from(
    [
        "a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\t", "[", "]", "{", "}", ",", "&a ", "*a", "!!str ", "!x ", "<<: ",
        "'", '"', "|\n", ">\n", "---\n", "...\n", "%YAML 1.1\n", "#", "\\", "@", "\0", "\ud800", "\ufeff", "\x85", "\u2028", "é😀",
    ]
)  # fmt: skip
SOUP = st.lists(PIECES, max_size=60).map("".join)


def answers(text):
    started = time.monotonic()
    documents, problems = parse(text, "f.yaml")
    assert time.monotonic() - started < 5
    assert all(isinstance(d, Document) for d in documents)
    lines = text.count("\n") + text.count("\r") + 1
    for problem in problems:
        assert isinstance(problem, Problem)
        assert 1 <= problem.where.line <= lines
        assert "\n" not in str(problem)


@given(st.text() | SOUP)
@settings(max_examples=400, deadline=None)
def test_any_text_has_an_answer(text):
    """No text makes parse raise or hang, and every problem lies within the file."""
    answers(text)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_have_an_answer(data):
    """Bytes are text or one problem, never an exception."""
    text = decode(data, "f.yaml")
    if isinstance(text, Problem):
        assert text.where.line >= 1
    else:
        answers(text)


LINE_ENDS_OF_YAML_1_1 = "\x85\u2028\u2029"
"""PyYAML writes these as they are and YAML 1.1 reads them as line ends."""
EXPONENT_ONLY = re.compile(r"-?[0-9]+[eE][-+]?[0-9]+")
"""Numbers here and in YAML 1.2, but not in 1.1: PyYAML does not quote them."""
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=LINE_ENDS_OF_YAML_1_1), max_size=20
)
STRINGS = (st.sampled_from(WORDS) | TEXT).filter(lambda s: not EXPONENT_ONLY.fullmatch(s))
SCALARS = (
    STRINGS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False)
)
DATA = st.dictionaries(
    STRINGS,
    st.recursive(
        SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(STRINGS, v, max_size=4), max_leaves=15
    ),
    min_size=1,
    max_size=5,
)


def paths(value, at=()):
    yield at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from paths(below, (*at, key))


@given(DATA, st.booleans())
@settings(max_examples=300, deadline=None)
def test_values_survive(data, flow):
    """What PyYAML dumps (quoting YAML 1.1's words itself) comes back equal, and every value has a mark."""
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    documents, problems = parse(text, "f.yaml")
    assert problems == []
    assert same(documents[0].data, data)
    assert set(documents[0].marks) == {at for at, _ in paths(data)}


def same(read, written):
    """Equal, types and order included."""
    if isinstance(written, dict):
        return list(read) == list(written) and all(same(read[k], written[k]) for k in written)
    if isinstance(written, list):
        return len(read) == len(written) and all(map(same, read, written))
    return type(read) is type(written) and read == written


@given(st.sampled_from([w for w in WORDS if w != "<<"]))
def test_a_plain_word_never_becomes_something_unseen(word):
    """Unquoted, such a word is itself."""
    (document,), problems = parse(f"a: {word}\n", "f.yaml")
    assert (document.data, problems) == ({"a": word}, [])


@given(DATA, st.booleans())
@settings(max_examples=200, deadline=None)
def test_marks_point_at_the_text(data, flow):
    """At the mark of a plain scalar stands its source text; at the mark of a collection it begins."""
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    documents, problems = parse(text, "f.yaml")
    assert problems == []
    lines = text.split("\n")
    for at, value in paths(documents[0].data):
        mark = documents[0].marks[at]
        rest = lines[mark.line - 1][mark.column - 1 :]
        if at in documents[0].raw:
            assert rest.startswith(documents[0].raw[at])
        elif isinstance(value, dict | list) and flow:
            assert rest[0] == ("{" if isinstance(value, dict) else "[")
        elif isinstance(value, str) and value.isalnum() and value.isascii() and resolve(value) == value:
            assert rest.lstrip("'\"!? ").startswith(value[:10])
