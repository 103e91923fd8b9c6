"""What reviewers are told of an apply, however it ended: under the pull request, on the page, in annotations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hfops.cli.ci import apply
from hfops.report.applied import LEFT, NOTHING, applied, title_of
from hfops.report.markdown import SMALLEST
from hfops.report.room import size
from hfops.sandbox.server import Sandbox
from tests.ci.conftest import NUMBER, Review
from tests.ci.forges import GitLab
from tests.ci.test_plan import BROKEN
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.cli.test_changed import commit, git
from tests.conftest import Project, Ran

AGAIN = "run the pull request's plan job again, then this one"


def reviewed(review: Review, **files: str) -> None:
    """A pull request with a plan, kept."""
    review.begin(**(files or {"a": model("a")}))
    assert review.plan().code == 0
    review.keep()


def outcome(review: Review) -> str:
    """The comment on what became of it."""
    (found,) = [body for body in review.said() if "hfops:applied:" in body.splitlines()[0]]
    return found


def annotations(ran: Ran) -> list[str]:
    """The commands to GitHub's runner."""
    return [line for line in ran.out.splitlines() if line.startswith(("::error", "::warning"))]


def edit(review: Review, **changed: Any) -> None:
    """Another plan file than the one that was saved."""
    file = review.project.path / "hfops-report/plan.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


