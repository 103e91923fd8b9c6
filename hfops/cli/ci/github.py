"""GitHub, with the token of a workflow or of a user.

REST, and GraphQL for the one question that REST refuses to answer a workflow: whose token this is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from hfops.cli.ci.forge import ForgeError, Posted, Pull, Unreadable
from hfops.cli.ci.host import Run, Source
from hfops.cli.ci.sticky import Comment, Wired, put
from hfops.cli.ci.told import Told
from hfops.cli.ci.wire import MAX_DOWNLOAD, Row, Wire
from hfops.cli.ci.zipped import member
from hfops.hub.clock import Clock
from hfops.hub.transport import Transport

WRITE = "`permissions: {pull-requests: write}` (a fork's pull request never gets it)"
READ = "`permissions: {pull-requests: read}`"
ARTEFACTS = "`permissions: {actions: read}`"
COMMITS = "`permissions: {contents: read, pull-requests: read}`"

LATELY = 10
"""Pull requests merged before that are looked at."""


class GitHub:
    """A repository on github.com or an Enterprise server; see ``Forge``."""

    limit = 65_536

    def __init__(
        self, run: Run, token: str, *, transport: Transport | None = None, clock: Clock | None = None
    ) -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        secret = ("Authorization", f"Bearer {token}")
        self._wire = Wire(run.api, secret, headers, transport=transport, clock=clock)
        self._repository = run.repository
        self._path = f"/repos/{run.repository}"
        self._graphql = run.graphql
        self._artefacts: dict[str, _Read] = {}

    def put_comment(self, number: int, marker: str, body: str, *, create: bool = True) -> Posted:
        """See ``Forge``."""
        comments = _Comments(self._wire, self._path, number, self._graphql)
        return put(comments, marker, body, create=create)

    def pulls_of(self, commit: str) -> tuple[Pull, ...]:
        """See ``Forge``."""
        rows = self._wire.rows(f"{self._path}/commits/{commit}/pulls", needs=COMMITS)
        return tuple(_pull(row) for row in rows if self._into_ours(row))

    def merged_before(self, branch: str, commit: str) -> tuple[Pull, ...]:
        """See ``Forge``. Two requests: what the commit holds, and what was merged."""
        held = self._first(f"{self._path}/commits", {"sha": commit})
        commits = {row.get("sha") for row in held}
        query = {"state": "closed", "base": branch, "sort": "updated", "direction": "desc"}
        merged = [
            row
            for row in self._first(f"{self._path}/pulls", query)
            if row.get("merged_at") and row.get("merge_commit_sha") in commits and self._into_ours(row)
        ]
        merged.sort(key=lambda row: str(row["merged_at"]), reverse=True)
        return tuple(p for p in map(_pull, merged) if p.base_branch == branch)[:LATELY]

    def pull_for(self, source: Source) -> Pull | None:
        """See ``Forge``. None too where several have that head: it could be any of them."""
        query = {"state": "open", "head": f"{source.owner}:{source.branch}"}
        rows = self._wire.rows(f"{self._path}/pulls", query, needs=READ)
        found = [_pull(row) for row in rows if self._into_ours(row) and _is_head(row, source)]
        return found[0] if len(found) == 1 else None

    def artefact(self, name: str, path: str, pull: Pull) -> bytes | None:
        """See ``Forge``."""
        chosen = None if pull.fork else self._newest(name, pull.head)
        if chosen is None:
            return None
        number = chosen.number("id")
        data = self._wire.download(f"{self._path}/actions/artifacts/{number}/zip", needs=ARTEFACTS)
        return None if data is None else member(data, path, f"artefact {name} of {pull.head[:7]}")

    def close(self) -> None:
        """See ``Forge``."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _newest(self, name: str, head: str) -> Told | None:
        """Newest first, so the first page with one that fits holds the newest."""
        path = f"{self._path}/actions/artifacts"
        if name not in self._artefacts:
            pages = self._wire.pages(path, {"name": name}, key="artifacts", needs=ARTEFACTS)
            self._artefacts[name] = _Read(pages)
        for page in self._artefacts[name]:
            told = [Told(row, f"GET {path}: ") for row in page]
            if fitting := [t for t in told if _fits(t, name, head)]:
                found = max(fitting, key=lambda t: (str(t.get("created_at")), t.number("id")))
                _check_size(found, name)
                return found
        return None

    def _first(self, path: str, query: Mapping[str, str]) -> list[Row]:
        """The first hundred rows of a list."""
        return next(self._wire.pages(path, query, needs=COMMITS))

    def _into_ours(self, row: Row) -> bool:
        """Whether a pull request goes into this repository: forks have pull requests, and numbers, of their own."""
        return _same(Told(row).get("base.repo.full_name"), self._repository)


