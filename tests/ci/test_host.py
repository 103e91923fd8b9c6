"""Which job this is, told by environments as GitHub and GitLab set them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfops.cli.ci.host import Service, detect
from hfops.model.problem import HfopsError
from tests.ci.forges import BASE, HEAD, MERGED, OLDER, GitHub, GitLab

SHAS = tuple(f"{n:040x}" for n in range(1, 61))


@pytest.fixture
def github(tmp_path):
    with GitHub(tmp_path) as forge:
        forge.add_pull(7)
        forge.add_pull(8, source="mallory/hub", branch="x")
        yield forge


@pytest.fixture
def gitlab(tmp_path):
    with GitLab(tmp_path) as forge:
        forge.add_pull(7)
        forge.add_pull(8, source="mallory/hub")
        yield forge


def test_elsewhere_there_is_no_host():
    """A laptop is no CI job, even where a stray variable of one is set."""
    run = detect({"GITHUB_REPOSITORY": "not even one", "CI": "true"})
    assert (run.service, run.pull, run.workspace) == (Service.NONE, None, Path.cwd())


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_pull_request(github, event):
    """Head and base come from the event, not from the merge commit that is checked out."""
    run = detect(github.environ(event))
    assert (run.service, run.repository, run.event, run.pull) == (Service.GITHUB, "acme/hub", event, 7)
    assert (run.head, run.base, run.base_branch, run.fork) == (HEAD, BASE, "main", False)
    assert run.workspace == github.folder
    assert run.url == "https://github.example/acme/hub/actions/runs/4242"
    assert (run.api, run.graphql) == (github.url, f"{github.url}/graphql")


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_pull_request_of_a_fork(github, event):
    """The head's repository is another one."""
    assert detect(github.environ(event, number=8)).fork


@pytest.mark.parametrize("broken", [None, {}, {"id": None}])
def test_who_does_not_tell_is_a_fork(github, broken):
    """A deleted fork, or an event that leaves the repository out, is never taken for our own."""
    found = github.event("pull_request", 7, MERGED, ())["pull_request"]
    found["head"]["repo"] = broken
    assert detect(github.environ(changed={"pull_request": found})).fork


@pytest.mark.parametrize("event", ["pull_request_review", "pull_request_review_comment"])
def test_a_review_is_about_its_pull_request(github, event):
    """What is checked out is the pull request, so nothing may take it for a merged branch."""
    found = github.event("pull_request", 8, MERGED, ())["pull_request"]
    run = detect(github.environ(event, changed={"pull_request": found}))
    assert (run.pull, run.head, run.base, run.fork) == (8, HEAD, BASE, True)


def test_a_comment_on_a_pull_request_tells_too_little(github):
    """Its event has no head: taken for a fork's. One on an issue is about no pull request."""
    run = detect(
        github.environ("issue_comment", changed={"issue": {"number": 7, "pull_request": {"url": "x"}}})
    )
    assert (run.pull, run.fork) == (7, True)
    run = detect(github.environ("issue_comment", changed={"issue": {"number": 7}}))
    assert (run.pull, run.fork) == (None, False)


def test_a_merge_group(github):
    """A merge queue tells what it would merge, and into what."""
    run = detect(github.environ("merge_group"))
    assert (run.pull, run.head, run.base, run.base_branch) == (None, MERGED, BASE, "main")


def test_a_push(github):
    """Its commits, the newest last."""
    run = detect(github.environ("push", commits=(OLDER, HEAD)))
    assert (run.head, run.commits, run.before) == (MERGED, (OLDER, HEAD, MERGED), BASE)
    assert (run.base, run.base_branch, run.fork) == (None, "main", False)


def test_a_large_push(github):
    """The newest fifty commits, and the head is one of them although the event leaves it out."""
    run = detect(github.environ("push", commits=SHAS))
    assert (len(run.commits), run.commits[-1], run.commits[0]) == (50, MERGED, SHAS[11])


@pytest.mark.parametrize("commits", [None, []])
def test_a_new_branch_of_an_old_commit(github, commits):
    """It brings no commits, and was nowhere before: the head alone."""
    run = detect(github.environ("push", changed={"before": "0" * 40, "commits": commits}))
    assert (run.commits, run.before) == ((MERGED,), None)


@pytest.mark.parametrize("commits", ["abc", [{"id": "main"}], [7], [{}]])
def test_absurd_commits_are_named(github, commits):
    """A push whose commits are none is not a push without commits."""
    with pytest.raises(HfopsError, match=r"GITHUB_EVENT_PATH: .*: commits"):
        detect(github.environ("push", changed={"commits": commits}))


def test_a_run_after_a_run(github):
    """What another workflow ran for is told by the event, the commit checked out is the default branch's."""
    run = detect(github.environ("workflow_run", number=8))
    assert (run.head, run.pull, run.fork) == (MERGED, None, True)
    source = run.source
    assert (source.owner, source.branch, source.sha, source.run) == ("mallory", "x", HEAD, 4141)
    assert (source.repository, source.event) == ("mallory/hub", "pull_request")
    assert not detect(github.environ("workflow_run", number=7)).fork


def test_a_run_after_a_run_of_a_deleted_fork(github):
    """Nothing can be found by a fork that is gone."""
    event = github.event("workflow_run", 8, MERGED, ())["workflow_run"] | {"head_repository": None}
    run = detect(github.environ("workflow_run", number=8, changed={"workflow_run": event}))
    assert (run.source, run.fork) == (None, True)


