"""Values that are not written down, or not shown: environment variables, secrets, the registry's login. Pure.

Each of the three is replaced whole by the service, and so is one field here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.endpoint.live import LiveEndpoint, endpoint_path
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.scene import Found
from hfops.kinds.threeway import Why
from hfops.kinds.values import SecretValue, text_or_reference
from hfops.model.call import Api, Deferred
from hfops.model.late import Hashed, Reference
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

ENV, SECRETS = "model.env", "model.secrets"
LOST = Risk(RiskKind.DATA_LOSS, RiskCode.SECRET_VALUE_LOST, "a secret's value cannot be read back")
HIDDEN = "the service does not show the present value"


@dataclass(slots=True)
class Judged(Why):
    """What is to be said of one value, or of several: who wants it sent, and what is not known."""

    uncompared: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)

    def take(self, other: Judged) -> None:
        """Say what is to be said of another value, too."""
        self.author |= other.author
        self.hub |= other.hub
        self.notes += other.notes
        self.uncompared += other.uncompared
        self.unverified += other.unverified


def compare_env(scene: Scene) -> Found:
    """Environment variables, which can be read back. A value that is not known now is not compared."""
    found, model = Found(), scene.spec.model
    if model is None or model.env is None:
        return found
    folder = scene.resource.folder
    wanted = {k: text_or_reference(v, folder) for k, v in model.env.items()}
    record = {k: kept_text(v) for k, v in wanted.items()}
    if scene.live is None:
        if wanted:
            found.differs(scene, ENV, None, wanted, record, author=True, hub=False)
        else:
            found.settled[(ENV,)] = record
        return found
    have = _texts(scene.live.at("model", "env"))
    known = scene.recorded(ENV)
    judged = _judged_env(scene, wanted, have, {} if known is MISSING else known)
    note = _dropping(set(have) - set(wanted), judged.notes)
    if judged.sends:
        before = {k: None if isinstance(wanted.get(k), Reference) else v for k, v in have.items()}
        before = {k: None if _was_referred(known, k) else v for k, v in before.items()}
        author, hub = _env_causes(scene, wanted, have, known)
        found.differs(scene, ENV, before, wanted, record, author=author, hub=hub, note=note)
    else:
        found.settled[(ENV,)] = {k: _kept(wanted[k], known, k) for k in wanted}
    _say_uncompared(found, "environment variables", judged)
    return found


def _judged_env(
    scene: Scene, wanted: Mapping[str, str | Reference], have: Mapping[str, str], known: Mapping[str, Any]
) -> Judged:
    judged = Judged(author=bool(set(have) - set(wanted)))
    for name, value in wanted.items():
        text = scene.ask.vault.text(value) if isinstance(value, Reference) else value
        if name not in have or (text is not None and text != have[name]):
            judged.author = True
        elif text is None and "value" in known.get(name, {}):
            judged.author = True  # written out before, by reference now
        elif text is None:
            assert isinstance(value, Reference)
            judged.uncompared.append(f"{name} ({value.label})")
    return judged


def _env_causes(
    scene: Scene, wanted: Mapping[str, str | Reference], have: Mapping[str, str], known: Any
) -> tuple[bool, bool]:
    """Whether the manifest's author made the difference, and whether somebody on the Hub did."""
    if known is MISSING:
        return True, False
    author, hub = set(known) != set(wanted), set(known) != set(have)
    for name in set(known) & set(wanted):
        value, kept = wanted[name], known[name]
        if isinstance(value, str):
            author |= kept.get("value") != value
        else:
            author |= "value" in kept or _other(scene, value, kept) is True
    for name in set(known) & set(have):
        now, kept = wanted.get(name), known[name]
        if "value" in kept:
            hub |= kept["value"] != have[name]
        elif isinstance(now, Reference) and _other(scene, now, kept) is False:
            hub |= scene.ask.vault.text(now) != have[name]
    return author, hub


def _other(scene: Scene, reference: Reference, kept: Mapping[str, Any]) -> bool | None:
    """Whether a value is another than the one sent last; None where that cannot be told."""
    hashed = kept.get("hash")
    same = scene.ask.vault.same(reference, hashed) if isinstance(hashed, str) else None
    return None if same is None else not same


