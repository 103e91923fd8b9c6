"""Which CI job this is: GitHub Actions, GitLab CI or neither, and what it runs for.

Environment and event file in, a ``Run`` out; nothing is asked over the network, and git is not called. What a pull
request's author can choose (branch names, repository names) is checked here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hfops.cli.ci.told import Told, event_file
from hfops.model.problem import HfopsError

MOST_COMMITS = 50
"""Commits of one push that are looked at, the newest ones."""

_HEADS = "refs/heads/"


class Service(StrEnum):
    """Who runs the job."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"

    @property
    def request(self) -> str:
        """What it calls a change that is to be merged."""
        return "merge request" if self is Service.GITLAB else "pull request"

    @property
    def again(self) -> str:
        """What to do where the reviewed plan is of no use any more."""
        return f"run the {self.request}'s plan job again, then this one"

    def named(self, number: int) -> str:
        """``#7``, or ``!7``: as it names, and links, a request."""
        return f"{'!' if self is Service.GITLAB else '#'}{number}"


@dataclass(frozen=True, slots=True)
class Source:
    """The pull request's side of a ``workflow_run``: what another workflow ran for, as GitHub itself tells it.

    ``repository``: where the head lives, ``acme/hub`` or a fork. ``event``: what started that other run.
    """

    owner: str
    branch: str
    sha: str
    run: int
    repository: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One job.

    ``repository``: ``acme/hub``; on GitLab the id of the project (a merge request's: the one it goes into).
    ``event``: GITHUB_EVENT_NAME or CI_PIPELINE_SOURCE. ``pull``: the pull request's number, the merge request's iid.
    ``head``: the commit under review, or the one to be applied. ``base``: the commit that a pull request goes into:
    the target branch's tip as the event tells it; GitLab tells it in merged-result pipelines only, and is else
    taken by the commit where the branches part. ``base_branch``: that branch, or the one that was pushed to.
    ``fork``: the head lives in another repository, or the event of a pull request does not tell.
    ``url``: the run's web page. ``commits``: a push's commits, the newest last; GitLab names only that one.
    ``before``: where a pushed branch was before. ``source``: only for ``workflow_run``.
    """

    service: Service
    repository: str
    event: str
    pull: int | None
    head: str
    base: str | None
    base_branch: str
    fork: bool
    workspace: Path
    url: str
    commits: tuple[str, ...]
    source: Source | None
    api: str
    graphql: str
    before: str | None = None


def detect(environ: Mapping[str, str]) -> Run:
    """The job that ``environ`` is of. Raises HfopsError, with the name of what is broken."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return _github(Told(environ))
    if environ.get("GITLAB_CI") == "true":
        return _gitlab(Told(environ))
    return Run(
        Service.NONE, "", "", None, "", None, "", fork=False, workspace=Path.cwd(), url="", commits=(),
        source=None, api="", graphql="",
    )  # fmt: skip


def _github(env: Told) -> Run:
    repository = env.repository("GITHUB_REPOSITORY")
    api = env.address("GITHUB_API_URL", "https://api.github.com")
    server = env.address("GITHUB_SERVER_URL", "https://github.com")
    name = str(env.get("GITHUB_EVENT_NAME") or "")
    plain = Run(
        service=Service.GITHUB,
        repository=repository,
        event=name,
        pull=None,
        head=env.sha("GITHUB_SHA"),
        base=None,
        base_branch=env.branch("GITHUB_REF_NAME") if env.has("GITHUB_REF_NAME") else "",
        fork=False,
        workspace=Path(env.get("GITHUB_WORKSPACE") or Path.cwd()),
        url=f"{server}/{repository}/actions/runs/{env.number('GITHUB_RUN_ID')}",
        commits=(),
        source=None,
        api=api,
        graphql=env.address("GITHUB_GRAPHQL_URL", f"{api}/graphql"),
    )
    told = _EVENTS.get(name)
    return told(plain, event_file(str(env.get("GITHUB_EVENT_PATH") or ""))) if told else plain


def _pull_request(run: Run, event: Told) -> Run:
    return replace(
        run,
        pull=event.number("pull_request.number"),
        head=event.sha("pull_request.head.sha"),
        base=event.sha("pull_request.base.sha"),
        base_branch=event.branch("pull_request.base.ref"),
        fork=_elsewhere(event, "pull_request.head.repo.id", "pull_request.base.repo.id"),
    )


def _issue_comment(run: Run, event: Told) -> Run:
    """A pull request's comment too; it does not tell whose the head is."""
    if not event.has("issue.pull_request"):
        return run
    return replace(run, pull=event.number("issue.number"), fork=True)


def _merge_group(run: Run, event: Told) -> Run:
    return replace(
        run,
        head=event.sha("merge_group.head_sha"),
        base=event.sha("merge_group.base_sha"),
        base_branch=event.branch("merge_group.base_ref").removeprefix(_HEADS),
    )


def _push(run: Run, event: Told) -> Run:
    pushed = event.get("commits") or []
    if not isinstance(pushed, list):
        raise HfopsError(f"{event.where}commits: expected a list, found {type(pushed).__name__}")
    rows = [Told(row if isinstance(row, Mapping) else {}, f"{event.where}commits: ") for row in pushed]
    told = [row.sha("id") for row in rows]
    return replace(
        run,
        commits=(*[sha for sha in told if sha != run.head], run.head)[-MOST_COMMITS:],
        base_branch=event.branch("ref").removeprefix(_HEADS),
        before=_before(event, "before"),
    )


def _workflow_run(run: Run, event: Told) -> Run:
    at = "workflow_run"
    fork = _elsewhere(event, f"{at}.head_repository.id", f"{at}.repository.id")
    if not event.has(f"{at}.head_repository"):
        # The fork was deleted meanwhile: nothing can be found by it any more.
        return replace(run, fork=fork)
    source = Source(
        owner=event.owner(f"{at}.head_repository.owner.login"),
        branch=event.branch(f"{at}.head_branch"),
        sha=event.sha(f"{at}.head_sha"),
        run=event.number(f"{at}.id"),
        repository=event.repository(f"{at}.head_repository.full_name"),
        event=str(event.get(f"{at}.event") or ""),
    )
    return replace(run, fork=fork, source=source)


_EVENTS: dict[str, Callable[[Run, Told], Run]] = {
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "pull_request_review": _pull_request,
    "pull_request_review_comment": _pull_request,
    "issue_comment": _issue_comment,
    "merge_group": _merge_group,
    "push": _push,
    "workflow_run": _workflow_run,
}
"""The events that tell more than the environment does."""


def _elsewhere(told: Told, head: str, base: str) -> bool:
    """Whether the two repositories differ, or one of them is not told."""
    if not (told.has(head) and told.has(base)):
        return True
    return told.number(head) != told.number(base)


def _before(told: Told, name: str) -> str | None:
    """The commit before a push; None for a new branch, which has none."""
    sha = told.sha(name) if told.has(name) else "0"
    return sha if sha.strip("0") else None


def _gitlab(env: Told) -> Run:
    commit = env.sha("CI_COMMIT_SHA")
    event = str(env.get("CI_PIPELINE_SOURCE") or "")
    branch = "CI_COMMIT_BRANCH" if env.has("CI_COMMIT_BRANCH") else "CI_COMMIT_REF_NAME"
    plain = Run(
        service=Service.GITLAB,
        repository=str(env.number("CI_PROJECT_ID")),
        event=event,
        pull=None,
        head=commit,
        base=None,
        base_branch=env.branch(branch) if env.has(branch) else "",
        fork=False,
        workspace=Path(env.get("CI_PROJECT_DIR") or Path.cwd()),
        url=env.address("CI_JOB_URL"),
        commits=(commit,) if event == "push" else (),
        source=None,
        api=env.address("CI_API_V4_URL"),
        graphql=env.address("CI_API_GRAPHQL_URL") if env.has("CI_API_GRAPHQL_URL") else "",
        before=_before(env, "CI_COMMIT_BEFORE_SHA") if event == "push" else None,
    )
    if event == "external_pull_request_event":
        return _external(plain, env)
    return _merge_request(plain, env) if env.has("CI_MERGE_REQUEST_IID") else plain


def _external(run: Run, env: Told) -> Run:
    """A pull request of GitHub's that GitLab runs a pipeline for; there is no merge request to comment on."""
    at = "CI_EXTERNAL_PULL_REQUEST"
    head, into = (env.get(f"{at}_{side}_REPOSITORY") for side in ("SOURCE", "TARGET"))
    return replace(
        run,
        base=env.sha(f"{at}_TARGET_BRANCH_SHA"),
        base_branch=env.branch(f"{at}_TARGET_BRANCH_NAME"),
        fork=not head or head != into,
    )


def _merge_request(run: Run, env: Told) -> Run:
    """Also in a child pipeline of a merge request's, whose source is ``parent_pipeline``."""
    where = "CI_MERGE_REQUEST_PROJECT_ID"
    return replace(
        run,
        # The number counts in the project that the request goes into; a fork's own pipeline is in the fork.
        repository=str(env.number(where)) if env.has(where) else run.repository,
        pull=env.number("CI_MERGE_REQUEST_IID"),
        # A merged-result pipeline runs for a commit that is on no branch.
        head=_first_sha(env, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA") or run.head,
        base=_first_sha(env, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        base_branch=env.branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        fork=_elsewhere(env, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", where),
    )


def _first_sha(env: Told, *names: str) -> str | None:
    return next((env.sha(name) for name in names if env.has(name)), None)
