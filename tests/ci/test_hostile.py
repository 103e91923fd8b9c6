"""What a fork's author, a contributor, an old run's left-overs or a broken artefact try: none of it gets further than it may."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hfops.cli.session import Session
from tests.ci.conftest import NUMBER, Review
from tests.ci.forges import GitLab
from tests.ci.test_plan import BROKEN, PROJECT
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.cli.test_changed import commit, git

FORK = "mallory/hub"


def kept(review: Review) -> set[str]:
    """The names of the files that the action uploads."""
    return {Path(path).name for path in review.outputs()["files"].splitlines()}


def leave(review: Review, text: str = '{"format": "hfops-saved-plan/1"}') -> Path:
    """A plan that another run, or the tree itself, left where this run saves."""
    return review.project.write("hfops-report/plan.json", text)


# What is kept as the reviewed plan


@pytest.mark.parametrize("source", ["acme/hub", FORK])
def test_an_old_plan_is_never_kept_as_this_runs(review: Review, source: str) -> None:
    """A machine that keeps files, or a commit that brings one: where no plan could be made, there is none."""
    review.begin(a=model("a"))
    left = leave(review)
    review.write(b=BROKEN)
    assert review.plan(source=source).code == 1
    assert not left.exists()
    assert "plan.json" not in kept(review)
    assert review.outputs()["plan"] == ""


def test_a_run_that_dies_leaves_no_plan_behind(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its comment does not go on showing the plan from before."""
    review.begin(a=model("a"))
    assert review.plan().code == 0

    def die(_: Session) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Session, "plan", die)
    assert review.plan().code == 1
    assert not (review.project.path / "hfops-report/plan.json").exists()
    (body,) = review.said()
    assert "There is no plan" in body
    assert "a bug in hfops" in body


def test_a_plan_tells_exactly_what_it_wrote(review: Review) -> None:
    """Also with ``--out`` elsewhere, and though the tree holds more."""
    review.begin(a=model("a"))
    leave(review, "{}")
    review.project.write("hfops-report/more.json", "{}")
    assert review.plan().code == 0
    assert kept(review) == {"plan.json", "report.json", "report.html", "report.md"}
    assert review.plan("--out", str(review.folder / "elsewhere")).code == 0
    assert {Path(p).parent for p in review.outputs()["files"].splitlines()} == {review.folder / "elsewhere"}


@pytest.mark.parametrize("source", ["acme/hub", FORK])
def test_a_link_in_place_of_the_folder_is_not_followed(review: Review, source: str) -> None:
    """The tree says where it leads: into a folder of the machine's, for instance."""
    review.begin(a=model("a"))
    away = review.folder / "away"
    away.mkdir()
    (review.project.path / "hfops-report").symlink_to(away)
    ran = review.plan(source=source)
    assert ran.code == 1
    assert "is a link inside the checkout" in ran.err
    assert list(away.iterdir()) == []
    assert review.outputs().get("files", "") == ""


@pytest.mark.parametrize("source", ["acme/hub", FORK])
def test_a_link_in_place_of_a_file_is_replaced(review: Review, source: str) -> None:
    """What it leads to is neither written to nor kept."""
    review.begin(a=model("a"))
    target = review.folder / "profile"
    target.write_text("mine")
    (review.project.path / "hfops-report").mkdir()
    for name in ("plan.json", "report.json", "report.md"):
        (review.project.path / "hfops-report" / name).symlink_to(target)
    assert review.plan(source=source).code == 0
    assert target.read_text() == "mine"
    assert not any(Path(path).is_symlink() for path in review.outputs()["files"].splitlines())


def test_a_link_outside_the_checkout_is_the_users_own(review: Review) -> None:
    """Nobody who sends a pull request made it."""
    review.begin(a=model("a"))
    (review.folder / "real").mkdir()
    (review.folder / "link").symlink_to(review.folder / "real")
    assert review.plan("--out", str(review.folder / "link")).code == 0
    assert (review.folder / "real/plan.json").exists()


