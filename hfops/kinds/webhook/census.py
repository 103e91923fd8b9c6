"""All webhooks of the token's user."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.base import HubView, Seen
from hfops.kinds.webhook.live import BASE, parse
from hfops.model.address import Address


def all_webhooks(namespace: str, hub: HubView) -> Iterator[Seen]:
    """GET /api/settings/webhooks, under their own ids; none where the namespace is not the token's user."""
    user = hub.user()
    if user is not None and user.casefold() == namespace.casefold():
        for row in parse(hub.reads.get(BASE), hub.hide):
            yield Address("Webhook", user, row.live.hub_id), row.live.hub_id
