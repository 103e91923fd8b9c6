"""Xet uploads: what a client with hf_xet does in place of the LFS batch.

The service that keeps the chunks lives beside the storage of large files. Each file that a shard describes is put
together at once and kept under its sha256, so that commits and downloads find it like any other.
"""

from __future__ import annotations

import hashlib
import struct
import time

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.routes.commits import writable
from hfops.sandbox.routes.large import STORAGE
from hfops.sandbox.web import Context, Route
from hfops.sandbox.xet.formats import Run, chunks, files

SERVICE = f"{STORAGE}xet"
LASTS = 3600
"""Seconds."""


def write_token(ctx: Context) -> Response:
    """GET …/xet-write-token/{rev}: where chunks go, in the body and in headers. The token is the caller's own."""
    writable(ctx)
    token = ctx.request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    url, ends = f"{ctx.base}{SERVICE}/{ctx.hub.life}", int(time.time()) + LASTS
    headers = {
        "X-Xet-Access-Token": token,
        "X-Xet-Cas-Url": url,
        "X-Xet-Token-Expiration": str(ends),
    }
    return json_answer({"accessToken": token, "casUrl": url, "exp": ends}, headers=headers)


def put_xorb(ctx: Context) -> Response:
    """POST …/v1/xorbs/{prefix}/{hash}."""
    access.require_writer(ctx.caller)
    try:
        found = chunks(ctx.request.body)
    except (ValueError, IndexError, struct.error) as error:
        raise bad_request(f"Not a xorb: {error}") from None
    known = ctx.hub.store.xorbs
    new = ctx.slot("hash") not in known
    known[ctx.slot("hash")] = found
    return json_answer({"was_inserted": new})


def put_shard(ctx: Context) -> Response:
    """POST …/v1/shards: 400 for a file whose chunks are not all here."""
    access.require_writer(ctx.caller)
    try:
        described = list(files(ctx.request.body))
    except struct.error as error:
        raise bad_request(f"Not a shard: {error}") from None
    for runs in described:
        content = b"".join(_content(ctx, run) for run in runs)
        ctx.hub.store.large[hashlib.sha256(content).hexdigest()] = content
    return json_answer({"result": 1})


def _content(ctx: Context, run: Run) -> bytes:
    xorb = ctx.hub.store.xorbs.get(run.xorb, [])
    if run.end > len(xorb):
        raise bad_request(f"Chunks {run.start} to {run.end} of xorb {run.xorb} were not uploaded")
    return b"".join(xorb[run.start : run.end])


def nothing(_ctx: Context) -> Response:
    """What else the service could do: clients go on without it."""
    raise RefusalError(404, "Not Found")


ROUTES = (
    Route("GET", "/api/{kind}/{ns}/{repo}/xet-write-token/{rev}", write_token),
    Route("POST", f"{SERVICE}/{{life}}/v1/xorbs/{{place}}/{{hash}}", put_xorb),
    Route("POST", f"{SERVICE}/{{life}}/v1/shards", put_shard),
    Route("GET", f"{SERVICE}/{{path}}", nothing),
    Route("POST", f"{SERVICE}/{{path}}", nothing),
)
