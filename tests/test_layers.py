"""Imports run downstairs only, and what the README says is what CI runs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {"model": 0, "hub": 1, "manifest": 1, "kinds": 2, "engine": 3, "review": 4, "report": 5, "cli": 6}
DOORS = {"cli/sandbox.py", "cli/demo.py"}
"""The only modules that may import the sandbox."""


def imports(path: Path) -> set[str]:
    """The rooms of hfops that a module imports from."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {n.split(".")[1] for n in names if n.startswith("hfops.")} - {"__version__"}


MODULES = sorted((ROOT / "hfops").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_point_downwards(path: Path) -> None:
    """A room imports from itself and from the rooms below; hub and manifest do not know each other."""
    inside = path.relative_to(ROOT / "hfops").as_posix()
    room = inside.split("/")[0]
    if room == "sandbox":
        assert imports(path) <= {"sandbox", "model"}
        return
    if room not in FLOORS:
        return
    allowed = {r for r, floor in FLOORS.items() if floor < FLOORS[room]} | {room}
    allowed |= {"sandbox"} if inside in DOORS else set()
    assert imports(path) <= allowed


def test_no_module_grows_too_large() -> None:
    """A module is never over 600 lines."""
    assert {p.name: n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 600} == {}


def test_ci_runs_the_readmes_command() -> None:
    """What the README tells a newcomer to type is what .ci/run finds there."""
    lines = [x for x in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if x.endswith("pytest")]
    assert len(lines) == 1
    assert "pip install -q -e '.[dev]' && pytest" in lines[0]
    assert "grep -m1 'pytest$' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
