"""From an event to the webhooks that hear of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from hfops.sandbox import access
from hfops.sandbox.people import Caller
from hfops.sandbox.state import Event, Hub
from hfops.sandbox.webhooks.courier import Parcel, on_this_machine
from hfops.sandbox.webhooks.hooks import SUSPENDED, Delivery, Watch, Webhook
from hfops.sandbox.webhooks.payload import payload, words
from hfops.sandbox.webhooks.told import REPOS, watched_repo


def attend(hub: Hub) -> None:
    """Tell the webhooks of everything that happens from now on."""

    def meet(event: Event) -> None:
        for hook in list(hub.webhooks.all.values()):
            if hears(hub, hook, event):
                tell(hub, hook, payload(hub, hook.uid, event))

    hub.watchers.append(meet)


def hears(hub: Hub, hook: Webhook, event: Event) -> bool:
    """Whether a webhook is told of an event: enabled, its domain, watched, and its owner may know."""
    found = words(event)
    if found is None or hook.disabled or found[1].partition(".")[0] not in hook.domains:
        return False
    owner = Caller(hub.users[hook.owner.lower()])
    return access.may_read(hub, owner, event.repo) and any(_covers(hub, w, event) for w in hook.watched)


def _covers(hub: Hub, watch: Watch, event: Event) -> bool:
    """Whether the event is about what is watched: the repository itself, or one of the owner's, also one that left."""
    if watch.type in REPOS:
        watched_repo(hub, watch)
        return watch.uid == event.repo.uid
    homes = {event.repo.namespace.lower(), str(event.body.get("from", "")).partition("/")[0].lower()}
    return watch.type in ("user", "org") and watch.name.lower() in homes


def tell(hub: Hub, hook: Webhook, body: Mapping[str, Any]) -> Future[int | None]:
    """Send a webhook a payload, and log it; the answer's status is known later, None where there is none."""
    delivery = Delivery(hub.dated_id(), hub.now(), body)
    hook.log.append(delivery)
    status: Future[int | None] = Future()
    if (reason := _unsendable(hub, hook)) is not None:
        delivery.error = f"not delivered: {reason}"
        status.set_result(None)
        return status

    def done(answer: int | None, error: str | None) -> None:
        with hub.lock:
            delivery.status, delivery.error = answer, error
            _count(hub, hook, delivery)
        status.set_result(answer)

    delivery.sent = True
    headers = {"X-Webhook-Secret": hook.secret} if hook.secret else {}
    assert hook.url is not None
    hub.webhooks.courier.send(Parcel(hook.url, json.dumps(body).encode(), headers, done))
    return status


def _unsendable(hub: Hub, hook: Webhook) -> str | None:
    if hook.url is None:
        return "jobs are recorded, not run"
    if not on_this_machine(hook.url):
        return "the sandbox contacts no other machine"
    return None if hub.webhooks.courier.working else "the sandbox is not running"


def _count(hub: Hub, hook: Webhook, delivery: Delivery) -> None:
    """Count what failed in a row; too much of it suspends."""
    hook.failures = 0 if delivery.ok else hook.failures + 1
    if hook.failures >= hub.webhooks.patience and not hook.disabled:
        hook.disabled = SUSPENDED
