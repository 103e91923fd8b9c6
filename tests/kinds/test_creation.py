"""A creation that takes two runs: what the first did not get to needs no more consent than the whole did."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfops.engine.ledger.format import LedgerForm
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import FileStore
from hfops.model.outcome import Result
from tests.kinds.case import Case
from tests.kinds.stage import Stage, set_stage

MANIFEST = """
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/x}
spec:
  visibility: public
  gated: manual
  orgMembersGated: false
  discussionsDisabled: true
  branches: [{name: dev}]
  tags: [{name: v1, revision: dev}]
"""
CALLS = ["*/repos/create", "*/branch/dev", "*/tag/*", "*/settings"]


class DyingStore(FileStore):
    """A ledger file that is written so often, and then the process does not live to write again."""

    def __init__(self, path: Path, writes: int) -> None:
        super().__init__(path)
        self.left = writes

    def write(self, form: LedgerForm) -> None:
        """The first writes only."""
        if self.left > 0:
            super().write(form)
        self.left -= 1


def first_run(stage: Stage, ledger: Ledger) -> Result:
    """The creation from nothing, which needs no consent."""
    prepared = stage.plan(ledger)
    assert [r for c in prepared.plan.changes for r in c.risks] == []
    return stage.apply(prepared, ledger)


def second_run(stage: Stage) -> None:
    """Plan and apply again: no consent needed, nothing left, everything as written."""
    stage.sandbox.faults.clear()
    ledger = stage.ledger()
    prepared = stage.plan(ledger)
    assert [r for c in prepared.plan.changes for r in c.risks] == []
    assert stage.apply(prepared, ledger).exit_code == 0
    assert stage.plan(stage.ledger()).plan.empty
    live = stage.request("GET", "/api/models/acme/x")
    assert (live["private"], live["gated"]) == (False, "manual")
    repo = next(iter(stage.sandbox.hub.repos.values()))
    assert (repo.settings["discussionsDisabled"], repo.settings["orgMembersGated"]) == (True, False)
    assert stage.entries()["Model/acme/x"]["origin"] == "created"


@pytest.mark.parametrize("path", CALLS)
def test_refused_at_any_call(tmp_path: Path, path: str) -> None:
    """Whichever call the Hub refuses, the next run goes on from there without asking for consent."""
    with set_stage(Case(claim="refused", manifests=MANIFEST), tmp_path) as stage:
        stage.sandbox.faults.add({"match": {"path": path}, "nth": 1, "status": 403})
        assert first_run(stage, stage.ledger()).exit_code == 5
        second_run(stage)


@pytest.mark.parametrize("path", CALLS[1:])
def test_killed_at_any_call(tmp_path: Path, path: str) -> None:
    """The same for a run that was killed: the ledger has its intentions, and that the repository was created."""
    with set_stage(Case(claim="killed", manifests=MANIFEST), tmp_path) as stage:
        stage.sandbox.faults.add({"match": {"path": path}, "nth": 1, "status": 403})
        dying = Ledger(DyingStore(stage.ledger_path, writes=2), "test", None)
        assert first_run(stage, dying).exit_code == 5
        assert stage.ledger().intentions
        second_run(stage)


def test_killed_before_the_answer(tmp_path: Path) -> None:
    """What answers to the name may be somebody else's: it counts as ours by its age, and is not opened unasked."""
    with set_stage(Case(claim="killed", manifests=MANIFEST), tmp_path) as stage:
        stage.sandbox.faults.add({"match": {"path": "*/branch/dev"}, "nth": 1, "status": 403})
        dying = Ledger(DyingStore(stage.ledger_path, writes=1), "test", None)
        assert first_run(stage, dying).exit_code == 5
        stage.sandbox.faults.clear()
        prepared = stage.plan(stage.ledger())
        assert [r.kind for c in prepared.plan.changes for r in c.risks] == ["exposure"]
        assert [n.code for n in prepared.plan.notices] == ["settled"]


def test_opened_only_with_its_gate(tmp_path: Path) -> None:
    """At no moment of its creation is a gated repository public without the gate."""
    seen = []
    with set_stage(Case(claim="watched", manifests=MANIFEST), tmp_path) as stage:

        def watch(event: object) -> None:
            repo = event.repo  # type: ignore[attr-defined]
            seen.append((repo.visibility, repo.settings["gated"]))

        stage.sandbox.hub.watchers.append(watch)
        assert first_run(stage, stage.ledger()).exit_code == 0
    assert seen[0] == ("private", False)
    assert seen[-1] == ("public", "manual")
    assert ("public", False) not in seen