@pytest.mark.parametrize("token", ["hf_nobody", "hf_sandbox_read"], ids=["401", "a role that only reads"])
def test_an_error_stands_under_the_pull_request(
    review: Review, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """Nothing was sent, and why; the run that succeeds later brings the same comment up to date."""
    reviewed(review)
    monkeypatch.setenv("HF_TOKEN", token)
    ran = review.apply()
    assert ran.code == 1
    assert writes(review.hub) == []
    said = outcome(review)
    assert "### hfops apply: ❌ 1 error" in said
    assert "Nothing of it was applied." in said
    assert git(review.project.path, "rev-parse", "HEAD") in said
    (line,) = annotations(ran)
    assert line.startswith("::error title=hfops::")
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox")
    assert review.apply().code == 0
    assert "✅ done" in outcome(review)


def test_a_merge_that_broke_the_manifests_is_told(review: Review) -> None:
    """At the manifest's line, as seen from the checkout's top."""
    reviewed(review)
    review.write(b=BROKEN)
    commit(review.project.path)
    ran = review.apply()
    assert ran.code == 1
    assert "There is no plan" not in outcome(review)
    assert "gates" in outcome(review)
    assert annotations(ran)[0].startswith("::error file=b.yaml,line=")


def test_a_bug_is_told(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is claimed of how far it got."""
    reviewed(review)

    def die(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(apply, "_held", die)
    assert review.apply().code == 1
    assert "a bug in hfops" in outcome(review)
    assert "Nothing of it" not in outcome(review)


def test_artefacts_that_may_not_be_read_are_told(review: Review) -> None:
    """The pull request is known by then."""
    reviewed(review)
    review.github.fault("GET", "artifacts", 403)
    assert review.apply().code == 1
    assert "actions: read" in outcome(review)


def test_a_call_that_fails_is_told(review: Review) -> None:
    """As an error where its manifest is; what was made is no annotation."""
    reviewed(review, a=model("a"), b=model("b", gated="manual"))
    review.hub.faults.add({"match": {"method": "PUT", "path": "*/b/settings"}, "nth": 1, "status": 403})
    ran = review.apply()
    assert ran.code == 5
    (line,) = annotations(ran)
    assert line.startswith("::error file=b.yaml,line=")
    assert "Model/acme/b: failed: " in line
    said = outcome(review)
    assert said.index("Model/acme/b") < said.index("Model/acme/a")
    assert review.apply().code == 0, "the plan is not used up"
    assert "✅ done" in outcome(review)


@pytest.mark.parametrize("why", ["none", "expired", "broken"])
def test_a_plan_that_does_not_count_is_told(review: Review, why: str) -> None:
    """With what a pipeline can do about it, and not what a person would type."""
    review.begin(a=model("a"))
    review.plan()
    if why == "expired":
        then = datetime.now(UTC) - timedelta(days=2)
        edit(review, created=then.isoformat(), expires=(then + timedelta(days=1)).isoformat())
    if why == "broken":
        edit(review, format="x")
    if why != "none":
        review.keep()
    ran = review.apply()
    assert ran.code == 4
    said = outcome(review)
    assert NOTHING in said
    assert {"none": "no reviewed plan", "expired": "expired at", "broken": "is not read"}[why] in said
    assert "in no reviewed plan\n  POST /api/repos/create" in said
    for text in (ran.err, said):
        assert "-o FILE" not in text
        assert (AGAIN in text.replace("`", "")) == (why != "none")
    warnings = annotations(ran)
    assert all(line.startswith("::warning ") for line in warnings)
    assert any("file=a.yaml" in line and "Model/acme/a: not reviewed" in line for line in warnings)


def test_a_run_with_nothing_to_do_speaks_of_no_plan(review: Review) -> None:
    """That its plan was used is what everybody expects; the comment stays as it is."""
    reviewed(review)
    assert review.apply().code == 0
    before = review.said()
    ran = review.apply()
    assert ran.code == 0
    assert "warning" not in ran.err
    assert "used" not in ran.err
    assert annotations(ran) == []
    assert review.said() == before


def test_a_used_plan_is_told_where_there_is_something_to_do(review: Review) -> None:
    """Somebody undid it on the Hub."""
    reviewed(review)
    assert review.apply().code == 0
    on_the_hub(review.hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model")
    assert review.apply().code == 4
    said = outcome(review)
    assert "was used at" in said
    assert "✅" not in said


def test_a_plan_is_used_up_once_nothing_is_left(review: Review) -> None:
    """What was left of it when somebody changed the Hub is made once the Hub is as it was reviewed."""
    review.begin(a=model("a", visibility="private", gated="auto"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="private", gated="manual"), b=model("b"))
    assert review.plan().code == 0
    review.keep()
    on_the_hub(review.hub, "/api/models/acme/a/settings", "PUT", private=False)
    assert review.apply().code == 4
    assert exists(review.hub, "b")
    assert "part of it was not reviewed" in outcome(review)
    on_the_hub(review.hub, "/api/models/acme/a/settings", "PUT", private=True)
    ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert "used" not in ran.err
    assert "✅ done" in outcome(review)


def test_drift_elsewhere_keeps_no_plan_open(review: Review) -> None:
    """What somebody undoes on the Hub is not done again unseen because something that the plan never held is left."""
    review.begin(b=model("b", gated="auto"))
    review.project.run("apply", "--yes")
    review.write(a=model("a"))
    assert review.plan().code == 0
    review.keep()
    on_the_hub(review.hub, "/api/models/acme/b/settings", "PUT", gated=False)
    assert review.apply().code == 4
    assert exists(review.hub, "a")
    on_the_hub(review.hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model")
    assert review.apply().code == 4
    assert not exists(review.hub, "a")
    assert "was used at" in outcome(review)


def test_a_comment_that_cannot_be_posted_keeps_the_others_from_nothing(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One conversation is locked: the other requests are told all the same, and the exit code stands."""
    reviewed(review)
    head = git(review.project.path, "rev-parse", "HEAD")
    review.github.add_pull(5, head=head, base=review.base, state="merged", commits=(head,))
    review.github.fault("POST", "issues/5/comments", 403)
    ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert "not told under the pull request #5" in ran.err
    assert "✅ done" in outcome(review)


def test_events_stay_on_a_stream_of_their_own(review: Review) -> None:
    """With ``--json``, every line of standard output is an event; the runner reads commands on the other one, too."""
    review.begin(a=model("a"))
    ran = review.apply("--json")
    assert [json.loads(line)["type"] for line in ran.out.splitlines()] == ["plan", "result"]
    assert "::warning file=a.yaml" in ran.err


def test_gitlab_is_told_in_its_own_words(
    project: Project, hub: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge request, ``!7``, and no command of another runner's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git(project.path, "init", "-q")
    project.write("a.yaml", model("a"))
    head = commit(project.path)
    folder = tmp_path / "lab"
    folder.mkdir()
    with GitLab(folder) as gitlab:
        gitlab.add_pull(NUMBER, head=head, state="merged", commits=(head,))
        for name, value in gitlab.environ("push", sha=head, workspace=project.path).items():
            monkeypatch.setenv(name, value)
        ran = project.run("ci", "apply")
        (note,) = gitlab.said(NUMBER)
        gitlab.pulls.clear()
        alone = project.run("ci", "apply")
    assert ran.code == 4
    assert writes(hub) == []
    assert "!7: no reviewed plan" in ran.err
    assert "no reviewed plan" in note
    assert "no merged merge request brought" in alone.err
    for text in (ran.out, ran.err, note, alone.err):
        assert "pull request" not in text
        assert "::" not in text


ROW = {"address": "Model/a/b", "action": "create", "calls": {"done": 0, "total": 1}}


def test_titles() -> None:
    """Part of it, or nothing of it; what failed besides has a title of its own."""
    left = [ROW | {"status": status} for status in sorted(LEFT)]
    assert title_of(4, left) == NOTHING
    assert "part" in title_of(4, [*left, ROW | {"status": "applied"}])
    assert title_of(5, left) != NOTHING


def test_it_never_gets_longer_than_it_may() -> None:
    """Neither by what is said of the run nor by its resources, and what is left out is counted."""
    rows = [ROW | {"status": "failed", "message": "\U0001f680" * 900}] * 30
    text = applied(5, rows, SMALLEST, ["*" * 900] * 90)
    assert size(text) <= SMALLEST
    assert "… and 87 more\n" in text
    assert "lines more\n" in text


def test_an_earlier_request_hears_only_of_its_own(review: Review) -> None:
    """Its plan still counts, since something of it was left; what another one brings is no news to it."""
    review.begin(a=model("a", visibility="private"))
    review.project.run("apply", "--yes")
    review.write(a=model("a", visibility="public"))
    assert review.plan().code == 3
    review.keep()
    second = git(review.project.path, "rev-parse", "HEAD")
    review.github.pulls.clear()
    review.github.add_pull(5, head=second, base=review.base, state="merged", commits=(second,))
    review.write(a=model("a", visibility="private"), b=model("b"))
    assert review.plan().code == 0
    review.keep()
    review.github.history[git(review.project.path, "rev-parse", "HEAD")] = (second,)
    review.github.pulls[:] = [p for p in review.github.pulls if p.number == 5]
    ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert "reviewed too: the plan of #5" in ran.err
    assert "✅ done" in outcome(review)
    assert [c.number for c in review.github.comments if "hfops:applied:" in c.body] == [NUMBER]
