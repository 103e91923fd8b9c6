"""The bar of an apply: on a terminal only, and never in the way of the lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Terminal, model
from tests.conftest import Project

Start = Callable[..., Terminal]


def test_a_bar_on_a_terminal(project: Project, terminal: Start) -> None:
    """Each call's line is printed whole, and the bar counts up to all of them."""
    project.write("a.yaml", model("a", tags="[{name: v1}]") + model("b"))
    run = terminal("apply", "--yes")
    assert run.end() == 0, run.seen
    assert "3/3" in run.seen
    for line in ("Model/acme/a: create the model, private", "Model/acme/a: create tag v1 at main"):
        assert line in run.seen


def test_no_bar_elsewhere(project: Project) -> None:
    """In a log there are lines alone."""
    project.write("a.yaml", model("a", tags="[{name: v1}]"))
    ran = project.run("apply", "--yes")
    assert ran.err.splitlines() == [
        "Model/acme/a: create the model, private",
        "Model/acme/a: create tag v1 at main",
    ]


def test_no_bar_unwanted(project: Project, terminal: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_DISABLE_PROGRESS_BARS means what it means to the Hub's client."""
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    project.write("a.yaml", model("a", tags="[{name: v1}]"))
    run = terminal("apply", "--yes")
    assert run.end() == 0
    assert "2/2" not in run.seen.partition("Planning took")[2].partition("applied")[0]
