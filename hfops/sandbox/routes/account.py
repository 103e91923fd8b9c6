"""The caller and the public profiles: whoami, user overview, the caller's own repositories, card validation."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hfops.sandbox import access, card
from hfops.sandbox.bodies import ValidateYaml
from hfops.sandbox.info import last_modified, used_storage
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.people import AVATAR, Org, TokenScope, User
from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.state import Hub
from hfops.sandbox.web import Context, Route

PAGE = 500


def whoami(ctx: Context) -> Response:
    """GET /api/whoami-v2."""
    access.require_user(ctx.caller)
    user = ctx.caller.user
    assert user is not None
    return json_answer(
        {
            "type": "user",
            "id": user.uid,
            "name": user.name,
            "fullname": user.fullname,
            "email": user.email,
            "emailVerified": True,
            "canPay": False,
            "isPro": user.pro,
            "avatarUrl": AVATAR.format(user.name),
            "orgs": [_membership(org, user) for org in ctx.hub.orgs.values() if user.name in org.members],
            "auth": {
                "type": "access_token",
                "accessToken": {"displayName": ctx.caller.token_name, "role": ctx.caller.role} | _fine(ctx),
            },
        }
    )


def _fine(ctx: Context) -> dict[str, Any]:
    """What a fine-grained token may do. Scopes on what is gone are not shown."""
    caller = ctx.caller
    if caller.role != "fineGrained":
        return {}
    known = ((scope, _entity(ctx.hub, scope)) for scope in caller.scopes)
    scoped = [{"entity": e, "permissions": list(scope.permissions)} for scope, e in known if e]
    return {"fineGrained": {"canReadGatedRepos": False, "global": list(caller.everywhere), "scoped": scoped}}


def _entity(hub: Hub, scope: TokenScope) -> dict[str, Any] | None:
    """What a scope is about, by its own name and id."""
    if scope.type in ("user", "org"):
        home = hub.namespace(scope.name)
        return {"_id": home.uid, "type": scope.type, "name": home.name} if home else None
    repo = hub.find(Kind(scope.type), scope.name)
    return {"_id": repo.uid, "type": scope.type, "name": repo.id} if repo else None


def _membership(org: Org, user: User) -> dict[str, Any]:
    return {
        "type": "org",
        "id": org.uid,
        "name": org.name,
        "fullname": org.fullname,
        "avatarUrl": AVATAR.format(org.name),
        "isEnterprise": org.plan.startswith("enterprise"),
        "roleInOrg": org.members[user.name],
    }


def user_overview(ctx: Context) -> Response:
    """GET /api/users/{username}/overview."""
    user = ctx.hub.users.get(ctx.slot("name").lower())
    if user is None:
        raise RefusalError(404, "This user does not exist")
    counts = {f"num{k.plural.capitalize()}": public_count(ctx.hub, user.name, k) for k in Kind}
    return json_answer(
        {
            "_id": user.uid,
            "user": user.name,
            "fullname": user.fullname,
            "avatarUrl": AVATAR.format(user.name),
            "type": "user",
            "isPro": user.pro,
            "orgs": [
                {"name": o.name, "fullname": o.fullname, "avatarUrl": AVATAR.format(o.name)}
                for o in ctx.hub.orgs.values()
                if user.name in o.members
            ],
        }
        | counts
    )


def public_count(hub: Hub, namespace: str, kind: Kind) -> int:
    """How many public repositories of a type a namespace has."""
    home = namespace.lower()
    return sum(r.kind is kind and not r.private and r.namespace.lower() == home for r in hub.repos.values())


def own_repositories(ctx: Context) -> Response:
    """GET /api/settings/repositories."""
    return all_repositories(ctx, access.require_user(ctx.caller))


def all_repositories(ctx: Context, namespace: str) -> Response:
    """Every repository of a namespace with visibility and storage; by storage, the largest first."""
    sort, direction = ctx.query.get("sort", "storage"), ctx.query.get("direction", "desc")
    if sort not in ("storage", "updatedAt") or direction not in ("asc", "desc"):
        raise bad_request('"sort" must be one of [storage, updatedAt], "direction" one of [asc, desc]')
    search, kind = ctx.query.get("search", "").lower(), ctx.query.get("type")
    home = [r for r in ctx.hub.repos.values() if r.namespace.lower() == namespace.lower()]
    rows = [_stored(r) for r in home if search in r.id.lower() and kind in (None, r.kind)]
    rows.sort(key=lambda row: (row[sort], row["id"], row["type"]), reverse=direction == "desc")
    keyed: list[tuple[Key, dict[str, Any]]] = [((n,), row) for n, row in enumerate(rows)]
    page, headers = cut(ctx, keyed, PAGE)
    return json_answer(page, headers=headers)


def _stored(repo: Repo) -> dict[str, Any]:
    return {
        "id": repo.id,
        "type": repo.kind.value,
        "updatedAt": last_modified(repo),
        "visibility": repo.visibility,
        "storage": used_storage(repo),
        "storagePercent": 0,
    }


def validate_yaml(ctx: Context) -> Response:
    """POST /api/validate-yaml: 200 with warnings, or 400 with errors."""
    asked = ctx.json(ValidateYaml)
    data, errors = card.parse(asked.content)
    if errors:
        answer = {"errors": [{"message": e} for e in errors], "warnings": [], "error": "; ".join(errors)}
        return json_answer(answer, 400, {"X-Error-Message": "; ".join(errors)})
    warnings = [] if data else [{"message": "empty or missing yaml metadata in repo card"}]
    return json_answer({"errors": [], "warnings": warnings})


ROUTES = (
    Route("GET", "/api/whoami-v2", whoami),
    Route("GET", "/api/users/{name}/overview", user_overview),
    Route("GET", "/api/settings/repositories", own_repositories),
    Route("POST", "/api/validate-yaml", validate_yaml),
)
