"""Any edit of any manifest: the data are the old ones with the edit, and no line changes that it does not touch."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest
import yaml
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from hfops.manifest import yaml as reading
from hfops.manifest.edit import REMOVED, Edit, EditError, edited
from hfops.manifest.editing import tree
from hfops.manifest.yaml import parse
from tests.manifest.edit_styles import Path, Writer

WORDS = ["yes", "no", "1.0", "null", "*x", "{{ x }}", "a: b", "# no", "- d", "", " pad ", "main", "v1.0", "é😀", "it's",
         'say "x"', "back\\slash", "0x1f", "2026-01-01", "1e5", "~", "a,b", "[x]", "&y", "!z", "%", "@", "one\ntwo",
         "one\ntwo\n", "tab\there", "https://h.example/p?q=1", "<<", "y", "12345678901234567890", "a #b", "k:", "?"]  # fmt: skip
TEXTS = st.sampled_from(WORDS) | st.text("abc xyz-_/.:é", max_size=8)
KEYS = st.sampled_from([w for w in WORDS if "\n" not in w and w != "<<"]) | st.text(
    "abcdef", min_size=1, max_size=4
)
SCALARS = TEXTS | st.booleans() | st.integers(-99, 10**6) | st.none() | st.sampled_from((0.5, 1e22, 2.0))
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(KEYS, v, max_size=4), max_leaves=10
)
DATA = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)


def changed(data: Any, path: Path, value: Any) -> Any:
    """The old data with the edit, said once more in plain words."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list):
        out = [*data[:step], *data[step + 1 :]]
        return (
            out
            if not rest and value is REMOVED
            else [*data[:step], changed(data[step], rest, value), *data[step + 1 :]]
        )
    if not rest and value is REMOVED:
        return {k: v for k, v in data.items() if k != step}
    return {**data, step: changed(data.get(step), rest, value)}


def steps(data: Any, path: Path) -> tuple[Any, ...] | None:
    """The path as an edit has it; None where an entry cannot be told from the others."""
    out: list[Any] = []
    for step in path:
        if isinstance(step, int):
            entry = data[step]
            keys = entry if isinstance(entry, dict) else {}
            own = [(k, v) for k, v in keys.items() if isinstance(v, str) and v and not v.endswith("/")]
            firsts = [(k, v) for k, v in own if data.index(next(
                e for e in data if isinstance(e, dict) and str(e.get(k)).rstrip("/") == v)) == step]  # fmt: skip
            if not firsts:
                return None
            out.append((firsts[0],))
        else:
            out.append(step)
        data = data[step]
    return tuple(out)


def same(one: Any, other: Any) -> bool:
    """Equal with types; a key's place in its mapping does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def cut_off(text: str, data: Any) -> str:
    """The text without its last line end, unless that is part of a value: of a block of text at the end."""
    short = text.rstrip("\r\n")
    return short if same(parse(short, "f.yaml")[0][0].data, data) else text


def touchable(writer: Writer, text: str, path: Path, *, whole: bool) -> tuple[int, int]:
    """The lines that an edit at ``path`` may change: of the nearest value around it that has lines of its own.

    ``whole``: also those of the collection that it is in.
    """
    if whole:
        path = path[:-1]
    while path and (path not in writer.spans or path in writer.dashed):
        path = path[:-1]
    start, end = writer.spans[path] if path else (0, len(text))
    first = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    return first, len(text) if after < 0 else after + 1


def places(data: Any, path: Path = ()) -> list[Path]:
    """The paths of all values."""
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [*([path] if path else []), *(p for k, v in below for p in places(v, (*path, k)))]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], scope="module")
def loader(request: pytest.FixtureRequest) -> Any:
    """Both of PyYAML's parsers: where it was built without libyaml, there is only the second."""
    patch = pytest.MonkeyPatch()
    found = getattr(yaml, request.param)
    patch.setattr(tree, "LOADER", found)
    patch.setattr(reading, "_LOADER", found)
    yield request.param
    patch.undo()


