"""Repositories as a whole: create, delete, move, settings, auth-check."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse, Response

from hfops.sandbox import access
from hfops.sandbox.bodies import RepoCreate, RepoDelete, RepoMove, RepoSettings
from hfops.sandbox.content import checked_path, decoded
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.repos import Kind, Repo, first_files, legal_name
from hfops.sandbox.routes.orgs import known_group
from hfops.sandbox.spaces.templates import template_files
from hfops.sandbox.web import Context, Route


def create(ctx: Context) -> Response:
    """POST /api/repos/create: 200, or 409 with the url of the one that is there."""
    asked = ctx.json(RepoCreate)
    kind = Kind(asked.type)
    owner = access.require_writer(ctx.caller)
    namespace = access.require_create(ctx.hub, ctx.caller, asked.organization or owner, kind)
    if not legal_name(asked.name):
        raise bad_request(f"Invalid repo name: {asked.name!r}")
    if there := ctx.hub.find(kind, f"{namespace}/{asked.name}"):
        raise RefusalError(409, f"You already created this {kind} repo", url=ctx.base + there.path)
    if asked.sdk in ("gradio", "docker"):
        access.require_plan(ctx.hub, namespace, f"A {asked.sdk} Space")
    repo = Repo(
        uid=ctx.hub.new_id(),
        kind=kind,
        namespace=namespace,
        name=asked.name,
        creator=owner,
        created=ctx.hub.now(),
        visibility=_visibility(ctx, namespace, asked),
        sdk=asked.sdk if kind is Kind.SPACE else None,
        group=known_group(ctx, namespace, asked.resource_group_id),
        region=asked.region or "us",
    )
    files = {**template_files(asked.template, asked.sdk)} if kind is Kind.SPACE else {}
    files |= {checked_path(f.path): decoded(f.content, f.encoding) for f in asked.files}
    body = asked.model_dump(by_alias=True, exclude_unset=True)
    ctx.hub.add_repo(repo, first_files(files, card_seed(asked)), body)
    return json_answer({"url": ctx.base + repo.path, "name": repo.id, "id": repo.uid})


def _visibility(ctx: Context, namespace: str, asked: RepoCreate) -> str:
    if asked.visibility == "protected":
        access.require_plan(ctx.hub, namespace, "A protected Space")
    if asked.visibility is not None:
        return asked.visibility
    org = ctx.hub.orgs.get(namespace.lower())
    private = asked.private if asked.private is not None else org is not None and org.default_private
    return "private" if private else "public"


def card_seed(asked: RepoCreate) -> dict[str, Any]:
    """The front matter that creation writes: the license, and what makes a Space one."""
    space = {"title": asked.name, "sdk": asked.sdk, "sdk_version": asked.sdk_version}
    found = space | {"short_description": asked.short_description} if asked.type == "space" else {}
    named = {"license_name": asked.license_name, "license_link": asked.license_link}
    return {k: v for k, v in (found | {"license": asked.license} | named).items() if v is not None}


def delete(ctx: Context) -> Response:
    """DELETE /api/repos/delete, the id in the body: 200 ``OK``, a second time 404."""
    asked = ctx.json(RepoDelete)
    owner = access.require_writer(ctx.caller)
    repo = named(ctx, asked.type, f"{asked.organization or owner}/{asked.name}")
    access.require_write(ctx.hub, ctx.caller, repo)
    ctx.hub.drop_repo(repo)
    return PlainTextResponse("OK")


def named(ctx: Context, kind: Kind, repo_id: str) -> Repo:
    """The repository that a body names, by its present id only."""
    repo = ctx.hub.find(kind, repo_id)
    if repo is None or not access.may_read(ctx.hub, ctx.caller, repo):
        raise access.missing(ctx.caller)
    return repo


def move(ctx: Context) -> Response:
    """POST /api/repos/move: the id changes, ``_id`` and history stay, the old id redirects."""
    asked = ctx.json(RepoMove)
    access.require_writer(ctx.caller)
    namespace, slash, name = asked.to_repo.partition("/")
    if not slash or not legal_name(name):
        raise bad_request(f"Invalid repo id: {asked.to_repo!r}")
    repo = named(ctx, asked.type, asked.from_repo)
    namespace = access.require_transfer(ctx.hub, ctx.caller, repo, namespace)
    there = ctx.hub.find(asked.type, asked.to_repo)
    if there is not None and there is not repo:
        raise RefusalError(409, f"A {asked.type} repository called {there.id} already exists")
    if namespace.lower() != repo.namespace.lower():
        repo.group = None  # a group belongs to one organisation
    ctx.hub.rename_repo(repo, namespace, name)
    return json_answer({"success": True})


def settings(ctx: Context) -> Response:
    """PUT …/settings: what is sent changes, and is echoed."""
    repo = ctx.repo(write=True)
    asked = ctx.json(RepoSettings)
    sent = asked.model_dump(by_alias=True, exclude_unset=True)
    visibility = asked.visibility or _legacy(asked.private)
    if visibility == "protected":
        if repo.kind is not Kind.SPACE:
            raise bad_request('"visibility" protected is for Spaces only')
        access.require_plan(ctx.hub, repo.namespace, "A protected Space")
    if visibility is not None:
        repo.visibility = visibility
    repo.settings |= {k: v for k, v in sent.items() if k not in ("visibility", "private")}
    ctx.hub.notify("changed", repo, sent)
    return json_answer(sent)


def _legacy(private: bool | None) -> str | None:
    return None if private is None else "private" if private else "public"


def auth_check(ctx: Context) -> Response:
    """GET …/auth-check: whether the caller may read the files."""
    access.require_open(ctx.hub, ctx.caller, ctx.repo())
    return PlainTextResponse("OK")


def auth_check_write(ctx: Context) -> Response:
    """GET …/auth-check/write."""
    ctx.repo(write=True)
    return PlainTextResponse("OK")


ROUTES = (
    Route("POST", "/api/repos/create", create),
    Route("DELETE", "/api/repos/delete", delete),
    Route("POST", "/api/repos/move", move),
    Route("PUT", "/api/{kind}/{ns}/{repo}/settings", settings),
    Route("GET", "/api/{kind}/{ns}/{repo}/auth-check", auth_check),
    Route("GET", "/api/{kind}/{ns}/{repo}/auth-check/write", auth_check_write),
)
