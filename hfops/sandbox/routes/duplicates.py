"""Duplicating a repository: the files of main in one commit, a Space's variables, nobody's secrets."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.repos import Kind, Repo, legal_name
from hfops.sandbox.routes.orgs import known_group
from hfops.sandbox.spaces.bodies import Duplicate
from hfops.sandbox.spaces.machine import space_of
from hfops.sandbox.web import Context, Route


def duplicate(ctx: Context) -> Response:
    """POST …/duplicate: 200, or 409 with the url of the one that has the name."""
    source, asked = ctx.repo(), ctx.json(Duplicate)
    owner = access.require_writer(ctx.caller)
    access.require_open(ctx.hub, ctx.caller, source)
    wanted, _, name = asked.repository.partition("/")
    namespace = access.require_create(ctx.hub, ctx.caller, wanted, source.kind)
    if not legal_name(name):
        raise bad_request(f"Invalid repo name: {name!r}")
    if there := ctx.hub.find(source.kind, f"{namespace}/{name}"):
        raise RefusalError(409, f"You already created this {source.kind} repo", url=ctx.base + there.path)
    if source.kind is Kind.SPACE and not space_of(source).static:
        access.require_plan(ctx.hub, namespace, "A Space with an app")
    made = Repo(ctx.hub.new_id(), source.kind, namespace, name, owner, ctx.hub.now(), region=source.region)
    made.sdk, made.visibility = source.sdk, _visibility(ctx, source, namespace, asked)
    made.group = known_group(ctx, namespace, asked.resource_group_id)
    files = dict(source.head.files)
    ctx.hub.add_repo(made, files, _setup(source, asked), f"Duplicate from {source.id}")
    pending = any(file.large for file in files.values())
    return json_answer({"url": ctx.base + made.path, "filesCopyPending": pending})


def _visibility(ctx: Context, source: Repo, namespace: str, asked: Duplicate) -> str:
    if asked.visibility is None and asked.private is None:
        return source.visibility
    wanted = asked.visibility or ("private" if asked.private else "public")
    if wanted == "protected":
        if source.kind is not Kind.SPACE:
            raise bad_request('"visibility" protected is for Spaces only')
        access.require_plan(ctx.hub, namespace, "A protected Space")
    return wanted


def _setup(source: Repo, asked: Duplicate) -> dict[str, Any]:
    """What the new Space starts with: the source's variables under those of the body, its volumes only if asked."""
    if source.kind is not Kind.SPACE:
        return {}
    body = asked.model_dump(by_alias=True, exclude_unset=True)
    named = {entry.key for entry in asked.variables}
    kept = [
        {"key": key, "value": entry.value, "description": entry.description}
        for key, entry in space_of(source).variables.items()
        if key not in named
    ]
    return body | {"variables": kept + body.get("variables", [])}


ROUTES = (Route("POST", "/api/{kind}/{ns}/{repo}/duplicate", duplicate),)