@pytest.mark.parametrize("event", ["workflow_dispatch", "schedule"])
def test_events_without_a_pull_request(github, event):
    """What is checked out is what counts; the event's file is not read."""
    run = detect(github.environ(event) | {"GITHUB_EVENT_PATH": "/nowhere"})
    assert (run.pull, run.head, run.base, run.base_branch, run.commits) == (None, MERGED, None, "main", ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "acme/../evil"),
        ("GITHUB_REPOSITORY", "acme/.."),
        ("GITHUB_REPOSITORY", "../hub"),
        ("GITHUB_REPOSITORY", "acme/hub/issues"),
        ("GITHUB_REPOSITORY", "acme/hub?x=1"),
        ("GITHUB_REPOSITORY", "acme/hub#"),
        ("GITHUB_REPOSITORY", "acme/hu%2e"),
        ("GITHUB_REPOSITORY", "acme/hub\n"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_SHA", "main"),
        ("GITHUB_SHA", "--upload-pack=x"),
        ("GITHUB_SHA", HEAD + "\n"),
        ("GITHUB_RUN_ID", "1; rm"),
        ("GITHUB_RUN_ID", "٤٢"),
        ("GITHUB_API_URL", "file:///etc"),
        ("GITHUB_API_URL", "https://api.github.com@evil.example"),
        ("GITHUB_API_URL", "https://api.github.com?x"),
        ("GITHUB_REF_NAME", "--output=x"),
    ],
)
def test_absurd_values_are_named(github, name, value):
    """What could lead a URL or a git command elsewhere ends the run, by its name."""
    with pytest.raises(HfopsError, match=f"^{name}: expected "):
        detect(github.environ() | {name: value})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("number", "seven"),
        ("number", True),
        ("number", 0),
        ("number", 7.0),
        ("head.sha", "HEAD"),
        ("head.sha", None),
        ("base.sha", ["x"]),
        ("base.ref", "-d"),
        ("base.ref", "a..b"),
        ("base.ref", "a b"),
        ("base.ref", "x" * 300),
        ("head.repo.id", "one"),
    ],
)
def test_absurd_events_are_named(github, path, value):
    """An event's broken value is named by its place in the file."""
    found = github.event("pull_request", 7, MERGED, ())["pull_request"]
    *outer, last = path.split(".")
    place = found
    for part in outer:
        place = place[part]
    place[last] = value
    with pytest.raises(HfopsError, match=rf"^GITHUB_EVENT_PATH: .*: pull_request\.{path}: expected "):
        detect(github.environ(changed={"pull_request": found}))


@pytest.mark.parametrize("text", ["", "{", "[]", "nul", "[" * 100_000])
def test_a_broken_event_file_is_named(github, text):
    """No event, no guess."""
    environ = github.environ()
    Path(environ["GITHUB_EVENT_PATH"]).write_text(text)
    with pytest.raises(HfopsError, match="GITHUB_EVENT_PATH: /"):
        detect(environ)


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_a_missing_event_file_is_named(github, path):
    """A pull request that nothing is known of is no pull request to act on."""
    with pytest.raises(HfopsError, match="GITHUB_EVENT_PATH"):
        detect(github.environ() | {"GITHUB_EVENT_PATH": path})


def test_a_merge_request(gitlab):
    """Outside a merged-result pipeline GitLab does not tell the target's tip: where the branches part stands for it."""
    run = detect(gitlab.environ())
    assert (run.service, run.repository, run.event) == (Service.GITLAB, "42", "merge_request_event")
    assert (run.pull, run.head, run.base, run.base_branch) == (7, HEAD, OLDER, "main")
    assert (run.fork, run.api, run.workspace) == (False, gitlab.url, gitlab.folder)
    assert run.url == "https://gitlab.example/acme/hub/-/jobs/4242"


def test_a_merged_result(gitlab):
    """The commit under review is the request's own, the base is the target's tip."""
    run = detect(gitlab.environ(sha=MERGED, merged_result=True))
    assert (run.head, run.base) == (HEAD, BASE)


def test_a_merge_request_of_a_fork(gitlab):
    """Another project's branch, or one that is not told, is a fork's."""
    assert detect(gitlab.environ(number=8)).fork
    assert detect(gitlab.environ() | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": ""}).fork


def test_a_forks_own_pipeline_speaks_of_the_target_project(gitlab):
    """The number of a merge request means nothing in the fork."""
    run = detect(gitlab.environ(number=8) | {"CI_PROJECT_ID": "99"})
    assert (run.repository, run.fork) == ("42", True)


def test_a_push_to_gitlab(gitlab):
    """GitLab names one commit; where the branch was before is told beside it."""
    run = detect(gitlab.environ("push", sha=MERGED))
    assert (run.pull, run.head, run.commits, run.before) == (None, MERGED, (MERGED,), BASE)
    assert (run.base, run.base_branch) == (None, "main")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CI_PROJECT_ID", "42/../1"),
        ("CI_MERGE_REQUEST_IID", "-1"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "acme"),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "acme"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "--exec"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main"),
        ("CI_COMMIT_SHA", ""),
        ("CI_API_V4_URL", ""),
        ("CI_JOB_URL", "javascript:alert(1)"),
    ],
)
def test_absurd_values_of_gitlab_are_named(gitlab, name, value):
    """As on GitHub."""
    with pytest.raises(HfopsError, match=f"^{name}: expected "):
        detect(gitlab.environ() | {name: value})