def compare_secrets(scene: Scene) -> Found:
    """Secrets, of which the service shows names at most: the ledger's hashes stand in for the values."""
    found, model = Found(), scene.spec.model
    if model is None or model.secrets is None:
        return found
    folder, known = scene.resource.folder, scene.recorded(SECRETS)
    wanted, after = model.secrets, {k: v.reference(folder) for k, v in model.secrets.items()}
    record = {**_sent(scene, wanted), "shown": _shown(scene)}
    if scene.live is None:
        if wanted:
            found.differs(scene, SECRETS, None, after, record, author=True, hub=False)
        else:
            found.settled[(SECRETS,)] = {"entries": {}}
        return found
    entries = _entries(known)
    have = _names(scene.live, known)
    judged = Judged()
    for name, value in sorted(wanted.items()):
        if name in have:
            judged.take(judge_secret(scene, name, value, entries.get(name)))
    gone, new = sorted(have - set(wanted)), sorted(set(wanted) - have)
    author = judged.author or set(entries) != set(wanted)
    hub = known is not MISSING and have != set(entries)
    if judged.sends or gone or new:
        before = dict.fromkeys(sorted(have))
        note = _dropping(gone, [*(f"{name} is new" for name in new), *judged.notes])
        risks = (LOST,) if gone else ()
        found.differs(scene, SECRETS, before, after, record, author=author, hub=hub, risks=risks, note=note)
        return found
    kept = {k: {**entries.get(k, {}), **_said(v)} for k, v in wanted.items()}
    found.settled[(SECRETS,)] = {"entries": kept, **_seen(scene.live, known)}
    found.unverified = [(SECRETS, name) for name in judged.unverified]
    _say_uncompared(found, "secrets", judged)
    return found


def judge_secret(scene: Scene, name: str, wanted: SecretValue, known: Mapping[str, Any] | None) -> Judged:
    """A secret that is there: whether the manifest, the command line or the ledger's hash wants it sent again.

    ``known`` is the ledger's word, None where it has none.
    """
    judged = Judged()
    reference = wanted.reference(scene.resource.folder)
    if known is not None and wanted.version is not None and wanted.version != known.get("version"):
        judged.ask(f"{name}: version {known.get('version') or 'none'} → {wanted.version}")
    if scene.ask.rotates(name):
        judged.ask(f"{name}: rotation asked for")
    if known is None or "hash" not in known:
        if scene.ask.send_unverified:
            judged.ask(f"{name}: {HIDDEN}")
        judged.unverified.append(name)
        return judged
    other = _other(scene, reference, known)
    if other:
        judged.ask(f"{name}: another value ({reference.label})")
    elif other is None:
        judged.uncompared.append(f"{name} ({reference.label})")
    return judged


def _names(live: LiveEndpoint, known: Any) -> set[str]:
    """The names of the secrets that are there.

    A service that shows none, not even right after they were sent, is taken at the ledger's word.
    """
    found = live.at("model", "secrets")
    names = set(found) if isinstance(found, Mapping) else set()
    unseen = isinstance(known, Mapping) and not known.get("shown")
    return names or (set(_entries(known)) if unseen else set())


def _shown(scene: Scene) -> Deferred:
    """The secrets as they read back right after they were sent: whether the service shows their names."""
    address = scene.ask.address
    read = endpoint_path(address.namespace, address.name)
    label = f"names of the secrets of {address.id}"
    return Deferred(label, read, ("model", "secrets"), optional=True, api=Api.ENDPOINTS)


def _seen(live: LiveEndpoint, known: Any) -> dict[str, Any]:
    """What the ledger keeps of whether the service shows the names."""
    found = live.at("model", "secrets")
    if isinstance(found, Mapping) and found:
        return {"shown": dict.fromkeys(sorted(map(str, found)))}
    return {"shown": known["shown"]} if isinstance(known, Mapping) and "shown" in known else {}


def _entries(known: Any) -> Mapping[str, Any]:
    entries = known.get("entries") if isinstance(known, Mapping) else None
    return entries if isinstance(entries, Mapping) else {}


def _sent(scene: Scene, wanted: Mapping[str, SecretValue]) -> dict[str, Any]:
    """What the ledger keeps of secrets once they are sent."""
    folder = scene.resource.folder
    return {"entries": {k: {"hash": Hashed(v.reference(folder)), **_said(v)} for k, v in wanted.items()}}


def _said(wanted: SecretValue) -> dict[str, str]:
    return {} if wanted.version is None else {"version": wanted.version}


def kept_text(value: str | Reference) -> dict[str, Any]:
    """What the ledger keeps of a value that is sent: of what came from this machine, a hash."""
    return {"value": value} if isinstance(value, str) else {"hash": Hashed(value)}


def _kept(value: str | Reference, known: Any, name: str) -> dict[str, Any]:
    """What the ledger keeps of a value that is there already."""
    if isinstance(value, str):
        return {"value": value}
    old = known.get(name, {}) if isinstance(known, Mapping) else {}
    return {"hash": old["hash"]} if "hash" in old else {}


def _was_referred(known: Any, name: str) -> bool:
    return isinstance(known, Mapping) and "hash" in known.get(name, {})


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _dropping(gone: Iterable[str], notes: Iterable[str]) -> str:
    names = ", ".join(sorted(gone))
    return ", ".join([*([f"removes {names}"] if names else []), *notes])


def _say_uncompared(found: Found, what: str, judged: Judged) -> None:
    if judged.uncompared and not judged.sends:
        found.notes.append(f"{what} not compared: {', '.join(judged.uncompared)}")
