"""Large files: the LFS batch, and the storage that its links lead to.

The storage stands for the service's object store: its URLs carry no token, who knows one may use it. It lives
under ``/_storage``, outside the Hub's API.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.bodies import LargeBatch, LargeObject
from hfops.sandbox.manners import bad_request, entry_not_found, json_answer
from hfops.sandbox.ranges import content_answer
from hfops.sandbox.web import Context, Route

STORAGE = "/_storage/"


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
        return row if stored else row | {"actions": {"upload": action}}
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
    Route("PUT", STORAGE + "{oid}", store),
    Route("GET", STORAGE + "{oid}", fetch),
)
