"""The three-way compare that all kinds share: manifest, ledger, live. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.model.change import Cause, Difference, Op
from hfops.model.key import Key
from hfops.model.record import MISSING, Origin


def cause(*, author: bool, hub: bool, recorded: bool) -> Cause:
    """Who made a difference: ``author`` (manifest ≠ ledger), ``hub`` (live ≠ ledger), or the ledger knows nothing."""
    if not recorded:
        return Cause.NEW
    if author and hub:
        return Cause.BOTH
    return Cause.DRIFT if hub else Cause.CHANGE


def scalar(name: str, wanted: Any, live: Any, recorded: Any) -> Difference | None:
    """The difference of one field, or None where the Hub already agrees."""
    if wanted == live:
        return None
    known = recorded is not MISSING
    why = cause(author=wanted != recorded, hub=live != recorded, recorded=known)
    op = Op.ADD if live is None else Op.CHANGE
    return Difference((name,), op, live, wanted, why, recorded if known else None, wanted)


@dataclass(slots=True)
class Why:
    """Why a value that cannot be compared is sent, if it is: whose doing, and in which words."""

    author: bool = False
    hub: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def sends(self) -> bool:
        """Whether it is to be sent again."""
        return self.author or self.hub

    def ask(self, note: str) -> None:
        """The manifest, or the command line, wants it sent."""
        self.author = True
        self.notes.append(note)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one wanted entry of a keyed list stands to what is live."""

    same: bool
    before: Any
    after: Any
    record: Any
    author: bool = False
    hub: bool = False
    note: str = ""


Judge = Callable[[str, Any, Any, Any], Verdict]
"""(name, wanted, live or MISSING, recorded or MISSING) → verdict."""


@dataclass(slots=True)
class Keyed:
    """What comparing one keyed list found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    released: list[Key] = field(default_factory=list)
    foreign: list[Key] = field(default_factory=list)


def keyed(
    field_name: str,
    wanted: Mapping[str, Any],
    live: Mapping[str, Any],
    recorded: Mapping[str, Any],
    judge: Judge,
    *,
    exclusive: Cause | None = None,
    undeletable: frozenset[str] = frozenset(),
) -> Keyed:
    """Compare a keyed list three ways.

    Entries that hfops made and the manifest dropped are removed; entries it only adopted are released; entries
    nobody here made are foreign, and removed only where the list is ``exclusive``: by whose doing they are too
    many, the author's who made it so, or somebody's who added them since.
    """
    out = Keyed()
    for name, want in wanted.items():
        key = (field_name, name)
        known = recorded.get(name, MISSING)
        verdict = judge(name, want, live.get(name, MISSING), known)
        if verdict.same:
            out.settled[key] = verdict.record
        else:
            out.differences.append(_difference(key, verdict, name in live, known))
    for name in recorded:
        if name not in wanted:
            ours = recorded[name].get("origin") == Origin.CREATED or exclusive is not None
            _dropped(
                out,
                (field_name, name),
                live.get(name, MISSING),
                recorded[name],
                ours and name not in undeletable,
            )
    for name in live:
        if name in wanted or name in recorded or name in undeletable:
            continue
        key = (field_name, name)
        if exclusive is not None:
            note = "not in the manifest, and the list is exclusive"
            out.differences.append(Difference(key, Op.REMOVE, live[name], None, exclusive, note=note))
        else:
            out.foreign.append(key)
    return out


def _difference(key: Key, verdict: Verdict, is_live: bool, known: Any) -> Difference:
    why = cause(author=verdict.author, hub=verdict.hub, recorded=known is not MISSING)
    op = Op.CHANGE if is_live else Op.ADD
    old = None if known is MISSING else known
    return Difference(key, op, verdict.before, verdict.after, why, old, verdict.record, note=verdict.note)


def _dropped(out: Keyed, key: Key, live: Any, recorded: Any, removable: bool) -> None:
    if live is MISSING or not removable:
        out.released.append(key)
    else:
        out.differences.append(Difference(key, Op.REMOVE, live, None, Cause.CHANGE, recorded))
