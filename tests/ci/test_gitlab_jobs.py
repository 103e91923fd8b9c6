"""``hfops ci`` on GitLab: a note, the widgets' files, and the plan found again after the merge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hfops.sandbox.server import Sandbox
from tests.ci.forges import GitLab
from tests.cli.conftest import exists, model
from tests.cli.test_changed import commit, git
from tests.conftest import Project

NUMBER = 7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the stand-in keeps its files."""
    made = tmp_path / "forge"
    made.mkdir()
    return made


def enter(monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def test_a_merge_request_from_the_first_note_to_the_apply(
    project: Project, hub: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One note, brought up to date; findings at their lines; and the calls that were reviewed."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    project.write(".gitignore", ".hfops/\nhfops-report/\n")
    git(project.path, "init", "-q")
    project.write("a.yaml", model("a", visibility="private"))
    base = commit(project.path)
    assert project.run("apply", "--yes").code == 0
    project.write("b.yaml", model("b"))
    with GitLab(folder) as gitlab:
        for _ in range(2):
            head = commit(project.path)
            gitlab.add_pull(NUMBER, head=head, base=base)
            enter(monkeypatch, gitlab.environ(number=NUMBER, sha=head, workspace=project.path))
            ran = project.run("ci", "plan", "--base", base, "--allow", "exposure")
            assert ran.code == 0, ran.err
            project.write("a.yaml", model("a", visibility="public"))
        (note,) = gitlab.said(NUMBER)
        assert "1 to create, 1 to update" in note
        reports = project.path / "hfops-report"
        (finding,) = json.loads((reports / "gl-code-quality-report.json").read_text())
        assert finding["location"] == {"path": "a.yaml", "lines": {"begin": 2}}
        assert json.loads((reports / "tfplan.json").read_text()) == {"create": 1, "update": 1, "delete": 0}

        files = {f"hfops-report/{p.name}": p.read_bytes() for p in reports.iterdir()}
        gitlab.add_artefact("hfops-plan", files, sha=head)
        gitlab.add_pull(NUMBER, head=head, base=base, state="merged", commits=(head,))
        for name in list(gitlab.environ(number=NUMBER, sha=head)):
            monkeypatch.delenv(name, raising=False)
        enter(monkeypatch, gitlab.environ("push", sha=head, workspace=project.path))
        ran = project.run("ci", "apply", "--allow", "exposure")
        assert ran.code == 0, ran.out + ran.err
    assert exists(hub, "b")
    assert project.run("plan", "--detailed-exitcode").code == 0
