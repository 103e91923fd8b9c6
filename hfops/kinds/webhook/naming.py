"""Webhooks that name a repository: in what they watch, or in the job that they run."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.base import HubView, Seen
from hfops.kinds.webhook.live import BASE, LiveWebhook, address_of, parse
from hfops.kinds.webhook.watched import KINDS, places
from hfops.model.address import Address

TYPES = {kind: name for name, kind in KINDS.items()}


def naming_webhooks(old: Address, hub: HubView) -> Iterator[Seen]:
    """Those of the token's user that name ``old``. Calls: GET /api/settings/webhooks. Raises hub.errors.HubError."""
    user = hub.user()
    if user is None or old.kind not in TYPES:
        return
    for row in parse(hub.reads.get(BASE), hub.hide):
        if _names(row.live, TYPES[old.kind], old.id.casefold()):
            yield address_of(user, row.live), row.live.hub_id


def _names(live: LiveWebhook, repo_type: str, repo_id: str) -> bool:
    job = live.job or {}
    mounted = [(v.get("type"), str(v.get("source")).casefold()) for v in job.get("volumes") or ()]
    runs = repo_type == "space" and str(job.get("spaceId")).casefold() == repo_id
    return (repo_type, repo_id) in {*places(live.watched), *mounted} or runs
