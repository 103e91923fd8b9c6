"""Annotations: what stands beside the lines of a pull request."""

from __future__ import annotations

from hfops.model.problem import Problem
from hfops.model.source import Mark
from hfops.report.annotations import Severity, of_plan, of_problems
from hfops.report.build import plan_view
from hfops.report.model import Report
from tests.report.rich import rich_report


def test_errors_stand_at_their_place_and_do_not_repeat_it() -> None:
    """The host shows file and line by itself."""
    found = of_problems([Problem("unknown field", Mark("m.yaml", 4, 3), path="spec.x"), Problem("no Hub")])
    assert [(a.where, a.message) for a in found] == [
        (Mark("m.yaml", 4, 3), "spec.x: unknown field"),
        (None, "no Hub"),
    ]
    assert {a.severity for a in found} == {Severity.ERROR}


def test_every_refusal_and_every_risk_is_told_once_the_worst_first() -> None:
    """A risk that is refused is not told a second time as a risk."""
    made = rich_report()
    view = plan_view(made)
    found = of_plan(view, made.refusals)
    severities = [a.severity for a in found]
    assert severities == sorted(severities, key=list(Severity).index)
    assert [a.code for a in found if a.severity is Severity.ERROR] == [r["code"] for r in made.refusals]
    refused = {(r.get("address"), r.get("risk")) for r in made.refusals}
    told = {a.message.partition(": ")[0] for a in found if a.severity is not Severity.ERROR}
    for group in view.groups:
        for danger in group.dangers:
            assert (group.members[0][0] in told) or (group.members[0][0], danger.kind) in refused


def test_the_same_risk_of_many_is_one_annotation() -> None:
    """GitHub shows ten of a step."""
    changes = [
        {
            "address": f"Model/acme/m{i}", "action": "update", "where": f"m.yaml:{i + 1}:1",
            "differences": [{"path": "spec.gated", "op": "change", "before": "auto", "after": False, "cause": "change"}],
            "risks": [{"risk": "exposure", "code": "gating_loosened", "reason": "gating is loosened"}],
            "calls": [{"method": "PUT", "path": f"/api/models/acme/m{i}/settings", "body": {"gated": False}, "repeat": "same"}],
        }
        for i in range(287)
    ]  # fmt: skip
    plan = {"project": "p", "changes": changes, "notices": [], "summary": {}}
    (found,) = of_plan(plan_view(Report(plan)))
    assert found.where == Mark("m.yaml", 1, 1)
    assert found.message.endswith("gating is loosened (and 286 others alike)")
