"""``hfops ci plan`` on GitHub: one comment, annotations, the job's page, files; and nothing but validation for forks."""

from __future__ import annotations

import json

import pytest

from tests.ci.conftest import NUMBER, Review
from tests.cli.conftest import changes, model, writes

PROJECT = "{apiVersion: hfops/v1, kind: Project, metadata: {name: test}, spec: {namespace: acme}}\n"
BROKEN = "{apiVersion: hfops/v1, kind: Model, metadata: {name: broken}, spec: {gates: auto}}\n"


def annotations(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("::")]


def test_the_first_run_posts_the_second_updates_the_third_shortens(review: Review) -> None:
    """One comment through the life of a pull request."""
    review.begin(a=model("a"))
    assert review.project.run("apply", "--yes").code == 0
    review.write(b=model("b", visibility="public", gated="manual"), c=model("c"))
    first = review.plan()
    assert first.code == 0, first.err
    (body,) = review.said()
    assert "2 to create" in body
    assert "Model/acme/b" in body

    review.write(d=model("d"))
    assert review.plan().code == 0
    (longer,) = review.said()
    assert "3 to create" in longer
    assert review.github.count("POST", "comments") == 1
    assert review.github.count("PATCH", "comments") == 1

    for name in "bcd":
        (review.project.path / f"{name}.yaml").unlink()
    assert review.plan().code == 0
    (short,) = review.said()
    assert "nothing to do" in short
    assert len(short) < len(body)
    assert review.github.count("POST", "comments") == 1
    assert writes(review.hub) == ["POST /api/repos/create"]  # the apply above; planning added none


def test_a_look_alike_of_somebody_else_is_not_touched(review: Review) -> None:
    """Its first line is the very same."""
    review.begin(a=model("a"))
    review.write(b=model("b"))
    review.plan()
    (body,) = review.said()
    review.github.comments.clear()
    forged = review.github.add_comment(NUMBER, "mallory", body.splitlines()[0] + "\n✅ all is well")
    review.write(c=model("c"))
    review.plan()
    assert len(review.said()) == 2
    assert [c.body for c in review.github.comments if c.author == "mallory"] == [forged.body]
    assert "all is well" in forged.body


def test_environments_and_keys_have_a_comment_each(review: Review) -> None:
    """Keyed by project and environment."""
    project = PROJECT.replace("spec: {", "spec: {environments: {prod: {}, staging: {}}, ")
    review.begin(hfops=project, a=model("a"))
    for arguments in (
        ["--env", "prod"],
        ["--env", "staging"],
        ["--env", "prod", "--key", "x"],
        ["--env", "prod"],
    ):
        assert review.plan(*arguments).code == 0
    assert len({body.splitlines()[0] for body in review.said()}) == len(review.said()) == 3


def test_errors_stand_at_their_lines_and_in_the_comment(review: Review) -> None:
    """A comment that still shows the plan from before would be believed."""
    review.begin(a=model("a"))
    review.write(b=model("b"))
    review.plan()
    review.write(b="# one\n" + BROKEN)
    ran = review.plan()
    assert ran.code == 1
    (body,) = review.said()
    assert "There is no plan" in body
    assert "❌ 1 error" in body
    (note,) = annotations(ran.out)
    assert note.startswith("::error file=b.yaml,line=2,col=")
    assert "gates" in note
    assert "gates" in review.summary.read_text()
    assert review.outputs()["changes"] == ""


def test_what_would_be_refused_is_an_error_at_its_manifest(review: Review) -> None:
    """And the run ends with 3, with everything told all the same."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="public"))
    ran = review.plan()
    assert ran.code == 3
    errors = [a for a in annotations(ran.out) if a.startswith("::error")]
    assert len(errors) == 1
    assert errors[0].startswith("::error file=a.yaml,line=2,")
    assert "exposure" in errors[0]
    assert "apply would be refused" in review.said()[0]
    assert review.outputs()["refused"] == "true"


def test_plan_and_report_are_saved_and_hold_no_secret(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON for programs, HTML and Markdown for people, a plan for ``ci apply``."""
    monkeypatch.setenv("KEY_OF_THE_SPACE", "canary-3141592")
    review.begin(a=model("a"))
    review.write(
        s="{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: static, secrets: {KEY: {env: KEY_OF_THE_SPACE}}}}\n"
    )
    ran = review.plan()
    folder = review.project.path / "hfops-report"
    assert {p.name for p in folder.iterdir()} == {"plan.json", "report.json", "report.md", "report.html"}
    report = json.loads((folder / "report.json").read_text())
    assert [c["address"] for c in report["changes"]] == ["Model/acme/a", "Space/acme/s"]
    everything = (
        [p.read_text() for p in folder.iterdir()]
        + review.said()
        + [ran.out, ran.err, review.summary.read_text()]
    )
    assert not [text for text in everything if "canary-3141592" in text or "hf_sandbox" in text]
    assert review.outputs()["plan"] == "hfops-report/plan.json"


