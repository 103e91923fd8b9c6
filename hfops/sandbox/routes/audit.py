"""The export of an organisation's audit log."""

from __future__ import annotations

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, json_answer
from hfops.sandbox.web import Context, Route


def export(ctx: Context) -> Response:
    """GET /api/organizations/{name}/audit-log/export, for its admins; the newest first."""
    access.require_user(ctx.caller)
    org = ctx.hub.orgs.get(ctx.slot("name").lower())
    if org is None:
        raise RefusalError(404, "This organization does not exist")
    if ctx.hub.role_in(ctx.caller, org.name) != "admin":
        raise RefusalError(403, access.FORBIDDEN)
    entries = ctx.hub.audit.of(org.uid, ctx.query.get("q", ""))
    disposition = f'attachment; filename="{org.name}-audit-log.json"'
    return json_answer([e.told() for e in entries], headers={"Content-Disposition": disposition})


ROUTES = (Route("GET", "/api/organizations/{name}/audit-log/export", export),)
