"""Comparing variables, which everybody who sees the Space can read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.kinds.repo.refs import exclusive_lists
from hfops.kinds.space.live import LiveVariable
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.space.spec import Variable
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
    live = dict((scene.live.variables or {}) if scene.live else {})
    judge = _Judge(scene)
    exclusive = exclusive_lists(scene.spec, scene.ask.record).get("variables")
    wanted = wanted_variables(scene)
    found = Found.of(keyed("variables", wanted, live, scene.entries("variables"), judge, exclusive=exclusive))
    found.differences = [_dressed(d) for d in found.differences]
    _copied(scene, wanted, found)
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
            kept = {**_kept(wanted, known), **_said(wanted), "origin": origin}
            return Verdict(same=True, before=live, after=live, record=kept)
        described = now is not None and _described_otherwise(wanted, now)
        before: Any = now.value if now is not None and isinstance(wanted.value, str) else None
        after: Any = wanted.value
        if described and now is not None:
            before, after = (
                {"value": before, "description": now.description},
                {"value": after, **_said(wanted)},
            )
        return Verdict(
            same=False, before=before, after=after,
            record={**_record(wanted.value), **_said(wanted), "origin": origin},
            author=author, hub=hub,
        )  # fmt: skip

    def _text(self, value: str | Reference) -> str | None:
        return self.scene.ask.vault.text(value) if isinstance(value, Reference) else value

    def _same(
        self, name: str, wanted: Wanted, text: str | None, now: LiveVariable, known: Mapping[str, Any]
    ) -> bool:
        if _described_otherwise(wanted, now):
            return False
        if text is not None:
            return text == now.value
        if "value" in known:
            return False  # written out before, by reference now: the author's change
        assert isinstance(wanted.value, Reference)
        self.uncompared.append(f"{name} ({wanted.value.label})")
        return True

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
        hub = same is True and now is not None and text != now.value
        return author or said, hub or moved


def _described_otherwise(wanted: Wanted, now: LiveVariable) -> bool:
    return wanted.description is not None and wanted.description != (now.description or "")


def _record(value: str | Reference) -> dict[str, Any]:
    """What the ledger keeps of a value that is sent: of what came from this machine, a hash."""
    return {"value": value} if isinstance(value, str) else {"hash": Hashed(value)}


def _kept(wanted: Wanted, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of a value that is there already."""
    if isinstance(wanted.value, str):
        return {"value": wanted.value}
    return {"hash": known["hash"]} if "hash" in known else {}


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
