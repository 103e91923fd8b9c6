"""Waiting as users meet it: after apply, with ``hfops wait``, and in the next plan."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import until, writes
from tests.conftest import Project

SPACE = """
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec:
  visibility: private
  sdk: gradio
  hardware: t4-small
  files: [{path: app.py, from: {inline: "print()"}}]
"""
AFTER = """
---
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/later}
spec: {visibility: private}
dependsOn: [{address: Space/acme/app, until: ready}]
"""
FAILING = """
  card:
    metadata: {sandbox: {stage: BUILD_ERROR, log: [Collecting gradio, "ERROR: no such package"], message: exit 1}}
"""


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub where every step of a start takes a moment."""
    with Sandbox(transition_time=0.2) as sandbox:
        yield sandbox


def test_apply_waits_and_tells_each_state_once(project: Project, hub: Sandbox) -> None:
    project.write("a.yaml", SPACE)
    ran = project.run("apply", "--yes")
    assert ran.code == 0
    assert ran.err.splitlines()[-3:] == [
        f"Space/acme/app: {s}" for s in ("BUILDING", "APP_STARTING", "RUNNING")
    ]
    assert "applied  Space/acme/app  create  1/1 call  RUNNING" in ran.out


def test_a_build_that_fails_ends_with_the_space_s_own_last_words(project: Project, hub: Sandbox) -> None:
    """Exit 5, the log's end in the table, and what depends on it skipped."""
    project.write("a.yaml", SPACE + FAILING + AFTER)
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    assert "failed   Space/acme/app" in ran.out
    assert "BUILD_ERROR" in ran.out
    assert "    | ERROR: no such package" in ran.out
    assert "skipped  Model/acme/later" in ran.out
    assert "because of Space/acme/app" in ran.out
    again = project.run("plan")
    assert "BUILD_ERROR" in again.out, "an unchanged failure is reported"
    assert not [w for w in writes(hub) if "restart" in w]
    assert project.run("plan", "--retry-failed", "--detailed-exitcode").code == 2


def test_what_others_need_ready_is_waited_for_also_without_waiting(project: Project, hub: Sandbox) -> None:
    project.write("a.yaml", SPACE + AFTER)
    ran = project.run("apply", "--yes", "--no-wait", "--json")
    assert ran.code == 0, ran.out
    events = [json.loads(line) for line in ran.out.splitlines()]
    kinds = [(e["type"], e.get("address"), e.get("state") or e.get("summary")) for e in events]
    running = kinds.index(("state", "Space/acme/app", "RUNNING"))
    created = next(i for i, k in enumerate(kinds) if k[:2] == ("call", "Model/acme/later"))
    assert running < created


def test_no_wait_leaves_it_starting_and_the_next_run_takes_it_up(project: Project, hub: Sandbox) -> None:
    """The next plan lists it and is empty; the next apply waits without a write."""
    project.write("a.yaml", SPACE)
    with hub.hub.lock:
        hub.hub.transition_time = 30
    assert project.run("apply", "--yes", "--no-wait").code == 0
    plan = project.run("plan", "--detailed-exitcode")
    assert plan.code == 0
    assert "still starting (BUILDING): apply waits for it" in plan.out
    sent = len(writes(hub))
    late = project.run("apply", "--yes", "--wait-timeout", "1s")
    assert late.code == 5
    assert "unready  Space/acme/app" in late.out
    assert "not ready in time" in late.out
    assert len(writes(hub)) == sent


def test_wait_waits_for_what_it_is_told(project: Project, hub: Sandbox) -> None:
    project.write("a.yaml", SPACE + AFTER)
    assert project.run("apply", "--yes", "--no-wait").code == 0
    ran = project.run("wait")
    assert ran.code == 0
    assert "ready    Space/acme/app  RUNNING" in ran.out
    assert "Wait: 1 ready." in ran.out
    lines = [json.loads(x) for x in project.run("wait", "Space/acme/*", "--json").out.splitlines()]
    assert lines[-1]["type"] == "result"
    assert lines[-1]["outcomes"][0]["state"] == "RUNNING"
    wrong = project.run("wait", "Space/acme/ap")
    assert wrong.code == 1
    assert "did you mean 'Space/acme/app'?" in wrong.err


def test_an_interrupt_while_waiting_ends_at_once_and_loses_nothing(project: Project, hub: Sandbox) -> None:
    project.write("a.yaml", SPACE)
    with hub.hub.lock:
        hub.hub.transition_time = 600
    process = project.start("apply", "--yes")
    until(lambda: any(e.path.endswith("/runtime") for e in hub.exchanges), "the first look at the runtime")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "unready  Space/acme/app" in out
    assert project.run("ledger", "list").out.count("Space/acme/app") == 1


def test_while_one_run_waits_another_can_apply(project: Project, hub: Sandbox) -> None:
    """Waiting holds no lock: another apply of the same project goes through meanwhile."""
    project.write("a.yaml", SPACE)
    with hub.hub.lock:
        hub.hub.transition_time = 600
    process = project.start("apply", "--yes", "--wait-timeout", "1h")
    try:
        until(
            lambda: any(e.path.endswith("/runtime") for e in hub.exchanges), "the first look at the runtime"
        )
        project.write("b.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: acme/m}, spec: {}}\n")
        ran = project.run("apply", "--yes", "--no-wait", "--lock-timeout", "5")
        assert ran.code == 0, ran.err
    finally:
        process.kill()
        process.communicate()
