"""``hfops validate``: every error of every file at once, each at its place, offline."""

from __future__ import annotations

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model
from tests.conftest import Project

HEAD = "apiVersion: hfops/v1\nkind: Model\nmetadata: {name: x}\n"
BAD = [
    ("a misspelt field", HEAD + "spec:\n  gatd: manual\n", ":5:3: ", "did you mean 'gated'?"),
    ("a misspelt value", HEAD + "spec: {gated: manuel}\n", ":4:15: ", "manual"),
    ("YAML 1.1 booleans", HEAD + "spec: {discussionsDisabled: yes}\n", ":4:29: ", "true"),
    (
        "an unknown kind",
        "apiVersion: hfops/v1\nkind: Modle\nmetadata: {name: x}\n",
        ":2:7: ",
        "did you mean 'Model'?",
    ),
    ("no kind", "apiVersion: hfops/v1\nmetadata: {name: x}\n", ":1:1: ", "kind"),
    (
        "an unknown apiVersion",
        "apiVersion: hfops/v9\nkind: Model\nmetadata: {name: x}\n",
        ":1:13: ",
        "hfops/v1",
    ),
    ("no name", "apiVersion: hfops/v1\nkind: Model\nmetadata: {}\n", ":3:11: ", "name"),
    ("a bad name", "apiVersion: hfops/v1\nkind: Model\nmetadata: {name: a--b}\n", ":3:18: ", "--"),
    ("broken YAML", "apiVersion: [\n", ":2:1: ", ""),
    ("a tab", "apiVersion: hfops/v1\n\tkind: Model\n", ":2:1: ", ""),
    ("a key twice", HEAD + "spec: {gated: auto, gated: manual}\n", ":4:21: ", "gated"),
    ("a tag twice", HEAD + "spec: {tags: [{name: v1}, {name: v1}]}\n", ":4:27: ", "listed twice"),
    ("a bad tag", HEAD + "spec: {tags: [{name: 'v 1'}]}\n", ":4:22: ", "v 1"),
    ("depends on nothing", HEAD + "dependsOn: [Model/acme/nobody]\n", ":4:13: ", "nobody"),
    (
        "a bad selector of risk",
        changes("allow: [{risk: everything, address: Model/acme/x}]"),
        ":2:61: ",
        "exposure",
    ),
    ("a bad date", changes("allow: [{risk: cost, address: Model/acme/x, until: soon}]"), ":2:97: ", "soon"),
    ("a project in the wrong place", "apiVersion: hfops/v1\nkind: Project\n", ":2:7: ", "hfops.yaml"),
]


@pytest.mark.parametrize(("text", "place", "said"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_one_error(project: Project, hub: Sandbox, text: str, place: str, said: str) -> None:
    """File, line and column, what is wrong, and what was expected; exit code 1; nothing sent."""
    project.write("hub/a.yaml", "")
    (project.path / "hub/a.yaml").write_text(text)
    ran = project.run("validate")
    assert ran.code == 1
    assert f"error: hub/a.yaml{place}" in ran.err
    assert said in ran.err
    assert list(hub.exchanges) == []


def test_all_at_once(project: Project, hub: Sandbox) -> None:
    """Whatever the command: every file's errors in the order of files and lines, then their number."""
    for number, (_, text, _, _) in enumerate(BAD):
        (project.path / f"{number:02}.yaml").write_text(text)
    for command in ("validate", "plan", "apply", "destroy"):
        ran = project.run(command)
        assert ran.code == 1
        lines = ran.err.splitlines()
        files = [line.split(":")[1].strip() for line in lines[:-1]]
        assert files == sorted(files)
        assert set(files) >= {
            f"{n:02}.yaml" for n in range(len(BAD)) if BAD[n][0] != "a project in the wrong place"
        }
        assert lines[-1] == f"{len(lines) - 1} errors; nothing was sent."
    assert list(hub.exchanges) == []


def test_valid(project: Project) -> None:
    """How much was looked at; in one file, or in some."""
    project.write("a.yaml", model("x") + model("y"))
    project.write("b.yaml", model("z"))
    assert project.run("validate").out == "valid: 3 resources in 2 files\n"
    assert project.run("validate", "b.yaml").out == "valid: 1 resource in 1 file\n"


def test_described_twice(project: Project) -> None:
    """Two documents about one resource are an error that names both places."""
    project.write("a.yaml", model("x"))
    project.write("b.yaml", model("X"))
    ran = project.run("validate")
    assert ran.code == 1
    assert "b.yaml:2:1: Model/acme/X: described twice, first at a.yaml:2:1" in ran.err
