"""Comparing variables, which everybody who sees the Space can read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.kinds.repo.refs import exclusive_lists
from hfops.kinds.space.live import LiveVariable
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.space.spec import Variable
from hfops.kinds.space.unlisted import entries_there, is_unlisted, unlisted_notes
from hfops.kinds.threeway import Verdict, keyed
from hfops.kinds.values import ReferenceValue
from hfops.model.change import Difference, Op
from hfops.model.late import Hashed, Reference
from hfops.model.record import MISSING, Origin

COPIED_VARIABLES = "copiedVariables"
"""A fact: the variables that a new Space gets from what it is a copy of; read where they are too many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A variable as the manifest says it."""

    value: str | Reference
    description: str | None = None


def wanted_variables(scene: Scene) -> dict[str, Wanted]:
    """The manifest's variables, by name."""
    out = {}
    for name, said in (scene.spec.variables or {}).items():
        described = said.description if isinstance(said, Variable) else None
        value = said.value if isinstance(said, Variable) else said
        text = value.reference(scene.resource.folder) if isinstance(value, ReferenceValue) else value
        out[name] = Wanted(text, described)
    return out


def compare_variables(scene: Scene) -> Found:
    """Values and, where written, descriptions."""
    if scene.spec.variables is None:
        return Found()
    live = entries_there(scene, "variables", scene.spec.variables)
    judge = _Judge(scene)
    exclusive = exclusive_lists(scene.spec, scene.ask.record).get("variables")
    wanted = wanted_variables(scene)
    found = Found.of(keyed("variables", wanted, live, scene.entries("variables"), judge, exclusive=exclusive))
    found.differences = [_dressed(d) for d in found.differences]
    _copied(scene, wanted, found)
    found.notes += unlisted_notes(scene, "variables", wanted)
    if judge.unlisted:
        found.unverified = [k for k, record in found.settled.items() if not _is_known(record)]
    if judge.uncompared:
        found.notes.append(f"variables not compared: {', '.join(judge.uncompared)}")
    open_to_all = [n for n, w in wanted.items() if isinstance(w.value, Reference) and not w.value.resource]
    sent = {d.key[1] for d in found.differences if d.op is not Op.REMOVE}
    if scene.visibility == "public" and (shown := [n for n in open_to_all if n in sent]):
        found.notes.append(f"everybody can read the variables of a public Space: {', '.join(shown)}")
    return found


def _copied(scene: Scene, wanted: Mapping[str, Wanted], found: Found) -> None:
    """What a copy brings along, and an exclusive list does not name: it goes right after."""
    source = scene.spec.duplicate_from
    if scene.live is not None or source is None or "variables" not in (scene.spec.exclusive or ()):
        return
    copied: Mapping[str, LiveVariable] | None = scene.sight.facts.get(COPIED_VARIABLES)
    if copied is None:
        message = f"which variables the copy brings along is known once {source} is there, and can be read"
        hint = f"apply Space/{source} first, or leave variables out of exclusive"
        found.problems.append(scene.problem(("duplicateFrom",), message, hint))
        return
    note = f"comes with the copy of {source}, and the list is exclusive"
    found.differences += [
        Difference(("variables", name), Op.REMOVE, live.value, None, note=note)
        for name, live in copied.items()
        if name not in wanted
    ]


def _dressed(difference: Difference) -> Difference:
    """The difference in what a plan can show; what came from a reference is not repeated from the ledger."""
    before, known = difference.before, difference.recorded
    referred = isinstance(known, Mapping) and "hash" in known
    if isinstance(before, LiveVariable):
        before = None if referred else before.value
    kept = (
        {k: v for k, v in known.items() if k not in ("hash", "origin")}
        if isinstance(known, Mapping)
        else None
    )
    return replace(difference, before=before, recorded=kept)


