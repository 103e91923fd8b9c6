"""Ctrl-C and SIGTERM while applying; and kill -9 at any call: the next apply finishes the job, nothing twice."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hfops.sandbox.exchange import Exchange
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, exists, model, on_the_hub, until, writes
from tests.conftest import Project

WORK = "".join(
    model(f"m{i}", gated="manual", tags="[{name: v1}]", branches="[{name: dev}]") for i in range(3)
)
SIGNALS = [signal.SIGINT, signal.SIGTERM]


@dataclass
class Trap:
    """Sends a signal to a process while the Hub is answering its ``nth`` write: the effect is there, the answer not yet.

    The answer waits until the signal was taken in: the process is gone, or says that it is stopping.
    """

    number: int
    nth: int = 1
    parallelism: int = 1
    process: subprocess.Popen[str] | None = None
    seen: int = 0
    sprung: bool = False
    said: Path = Path()
    """Where the process's stderr goes."""

    def __call__(self, exchange: Exchange) -> None:
        if exchange.method in ("GET", "HEAD") or self.process is None:
            return
        self.seen += 1
        if self.seen != self.nth:
            return
        self.process.send_signal(self.number)
        self.sprung = True
        if self.number == signal.SIGKILL:
            self.process.wait()
        else:
            until(lambda: "stopping" in self.said.read_text(), "the process to say so")


@pytest.fixture
def trap() -> Trap:
    """What the fixture ``hub`` observes requests with."""
    return Trap(signal.SIGINT)


@pytest.fixture
def hub(trap: Trap) -> Iterator[Sandbox]:
    """A fresh embedded Hub that tells the trap."""
    with Sandbox(observer=trap) as sandbox:
        yield sandbox


