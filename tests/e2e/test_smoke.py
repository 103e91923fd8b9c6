"""The main job, end to end."""

from __future__ import annotations

from tests.conftest import Project


def test_plan_apply_plan(project: Project) -> None:
    """After an apply that ended with 0, the plan is empty."""
    project.write(
        "a.yaml",
        "{apiVersion: hfops/v1, kind: Model, metadata: {name: x}, spec: {gated: auto, tags: [{name: v1}]}}\n",
    )
    assert project.run("plan", "--detailed-exitcode").code == 2
    assert project.run("apply", "--yes").code == 0
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again.out
    assert "Nothing to do" in again.out