@dataclass(slots=True)
class _Judge:
    """Judges one variable after the other. ``uncompared`` are those whose value cannot be known now."""

    scene: Scene
    uncompared: list[str] = field(default_factory=list)

    def __call__(self, name: str, wanted: Wanted, live: Any, recorded: Any) -> Verdict:
        known: Mapping[str, Any] = {} if recorded is MISSING else recorded
        now: LiveVariable | None = None if live is MISSING else live
        text = self._text(wanted.value)
        author, hub = self._causes(wanted, text, now, known)
        origin = known.get("origin", Origin.CREATED if now is None else Origin.ADOPTED)
        if now is not None and self._same(name, wanted, text, now, known):
            kept = {**self._kept(wanted, known), **_described(wanted, now), "origin": origin}
            return Verdict(same=True, before=live, after=live, record=kept)
        described = now is not None and _described_otherwise(wanted, now)
        shown = isinstance(wanted.value, str) and ("value" in known or not self.unlisted)
        before: Any = now.value if now is not None and shown else None
        after: Any = wanted.value
        if described and now is not None:
            before, after = (
                {"value": before, "description": now.description},
                {"value": after, **_said(wanted)},
            )
        return Verdict(
            same=False, before=before, after=after,
            record={**_record(wanted.value), **_described(wanted, now), "origin": origin},
            author=author, hub=hub,
        )  # fmt: skip

    @property
    def unlisted(self) -> bool:
        """Whether the Hub does not show the list: what is there is what the ledger says then."""
        return is_unlisted(self.scene, "variables")

    def _text(self, value: str | Reference) -> str | None:
        return self.scene.ask.vault.text(value) if isinstance(value, Reference) else value

    def _same(
        self, name: str, wanted: Wanted, text: str | None, now: LiveVariable, known: Mapping[str, Any]
    ) -> bool:
        if self.unlisted and not _is_known(known):
            return not self.scene.ask.send_unverified  # adopted by name, and never seen
        if _described_otherwise(wanted, now):
            return False
        if self.unlisted and "hash" in known:
            return self._as_sent(name, wanted.value, known["hash"])
        if text is not None:
            return text == now.value
        if "value" in known:
            return False  # written out before, by reference now: the author's change
        assert isinstance(wanted.value, Reference)
        self.uncompared.append(f"{name} ({wanted.value.label})")
        return True

    def _as_sent(self, name: str, value: str | Reference, hashed: str) -> bool:
        """Whether a variable that is not shown is as it was sent by reference, for all that the ledger can tell."""
        if isinstance(value, str):
            return False  # by reference before, written out now: the author's change
        same = self.scene.ask.vault.same(value, hashed)
        if same is None:
            self.uncompared.append(f"{name} ({value.label})")
        return same is not False

    def _kept(self, wanted: Wanted, known: Mapping[str, Any]) -> dict[str, Any]:
        """What the ledger keeps of a value that is there already: nothing of one that was never seen."""
        if isinstance(wanted.value, str) and ("value" in known or not self.unlisted):
            return {"value": wanted.value}
        return {"hash": known["hash"]} if "hash" in known else {}

    def _causes(
        self, wanted: Wanted, text: str | None, now: LiveVariable | None, known: Mapping[str, Any]
    ) -> tuple[bool, bool]:
        """Whether the manifest's author made the difference, and whether somebody on the Hub did."""
        if not known:
            return False, False
        said = wanted.description is not None and wanted.description != known.get("description")
        moved = now is None or (not said and _described_otherwise(wanted, now))
        if isinstance(wanted.value, str):
            author = known.get("value") != wanted.value
            hub = "value" in known and now is not None and now.value != known["value"]
            return author or said, hub or moved
        hashed = known.get("hash")
        same = self.scene.ask.vault.same(wanted.value, hashed) if isinstance(hashed, str) else None
        author = same is False or "value" in known
        hub = same is True and now is not None and not self.unlisted and text != now.value
        return author or said, hub or moved


def _described_otherwise(wanted: Wanted, now: LiveVariable) -> bool:
    return wanted.description is not None and wanted.description != (now.description or "")


def _record(value: str | Reference) -> dict[str, Any]:
    """What the ledger keeps of a value that is sent: of what came from this machine, a hash."""
    return {"value": value} if isinstance(value, str) else {"hash": Hashed(value)}


def _is_known(record: Mapping[str, Any]) -> bool:
    """Whether the ledger knows a variable's value, or could tell it."""
    return "value" in record or "hash" in record


def _described(wanted: Wanted, now: LiveVariable | None) -> dict[str, str]:
    """The description that is there in the end, also one of somebody else's: it is sent with the next value."""
    described = wanted.description if wanted.description is not None or now is None else now.description
    return {} if described is None else {"description": described}


def _said(wanted: Wanted) -> dict[str, str]:
    return {} if wanted.description is None else {"description": wanted.description}


def variable_arrived(intended: Any, live: LiveVariable | None) -> dict[str, Any] | None:
    """What the ledger keeps of a variable of which it is not known whether it was sent; empty: what it has.

    None: it is not there.
    """
    if live is None:
        return None
    kept = {k: v for k, v in intended.items() if v is not None} if isinstance(intended, Mapping) else {}
    return kept if kept.get("value", live.value) == live.value else {}
