"""parse: documents with positions, and problems instead of exceptions."""

import time

import pytest
import yaml

from hfops.manifest.yaml import parse
from hfops.model.source import Mark


def only(text):
    documents, problems = parse(text, "m.yaml")
    assert [str(p) for p in problems] == []
    return documents[0]


def said(text):
    return [str(p) for p in parse(text, "m.yaml")[1]]


def test_values_and_keys_know_their_places():
    """Every value and every key has the line and column where it stands, in block and flow style."""
    document = only("kind: Model\nspec:\n  tags:\n    - {name: v1, n: 1.10}\n    - x\n")
    assert document.data == {"kind": "Model", "spec": {"tags": [{"name": "v1", "n": 1.1}, "x"]}}
    assert document.marks["kind",] == Mark("m.yaml", 1, 7)
    assert document.marks["spec", "tags", 0, "name"] == Mark("m.yaml", 4, 14)
    assert document.key_marks["spec", "tags", 0, "n"] == Mark("m.yaml", 4, 18)
    assert document.marks["spec", "tags", 1] == Mark("m.yaml", 5, 7)
    assert document.raw == {("spec", "tags", 0, "n"): "1.10"}


def test_a_missing_place_is_that_of_what_is_around_it():
    """``mark`` of a field that was not written is the mapping it would be in."""
    document = only("a:\n  b: 1\n")
    assert document.mark(("a", "c", "d")) == document.marks["a",] == Mark("m.yaml", 2, 3)
    assert document.key_mark(("a", "c")) == Mark("m.yaml", 2, 3)
    assert document.key_mark(("a",)) == Mark("m.yaml", 1, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(end):
    """Windows and old Mac line ends and a byte order mark change neither values nor lines."""
    document = only("\ufeff" + f"a: é{end}b: 'x'{end}# c{end}c: [1]{end}")
    assert document.data == {"a": "é", "b": "x", "c": [1]}
    assert document.marks["c", 0] == Mark("m.yaml", 4, 5)


def test_lines_are_those_of_an_editor():
    """U+2028 ends a line for YAML 1.1 but for no editor: the marks follow the editor."""
    assert only('a: "x\u2028y"\nb: 1\n').marks["b",].line == 2


def test_documents_are_counted_and_empty_ones_skipped():
    """Directives, ``---``, ``...`` and empty documents are fine."""
    documents, problems = parse("%YAML 1.1\n---\na: 1\n...\n---\n---\n# nothing\n---\nb: 2\n", "m.yaml")
    assert problems == []
    assert [(d.index, d.data) for d in documents] == [(0, {"a": 1}), (3, {"b": 2})]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "--- ~\n"])
def test_nothing_is_no_document(text):
    """An empty file is no error."""
    assert parse(text, "m.yaml") == ([], [])


def test_a_document_must_be_a_mapping():
    """A list or a word at the top is a problem, and the next document is still read."""
    documents, problems = parse("- a\n---\nword\n---\na: 1\n", "m.yaml")
    assert [d.data for d in documents] == [{"a": 1}]
    assert [(p.where.line, p.message) for p in problems] == [
        (1, "a document must be a mapping of fields, found a list"),
        (3, 'a document must be a mapping of fields, found "word"'),
    ]


def test_a_duplicate_key_names_the_first():
    """The second of two equal keys is the problem, at its place; so is the third."""
    text = "spec:\n  a: 1\n  b: {x: 1, 'x': 2}\n  a: 3\n"
    assert said(text) == [
        "m.yaml:3:13: spec.b.x: duplicate key 'x' (first at line 3)",
        "m.yaml:4:3: spec.a: duplicate key 'a' (first at line 2)",
    ]
    assert parse(text, "m.yaml")[0][0].data == {"spec": {"a": 1, "b": {"x": 1}}}


@pytest.mark.parametrize(
    ("key", "found"),
    [("1", "the number 1"), ("1.10", "the number 1.10"), ("true", "true"), ("~", "null")],
)
def test_keys_are_strings(key, found):
    """A number, bool or null as a key is a problem that says how to quote it."""
    expected = f'm.yaml:2:1: a key must be a string, found {found} (write it in quotes: "{key}")'
    assert said(f"a: x\n{key}: y\n") == [expected]


