"""Asking for access to a gated repository, and answering."""

from __future__ import annotations

import json
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import Field, model_validator
from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.bodies import Body, parse_json
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.people import User
from hfops.sandbox.repos import Repo
from hfops.sandbox.requests import (
    AccessRequest,
    Status,
    ask,
    decide,
    let_in,
    requests_of,
    require_gate,
    withdraw,
)
from hfops.sandbox.web import Context, Route

PAGE = 1000
STATUSES = ("pending", "accepted", "rejected")


class Somebody(Body):
    """A user by name or id."""

    user: str | None = None
    user_id: str | None = None


class Handle(Somebody):
    """POST …/handle."""

    request_id: str | None = None
    status: Status
    rejection_reason: str | None = Field(None, max_length=200)

    @model_validator(mode="after")
    def _reason(self) -> Handle:
        if self.rejection_reason is not None and self.status != "rejected":
            raise ValueError('"rejectionReason" goes with "status" rejected only')
        return self


class Batch(Body):
    """POST …/batch."""

    status: Literal["accepted", "rejected"]
    rejection_reason: str | None = Field(None, max_length=200)
    requests: list[Somebody] = Field(min_length=1, max_length=100)


def _gated(ctx: Context) -> Repo:
    """The repository, for who may write to it; 400 where there is no gate."""
    repo = ctx.repo(write=True)
    require_gate(repo)
    return repo


def _user(ctx: Context, asked: Somebody) -> User:
    """The user that is meant; 404 for nobody."""
    for user in ctx.hub.users.values():
        if user.uid == asked.user_id or user.name.lower() == (asked.user or "").lower():
            return user
    raise RefusalError(404, f"User {asked.user or asked.user_id} does not exist")


def _request(ctx: Context, repo: Repo, asked: Somebody) -> AccessRequest:
    """The request that is meant; 404 for none."""
    if isinstance(asked, Handle) and asked.request_id is not None:
        found = next((r for r in requests_of(repo).values() if r.id == asked.request_id), None)
    else:
        found = requests_of(repo).get(_user(ctx, asked).name)
    if found is None:
        raise RefusalError(404, "There is no such access request")
    return found


def listing(ctx: Context) -> Response:
    """GET …/user-access-request/{status}."""
    repo, status = _gated(ctx), ctx.slot("status")
    if status not in STATUSES:
        raise bad_request(f'"status" must be one of [{", ".join(STATUSES)}]')
    rows: list[tuple[Key, dict[str, Any]]] = [
        ((r.id,), r.told()) for r in requests_of(repo).values() if r.status == status
    ]
    page, headers = cut(ctx, sorted(rows, key=lambda row: row[0]), PAGE)
    return json_answer(page, headers=headers)


def handle(ctx: Context) -> Response:
    """POST …/handle: accept, reject, or put back into the queue."""
    repo, asked = _gated(ctx), ctx.json(Handle)
    decide(repo, _request(ctx, repo, asked), asked.status, asked.rejection_reason)
    return json_answer({"success": True})


def batch(ctx: Context) -> Response:
    """POST …/batch: each request by itself, the outcomes in their order."""
    repo, asked = _gated(ctx), ctx.json(Batch)
    return json_answer([_outcome(ctx, repo, asked, one) for one in asked.requests])


def _outcome(ctx: Context, repo: Repo, asked: Batch, one: Somebody) -> dict[str, Any]:
    named = one.model_dump(by_alias=True, exclude_none=True)
    try:
        decide(repo, _request(ctx, repo, one), asked.status, asked.rejection_reason)
    except RefusalError as refused:
        return named | {"success": False, "error": refused.message}
    return named | {"success": True}


def grant(ctx: Context) -> Response:
    """POST …/grant."""
    repo = _gated(ctx)
    made = let_in(ctx.hub, repo, _user(ctx, ctx.json(Somebody)), ctx.caller.name or "")
    return json_answer(made.told())


def cancel(ctx: Context) -> Response:
    """POST …/cancel: the caller takes its own request back."""
    repo = ctx.repo()
    withdraw(repo, access.require_user(ctx.caller))
    return json_answer({"success": True})


def ask_access(ctx: Context) -> Response:
    """POST /{id}/ask-access, a form or JSON; the answer leads to the repository's page."""
    repo = ctx.repo()
    access.require_user(ctx.caller)
    require_gate(repo)
    assert ctx.caller.user is not None
    ask(ctx.hub, repo, ctx.caller.user, _fields(ctx))
    return Response(b"", 303, {"Location": repo.path})


def _fields(ctx: Context) -> dict[str, Any]:
    kind = ctx.request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(ctx.request.body.decode("utf-8", "replace"), keep_blank_values=True))
    sent = parse_json(ctx.request.body)
    if not isinstance(sent, dict):
        raise bad_request("expected a JSON object")
    return sent


def report(ctx: Context) -> Response:
    """GET /{id}/user-access-report: all requests as one file."""
    rows = [r.told() for r in requests_of(_gated(ctx)).values()]
    flat = [
        row["user"] | {"status": row["status"], "time": row["timestamp"], "fields": row.get("fields", {})}
        for row in rows
    ]
    return Response(json.dumps(flat), media_type="application/json")


ALL = "/api/{kind}/{ns}/{repo}/user-access-request"
ROUTES = (
    Route("GET", f"{ALL}/{{status}}", listing),
    Route("POST", f"{ALL}/handle", handle),
    Route("POST", f"{ALL}/batch", batch),
    Route("POST", f"{ALL}/grant", grant),
    Route("POST", f"{ALL}/cancel", cancel),
    Route("POST", "/{prefix}{ns}/{repo}/ask-access", ask_access),
    Route("GET", "/{prefix}{ns}/{repo}/user-access-report", report),
)
