"""How many requests planning takes: the first measure of performance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from hfops.model.plan import Plan
from tests.kinds.case import Case
from tests.kinds.stage import Stage, set_stage

MANY = 300


def document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """One manifest."""
    return {"apiVersion": "hfops/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def many(
    folder: Path,
    count: int,
    spec: dict[str, Any],
    *,
    live: dict[str, Any] | None = None,
    more: str = "",
    **case: Any,
) -> Iterator[Stage]:
    """A Hub that holds ``count`` models with ``live`` (default: none of them), and manifests with ``spec``."""
    seeded = [] if live is None else [document("Model", f"acme/m{i}", live) for i in range(count)]
    hub = {"resources": seeded, **case.pop("hub", {})}
    text = yaml.safe_dump_all(document("Model", f"acme/m{i}", spec) for i in range(count))
    with set_stage(Case(claim="few requests", manifests=text + more, hub=hub, **case), folder) as stage:
        yield stage


def planned(stage: Stage) -> tuple[Plan, list[str]]:
    """The plan and the paths read for it; nothing else was sent."""
    stage.sandbox.exchanges.clear()
    plan = stage.plan(stage.ledger()).plan
    assert {e.method for e in stage.sandbox.exchanges} <= {"GET", "HEAD"}
    return plan, [e.path for e in stage.sandbox.exchanges]


def test_settings_of_many(tmp_path: Path) -> None:
    """300 repositories of which only settings are managed take six requests at most, and refs of none are read."""
    with many(tmp_path, MANY, {"visibility": "public", "gated": "auto"}, live={"gated": False}) as stage:
        plan, paths = planned(stage)
    assert len(plan.acting) == MANY
    assert len(paths) <= 6, paths
    assert not any("/refs" in p for p in paths)


def test_refs_of_many(tmp_path: Path) -> None:
    """Branches and tags cost one request for each repository that manages them, and no more."""
    spec = {"branches": [{"name": "dev"}], "tags": [{"name": "v1"}]}
    with many(tmp_path, MANY, spec, live={}) as stage:
        plan, paths = planned(stage)
    assert plan.summary()["calls"] == 2 * MANY
    assert len(paths) <= MANY + 6


def test_groups_of_many(tmp_path: Path) -> None:
    """The names of an organisation's resource groups are read once."""
    hub = {"orgs": [{"name": "acme", "resourceGroups": [{"name": "nlp"}]}]}
    with many(tmp_path, MANY, {"resourceGroup": "nlp"}, live={}, hub=hub) as stage:
        plan, paths = planned(stage)
    assert len(plan.acting) == MANY
    assert len(paths) <= 6, paths


def test_creating_many(tmp_path: Path) -> None:
    """300 repositories that are not there yet cost no read each."""
    with many(tmp_path, MANY, {"visibility": "private"}) as stage:
        plan, paths = planned(stage)
    assert plan.summary()["create"] == MANY
    assert len(paths) <= 6, paths


def test_nothing_to_do_for_many(tmp_path: Path) -> None:
    """An empty plan over what the ledger owns is no dearer than a first one."""
    with many(tmp_path, MANY, {"visibility": "public"}, live={}) as stage:
        ledger = stage.ledger()
        stage.apply(stage.plan(ledger), ledger)
        plan, paths = planned(stage)
    assert plan.empty
    assert plan.owned == MANY
    assert len(paths) <= 6, paths


def test_many_that_were_renamed_long_ago(tmp_path: Path) -> None:
    """A moved entry with a star whose renames are done costs no request for each of them."""
    moved = "---\n{apiVersion: hfops/v1, kind: Changes, spec: {moved: [{from: Model/acme/old-*, to: Model/acme/*}]}}\n"
    ledger = {
        f"Model/acme/m{i}": {"origin": "created", "hubId": f"$id(Model/acme/m{i})", "applied": {}}
        for i in range(MANY)
    }
    with many(tmp_path, MANY, {}, live={}, more=moved, ledger=ledger) as stage:
        plan, paths = planned(stage)
    assert plan.empty
    assert len(paths) <= 6, paths


@pytest.mark.parametrize(("count", "singly"), [(1, 1), (5, 5), (6, 0)])
def test_few_are_read_one_by_one(tmp_path: Path, count: int, singly: int) -> None:
    """Up to five of a type and namespace are read one by one, more with the list call."""
    with many(tmp_path, count, {"visibility": "public"}, live={}) as stage:
        _, paths = planned(stage)
    assert sum(p.startswith("/api/models/acme/") for p in paths) == singly
    assert sum(p.startswith("/api/models?") for p in paths) == (0 if singly else 1)


def test_listing_stops_when_all_are_found(tmp_path: Path) -> None:
    """Of a namespace with more than a page of repositories no page is read after the last one wanted."""
    seed = [document("Model", f"acme/m{i:04}", {}) for i in range(1100)]
    text = yaml.safe_dump_all(document("Model", f"acme/m{i:04}", {}) for i in range(600))
    with set_stage(Case(claim="few", manifests=text, hub={"resources": seed}), tmp_path) as stage:
        _, paths = planned(stage)
    assert len(paths) == 2, paths


def test_what_the_list_leaves_out_is_looked_at(tmp_path: Path) -> None:
    """Not listed is not absent: what the ledger owns and the list does not show is read by itself, and only that."""
    ledger = {
        f"Model/acme/m{i}": {"origin": "created", "hubId": "66aa11bb22cc33dd44ee55ff", "applied": {}}
        for i in range(7)
    }
    hub = {"resources": [document("Model", f"acme/m{i}", {}) for i in range(6)]}
    text = yaml.safe_dump_all(document("Model", f"acme/m{i}", {"visibility": "public"}) for i in range(7))
    with set_stage(Case(claim="few", manifests=text, hub=hub, ledger=ledger), tmp_path) as stage:
        _, paths = planned(stage)
    assert [p.partition("?")[0] for p in paths if p.startswith("/api/models/")] == ["/api/models/acme/m6"]
