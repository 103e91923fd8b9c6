"""The caller's webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.manners import RefusalError, json_answer
from hfops.sandbox.web import Context, Route
from hfops.sandbox.webhooks import told
from hfops.sandbox.webhooks.bodies import WebhookWrite
from hfops.sandbox.webhooks.hooks import Webhook
from hfops.sandbox.webhooks.telling import tell


def listing(ctx: Context) -> Response:
    """GET /api/settings/webhooks: a plain array, all of them."""
    owner = access.require_user(ctx.caller)
    return json_answer([told.webhook(ctx.hub, hook) for hook in ctx.hub.webhooks.of(owner)])


def _answer(ctx: Context, hook: Webhook) -> Response:
    """One webhook in its envelope."""
    return json_answer({"webhook": told.webhook(ctx.hub, hook)})


def one(ctx: Context) -> Response:
    """GET …/{id}."""
    return _answer(ctx, ctx.hub.webhooks.find(access.require_user(ctx.caller), ctx.slot("id")))


def _own(ctx: Context) -> Webhook:
    """The webhook that the path names, for its owner with a token that writes."""
    return ctx.hub.webhooks.find(access.require_writer(ctx.caller), ctx.slot("id"))


def create(ctx: Context) -> Response:
    """POST /api/settings/webhooks: each time another one."""
    owner = access.require_writer(ctx.caller)
    made = Webhook(ctx.hub.dated_id(), owner)
    made.write(ctx.json(WebhookWrite))
    ctx.hub.webhooks.all[made.uid] = made
    return _answer(ctx, made)


def update(ctx: Context) -> Response:
    """POST …/{id}: the whole object; whether it is enabled stays."""
    hook = _own(ctx)
    hook.write(ctx.json(WebhookWrite))
    return _answer(ctx, hook)


def enable(ctx: Context) -> Response:
    """POST …/enable, also out of a suspension."""
    hook = _own(ctx)
    hook.disabled, hook.failures = False, 0
    return _answer(ctx, hook)


def disable(ctx: Context) -> Response:
    """POST …/disable."""
    hook = _own(ctx)
    hook.disabled = True
    return _answer(ctx, hook)


def delete(ctx: Context) -> Response:
    """DELETE …/{id}: a second time 404."""
    del ctx.hub.webhooks.all[_own(ctx).uid]
    return json_answer({"success": True})


def replay(ctx: Context) -> Awaitable[Response]:
    """POST …/replay/{logId}: the same payload once more; the answer is the status that came back, 0 for none."""
    hook = _own(ctx)
    found = next((d for d in hook.log if d.id == ctx.slot("log")), None)
    if found is None:
        raise RefusalError(404, "Delivery not found")
    status = tell(ctx.hub, hook, found.payload)

    async def answer() -> Response:
        return json_answer({"status": await asyncio.wrap_future(status) or 0})

    return answer()


ALL = "/api/settings/webhooks"
ROUTES = (
    Route("GET", ALL, listing),
    Route("POST", ALL, create),
    Route("GET", f"{ALL}/{{id}}", one),
    Route("POST", f"{ALL}/{{id}}", update),
    Route("DELETE", f"{ALL}/{{id}}", delete),
    Route("POST", f"{ALL}/{{id}}/enable", enable),
    Route("POST", f"{ALL}/{{id}}/disable", disable),
    Route("POST", f"{ALL}/{{id}}/replay/{{log}}", replay),
)
