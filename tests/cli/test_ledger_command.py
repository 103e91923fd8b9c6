"""``hfops ledger`` and the ledger's place, as the command line sees them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from hfops.engine.ledger.format import LedgerForm
from hfops.engine.ledger.store import FileStore, LedgerError
from hfops.engine.schema import schemas
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import exists, model, on_the_hub, until, writes
from tests.conftest import Project

BROKEN = {
    "empty": "",
    "garbage": "\x00\x01",
    "truncated": '{"version": 1, "proj',
    "a list": "[]",
    "no version": "{}",
    "a version in words": '{"version": "1"}',
    "newer": '{"version": 2, "project": "test", "novelty": true}',
    "older than the first": '{"version": 0, "project": "test"}',
    "no project": '{"version": 1}',
    "an unknown field": '{"version": 1, "project": "test", "surprise": 1}',
    "a bad address": '{"version": 1, "project": "test", "entries": {"x": {"origin": "created"}}}',
    "a bad origin": '{"version": 1, "project": "test", "entries": {"Model/a/b": {"origin": "stolen"}}}',
    "an unknown kind": '{"version": 1, "project": "test", "entries": {"Spoon/a/b": {"origin": "created"}}}',
    "a time without a zone": '{"version": 1, "project": "test", "usedPlans": {"a": "2026-01-01T00:00:00"}}',
    "a bad intention": '{"version": 1, "project": "test", "intentions": [{"address": "x", "action": "create"}]}',
    "another project": '{"version": 1, "project": "other"}',
    "another environment": '{"version": 1, "project": "test", "environment": "prod"}',
    "deep": "[" * 100_000,
}

BELOW = "---\n{apiVersion: hfops/v1, kind: Model, metadata: {name: c}, dependsOn: [Model/b]}\n"
"""A third model, which waits for the second."""


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_ledger_of_ours(project: Project, hub: Sandbox, content: str) -> None:
    """Refused by every command, with the file and the way back; never overwritten; nothing sent."""
    project.write("a.yaml", model("x"))
    path = project.path / ".hfops/ledger.json"
    path.parent.mkdir()
    path.write_text(content)
    for command in (
        ["plan"],
        ["apply", "--yes"],
        ["destroy", "--yes"],
        ["ledger", "list"],
        ["ledger", "forget", "Model/a/b"],
    ):
        ran = project.run(*command)
        assert ran.code == 1, command
        assert ".hfops/ledger.json: " in ran.err
        assert any(way in ran.err for way in ("restore it", "upgrade hfops", "a ledger of its own"))
        assert "Traceback" not in ran.err
    assert path.read_text() == content
    assert writes(hub) == []


def test_a_folder_in_its_place(project: Project, hub: Sandbox) -> None:
    """A directory where the file should be is refused; so is a file where the folder should be."""
    project.write("a.yaml", model("x"))
    (project.path / ".hfops/ledger.json").mkdir(parents=True)
    for command in (["plan"], ["apply", "--yes"]):
        ran = project.run(*command)
        assert (ran.code, "cannot be read: Is a directory" in ran.err) == (1, True)
    (project.path / "file").write_text("")
    ran = project.run("apply", "--yes", "--ledger", "file://file/ledger.json")
    assert (ran.code, "Not a directory" in ran.err) == (1, True)
    assert writes(hub) == []


def test_a_place_that_cannot_be_written(project: Project, hub: Sandbox) -> None:
    """Where the ledger cannot be locked nothing is sent, and the message says what to do."""
    project.write("a.yaml", model("x"))
    ran = project.run("apply", "--yes", "--ledger", "file:///proc/hfops/ledger.json")
    assert ran.code == 1
    assert "cannot be locked" in ran.err
    assert "--ledger file://PATH" in ran.err
    assert writes(hub) == []


def test_every_ledger_fits_its_schema(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written at each step of a life is valid against schemas/ledger.schema.json, open intentions included."""
    monkeypatch.setattr("hfops.hub.retrying.Retrying.ATTEMPTS", 1)
    validator = jsonschema.Draft202012Validator(schemas()["ledger"])
    steps = [
        (model("x", gated="manual", tags="[{name: v1}]", branches="[{name: dev}]"), []),
        (model("x", gated=False, tags="[{name: v2}]", discussionsDisabled=True) + model("y"), []),
        (model("y"), []),
    ]
    for text, faults in [
        *steps,
        (
            model("z"),
            [
                {"match": {"method": "POST"}, "drop-response": True},
                {"match": {"path": "/api/models/acme/z"}, "nth": 2, "status": 500},
            ],
        ),
    ]:
        project.write("a.yaml", text)
        for fault in faults:
            hub.faults.add(fault)
        project.run("apply", "--yes", "--allow", "exposure", "--allow", "data-loss")
        validator.validate(json.loads((project.path / ".hfops/ledger.json").read_text()))
        validator.validate(json.loads(project.run("ledger", "show").out))
    assert "open: create of Model/acme/z" in project.run("ledger", "list").out


