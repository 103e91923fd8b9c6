"""A stand-in of GitHub's API."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.ci.web import (
    BASE,
    HEAD,
    MERGED,
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


class GitHub(Forge):
    """``acme/hub`` on GitHub. ``ghs_write`` is the workflow's own token, ``ghs_read`` one that only reads."""

    BOT = "github-actions[bot]"

    def __init__(self, folder: Path, repository: str = "acme/hub") -> None:
        super().__init__(folder)
        self.repository = repository
        self.users = {"ghs_write": self.BOT, "ghs_read": self.BOT, "ghp_person": "alice"}
        self.readers = {"ghs_read"}
        self.artefacts: list[dict[str, Any]] = []
        self._zips: dict[int, bytes] = {}
        self.history: dict[str, tuple[str, ...]] = {}
        """The commits before a commit, the newest first."""

    def add_artefact(
        self,
        name: str,
        files: Mapping[str, bytes | str] | bytes,
        *,
        head: str = HEAD,
        fork: bool = False,
        expired: bool = False,
        created: str = "",
    ) -> int:
        """An artefact of a run, whole zips as bytes; its id."""
        number = next(self._ids)
        self._zips[number] = files if isinstance(files, bytes) else zipped(files)
        run = {
            "id": number,
            "repository_id": number_of(self.repository),
            "head_branch": "change",
            "head_sha": head,
        }
        run["head_repository_id"] = number_of("mallory/hub" if fork else self.repository)
        self.artefacts.insert(
            0,
            {
                "id": number,
                "name": name,
                "expired": expired,
                "size_in_bytes": len(self._zips[number]),
                "created_at": created or f"2026-06-01T00:00:00.{number}Z",
                "workflow_run": run,
            },
        )
        return number

    def environ(
        self,
        event: str = "pull_request",
        *,
        number: int = 7,
        sha: str = MERGED,
        commits: tuple[str, ...] = (),
        workspace: Path | None = None,
        token: str = "ghs_write",
        changed: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """A job's environment. ``number`` is looked up among the pulls, ``sha`` is what is checked out or pushed.

        ``changed``: top-level keys of the event to replace.
        """
        path = self.folder / f"event-{next(self._ids)}.json"
        path.write_text(
            json.dumps({**self.event(event, number, sha, commits), **(changed or {})}), encoding="utf-8"
        )
        ref = f"refs/pull/{number}/merge" if event == "pull_request" else "refs/heads/main"
        made = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_SHA": sha,
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "GITHUB_RUN_ID": "4242",
            "GITHUB_API_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_WORKSPACE": str(workspace or self.folder),
            "GITHUB_TOKEN": token,
        }
        return made | ({"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "change"} if "pull" in event else {})

    def event(self, name: str, number: int, sha: str, commits: tuple[str, ...]) -> dict[str, Any]:
        """The event's file."""
        repository = _repository(self.repository)
        if name in {"pull_request", "pull_request_target"}:
            found = self._shown(self.pull(number))
            return {"action": "opened", "number": number, "pull_request": found, "repository": repository}
        if name == "push":
            pushed = [{"id": c, "message": "m"} for c in (*commits, sha)]
            return {"ref": "refs/heads/main", "before": BASE, "after": sha, "commits": pushed}
        if name == "merge_group":
            group = {"head_sha": sha, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7", "base_sha": BASE}
            return {"action": "checks_requested", "merge_group": group | {"base_ref": "refs/heads/main"}}
        if name == "workflow_run":
            return {"action": "completed", "workflow_run": self._run(self.pull(number))}
        return {"repository": repository}

    def _run(self, pull: Pull) -> dict[str, Any]:
        return {
            "id": 4141,
            "event": "pull_request",
            "head_branch": pull.branch,
            "head_sha": pull.head,
            "head_repository": _repository(pull.source),
            "repository": _repository(self.repository),
            "pull_requests": [],
        }

    def _shown(self, pull: Pull) -> dict[str, Any]:
        head, base = _repository(pull.source), _repository(pull.into_repository)
        return {
            "number": pull.number,
            "state": "open" if pull.state == "open" else "closed",
            "merged_at": "2026-06-01T12:00:00Z" if pull.state == "merged" else None,
            "merge_commit_sha": next(reversed(pull.commits), None) if pull.state == "merged" else None,
            "title": pull.title,
            "head": {"sha": pull.head, "ref": pull.branch, "repo": head, "user": head["owner"]},
            "base": {"sha": pull.base, "ref": pull.into, "repo": base},
        }

    def token(self, asked: Asked) -> str:
        return asked.headers.get("authorization", "").removeprefix("Bearer ")

    def routes(self) -> list[Route]:
        repo = f"/repos/{re.escape(self.repository)}"
        return [
            ("POST", "/graphql", self._graphql),
            ("GET", "/user", lambda _: Answer(403, {"message": "Resource not accessible by integration"})),
            ("GET", f"{repo}/issues/(\\d+)/comments", self._comments),
            ("POST", f"{repo}/issues/(\\d+)/comments", self._post),
            ("PATCH", f"{repo}/issues/comments/(\\d+)", self._patch),
            ("DELETE", f"{repo}/issues/comments/(\\d+)", self._delete),
            ("GET", f"{repo}/commits/([0-9a-f]+)/pulls", self._pulls_of),
            ("GET", f"{repo}/commits", self._commits),
            ("GET", f"{repo}/pulls", self._pulls),
            ("GET", f"{repo}/actions/artifacts", self._artefacts),
            ("GET", f"{repo}/actions/artifacts/(\\d+)/zip", self._zip),
        ]

    def _graphql(self, asked: Asked) -> Answer:
        assert re.sub(r"\s+", "", asked.body["query"]) == "query{viewer{login}}"
        return Answer(200, {"data": {"viewer": {"login": self.user(asked)}}})

    def _comments(self, asked: Asked, number: str) -> Answer:
        return self.listed(asked, [_comment(c) for c in self.comments if c.number == int(number)])

    def _post(self, asked: Asked, number: str) -> Answer:
        if len(asked.body["body"]) > 65_536:
            return Answer(422, {"message": "Validation Failed"})
        return Answer(
            201, _comment(self.add_comment(int(number), self.user(asked) or "", asked.body["body"]))
        )

    def _patch(self, asked: Asked, number: str) -> Answer:
        found = by_id(self.comments, number)
        found.body = asked.body["body"]
        return Answer(200, _comment(found))

    def _delete(self, asked: Asked, number: str) -> Answer:
        self.comments.remove(by_id(self.comments, number))
        return Answer(204)

    def _pulls_of(self, asked: Asked, sha: str) -> Answer:
        return self.listed(asked, [self._shown(p) for p in self.pulls if sha in {p.head, *p.commits}])

    def _commits(self, asked: Asked) -> Answer:
        sha = asked.query["sha"]
        return self.listed(asked, [{"sha": c} for c in (sha, *self.history.get(sha, ()))])

    def _pulls(self, asked: Asked) -> Answer:
        if asked.query["state"] == "closed":
            closed = [p for p in self.pulls if p.state != "open" and p.into == asked.query["base"]]
            return self.listed(asked, [self._shown(p) for p in closed])
        owner, _, branch = asked.query["head"].partition(":")
        found = [p for p in self.pulls if p.state == "open" and p.branch == branch]
        return self.listed(asked, [self._shown(p) for p in found if p.source.partition("/")[0] == owner])

    def _artefacts(self, asked: Asked) -> Answer:
        return self.listed(
            asked, [a for a in self.artefacts if a["name"] == asked.query["name"]], "artifacts"
        )

    def _zip(self, asked: Asked, number: str) -> Answer:
        found = {a["id"]: a for a in self.artefacts}[int(number)]
        if found["expired"]:
            return Answer(410, {"message": "Artifact has expired"})
        return Answer(302, b"", {"Location": self.storage.put(f"/{number}.zip", self._zips[int(number)])})


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, as_bytes(data))
    return out.getvalue()


def _repository(name: str) -> dict[str, Any]:
    return {"id": number_of(name), "full_name": name, "owner": {"login": name.partition("/")[0]}}


def _comment(comment: Comment) -> dict[str, Any]:
    return {"id": comment.id, "user": {"login": comment.author}, "body": comment.body}
