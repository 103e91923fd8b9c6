"""Likes: who likes a repository, what a user likes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, iso, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.people import AVATAR
from hfops.sandbox.repos import Repo, likes_of
from hfops.sandbox.web import Context, Route

PAGE = 500


def like(ctx: Context) -> Response:
    """POST …/like; a second one changes nothing."""
    repo, name = ctx.repo(), access.require_writer(ctx.caller)
    likes_of(repo).setdefault(name, ctx.hub.now())
    return json_answer({"success": True})


def unlike(ctx: Context) -> Response:
    """DELETE …/like; one that was not there is as good as gone."""
    repo, name = ctx.repo(), access.require_writer(ctx.caller)
    likes_of(repo).pop(name, None)
    return json_answer({"success": True})


def likers(ctx: Context) -> Response:
    """GET …/likers."""
    rows: list[tuple[Key, dict[str, Any]]] = []
    for name in sorted(likes_of(ctx.repo())):
        user = ctx.hub.users[name.lower()]
        told = {"_id": user.uid, "user": name, "fullname": user.fullname, "avatarUrl": AVATAR.format(name)}
        rows.append(((name,), told | {"type": "user", "isPro": user.pro}))
    page, headers = cut(ctx, rows, PAGE)
    return json_answer(page, headers=headers)


def liked(ctx: Context) -> Response:
    """GET /api/users/{name}/likes: those that the caller may see, the oldest like first."""
    user = ctx.hub.users.get(ctx.slot("name").lower())
    if user is None:
        raise RefusalError(404, "This user does not exist")
    found = [
        (likes_of(repo)[user.name], repo)
        for repo in ctx.hub.repos.values()
        if user.name in likes_of(repo) and access.may_read(ctx.hub, ctx.caller, repo)
    ]
    rows: list[tuple[Key, dict[str, Any]]] = [
        ((iso(when), repo.uid), _liked(repo, when)) for when, repo in found
    ]
    page, headers = cut(ctx, sorted(rows, key=lambda row: row[0]), PAGE)
    return json_answer(page, headers=headers)


def _liked(repo: Repo, when: datetime) -> dict[str, Any]:
    return {"createdAt": iso(when), "repo": {"name": repo.id, "type": repo.kind.value}}


ROUTES = (
    Route("POST", "/api/{kind}/{ns}/{repo}/like", like),
    Route("DELETE", "/api/{kind}/{ns}/{repo}/like", unlike),
    Route("GET", "/api/{kind}/{ns}/{repo}/likers", likers),
    Route("GET", "/api/users/{name}/likes", liked),
)
