"""Endpoints through the whole engine: the shipped example, replacement, values for others, and lost answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hfops.engine.apply.values import exported_now
from hfops.model.change import Action
from hfops.model.late import Reference
from hfops.model.outcome import Status
from hfops.model.risk import RiskKind
from tests.contract import check_request, check_response
from tests.kinds.case import Case
from tests.kinds.endpoints import EXAMPLES, KIND, merged, set_stage
from tests.kinds.stage import Stage
from tests.kinds.test_endpoint_compare import WHOLE, said_of
from tests.kinds.test_endpoint_state import MANIFEST

EXAMPLE = Path(__file__).parents[2] / "examples" / "endpoint" / "sentiment.yaml"
ADDRESS = "InferenceEndpoint/acme/prod"


def case(manifests: str, **more: Any) -> Case:
    """A case of these manifests."""
    return Case.model_validate(
        {
            "claim": "whole",
            "manifests": manifests,
            "env": {"KEY": "a secret value"},
            "plan": [],
            "then": "empty",
            **more,
        }
    )


def seeded(**spec: Any) -> dict[str, Any]:
    """A Hub with the endpoint, as it is in the manifest but for ``spec``."""
    return {"resources": [merged(MANIFEST, {"spec": spec})]}


def applied(stage: Stage) -> Any:
    """Plan and apply, which must succeed; then nothing is left. The plan."""
    plan = stage.plan(stage.ledger())
    result = stage.apply(plan, stage.ledger())
    assert {o.status for o in result.outcomes} <= {Status.APPLIED, Status.READY}, result
    again = stage.plan(stage.ledger()).plan
    assert again.empty, again.to_json()
    return plan.plan


def test_the_example_is_applied_and_then_planned_empty(tmp_path: Path) -> None:
    """A model, its tag and two endpoints at once: the tag's commit is deployed; every request fits the contract."""
    with set_stage(case(EXAMPLE.read_text(encoding="utf-8")), tmp_path) as stage:
        plan = applied(stage)
        assert plan.bill.to_json()["after"] == {"low": 1.0, "high": 3.067}
        deployed = stage.request("GET", "/v2/endpoint/acme/sentiment-prod")["model"]["revision"]
        assert deployed == stage.request("GET", "/api/models/acme/sentiment/revision/v1.0")["sha"]
        judged = [p for e in stage.sandbox.exchanges for p in (*check_request(e), *check_response(e))]
        assert judged == []


@pytest.mark.parametrize("name", WHOLE)
def test_every_example_of_the_contract_is_adopted_without_a_call(name: str, tmp_path: Path) -> None:
    """Put into the sandbox as a live endpoint, with a manifest that says the same, it plans empty; twice."""
    example = EXAMPLES[name]
    outer = {
        "apiVersion": "hfops/v1",
        "kind": "InferenceEndpoint",
        "metadata": {"name": f"acme/{example['name']}"},
    }
    spec = said_of(example)
    state = example.get("status", {}).get("state", "running")
    compute = {k: v for k, v in example["compute"].items() if k != "id"}
    hub = {"resources": [{**outer, "spec": {**spec, "compute": compute, "state": state}}]}
    with set_stage(case(yaml.safe_dump({**outer, "spec": spec}), hub=hub), tmp_path) as stage:
        plan = stage.plan(stage.ledger()).plan
        assert plan.empty
        assert [d for c in plan.changes for d in c.differences] == []


def test_another_region_replaces_it(tmp_path: Path) -> None:
    """It is deleted and made anew, with everything that creation takes; that is an outage."""
    text = yaml.safe_dump(merged(MANIFEST, {"spec": {"provider": {"region": "us-west-2"}}}))
    with set_stage(case(text, hub=seeded()), tmp_path) as stage:
        before = stage.request("GET", "/v2/endpoint/acme/prod")["status"]["createdAt"]
        (change,) = applied(stage).changes
        assert change.action is Action.REPLACE
        assert [c.method for c in change.calls] == ["DELETE", "POST"]
        assert RiskKind.OUTAGE in [r.kind for r in change.risks]
        now = stage.request("GET", "/v2/endpoint/acme/prod")
        assert now["provider"]["region"] == "us-west-2"
        assert now["model"]["secrets"] == {"KEY": None}
        entry = stage.entries()[ADDRESS]
        assert before != now["status"]["createdAt"] == entry["hubId"]
        assert entry["applied"]["model.secrets"]["entries"]["KEY"]["hash"].startswith("scrypt$")


def test_one_that_was_made_anew_by_somebody_is_another(tmp_path: Path) -> None:
    """The ledger's moment of creation is not the live one: adopted, and its secrets are not taken for ours."""
    known = {ADDRESS: {"origin": "created", "hubId": "2020-01-01T00:00:00Z", "applied": {"type": "public"}}}
    with set_stage(case(yaml.safe_dump(MANIFEST), hub=seeded(), ledger=known), tmp_path) as stage:
        (change,) = stage.plan(stage.ledger()).plan.changes
        assert "another one took this name" in change.notes[0]
        assert change.unverified == (("model.secrets", "KEY"),)


def test_its_url_for_others(tmp_path: Path) -> None:
    """It is there while it runs, and not while it is paused; there is no other value."""
    reference = Reference(resource=ADDRESS, field="url")
    with set_stage(case(yaml.safe_dump(MANIFEST), hub=seeded()), tmp_path) as stage:
        url = exported_now(stage.connections.reader, reference)
        assert url == stage.request("GET", "/v2/endpoint/acme/prod")["status"]["url"]
        stage.request("POST", "/v2/endpoint/acme/prod/pause")
        assert exported_now(stage.connections.reader, reference) is None
        assert KIND.export(stage.plan(stage.ledger()).plan.changes[0].address, "password") is None


FAULTS = [{"drop-response": True}, {"reset": True}, {"status": 503}, {"status": 500, "after": True}]
STEPS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("create", {}, {"state": "running"}, {"method": "POST", "path": "*/endpoint/acme"}),
    ("update", {"state": "running"}, {"tags": ["x"]}, {"method": "PUT"}),
    ("resume", {"state": "paused"}, {"state": "running"}, {"method": "POST", "path": "*/resume"}),
    ("pause", {"state": "running"}, {"state": "paused"}, {"method": "POST", "path": "*/pause"}),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: next(iter(f)))
@pytest.mark.parametrize(("step", "before", "wanted", "match"), STEPS, ids=[s[0] for s in STEPS])
def test_a_call_whose_answer_is_lost(
    step: str, before: Any, wanted: Any, match: Any, fault: Any, tmp_path: Path
) -> None:
    """Whether it had its effect or not, one apply ends as wanted, and nothing is done twice."""
    hub = {} if step == "create" else seeded(**before)
    text = yaml.safe_dump(merged(MANIFEST, {"spec": wanted}))
    with set_stage(case(text, hub=hub), tmp_path) as stage:
        stage.sandbox.faults.add({"match": match, "nth": 1, **fault})
        applied(stage)
        there = stage.sandbox.hub.endpoints["acme/prod"]
        assert there.state == {"pause": "paused"}.get(step, "running")
        assert there.starts == (1 if step in ("create", "resume") else 0)
