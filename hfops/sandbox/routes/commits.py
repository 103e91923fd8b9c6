"""Writing files: preupload and commit; and the commit log."""

from __future__ import annotations

import html
from typing import Any

from starlette.responses import Response

from hfops.sandbox import access, changes
from hfops.sandbox.bodies import Preupload
from hfops.sandbox.content import checked_path, is_ignored, is_large
from hfops.sandbox.discussions.board import note_commit, open_discussion, pull_at, say, tell
from hfops.sandbox.git import PULLS, Commit
from hfops.sandbox.manners import RefusalError, bad_request, iso, json_answer
from hfops.sandbox.paging import link, page_size
from hfops.sandbox.repos import Repo
from hfops.sandbox.web import Context, Route

LOG_PAGE, LOG_LARGEST = 100, 1000
STALE = "The branch was updated since you opened this page. Please refresh and try again."


def preupload(ctx: Context) -> Response:
    """POST …/preupload/{rev}: which files go through LFS, which are ignored, which are there already."""
    repo, asked = writable(ctx), ctx.json(Preupload)
    commit = repo.git.at(repo.git.refs[repo.git.branch_ref(ctx.slot("rev"))])
    attributes, ignore = (
        _text(ctx, commit, ".gitattributes"),
        asked.git_ignore or _text(ctx, commit, ".gitignore"),
    )
    files = []
    for file in asked.files:
        large = is_large(checked_path(file.path), file.size, file.sample, attributes)
        mode = "lfs" if large else "regular"
        row = {"path": file.path, "uploadMode": mode, "shouldIgnore": is_ignored(file.path, ignore)}
        if there := commit.files.get(file.path):
            row["oid"] = there.large.sha256 if there.large else there.oid
        files.append(row)
    return json_answer({"commitOid": commit.id, "files": files})


def _text(ctx: Context, commit: Commit, path: str) -> str:
    file = commit.files.get(path)
    return ctx.hub.store.read(file).decode("utf-8", "replace") if file else ""


def writable(ctx: Context) -> Repo:
    """The repository: to write to it; or to propose, which any reader with a writing token may.

    A proposal is a commit with ``create_pr``, or one on the ref of a pull request that the caller opened.
    """
    repo = ctx.repo()
    pull = pull_at(repo, ctx.slot("rev"))
    if ctx.flag("create_pr") or (pull is not None and pull.author == ctx.caller.name):
        access.require_writer(ctx.caller)
        return repo
    return ctx.repo(write=True)


def commit(ctx: Context) -> Response:
    """POST …/commit/{rev}: 412 when ``parentCommit`` is not the head any more."""
    repo = writable(ctx)
    ref = repo.git.branch_ref(ctx.slot("rev"))
    asked = changes.read(ctx.request.body, ctx.request.headers.get("content-type", ""))
    parent, author = asked.header.parent_commit, ctx.caller.name or ""
    base = repo.git.at(repo.git.refs[ref])
    if ctx.flag("create_pr") and parent:
        base = repo.git.resolve(parent)
    elif parent and not base.id.startswith(parent.lower()):
        raise RefusalError(412, STALE)
    files = changes.applied(asked, base.files, ctx.hub.store)
    if ctx.flag("create_pr"):
        ref = _open_pull(ctx, repo, base, asked.header)
    made = ctx.hub.commit(repo, ref, files, asked.message, author)
    note_commit(ctx.hub, repo, ref, made)
    return json_answer(_committed(ctx, repo, ref, made))


def _open_pull(ctx: Context, repo: Repo, base: Commit, header: changes.Header) -> str:
    if repo.settings["discussionsDisabled"]:
        raise RefusalError(403, f"Discussions are disabled for {repo.id}")
    author = ctx.caller.name or ""
    pull = open_discussion(ctx.hub, repo, author, header.summary, base=base)
    first = say(ctx.hub, pull, author, header.description or header.summary)
    tell(ctx.hub, repo, pull, "create", comment=first)
    return pull.ref


def _committed(ctx: Context, repo: Repo, ref: str, made: Commit) -> dict[str, Any]:
    page = ctx.base + repo.path
    answer = {
        "success": True,
        "commitOid": made.id,
        "commitUrl": f"{page}/commit/{made.id}",
        "hookOutput": "",
    }
    if ctx.flag("create_pr"):
        answer["pullRequestUrl"] = f"{page}/discussions/{ref.removeprefix(PULLS)}"
    return answer


def log(ctx: Context) -> Response:
    """GET …/commits/{rev}, newest first, by page number."""
    repo = ctx.repo()
    commits = list(repo.git.log(repo.git.resolve(ctx.slot("rev"))))
    page = ctx.query.get("p", "0")
    if not page.isdecimal():
        raise bad_request('"p" must be a page number')
    size = page_size(ctx, LOG_LARGEST) if "limit" in ctx.query else LOG_PAGE
    start = int(page) * size
    headers = link(ctx, p=str(int(page) + 1)) if start + size < len(commits) else {}
    formatted = "formatted" in ctx.asked("expand")
    return json_answer(
        [_told(c, formatted=formatted) for c in commits[start : start + size]], headers=headers
    )


def _told(made: Commit, *, formatted: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": made.id,
        "title": made.title,
        "message": made.message,
        "date": iso(made.date),
        "authors": [{"user": made.author}],
    }
    if formatted:
        row["formatted"] = {"title": html.escape(made.title), "message": html.escape(made.message)}
    return row


ROUTES = (
    Route("POST", "/api/{kind}/{ns}/{repo}/preupload/{rev}", preupload),
    Route("POST", "/api/{kind}/{ns}/{repo}/commit/{rev}", commit),
    Route("GET", "/api/{kind}/{ns}/{repo}/commits/{rev}", log),
)
