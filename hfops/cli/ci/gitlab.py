"""GitLab, with a project's, group's or person's access token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self

from hfops.cli.ci.forge import ForgeError, Posted, Pull
from hfops.cli.ci.host import Run, Source
from hfops.cli.ci.sticky import Comment, Wired, put
from hfops.cli.ci.told import Told
from hfops.cli.ci.wire import Row, Wire
from hfops.hub.clock import Clock
from hfops.hub.transport import Transport
from hfops.model.call import segment

WRITE = "the scope `api` and the role Reporter: set HFOPS_GITLAB_TOKEN to a project access token with both"
READ = "the scope `read_api` and the role Reporter"

_COMMAND = re.compile(r"^([^\S\n]*)/", re.MULTILINE)


class GitLab:
    """A project on gitlab.com or a server of one's own; see ``Forge``."""

    limit = 990_000
    """GitLab takes a million characters; a few are kept for what ``tamed`` adds."""

    def __init__(
        self, run: Run, token: str, *, transport: Transport | None = None, clock: Clock | None = None
    ) -> None:
        self._wire = Wire(run.api, ("PRIVATE-TOKEN", token), transport=transport, clock=clock)
        self._project = int(run.repository)
        self._path = f"/projects/{self._project}"

    def put_comment(self, number: int, marker: str, body: str, *, create: bool = True) -> Posted:
        """See ``Forge``."""
        return put(_Notes(self._wire, self._path, number), marker, tamed(body), create=create)

    def pulls_of(self, commit: str) -> tuple[Pull, ...]:
        """See ``Forge``."""
        rows = self._wire.rows(f"{self._path}/repository/commits/{commit}/merge_requests", needs=READ)
        return tuple(_pull(row) for row in rows if row.get("target_project_id") == self._project)

    def merged_before(self, branch: str, commit: str) -> tuple[Pull, ...]:
        """None: a resource group lets every job wait, so that each applies its own."""
        del branch, commit
        return ()

    def pull_for(self, source: Source) -> Pull | None:
        """None: GitLab has no second workflow that runs for another's merge request."""
        del source
        return None

    def artefact(self, name: str, path: str, pull: Pull) -> bytes | None:
        """See ``Forge``. ``name`` is the job's name."""
        job = None if pull.fork else self._job(name, pull)
        return None if job is None else self._wire.download(_file(self._path, job, path), needs=READ)

    def close(self) -> None:
        """See ``Forge``."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _job(self, name: str, pull: Pull) -> int | None:
        """The newest job of that name with artefacts, in the newest pipeline of the request's head that has one."""
        path = f"{self._path}/merge_requests/{pull.number}/pipelines"
        ours = [
            t for t in (Told(r, f"GET {path}: ") for r in self._wire.rows(path, needs=READ)) if self._own(t)
        ]
        for pipeline in sorted(ours, key=lambda t: t.number("id"), reverse=True):
            jobs = self._jobs(pipeline.number("id"), name)
            if jobs and self._is_for(pipeline.sha("sha"), pull.head):
                return max(jobs)
        return None

    def _own(self, pipeline: Told) -> bool:
        """A fork's pipelines are in the list as well."""
        told = (pipeline.get("source"), pipeline.get("project_id"))
        return told == ("merge_request_event", self._project)

    def _jobs(self, pipeline: int, name: str) -> list[int]:
        path = f"{self._path}/pipelines/{pipeline}/jobs"
        rows = self._wire.rows(path, {"include_retried": "false"}, needs=READ)
        return [
            Told(row, f"GET {path}: ").number("id")
            for row in rows
            if row.get("name") == name and row.get("artifacts_file")
        ]

    def _is_for(self, sha: str, head: str) -> bool:
        """Whether a pipeline's commit is the head, or what comes of merging it: a commit with the head as a parent."""
        if sha == head:
            return True
        try:
            parents = Told(self._wire.get(f"{self._path}/repository/commits/{sha}", needs=READ)).get(
                "parent_ids"
            )
        except ForgeError as error:
            if error.status != 404:
                raise
            return False
        return isinstance(parents, list) and bool(head in parents)


class _Notes(Wired):
    """See ``sticky.Comments``."""

    def __init__(self, wire: Wire, path: str, number: int) -> None:
        notes = f"{path}/merge_requests/{number}/notes"
        super().__init__(wire, notes, notes, WRITE)

    def me(self) -> int:
        return Told(self._wire.get("/user", needs=WRITE), "GET /user: ").number("id")

    def all(self) -> Iterator[Comment]:
        query = {"sort": "asc", "order_by": "created_at"}
        for row in self._wire.rows(self._list, query, needs=READ):
            told = Told(row, f"GET {self._list}: ")
            if told.get("system") is not True:
                yield Comment(told.number("id"), told.get("author.id"), str(told.get("body") or ""))


def tamed(body: str) -> str:
    """``body`` without quick actions: GitLab would carry out a line ``/merge``, as the token's user.

    A report quotes what a merge request's author wrote, so none may come through. A backslash before a slash is not shown.
    """
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return _COMMAND.sub(r"\1\\/", lines)


def _pull(row: Row) -> Pull:
    told = Told(row, "a merge request of GitLab's: ")
    return Pull(
        number=told.number("iid"),
        head=told.sha("sha"),
        merged=told.get("state") == "merged",
        title=str(told.get("title") or ""),
        base_branch=str(told.get("target_branch") or ""),
        fork=told.get("source_project_id") != told.get("target_project_id"),
    )


def _file(project: str, job: int, path: str) -> str:
    parts = path.split("/")
    if {"", ".", ".."} & set(parts):
        raise ForgeError(
            f"{path!r}: expected a file's path inside the artefacts, such as hfops-report/plan.json"
        )
    return f"{project}/jobs/{job}/artifacts/{'/'.join(segment(part) for part in parts)}"
