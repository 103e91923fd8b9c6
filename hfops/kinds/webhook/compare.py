"""Comparing a webhook, field by field. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.scene import Found
from hfops.kinds.threeway import Why
from hfops.kinds.webhook.job import SECRETS, compare_job
from hfops.kinds.webhook.live import SUSPENDED, LiveWebhook, digest
from hfops.kinds.webhook.scene import NOT_YET, Scene
from hfops.kinds.webhook.target import compare_url
from hfops.kinds.webhook.watched import places, rows
from hfops.model.late import Hashed, Reference
from hfops.model.record import MISSING

WATCHED, DOMAINS, SECRET, ENABLED = "watched", "domains", "secret", "enabled"
UNSHOWN = "***"
"""Stands for a secret, in plans."""

_ASCII = re.compile(r"[\x20-\x7f]*")
MASKED = "the Hub does not show the present value"
ALL_DOMAINS = "the manifest names no domains: created for all"
ALREADY_SUSPENDED = f"{SUSPENDED} by the Hub: it delivers nothing"


def compare_webhook(ask: Ask, sight: Sight) -> Comparison:
    """The whole comparison. Nothing live: it is to be created."""
    scene, found = Scene(ask, sight), Found()
    for compare in (compare_url, compare_job, _compare_watched, _compare_domains, compare_secret):
        compare(scene, found)
    _compare_enabled(scene, found)
    _whole(scene, found)
    return Comparison(
        differences=tuple(found.differences),
        settled=found.settled,
        released=tuple((name,) for name in _released(scene)),
        unverified=tuple(found.unverified),
        notes=tuple(found.notes),
        problems=tuple(found.problems),
        replace=("asked for (--replace)",) if ask.replace and sight.live is not None else (),
    )


def _compare_watched(scene: Scene, found: Found) -> None:
    """A set, shown whole: the Hub replaces all of it."""
    if scene.spec.watched is None:
        return
    wanted, known = rows(scene.spec.watched), scene.recorded(WATCHED)
    have = None if scene.live is None else [dict(row) for row in scene.live.watched]
    if have is not None and places(have) == places(wanted):
        found.settled[(WATCHED,)] = wanted
        return
    author = known is MISSING or places(known) != places(wanted)
    hub = known is not MISSING and have is not None and places(known) != places(have)
    found.differs(scene, WATCHED, have, wanted, wanted, author=author, hub=hub)


def _compare_domains(scene: Scene, found: Found) -> None:
    """A set."""
    if scene.spec.domains is None:
        if scene.live is None:
            found.notes.append(ALL_DOMAINS)
        return
    wanted, known = list(scene.spec.domains), scene.recorded(DOMAINS)
    have = None if scene.live is None else list(scene.live.domains)
    if have is not None and set(have) == set(wanted):
        found.settled[(DOMAINS,)] = wanted
        return
    author = not isinstance(known, list) or set(known) != set(wanted)
    hub = isinstance(known, list) and have is not None and set(known) != set(have)
    found.differs(scene, DOMAINS, have, wanted, wanted, author=author, hub=hub)


def compare_secret(scene: Scene, found: Found) -> None:
    """The Hub shows a webhook's secret to its owner, so that it is compared as it is, and drift is seen."""
    reference, live = scene.secret, scene.live
    if reference is None:
        return
    text = scene.text(reference)
    if text not in (None, NOT_YET) and not _ASCII.fullmatch(str(text)):
        message = f"{reference.label} holds a character beyond ASCII, and the secret is sent in a header"
        found.problems.append(scene.problem(SECRET, message, "use letters, digits and signs"))
    elif live is None or not live.has_secret:
        hub = live is not None and scene.recorded(SECRET) is not MISSING
        _send(scene, found, reference, Why(author=_changed(scene, reference), hub=hub), before=None)
    else:
        _compare_live(scene, found, reference, live, text)


def _compare_live(
    scene: Scene, found: Found, reference: Reference, live: LiveWebhook, text: str | None
) -> None:
    known = scene.recorded(SECRET)
    equal = None if text is None or live.masked else digest(text) == live.secret
    why = _asked(scene, known, equal=equal)
    if equal is False:
        why.author |= _changed(scene, reference)
        why.hub |= scene.is_ours(SECRET) is False
    elif equal is None and scene.is_ours(SECRET) is False:
        why.hub = True
    elif live.masked and _changed(scene, reference) and _hash(known):
        why.ask("another value")
    if equal is False or why.sends:
        if why.hub:
            why.notes.append("somebody set another one")
        _send(scene, found, reference, why, before=UNSHOWN)
        return
    found.settled[(SECRET,)] = _kept(scene, known, equal=equal)
    if equal is None and live.masked and not _hash(known):
        found.unverified.append((SECRET,))
    elif equal is None and text is None:
        found.notes.append(f"secret not compared ({reference.label})")


