"""A token that only reads plans Spaces whose secrets it may not list: what a writing one would, and nothing without cause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hfops.sandbox.server import Sandbox
from tests.ci.conftest import Review
from tests.ci.forges import GitHub
from tests.cli.conftest import on_the_hub, writes
from tests.conftest import Project

READS = "hf_sandbox_read"
SECRETS = "A: {env: ONE}, B: {env: ONE, description: For B}"
VARIABLES = "MODE: prod, REF: {env: APP_MODE}"
SETTINGS = "{apiVersion: hfops/v1, kind: Project, metadata: {name: test}, spec: {namespace: acme, references: {env: [APP_*]}}}"
NOT_SHOWN = "this token may not list its secrets: compared with the ledger only"


def space(secrets: str = SECRETS, variables: str = VARIABLES, more: str = "") -> str:
    """The manifest."""
    spec = f"sdk: gradio, secrets: {{{secrets}}}, variables: {{{variables}}}{more}"
    return f"{{apiVersion: hfops/v1, kind: Space, metadata: {{name: app}}, spec: {{{spec}}}}}\n"


@pytest.fixture
def applied(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A Space with secrets and variables, applied with a token that may."""
    monkeypatch.setenv("ONE", "first-value")
    monkeypatch.setenv("TWO", "second-value")
    monkeypatch.setenv("APP_MODE", "blue")
    project.write("hfops.yaml", SETTINGS)
    project.write("app.yaml", space())
    ran = project.run("apply", "--yes", "--no-wait")
    assert ran.code == 0, ran
    return project


def planned(project: Project, monkeypatch: pytest.MonkeyPatch, token: str, *more: str) -> dict[str, Any]:
    """The plan that a token makes."""
    monkeypatch.setenv("HF_TOKEN", token)
    ran = project.run("plan", "--format", "json", *more)
    assert ran.code == 0, ran
    found: dict[str, Any] = json.loads(ran.out)
    return found


def calls(plan: dict[str, Any]) -> list[Any]:
    """What the plan would send."""
    return [call for change in plan["changes"] for call in change.get("calls", [])]


def notes(plan: dict[str, Any]) -> list[str]:
    """What the plan says of its changes."""
    return [note for change in plan["changes"] for note in change.get("notes", [])]


def refuse(hub: Sandbox, listing: str, status: int = 403) -> None:
    """A Hub that shows a list to nobody."""
    path = f"/api/spaces/acme/app/{listing}"
    hub.faults.add({"match": {"method": "GET", "path": path}, "status": status, "body": {"error": "no"}})


@pytest.mark.parametrize("listings", [(), ("variables",)], ids=["secrets", "both lists"])
def test_after_an_apply_nothing_is_left_to_do(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, listings: tuple[str, ...]
) -> None:
    """The reading token's plan is empty, with exit code 0, and says what it went by; it sends nothing."""
    before = len(writes(hub))
    for listing in listings:
        refuse(hub, listing)
    plan = planned(applied, monkeypatch, READS, "--detailed-exitcode")
    assert calls(plan) == []
    assert NOT_SHOWN in notes(plan)
    assert any("list its variables" in note for note in notes(plan)) is bool(listings)
    assert len(writes(hub)) == before


CHANGES: dict[str, tuple[str, ...]] = {
    "secret added": (f"{SECRETS}, C: {{env: TWO}}",),
    "another reference": ("A: {env: TWO}, B: {env: ONE, description: For B}",),
    "secret rotated": ("A: {env: ONE, version: '2'}, B: {env: ONE, description: For B}",),
    "secret described": ("A: {env: ONE, description: For A}, B: {env: ONE, description: For B}",),
    "secret dropped": ("A: {env: ONE}",),
    "all dropped": ("", ""),
    "first description dropped, and rotated": ("A: {env: ONE}, B: {env: TWO}",),
    "variable added": (SECRETS, f"{VARIABLES}, NEW: x"),
    "variables changed": (SECRETS, "MODE: test, REF: green"),
    "variable dropped": (SECRETS, "MODE: prod"),
    "much at once": ("B: {env: TWO}, C: {env: ONE}", "MODE: {env: APP_MODE}", ", hardware: t4-small"),
}


@pytest.mark.parametrize("texts", CHANGES.values(), ids=CHANGES)
def test_a_change_gives_the_same_calls_with_both_tokens(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, texts: tuple[str, ...]
) -> None:
    """What is reviewed on the reading token's plan is what the writing one sends; then the plan is empty for both."""
    applied.write("app.yaml", space(*texts))
    allow = ("--allow", "data-loss", "--allow", "cost")
    reading = planned(applied, monkeypatch, READS, *allow)
    refuse(hub, "variables")
    blind = planned(applied, monkeypatch, READS, *allow)
    hub.faults.clear()
    writing = planned(applied, monkeypatch, "hf_sandbox", *allow)
    assert calls(reading) == calls(blind) == calls(writing)
    assert calls(writing)
    assert applied.run("apply", "--yes", "--no-wait", *allow).code == 0
    assert calls(planned(applied, monkeypatch, READS)) == []
    assert calls(planned(applied, monkeypatch, "hf_sandbox")) == []