def test_words_as_keys_stay_words():
    """``on:`` and ``no:`` are keys like others."""
    assert only("on: 1\nno: 2\n2026-01-01: 3\n").data == {"on": 1, "no": 2, "2026-01-01": 3}


@pytest.mark.parametrize("text", ["? {a: b}\n: c\n", "? [a]\n: c\n", "x: {{ vars.a }}\n"])
def test_complex_keys_are_problems(text):
    """Mappings and lists as keys are refused; an unrendered template is the usual reason."""
    (problem,) = parse(text, "m.yaml")[1]
    assert problem.message.startswith("a key must be a string, found a")
    assert "j2" in problem.hint


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!Ref", "!!binary", "!", "!<tag:x,1:y>", "!!set"]
)
def test_unknown_tags_are_problems(tag):
    """No tag runs or builds anything."""
    (problem,) = parse(f"a:\n  - {tag} x\n", "m.yaml")[1]
    assert "is not supported" in problem.message
    assert (problem.where.line, problem.path) == (2, "a[0]")


def test_standard_tags_are_known():
    """``!!str``, ``!!int``, … work where they fit."""
    document = only("a: !!str 1.10\nb: !!int 3\nc: !!map {x: !!null ~}\nd: !!seq [!!bool true, !!float 1]\n")
    assert document.data == {"a": "1.10", "b": 3, "c": {"x": None}, "d": [True, 1.0]}
    assert said("a: !!int x\n") == ['m.yaml:1:4: a: "x" is not a !!int']
    assert said("a: !!map []\n") == ["m.yaml:1:4: a: the tag !!map does not fit here (expected seq)"]


def test_merge_keys():
    """``<<`` adds what is not written; explicit keys win, then the earlier mapping; a quoted one is a plain key."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {<<: *b}\ne: {'<<': 1}\n"
    document = only(text)
    assert document.data["c"] == {"x": 0, "y": 1, "z": 2}
    assert document.data["d"] == {"y": 2, "z": 2}
    assert document.data["e"] == {"<<": 1}
    assert document.marks["d", "z"] == Mark("m.yaml", 2, 17)


@pytest.mark.parametrize("value", ["3", "[1]", "x"])
def test_only_mappings_merge(value):
    """``<<: 3`` is a problem."""
    (problem,) = parse(f"a: {{<<: {value}}}\n", "m.yaml")[1]
    assert "merges mappings" in problem.message


def test_aliases_are_copies():
    """Each use of an anchor is its own value: changing one leaves the other alone."""
    data = only("a: &a {x: [1]}\nb: *a\n").data
    data["b"]["x"].append(2)
    assert data["a"] == {"x": [1]}


def test_anchors_end_with_their_document():
    """An alias to an earlier document's anchor, or to none, is a problem."""
    assert said("a: &a 1\n---\nb: *a\n") == ["m.yaml:3:4: b: no anchor '&a' stands before this alias"]


@pytest.mark.parametrize(
    "text", ["a: &a [*a]\n", "a: &a\n  b: {c: *a}\n", "a: &a\n  <<: *a\n", "&r\nk: *r\n"]
)
def test_loops_are_problems(text):
    """An anchor that contains itself is found, not followed."""
    problems = said(text)
    assert len(problems) == 1
    assert "contains itself" in problems[0]


def laughs(levels, width, first):
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        laughs(10, 10, "[x, x]"),
        laughs(30, 2, "{k: v}"),
        "\n".join(["m: &m {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}", *(f"c{i}: {{<<: *m}}" for i in range(1000))]),
        "\n---\n".join(["a: &a [" + "x, " * 5000 + "]\nb: [" + "*a, " * 20 + "]"] * 5),
    ],
    ids=["billion-laughs", "doubling", "merges", "many-documents"],
)  # fmt: skip
def test_bombs_are_defused(text):
    """Aliases and merges expand to so many values and no more, over all documents of a file."""
    started = time.monotonic()
    assert any("aliases expand to more than 200,000 values" in p for p in said(text))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "{a: ", "[[", "- - ", "&a ["])