class _Read:
    """Pages that are asked for once, and as far as they are wanted."""

    def __init__(self, pages: Iterator[list[Row]]) -> None:
        self._pages, self._read = pages, list[list[Row]]()

    def __iter__(self) -> Iterator[list[Row]]:
        yield from self._read
        for page in self._pages:
            self._read.append(page)
            yield page


class _Comments(Wired):
    """See ``sticky.Comments``."""

    verb = "PATCH"

    def __init__(self, wire: Wire, path: str, pull: int, graphql: str) -> None:
        super().__init__(wire, f"{path}/issues/{pull}/comments", f"{path}/issues/comments", WRITE)
        self._graphql = graphql

    def me(self) -> str:
        query = {"query": "query { viewer { login } }"}
        told = Told(self._wire.write("POST", self._graphql, query) or {})
        login = told.get("data.viewer.login")
        if isinstance(login, str) and login:
            return login
        raise ForgeError(f"POST {self._graphql}: no answer to whose token this is; nothing was written")

    def all(self) -> Iterator[Comment]:
        for row in self._wire.rows(self._list, needs=READ):
            told = Told(row, f"GET {self._list}: ")
            yield Comment(told.number("id"), told.get("user.login"), str(told.get("body") or ""))


def _pull(row: Row) -> Pull:
    told = Told(row, "a pull request of GitHub's: ")
    return Pull(
        number=told.number("number"),
        head=told.sha("head.sha"),
        merged=bool(told.get("merged_at")),
        title=str(told.get("title") or ""),
        base_branch=str(told.get("base.ref") or ""),
        # A fork that was deleted is null.
        fork=not told.has("head.repo.id") or told.get("head.repo.id") != told.get("base.repo.id"),
    )


def _is_head(row: Row, source: Source) -> bool:
    """By what GitHub says of the pull request now, not by what it was asked for."""
    told = Told(row)
    owner = told.get("head.repo.owner.login") or told.get("head.user.login")
    here = _same(owner, source.owner) and told.get("head.ref") == source.branch
    named = not source.repository or _same(told.get("head.repo.full_name"), source.repository)
    return here and named and told.get("head.sha") == source.sha


def _same(found: object, name: str) -> bool:
    """GitHub's names of users and repositories know no case."""
    return isinstance(found, str) and found.lower() == name.lower()


def _fits(told: Told, name: str, head: str) -> bool:
    """Whether an artefact is there, is of that very commit, and was made by a run of a branch of this repository."""
    ours = told.get("workflow_run.repository_id")
    return (
        told.get("name") == name
        and told.get("expired") is False
        and told.get("workflow_run.head_sha") == head
        and type(ours) is int
        and told.get("workflow_run.head_repository_id") == ours
    )


def _check_size(told: Told, name: str) -> None:
    size = told.get("size_in_bytes")
    if isinstance(size, int) and size > MAX_DOWNLOAD:
        raise Unreadable(f"artefact {name}: {size:,} bytes; hfops reads up to {MAX_DOWNLOAD:,}")
