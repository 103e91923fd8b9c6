"""Taking over drift of a webhook: which edits make its manifest say what is live. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfops.kinds.accept import Accepted, Answer, Declined, parted, removed, set_to
from hfops.kinds.webhook.check import spec_of
from hfops.kinds.webhook.compare import DOMAINS, ENABLED, SECRET, WATCHED
from hfops.kinds.webhook.job import JOB, WHOLE, normal, said
from hfops.kinds.webhook.spec import WebhookSpec
from hfops.kinds.webhook.target import URL
from hfops.kinds.webhook.urls import MASK, BadUrl, parts
from hfops.kinds.webhook.watched import rows
from hfops.manifest.edit import BY_HAND, REMOVED, Edit
from hfops.model.change import Difference
from hfops.model.resource import Resource


def accept_webhook(resource: Resource, difference: Difference) -> Answer:
    """What can be seen of it; never a secret, nor a URL that may hold one."""
    accept = _FIELDS.get(difference.key[0])
    if accept is None:
        return Declined("what it was made from is not shown by the Hub", BY_HAND)
    return accept(spec_of(resource), difference.before)


def _url(spec: WebhookSpec, before: Any) -> Answer:
    if not isinstance(spec.url, str):
        return Declined("the URL is a reference", "set its source to what is live, or write the URL")
    try:
        whole = isinstance(before, str) and MASK not in before and not parts(before).hides
    except BadUrl:
        whole = False
    return set_to((URL,), before) if whole else Declined("the live URL is not shown whole", BY_HAND)


def _watched(spec: WebhookSpec, before: Any) -> Answer:
    """Their order does not matter: those that stay, stay where they are."""
    there = {_place(row): row for row in before or ()}
    written = rows(spec.watched or ())
    edits = [_row(row, {}) for row in there.values() if _place(row) not in map(_place, written)]
    edits += [_row(row, REMOVED) for row in written if _place(row) not in there]
    return Accepted(tuple(edits))


def _row(row: Mapping[str, str], value: Any) -> Edit:
    return Edit(("spec", WATCHED, (("type", row["type"]), ("name", row["name"]))), value)


def _place(row: Mapping[str, str]) -> tuple[str, str]:
    return row["type"], row["name"].casefold()


def _domains(spec: WebhookSpec, before: Any) -> Answer:
    have: Sequence[str] = before or ()
    kept = [d for d in spec.domains or () if d in have]
    return set_to((DOMAINS,), [*kept, *(d for d in have if d not in kept)])


def _secret(_: WebhookSpec, before: Any) -> Answer:
    if before is None:
        return removed((SECRET,))
    hint = "set the reference's source to the live one, or apply to send it anew"
    return Declined("a secret is never written into a manifest", hint)


def _enabled(_: WebhookSpec, before: Any) -> Answer:
    """One that the Hub suspended delivers nothing either."""
    return set_to((ENABLED,), before is True)


def _job(spec: WebhookSpec, before: Any) -> Answer:
    if spec.job is None or not isinstance(before, Mapping):
        return Declined("it runs no job any more", BY_HAND)
    written = said(spec.job)
    wanted = normal(written)
    keys = [k for k in dict.fromkeys([*written, *WHOLE]) if wanted.get(k) != before.get(k)]
    have, want = ({k: source.get(k) for k in keys} for source in (before, written))
    return Accepted(parted((JOB,), have, want))


_FIELDS: Mapping[str, Callable[[WebhookSpec, Any], Answer]] = {
    URL: _url,
    WATCHED: _watched,
    DOMAINS: _domains,
    SECRET: _secret,
    ENABLED: _enabled,
    JOB: _job,
}
