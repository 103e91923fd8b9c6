"""--var, --var-file, and what they become."""

import pytest

from hfops.manifest.variables import gather
from hfops.model.problem import Problems


def said(*args):
    with pytest.raises(Problems) as caught:
        gather(*args)
    return [str(p) for p in caught.value.problems]


def test_the_later_wins(tmp_path):
    """Project, then files in order, then options in order."""
    (tmp_path / "a.yaml").write_text("a: file\nb: file\nc: file\n")
    (tmp_path / "b.json").write_text('{"b": "json", "c": "json"}')
    files = [tmp_path / "a.yaml", tmp_path / "b.json"]
    found = gather({"a": "project", "z": 0}, ["c=first", "c=option"], files)
    assert found == {"z": 0, "a": "file", "b": "json", "c": "option"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("true", True), ("no", "no"), ("2026-01-01", "2026-01-01"), ('"1"', "1"), ("", None), ("a=b", "a=b"),
        ("1.5", 1.5), ("1.10", "1.10"), ("1e3", "1e3"), ("007", "007"), ("[a]", "[a]"),
    ],
)  # fmt: skip
def test_values_of_options(text, value):
    """As in a file, but numbers that would print differently stay as they were written."""
    found = gather({}, [f"x={text}"], [])["x"]
    assert found == value
    assert type(found) is type(value)


def test_values_of_files_print_as_written(tmp_path):
    """A version 1.10 is not 1.1 when a template writes it, in YAML and in JSON."""
    (tmp_path / "a.yaml").write_text("v: 1.10\nl: [{w: 2.50}, 1.5]\n")
    (tmp_path / "b.json").write_text('{"j": 1.10, "k": 1.5, "n": 1e3}')
    assert gather({}, [], [tmp_path / "a.yaml", tmp_path / "b.json"]) == {
        "v": "1.10", "l": [{"w": "2.50"}, 1.5], "j": "1.10", "k": 1.5, "n": "1e3",
    }  # fmt: skip


def test_an_empty_file_has_no_variables(tmp_path):
    """No document, no variables."""
    (tmp_path / "a.yaml").write_text("# nothing\n")
    assert gather({}, [], [tmp_path / "a.yaml"]) == {}


def test_all_problems_at_once(tmp_path):
    """Options without a value, names that are none, and files that are missing or wrong."""
    bad = {
        "a.yaml": "- x\n", "b.yaml": "a: 1\n---\nb: 2\n", "c.json": "[1]", "d.json": '{"a": 1, "a": 2}', "e.json": "{",
        "f.json": "[" * 100_000, "g.json": '{"x": NaN}', "h.json": '{"x": ' + "[" * 200 + "]" * 200 + "}",
        "i.json": '{"x": ' + "9" * 5000 + "}",
    }  # fmt: skip
    for name, text in bad.items():
        (tmp_path / name).write_text(text)
    problems = said({}, ["novalue", "=x", "a b=c"], [tmp_path / "gone.yaml", *(tmp_path / n for n in bad)])
    for words in (
        "--var novalue: expected NAME=VALUE", "--var =x: expected", "--var a b=c: expected", "cannot be read: No such file",
        "a document must be a mapping", "holds one document only", "must be a mapping", "duplicate key 'a'",
        "e.json:1:2: not valid JSON", "f.json:1:1: nested more than", "NaN is not a number", "h.json:1:1: nested more than",
        "i.json:1:1: not valid JSON",
    ):  # fmt: skip
        assert any(words in p for p in problems), words
