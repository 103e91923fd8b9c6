"""Comparing secrets, of which the Hub shows the names and when each was last set. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.hub.paths import repo_path
from hfops.kinds.repo.refs import exclusive_lists
from hfops.kinds.space.live import LiveSecret, moment
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.space.unlisted import entries_there, unlisted_notes
from hfops.kinds.threeway import Verdict, Why, keyed
from hfops.kinds.values import SecretValue
from hfops.model.call import Deferred
from hfops.model.change import Difference, Op
from hfops.model.late import Hashed, Reference
from hfops.model.record import MISSING, Origin
from hfops.model.risk import Risk, RiskCode, RiskKind

HIDDEN = "the Hub does not show the present value"
LOST = Risk(RiskKind.DATA_LOSS, RiskCode.SECRET_VALUE_LOST, "a secret's value cannot be read back")


def compare_secrets(scene: Scene) -> Found:
    """Every wanted secret against the ledger's hash and the Hub's date; nothing ever shows a value."""
    if scene.spec.secrets is None:
        return Found()
    live = entries_there(scene, "secrets", scene.spec.secrets)
    judge = _Judge(scene)
    exclusive = exclusive_lists(scene.spec, scene.ask.record).get("secrets")
    found = Found.of(
        keyed("secrets", scene.spec.secrets, live, scene.entries("secrets"), judge, exclusive=exclusive)
    )
    found.differences = [_dressed(d) for d in found.differences]
    found.unverified = [k for k, record in found.settled.items() if _unknown(record)]
    found.notes += unlisted_notes(scene, "secrets", scene.spec.secrets)
    if judge.uncompared:
        found.notes.append(f"secrets not compared: {', '.join(judge.uncompared)}")
    return found


def _unknown(record: Mapping[str, Any]) -> bool:
    """Whether a secret was adopted by name: what it holds was never hfops's doing."""
    return "hash" not in record


def _dressed(difference: Difference) -> Difference:
    """The difference with its risks, and without what a plan need not repeat: objects and hashes."""
    before, known = difference.before, difference.recorded
    return replace(
        difference,
        before=dated(before) if isinstance(before, LiveSecret) else before,
        recorded={"updatedAt": known.get("updatedAt")} if isinstance(known, Mapping) else None,
        risks=(LOST,) if difference.op is Op.REMOVE else (),
    )


def unknown_secrets(scene: Scene) -> list[str]:
    """Secrets of the manifest whose present value this run does not know: it could not mask them in a text."""
    vault, known = scene.ask.vault, scene.entries("secrets")

    def is_known(name: str, wanted: SecretValue) -> bool:
        reference, hashed = wanted.reference(scene.resource.folder), known.get(name, {}).get("hash")
        other = isinstance(hashed, str) and vault.same(reference, hashed) is False
        return vault.text(reference) is not None and not other

    return [name for name, wanted in (scene.spec.secrets or {}).items() if not is_known(name, wanted)]


def dated(live: LiveSecret) -> dict[str, Any]:
    """All that can be shown of a secret."""
    return {"updatedAt": live.updated_at}


