"""Every case in which somebody changed the Hub: what is taken over into its manifests is no difference any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hfops.engine.accept import accept, write
from hfops.engine.drift import drifted
from hfops.model.plan import Plan
from tests.kinds.case import CASES, read
from tests.kinds.stage import set_stage


def in_a_case_of_drift() -> Iterator[Path]:
    """The cases whose plans hold a drifted difference."""
    for path in sorted(CASES.glob("*/*.yaml")):
        plan = read(path).plan or ()
        if any(d.get("cause") in ("drift", "both") for e in plan for d in e.differences):
            yield path


def differences(plan: Plan) -> set[tuple[str, str]]:
    """What is not as wanted, by address and path."""
    return {(str(c.address), d.path) for c in plan.changes for d in c.differences}


FILES = list(in_a_case_of_drift())


@pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}/{p.stem}" for p in FILES])
def test_taken_is_no_difference_any_more(path: Path, tmp_path: Path) -> None:
    """Each drift is taken or left with a reason; the next plan holds all that is left, and nothing else."""
    with set_stage(read(path), tmp_path) as stage:
        prepared = stage.plan(stage.ledger())
        drift = drifted(prepared.plan)
        acceptance = accept(drift.changes, prepared.inventory, stage.folder)
        taken = {(str(t.address), t.path) for t in acceptance.taken}
        left = {(str(x.address), x.path) for x in acceptance.left}
        assert not taken & left
        whole = {(str(c.address), "") for c in drift.changes if c.drift}
        assert taken | left == differences(drift) | whole
        assert all(x.reason for x in acceptance.left)
        assert bool(acceptance.files) is bool(taken)
        write(acceptance)
        after = stage.plan(stage.ledger()).plan
        assert differences(after) == differences(prepared.plan) - taken
        assert stage.writes() == []


def test_there_are_such_cases() -> None:
    """Of every kind that drifts."""
    assert {p.parent.name for p in FILES} >= {"model", "space", "inferenceendpoint", "collection"}