@given(
    data=DATA, seed=st.integers(0, 2**32), value=VALUES | st.just(REMOVED), pick=st.integers(0, 10**6),
    crlf=st.booleans(), final=st.booleans(), around=st.booleans(),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_an_edit_is_that_edit(loader, data, seed, value, pick, crlf, final, around):
    """A value replaced or removed anywhere, in any layout."""
    writer = Writer(random.Random(seed), "\r\n" if crlf else "\n")
    text = writer.document(data)
    documents, problems = parse(text, "f.yaml")
    assert problems == []
    assert same(documents[0].data, data)
    path = places(data)[pick % len(places(data))]
    named = steps(data, path)
    assume(named is not None)
    only = len(data) == 1 and len(path) == 1 and value is REMOVED
    expected = changed(data, path, value)
    if not final and not around:
        text = cut_off(text, data)
    head, tail = ("# head\n---\n", "---\nkind: other # kept\n") if around and not crlf else ("", "")
    mark = parse(head + text + tail, "f.yaml")[0][0].mark()
    try:
        new = edited(head + text + tail, mark, [Edit(named, value)])
    except EditError as error:
        event(error.reason)
        assert only, "nothing but a document's last key cannot go"
        return
    assert new.startswith(head)
    assert new.endswith(tail)
    body = new[len(head) : len(new) - len(tail)]
    assert same(parse(new, "f.yaml")[0][0].data, expected)
    assert same(parse(body, "f.yaml")[0][0].data, expected)
    whole = value is REMOVED or isinstance(value, dict | list)
    first, after = touchable(writer, text, path, whole=whole)
    assert body.startswith(text[:first])
    kept = text[after:]
    assert body.endswith((kept, kept.rstrip("\r\n")))
    assert "\r" not in text or not re.search(r"(?<!\r)\n", new)


@given(data=DATA, seed=st.integers(0, 2**32), key=KEYS, value=VALUES, pick=st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_a_new_key_goes_behind_the_others(loader, data, seed, key, value, pick):
    """Nothing is removed from the text: a new key adds to it."""
    writer = Writer(random.Random(seed))
    text = writer.document(data)
    maps = [(), *(p for p in places(data) if isinstance(at(data, p), dict))]
    path = maps[pick % len(maps)]
    named = steps(data, path)
    assume(named is not None and key not in at(data, path))
    new = edited(text, parse(text, "f.yaml")[0][0].mark(), [Edit((*named, key), value)])
    assert same(parse(new, "f.yaml")[0][0].data, changed(data, (*path, key), value))
    if at(data, path):
        assert is_within(text, new)


def at(data: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        data = data[step]
    return data


def is_within(old: str, new: str) -> bool:
    """Whether the old text is the new one without some of its characters."""
    rest = iter(new)
    return all(char in rest for char in old)


@given(data=DATA, seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_what_is_so_already_changes_no_byte(loader, data, seed):
    """An edit to what is there already is none."""
    writer = Writer(random.Random(seed))
    text = writer.document(data)
    mark = parse(text, "f.yaml")[0][0].mark()
    edits = [Edit(named, at(data, path)) for path in places(data) if (named := steps(data, path))]
    assert edited(text, mark, edits) == text


LISTS = st.lists(SCALARS | st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3), min_size=2, max_size=6)


@given(
    entries=LISTS, seed=st.integers(0, 2**32), how=st.sampled_from(("order", "insert", "remove")),
    deep=st.booleans(), crlf=st.booleans(), final=st.booleans(),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_lists_keep_what_stays(loader, entries, seed, how, deep, crlf, final):
    """In another order nothing of the text is lost; with new entries it only grows, without some it only shrinks."""
    rng = random.Random(seed)
    data = {"a": {"b": entries}, "c": 1} if deep else {"b": entries}
    path = ("a", "b") if deep else ("b",)
    text = Writer(rng, "\r\n" if crlf else "\n").document(data)
    text = text if final else cut_off(text, data)
    new_list = list(entries)
    if how == "order":
        rng.shuffle(new_list)
    elif how == "insert":
        new_list.insert(rng.randint(0, len(entries)), {"new": "entry"})
    else:
        gone = rng.randrange(len(entries))
        new_list = [e for i, e in enumerate(entries) if i != gone]
    new = edited(text, parse(text, "f.yaml")[0][0].mark(), [Edit(path, new_list)])
    assert same(parse(new, "f.yaml")[0][0].data, changed(data, path, new_list))
    if how == "order":
        assert Counter(new) == Counter(text)
    elif how == "insert":
        assert is_within(text, new)
    else:
        assert is_within(new, text)
