"""The token shows nowhere; what the Hub says cannot reach the terminal as more than text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, on_the_hub
from tests.conftest import Project

CANARY = "hf_CaNaRy0123456789abcdef"

TROUBLE: dict[str, dict[str, object]] = {
    "none": {},
    "401": {"status": 401, "body": {"error": f"Bad token {CANARY}"}},
    "403": {"status": 403, "body": {"error": f"Authorization: Bearer {CANARY} may not"}},
    "500": {"status": 500, "body": f"<html>Traceback {CANARY}</html>"},
    "400": {"status": 400, "body": {"error": "x", "errors": [{"message": CANARY}]}},
    "headers": {
        "status": 403,
        "headers": {"X-Error-Message": CANARY, "X-Request-Id": CANARY, "X-Error-Code": CANARY},
    },
    "redirect": {"status": 404, "headers": {"Location": f"https://example.com/?token={CANARY}"}},
    "cut off": {"truncate": True},
    "reset": {"reset": True},
}


def known(hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the canary a good token."""
    with hub.hub.lock:
        hub.hub.add_token(CANARY, hub.hub.users["hfops-user"], "write")
    monkeypatch.setenv("HF_TOKEN", CANARY)


def nowhere(folder: Path, *texts: str) -> None:
    """Neither in what was printed nor in any file."""
    for text in texts:
        assert CANARY not in text
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("debug", ["0", "1"])
def test_the_token_shows_nowhere(
    project: Project,
    hub: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    trouble: dict[str, object],
    debug: str,
) -> None:
    """Whatever goes wrong and however much is printed: no stream and no file holds the token."""
    known(hub, monkeypatch)
    monkeypatch.setenv("HF_DEBUG", debug)
    monkeypatch.setattr("hfops.hub.retrying.Retrying.ATTEMPTS", 1)
    project.write("a.yaml", model("x", gated="manual", tags="[{name: v1}]"))
    if trouble:
        hub.faults.add({"match": {"method": method, "path": "/api/*"}, **trouble})
    for command in (
        ["plan", "-o", "plan.json"],
        ["apply", "--yes"],
        ["apply", "--yes", "--json"],
        ["ledger", "show"],
    ):
        ran = project.run(*command)
        nowhere(project.path, ran.out, ran.err)
    assert any(CANARY in e.headers.get("authorization", "") for e in hub.exchanges)


def test_nobody_at_home(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection tells where, not with what."""
    monkeypatch.setenv("HF_TOKEN", CANARY)
    monkeypatch.setenv("HF_DEBUG", "1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("hfops.hub.retrying.Retrying.ATTEMPTS", 1)
    project.write("a.yaml", model("x"))
    ran = project.run("plan")
    assert ran.code == 1
    assert "127.0.0.1:9" in ran.err
    nowhere(project.path, ran.out, ran.err)


def test_from_a_file(project: Project, hub: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token from --token-file is used and masked like any other."""
    known(hub, monkeypatch)
    monkeypatch.delenv("HF_TOKEN")
    token = tmp_path / "token"
    token.write_text(CANARY + "\n")
    monkeypatch.setenv("HF_DEBUG", "1")
    project.write("a.yaml", model("x"))
    ran = project.run("apply", "--yes", "--token-file", str(token))
    assert ran.code == 0
    nowhere(project.path, ran.out, ran.err)
    assert "Bearer <TOKEN>" in ran.err


EVIL = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \u202egnp.exe \x7f\r\x08 \u2028 \ud800"


def harmless(text: str) -> None:
    """Nothing in the text moves a cursor, changes a colour or turns the writing round."""
    assert not any(c in text for c in "\x1b\x07\x9b\u202e\x7f\r\x08\u2028\ud800"), ascii(text)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_the_hub_holds_is_only_text(project: Project, hub: Sandbox, form: str) -> None:
    """A group's name with escape sequences in it is shown without effect."""
    evil = EVIL.removesuffix("\ud800")  # the sandbox speaks UTF-8
    on_the_hub(hub, "/api/repos/create", "POST", name="x", organization="acme", type="model")
    with hub.hub.lock:
        from hfops.sandbox.people import Group

        hub.hub.orgs["acme"].groups["a" * 24] = Group("a" * 24, evil)
        next(iter(hub.hub.repos.values())).group = "a" * 24
    project.write("a.yaml", model("x", resourceGroup="none"))
    ran = project.run("plan", "--format", form)
    assert ran.code == 0, ran
    assert "gnp.exe" in ran.out
    harmless(ran.out + ran.err)
    if form == "json":
        change = json.loads(ran.out)["changes"][0]
        assert change["differences"][0]["before"] == evil


@pytest.mark.parametrize(
    "command", [["plan"], ["apply", "--yes"], ["apply", "--yes", "--json"]], ids=" ".join
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_hub_says_is_only_text(
    project: Project, hub: Sandbox, command: list[str], method: str
) -> None:
    """Error messages too."""
    project.write("a.yaml", model("x"))
    hub.faults.add({"match": {"method": method}, "status": 400, "body": {"error": EVIL}})
    ran = project.run(*command)
    harmless(ran.out + ran.err)
    if (method, command[0]) != ("POST", "plan"):
        assert "gnp.exe" in ran.out + ran.err


def test_what_a_ledger_holds_is_only_text(project: Project) -> None:
    """A ledger comes from elsewhere, perhaps; showing it is safe."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    path = project.path / ".hfops/ledger.json"
    data = json.loads(path.read_text())
    data["entries"]["Model/acme/x"] |= {"hubId": EVIL, "applied": {"resourceGroup": EVIL}}
    path.write_text(json.dumps(data))
    for command in (
        ["ledger", "list"],
        ["ledger", "show"],
        ["show", "Model/acme/x"],
        ["ledger", "list", "--format", "json"],
    ):
        ran = project.run(*command)
        assert ran.code == 0, ran
        harmless(ran.out + ran.err)