def _asked(scene: Scene, known: Any, *, equal: bool | None) -> Why:
    """What the manifest and the command line say outright."""
    why, wanted = Why(), scene.spec.secret
    assert wanted is not None
    before = known.get("version") if isinstance(known, Mapping) else None
    if isinstance(known, Mapping) and wanted.version not in (None, before) and not equal:
        why.ask(f"version {before or 'none'} → {wanted.version}")
    if scene.ask.rotates(SECRET):
        why.ask("rotation asked for")
    if scene.live is not None and scene.live.masked and not _hash(known) and scene.ask.send_unverified:
        why.ask(MASKED)
    return why


def _send(scene: Scene, found: Found, reference: Reference, why: Why, *, before: str | None) -> None:
    record = {"hash": Hashed(reference), **_said(scene)}
    note = ", ".join(why.notes)
    found.differs(scene, SECRET, before, reference, record, author=why.author, hub=why.hub, note=note)


def _kept(scene: Scene, known: Any, *, equal: bool | None) -> dict[str, Any]:
    """What the ledger keeps of a secret that is there: a hash only where that is not of something else."""
    hashed = _hash(known)
    other = equal is True and scene.secret is not None and _changed(scene, scene.secret)
    return {**({"hash": hashed} if hashed and not other else {}), **_said(scene)}


def _said(scene: Scene) -> dict[str, str]:
    wanted = scene.spec.secret
    return {} if wanted is None or wanted.version is None else {"version": wanted.version}


def _hash(known: Any) -> str | None:
    found = known.get("hash") if isinstance(known, Mapping) else None
    return found if isinstance(found, str) else None


def _changed(scene: Scene, reference: Reference) -> bool:
    """Whether the value is another than the one sent last, as far as can be told."""
    known = scene.recorded(SECRET)
    hashed = _hash(known)
    if hashed is None:
        return True
    return scene.ask.vault.same(reference, hashed) is False


def _compare_enabled(scene: Scene, found: Found) -> None:
    """One that the Hub suspended is not enabled; where it is to be disabled, that will do."""
    wanted, live, known = scene.spec.enabled, scene.live, scene.recorded(ENABLED)
    suspended = live is not None and live.disabled == SUSPENDED
    if wanted is None:
        if suspended:
            found.notes.append(f"{ALREADY_SUSPENDED}; enabled: true would end that")
        return
    if live is None:
        found.differs(scene, ENABLED, None, wanted, wanted, author=True, hub=False)
        return
    enabled = not live.disabled
    if enabled is wanted:
        found.settled[(ENABLED,)] = wanted
        if suspended:
            found.notes.append(f"{ALREADY_SUSPENDED}, as the manifest wants it")
        return
    before = live.disabled if isinstance(live.disabled, str) else enabled
    hub = known is not MISSING and known is not enabled
    found.differs(scene, ENABLED, before, wanted, wanted, author=known is not wanted, hub=hub)


def _whole(scene: Scene, found: Found) -> None:
    """What only all fields together show."""
    spec, live = scene.spec, scene.live
    if live is not None and live.masked and spec.secret is None:
        found.notes.append("it has a secret that the Hub does not show: an update would need it by reference")
    if live is not None:
        return
    if spec.watched is None:
        hint = "as in watched: [{type: org, name: acme}]"
        found.problems.append(scene.problem(WATCHED, "it does not exist, and to create it takes this", hint))
    if spec.url is None and spec.job is None and spec.job_source_id is None:
        message = "it does not exist, and to create it takes a url, a job or a jobSourceId"
        found.problems.append(scene.problem("url", message))


def _released(scene: Scene) -> list[str]:
    """Fields that the ledger knows, and the manifest names no more."""
    spec, record = scene.spec, scene.ask.record
    aliases = {n: f.alias or n for n, f in type(spec).model_fields.items()}
    managed = {alias for name, alias in aliases.items() if getattr(spec, name) is not None}
    if spec.job is not None:
        managed.add(SECRETS)
    return sorted(name for name in (record.applied if record else ()) if name not in managed)