def test_a_plan_of_the_reading_token_is_applied_by_the_writing_one(
    applied: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saved plan holds every call that apply wants to make: no exit code 4."""
    applied.write("app.yaml", space("A: {env: TWO}, C: {env: ONE}", "MODE: test"))
    allow = ("--allow", "data-loss")
    planned(applied, monkeypatch, READS, "-o", "plan.json", *allow)
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox")
    ran = applied.run("apply", "plan.json", "--yes", "--no-wait", *allow)
    assert ran.code == 0, ran


def test_a_pull_request_is_planned_with_one_token_and_applied_with_the_other(
    applied: Project, hub: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ci plan` reads, `ci apply` writes: whatever the reviewed plan holds is made, and nothing is missing in it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    applied.write(".gitignore", ".hfops/\nhfops-report/\n")
    with GitHub(tmp_path) as github:
        review = Review(applied, github, hub, monkeypatch, tmp_path)
        review.begin()
        review.write(app=space("A: {env: TWO}, B: {env: ONE, version: '2'}, C: {env: ONE}", "MODE: test"))
        monkeypatch.setenv("HF_TOKEN", READS)
        ran = review.plan()
        assert ran.code == 0, ran.out + ran.err
        assert NOT_SHOWN in review.summary.read_text(encoding="utf-8")
        review.keep()
        monkeypatch.setenv("HF_TOKEN", "hf_sandbox")
        ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert {"A", "B", "C"} == set(on_the_hub(hub, "/api/spaces/acme/app/secrets").json())
    assert calls(planned(applied, monkeypatch, READS)) == []


def test_what_the_ledger_does_not_know_is_unverified(
    applied: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a ledger nothing of the list is planned, and that is said."""
    plan = planned(applied, monkeypatch, READS, "--no-ledger")
    assert calls(plan) == []
    assert any("not know this Space: not compared" in note for note in notes(plan))
    assert plan["changes"][0]["unverified"] == ["spec.secrets[A]", "spec.secrets[B]"]


def test_without_a_token_a_public_space_is_planned(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 401 on the list is the same refusal: the Space itself was shown."""
    assert on_the_hub(hub, "/api/spaces/acme/app/settings", "PUT", visibility="public").status_code == 200
    monkeypatch.delenv("HF_TOKEN")
    ran = applied.run("plan", "--format", "json")
    assert ran.code == 0, ran
    assert calls(json.loads(ran.out)) == []
    assert NOT_SHOWN in notes(json.loads(ran.out))


def test_an_answer_that_is_no_refusal_still_ends_the_plan(applied: Project, hub: Sandbox) -> None:
    """A 404 for a list of a Space that is there may be a Space that went just now: that is said, not guessed about."""
    refuse(hub, "secrets", 404)
    ran = applied.run("plan")
    assert ran.code == 1
    assert "its secrets cannot be read" in ran.err


def test_drift_elsewhere_is_still_seen(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`drift` compares what the token is shown: no drift in secrets is claimed, and that of variables is found."""
    monkeypatch.setenv("HF_TOKEN", READS)
    quiet = applied.run("drift")
    assert "this token may not list its secrets" in quiet.out
    assert quiet.code == 0, quiet
    on_the_hub(hub, "/api/spaces/acme/app/secrets", "POST", key="A", value="other")
    on_the_hub(hub, "/api/spaces/acme/app/variables", "POST", key="MODE", value="other")
    ran = applied.run("drift")
    assert ran.code == 2, ran
    assert "MODE" in ran.out
    assert "secrets[A]" not in ran.out


def test_import_says_what_it_could_not_read(applied: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest is drawn without the list, and a comment in it tells why."""
    monkeypatch.setenv("HF_TOKEN", READS)
    (applied.path / "app.yaml").unlink()
    ran = applied.run("import", "acme", "--kind", "Space", "-o", "drawn")
    assert ran.code == 0, ran
    texts = "".join(p.read_text(encoding="utf-8") for p in (applied.path / "drawn").rglob("*.yaml"))
    assert "MODE: prod" in texts
    assert "not readable" in texts


def test_apply_is_stopped_before_the_first_write(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preflight names the right that the token lacks."""
    applied.write("app.yaml", space(f"{SECRETS}, C: {{env: TWO}}"))
    before = len(writes(hub))
    monkeypatch.setenv("HF_TOKEN", READS)
    ran = applied.run("apply", "--yes")
    assert ran.code == 1
    assert "the token's role is read" in ran.err
    assert len(writes(hub)) == before


def test_a_group_by_name_is_an_error_at_its_line_where_groups_cannot_be_listed(
    project: Project, hub: Sandbox
) -> None:
    """Not the end of everything else that is wrong, and with a way: its id."""
    path = "/api/organizations/acme/resource-groups"
    hub.faults.add({"match": {"method": "GET", "path": path}, "status": 403, "body": {"error": "no"}})
    project.write(
        "m.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: m}, spec: {resourceGroup: nlp}}\n"
    )
    ran = project.run("plan")
    assert ran.code == 1
    assert "m.yaml:1:" in ran.err
    assert "may not list the resource groups of acme (write the id of 'nlp'" in ran.err
