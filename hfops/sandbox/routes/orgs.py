"""Organisations: profile, members, resource groups, and the group of a repository."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.bodies import GroupSet
from hfops.sandbox.info import FACTS, MISSING, View
from hfops.sandbox.manners import RefusalError, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.people import AVATAR, Group, Org
from hfops.sandbox.repos import Kind
from hfops.sandbox.routes.account import PAGE, all_repositories, public_count
from hfops.sandbox.web import Context, Route


def _org(ctx: Context, *, members_only: bool = True) -> Org:
    org = ctx.hub.orgs.get(ctx.slot("name").lower())
    if org is None:
        raise RefusalError(404, "This organization does not exist")
    if members_only:
        access.require_user(ctx.caller)
        if not access.member(ctx.hub, ctx.caller, org.name):
            raise RefusalError(403, access.FORBIDDEN)
    return org


def overview(ctx: Context) -> Response:
    """GET /api/organizations/{name}/overview."""
    org = _org(ctx, members_only=False)
    counts = {f"num{k.plural.capitalize()}": public_count(ctx.hub, org.name, k) for k in Kind}
    profile = {
        "_id": org.uid,
        "name": org.name,
        "fullname": org.fullname,
        "avatarUrl": AVATAR.format(org.name),
        "type": "org",
        "isVerified": False,
        "isFollowing": False,
        "numUsers": len(org.members),
        "numFollowers": 0,
    }
    plan = {} if org.plan == "free" else {"plan": org.plan}
    return json_answer(profile | plan | counts)


def members(ctx: Context) -> Response:
    """GET /api/organizations/{name}/members; roles for members only."""
    org = _org(ctx, members_only=False)
    inside = access.member(ctx.hub, ctx.caller, org.name)
    search = ctx.query.get("search", "").lower()
    rows: list[tuple[Key, dict[str, Any]]] = []
    for name, role in sorted(org.members.items()):
        user = ctx.hub.users[name.lower()]
        row = {"_id": user.uid, "user": name, "fullname": user.fullname, "avatarUrl": AVATAR.format(name)}
        if search in name.lower():
            rows.append(
                ((name,), row | {"type": "user", "isPro": user.pro} | ({"role": role} if inside else {}))
            )
    page, headers = cut(ctx, rows, PAGE)
    return json_answer(page, headers=headers)


def repositories(ctx: Context) -> Response:
    """GET /api/organizations/{name}/settings/repositories."""
    return all_repositories(ctx, _org(ctx).name)


def groups(ctx: Context) -> Response:
    """GET /api/organizations/{name}/resource-groups."""
    org = _org(ctx)
    return json_answer([_told(ctx, org, group) for group in org.groups.values()])


def _told(ctx: Context, org: Org, group: Group) -> dict[str, Any]:
    held = [r for r in ctx.hub.repos.values() if r.group == group.uid]
    return {
        "id": group.uid,
        "name": group.name,
        "description": group.description,
        "autoJoin": {"enabled": False},
        "users": [{"type": "user", "name": name, "role": role} for name, role in group.users.items()],
        "repos": [
            {"type": r.kind.value, "name": r.id, "private": r.private}
            for r in held
            if r.namespace == org.name
        ],
    }


def repo_group(ctx: Context) -> Response:
    """GET /api/{type}s/{id}/resource-group: the group, or null."""
    repo = ctx.repo()
    group = FACTS["resourceGroup"](View(ctx.hub, repo, repo.head))
    return json_answer(None if group is MISSING else group)


def set_repo_group(ctx: Context) -> Response:
    """POST /api/{type}s/{id}/resource-group."""
    repo = ctx.repo(write=True)
    repo.group = known_group(ctx, repo.namespace, ctx.json(GroupSet).resource_group_id)
    ctx.hub.notify("changed", repo, {"resourceGroupId": repo.group}, "repo.update_resource_group")
    told = {"name": repo.id, "type": repo.kind.value, "private": repo.private, "addedBy": ctx.caller.name}
    return json_answer(told)


def known_group(ctx: Context, namespace: str, group_id: str | None) -> str | None:
    """The id, in lower case, if the namespace has such a group; 404 otherwise."""
    if group_id is None:
        return None
    org = ctx.hub.orgs.get(namespace.lower())
    if org is None or group_id.lower() not in org.groups:
        raise RefusalError(404, f"{namespace} has no resource group {group_id}")
    return group_id.lower()


ROUTES = (
    Route("GET", "/api/organizations/{name}/overview", overview),
    Route("GET", "/api/organizations/{name}/members", members),
    Route("GET", "/api/organizations/{name}/settings/repositories", repositories),
    Route("GET", "/api/organizations/{name}/resource-groups", groups),
    Route("GET", "/api/{kind}/{ns}/{repo}/resource-group", repo_group),
    Route("POST", "/api/{kind}/{ns}/{repo}/resource-group", set_repo_group),
)
