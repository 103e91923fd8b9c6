"""Webhooks as manifests: one list, which is all that the token's user has. What may be a secret is not written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from hfops.kinds.base import HubView
from hfops.kinds.describe import TOKEN, At, Draft, Portrait, Sketch, Wish, last_set, slug, variable
from hfops.kinds.webhook.job import normal, same_job
from hfops.kinds.webhook.live import BASE, SUSPENDED, LiveWebhook, parse
from hfops.kinds.webhook.spec import DOMAINS
from hfops.kinds.webhook.watched import places
from hfops.model.address import Address
from hfops.model.call import Api

KIND = "Webhook"
FRESH = 600.0
"""Seconds for which the list that was read is good: whoever imports several namespaces asks for it once."""

PINNED = "nothing else tells which one is meant"
_KEYLIKE = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[A-Za-z0-9_.~-]{20,}")
"""A part of a path that may be a key, as chat services have them."""


def sketch_webhooks(wish: Wish, hub: HubView) -> Iterator[Sketch]:
    """The user's webhooks, ready to be drawn. Calls: GET /api/whoami-v2, once in a run, /api/settings/webhooks."""
    user = hub.user()
    if user is None:
        return
    found = [row.live for row in parse(hub.recent(BASE, Api.HUB, FRESH), hub.hide)]
    for live in sorted(found, key=_content):
        address = Address(KIND, user, _name(live))
        if wish.names and not {live.hub_id, address.name.casefold()} & {n.casefold() for n in wish.names}:
            continue
        draw = partial(_draw, live, pinned=_is_double(live, found))
        yield Sketch(address, live.hub_id, draw, nameless=True, watches=_namespaces(live))


def _content(live: LiveWebhook) -> tuple[str, ...]:
    """An order that does not depend on ids: a webhook that is made anew stays where it was."""
    target = live.url.shown if live.url else str(normal(live.job or {}))
    return (target, str(sorted(places(live.watched))), str(sorted(live.domains)), live.hub_id)


def _name(live: LiveWebhook) -> str:
    """The Hub gives webhooks no names: what it tells, or runs."""
    if live.url is not None:
        return slug(live.url.host, "webhook")
    job = live.job or {}
    return slug(f"job-{job.get('dockerImage') or job.get('spaceId') or ''}", "job")


def _namespaces(live: LiveWebhook) -> frozenset[str]:
    return frozenset(str(row["name"]).partition("/")[0].casefold() for row in live.watched)


def _is_double(live: LiveWebhook, everyone: Sequence[LiveWebhook]) -> bool:
    """Whether another one has the same target and watches the same."""
    others = (o for o in everyone if o is not live and places(o.watched) == places(live.watched))
    return any(_same_target(live, other) for other in others)


def _same_target(one: LiveWebhook, other: LiveWebhook) -> bool:
    if one.url is not None and other.url is not None:
        return one.url.digest == other.url.digest
    return one.job is not None and other.job is not None and same_job(normal(one.job), other.job)


def _draw(live: LiveWebhook, address: Address, *, pinned: bool) -> Portrait:
    draft, needs = Draft(), dict[At, str]()
    if (whole := _plain_url(live)) is not None:
        draft.put("url", whole)
    elif live.url is not None:
        needs[("url",)] = f"{variable(address.name)}_URL"
        draft.put("url", {"env": needs["url",]})
        draft.say(f"{live.url.origin if _in_path(live) else live.url.shown}: the rest may be secret", "url")
    elif live.job is not None:
        _job(live.job, draft)
    draft.put("watched", [dict(row) for row in live.watched], unless=([],))
    domains = list(live.domains)
    draft.put("domains", domains if set(domains) != set(DOMAINS) else None, unless=(None, []))
    if live.has_secret:
        draft.put("secret", {"env": f"{variable(address.name)}_SECRET"})
        draft.say(
            last_set(None) if live.masked else "its owner reads the value on the Hub; it is not written here",
            "secret",
        )
    if live.disabled == SUSPENDED:
        draft.say("suspended by the Hub after failures; true would end that", "enabled")
    else:
        draft.put("enabled", False if live.disabled else None)
    if pinned or needs or not {"url", "job"} & draft.spec.keys():
        draft.put("id", live.hub_id)
        draft.say(PINNED, "id")
    anchors = ("url", "job", "watched")
    return Portrait(draft.spec, live, draft.comments, anchors, ("id", live.hub_id), needs)


def _plain_url(live: LiveWebhook) -> str | None:
    """The URL, where none of it is for few eyes only."""
    return None if live.url is None or _in_path(live) else live.url.whole


def _in_path(live: LiveWebhook) -> bool:
    whole = live.url.whole if live.url else None
    return whole is not None and any(_KEYLIKE.fullmatch(part) for part in urlsplit(whole).path.split("/"))


def _job(live: Mapping[str, Any], draft: Draft) -> None:
    job = normal(live)
    if TOKEN.search(str(job)):
        draft.say("left out: it holds what looks like a Hub token", "job")
        return
    if "volumes" in job:
        job["volumes"] = [_volume(v) for v in job["volumes"]]
    names = live.get("secrets")
    if isinstance(names, list) and names:
        job["secrets"] = {str(name): {"env": str(name)} for name in names}
    draft.put("job", job)
    draft.say("if it has any, they are not readable: {NAME: {env: NAME}}", "job", "secrets")


def _volume(found: Mapping[str, Any]) -> dict[str, Any]:
    """A volume without what it has anyway."""
    usual = {"readOnly": found.get("type") != "bucket", "revision": "main"}
    return {k: v for k, v in found.items() if usual.get(k) != v}
