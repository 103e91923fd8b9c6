"""The example of an import is what an import gives: examples/acme/seed.yaml, imported, is examples/acme/hub.

To write it anew: python -m tests.e2e.test_import_example
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml

from hfops.cli.main import run
from hfops.sandbox.server import Sandbox
from hfops.sandbox.state import Hub
from tests.cli.conftest import writes
from tests.conftest import Project

TOP = Path(__file__).parents[2]
SEED, HUB = Path("examples/acme/seed.yaml"), Path("examples/acme/hub")
THEN = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """Acme's Hub, in which all happened at one moment."""
    with (
        patch.object(Hub, "now", lambda _: THEN),
        Sandbox(yaml.safe_load((TOP / SEED).read_text())) as sandbox,
    ):
        yield sandbox


def texts(folder: Path) -> Mapping[str, str]:
    """Every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def imported(project: Project) -> Path:
    """Acme's import, in a folder of the project that lies as the example does."""
    ran = project.run("import", "acme", "-o", str(HUB), "--schemas", "schemas")
    assert ran.code == 0, ran.err
    return project.path / HUB


def test_the_example_is_current(project: Project) -> None:
    """File by file, byte by byte; the schemas are those of this repository."""
    (project.path / "hfops.yaml").unlink()
    assert texts(imported(project)) == texts(TOP / HUB)


def test_the_plan_after_it_is_empty(project: Project, hub: Sandbox) -> None:
    """Without a ledger, and with the one that apply then writes; nothing else is written."""
    (project.path / "hfops.yaml").unlink()
    folder = str(imported(project))
    assert project.run("validate", folder).out == "valid: 30 resources in 6 files\n"
    assert project.run("plan", folder, "--no-ledger", "--detailed-exitcode").code == 0
    assert project.run("apply", folder, "--yes").code == 0
    assert project.run("plan", folder, "--detailed-exitcode").code == 0
    assert project.run("drift", folder).code == 0
    assert writes(hub) == []


def test_every_option_gives_an_empty_plan(project: Project, hub: Sandbox) -> None:
    """Tags, branches, cards, groups, labels and Defaults."""
    options = ["--refs", "all", "--cards", "--split", "group", "--group", "--label", "team=resourceGroup"]
    assert project.run("import", "acme", *options).code == 0
    plan = project.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out
    assert writes(hub) == []
    assert "existing" not in (project.path / "defaults.yaml").read_text()


if __name__ == "__main__":
    with patch.object(Hub, "now", lambda _: THEN), Sandbox(yaml.safe_load((TOP / SEED).read_text())) as acme:
        del os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"]  # tests.conftest sets it
        os.environ |= {"HF_ENDPOINT": acme.url, "HF_TOKEN": "hf_sandbox"}
        for old in (TOP / HUB).rglob("*.yaml"):
            old.unlink()
        sys.exit(run(["import", "acme", "-o", str(TOP / HUB), "--schemas", str(TOP / "schemas")]))
