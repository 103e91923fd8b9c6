"""Seeding a webhook: the manifest's spec; a secret may be written out, for a seed is no manifest."""

from __future__ import annotations

from typing import Any

from hfops.sandbox.bodies import checked
from hfops.sandbox.manners import bad_request
from hfops.sandbox.state import Hub
from hfops.sandbox.webhooks import told
from hfops.sandbox.webhooks.bodies import WebhookWrite
from hfops.sandbox.webhooks.hooks import SUSPENDED, Disabled, Webhook

MADE_UP = "seeded"
"""The value of a secret whose manifest names only where to find it."""

SENT = ("url", "job", "jobSourceId", "watched", "domains")


def seed_webhook(hub: Hub, namespace: str, name: str, spec: dict[str, Any]) -> None:
    """Make a user's webhook exist; ``id`` gives it an id of its own."""
    user = hub.users.get(namespace.lower())
    if user is None:
        raise bad_request(f"{namespace}/{name}: webhooks belong to users, and {namespace} is none")
    body = {"domains": ["repo", "discussion"]} | {key: spec[key] for key in SENT if key in spec}
    if spec.get("secret") is not None:
        body["secret"] = _value(spec["secret"])
    if "job" in body:
        secrets = {key: _value(value) for key, value in (body["job"].get("secrets") or {}).items()}
        body["job"] = body["job"] | {"secrets": secrets}
    made = Webhook(str(spec.get("id") or hub.dated_id()), user.name)
    if made.uid in hub.webhooks.all:
        raise bad_request(f"id: {made.uid} is there twice")
    made.write(checked(WebhookWrite, body))
    made.disabled = _disabled(spec.get("enabled", True))
    for watch in made.watched:
        told.watched_repo(hub, watch)
    hub.webhooks.all[made.uid] = made


def _value(said: Any) -> str:
    """A value, or one made up for a reference."""
    return MADE_UP if isinstance(said, dict) else str(said)


def _disabled(enabled: Any) -> Disabled:
    """``true``, ``false``, or the word for what failed too often."""
    if enabled == SUSPENDED:
        return SUSPENDED
    if not isinstance(enabled, bool):
        raise bad_request(f"enabled: expected true, false or {SUSPENDED}, found {enabled!r}")
    return not enabled
