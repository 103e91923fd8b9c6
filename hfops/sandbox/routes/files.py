"""Reading contents: resolve and raw."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.git import Commit, File
from hfops.sandbox.manners import entry_not_found
from hfops.sandbox.ranges import content_answer
from hfops.sandbox.routes.large import STORAGE
from hfops.sandbox.web import Context, Route


def _file(ctx: Context) -> tuple[Commit, File]:
    repo = ctx.repo()
    access.require_open(ctx.hub, ctx.caller, repo)
    rev, path = ctx.slot("rev"), ctx.slot("path")
    commit = repo.git.resolve(rev)
    if path not in commit.files:
        raise entry_not_found(path, rev)
    return commit, commit.files[path]


def resolve(ctx: Context) -> Response:
    """GET and HEAD …/resolve/{rev}/{path}: the content; 302 to the storage for a large file."""
    commit, file = _file(ctx)
    name = quote(ctx.slot("path").rpartition("/")[2])
    headers = {
        "X-Repo-Commit": commit.id,
        "ETag": f'"{file.oid}"',
        "Content-Disposition": f"inline; filename*=UTF-8''{name}",
    }
    if file.large is None:
        return content_answer(ctx.request.headers, ctx.hub.store.read(file), headers)
    headers |= {"X-Linked-ETag": f'"{file.large.sha256}"', "X-Linked-Size": str(file.large.size)}
    location = f"{STORAGE}{file.large.sha256}?commit={commit.id}"
    return Response(f"Found. Redirecting to {location}", 302, headers | {"Location": location}, "text/plain")


def raw(ctx: Context) -> Response:
    """GET …/raw/{rev}/{path}: the git blob, for a large file its pointer."""
    commit, file = _file(ctx)
    headers = {"X-Repo-Commit": commit.id, "ETag": f'"{file.oid}"'}
    return content_answer(ctx.request.headers, ctx.hub.store.blobs[file.oid], headers)


ROUTES = (
    Route("GET", "/{prefix}{ns}/{repo}/resolve/{rev}/{path}", resolve),
    Route("GET", "/{prefix}{ns}/{repo}/raw/{rev}/{path}", raw),
)
