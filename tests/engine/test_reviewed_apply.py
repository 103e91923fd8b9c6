"""Applying the reviewed part: the other calls are not made, and are in the table and the events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.cli.applying import How, carry_out
from hfops.cli.options import Options
from hfops.cli.session import open_session
from hfops.engine import savedplan
from hfops.engine.apply.scheduler import Pace
from hfops.engine.ledger.session import Ledger
from hfops.engine.planform import ScopeForm
from hfops.engine.planning import Prepared
from hfops.engine.reviewed import Part, reviewed_part, to_use_up
from hfops.engine.savedplan import SavedPlan
from hfops.model.plan import Plan
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.conftest import Project
from tests.engine.test_properties import new_org
from tests.harness import Engine


def apply_reviewed(*files: Path, as_json: bool = False) -> int:
    """Plan again, and apply what the saved plans hold."""
    saved = [savedplan.read(file) for file in files]
    with open_session((), Options()) as session:
        prepared = session.plan()
        part = reviewed_part(prepared.plan, saved, prepared.inventory)
        how = How(True, as_json, 10.0, Pace(), to_use_up(saved, part.left))
        return carry_out(session, replace(prepared, plan=part.plan), (), how, part.left)


@pytest.fixture
def reviewed(project: Project) -> Path:
    """A plan for one model; another was added since."""
    project.write("a.yaml", model("x"))
    assert project.run("plan", "-o", "plan.json").code == 0
    project.write("b.yaml", model("y"))
    return project.path / "plan.json"


def test_the_reviewed_part_is_applied(
    hub: Sandbox, reviewed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that was reviewed is made, the other is listed as not reviewed, with why, and the exit code is 4."""
    assert apply_reviewed(reviewed) == 4
    out = capsys.readouterr().out
    assert (exists(hub, "x"), exists(hub, "y")) == (True, False)
    assert "not reviewed Model/acme/y" in out
    assert "its manifest is new" in out
    assert "POST /api/repos/create" in out
    assert "Apply: 1 applied, 1 not reviewed." in out


def test_a_plan_is_used_up_when_nothing_of_it_is_left(project: Project, hub: Sandbox, reviewed: Path) -> None:
    """What is left and never was in it keeps no plan open: it would undo what somebody does on the Hub later."""
    assert apply_reviewed(reviewed) == 4
    assert exists(hub, "x")
    on_the_hub(hub, "/api/repos/delete", "DELETE", name="x", organization="acme", type="model")
    ran = project.run("apply", "plan.json", "--yes")
    assert (ran.code, "was used at" in ran.err) == (1, True)
    assert not exists(hub, "x")


def test_a_plan_of_which_something_is_left_stays_open(project: Project, hub: Sandbox) -> None:
    """What was left may come to agree with it: a resource that takes another step now than the one reviewed."""
    project.write("a.yaml", model("x"))
    project.write("b.yaml", model("y"))
    assert project.run("plan", "-o", "plan.json").code == 0
    project.write("b.yaml", model("y", gated="auto"))
    plan = project.path / "plan.json"
    assert apply_reviewed(plan) == 4
    assert (exists(hub, "x"), exists(hub, "y")) == (True, False)
    project.write("b.yaml", model("y"))
    assert apply_reviewed(plan) == 0
    assert exists(hub, "y")


def test_a_plan_is_not_used_up_by_a_call_that_fails(project: Project, hub: Sandbox, reviewed: Path) -> None:
    """Every call has to be made; the next run goes on with the same plan."""
    (project.path / "b.yaml").unlink()
    hub.faults.add({"match": {"path": "/api/repos/create"}, "nth": 1, "status": 403})
    assert apply_reviewed(reviewed) == 5
    assert apply_reviewed(reviewed) == 0
    assert exists(hub, "x")


