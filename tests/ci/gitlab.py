"""A stand-in of GitLab's API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.ci.web import (
    BASE,
    HEAD,
    OLDER,
    Answer,
    Asked,
    Comment,
    Forge,
    Pull,
    Route,
    as_bytes,
    by_id,
    number_of,
)


class GitLab(Forge):
    """Project 42 on GitLab. ``glpat-write`` is a project's token, ``glpat-read`` one that only reads."""

    PREFIX = "/api/v4"
    BOT = "project_42_bot"

    def __init__(self, folder: Path, project: int = 42) -> None:
        super().__init__(folder)
        self.project = project
        self.users = {"glpat-write": self.BOT, "glpat-read": self.BOT}
        self.readers = {"glpat-read"}
        self.redirect = True
        """Whether files lie in object storage."""
        self.pipelines: list[dict[str, Any]] = []
        self.parents: dict[str, list[str]] = {}
        self._jobs: dict[int, list[dict[str, Any]]] = {}
        self._files: dict[tuple[int, str], bytes] = {}

    def add_artefact(
        self,
        name: str,
        files: Mapping[str, bytes | str],
        *,
        number: int = 7,
        sha: str = HEAD,
        project: int | None = None,
        source: str = "merge_request_event",
    ) -> int:
        """A pipeline of a merge request with one job and its files; the job's id."""
        pipeline, job = next(self._ids), next(self._ids)
        where = {"project_id": project or self.project, "source": source, "sha": sha}
        self.pipelines.insert(0, {"id": pipeline, "ref": f"refs/merge-requests/{number}/head", **where})
        archive = {"filename": "artifacts.zip"} if files else None
        self._jobs[pipeline] = [
            {"id": job, "name": name, "status": "success", "artifacts_file": archive},
            {"id": job + 10**9, "name": "other", "status": "success", "artifacts_file": None},
        ]
        self._files |= {(job, path): as_bytes(data) for path, data in files.items()}
        return job

    def environ(
        self,
        event: str = "merge_request_event",
        *,
        number: int = 7,
        sha: str = HEAD,
        merged_result: bool = False,
        workspace: Path | None = None,
        token: str = "glpat-write",
    ) -> dict[str, str]:
        """A job's environment; in a merged-result pipeline, ``sha`` is the result's commit."""
        made = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PIPELINE_SOURCE": event,
            "CI_PROJECT_ID": str(self.project),
            "CI_COMMIT_SHA": sha,
            "CI_COMMIT_REF_NAME": "change" if event == "merge_request_event" else "main",
            "CI_COMMIT_BEFORE_SHA": BASE if event == "push" else "0" * 40,
            "CI_API_V4_URL": self.url,
            "CI_API_GRAPHQL_URL": f"{self.origin}/api/graphql",
            "CI_JOB_URL": "https://gitlab.example/acme/hub/-/jobs/4242",
            "CI_PROJECT_DIR": str(workspace or self.folder),
            "HFOPS_GITLAB_TOKEN": token,
        }
        if event != "merge_request_event":
            return made | {"CI_COMMIT_BRANCH": "main"}
        pull = self.pull(number)
        return made | {
            "CI_MERGE_REQUEST_IID": str(number),
            "CI_MERGE_REQUEST_PROJECT_ID": str(self.project),
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(_project(self, pull.source)),
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": pull.into,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": OLDER,
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": pull.base if merged_result else "",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": pull.head if merged_result else "",
        }

    def token(self, asked: Asked) -> str:
        return asked.headers.get("private-token", "")

    def routes(self) -> list[Route]:
        project = f"/projects/{self.project}"
        request = f"{project}/merge_requests/(\\d+)"
        return [
            ("GET", "/user", lambda a: Answer(200, _author(self.user(a) or ""))),
            ("GET", f"{request}/notes", self._notes),
            ("POST", f"{request}/notes", self._post),
            ("PUT", f"{request}/notes/(\\d+)", self._put),
            ("DELETE", f"{request}/notes/(\\d+)", self._delete),
            ("GET", f"{request}/pipelines", self._pipelines),
            ("GET", f"{project}/repository/commits/([0-9a-f]+)/merge_requests", self._pulls_of),
            ("GET", f"{project}/repository/commits/([0-9a-f]+)", self._commit),
            ("GET", f"{project}/pipelines/(\\d+)/jobs", self._jobs_of),
            ("GET", f"{project}/jobs/(\\d+)/artifacts/(.+)", self._file),
        ]

    def _notes(self, asked: Asked, number: str) -> Answer:
        assert (asked.query["sort"], asked.query["order_by"]) == ("asc", "created_at")
        return self.listed(asked, [_note(c) for c in self.comments if c.number == int(number)])

    def _post(self, asked: Asked, number: str) -> Answer:
        return Answer(201, _note(self.add_comment(int(number), self.user(asked) or "", asked.body["body"])))

    def _put(self, asked: Asked, number: str, note: str) -> Answer:
        found = by_id(self.comments, note)
        assert found.number == int(number)
        found.body = asked.body["body"]
        return Answer(200, _note(found))

    def _delete(self, asked: Asked, number: str, note: str) -> Answer:
        self.comments.remove(by_id(self.comments, note))
        return Answer(204)

    def _pulls_of(self, asked: Asked, sha: str) -> Answer:
        return self.listed(asked, [self._shown(p) for p in self.pulls if sha in {p.head, *p.commits}])

    def _commit(self, asked: Asked, sha: str) -> Answer:
        if sha not in self.parents:
            return Answer(404, {"message": "404 Commit Not Found"})
        return Answer(200, {"id": sha, "parent_ids": self.parents[sha]})

    def _pipelines(self, asked: Asked, number: str) -> Answer:
        ref = f"refs/merge-requests/{number}/head"
        return self.listed(asked, [p for p in self.pipelines if p["ref"] == ref])

    def _jobs_of(self, asked: Asked, pipeline: str) -> Answer:
        assert asked.query["include_retried"] == "false"
        return self.listed(asked, self._jobs[int(pipeline)])

    def _file(self, asked: Asked, job: str, path: str) -> Answer:
        data = self._files.get((int(job), unquote(path)))
        if data is None:
            return Answer(404, {"message": "404 Not Found"})
        if not self.redirect:
            return Answer(200, data)
        return Answer(302, b"", {"Location": self.storage.put(f"/{job}/{path}", data)})

    def _shown(self, pull: Pull) -> dict[str, Any]:
        return {
            "iid": pull.number,
            "id": pull.number + 5000,
            "sha": pull.head,
            "state": "opened" if pull.state == "open" else pull.state,
            "title": pull.title,
            "target_branch": pull.into,
            "source_branch": pull.branch,
            "source_project_id": _project(self, pull.source),
            "target_project_id": _project(self, pull.into_repository),
            "merge_commit_sha": None,
        }


def _project(forge: GitLab, name: str) -> int:
    return forge.project if name == "acme/hub" else number_of(name)


def _author(name: str) -> dict[str, Any]:
    return {"id": number_of(name), "username": name}


def _note(comment: Comment) -> dict[str, Any]:
    made = {"id": comment.id, "author": _author(comment.author), "body": comment.body}
    return {**made, "system": comment.system}