def start(project: Project, trap: Trap, *arguments: str) -> subprocess.Popen[str]:
    """Start an apply that will be trapped."""
    trap.said = project.path / "stderr.txt"
    with trap.said.open("w") as stderr:
        trap.process = subprocess.Popen(
            [sys.executable, "-m", "hfops", "apply", "--yes", "--parallelism", str(trap.parallelism), *arguments],
            cwd=project.path, text=True, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
    return trap.process


def finish(project: Project) -> None:
    """Apply again, then there is nothing to do."""
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again


def once(hub: Sandbox) -> list[str]:
    """The writes that succeeded, each of which may be there once only."""
    done = [
        f"{e.method} {e.path} {e.body!r}"
        for e in hub.exchanges
        if e.method == "POST" and 200 <= e.status < 300
    ]
    assert len(done) == len(set(done)), done
    return done


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("nth", [1, 2, 5])
def test_stops_in_order(project: Project, hub: Sandbox, trap: Trap, number: int, nth: int) -> None:
    """The running call ends, no other begins; ledger, table, 130; the next apply does the rest."""
    project.write("a.yaml", WORK)
    trap.number, trap.nth = number, nth
    process = start(project, trap)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert len(writes(hub)) == nth
    assert "stopping: no new calls" in trap.said.read_text()
    assert "skipped" in out
    assert out.splitlines()[-1].startswith("Apply: ")
    assert json.loads((project.path / ".hfops/ledger.json").read_text())["entries"]
    finish(project)
    once(hub)


@pytest.mark.parametrize("number", SIGNALS)
def test_json_ends_with_the_result(project: Project, trap: Trap, number: int) -> None:
    """The events tell what was skipped, and the last one has the exit code."""
    project.write("a.yaml", WORK)
    trap.number = number
    process = start(project, trap, "--json")
    out, _ = process.communicate(timeout=60)
    events = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == events[-1]["exitCode"] == 130
    assert {"status": "skipped", "message": "interrupted"}.items() <= events[-1]["outcomes"][-1].items()


def hang(hub: Sandbox, method: str, path: str, seconds: float = 300) -> Callable[[], bool]:
    """Make a call hang; says whether one is hanging."""
    hub.faults.add({"match": {"method": method, "path": path}, "delay": seconds})
    counted = hub.faults._faults[-1]
    return lambda: counted.seen > 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_stops_at_once(project: Project, hub: Sandbox, number: int) -> None:
    """Nobody waits for a call that hangs after having asked twice."""
    project.write("a.yaml", model("x", gated="manual"))
    hangs = hang(hub, "PUT", "*")
    process = project.start("apply", "--yes")
    until(hangs, "the hanging call")
    process.send_signal(number)
    assert process.stderr is not None
    line = ""
    while "stopping" not in line:
        line = process.stderr.readline()
    asked = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - asked < 5
    assert "stopped at once" in err
    hub.faults.clear()
    finish(project)


def test_a_call_that_hangs_gets_six_seconds(project: Project, hub: Sandbox) -> None:
    """After one signal the process ends within the grace, the hanging call's change is unknown, and looked up later."""
    project.write("a.yaml", model("x", gated="manual"))
    hangs = hang(hub, "PUT", "*")
    process = project.start("apply", "--yes")
    until(hangs, "the hanging call")
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert time.monotonic() - asked < 9
    assert process.returncode == 130
    assert "unknown  Model/acme/x" in out
    hub.faults.clear()
    finish(project)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_planning(project: Project, hub: Sandbox, number: int) -> None:
    """A read that hangs keeps nobody: 130 at once, no traceback."""
    project.write("a.yaml", WORK)
    hangs = hang(hub, "GET", "*")
    process = project.start("plan")
    until(hangs, "the hanging read")
    asked = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - asked < 5
    assert (out, err.split()) == ("", ["interrupted"])


def test_while_waiting_for_the_rate_limit(project: Project, hub: Sandbox) -> None:
    """Waiting as the Hub told us to is interruptible too."""
    project.write("a.yaml", model("x"))
    hub.faults.add({"match": {"method": "GET"}, "status": 429, "headers": {"Retry-After": "60"}})
    process = project.start("plan")
    until(lambda: len(hub.exchanges) > 0, "the first refusal")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


KILLED = [
    ("from nothing", "", WORK, 12),
    ("changes", WORK, WORK.replace("gated: manual", "gated: auto").replace("name: v1", "name: v2"), 9),
    (
        "renames and removals",
        model("old") + model("gone") + model("stays", tags="[{name: v1}]"),
        model("new") + model("stays", tags="[]")
        + changes("moved: [{from: Model/acme/old, to: Model/acme/new}], removed: [{address: Model/acme/gone, action: delete}]"),
        3,
    ),
]  # fmt: skip


@pytest.mark.parametrize("parallelism", [1, 8])
@pytest.mark.parametrize(("before", "after", "count"), [k[1:] for k in KILLED], ids=[k[0] for k in KILLED])
def test_killed_at_any_call(
    project: Project, trap: Trap, hub: Sandbox, before: str, after: str, count: int, parallelism: int
) -> None:
    """kill -9 between a call's effect and its answer, whichever it is: apply again ends as wanted, nothing twice."""
    trap.number, trap.parallelism = signal.SIGKILL, parallelism
    consent = ["--allow", "exposure", "--allow", "data-loss"]
    for nth in range(1, count + 1, 1 if parallelism == 1 else 3):
        _clear(project, hub)
        if before:
            project.write("a.yaml", before)
            assert project.run("apply", "--yes").code == 0
        hub.exchanges.clear()
        project.write("a.yaml", after)
        trap.nth, trap.seen, trap.sprung = nth, 0, False
        process = start(project, trap, *consent)
        process.communicate(timeout=60)
        trap.process = None
        assert trap.sprung, (nth, "there was no such call")
        assert process.returncode == -signal.SIGKILL
        ran = project.run("apply", "--yes", *consent)
        assert ran.code == 0, (nth, ran)
        again = project.run("plan", "--detailed-exitcode")
        assert again.code == 0, (nth, again.out)
        once(hub)


def _clear(project: Project, hub: Sandbox) -> None:
    """An empty Hub and no ledger."""
    with hub.hub.lock:
        for repo in list(hub.hub.repos.values()):
            hub.hub.drop_repo(repo)
    with contextlib.suppress(FileNotFoundError):
        (project.path / ".hfops/ledger.json").unlink()


def test_the_ledger_owns_what_a_killed_run_created(project: Project, trap: Trap, hub: Sandbox) -> None:
    """The intention on disk tells the next run that the repository is its own: created, not adopted."""
    project.write("a.yaml", model("x"))
    trap.number = signal.SIGKILL
    process = start(project, trap)
    process.communicate(timeout=60)
    trap.process = None
    assert exists(hub, "x")
    ran = project.run("plan")
    assert "an earlier run was interrupted in its create of this: what it did is there" in ran.out
    finish(project)
    assert "created" in project.run("ledger", "list").out
    assert on_the_hub(hub, "/api/models/acme/x").status_code == 200
