"""One repository's info, at main or at a revision."""

from __future__ import annotations

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.git import Commit
from hfops.sandbox.info import PLAIN, View, expand_keys, told
from hfops.sandbox.manners import bad_request, json_answer
from hfops.sandbox.repos import Repo
from hfops.sandbox.web import Context, Route


def at_main(ctx: Context) -> Response:
    """GET /api/{type}s/{id}."""
    repo = ctx.repo()
    return _info(ctx, repo, repo.head)


def at_revision(ctx: Context) -> Response:
    """GET /api/{type}s/{id}/revision/{rev}."""
    repo = ctx.repo()
    return _info(ctx, repo, repo.git.resolve(ctx.slot("rev")))


def _info(ctx: Context, repo: Repo, commit: Commit) -> Response:
    asked = ctx.asked("expand")
    if asked and (ctx.flag("blobs") or ctx.flag("securityStatus")):
        raise bad_request('"expand" does not go with "blobs" or "securityStatus"')
    keys = expand_keys(repo.kind, asked) if asked else PLAIN[repo.kind]
    answer = told(View(ctx.hub, repo, commit, blobs=ctx.flag("blobs")), keys)
    if repo.kind == "space" and not asked:
        answer["gated"] = repo.settings["gated"]
    if ctx.flag("securityStatus"):
        answer["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": []}
    return json_answer(answer)


def without_namespace(ctx: Context) -> Response:
    """GET /api/{type}s/{name}: no repository of this Hub has an id without a namespace."""
    raise access.missing(ctx.caller)


ROUTES = (
    Route("GET", "/api/{kind}/{ns}/{repo}/revision/{rev}", at_revision),
    Route("GET", "/api/{kind}/{ns}/{repo}", at_main),
    Route("GET", "/api/{kind}/{ns}", without_namespace),
)
