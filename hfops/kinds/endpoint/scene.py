"""What comparing an endpoint looks at, and where it puts what it finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.endpoint.live import LiveEndpoint
from hfops.kinds.endpoint.spec import EndpointSpec
from hfops.kinds.scene import BaseScene, problem
from hfops.kinds.threeway import cause
from hfops.model.change import Difference, Op
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import MISSING
from hfops.model.risk import Risk


@dataclass(frozen=True, slots=True)
class Scene(BaseScene):
    """One endpoint as wanted, as remembered, and as it is: ``live`` None means that it is to be created."""

    @property
    def spec(self) -> EndpointSpec:
        """What the manifest says."""
        assert isinstance(self.resource.spec, EndpointSpec)
        return self.resource.spec

    @property
    def live(self) -> LiveEndpoint | None:
        """What is there."""
        live = self.sight.live
        assert live is None or isinstance(live, LiveEndpoint)
        return live

    @property
    def min_replica(self) -> int:
        """The fewest replicas once all is done."""
        scaling = self.spec.compute.scaling if self.spec.compute else None
        named = scaling.min_replica if scaling else None
        if named is not None:
            return named
        if self.live is not None:
            return self.live.min_replica
        most = scaling.max_replica if scaling else None
        return 1 if most is None else min(1, most)

    @property
    def max_replica(self) -> int:
        """The most replicas once all is done."""
        scaling = self.spec.compute.scaling if self.spec.compute else None
        named = scaling.max_replica if scaling else None
        if named is not None:
            return named
        return self.live.max_replica if self.live is not None else max(1, self.min_replica)

    def recorded(self, name: str) -> Any:
        """What the ledger knows of a field, or MISSING."""
        return self.ask.record.get((name,)) if self.ask.record else MISSING

    def problem(self, path: str, message: str, hint: str | None = None) -> Problem:
        """What is wrong with the field at ``path``, written with dots."""
        return problem(self.resource, tuple(path.split(".")) if path else (), message, hint)


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
        scene: Scene,
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
        why = cause(author=author, hub=hub, recorded=known is not MISSING)
        op = Op.ADD if scene.live is None or before is None else Op.CHANGE
        recorded = None if known is MISSING else shown_record(known)
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


def shown_record(known: Any) -> Any:
    """What a plan shows of the ledger's word: hashes left out."""
    if not isinstance(known, dict):
        return known
    return {k: shown_record(v) for k, v in known.items() if k not in ("hash", "shown")}
