"""Before the first write: what the token may not do is said, and refused where it is certain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.conftest import Project

FINE = {"role": "fineGrained", "orgs": [{"name": "acme", "role": "admin"}]}
SEED: dict[str, Any] = {
    "users": [
        {"name": "reader", "token": "hf_reader", "orgs": [{"name": "acme", "role": "read"}]},
        {"name": "stranger", "token": "hf_stranger"},
        {"name": "narrow", "token": "hf_narrow", **FINE,
         "scopes": [{"type": "model", "name": "acme/old", "permissions": ["repo.write"]}]},
        {"name": "wide", "token": "hf_wide", **FINE,
         "scopes": [{"type": "org", "name": "acme", "permissions": ["repo.write"]}]},
    ],
    "resources": [{"kind": "Model", "metadata": {"name": "acme/old"}, "spec": {"visibility": "public"}}],
}  # fmt: skip


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A sandbox with people who may do different things."""
    with Sandbox(SEED) as sandbox:
        yield sandbox


def whoamis(hub: Sandbox) -> int:
    """How often anybody asked who a token is."""
    return sum(e.path.startswith("/api/whoami-v2") for e in hub.exchanges)


@pytest.mark.parametrize(
    ("token", "why", "way"),
    [
        ("hf_sandbox_read", "the token's role is read", "/settings/tokens/new"),
        ("hf_reader", "the role of reader in acme is read", "an admin of the organization"),
        ("hf_stranger", "stranger is no member of acme", "an admin of the organization"),
        ("hf_narrow", "the token has no repo.write on acme", "/settings/tokens/new"),
    ],
)
def test_refused_before_the_first_write(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, token: str, why: str, way: str
) -> None:
    """Exit code 1, the right, the calls and the way to have it; nothing is sent, and no ledger begun."""
    project.write("a.yaml", model("x") + model("y"))
    monkeypatch.setenv("HF_TOKEN", token)
    ran = project.run("apply", "--yes")
    assert ran.code == 1, ran
    assert f"repo.write on acme (2 calls: Model/acme/x, Model/acme/y): {why}" in ran.err
    assert "nothing was sent" in ran.err
    assert way in ran.err
    assert writes(hub) == []
    assert not (project.path / ".hfops").exists()


def test_without_a_token(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is public can be planned; that applying takes a token is said without asking the Hub."""
    project.write("a.yaml", model("old", gated="auto"))
    monkeypatch.delenv("HF_TOKEN")
    assert project.run("plan", "--detailed-exitcode").code == 2
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert "repo.write on acme (1 call: Model/acme/old): there is no token" in ran.err
    assert (writes(hub), whoamis(hub)) == ([], 0)


def test_a_scope_on_the_repository_is_enough_for_it(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token for one repository changes that one."""
    project.write("a.yaml", model("old", gated="auto"))
    monkeypatch.setenv("HF_TOKEN", "hf_narrow")
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert on_the_hub(hub, "/api/models/acme/old").json()["gated"] == "auto"
    assert "warning: the Hub" not in ran.err


def test_asked_once_and_only_by_what_writes(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request an apply that has calls to make; none for a plan, and none where nothing is left to do."""
    project.write("a.yaml", model("x"))
    monkeypatch.setenv("HF_TOKEN", "hf_wide")
    counts = []
    for command in (
        ["plan"],
        ["apply", "--yes"],
        ["apply", "--yes"],
        ["destroy", "--yes", "--allow", "data-loss"],
    ):
        before = whoamis(hub)
        assert project.run(*command).code == 0
        counts.append(whoamis(hub) - before)
    assert counts == [0, 1, 0, 1]


def test_what_planning_asked_is_not_asked_again(project: Project, hub: Sandbox) -> None:
    """Webhooks belong to the token's user: that planning asked who that is, apply knows."""
    project.write(
        "w.yaml",
        "{apiVersion: hfops/v1, kind: Webhook, metadata: {name: hfops-user/ci},"
        " spec: {url: 'https://ci.acme.example/h', watched: [{type: org, name: acme}], domains: [repo]}}\n",
    )
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert whoamis(hub) == 1


def test_a_guard_comes_first(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a risk refuses needs nobody's rights: exit code 3, and the request is not made."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x", gated=False))
    before = whoamis(hub)
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox_read")
    assert project.run("apply", "--yes").code == 3
    assert whoamis(hub) == before


@pytest.mark.parametrize("fault", [{"status": 429, "headers": {"Retry-After": "900"}}, {"status": 404}])
def test_the_run_goes_on_where_it_cannot_be_asked(
    project: Project, hub: Sandbox, fault: dict[str, Any]
) -> None:
    """A limit or another failure is a warning: what the token may not do, the Hub itself refuses."""
    hub.faults.add({"match": {"path": "/api/whoami-v2"}, **fault})
    project.write("a.yaml", model("x"))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert "warning: what this token may do could not be asked" in ran.err
    assert exists(hub, "x")


def test_what_is_unsure_is_a_warning(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token without the right on collections is told so, and the Hub has the last word."""
    project.write(
        "c.yaml",
        "{apiVersion: hfops/v1, kind: Collection, metadata: {name: acme/ours}, spec: {title: Ours}}\n",
    )
    monkeypatch.setenv("HF_TOKEN", "hf_wide")
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert "warning: the Hub may refuse collection.write on acme (1 call: Collection/acme/ours)" in ran.err
    assert whoamis(hub) == 1


def test_the_last_event_says_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json, the refusal is the result's message."""
    project.write("a.yaml", model("x"))
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox_read")
    ran = project.run("apply", "--yes", "--json")
    last = json.loads(ran.out.splitlines()[-1])
    assert (last["type"], last["exitCode"]) == ("result", 1)
    assert "repo.write on acme" in last["message"]
