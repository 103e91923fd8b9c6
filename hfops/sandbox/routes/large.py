"""Large files: the LFS batch, and the storage that its links lead to.

The storage stands for the service's object store: its URLs carry no token, who knows one may use it. It lives
under ``/_storage``, outside the Hub's API.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.bodies import LargeBatch, LargeDelete, LargeObject
from hfops.sandbox.git import HEADS, File
from hfops.sandbox.manners import RefusalError, bad_request, entry_not_found, iso, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.ranges import content_answer
from hfops.sandbox.repos import MAIN, Repo
from hfops.sandbox.web import Context, Route

STORAGE = "/_storage/"
PAGE = 1000


def batch(ctx: Context) -> Response:
    """POST …git/info/lfs/objects/batch: where to send or fetch each object; no actions for one that is there."""
    repo, asked = ctx.repo(), ctx.json(LargeBatch)
    if asked.operation == "upload":
        access.require_writer(ctx.caller)
    else:
        access.require_open(ctx.hub, ctx.caller, repo)
    objects = [_object(ctx, o, upload=asked.operation == "upload") for o in asked.objects]
    answer = json_answer({"transfer": "basic", "objects": objects})
    answer.headers["content-type"] = "application/vnd.git-lfs+json"
    return answer


def _object(ctx: Context, asked: LargeObject, *, upload: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"oid": asked.oid, "size": asked.size, "authenticated": True}
    stored = asked.oid in ctx.hub.store.large
    action = {"href": f"{ctx.base}{STORAGE}{asked.oid}", "expires_in": 3600}
    if upload:
        check = action | {"href": f"{action['href']}/verify"}
        return row if stored else row | {"actions": {"upload": action, "verify": check}}
    if stored:
        return row | {"actions": {"download": action}}
    return row | {"error": {"code": 404, "message": "Object does not exist"}}


def store(ctx: Context) -> Response:
    """PUT /_storage/{sha256}: 400 unless the content is what the address says."""
    sha256, data = ctx.slot("oid"), ctx.request.body
    if hashlib.sha256(data).hexdigest() != sha256:
        raise bad_request("The content's sha256 is not the one of the address")
    ctx.hub.store.large[sha256] = data
    return Response(b"", 200)


def verify(ctx: Context) -> Response:
    """POST /_storage/{sha256}/verify: whether the upload has arrived whole."""
    asked = ctx.json(LargeObject)
    data = ctx.hub.store.large.get(ctx.slot("oid"))
    if data is None or (asked.oid, asked.size) != (ctx.slot("oid"), len(data)):
        raise RefusalError(422, f"Object {asked.oid} of {asked.size} bytes was not uploaded")
    return json_answer({"success": True})


def listing(ctx: Context) -> Response:
    """GET …/lfs-files: each large object that any commit holds, under the path where it was first put."""
    repo = ctx.repo(write=True)
    rows: list[tuple[Key, dict[str, Any]]] = [
        ((sha256,), _told(path, file, when)) for sha256, (path, file, when) in sorted(_held(repo).items())
    ]
    page, headers = cut(ctx, rows, PAGE)
    return json_answer(page, headers=headers)


def _held(repo: Repo) -> dict[str, tuple[str, File, datetime]]:
    """The large objects of a repository by their ids here; commits are kept in the order they were made."""
    found: dict[str, tuple[str, File, datetime]] = {}
    for commit in repo.git.commits.values():
        for path, file in commit.files.items():
            if file.large:
                found.setdefault(file.large.sha256, (path, file, commit.date))
    return found


def _told(path: str, file: File, when: datetime) -> dict[str, Any]:
    assert file.large is not None
    told = {"fileOid": file.large.sha256, "oid": file.large.sha256, "filename": path, "size": file.size}
    return told | {"pushedAt": iso(when), "ref": HEADS + MAIN}


def delete(ctx: Context) -> Response:
    """POST …/lfs-files/batch: objects go for good, with ``rewriteHistory`` from every commit, else the pointers stay."""
    repo, asked = ctx.repo(write=True), ctx.json(LargeDelete).deletions
    gone = set(asked.sha)
    if unknown := gone - _held(repo).keys():
        raise RefusalError(404, f"No such LFS object: {min(unknown)}")
    if asked.rewrite_history:
        before = repo.head.id
        repo.git.without(gone, ctx.hub.serial)
        if repo.head.id != before:
            ctx.hub.notify("committed", repo, {"ref": HEADS + MAIN, "old": before, "new": repo.head.id})
    elsewhere = {sha for r in ctx.hub.repos.values() if r is not repo for sha in _held(r)}
    for sha256 in gone - elsewhere:
        ctx.hub.store.large.pop(sha256, None)
    return json_answer({"success": True})


def fetch(ctx: Context) -> Response:
    """GET /_storage/{sha256}, the metadata of the redirect that led here repeated."""
    sha256 = ctx.slot("oid")
    data = ctx.hub.store.large.get(sha256)
    if data is None:
        raise entry_not_found(sha256, "storage")
    headers = {"ETag": f'"{sha256}"', "X-Linked-ETag": f'"{sha256}"', "X-Linked-Size": str(len(data))}
    if commit := ctx.query.get("commit"):
        headers["X-Repo-Commit"] = commit
    return content_answer(ctx.request.headers, data, headers)


ROUTES = (
    Route("POST", "/{prefix}{ns}/{repo}.git/info/lfs/objects/batch", batch),
    Route("GET", "/api/{kind}/{ns}/{repo}/lfs-files", listing),
    Route("POST", "/api/{kind}/{ns}/{repo}/lfs-files/batch", delete),
    Route("PUT", STORAGE + "{oid}", store),
    Route("POST", STORAGE + "{oid}/verify", verify),
    Route("GET", STORAGE + "{oid}", fetch),
)