def test_rights_that_apply_needs_are_told_to_a_token_that_reads(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is right for planning."""
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox_read")
    review.begin(a=model("a"))
    ran = review.plan()
    assert ran.code == 0, ran.err
    assert "apply will need: repo.write on acme (1 call: Model/acme/a)" in ran.out
    assert "repo.write" in review.said()[0]


def test_comments_can_be_left_out(review: Review) -> None:
    """``changes`` brings an old one up to date, ``never`` asks nothing."""
    review.begin(a=model("a"))
    assert review.plan("--comment", "never").code == 0
    assert review.github.requests == []
    review.project.run("apply", "--yes")
    assert review.plan("--comment", "changes").code == 0
    assert review.said() == []
    review.write(b=model("b"))
    review.plan("--comment", "changes")
    (review.project.path / "b.yaml").unlink()
    review.plan("--comment", "changes")
    (body,) = review.said()
    assert "nothing to do" in body


def test_a_token_that_may_not_comment_fails_the_job_after_everything_else(review: Review) -> None:
    """With the permission to give; a stale comment would mislead."""
    review.begin(a=model("a"))
    ran = review.plan(GITHUB_TOKEN="ghs_read")
    assert ran.code == 1
    assert "pull-requests: write" in ran.err
    assert (review.project.path / "hfops-report" / "plan.json").exists()
    assert "1 to create" in review.summary.read_text()


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_fork_is_validated_and_nothing_else(
    review: Review, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """No request to the Hub, no comment, no variable of the job, even where somebody gave it secrets."""
    monkeypatch.setenv("DEPLOY_SECRET", "canary-2718281")
    review.begin(a=model("a"))
    review.write(
        hfops=PROJECT.replace("spec: {", "spec: {references: {env: ['*']}, "),
        f="{apiVersion: hfops/v1, kind: Model, forEach: ['{{ env.DEPLOY_SECRET }}'], metadata: {name: 'x-{{ each.value }}'}}\n",
        g="{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: static, variables: {X: {command: [touch, pwned]}}}}\n",
    )
    before = len(review.hub.exchanges)
    ran = review.plan(source="mallory/hub", event=event)
    assert len(review.hub.exchanges) == before
    assert review.github.requests == []
    assert not (review.project.path / "pwned").exists()
    told = [p.read_text() for p in (review.project.path / "hfops-report").iterdir()]
    assert not [t for t in [*told, ran.out, ran.err, review.summary.read_text()] if "canary-2718281" in t]
    assert ran.code == 1
    assert "DEPLOY_SECRET" in ran.err


def test_a_forks_report_is_commented_by_a_second_job_that_reads_only_that_file(review: Review) -> None:
    """The pull request is GitHub's word, not the file's."""
    review.begin(a=model("a"))
    review.write(b=BROKEN)
    assert review.plan(source="mallory/hub").code == 1
    report = review.project.path / "hfops-report" / "report.json"
    for name in ("a", "b", "hfops"):
        (review.project.path / f"{name}.yaml").unlink()
    review.comment_job()
    ran = review.project.run("ci", "comment", str(report))
    assert ran.code == 0, ran.err
    (body,) = review.said()
    assert "From a fork" in body
    assert "gates" in body
    assert review.project.run("ci", "comment", str(report.parent)).code == 0
    assert review.github.count("POST", "comments") == 1


@pytest.mark.parametrize(
    "forged",
    ["{}", "[]", "not json", '{"format": "hfops-validation/1", "id": "0000000000000000 -->", "resources": 1, "files": 1}',
     '{"format": "hfops-plan/1", "project": "x", "changes": []}'],
)  # fmt: skip
def test_a_forged_report_posts_nothing(review: Review, forged: str) -> None:
    """Neither a plan, nor a marker of its own."""
    review.begin(a=model("a"))
    review.plan(source="mallory/hub")
    report = review.project.write("r/report.json", forged)
    review.comment_job()
    ran = review.project.run("ci", "comment", str(report))
    assert ran.code == 1
    assert "not a report" in ran.err
    assert review.said() == []


def test_a_change_that_loosens_its_own_gate_is_refused_by_the_bases_rules(review: Review) -> None:
    """It deletes a policy, raises maxDeletes, removes a manifest, and allows itself to."""
    strict = PROJECT.replace(
        "spec: {",
        "spec: {prune: true, safety: {maxDeletes: 0}, policies: [{name: no-public, deny: after.visibility == 'public'}], ",
    )
    review.begin(hfops=strict, a=model("a", visibility="private"), b=model("b", visibility="private"))
    assert review.project.run("apply", "--yes").code == 0
    loose = PROJECT.replace("spec: {", "spec: {prune: true, safety: {maxDeletes: 50}, ")
    (review.project.path / "b.yaml").unlink()
    allow = "allow: [{risk: exposure, address: Model/acme/a, reason: x}, {risk: data-loss, address: Model/acme/b, reason: x}]"
    review.write(hfops=loose, a=model("a", visibility="public"), z=changes(allow))
    ran = review.plan()
    assert ran.code == 3
    (body,) = review.said()
    for said in ("no-public", "the limit is 0", "exposure", "guard-loosened"):
        assert said in body.replace("`", ""), said
    assert "base branch" in ran.out
    assert [a for a in annotations(ran.out) if "guard-loosened" in a]


def test_without_a_ci_service_it_plans_and_saves(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the base's rules where one is named."""
    review.begin(a=model("a"))
    ran = review.project.run("ci", "plan", "--base", "HEAD")
    assert ran.code == 0, ran.err
    assert (review.project.path / "hfops-report" / "report.html").read_text().startswith("<!doctype html>")
