"""The table of states: each cell's calls, the page that shows them, and a Hub that takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hfops.kinds.endpoint.live import STATES
from hfops.kinds.endpoint.state import RETRY, TABLE, WANTED, Row, Step, row_of, steps
from hfops.model.change import Action, Cause
from hfops.model.outcome import Status
from hfops.model.risk import RiskKind
from tests.contract import check_request, check_response
from tests.kinds.case import Case
from tests.kinds.endpoints import KIND, NEW, Looked, catalogue, live, look, merged, set_stage

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"
DIFFERENT = {"tags": ["new"]}
FOUND = {
    Row.UP: ["running"],
    Row.COMING: ["pending", "initializing", "updating"],
    Row.PAUSED: ["paused"],
    Row.FAILED: ["failed", "updateFailed"],
    Row.IDLE: ["scaledToZero"],
    Row.SCALED: ["scaledToZero"],
}
CELLS = [
    (row, state, wanted, differs)
    for row, states in FOUND.items()
    for state in states
    for wanted in WANTED[:3]
    for differs in (False, True)
]


def words(found: tuple[Step, ...]) -> str:
    """A cell as the page shows it."""
    return ", ".join(s.value for s in found) or "nothing"


def test_the_page_shows_the_table() -> None:
    """docs/endpoints.md has a row for each row, with the code's own calls in its cells."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in Row:
        cells = [words(TABLE[row, wanted][differs]) for wanted in WANTED for differs in (False, True)]
        shown = [f"{a}; differs: {b}" if a != b else a for a, b in zip(cells[::2], cells[1::2], strict=True)]
        assert f"| {row.value} | {' | '.join(shown)} |" in lines


def test_the_table_is_whole() -> None:
    """Every row meets every wanted state, and every state of the service has its row."""
    assert set(TABLE) == {(row, wanted) for row in Row for wanted in WANTED}
    assert {s for states in FOUND.values() for s in states} == set(STATES)
    assert row_of(live("running", status={"state": "hibernating"}), 1) is Row.COMING


def endpoint(row: Row, state: str) -> tuple[Any, dict[str, Any]]:
    """A live endpoint in a row of the table, and the scaling that the manifest repeats."""
    fewest = 1 if row is Row.SCALED else 0
    return live(state, compute={"scaling": {"minReplica": fewest}}), {"minReplica": fewest}


def planned(looked: Looked) -> list[str]:
    """The calls, in the table's words."""
    return [{"PUT": "update"}.get(c.method, c.path.rsplit("/", 1)[-1]) for c in looked.calls]


@pytest.mark.parametrize(("row", "state", "wanted", "differs"), CELLS)
def test_every_cell_is_what_is_planned(row: Row, state: str, wanted: str, differs: bool) -> None:
    """The calls of a comparison are the cell's, and close every difference once."""
    there, scaling = endpoint(row, state)
    spec = {"state": wanted, "compute": {"scaling": scaling}, **(DIFFERENT if differs else {})}
    found = look(spec, there)
    assert planned(found) == [s.value for s in TABLE[row, wanted][differs]]
    achieved = [path for c in found.calls for path in c.achieves]
    assert sorted(achieved) == sorted(d.path for d in found.acting)


@pytest.mark.parametrize("state", ["paused", "scaledToZero", "running", "failed"])
def test_a_state_that_is_not_managed_is_kept(state: str) -> None:
    """An update is all that is sent."""
    assert planned(look(DIFFERENT, live(state))) == ["update"]
    assert planned(look({}, live(state))) == []


@pytest.mark.parametrize("state", ["paused", "scaledToZero"])
def test_creation_to_a_stop(state: str) -> None:
    """It is created, and stopped at once."""
    found = look(merged(NEW, {"state": state}), None)
    assert [c.path.rsplit("/", 1)[-1] for c in found.calls] == [
        "acme",
        {"scaledToZero": "scale-to-zero", "paused": "pause"}[state],
    ]


@pytest.mark.parametrize("state", ["failed", "updateFailed"])
def test_what_failed_is_reported_and_left(state: str) -> None:
    """Until its manifest changes, or somebody asks for another try: a pause and a new start."""
    found = look({"state": "running"}, live(state))
    assert found.calls == ()
    assert found.compared.notes[0].startswith(f"it is in {state}: ")
    assert "--retry-failed" in found.compared.notes[0]
    again = look({"state": "running"}, live(state), retry_failed=True)
    assert planned(again) == [s.value for s in RETRY[0]]
    assert planned(look({**DIFFERENT}, live(state), retry_failed=True)) == [s.value for s in RETRY[1]]
    assert look(DIFFERENT, live(state)).compared.notes == ()


def test_a_message_that_could_hold_an_unknown_secret_is_not_shown() -> None:
    """Where this run knows the value, it is masked wherever it stands; else nothing is quoted."""
    spec = {"state": "running", "model": {"secrets": {"KEY": {"env": "KEY"}}}}
    there = live("failed", model={"secrets": {"KEY": None}})
    (note, *_) = look(spec, there).compared.notes
    assert note.startswith("it is in failed (its message is withheld, this run does not know its secret KEY)")
    (note, *_) = look(spec, there, env={"KEY": "value"}).compared.notes
    assert note.startswith("it is in failed: Memory limit exceeded")


def test_a_retry_of_what_is_wanted_stopped_starts_nothing() -> None:
    """--retry-failed is about what should run."""
    assert planned(look({"state": "paused"}, live("failed"), retry_failed=True)) == ["pause"]