def test_nothing_reviewed_sends_nothing(
    project: Project, hub: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is sent, nor is anybody asked who the token is; the table says what was left."""
    project.write("a.yaml", model("x"))
    assert apply_reviewed() == 4
    assert writes(hub) == []
    assert not [e for e in hub.exchanges if "whoami" in e.path]
    assert "Apply: 1 not reviewed." in capsys.readouterr().out
    assert not (project.path / ".hfops").exists()


def test_a_plan_without_a_call_made_can_still_be_applied(project: Project, reviewed: Path) -> None:
    """Where nothing of a plan was left to do here and now, it is not used up by what was not reviewed."""
    project.write("a.yaml", "")
    assert apply_reviewed(reviewed) == 4
    project.write("a.yaml", model("x"))
    (project.path / "b.yaml").unlink()
    assert project.run("apply", "plan.json", "--yes").code == 0


def test_the_result_event(
    project: Project, hub: Sandbox, reviewed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last event of --json holds what was left, under a status of its own, beside what was applied."""
    project.write("c.yaml", model("z").replace("spec:", "dependsOn: [Model/acme/y], spec:"))
    capsys.readouterr()
    assert apply_reviewed(reviewed, as_json=True) == 4
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["exitCode"] == 4
    rows = {o["address"]: o for o in last["outcomes"]}
    assert {a: o["status"] for a, o in rows.items()} == {
        "Model/acme/x": "applied",
        "Model/acme/y": "not_reviewed",
        "Model/acme/z": "not_reviewed",
    }
    assert rows["Model/acme/y"]["calls"] == {"done": 0, "total": 1}
    assert not exists(hub, "z")


def test_dependents_are_skipped(project: Project, hub: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A reviewed resource that depends on one that was changed since is skipped, and says because of which."""
    project.write("a.yaml", model("x"))
    project.write("b.yaml", model("y").replace("spec:", "dependsOn: [Model/acme/x], spec:"))
    assert project.run("plan", "-o", "plan.json").code == 0
    project.write("a.yaml", model("x", gated="auto"))
    assert apply_reviewed(project.path / "plan.json") == 4
    out = capsys.readouterr().out
    assert writes(hub) == []
    assert "because of Model/acme/x" in out
    assert "its manifest was changed" in out
    assert "Apply: 1 skipped, 1 not reviewed." in out


NAMES = "abcde"


@st.composite
def projects(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Models that need one another, and collections of them."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4))
    docs = []
    for index, name in enumerate(names):
        spec = {
            "gated": draw(st.sampled_from(["auto", "manual"])),
            "visibility": draw(st.sampled_from(["public", "private"])),
        }
        needs = draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=2)) if index else []
        docs.append(document("Model", name, spec, [f"Model/{{ns}}/{n}" for n in needs]))
    for name in draw(st.lists(st.sampled_from("xy"), unique=True)):
        chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
        items = [{"type": "model", "id": f"{{ns}}/{n}"} for n in chosen]
        docs.append(document("Collection", name, {"title": name, "items": items}, []))
    return docs


def document(kind: str, name: str, spec: dict[str, Any], needs: list[str]) -> dict[str, Any]:
    """One manifest; {ns} stands for the example's organisation."""
    return {
        "apiVersion": "hfops/v1",
        "kind": kind,
        "metadata": {"name": f"{{ns}}/{name}"},
        "spec": spec,
        "dependsOn": needs,
    }


def located(docs: list[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    """The documents in one example's organisation."""
    found: list[dict[str, Any]] = json.loads(json.dumps(docs).replace("{ns}", namespace))
    return found


class Partly(Engine):
    """A project of which only what was reviewed is applied."""

    saved: tuple[SavedPlan, ...] | None = None
    part: Part

    def _prepare(self, *args: Any, **kwargs: Any) -> tuple[Prepared, Ledger]:
        prepared, ledger = super()._prepare(*args, **kwargs)
        if self.saved is None:
            return prepared, ledger
        self.part = reviewed_part(prepared.plan, self.saved, prepared.inventory)
        return replace(prepared, plan=self.part.plan), ledger


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all examples: each lives in an organisation of its own."""
    with Sandbox() as sandbox:
        yield sandbox


def reviewed_plan(prepared: Prepared) -> SavedPlan:
    """What a plan file would hold."""
    return savedplan.make(prepared.plan, "http://hub", ScopeForm(), datetime(2026, 1, 1, tzinfo=UTC))


def told(plan: Plan) -> dict[str, list[str]]:
    """The calls of each resource that is acted on."""
    return {str(c.address): [call.identity() for call in c.calls] for c in plan.acting}


@settings(max_examples=40, deadline=None)
@given(first=projects(), then=projects(), last=projects(), prune=st.booleans())
def test_what_is_left_is_what_the_next_plan_shows(
    world: Sandbox, first: list[Any], then: list[Any], last: list[Any], prune: bool
) -> None:
    """One project was applied, another reviewed, a third is there now: what is left is left whole, and nothing else."""
    namespace = new_org(world)
    engine = Partly(world.url, token=f"t-{namespace}")
    assert engine.apply(located(first, namespace))[1].exit_code == 0
    reviewed_then = reviewed_plan(engine.plan(located(then, namespace), prune=prune))
    docs = located(last, namespace)
    before = told(engine.plan(docs, prune=prune).plan)
    engine.saved = (reviewed_then,)
    _, result = engine.apply(docs, prune=prune)
    engine.saved = None
    assert {o.status.value for o in result.outcomes} <= {"applied", "ready", "unchanged"}, result
    after = told(engine.plan(docs, prune=prune).plan)
    assert sorted(after) == sorted(str(left.address) for left in engine.part.left)
    own = {str(left.address) for left in engine.part.left if left.because is None}
    assert all(after[a] == before[a] for a in own)
    assert engine.apply(docs, prune=prune)[1].exit_code == 0
    assert engine.plan(docs, prune=prune).plan.empty
