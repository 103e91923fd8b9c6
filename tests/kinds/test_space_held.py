"""Risks and cost of a Space where a lifecycle leaves something alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hfops.model.cost import Bill, Cost
from hfops.model.resource import Lifecycle, OnDrift
from hfops.model.risk import RiskKind
from tests.kinds.spaces import Looked, ignoring, live, look

FACTS = {"prices": {"cpu-basic": 0.0, "t4-small": 0.4, "a100-large": 2.5}}
LATER = date(2099, 1, 1)


def downtime(looked: Looked) -> list[str]:
    """The paths of what stops the app for a while."""
    return [d.path for d in looked.compared.differences for r in d.risks if r.kind is RiskKind.DOWNTIME]


def test_the_restart_is_said_by_what_is_acted_on() -> None:
    """The risk of a difference that is left alone goes with it: another one bears it."""
    spec = {"variables": {"A": "1", "B": "2"}}
    assert downtime(look(spec, live())) == ["spec.variables[A]"]
    for until in (None, LATER):
        lifecycle = ignoring("spec.variables[A]", until=until)
        assert downtime(look(spec, live(), lifecycle=lifecycle)) == ["spec.variables[B]"]
    assert downtime(look(spec, live(), lifecycle=ignoring("spec.variables"))) == []
    until_then = ignoring("spec.variables", until=LATER)
    assert downtime(look(spec, live(), lifecycle=until_then)) == ["spec.variables[A]"]


@pytest.mark.parametrize("until", [None, LATER])
def test_a_pause_that_is_left_alone_stops_no_restart(until: date | None) -> None:
    """Only what is paused for sure is not restarted."""
    spec = {"state": "paused", "variables": {"A": "1"}}
    assert downtime(look(spec, live())) == ["spec.state"]
    assert "spec.variables[A]" in downtime(look(spec, live(), lifecycle=ignoring("spec.state", until=until)))


def test_drift_that_is_only_reported_stops_no_restart() -> None:
    """Somebody started what was paused, and that is only reported: a new variable restarts it."""
    spec, known = {"state": "paused", "variables": {"A": "1"}}, {"state": "paused"}
    looked = look(spec, live(), known, lifecycle=Lifecycle(on_drift=OnDrift.REPORT))
    assert "spec.variables[A]" in downtime(looked)


def small(stage: str = "RUNNING") -> Any:
    """A live Space on t4-small."""
    return live(stage, hardware="t4-small")


@pytest.mark.parametrize(
    ("spec", "stage", "held", "bill"),
    [
        ({"hardware": "a100-large"}, "RUNNING", (), Bill(Cost(0.4, 0.4), Cost(2.5, 2.5))),
        ({"hardware": "a100-large", "variables": {"A": "1"}}, "RUNNING", ("spec.hardware",), None),
        ({"state": "paused"}, "RUNNING", (), Bill(Cost(0.4, 0.4), Cost())),
        ({"state": "paused", "variables": {"A": "1"}}, "RUNNING", ("spec.state",), None),
        ({"state": "running"}, "PAUSED", (), Bill(Cost(), Cost(0.4, 0.4))),
        ({"state": "running", "variables": {"A": "1"}}, "PAUSED", ("spec.state",), None),
        ({"state": "running", "sleepTime": "never"}, "RUNTIME_ERROR", (), None),
        ({"variables": {"A": "1"}}, "RUNTIME_ERROR", (), Bill(Cost(), Cost(0.4, 0.4))),
        ({"variables": {"A": "1"}}, "RUNTIME_ERROR", ("spec.variables",), None),
    ],
)
def test_what_is_left_alone_costs_what_it_did(
    spec: Any, stage: str, held: tuple[str, ...], bill: Bill | None
) -> None:
    """The bill is of what is acted on; what failed costs again once something starts it anew."""
    assert look(spec, small(stage), facts=FACTS, lifecycle=ignoring(*held)).compared.bill == bill


def test_what_becomes_static_costs_nothing() -> None:
    """The app that ran is billed no more."""
    looked = look({"sdk": "static"}, small(), facts=FACTS)
    assert looked.compared.bill == Bill(Cost(0.4, 0.4), Cost())
    held = look({"sdk": "static"}, small(), facts=FACTS, lifecycle=ignoring("spec.sdk"))
    assert held.compared.bill is None


def test_hardware_that_is_left_alone_is_what_a_sleep_time_is_for() -> None:
    """Where it stays on the free hardware, its sleep time is fixed, whatever hardware the manifest names."""
    spec = {"hardware": "t4-small", "sleepTime": "1h"}
    (said,) = look(spec, live(), lifecycle=ignoring("spec.hardware")).compared.problems
    assert "fixed at 2d" in str(said)
    both = look(spec, live(), lifecycle=ignoring("spec.hardware", "spec.sleepTime"))
    assert both.compared.problems == ()
    assert both.paths == ["spec.hardware", "spec.sleepTime"]


def test_hardware_that_is_left_alone_need_not_exist() -> None:
    """What is not sent is not checked against the Hub's list."""
    spec = {"hardware": "gone-since"}
    assert look(spec, live(), facts=FACTS, lifecycle=ignoring("spec.hardware")).compared.problems == ()
    assert look(spec, live(), facts=FACTS).compared.problems != ()
