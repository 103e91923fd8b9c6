"""``forEach``: a family of documents from one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hfops.manifest.loader import Loaded, load
from hfops.manifest.settings import Settings

HEAD = "apiVersion: hfops/v1\nkind: Model\n"


def loaded(root: Path, text: str, env: str | None = None, **variables: Any) -> Loaded:
    """What a file with this text stands for."""
    (root / "m.yaml").write_text(text, encoding="utf-8")
    return load([], root, Settings(environment=env), variables)


def names(found: Loaded) -> list[str]:
    """The names of the documents."""
    assert not found.problems, found.problems
    return [d.data["metadata"]["name"] for d in found.documents]


def said(found: Loaded) -> str:
    """The only problem."""
    (problem,) = found.problems
    return str(problem)


def test_a_list_of_words(tmp_path: Path) -> None:
    """``each`` is the word; one document for each, in order."""
    text = HEAD + 'forEach: [a, b]\nmetadata: {name: "acme/{{ each }}"}\n'
    assert names(loaded(tmp_path, text)) == ["acme/a", "acme/b"]


def test_a_map(tmp_path: Path) -> None:
    """Key and value, and the fields of a value that is a mapping."""
    text = (
        HEAD
        + "forEach: {small: {gated: auto}, large: {gated: false}}\n"
        + 'metadata: {name: "acme/{{ each.key }}"}\n'
        + 'spec: {gated: "{{ each.gated }}", card: {metadata: {tags: ["x-{{ each.value.gated }}"]}}}\n'
    )
    found = loaded(tmp_path, text)
    assert names(found) == ["acme/small", "acme/large"]
    assert [d.data["spec"]["gated"] for d in found.documents] == ["auto", False]
    assert [d.data["spec"]["card"]["metadata"]["tags"] for d in found.documents] == [["x-auto"], ["x-false"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "name,gated,flag,size\na,manual,true,3\nb,auto,false,007\n"),
        (
            "t.yaml",
            (
                "- {name: a, gated: manual, flag: true, size: 3}\n"
                '- {name: b, gated: auto, flag: false, size: "007"}\n'
            ),
        ),
        (
            "t.json",
            (
                '[{"name":"a","gated":"manual","flag":true,"size":3},'
                '{"name":"b","gated":"auto","flag":false,"size":"007"}]'
            ),
        ),
    ],
)
def test_files(tmp_path: Path, name: str, text: str) -> None:
    """CSV, YAML and JSON give the same rows; what would read otherwise as a number stays text. They are no manifests."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    form = name.partition(".")[2]
    manifest = (
        HEAD
        + f"forEach: {{{form}: {name}}}\n"
        + 'metadata: {name: "acme/{{ each.name }}"}\n'
        + 'spec: {gated: "{{ each.gated }}", discussionsDisabled: "{{ each.flag }}", x: "{{ each.size }}"}\n'
    )
    found = loaded(tmp_path, manifest)
    assert names(found) == ["acme/a", "acme/b"]
    assert [d.data["spec"] for d in found.documents] == [
        {"gated": "manual", "discussionsDisabled": True, "x": 3},
        {"gated": "auto", "discussionsDisabled": False, "x": "007"},
    ]


def test_vars_and_env(tmp_path: Path) -> None:
    """Variables and the environment's name, also for the list itself."""
    text = HEAD + 'forEach: "{{ vars.teams }}"\nmetadata: {name: "{{ vars.ns }}/{{ env }}-{{ each }}"}\n'
    found = loaded(tmp_path, text, env="prod", ns="acme", teams=["a", "b"])
    assert names(found) == ["acme/prod-a", "acme/prod-b"]


def test_null_cancels(tmp_path: Path) -> None:
    """An expression may be nothing at all."""
    text = (
        HEAD
        + 'forEach: [{n: a, g: ""}]\nmetadata: {name: "acme/{{ each.n }}"}\nspec: {gated: "{{ each.g or none }}"}\n'
    )
    (document,) = loaded(tmp_path, text).documents
    assert document.data["spec"] == {"gated": None}


def test_values_do_not_become_code(tmp_path: Path) -> None:
    """What an entry holds is filled in, and never read as an expression itself."""
    text = (
        HEAD
        + 'forEach: [\'{{ vars.secret }}\']\nmetadata: {name: acme/a}\nspec: {x: "{{ each }}", y: "is {{ each }}"}\n'
    )
    (document,) = loaded(tmp_path, text, secret="s3cret").documents
    assert document.data["spec"] == {"x": "{{ vars.secret }}", "y": "is {{ vars.secret }}"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("forEach: 3\n", "m.yaml:3:10: forEach: expected a list or a mapping, found the number 3"),
        ("forEach: {csv: none.csv}\n", "m.yaml:3:16: forEach.csv: no such file: none.csv"),
        ("forEach: {csv: ../x.csv}\n", "a path that leaves the project's root"),
        ('forEach: [a]\nspec: {x: "{{ each.nme }}"}\n', "m.yaml:4:11: spec.x: template: "),
        ('forEach: [{name: a}]\nspec: {x: "{{ each.nme }}"}\n', "did you mean 'name'?"),
        ('forEach: [a]\nspec: {x: "{{ each"}\n', "m.yaml:4:11: spec.x: template: "),
        ('forEach: [a]\nspec: {x: "{{ each.__class__ }}"}\n', "not allowed"),
        ('forEach: [a]\nspec: {x: "{{ each.upper }}"}\n', "is no value of a manifest"),
    ],
)
def test_what_is_wrong_is_said_once_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """Where, what, expected; a mistake in a family of two is one mistake."""
    found = loaded(tmp_path, HEAD + text.replace("[a]", "[a, b]"))
    assert message in said(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1\n", "line 2: 1 cells, the header has 2"),
        ("a,a\n1,2\n", "no two the same"),
        ('a,b\n"1,2\n', "line 2: unexpected end of data"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    """A row that is cut off is no row."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    found = loaded(tmp_path, HEAD + "forEach: {csv: t.csv}\nmetadata: {name: acme/a}\n")
    assert message in said(found)


def test_an_empty_family(tmp_path: Path) -> None:
    """Nothing to make is no error."""
    assert loaded(tmp_path, HEAD + "forEach: []\nmetadata: {name: acme/a}\n").documents == ()


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    """``1.10`` never becomes ``1.1``, in the document or in a file."""
    (tmp_path / "t.txt").write_text("[{n: 1.10}, {n: 2}]\n", encoding="utf-8")
    for source in ("[{n: 1.10}, {n: 2}]", "{yaml: t.txt}"):
        text = HEAD + f'forEach: {source}\nmetadata: {{name: "acme/v{{{{ each.n }}}}"}}\n'
        assert names(loaded(tmp_path, text)) == ["acme/v1.10", "acme/v2"], source
