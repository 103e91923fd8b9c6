"""Exit codes are a contract with scripts: every command, every way to end."""

from __future__ import annotations

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, exists, model, on_the_hub, writes
from tests.conftest import Project

USAGE = [
    ["--nope"],
    ["frobnicate"],
    ["plan", "--nope"],
    ["plan", "--format", "xml"],
    ["plan", "--parallelism", "0"],
    ["plan", "--max-deletes", "-1"],
    ["plan", "--max-deletes", "many"],
    ["plan", "--max-delete-percent", "101"],
    ["plan", "--allow", "everything"],
    ["plan", "--allow", "downtime"],
    ["plan", "--allow", "exposure=acme/x"],
    ["plan", "--target", "acme/x"],
    ["plan", "--target", "Model/acme/nobody"],
    ["plan", "--exclude", "x"],
    ["plan", "--exclude", "Model/acme/nobody"],
    ["plan", "--exclude", "Model//x"],
    ["plan", "--selector", "team"],
    ["plan", "-l", "team="],
    ["plan", "--prune", "--target", "Model/acme/x"],
    ["plan", "--prune", "--exclude", "Model/acme/y"],
    ["plan", "--prune", "--no-ledger"],
    ["plan", "--no-ledger", "--ledger", "file://x.json"],
    ["plan", "--ledger", "x.json"],
    ["plan", "--ledger", "s3://bucket/x"],
    ["plan", "--env", "prod"],
    ["plan", "--var", "novalue"],
    ["plan", "--var-file", "missing.yaml"],
    ["plan", "--token-file", "missing"],
    ["plan", "missing.yaml"],
    ["plan", "-o", "plan.yaml"],
    ["plan", "-o", "missing/plan.json"],
    ["apply", "missing.json"],
    ["apply", "--lock-timeout", "-1"],
    ["apply"],
    ["destroy", "--prune"],
    ["destroy", "--target", "Model/acme/nobody"],
    ["destroy", "--ledger", "s3://bucket/x"],
    ["validate", "missing.yaml"],
    ["show"],
    ["show", "x"],
    ["show", "Model/acme/nobody"],
    ["ledger", "frobnicate"],
    ["ledger", "show", "x"],
    ["ledger", "show", "Model/acme/nobody"],
    ["ledger", "forget"],
    ["ledger", "forget", "Model/acme/nobody"],
    ["ledger", "forget", "Model/acme/x", "--no-ledger"],
    ["schema", "Modle"],
    ["sandbox", "--port", "99999"],
    ["sandbox", "--seed", "missing.yaml"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_use_is_an_error(project: Project, hub: Sandbox, arguments: list[str]) -> None:
    """Exit code 1 (never 2, which means changes), words on stderr, nothing written."""
    project.write("a.yaml", model("x", gated="auto"))
    ran = project.run(*arguments)
    assert ran.code == 1, ran
    assert "rror: " in ran.err
    assert "Traceback" not in ran.err
    assert writes(hub) == []


FINE = [
    ["--help"],
    ["-h"],
    ["--version"],
    ["plan"],
    ["plan", "--format", "json"],
    ["plan", "-o", "plan.json"],
    ["plan", "--strict"],
    ["plan", "--target", "Model/acme/*"],
    ["plan", "--selector", "team!=nlp"],
    ["apply", "--yes"],
    ["apply", "--auto-approve"],
    ["apply", "--yes", "--json"],
    ["apply", "--yes", "a.yaml"],
    ["apply", "--yes", "--no-ledger"],
    ["destroy", "--yes"],
    ["validate"],
    ["show", "Model/acme/x"],
    ["ledger", "list"],
    ["ledger", "show"],
    ["schema"],
    ["schema", "Model"],
]


@pytest.mark.parametrize("arguments", FINE, ids=" ".join)
def test_what_works_ends_with_zero(project: Project, arguments: list[str]) -> None:
    """Exit code 0, also for a plan with changes unless it is asked for detail."""
    project.write("a.yaml", model("x", gated="auto"))
    ran = project.run(*arguments)
    assert ran.code == 0, ran
    assert "error" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "clean", "changed"),
    [
        (["plan"], 0, 0),
        (["plan", "--detailed-exitcode"], 0, 2),
        (["plan", "--strict"], 0, 3),
        (["plan", "--strict", "--detailed-exitcode"], 0, 3),
        (["plan", "--strict", "--detailed-exitcode", "--allow", "exposure"], 0, 2),
        (["plan", "--strict", "--allow", "exposure"], 0, 0),
        (["apply", "--yes"], 0, 3),
        (["apply", "--yes", "--json"], 0, 3),
        (["apply", "--yes", "--allow", "exposure"], 0, 0),
        (["apply"], 0, 3),
        (["apply", "--allow", "exposure"], 0, 1),
    ],
    ids=lambda a: " ".join(a) if isinstance(a, list) else str(a),
)
def test_clean_and_changed(
    project: Project, hub: Sandbox, arguments: list[str], clean: int, changed: int
) -> None:
    """The same command where nothing is to do, and where a gate would be opened."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    assert project.run(*arguments).code == clean
    project.write("a.yaml", model("x", gated=False))
    before = writes(hub)
    assert project.run(*arguments).code == changed
    assert (writes(hub) != before) is ("apply" in arguments and changed == 0)


def test_refused_by_the_hub(project: Project, hub: Sandbox) -> None:
    """A call that fails makes 5, its dependents are skipped, its neighbours applied."""
    project.write(
        "a.yaml",
        model("bad") + model("good")
        + "---\n{apiVersion: hfops/v1, kind: Model, metadata: {name: later}, dependsOn: [Model/bad]}\n",
    )  # fmt: skip
    assert project.run("plan").code == 0
    hub.faults.add({"match": {"method": "POST", "path": "/api/repos/create"}, "nth": 1, "status": 403})
    ran = project.run("apply", "--yes", "--parallelism", "1")
    assert ran.code == 5, ran
    assert "Apply: 1 applied, 1 failed, 1 skipped." in ran.out
    assert "because of Model/acme/bad" in ran.out
    assert not exists(hub, "later")
    assert project.run("apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("status", "said"), [(401, "HF_TOKEN"), (403, "may not"), (500, "failed"), (503, "failed")]
)
def test_planning_that_fails(project: Project, hub: Sandbox, status: int, said: str) -> None:
    """What the Hub refuses while planning is an error with a way out, and nothing is written."""
    project.write("a.yaml", model("x"))
    fault: dict[str, object] = {"match": {"path": "/api/models/*"}, "status": status}
    hub.faults.add({**fault, "headers": {"Retry-After": "9999"}})
    for command in (["plan"], ["apply", "--yes"], ["destroy", "--yes", "--no-ledger"]):
        ran = project.run(*command)
        assert ran.code == 1
        assert said in ran.err
    assert writes(hub) == []


def test_nobody_listens(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline mode is an error that says so."""
    project.write("a.yaml", model("x"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = project.run("plan")
    assert ran.code == 1
    assert "HF_HUB_OFFLINE" in ran.err
    assert project.run("validate").code == 0


def test_no_manifests_never_deletes(project: Project, hub: Sandbox) -> None:
    """An empty folder is an error, whatever the ledger owns and however willing the user."""
    path = project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    path.unlink()
    for command in ("plan", "apply", "destroy"):
        more = ["--yes", "--allow", "data-loss"] if command != "plan" else []
        more += ["--prune"] if command == "apply" else []
        ran = project.run(command, *more)
        assert ran.code == (3 if command == "apply" else 1), (
            "a deletion of everything is refused like too many"
        )
        assert "no manifests found" in ran.err
    assert project.run("validate").code == 1
    assert exists(hub, "x")


def test_gone_elsewhere_is_an_error(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the ledger knows and a lesser token does not see is no reason to create it again."""
    project.write("a.yaml", model("x", visibility="private"))
    assert project.run("apply", "--yes").code == 0
    hub.hub.add_token("hf_stranger", hub.hub.add_user("stranger"), "write")
    monkeypatch.setenv("HF_TOKEN", "hf_stranger")
    ran = project.run("plan", "--detailed-exitcode")
    assert ran.code == 1
    assert "not visible to this token" in ran.err


def test_a_ledger_changed_meanwhile(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that planned on the same ledger: the second one stops before its first write."""
    project.write("a.yaml", model("x"))
    other = project.write("other.json", '{"version": 1, "project": "test", "serial": 1}')

    def plant(*_: object) -> str:
        (project.path / ".hfops").mkdir()
        other.rename(project.path / ".hfops" / "ledger.json")
        return "yes\n"

    monkeypatch.setattr("hfops.cli.applying.is_terminal", lambda: True)
    monkeypatch.setattr("hfops.cli.applying._ask", plant)
    ran = project.run("apply")
    assert ran.code == 1
    assert "another run changed the ledger" in ran.err
    assert writes(hub) == []


def test_a_bug_is_a_report(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw ends with 1 and lines to paste, the token masked in them."""
    monkeypatch.setenv("HF_TOKEN", "hf_canary_1")
    project.write("a.yaml", model("x"))
    assert project.run("plan").code == 1  # a token that the sandbox does not know; it is masked from here on

    def fail(*_: object) -> None:
        raise ZeroDivisionError("with hf_canary_1 in it")

    monkeypatch.setattr("hfops.cli.session.prepare", fail)
    ran = project.run("plan")
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.err
    assert "This is a bug in hfops" in ran.err
    assert "hf_canary_1" not in ran.err


def test_as_a_module(project: Project) -> None:
    """``python -m hfops`` is hfops: the same exit codes."""
    project.write("a.yaml", model("x"))
    process = project.start("plan", "--detailed-exitcode")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "Plan: 1 to create" in out


def test_removed_entry_is_consent(project: Project, hub: Sandbox) -> None:
    """A removed entry asks for the deletion and consents to it."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("apply", "--yes").code == 0
    project.write(
        "a.yaml", model("y") + changes("removed: [{address: Model/acme/x, action: delete, reason: OLD-1}]")
    )
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert "OLD-1" in ran.out
    assert not exists(hub, "x")
    assert on_the_hub(hub, "/api/models/acme/y").status_code == 200