def test_twenty_thousand_levels(opening):
    """Depth is an error with a place, not a crash."""
    (problem,) = parse(opening * 20_000, "m.yaml")[1]
    assert "levels deep" in problem.message or "not valid" in problem.message
    assert problem.where.line == 1


def test_depth_counts_through_aliases():
    """A chain of anchors cannot nest deeper than brackets can."""
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200))]
    assert any("nested more than 100 levels deep" in p for p in said("\n".join(lines)))


def test_a_hundred_levels_are_fine():
    """The limit itself is usable."""
    assert only("a: " + "[" * 98 + "]" * 98).data


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1\n", "m.yaml:2:1", "a tab is used for indentation (indent with spaces"),
        ("a:\n  b: |\n\tx\n", "m.yaml:3:1", "a tab is used for indentation"),
        ("a: @x\n", "m.yaml:1:4", "'@' cannot begin a value (put the value in quotes)"),
        ("a: `x`\n", "m.yaml:1:4", "cannot begin a value"),
        ("a: b: c\n", "m.yaml:1:5", "text that holds ': ' must be quoted"),
        ("a: 'x\n", "m.yaml:2:1", "a quote or bracket is not closed"),
        ("a: [1,\n", "m.yaml:2:1", "a bracket is not closed"),
        ('a: "\\d"\n', "m.yaml:1:5", "single quotes take it as it is"),
        ("%YAML 2.0\n---\na: 1\n", "m.yaml:1:1", "not valid YAML: found incompatible YAML document"),
        ("a\nb: 1\n", "m.yaml:2:2", "check the indentation"),
        ("x: 1\n- y\n", "m.yaml:2:1", "not valid YAML"),
        ("a: \0\n", "m.yaml:1:4", "a NUL character is not allowed"),
        ("a: 1\nb: \ud800\n", "m.yaml:2:4", "U+D800"),
        ("a: \x1b[31m\n", "m.yaml:1:4", "U+001B is not allowed"),
        ('a: "\\ud800"\n', "m.yaml:1:7", "Unicode character escape"),
    ],
)
def test_syntax_errors_say_where_and_what_to_do(text, place, words):
    """Each has its line and column, and a way out where there is a usual one."""
    (problem,) = said(text)
    assert problem.startswith(f"{place}: ")
    assert words in problem


def test_what_stands_before_a_syntax_error_is_kept():
    """Documents before the broken one are given, so that their errors show in the same run."""
    documents, problems = parse("a: 1\n---\nb: [\n", "m.yaml")
    assert [d.data for d in documents] == [{"a": 1}]
    assert len(problems) == 1


def test_a_megabyte_on_one_line():
    """Long values and long lines are only data; many values on one line are read in one pass."""
    assert len(only("a: " + "x" * 1_000_000).data["a"]) == 1_000_000
    started = time.monotonic()
    assert len(only("a: [" + "x, " * 100_000 + "]").data["a"]) == 100_000
    assert time.monotonic() - started < 20


def test_messages_cannot_repaint_the_terminal():
    """Control characters of a key are escaped in messages, and long ones cut."""
    (problem,) = said('"\\e[31m\\n": 1\n"\\e[31m\\n": 2\n')
    assert "\x1b" not in problem
    assert "\n" not in problem
    (problem,) = said(f"{'k' * 1000}: 1\n{'k' * 1000}: 2\n")
    assert len(problem) < 500


def test_without_the_c_parser(monkeypatch):
    """PyYAML's own parser gives the same documents and marks, and lets no half character pass."""
    text = "a: é\nb: [1, {c: 'd'}]\n---\ne: &e {f: no}\ng: *e\n"
    fast = parse(text, "m.yaml")
    monkeypatch.setattr("hfops.manifest.yaml._LOADER", yaml.SafeLoader)
    assert parse(text, "m.yaml") == fast
    assert said('a: "\\ud800"\n') == [
        "m.yaml:1:4: a: half a surrogate pair is not a character (write the whole character)"
    ]
    assert "levels deep" in said("[" * 20_000)[0]
