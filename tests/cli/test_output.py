"""What programs read: JSON that is stable, one event a line, results and messages apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, on_the_hub, writes
from tests.conftest import Project

RICH = model("a", gated="manual", tags="[{name: v1}]") + model("b", branches="[{name: dev}]") + model("c")


def plan(project: Project, *more: str) -> dict[str, Any]:
    """The plan as JSON."""
    ran = project.run("plan", "--format", "json", *more)
    assert ran.code == 0, ran
    return dict(json.loads(ran.out))


def events(text: str) -> list[dict[str, Any]]:
    """Every line is one event."""
    return [json.loads(line) for line in text.splitlines()]


def test_byte_for_byte(project: Project) -> None:
    """Two plans of the same things differ in ``usage`` alone, which comes last."""
    project.write("a.yaml", RICH)
    texts = [project.run("plan", "--format", "json").out.partition('"usage"') for _ in range(2)]
    assert texts[0][0] == texts[1][0]
    assert set(json.loads('{"usage"' + texts[0][2])) == {"usage"}


def test_file_order_does_not_matter(project: Project) -> None:
    """The same documents in other files and another order give the same changes, but for their place."""
    project.write("a.yaml", RICH)
    first = plan(project)
    (project.path / "a.yaml").unlink()
    documents = ["---" + part for part in RICH.split("---") if part]
    for name, text in zip(("z.yaml", "m/y.yaml", "b.yml"), documents, strict=True):
        project.write(name, text)
    second = plan(project)
    for found in (first, second):
        del found["usage"]
        for change in found["changes"]:
            assert change.pop("where")
    assert first == second


def test_events(project: Project) -> None:
    """apply --json: the plan, each call and its end, each change, and the result last. stderr stays empty."""
    project.write("a.yaml", RICH)
    ran = project.run("apply", "--yes", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = events(ran.out)
    types = [e["type"] for e in found]
    assert types[0] == "plan"
    assert types.count("call") == types.count("called") == found[0]["summary"]["calls"]
    assert types.count("change_done") == 3
    assert types[-1] == "result"
    assert found[-1]["exitCode"] == 0
    assert {o["status"] for o in found[-1]["outcomes"]} == {"applied"}


LAST = [
    ("nothing to do", "", [], 0),
    ("refused", model("a", gated=False), [], 3),
    ("no terminal", model("a", gated="manual", tags="[{name: v1}, {name: v2}]"), ["no --yes"], 1),
    ("broken manifest", "kind: [", [], 1),
]


@pytest.mark.parametrize(("text", "mark", "code"), [x[1:] for x in LAST], ids=[x[0] for x in LAST])
def test_the_last_event_tells_the_exit_code(project: Project, text: str, mark: list[str], code: int) -> None:
    """However the run ends, a program that reads the events learns it from the last one."""
    project.write("a.yaml", RICH)
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", text or RICH)
    ran = project.run("apply", "--json", *([] if mark else ["--yes"]))
    assert ran.code == code, ran
    last = events(ran.out)[-1]
    assert (last["type"], last["exitCode"]) == ("result", code)
    assert all(m in last["message"] for m in mark)


def test_failures_are_events(project: Project, hub: Sandbox) -> None:
    """What failed and what was skipped because of it is in the events, with the reason."""
    project.write("a.yaml", model("a"))
    hub.faults.add({"match": {"method": "POST"}, "status": 403})
    ran = project.run("apply", "--yes", "--json")
    assert ran.code == 5
    last = events(ran.out)[-1]
    assert last["exitCode"] == 5
    assert "403" in last["outcomes"][0]["message"]


def test_results_and_progress_go_apart(project: Project) -> None:
    """Plan and table to stdout, progress to stderr."""
    project.write("a.yaml", model("a"))
    ran = project.run("apply", "--yes")
    assert "Plan: 1 to create; 1 call." in ran.out
    assert ran.out.endswith("Apply: 1 applied.\n")
    assert ran.err == "Model/acme/a: create the model, private\n"


def test_progress_can_be_silenced(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_DISABLE_PROGRESS_BARS: no line for each call; failures are still told."""
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    project.write("a.yaml", model("a"))
    ran = project.run("apply", "--yes")
    assert (ran.code, ran.err) == (0, "")
    project.write("a.yaml", model("a") + model("b"))
    hub.faults.add({"match": {"method": "POST"}, "status": 403})
    ran = project.run("apply", "--yes")
    assert ran.code == 5
    assert "Model/acme/b: failed: " in ran.err


def test_debug(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_DEBUG: every request as a curl command on stderr; stdout stays what it was."""
    project.write("a.yaml", model("a"))
    quiet = plan(project)
    monkeypatch.setenv("HF_DEBUG", "1")
    ran = project.run("plan", "--format", "json")
    assert json.loads(ran.out)["changes"] == quiet["changes"]
    assert "curl -X GET" in ran.err


def test_plans_only_read(project: Project, hub: Sandbox) -> None:
    """plan, validate, show and schema send nothing but GET and HEAD."""
    project.write("a.yaml", RICH)
    for command in (
        ["plan"],
        ["plan", "-o", "p.json"],
        ["validate"],
        ["show", "p.json"],
        ["schema"],
        ["ledger", "list"],
    ):
        assert project.run(*command).code == 0
    assert writes(hub) == []
    assert not (project.path / ".hfops").exists()


def test_paths_narrow(project: Project, hub: Sandbox) -> None:
    """Only the named files are looked at, and nothing else becomes an orphan."""
    project.write("one/a.yaml", model("a"))
    project.write("two/b.yaml", model("b"))
    assert project.run("apply", "--yes").code == 0
    found = plan(project, "one")
    assert found["notices"] == []
    assert project.run("plan", "one", "--prune").code == 1


def test_no_ledger_says_what_it_cannot(project: Project, hub: Sandbox) -> None:
    """Without a ledger hfops works, and says what it then cannot do; a second plan is empty all the same."""
    project.write("a.yaml", model("a", gated="manual"))
    ran = project.run("apply", "--yes", "--no-ledger")
    assert ran.code == 0
    assert "cannot tell drift from change" in ran.err
    assert not (project.path / ".hfops").exists()
    on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated="auto")
    assert plan(project, "--no-ledger")["changes"][0]["differences"][0]["cause"] == "new"


def test_other_encodings(project: Project) -> None:
    """A terminal that knows no arrows gets escapes, not a traceback."""
    import os

    project.write("a.yaml", model("a", tags="[{name: v1, message: groesser}]"))
    process = project.start("plan", env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "\\u2192 POST /api/repos/create" in out


def test_a_reader_that_leaves(project: Project, hub: Sandbox) -> None:
    """``hfops apply --yes | head -1``: the reader's going does not stop an apply half-way."""
    project.write("a.yaml", "".join(model(f"m{i}") for i in range(5)))
    process = project.start("apply", "--yes", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert '"type": "plan"' in process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert "Traceback" not in err
    assert writes(hub) == ["POST /api/repos/create"] * 5
