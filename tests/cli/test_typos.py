"""A typo in what somebody asks for must not look like success."""

from __future__ import annotations

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import writes
from tests.conftest import Project

SPACE = """
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec: {visibility: private, sdk: gradio, secrets: {API_KEY: {env: API}}}
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rotate", "API_KEEY"], "--rotate API_KEEY: no such secret in these manifests; known: API_KEY"),
        (["--rotate", "api_key"], "no such secret"),
        (["--rotate", "Space/acme/app/NOPE"], "no such secret"),
        (["--rotate", "Space/app"], "expected KEY, Kind/namespace/name"),
        (["--restart", "Space/acme/ap"], "did you mean 'Space/acme/app'?"),
        (["--replace", "Model/acme/app"], "no manifest of this run describes it"),
        (["--restart", "app"], "expected Kind/namespace/name"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_what_names_nothing_is_an_error(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.setenv("API", "a-secret-value")
    project.write("a.yaml", SPACE)
    assert project.run("apply", "--yes", "--no-wait").code == 0
    sent = writes(hub)
    ran = project.run("apply", "--yes", *options)
    assert ran.code == 1
    assert said in ran.err
    assert writes(hub) == sent


@pytest.mark.parametrize(
    "glob", ["API_KEY", "API_*", "Space/acme/*", "Space/acme/app/API_KEY", "Space/*/*/A*"]
)
def test_what_names_a_secret_sends_it_again(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, glob: str
) -> None:
    monkeypatch.setenv("API", "a-secret-value")
    project.write("a.yaml", SPACE)
    assert project.run("apply", "--yes", "--no-wait").code == 0
    hub.exchanges.clear()
    assert project.run("apply", "--yes", "--no-wait", "--rotate", glob).code == 0
    assert writes(hub) == ["POST /api/spaces/acme/app/secrets"]


def test_consent_to_nothing_is_said(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API", "a-secret-value")
    project.write("a.yaml", SPACE)
    ran = project.run("plan", "--allow", "exposure=Space/acme/ap")
    assert "warning: --allow exposure=Space/acme/ap: nothing here has such an address" in ran.err


def test_an_unset_variable_is_said_by_the_plan_and_placed_by_apply(project: Project, hub: Sandbox) -> None:
    """Who reads the plan sees what apply will need; apply names the field and its line, and sends nothing."""
    project.write("a.yaml", SPACE)
    assert "note: Space/acme/app: env API is not set: apply needs it" in project.run("plan").out
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert "a.yaml:5:" in ran.err
    assert "spec.secrets.API_KEY: env API is not set" in ran.err
    assert writes(hub) == []


def test_validate_knows_which_variables_may_be_read(project: Project) -> None:
    project.write("a.yaml", SPACE.replace("secrets: {API_KEY: {env: API}}", "variables: {V: {env: HOME}}"))
    ran = project.run("validate")
    assert ran.code == 1
    assert "env HOME may not be read outside secret fields" in ran.err


def test_a_token_written_down_is_refused(project: Project, hub: Sandbox) -> None:
    """Also where no secret is expected: the literal value of the token in use is sent nowhere, and not printed."""
    project.write("a.yaml", SPACE.replace("secrets: {API_KEY: {env: API}}", "variables: {V: hf_sandbox}"))
    ran = project.run("plan")
    assert ran.code == 1
    assert "the token that hfops itself uses is written here" in ran.err
    assert "hf_sandbox" not in ran.err
