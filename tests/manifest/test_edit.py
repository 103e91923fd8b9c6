"""Edits of manifests, seen as text."""

from __future__ import annotations

import textwrap
import time

import pytest

from hfops.manifest.edit import REMOVED, Alike, Edit, EditError, Order, edited
from hfops.manifest.yaml import parse
from hfops.model.source import Mark

MANIFEST = """\
# The team's models
apiVersion: hfops/v1   # the one there is
kind: Model
metadata: {name:  acme/x}
spec:
  visibility:   'private'   # why
  gated: "manual"
  tags:
    # first
    - {name: v1.0, revision: main}   # one
    # second
    - name: v2.0
      message:   |
        hello

        there
    - {name: v3}

  branches:
  - name: dev  # x
  card:
    metadata: {license: mit,
      tags: [a, b],  # c
      language: en }
  nothing:
  topics: [
    nlp,  # one
    vision,
  ]
# tail
lifecycle:
  preventDestroy: true
"""


def edit(text: str, *edits: Edit) -> str:
    """The text after edits of its first document."""
    return edited(text, parse(text, "hub.yaml")[0][0].mark(), edits)


def lines(*edits: Edit, text: str = MANIFEST) -> tuple[list[str], list[str]]:
    """The lines that go, and those that come."""
    old, new = text.splitlines(), edit(text, *edits).splitlines()
    start = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    end = next(
        (i for i, (a, b) in enumerate(zip(old[start:][::-1], new[start:][::-1], strict=False)) if a != b),
        min(len(old), len(new)) - start,
    )
    return old[start : len(old) - end], new[start : len(new) - end]


TAG2 = ("spec", "tags", (("name", "v2.0"),))


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        (Edit(("spec", "visibility"), "public"), ["  visibility:   'private'   # why"], ["  visibility:   'public'   # why"]),
        (Edit(("spec", "gated"), False), ['  gated: "manual"'], ["  gated: false"]),
        (Edit(("spec", "gated"), REMOVED), ['  gated: "manual"'], []),
        (Edit(("spec", "tags", (("name", "v1.0"),)), REMOVED), ["    - {name: v1.0, revision: main}   # one"], []),
        (Edit(("spec", "tags", (("name", "v1.0"),), "revision"), "0123456789"),
         ["    - {name: v1.0, revision: main}   # one"], ['    - {name: v1.0, revision: "0123456789"}   # one']),
        (Edit((*TAG2, "message"), "hi"), ["      message:   |", "        hello", "", "        there"], ["      message:   hi"]),
        (Edit((*TAG2, "revision"), "3f2a91c"), [], ["      revision: 3f2a91c"]),
        (Edit((*TAG2, "name"), REMOVED), ["    - name: v2.0", "      message:   |"], ["    - message:   |"]),
        (Edit(("spec", "tags", (("name", "v4"),)), {}), [], ["    - name: v4"]),
        (Edit(("spec", "branches", (("name", "dev"),)), REMOVED), ["  branches:", "  - name: dev  # x"], ["  branches: []"]),
        (Edit(("spec", "card", "metadata", "license"), "apache-2.0"),
         ["    metadata: {license: mit,"], ["    metadata: {license: apache-2.0,"]),
        (Edit(("spec", "card", "metadata", "tags"), ["b", "c"]), ["      tags: [a, b],  # c"], ["      tags: [b, c],  # c"]),
        (Edit(("spec", "card", "metadata", "note"), "a: b"), ["      language: en }"], ['      language: en, note: "a: b" }']),
        (Edit(("spec", "nothing"), None), [], []),
        (Edit(("spec", "nothing", "deep", "down"), 1), ["  nothing:"], ["  nothing: {deep: {down: 1}}"]),
        (Edit(("spec", "topics"), ["vision"]), ["    nlp,  # one"], []),
        (Edit(("spec", "topics"), ["nlp", "vision", "audio"]), [], ["    audio,"]),
        (Edit(("spec", "topics"), []), ["  topics: [", "    nlp,  # one", "    vision,", "  ]"], ["  topics: []"]),
        (Edit(("lifecycle", "preventDestroy"), REMOVED), ["lifecycle:", "  preventDestroy: true"], ["lifecycle: {}"]),
    ],
)  # fmt: skip
def test_only_the_edited_lines_change(change: Edit, gone: list[str], new: list[str]) -> None:
    """Comments, quotes, layout and all other lines stay as they were."""
    assert lines(change) == (gone, new)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"), ("yes", '"yes"'), ("1.0", '"1.0"'), ("null", '"null"'), ("*x", '"*x"'), ("{{ x }}", '"{{ x }}"'),
        ("two words", "two words"), ("é", "é"), ("a #b", '"a #b"'), ("", '""'), ('say "x"', "'say \"x\"'"), ("a\tb", '"a\\tb"'),
        ("\u2028", '"\\u2028"'), ("0o17", '"0o17"'), ("2026-01-01", '"2026-01-01"'), ("https://h.example/p", "https://h.example/p"),
        (None, "null"), (True, "true"), (1.5, "1.5"), (7, "7"), ({}, "{}"), ([1, "no"], '[1, "no"]'),
    ],
)  # fmt: skip
def test_values_are_quoted_where_some_parser_would_misread_them(value: object, written: str) -> None:
    """What another parser of YAML takes for a number, a date or a truth value is in quotes."""
    assert edit("spec:\n  a: x  # c\n", Edit(("spec", "a"), value)) == f"spec:\n  a: {written}  # c\n"


