"""``plan`` and ``drift`` in every format, and the schemas of what programs read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from hfops.engine.schema import schemas
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, on_the_hub
from tests.conftest import Project
from tests.report.rich import rich_drift, rich_report

SECRET = "s3cret<&\"'>value"
SPACE = """apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec: {sdk: static, visibility: private, variables: {GREETING: {env: APP_GREETING}}}
"""
PROJECT = "apiVersion: hfops/v1\nkind: Project\nmetadata: {name: p}\nspec: {references: {env: ['APP_*']}}\n"


def checked(name: str, data: Any) -> None:
    """Hold ``data`` against a schema."""
    jsonschema.Draft202012Validator(schemas()[name]).validate(data)


def test_markdown_and_html(project: Project) -> None:
    """Both are the plan, on stdout alone; the exit code is what it is in text."""
    project.write("a.yaml", model("a", gated="manual"))
    found = project.run("plan", "--format", "markdown", "--detailed-exitcode")
    assert (found.code, found.err) == (2, "")
    assert found.out.startswith("### hfops plan: 📝 changes\n")
    assert "+ gated: manual" in found.out
    found = project.run("plan", "--format", "html")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("<!doctype html>")
    assert found.out.endswith("</html>\n")
    assert "Model/acme/a" in found.out


def test_nothing_to_do(project: Project) -> None:
    """Said so in every format."""
    project.write("a.yaml", model("a", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    assert "✅ nothing to do" in project.run("plan", "--format", "markdown").out
    assert "Nothing to do: the Hub agrees with the manifests." in project.run("plan", "--format", "html").out


def test_drift(project: Project, hub: Sandbox) -> None:
    """Drift has the same formats, and exit code 2 in each."""
    project.write("a.yaml", model("a", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    assert "✅ no drift" in project.run("drift", "--format", "markdown").out
    on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated="auto")
    found = project.run("drift", "--format", "markdown")
    assert found.code == 2
    assert "- gated: auto   (on the Hub)\n+ gated: manual   (in the manifest)" in found.out
    found = project.run("drift", "--format", "html")
    assert (found.code, '<th scope="col">On the Hub</th>' in found.out) == (2, True)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_secrets_are_masked_before_they_are_escaped(
    project: Project, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """A value from the environment stands in no format, however its characters are spelt there."""
    monkeypatch.setenv("APP_GREETING", SECRET)
    project.write("hfops.yaml", PROJECT)
    project.write("a.yaml", SPACE)
    found = project.run("plan", "--format", form)
    assert found.code == 0, found
    for part in ("s3cret", "&gt;value", ">value"):
        assert part not in found.out + found.err


def test_the_plan_is_valid(project: Project) -> None:
    """What the command prints, and a plan with everything in it, are valid; a word too many is not."""
    project.write("a.yaml", model("a", gated="manual", branches="[{name: dev}]"))
    checked("plan", json.loads(project.run("plan", "--format", "json").out))
    checked("plan", rich_report().to_json())
    checked("plan", rich_drift().to_json())
    odd = rich_report().to_json()
    odd["changes"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        checked("plan", odd)


def test_reasons_are_codes() -> None:
    """A reason that is no snake_case word is refused by the schema."""
    odd = rich_report().to_json()
    odd["refusals"][0]["code"] = "Not a code"
    with pytest.raises(jsonschema.ValidationError, match="Not a code"):
        checked("plan", odd)


def test_events_are_valid(project: Project, hub: Sandbox) -> None:
    """Every line of an apply that works, of one that fails, and of one that is refused."""
    project.write("a.yaml", model("a", gated="manual", tags="[{name: v1}]"))
    lines = project.run("apply", "--yes", "--json").out.splitlines()
    project.write("a.yaml", model("a", gated=False))
    lines += project.run("apply", "--yes", "--json").out.splitlines()
    project.write("a.yaml", model("a", gated="manual") + model("b"))
    hub.faults.add({"match": {"method": "POST"}, "status": 403})
    lines += project.run("apply", "--yes", "--json").out.splitlines()
    found = [json.loads(line) for line in lines]
    assert {e["type"] for e in found} >= {"plan", "call", "called", "change_done", "result"}
    for event in found:
        checked("event", event)
    with pytest.raises(jsonschema.ValidationError):
        checked("event", {"type": "call", "surprise": 1})
