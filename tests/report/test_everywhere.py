"""Whatever the JSON of a plan may hold of a resource arrives in every other format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hfops.report.build import plan_view
from hfops.report.html import html
from hfops.report.markdown import markdown
from hfops.report.model import Report
from hfops.report.text import plan_lines

FORMS: dict[str, Callable[[Report], str]] = {
    "text": lambda r: "\n".join(line.text for line in plan_lines(r)),
    "markdown": lambda r: markdown(plan_view(r)),
    "html": lambda r: html(plan_view(r)),
}
ROW = {"path": "spec.gated", "op": "change", "before": "auto", "after": "manual", "cause": "change"}
CALL = {"method": "PUT", "path": "/p", "summary": ""}
MONEY = {"before": {"low": 0.0, "high": 0.0}, "after": {"low": 1.5, "high": 1.5}}


def change(name: str = "x", **more: Any) -> dict[str, Any]:
    """An update."""
    return {"address": f"Model/acme/{name}", "action": "update", "calls": [CALL], **more}


HELD: list[tuple[dict[str, Any], str]] = [
    ({"where": "hubfile.yaml:3:1"}, "hubfile.yaml:3:1"),
    ({"adopts": True}, "adopted"),
    ({"risks": [{"risk": "exposure", "code": "c", "reason": "risen"}]}, "risen"),
    ({"differences": [{**ROW, "note": "noted"}]}, "noted"),
    ({"differences": [{**ROW, "held": "withheld"}]}, "withheld"),
    ({"differences": [{**ROW, "cause": "drift"}]}, "changed on the Hub since the last apply"),
    ({"differences": [{**ROW, "cause": "both", "recorded": "former"}]}, "former"),
    ({"released": ["spec.letgo"]}, "spec.letgo"),
    ({"unverified": ["spec.unseen"]}, "spec.unseen"),
    ({"notes": ["remarkable"]}, "remarkable"),
    ({"dependsOn": ["Dataset/acme/first"]}, "Dataset/acme/first"),
    ({"restarts": True}, "1 restart"),
    ({"starting": "BUILDING"}, "BUILDING"),
    ({"failing": "CRASHED", "calls": []}, "CRASHED"),
    ({"cost": MONEY}, "$1.50"),
    ({"movedFrom": "Model/acme/old", "action": "move"}, "Model/acme/old"),
]


@pytest.mark.parametrize(("given", "said"), HELD, ids=["".join(h[0]) for h in HELD])
@pytest.mark.parametrize("form", FORMS)
def test_of_a_resource(form: str, given: dict[str, Any], said: str) -> None:
    """Each key of a change, alone."""
    assert said in FORMS[form](Report({"changes": [change(**given)], "notices": []}))
    assert said not in FORMS[form](Report({"changes": [change()], "notices": []}))


@pytest.mark.parametrize("form", FORMS)
def test_of_the_plan(form: str) -> None:
    """Notices, refusals with their ways, what is looser, strays, cost, requests, project, and what is unverified."""
    plan = {
        "project": "proj", "environment": "prod", "changes": [change()], "cost": MONEY,
        "summary": {"unverified": 2}, "unmanaged": ["Model/acme/stray"],
        "notices": [{"code": "policy", "message": "ruled", "address": "Model/acme/x"},
                    {"code": "permissions", "message": "unable"}],
    }  # fmt: skip
    refusal = {"code": "policy", "message": "denied by base", "ways": ["mendit"], "base": True}
    loosened = [{"code": "policy_removed", "message": "laxer", "where": "hfops.yaml:1:1"}]
    shown = FORMS[form](Report(plan, [refusal], {"requests": 7}, "hubhost", loosened=loosened))
    wanted = ["ruled", "unable", "denied by base", "mendit", "laxer", "hfops.yaml:1:1", "guard-loosened",
              "stray", "$1.50", "7 requests", "2 fields"]  # fmt: skip
    assert [w for w in wanted if w not in shown] == []
    places = ("proj", "prod") if form == "text" else ("proj", "prod", "hubhost")
    assert [w for w in places if w not in shown] == []


@pytest.mark.parametrize("form", FORMS)
def test_the_same_of_many(form: str) -> None:
    """A policy that 50 resources violate is said once; the page holds all names, the others count them."""
    notices = [{"code": "policy", "message": "allgated", "address": f"Model/acme/m{i:02}"} for i in range(50)]
    shown = FORMS[form](Report({"changes": [], "notices": notices}))
    assert (shown.count("allgated"), "50 resources" in shown) == (1, True)
    assert ("Model/acme/m49" in shown) is (form == "html")


def test_the_page_names_who_runs_a_risk() -> None:
    """Beside the risk, and not only in the list of changes below."""
    risks = [{"risk": "exposure", "code": "c", "reason": "risen"}]
    page = html(
        plan_view(Report({"changes": [change(f"m{i}", risks=risks) for i in range(7)], "notices": []}))
    )
    panel = page.partition('id="risks"')[2].partition("</section>")[0]
    assert [f"<code>Model/acme/m{i}</code>" in panel for i in range(7)] == [True] * 5 + [False] * 2
    assert "and 2 more" in panel