@dataclass(slots=True)
class _Judge:
    """Judges one secret after the other. ``uncompared`` are those of which a hash is known and no value."""

    scene: Scene
    uncompared: list[str] = field(default_factory=list)

    def __call__(self, name: str, wanted: SecretValue, live: Any, recorded: Any) -> Verdict:
        known: Mapping[str, Any] = {} if recorded is MISSING else recorded
        reference = wanted.reference(self.scene.resource.folder)
        origin = known.get("origin", Origin.CREATED if live is MISSING else Origin.ADOPTED)
        if live is MISSING:
            why = Why(author=self._changed(reference, known) is True, hub=bool(known))
        elif "hash" in known:
            why = self._ours(name, wanted, reference, live, known)
        else:
            why = self._never_sent(name, wanted, known)
        if live is not MISSING and not why.sends:
            kept = {**_undescribed(known), **_said(wanted, live), **_dating(live, known), "origin": origin}
            return Verdict(same=True, before=live, after=live, record=kept)
        return Verdict(
            same=False, before=None if live is MISSING else live, after=reference,
            record=self._sent(name, wanted, reference, origin, None if live is MISSING else live),
            author=why.author, hub=why.hub, note=", ".join(why.notes),
        )  # fmt: skip

    def _changed(self, reference: Reference, known: Mapping[str, Any]) -> bool | None:
        """Whether the value is another than the one sent last; None where that cannot be told."""
        hashed = known.get("hash")
        if not isinstance(hashed, str):
            return None
        same = self.scene.ask.vault.same(reference, hashed)
        return None if same is None else not same

    def _ours(
        self, name: str, wanted: SecretValue, reference: Reference, live: LiveSecret, known: Mapping[str, Any]
    ) -> Why:
        """A secret that hfops sent: what the manifest's author changed since, and what somebody on the Hub did."""
        why = self._asked(name, wanted, known)
        changed = self._changed(reference, known)
        why.author |= changed is True
        described = wanted.description
        if described is not None and described != (live.description or ""):
            why.notes.append("its description differs")
            why.author |= described != known.get("description")
            why.hub |= live.description != known.get("description")
        now, then = moment(live.updated_at), moment(known.get("updatedAt"))
        if now and then and now > then:
            why.notes.append("somebody set it since")
            why.hub = True
        if changed is None and not why.sends:
            self.uncompared.append(f"{name} ({reference.label})")
        return why

    def _never_sent(self, name: str, wanted: SecretValue, known: Mapping[str, Any]) -> Why:
        """A secret that was there already, and whose value hfops knows nothing of: left, until somebody says more."""
        why = self._asked(name, wanted, known) if known else Why()
        if self.scene.ask.rotates(name) and not known:
            why.ask("rotation asked for")
        if known.get("origin") == Origin.CREATED:
            why.ask("what an interrupted run sent is not known")
        if known and wanted.description is not None and wanted.description != known.get("description"):
            why.ask("its description differs")
        if self.scene.ask.send_unverified:
            why.ask(HIDDEN)
        return why

    def _asked(self, name: str, wanted: SecretValue, known: Mapping[str, Any]) -> Why:
        """What the manifest and the command line say outright."""
        why = Why()
        if wanted.version is not None and wanted.version != known.get("version"):
            before = known.get("version")
            why.ask(f"version {before} → {wanted.version}" if before else f"version {wanted.version}")
        if self.scene.ask.rotates(name):
            why.ask("rotation asked for")
        return why

    def _sent(
        self, name: str, wanted: SecretValue, reference: Reference, origin: str, live: LiveSecret | None
    ) -> dict[str, Any]:
        """What the ledger keeps of a secret once it is sent."""
        read = repo_path("space", self.scene.ask.address.id, "secrets")
        when = Deferred(f"date of secret {name}", read, (name, "updatedAt"), optional=True)
        return {"hash": Hashed(reference), **_said(wanted, live), "updatedAt": when, "origin": origin}


def _dating(live: LiveSecret, known: Mapping[str, Any]) -> dict[str, str]:
    """The date of what was sent, where it could not be read right then."""
    undated = "hash" in known and not known.get("updatedAt")
    return {"updatedAt": live.updated_at} if undated and live.updated_at else {}


def _undescribed(known: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in known.items() if k != "description"}


def _said(wanted: SecretValue, live: LiveSecret | None) -> dict[str, str]:
    """What goes along with a value. A description of somebody else's is kept as well: it is sent with the next value."""
    described = wanted.description if wanted.description is not None or live is None else live.description
    said = {"version": wanted.version, "description": described}
    return {k: v for k, v in said.items() if v is not None}


def secret_arrived(intended: Any, known: Any, live: LiveSecret | None) -> dict[str, Any] | None:
    """What the ledger keeps of a secret of which it is not known whether it was sent; empty: what it has.

    None: it is not there. The Hub's date tells: one later than the recorded one is that of the call in doubt.
    """
    if live is None:
        return None
    before = dict(known) if isinstance(known, Mapping) else {}
    now, then = moment(live.updated_at), moment(before.get("updatedAt"))
    if not isinstance(intended, Mapping) or (before and not (now and then and now > then)):
        return {}
    kept = {k: v for k, v in intended.items() if k != "updatedAt" and v is not None}
    return {**kept, "updatedAt": live.updated_at}
