"""What comparing one resource looks at, and where it puts what it finds: the base of the kinds' own scenes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.base import Ask, Sight
from hfops.kinds.threeway import cause
from hfops.model.change import Difference, Op
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import MISSING
from hfops.model.resource import Resource
from hfops.model.risk import Risk
from hfops.model.source import Path, dotted


def problem(resource: Resource, path: Path, message: str, hint: str | None = None) -> Problem:
    """What is wrong with the value at ``path``, which counts from ``spec``."""
    at: Path = ("spec", *path)
    return Problem(message, resource.mark(at), str(resource.address), dotted(at), hint)


@dataclass(frozen=True, slots=True)
class BaseScene:
    """One resource as wanted and remembered, and as it was seen."""

    ask: Ask
    sight: Sight

    @property
    def resource(self) -> Resource:
        """The manifest."""
        assert self.ask.resource is not None
        return self.ask.resource

    def recorded(self, *key: str) -> Any:
        """What the ledger knows of a field, or of an entry of a list; or MISSING."""
        return self.ask.record.get(key) if self.ask.record else MISSING

    def remembers(self, name: str) -> bool:
        """Whether the ledger knows the field's value."""
        return self.recorded(name) is not MISSING

    def shown(self, known: Any) -> Any:
        """What a plan shows of the ledger's word."""
        return known


@dataclass(slots=True)
class Found:
    """What comparing one field or several found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    unverified: list[Key] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def differs(
        self,
        scene: BaseScene,
        name: str,
        before: Any,
        after: Any,
        record: Any,
        *,
        author: bool,
        hub: bool,
        risks: Iterable[Risk] = (),
        note: str = "",
    ) -> None:
        """Note a field that is not as wanted, and by whose doing."""
        known = scene.recorded(name)
        why = cause(author=author, hub=hub, recorded=scene.remembers(name))
        op = Op.ADD if scene.sight.live is None or before is None else Op.CHANGE
        recorded = None if known is MISSING else scene.shown(known)
        self.differences.append(
            Difference((name,), op, before, after, why, recorded, record, tuple(risks), note)
        )

    def add(self, other: Found) -> None:
        """Take over what another comparison found."""
        self.differences += other.differences
        self.settled |= other.settled
        self.unverified += other.unverified
        self.notes += other.notes
        self.problems += other.problems