def test_text_of_several_lines_is_a_block() -> None:
    """In block style; the same with and without a line end at its end."""
    text = "spec:\n  a: x  # c\n  b: y\n"
    assert edit(text, Edit(("spec", "a"), "one\ntwo")) == "spec:\n  a: |-  # c\n    one\n    two\n  b: y\n"
    assert (
        edit(text, Edit(("spec", "a"), "one\n\ntwo\n")) == "spec:\n  a: |  # c\n    one\n\n    two\n  b: y\n"
    )


def test_the_order_of_entries() -> None:
    """Entries change places with their comments; those not named, and what is not there, do not matter."""
    text = textwrap.dedent("""\
        items:
          - {id: a}  # the first
          # about b
          - id: b
            note: x

          - {id: other}
          - {id: c}""")
    order = Order(((("id", "c"),), (("id", "gone"),), (("id", "b"),), (("id", "a"),)))
    assert edit(text, Edit(("items",), order)) == textwrap.dedent("""\
        items:
          - {id: c}
          # about b
          - id: b
            note: x

          - {id: other}
          - {id: a}  # the first""")
    assert edit("items: [{id: a},  {id: c}]\n", Edit(("items",), order)) == "items: [{id: c},  {id: a}]\n"


def test_a_spelling_like_the_old_one() -> None:
    """A value with several spellings is written as the old one was."""
    forms = Alike(("1h", 3600))
    assert edit("a: 30m\n", Edit(("a",), forms)) == "a: 1h\n"
    assert edit("a: 60\n", Edit(("a",), forms)) == "a: 3600\n"
    assert edit("b: 60\n", Edit(("a",), forms)) == "b: 60\na: 1h\n"


def test_line_ends_stay_what_they_are() -> None:
    """CRLF stays CRLF, and a file without a line end at its end stays so."""
    text = "a: 1\r\nb:\r\n  - x\r\n  - y"
    assert edit(text, Edit(("b",), ["x"])) == "a: 1\r\nb:\r\n  - x"
    assert edit(text, Edit(("b",), ["x", "y", "z"])) == text + "\r\n  - z"
    assert edit(text, Edit(("c",), {"k": "one\ntwo"})) == text + '\r\nc: {k: "one\\ntwo"}'


def test_other_documents_stay() -> None:
    """An edit is one document's, whatever stands around it."""
    text = "# one\na: 1\n---\n# two\na: 1   # two\n...\n---\n\n---\na:   1\n"
    second = parse(text, "f")[0][1].mark()
    assert second == Mark("f", 5, 1)
    assert edited(text, second, [Edit(("a",), 2)]) == text.replace("a: 1   # two", "a: 2   # two")


@pytest.mark.parametrize(
    ("text", "change", "reason"),
    [
        ("a: &x {k: 1}\nb: *x\n", Edit(("a", "k"), 2), "anchor"),
        ("a: &x {k: 1}\nb: *x\n", Edit(("b", "k"), 2), "alias"),
        ("a: &x {k: 1}\nb: {<<: *x, l: 2}\n", Edit(("b", "k"), 2), "merge"),
        ("a: &x {k: 1}\nb: {<<: *x, l: 2}\n", Edit(("b", "k"), REMOVED), "merge"),
        ("a: 1\n", Edit(("b",), REMOVED), "not written here"),
        ("a: 1\n", Edit(("a", "k"), 2), "no mapping"),
        ("a: 1\n", Edit(("a",), float("inf")), "cannot be written"),
        ("a: 1\n", Edit(("a",), "\ud800"), "cannot be written"),
        ("a: 1\na: 2\n", Edit(("a",), 3), "has errors"),
    ],
)
def test_refusals_say_why(text: str, change: Edit, reason: str) -> None:
    """What others share, and what is not there, is refused in words."""
    with pytest.raises(EditError, match=reason) as error:
        edited(text, Mark("f", 1, 1), [change])
    assert error.value.reason


def test_an_anchor_that_nobody_else_uses_is_no_hindrance() -> None:
    """Nor are anchors elsewhere in the document."""
    text = "a: &x {k: 1}\nb: &y [1]\nc: *y\n"
    assert edit(text, Edit(("a", "k"), 2)) == "a: &x {k: 2}\nb: &y [1]\nc: *y\n"


def test_a_place_where_nothing_begins() -> None:
    """A file that was changed meanwhile is found out."""
    with pytest.raises(EditError, match="no document begins there"):
        edited("a: 1\n", Mark("f", 7, 1), [Edit(("a",), 2)])


def test_many_edits_of_a_large_file_take_little_time() -> None:
    """Each document is edited by itself: the time does not grow with the square of the file."""
    from hfops.manifest.edit import Pages

    text = "".join(
        f"---\nkind: Model\nmetadata: {{name: m{i}}}\nspec: {{gated: manual}}\n" for i in range(500)
    )
    started, pages = time.monotonic(), Pages(text, "f")
    for document in pages.documents.values():
        pages.edit(document, [Edit(("spec", "gated"), "auto")])
    pages.check()
    assert pages.text == text.replace("manual", "auto")
    assert time.monotonic() - started < 20


def test_directives_belong_to_their_document() -> None:
    """A document with a directive is edited like any other."""
    text = "a: 1\n...\n%YAML 1.1\n---\nb: 1\n"
    mark = parse(text, "f")[0][1].mark()
    assert edited(text, mark, [Edit(("b",), 2)]) == text.replace("b: 1", "b: 2")
    assert edit(text, Edit(("a",), 2)) == text.replace("a: 1", "a: 2")
