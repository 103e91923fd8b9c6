"""Comparing whom a webhook tells: its URL. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.scene import Found
from hfops.kinds.webhook.live import LiveWebhook, url_digest
from hfops.kinds.webhook.scene import NOT_YET, TOLD, Scene
from hfops.kinds.webhook.urls import BadUrl, host_of, parts
from hfops.model.late import Hashed, Hidden, Named
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

URL = "url"
UNKNOWN = "?"
"""Stands for a host that is not known now: no project trusts it."""

RUNS = "runs a job"


def compare_url(scene: Scene, found: Found) -> None:
    """A URL that differs in its query only is another one. One that is not known now is not compared."""
    wanted, live = scene.url, scene.live
    if wanted is None:
        return
    text, known = scene.text(wanted), scene.recorded(URL)
    if isinstance(why := _unusable(text), str):
        found.problems.append(scene.problem(URL, f"the URL {why}", "expected https://host/path"))
    elif live is None or live.url is None:
        before = None if live is None else RUNS
        hub = live is not None and known is not MISSING
        _differs(scene, found, wanted, text, before, author=_changed(scene, wanted, known), hub=hub)
    elif text is None:
        _compare_blindly(scene, found, wanted, live, known)
    elif url_digest(text) == live.url.digest:
        found.settled[(URL,)] = _kept(scene, wanted, known)
    else:
        author, hub = _changed(scene, wanted, known), _drifted(scene, live, known)
        _differs(scene, found, wanted, text, _before(wanted, live, known), author=author, hub=hub)


def _unusable(text: str | None) -> str | None:
    """Why a URL that came by reference is none; nothing of it is quoted."""
    try:
        if text not in (None, NOT_YET):
            parts(str(text))
    except BadUrl as error:
        return str(error)
    return None


def _compare_blindly(scene: Scene, found: Found, wanted: str | Named, live: LiveWebhook, known: Any) -> None:
    """The manifest's value is not known now: what the ledger knows of it, and of what is live, must do."""
    assert not isinstance(wanted, str)
    written_out = isinstance(known, Mapping) and bool(known.keys() & {"value", "shown"})
    drifted = not written_out and scene.is_ours(URL) is False
    if written_out or drifted:
        before = _before(wanted, live, known)
        _differs(scene, found, wanted, None, before, author=written_out, hub=drifted)
        return
    found.settled[(URL,)] = _kept(scene, wanted, known)
    found.notes.append(f"url not compared ({_label(wanted)})")


def _differs(
    scene: Scene,
    found: Found,
    wanted: str | Named,
    text: str | None,
    before: Any,
    *,
    author: bool,
    hub: bool,
) -> None:
    risks = _new_host(scene, wanted, text)
    live = scene.live
    same_place = live is not None and live.url is not None and before == _seen(wanted)
    note = "they differ in what is not shown" if same_place else ""
    found.differs(scene, URL, before, wanted, _record(wanted), author=author, hub=hub, risks=risks, note=note)


def _new_host(scene: Scene, wanted: str | Named, text: str | None) -> tuple[Risk, ...]:
    """Another host gets to know what happens, and the secret."""
    if text in (None, NOT_YET):
        reason = f"its url is not known now ({_label(wanted)}): a new host may get to know what happens"
        return (Risk(RiskKind.EXPOSURE, RiskCode.WEBHOOK_UNKNOWN_HOST, reason, UNKNOWN),)
    host = host_of(str(text))
    if host == scene.sight.facts.get(TOLD):
        return ()
    return (
        Risk(
            RiskKind.EXPOSURE,
            RiskCode.WEBHOOK_NEW_HOST,
            f"a new host gets to know what happens: {host}",
            host,
        ),
    )


def _record(wanted: str | Named) -> dict[str, Any]:
    """What the ledger keeps of a URL that is sent."""
    if isinstance(wanted, str):
        return {"value": wanted}
    seen = {"shown": wanted.shown} if isinstance(wanted, Hidden) else {}
    return {**seen, "hash": Hashed(wanted)}


def _kept(scene: Scene, wanted: str | Named, known: Any) -> dict[str, Any]:
    """What the ledger keeps of a URL that is there already: a hash only where that is of what is there."""
    if isinstance(wanted, str):
        return {"value": wanted}
    seen = {"shown": wanted.shown} if isinstance(wanted, Hidden) else {}
    hashed = known.get("hash") if isinstance(known, Mapping) else None
    other = isinstance(hashed, str) and scene.ask.vault.same(wanted, hashed) is False
    return seen if hashed is None or other else {**seen, "hash": hashed}


def _changed(scene: Scene, wanted: str | Named, known: Any) -> bool:
    """Whether the manifest says something else than what was sent last."""
    if not isinstance(known, Mapping):
        return True
    if isinstance(wanted, str):
        return known.get("value") != wanted
    hashed = known.get("hash")
    return not isinstance(hashed, str) or scene.ask.vault.same(wanted, hashed) is not True


def _drifted(scene: Scene, live: LiveWebhook, known: Any) -> bool:
    """Whether what is live is something else than what was sent last."""
    if not isinstance(known, Mapping):
        return False
    if isinstance(value := known.get("value"), str):
        return live.url is None or url_digest(value) != live.url.digest
    return scene.is_ours(URL) is False


def _before(wanted: str | Named, live: LiveWebhook, known: Any) -> str:
    """The live URL as far as it may be seen: where one came by reference, its path may be the secret."""
    assert live.url is not None
    was_referred = isinstance(known, Mapping) and not known.keys() & {"value", "shown"}
    by_reference = not isinstance(wanted, str | Hidden)
    return live.url.origin if by_reference or was_referred else live.url.shown


def _seen(wanted: str | Named) -> str:
    return wanted.shown if isinstance(wanted, Hidden) else _label(wanted)


def _label(wanted: str | Named) -> str:
    if isinstance(wanted, str):
        return wanted
    return wanted.shown if isinstance(wanted, Hidden) else wanted.label