def test_outputs_are_told_though_the_page_cannot_be_written(review: Review) -> None:
    """Else nothing would be kept, and the plan would be lost with a page that nobody reads."""
    review.begin(a=model("a"))
    ran = review.plan(GITHUB_STEP_SUMMARY=str(review.folder))
    assert ran.code == 1
    assert "GITHUB_STEP_SUMMARY" in ran.err
    assert "plan.json" in kept(review)


# Where a plan is made, and by which rules


@pytest.mark.parametrize("event", ["workflow_run", "issue_comment"])
def test_a_job_that_may_be_a_forks_only_validates(review: Review, event: str) -> None:
    """A workflow on these events may have checked out anybody's tree, and has the tokens at hand."""
    review.begin(a=model("a"))
    review.github.add_pull(NUMBER, head=commit(review.project.path), base=review.base, source=FORK)
    environ = review.github.environ("workflow_run", number=NUMBER, workspace=review.project.path)
    for name, value in environ.items():
        review.monkeypatch.setenv(name, value)
    if event == "issue_comment":
        path = review.folder / "event.json"
        path.write_text(json.dumps({"issue": {"number": NUMBER, "pull_request": {}}}))
        review.monkeypatch.setenv("GITHUB_EVENT_NAME", event)
        review.monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    before = len(review.hub.exchanges)
    ran = review.project.run("ci", "plan")
    assert ran.code == 0, ran.err
    assert len(review.hub.exchanges) == before
    assert not (review.project.path / "hfops-report/plan.json").exists()


