"""``hfops ci apply`` after the merge: the calls that were reviewed, and no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.ci.conftest import NUMBER, Review
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.cli.test_changed import commit


def test_what_was_reviewed_is_applied_and_the_second_run_has_nothing_to_do(review: Review) -> None:
    """Plan, artefact, merge, apply: the plan after it is empty."""
    review.begin(a=model("a"))
    review.write(b=model("b", visibility="public", gated="manual"))
    review.plan()
    review.keep()
    ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert f"reviewed: the plan of #{NUMBER}" in ran.err
    assert exists(review.hub, "a")
    assert exists(review.hub, "b")
    assert "### hfops apply: ✅ done" in review.summary.read_text()
    assert review.project.run("plan", "--detailed-exitcode").code == 0
    before = writes(review.hub)
    again = review.apply()
    assert again.code == 0, again.err
    assert writes(review.hub) == before


def test_what_was_not_reviewed_is_listed_and_left_and_the_rest_is_applied(review: Review) -> None:
    """Exit code 4; and a run after the next review does the rest."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    review.write(late=model("late"))  # another merge, which this pull request's plan does not hold
    commit(review.project.path)
    review.github.add_pull(NUMBER, head="1" * 40, base=review.base, state="merged", commits=())
    plan = review.project.path / "hfops-report" / "plan.json"
    ran = review.apply("--plan", str(plan), merged=False)
    assert ran.code == 4, ran.out + ran.err
    assert exists(review.hub, "a")
    assert not exists(review.hub, "late")
    assert "not reviewed" in ran.out
    assert "Model/acme/late" in ran.out
    assert "part of it was not reviewed" in review.summary.read_text()
    again = review.apply("--plan", str(plan), merged=False)
    assert again.code == 4
    assert not exists(review.hub, "late")


def test_what_depends_on_it_is_skipped(review: Review) -> None:
    """A Space whose model is not reviewed would be half of something."""
    space = (
        "{apiVersion: hfops/v1, kind: Dataset, metadata: {name: d}, spec: {}, dependsOn: [Model/acme/late]}\n"
    )
    review.begin(a=model("a"))
    review.write(d=space.replace(", dependsOn: [Model/acme/late]", ""))
    review.plan()
    review.write(d=space, late=model("late"))
    plan = review.project.path / "hfops-report" / "plan.json"
    commit(review.project.path)
    ran = review.apply("--plan", str(plan), merged=False)
    assert ran.code == 4
    assert writes(review.hub) == ["POST /api/repos/create"]
    assert exists(review.hub, "a")
    skipped = next(line for line in ran.out.splitlines() if line.startswith("skipped"))
    assert "Dataset/acme/d" in skipped
    assert "Model/acme/late" in skipped


def test_what_somebody_changed_meanwhile_is_not_overwritten_unseen(review: Review) -> None:
    """The live Hub decides: a call that has become another one was not reviewed."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="private", gated="manual"))
    review.plan()
    review.keep()
    on_the_hub(review.hub, "/api/models/acme/a/settings", "PUT", private=False, gated="auto")
    before = len(writes(review.hub))
    ran = review.apply()
    assert ran.code == 4, ran.out + ran.err
    assert len(writes(review.hub)) == before


@pytest.mark.parametrize("spoil", ["expired", "used", "elsewhere", "fork", "none", "no token"])
def test_without_a_plan_that_holds_nothing_is_sent(
    review: Review, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    """Expired, used up, made for another Hub, from a fork, never made, or not to be had."""
    review.begin(a=model("a"))
    review.plan()
    file = review.project.path / "hfops-report" / "plan.json"
    plan = json.loads(file.read_text())
    if spoil == "expired":
        then = datetime.now(UTC) - timedelta(days=2)
        plan |= {"created": then.isoformat(), "expires": (then + timedelta(days=1)).isoformat()}
    if spoil == "elsewhere":
        plan["endpoint"] = "https://hub.example"
    file.write_text(json.dumps(plan))
    if spoil == "used":
        review.keep()
        assert review.apply().code == 0
        on_the_hub(review.hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model")
    elif spoil == "fork":
        review.github.add_artefact(
            review.outputs()["artifact"],
            {"plan.json": file.read_bytes()},
            head=commit(review.project.path),
            fork=True,
        )
    elif spoil != "none":
        review.keep()
    before = len(writes(review.hub))
    token = {"GITHUB_TOKEN": ""} if spoil == "no token" else {}
    ran = review.apply(**token)
    assert ran.code in ((4,) if spoil != "used" else (1, 4)), ran.out + ran.err
    assert len(writes(review.hub)) == before


def test_risks_still_need_consent(review: Review) -> None:
    """A review of calls is no consent to a risk: that has a place of its own, and is given to both commands."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="public"))
    assert review.plan("--allow", "exposure=Model/acme/a").code == 0
    review.keep()
    before = len(writes(review.hub))
    ran = review.apply()
    assert ran.code == 3
    assert len(writes(review.hub)) == before
    assert "⛔ refused" in review.summary.read_text()
    assert "exposure: " in review.said()[-1]
    assert "⛔ refused" in review.said()[-1]
    assert review.apply("--allow", "exposure=Model/acme/a").code == 0


def test_a_token_that_only_reads_is_told_what_it_lacks_before_the_first_write(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent, also not what the ledger would write."""
    review.begin(a=model("a"), b=model("b"))
    review.plan()
    review.keep()
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox_read")
    ran = review.apply()
    assert ran.code == 1
    assert "repo.write on acme (2 calls: Model/acme/a, Model/acme/b)" in ran.err
    assert writes(review.hub) == []


def test_a_pull_requests_own_job_applies_nothing(review: Review) -> None:
    """What it holds is not reviewed yet."""
    review.begin(a=model("a"))
    review.plan()
    ran = review.project.run("ci", "apply", "--plan", "hfops-report/plan.json")
    assert ran.code == 1
    assert "not merged yet" in ran.err
    assert writes(review.hub) == []


def test_events_tell_programs_what_was_left(review: Review) -> None:
    """The last line of ``--json`` counts what was not reviewed."""
    review.begin(a=model("a"))
    ran = review.apply("--json")
    last = json.loads(ran.out.splitlines()[-1])
    assert (ran.code, last["type"], last["exitCode"]) == (4, "result", 4)
    assert [o["status"] for o in last["outcomes"]] == ["not_reviewed"]