@pytest.mark.parametrize(
    ("state", "spec", "calls"),
    [
        ("running", {}, ["pause", "resume"]),
        ("running", DIFFERENT, ["pause", "update", "resume"]),
        ("updateFailed", {}, ["pause", "resume"]),
        ("scaledToZero", {}, ["resume"]),
        ("paused", {"state": "running"}, ["resume"]),
        ("pending", {}, []),
        ("paused", {}, []),
        ("running", {"state": "paused"}, ["pause"]),
    ],
)
def test_a_restart_that_is_asked_for(state: str, spec: Any, calls: list[str]) -> None:
    """--restart: down and up again; what is starting is not started twice, what is to be stopped stays so."""
    found = look(spec, live(state), restart=True)
    assert planned(found) == calls
    if calls[:1] == ["pause"] and calls[-1] == "resume":
        assert [r.kind for r in found.acting[-1].risks] == [RiskKind.DOWNTIME]
        assert found.calls[-1].restarts


def test_a_restart_is_nobodys_drift() -> None:
    """It is asked for, and held back by no onDrift; it costs what it did."""
    found = look({"state": "running"}, live(), {"state": "running"}, catalogue(), restart=True)
    assert (found.only.cause, found.only.note) == (Cause.CHANGE, "restart asked for")
    assert found.compared.bill is None


def test_who_stopped_it() -> None:
    """A pause by hand is drift; another wish is the author's."""
    by_hand = look({"state": "running"}, live("paused"), {"state": "running"})
    assert by_hand.only.cause is Cause.DRIFT
    author = look({"state": "paused"}, live("running"), {"state": "running"})
    assert author.only.cause is Cause.CHANGE
    assert [r.kind for r in author.only.risks] == [RiskKind.DOWNTIME]


def test_a_state_that_is_held_stays() -> None:
    """Where lifecycle leaves the state alone, only the update is sent."""
    found = look({"state": "running", **DIFFERENT}, live("paused"))
    fields = [d for d in found.compared.differences if d.key != ("state",)]
    assert [c.method for c in KIND.calls(found.ask, found.sight, fields)] == ["PUT"]


@pytest.mark.parametrize("state", ["pending", "initializing", "updating"])
def test_what_is_on_its_way_is_waited_for(state: str) -> None:
    """The plan lists it as starting, unless it is to be stopped."""
    assert look({"state": "running"}, live(state)).compared.starting == state
    assert look({}, live(state)).compared.starting == state
    assert look({"state": "paused"}, live(state)).compared.starting == ""


MANIFEST: dict[str, Any] = {
    "apiVersion": "hfops/v1",
    "kind": "InferenceEndpoint",
    "metadata": {"name": "acme/prod"},
    "spec": {
        "model": {
            "repository": "elsewhere/model",
            "env": {"A": "1"},
            "secrets": {"KEY": {"env": "KEY"}},
        },
        "provider": {"vendor": "aws", "region": "us-east-1"},
        "compute": {
            "accelerator": "gpu",
            "instanceType": "nvidia-t4",
            "instanceSize": "x1",
            "scaling": {"minReplica": 0, "maxReplica": 2, "scaleToZeroTimeout": "15m"},
        },
        "type": "protected",
        "wait": {"timeout": "10s"},
    },
}
REMOVED = {
    "apiVersion": "hfops/v1",
    "kind": "Changes",
    "spec": {"removed": [{"address": "InferenceEndpoint/acme/prod", "action": "delete"}]},
}
BEFORE = ("absent", "running", "paused", "scaledToZero", "failed", "updateFailed")


def played(before: str, wanted: str, change: Any) -> Case:
    """A case: an endpoint in a state, and a manifest that wants another."""
    hub = {"resources": [merged(MANIFEST, {"spec": {"state": before}})]} if before != "absent" else {}
    text = REMOVED if wanted == "absent" else merged(MANIFEST, {"spec": {"state": wanted, **change}})
    known = {"InferenceEndpoint/acme/prod": {"origin": "created"}} if before != "absent" else {}
    return Case.model_validate(
        {
            "claim": f"{before} to {wanted}",
            "hub": hub,
            "manifests": yaml.safe_dump(text),
            "ledger": known if wanted == "absent" else {},
            "env": {"KEY": "a secret value"},
            "plan": [],
            "then": "empty",
        }
    )


@pytest.mark.parametrize(
    "change", [{}, {"model": {**MANIFEST["spec"]["model"], "env": {"A": "2"}}}], ids=["same", "differs"]
)
@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("before", BEFORE)
def test_every_pair_of_states_is_reached_and_then_planned_empty(
    before: str, wanted: str, change: Any, tmp_path: Path
) -> None:
    """Plan, apply, wait: then nothing is left to do, with the ledger and without a new call."""
    with set_stage(played(before, wanted, change), tmp_path) as stage:
        prepared = stage.plan(stage.ledger())
        result = stage.apply(prepared, stage.ledger())
        assert [o.status for o in result.outcomes if o.action is not Action.NONE] == [
            Status.APPLIED for c in prepared.plan.acting
        ], result
        assert stage.plan(stage.ledger()).plan.empty
        reported = before in ("failed", "updateFailed") and wanted == "running" and not change
        if wanted != "absent" and not reported:
            now = stage.request("GET", "/v2/endpoint/acme/prod")["status"]["state"]
            idle = before == "scaledToZero" and wanted == "running"
            assert now == ("scaledToZero" if idle else wanted)
        judged = [p for e in stage.sandbox.exchanges for p in (*check_request(e), *check_response(e))]
        assert judged == []


def test_steps_without_a_wanted_state() -> None:
    """Where no state is managed, creation creates, and a difference updates."""
    assert steps(Row.ABSENT, None, differs=True) == (Step.CREATE,)
    assert steps(Row.PAUSED, None, differs=True) == (Step.UPDATE,)
    assert steps(Row.PAUSED, None, differs=False) == ()