def test_without_a_base_there_is_no_plan(
    review: Review, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A merge request that tells none would pass by its own rules alone."""
    review.begin(a=model("a"))
    (tmp_path / "lab").mkdir()
    with GitLab(tmp_path / "lab") as gitlab:
        gitlab.add_pull(NUMBER, head=review.base, base=review.base)
        environ = gitlab.environ(number=NUMBER, sha=review.base, workspace=review.project.path)
        for name, value in environ.items():
            monkeypatch.setenv(name, "" if name.endswith(("TARGET_BRANCH_SHA", "BASE_SHA")) else value)
        before = len(review.hub.exchanges)
        ran = review.project.run("ci", "plan")
    assert ran.code == 1
    assert "--base origin/main" in ran.err
    assert len(review.hub.exchanges) == before


def test_a_fork_starts_nothing_and_reads_nothing(review: Review) -> None:
    """A ledger on the Hub, pruning, files of the machine by name and by link, addresses: no request, no word of theirs."""
    review.begin(a=model("a"))
    secret = review.folder / "event-secret"
    secret.write_text("canary: 1618033")
    settings = "spec: {prune: true, ledger: 'hub://datasets/acme/l', references: {env: ['*']}, "
    for name, target in (("link.yaml", secret), ("proc.md", Path("/proc/self/environ"))):
        (review.project.path / name).symlink_to(target)
    variables = (
        "{A: {file: ../event-secret}, B: {file: /proc/self/environ}, C: {file: proc.md}, D: {env: HF_TOKEN}}"
    )
    review.write(
        hfops=PROJECT.replace("spec: {", settings),
        s=f"{{apiVersion: hfops/v1, kind: Space, metadata: {{name: s}}, spec: {{sdk: static, variables: {variables}}}}}\n",
        c="{apiVersion: hfops/v1, kind: Model, forEach: {csv: ../event-secret}, metadata: {name: 'x'}}\n",
        t="{apiVersion: hfops/v1, kind: Model, metadata: {name: t}, spec: {card: {template: proc.md}}}\n",
        u="{apiVersion: hfops/v1, kind: Model, metadata: {name: u}, spec: {files: [{path: f, from: {url: 'http://127.0.0.1:1/x'}}]}}\n",
    )
    before = len(review.hub.exchanges)
    ran = review.plan(source=FORK)
    assert ran.code == 1
    assert len(review.hub.exchanges) == before
    told = [p.read_text() for p in (review.project.path / "hfops-report").iterdir()]
    for text in (*told, ran.out, ran.err, review.summary.read_text()):
        assert "canary" not in text
        assert "hf_sandbox" not in text


@pytest.mark.parametrize("source", ["acme/hub", FORK])
def test_a_name_that_is_no_text_breaks_no_report(review: Review, source: str) -> None:
    """Every channel is served, and the error is one of the manifest's."""
    review.begin(a=model("a"))
    with open(os.fsencode(review.project.path) + b"/b\xff.yaml", "w") as file:  # noqa: PTH123 - Path takes no bytes
        file.write(BROKEN)
    ran = review.plan(source=source)
    assert ran.code == 1
    assert "gates" in ran.err
    assert "bug" not in ran.err
    assert "report.md" in kept(review)


def test_what_manifests_say_is_no_command_to_the_runner(review: Review) -> None:
    """In no line that is printed, but for hfops's own annotations."""
    review.begin(a=model("a"))
    review.write(
        b='{apiVersion: hfops/v1, kind: Model, metadata: {name: "x\\n::add-mask::main\\n##[group]"}, "::stop-commands::x": 1}\n'
    )
    ran = review.plan(source=FORK)
    lines = [*ran.out.splitlines(), *ran.err.splitlines()]
    assert [
        line for line in lines if line.lstrip().startswith("::") and not line.startswith("::error file=")
    ] == []
    assert [line for line in lines if "##[" in line and not line.startswith("::error file=")] == []


def test_a_secret_that_is_part_of_the_marker_does_not_lose_the_comment(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is masked below the hidden line, and not in it."""
    monkeypatch.setenv("KEY_OF_THE_SPACE", "hfops:ci")
    review.begin(a=model("a"))
    review.write(
        s="{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: static, secrets: {KEY: {env: KEY_OF_THE_SPACE}}}}\n"
    )
    for _ in range(2):
        assert review.plan("--allow", "exposure").code == 0
    (body,) = review.said()
    assert body.startswith("<!-- hfops:ci:")


def test_a_comment_says_which_commit_it_is_about(review: Review) -> None:
    """An older run that ends last would else pass for the newer one."""
    review.begin(a=model("a"))
    review.write(b=model("b"))
    review.plan()
    assert git(review.project.path, "rev-parse", "HEAD") in review.said()[0].splitlines()[-1]


# The comment of the second job


def test_the_second_job_does_not_write_over_the_plan_of_a_branch(review: Review) -> None:
    """Whoever has a branch here could else upload a report "from a fork", and have the plan replaced by it."""
    review.begin(a=model("a"))
    review.plan(source=FORK)
    report = review.project.path / "hfops-report/report.json"
    review.github.pulls.clear()
    review.github.add_pull(NUMBER, head=review.base, base=review.base)
    review.comment_job()
    ran = review.project.run("ci", "comment", str(report))
    assert ran.code == 0
    assert "nothing is posted" in ran.err
    assert review.said() == []
    assert review.github.requests == []


def test_the_second_job_reads_through_no_link(review: Review) -> None:
    """Neither the file nor its artefact's folder."""
    review.begin(a=model("a"))
    review.plan(source=FORK)
    reports = review.folder / "reports"
    reports.mkdir()
    (reports / "hfops-plan-x").symlink_to(review.project.path / "hfops-report")
    review.comment_job()
    ran = review.project.run("ci", "comment", str(reports))
    assert ran.code == 1
    assert "a link" in ran.err
    assert review.said() == []


# What is applied


@pytest.mark.parametrize(
    "event",
    ["pull_request", "pull_request_target", "merge_group", "workflow_run", "issue_comment", "deployment"],
)
def test_apply_runs_for_a_branch_alone(review: Review, event: str) -> None:
    """Events whose tree may not be merged are refused before a manifest is opened, a plan looked for, or the Hub asked."""
    review.begin(a=model("a"))
    review.write(b=BROKEN)
    review.github.add_pull(NUMBER, head=commit(review.project.path), base=review.base)
    kind = event if event not in ("issue_comment", "deployment") else "schedule"
    environ = review.github.environ(kind, number=NUMBER, sha=review.base, workspace=review.project.path)
    for name, value in (environ | {"GITHUB_EVENT_NAME": event}).items():
        review.monkeypatch.setenv(name, value)
    before = len(review.hub.exchanges)
    ran = review.project.run("ci", "apply")
    assert ran.code == 1
    assert "not merged yet" in ran.err
    assert "gates" not in ran.err
    assert len(review.hub.exchanges) == before
    assert review.github.requests == []


@pytest.mark.parametrize("source", ["merge_request_event", "external_pull_request_event", "unheard_of"])
def test_apply_runs_for_no_merge_request_of_gitlabs(
    review: Review, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """Nor for a pull request of GitHub's that it runs a pipeline for."""
    review.begin(a=model("a"))
    (tmp_path / "lab").mkdir()
    with GitLab(tmp_path / "lab") as gitlab:
        gitlab.add_pull(NUMBER, head=review.base, base=review.base)
        event = "merge_request_event" if source == "merge_request_event" else "push"
        environ = gitlab.environ(event, number=NUMBER, sha=review.base, workspace=review.project.path)
        external = {f"CI_EXTERNAL_PULL_REQUEST_{k}": v for k, v in (
            ("SOURCE_REPOSITORY", "mallory/hub"), ("TARGET_REPOSITORY", "acme/hub"),
            ("TARGET_BRANCH_SHA", review.base), ("TARGET_BRANCH_NAME", "main"),
        )}  # fmt: skip
        for name, value in (environ | external | {"CI_PIPELINE_SOURCE": source}).items():
            monkeypatch.setenv(name, value)
        before = len(review.hub.exchanges)
        ran = review.project.run("ci", "apply")
        assert gitlab.requests == []
    assert ran.code == 1
    assert "not merged yet" in ran.err
    assert len(review.hub.exchanges) == before


@pytest.mark.parametrize("broken", [b"", b"not a zip", {"plan.json": "{"}, {"plan.json": '{"format": "x"}'}])
def test_a_broken_artefact_holds_no_call(review: Review, broken: bytes | dict[str, str]) -> None:
    """It is said, and nothing of it counts; it does not keep other pull requests' calls from being made."""
    review.begin(a=model("a"))
    review.plan()
    name = review.outputs()["artifact"]
    review.github.add_artefact(name, broken, head=git(review.project.path, "rev-parse", "HEAD"))
    ran = review.apply()
    assert ran.code == 4, ran.err
    assert "the plan of #7 is not read" in ran.err
    assert writes(review.hub) == []


def test_a_plan_made_for_another_branch_is_not_the_reviewed_one(review: Review) -> None:
    """A pull request is planned against a branch with loose rules, and then pointed at main."""
    review.begin(a=model("a"))
    head = commit(review.project.path)
    review.github.add_pull(NUMBER, head=head, base=review.base, into="loose")
    environ = review.github.environ("pull_request", number=NUMBER, workspace=review.project.path)
    for name, value in (environ | {"GITHUB_OUTPUT": str(review.output)}).items():
        review.monkeypatch.setenv(name, value)
    assert review.project.run("ci", "plan").code == 0
    review.keep()
    review.github.pulls.clear()
    ran = review.apply()
    assert ran.code == 4
    assert "no reviewed plan" in ran.err
    assert writes(review.hub) == []


def test_a_push_whose_job_was_dropped_is_made_up_for_by_the_next(review: Review) -> None:
    """GitHub keeps one job waiting: of three pushes in a row, the second is never applied by its own job."""
    review.begin(a=model("a"))
    review.project.run("apply", "--yes")
    review.write(b=model("b"))
    review.plan()
    review.keep()
    second = git(review.project.path, "rev-parse", "HEAD")
    review.github.pulls.clear()
    review.github.add_pull(5, head=second, base=review.base, state="merged", commits=(second,))
    review.write(c=model("c"))
    review.plan()
    review.keep()
    review.github.history[git(review.project.path, "rev-parse", "HEAD")] = (second,)
    review.github.pulls[:] = [p for p in review.github.pulls if p.number == 5]
    ran = review.apply()
    assert ran.code == 0, ran.out + ran.err
    assert "reviewed too: the plan of #5" in ran.err
    (told,) = [c.body for c in review.github.comments if c.number == 5]
    assert "Model/acme/b" in told
    assert exists(review.hub, "b")
    assert exists(review.hub, "c")
    on_the_hub(review.hub, "/api/repos/delete", "DELETE", name="b", organization="acme", type="model")
    assert review.apply().code != 0, "both plans were used"
    assert not exists(review.hub, "b")


def test_a_pull_request_that_the_tree_does_not_hold_is_left_to_its_own_job(review: Review) -> None:
    """It was merged while this job waited; its plan is neither taken nor used up."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    first = git(review.project.path, "rev-parse", "HEAD")
    review.write(b=model("b"))
    review.plan()
    review.keep()
    later = git(review.project.path, "rev-parse", "HEAD")
    review.github.pulls.clear()
    review.github.add_pull(9, head=later, base=review.base, state="merged", commits=(later,))
    git(review.project.path, "checkout", "-q", first)
    assert review.apply().code == 0
    assert not exists(review.hub, "b")
    git(review.project.path, "checkout", "-q", later)
    ran = review.apply(merged=False)
    assert ran.code == 0, ran.out + ran.err
    assert "reviewed: the plan of #9" in ran.err
    assert exists(review.hub, "b")


def test_an_error_stands_on_the_jobs_page(review: Review) -> None:
    """GitHub is down: nothing is sent, and a reviewer sees why."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    review.monkeypatch.setattr("hfops.hub.clock.Clock.sleep", lambda *_: None)
    review.github.fault("GET", "/pulls", 500, times=9)
    ran = review.apply()
    assert ran.code == 1
    assert writes(review.hub) == []
    assert "### hfops apply: ❌ 1 error" in review.summary.read_text()
    assert "500" in review.summary.read_text()


def test_nothing_reviewed_is_not_called_agreement(review: Review) -> None:
    """The Hub does not agree with the manifests where what differs was left."""
    review.begin(a=model("a"))
    ran = review.apply()
    assert ran.code == 4
    assert "Nothing to do of what was reviewed" in ran.out
    page = review.summary.read_text()
    assert "nothing of this was reviewed" in page
    for text in (ran.out, page):
        assert "agrees" not in text
        assert "✅" not in text


# What a reviewer is told


def test_the_outcome_stands_under_the_pull_request(review: Review) -> None:
    """In a comment beside the plan's; a run with nothing left to do does not take it back."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    assert review.apply().code == 0
    plan, outcome = review.said()
    assert "hfops apply: ✅ done" in outcome
    assert "Model/acme/a" in outcome
    assert "hfops plan" in plan
    assert review.apply().code == 0
    assert review.said() == [plan, outcome]


def test_an_outcome_that_cannot_be_told_is_a_warning(review: Review) -> None:
    """The work is done, whatever the token for comments may."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    ran = review.apply(GITHUB_TOKEN="ghs_read")
    assert ran.code == 0
    assert "warning: what became of it is not told" in ran.err
    assert exists(review.hub, "a")
    assert len(review.said()) == 1


def test_no_outcome_is_told_where_nobody_wants_it(review: Review) -> None:
    """And no token that writes is needed then."""
    review.begin(a=model("a"))
    review.plan()
    review.keep()
    ran = review.apply("--no-comment", GITHUB_TOKEN="ghs_read")
    assert ran.code == 0
    assert "warning: what became" not in ran.err
