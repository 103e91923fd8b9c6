"""``hfops init``: an empty start."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from hfops.cli.ci.shared import FOLDER
from tests.conftest import Project


@pytest.fixture
def folder(project: Project) -> Path:
    """The project's folder without a project file."""
    (project.path / "hfops.yaml").unlink()
    return project.path


def test_a_project_begins_valid(project: Project, folder: Path) -> None:
    """What it writes passes validation, and the next command is said."""
    ran = project.run("init", "--namespace", "acme")
    assert ran.code == 0
    assert ran.out.endswith("Next: hfops plan\n")
    assert project.run("validate").out == "valid: 1 resource in 1 file\n"
    assert project.run("plan", "--detailed-exitcode").code == 2
    assert (folder / ".gitignore").read_text() == ".hfops/\nplan.json\n.env\nhfops-report/\n"


def test_the_schema_lines_lead_to_schemas_that_hold(project: Project, folder: Path) -> None:
    """Each file's first line names a schema beside it, by which the file is valid."""
    project.run("init", "--namespace", "acme")
    for name in ("hfops.yaml", "models.yaml"):
        text = (folder / name).read_text()
        schema = json.loads((folder / text.split("\n")[0].partition("$schema=")[2]).read_text())
        jsonschema.validate(yaml.safe_load(text), schema)


def test_every_line_that_is_commented_out_is_valid(project: Project, folder: Path) -> None:
    """The example without its comment signs is a manifest."""
    project.run("init", "--namespace", "acme")
    lines = (folder / "models.yaml").read_text().splitlines()[1:]
    (folder / "config.json").write_text("{}")
    (folder / "models.yaml").write_text(
        "\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines)
    )
    assert project.run("validate").code == 0


@pytest.mark.parametrize("name", ["hfops.yaml", "models.yaml"])
def test_nothing_is_overwritten(project: Project, folder: Path, name: str) -> None:
    """Where one of its files is there, none is written."""
    (folder / name).write_text("# mine\n")
    ran = project.run("init")
    assert ran.code == 1
    assert "nothing was written" in ran.err
    assert [p.name for p in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "# mine\n"


def test_gitignore_gets_what_it_lacks(project: Project, folder: Path) -> None:
    """Its own lines stay, whatever their end."""
    (folder / ".gitignore").write_text("*.pyc\n.hfops/")
    assert project.run("init").code == 0
    assert (folder / ".gitignore").read_text() == "*.pyc\n.hfops/\nplan.json\n.env\nhfops-report/\n"


def test_a_gitignore_that_is_a_link_stays(project: Project, folder: Path) -> None:
    """What it leads to is not of this folder."""
    (folder / "shared").write_text("*.pyc\n")
    (folder / ".gitignore").symlink_to("shared")
    assert project.run("init").code == 0
    assert (folder / "shared").read_text() == "*.pyc\n"


def test_reports_of_a_job_are_ignored(project: Project, folder: Path) -> None:
    """The folder that `ci plan` writes by itself."""
    project.run("init", "--namespace", "acme")
    assert f"{FOLDER}/" in (folder / ".gitignore").read_text().splitlines()


def test_another_folder_is_made(project: Project, folder: Path) -> None:
    """And named in the next command."""
    ran = project.run("init", "hub", "--namespace", "acme")
    assert ran.out.endswith("Next: hfops plan hub\n")
    assert (folder / "hub" / "hfops.yaml").is_file()


def test_a_name_that_is_none_is_refused(project: Project, folder: Path) -> None:
    """Before anything is written."""
    assert project.run("init", "--namespace", "a/b").code == 1
    assert list(folder.iterdir()) == []
