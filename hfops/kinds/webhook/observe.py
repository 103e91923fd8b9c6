"""Observing webhooks: one list, which is all that the token's user has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.webhook.compare import SECRET
from hfops.kinds.webhook.find import Found, find
from hfops.kinds.webhook.job import JOB, SOURCE, said, same_job
from hfops.kinds.webhook.live import BASE, Row, address_of, digest, parse, url_digest
from hfops.kinds.webhook.scene import OURS, TOLD, Scene
from hfops.kinds.webhook.target import URL
from hfops.kinds.webhook.urls import shown
from hfops.model.address import Address
from hfops.model.late import Hidden

CLOSED = (Forbidden, Unauthorized, NotFound, BadAnswer)
NOBODY = "webhooks are read with their user's token, and there is none"
LOG_IN = "set HF_TOKEN, or run `hf auth login`"


def observe_webhooks(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for each ask. Calls: GET /api/whoami-v2, once in a run, and GET /api/settings/webhooks."""
    user = hub.user()
    if user is None:
        return {ask.address: Sight(problem=NOBODY, hint=LOG_IN) for ask in asks}
    mine = [a for a in asks if a.address.namespace.casefold() == user.casefold()]
    others = {a.address: _strange(a, user) for a in asks if a not in mine}
    return others | (_observed(mine, hub, user) if mine else {})


def _strange(ask: Ask, user: str) -> Sight:
    hint = f"write metadata.name: {user}/{ask.address.name}, or use the token of {ask.address.namespace}"
    return Sight(problem=f"webhooks belong to the token's user, {user}", hint=hint)


def _observed(asks: Sequence[Ask], hub: HubView, user: str) -> dict[Address, Sight]:
    try:
        hooks = parse(hub.reads.get(BASE), hub.hide)
    except CLOSED as error:
        return {ask.address: Sight(problem=f"the user's webhooks cannot be read: {error}") for ask in asks}
    for row in hooks:
        hub.saw(address_of(user, row.live), row.live.hub_id)
    found = find(asks, hooks)
    return {ask.address: _sight(ask, found[ask.address]) for ask in asks}


def _sight(ask: Ask, found: Found) -> Sight:
    if found.row is None:
        return found.sight
    row = found.row
    live = replace(row.live, forlorn=_is_forlorn(ask, row), untold=_is_untold(ask, row))
    return Sight(live, {OURS: _ours(ask, row), TOLD: live.url.host if live.url else None})


def _is_forlorn(ask: Ask, row: Row) -> bool:
    """Whether nothing here could set its secret again."""
    known = ask.record is not None and SECRET in ask.record.applied
    named = ask.resource is not None and Scene(ask, Sight()).spec.secret is not None
    return row.live.has_secret and not known and not named


def _is_untold(ask: Ask, row: Row) -> bool:
    """Whether nothing here says what its job is. What is to be a copy says that only once it was made as one."""
    live = row.live.job
    if live is None or (ask.record is not None and {JOB, SOURCE} & ask.record.applied.keys()):
        return False
    job = None if ask.resource is None else Scene(ask, Sight()).spec.job
    return job is None or not same_job(said(job), live)


def _ours(ask: Ask, row: Row) -> Mapping[str, bool | None]:
    """Of what is hidden and not as the manifest has it: whether it is what the ledger says was sent.

    Told here, where the texts are at hand: they are not kept.
    """
    if ask.resource is None:
        return {}
    scene, facts = Scene(ask, Sight()), dict[str, bool | None]()
    text = None if scene.url is None else scene.text(scene.url)
    if row.url is not None and (text is None or url_digest(text) != url_digest(row.url)):
        facts[URL] = _is_sent(scene, URL, Hidden(shown(row.url), row.url))
    text = None if scene.secret is None else scene.text(scene.secret)
    if row.secret is not None and (text is None or digest(text) != row.live.secret):
        facts[SECRET] = _is_sent(scene, SECRET, Hidden("", row.secret))
    return facts


def _is_sent(scene: Scene, name: str, live: Hidden) -> bool | None:
    known = scene.recorded(name)
    hashed = known.get("hash") if isinstance(known, Mapping) else None
    return scene.ask.vault.same(live, hashed) if isinstance(hashed, str) else None