def test_ci_is_warned(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local ledger in CI is lost with the job unless it is kept: said loudly, and not where it does not apply."""
    project.write("a.yaml", model("x"))
    assert "warning" not in project.run("plan").err
    monkeypatch.setenv("CI", "true")
    ran = project.run("plan")
    assert ran.code == 0
    assert "warning: the ledger is a local file" in ran.err
    assert "warning: the ledger" not in project.run("plan", "--no-ledger").err
    monkeypatch.setenv("CI", "false")
    assert "warning" not in project.run("plan").err


def test_another_place(project: Project) -> None:
    """--ledger file://PATH, relative to the root or absolute; the default is left alone."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes", "--ledger", "file://state/l.json").code == 0
    assert (project.path / "state/l.json").is_file()
    assert not (project.path / ".hfops").exists()
    absolute = f"file://{project.path}/state/l.json"
    assert "Model/acme/x" in project.run("ledger", "list", "--ledger", absolute).out
    assert project.run("ledger", "list").out.startswith("nothing is owned")


def test_environments_have_their_own(project: Project) -> None:
    """Each environment's resources are filed apart, and one's ledger is refused for another."""
    project.write(
        "hfops.yaml",
        "{apiVersion: hfops/v1, kind: Project, metadata: {name: test},"
        " spec: {environments: {staging: {namespace: hfops-user}, prod: {namespace: acme}}}}\n",
    )
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 1
    for env, address in (("staging", "Model/hfops-user/x"), ("prod", "Model/acme/x")):
        assert project.run("apply", "--yes", "--env", env).code == 0
        listed = project.run("ledger", "list", "--env", env).out
        assert listed.startswith(address)
        assert len(listed.splitlines()) == 1
    ran = project.run("plan", "--env", "prod", "--ledger", "file://.hfops/ledger.staging.json")
    assert ran.code == 1
    assert "environment 'staging'" in ran.err


def test_a_symlinked_ledger(project: Project, tmp_path: Path) -> None:
    """A link to a shared place stays a link; what it leads to is written."""
    shared = tmp_path / "shared.json"
    (project.path / ".hfops").mkdir()
    (project.path / ".hfops/ledger.json").symlink_to(shared)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    assert (project.path / ".hfops/ledger.json").is_symlink()
    assert "Model/acme/x" in shared.read_text()


def test_from_below_the_root(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger lies at the root, wherever in the project hfops runs."""
    project.write("sub/a.yaml", model("x"))
    monkeypatch.chdir(project.path / "sub")
    assert project.run("apply", "--yes").code == 0
    assert (project.path / ".hfops/ledger.json").is_file()


def test_list_show_forget(project: Project, hub: Sandbox) -> None:
    """The three readers agree; forgetting touches no Hub, and the next apply adopts."""
    project.write("a.yaml", model("x", gated="auto") + model("y"))
    assert project.run("apply", "--yes").code == 0
    rows = json.loads(project.run("ledger", "list", "--format", "json").out)
    assert [(r["address"], r["origin"]) for r in rows] == [
        ("Model/acme/x", "created"),
        ("Model/acme/y", "created"),
    ]
    entry = json.loads(project.run("ledger", "show", "model/ACME/x").out)
    assert entry["hubId"] == rows[0]["hubId"]
    assert entry["applied"]["gated"] == "auto"
    before = len(hub.exchanges)
    ran = project.run("ledger", "forget", "Model/acme/x", "Model/acme/y")
    assert (ran.code, ran.out) == (0, "forgotten: Model/acme/x\nforgotten: Model/acme/y\n")
    assert len(hub.exchanges) == before
    ran = project.run("apply", "--yes")
    assert (ran.code, "adopted: it was there before hfops" in ran.out) == (0, True)


def test_forget_all_or_none(project: Project) -> None:
    """One unknown address, and nothing is forgotten; the nearest known one is suggested."""
    project.write("a.yaml", model("sentiment"))
    assert project.run("apply", "--yes").code == 0
    ran = project.run("ledger", "forget", "Model/acme/sentiment", "Model/acme/sentimnet")
    assert ran.code == 1
    assert "did you mean 'Model/acme/sentiment'?" in ran.err
    assert "Model/acme/sentiment" in project.run("ledger", "list").out


def test_the_second_run_waits_or_gives_up(project: Project, hub: Sandbox) -> None:
    """While one run writes, another waits as long as it is told to, then says who is in the way and what to do."""
    project.write("a.yaml", model("x", gated="manual"))
    hub.faults.add({"match": {"method": "PUT"}, "delay": 300, "nth": 1})
    counted = hub.faults._faults[-1]
    first = project.start("apply", "--yes")
    try:
        until(lambda: counted.seen > 0, "the first run to write")
        ran = project.run("apply", "--yes", "--lock-timeout", "0.3")
        assert ran.code == 1
        assert "another hfops run is writing this ledger" in ran.err
        assert "--lock-timeout" in ran.err
        assert project.run("plan").code == 0, "planning needs no lock"
    finally:
        first.kill()
        first.communicate()
    ran = project.run("apply", "--yes", "--lock-timeout", "0")
    assert ran.code == 0, "the lock goes with the process that held it"


def test_a_second_run_in_turn(project: Project, hub: Sandbox) -> None:
    """Two applies at once: one does the work, the other sees that the ledger changed; nothing is made twice."""
    project.write("a.yaml", "".join(model(f"m{i}", tags="[{name: v1}]") for i in range(3)))
    runs = [project.start("apply", "--yes") for _ in range(2)]
    ended = [(r.communicate(timeout=60), r.returncode) for r in runs]
    codes = sorted(code for _, code in ended)
    assert codes in ([0, 0], [0, 1]), ended
    if codes == [0, 1]:
        assert any("another run changed the ledger" in err for (_, err), _ in ended)
    made = [e.body for e in hub.exchanges if e.method == "POST" and e.status == 200]
    assert len(made) == len(set(made)) + 2, "three repositories, and the same tag on each"
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_case_of_its_own(project: Project, hub: Sandbox) -> None:
    """Addresses are compared as the Hub does, without case: no second entry, no phantom change."""
    project.write("a.yaml", model("Mixed"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("mixed"))
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert on_the_hub(hub, "/api/models/acme/Mixed").status_code == 200
    assert exists(hub, "mixed")


@pytest.mark.parametrize("good", [1, 2])
def test_a_disk_that_fills_up(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """Where the ledger can be written no longer in mid-run, the way on is told, and the next run loses nothing."""
    project.write("a.yaml", model("a") + model("b", tags="[{name: v1}]") + BELOW)
    real, written = FileStore.write, []

    def write(store: FileStore, form: LedgerForm) -> None:
        if len(written) >= good:
            raise LedgerError("ledger.json: the ledger cannot be written: No space left on device")
        written.append(form)
        real(store, form)

    with monkeypatch.context() as patched:
        patched.setattr(FileStore, "write", write)
        ran = project.run("apply", "--yes")
    assert ran.code == 5
    assert "No space left on device; the run was stopped: mend that and run again" in ran.err
    assert "Model/acme/c" in ran.out.partition("Planning took")[2], "the table is there all the same"
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    origins = {r["origin"] for r in json.loads(project.run("ledger", "list", "--format", "json").out)}
    assert origins == {"created"}


def test_a_run_waits_before_it_plans(project: Project, hub: Sandbox) -> None:
    """Beside a run that is writing, what there is to do is not done, and why is said before the plan."""
    project.write("a.yaml", model("a"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("a") + model("b"))
    hub.exchanges.clear()
    with FileStore(project.path / ".hfops" / "ledger.json").lock(1.0):
        for command in (["apply", "--yes"], ["destroy", "--yes", "--allow", "data-loss"]):
            ran = project.run(*command, "--lock-timeout", "0")
            assert ran.code == 1
            assert "warning: planned all the same" in ran.err
            assert "another hfops run is writing this ledger" in ran.err.splitlines()[-1]
    assert writes(hub) == []


def test_nothing_to_do_waits_for_nobody(project: Project, hub: Sandbox) -> None:
    """Beside a run that is writing, an apply that has nothing to send and nothing to note is done."""
    project.write("a.yaml", model("a"))
    assert project.run("apply", "--yes").code == 0
    before = (project.path / ".hfops/ledger.json").read_bytes()
    hub.exchanges.clear()
    with FileStore(project.path / ".hfops" / "ledger.json").lock(1.0):
        ran = project.run("apply", "--yes", "--lock-timeout", "0")
        assert (ran.code, "warning: planned all the same" in ran.err) == (0, True)
        ran = project.run("apply", "--yes", "--json", "--lock-timeout", "0")
        assert (ran.code, json.loads(ran.out.splitlines()[-1])["exitCode"]) == (0, 0)
    assert writes(hub) == []
    assert (project.path / ".hfops/ledger.json").read_bytes() == before


def test_something_to_note_waits(project: Project, hub: Sandbox) -> None:
    """What is only to be noted, here an adoption, still needs the ledger: beside a run that writes it is an error."""
    project.write("a.yaml", model("a"))
    assert project.run("apply", "--yes").code == 0
    on_the_hub(hub, "/api/repos/create", "POST", name="b", organization="acme", private=True)
    project.write("a.yaml", model("a") + model("b"))
    with FileStore(project.path / ".hfops" / "ledger.json").lock(1.0):
        ran = project.run("apply", "--yes", "--lock-timeout", "0")
        assert (ran.code, "another hfops run is writing this ledger" in ran.err) == (1, True)
    assert "Model/acme/b" not in project.run("ledger", "list").out
    assert project.run("apply", "--yes", "--lock-timeout", "0").code == 0
    assert "Model/acme/b  adopted" in project.run("ledger", "list").out


def test_forget_what_an_interrupted_run_left_open(project: Project) -> None:
    """What can never be seen is given up by its address, as the notice says; then nothing is said of it any more."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    path = project.path / ".hfops/ledger.json"
    at = "2026-01-01T00:00:00Z"
    opened = [
        {"address": f"Model/{name}", "action": "create", "at": at}
        for name in ("elsewhere/Lost", "elsewhere/gone")
    ]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"intentions": opened}))
    assert "give it up: hfops ledger forget Model/elsewhere/Lost)" in project.run("plan").out
    ran = project.run("ledger", "forget", "Model/elsewhere/last")
    assert (ran.code, "did you mean 'Model/elsewhere/Lost'?" in ran.err) == (1, True)
    ran = project.run("ledger", "forget", "model/elsewhere/lost", "Model/elsewhere/gone")
    assert (ran.code, ran.out) == (0, "forgotten: Model/elsewhere/Lost\nforgotten: Model/elsewhere/gone\n")
    assert json.loads(path.read_text())["intentions"] == []
    assert list(json.loads(path.read_text())["entries"]) == ["Model/acme/x"]
    assert "interrupted" not in project.run("plan").out
