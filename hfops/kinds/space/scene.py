"""What comparing a Space looks at, and where it puts what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.base import Comparison
from hfops.kinds.scene import BaseScene, problem
from hfops.kinds.space.held import is_held, may_be_held
from hfops.kinds.space.live import LiveSpace
from hfops.kinds.space.spec import SpaceSpec
from hfops.kinds.threeway import Keyed
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.source import Path

COMMITTED_SDK = "committedSdk"
"""A fact: the sdk that the README.md to be committed names."""


@dataclass(frozen=True, slots=True)
class Scene(BaseScene):
    """One Space as wanted, as remembered, and as it is: ``live`` None means that it is to be created."""

    @property
    def spec(self) -> SpaceSpec:
        """What the manifest says."""
        assert isinstance(self.resource.spec, SpaceSpec)
        return self.resource.spec

    @property
    def live(self) -> LiveSpace | None:
        """What is there."""
        live = self.sight.live
        assert live is None or isinstance(live, LiveSpace)
        return live

    @property
    def sdk(self) -> str | None:
        """The sdk once all is done; None where only the Hub will know it."""
        source: str | None = self.sight.facts.get("sourceSdk")
        committed: str | None = self.sight.facts.get(COMMITTED_SDK)
        return self.spec.sdk or committed or (self.live.sdk if self.live else source)

    @property
    def visibility(self) -> str:
        """The visibility once all is done."""
        return self.spec.visibility or (self.live.visibility if self.live else "private")

    @property
    def pauses(self) -> bool:
        """Whether the manifest wants it paused."""
        return self.spec.state == "paused"

    def holds(self, difference: Difference) -> bool:
        """Whether the lifecycle surely leaves a difference alone; at creation it leaves nothing."""
        return self.live is not None and is_held(difference, self.resource.lifecycle)

    def may_hold(self, difference: Difference) -> bool:
        """Whether the lifecycle leaves a difference alone, or perhaps does."""
        return self.live is not None and may_be_held(difference, self.resource.lifecycle)

    def entries(self, name: str) -> Mapping[str, Any]:
        """What the ledger knows of a keyed list."""
        return self.ask.record.entries(name) if self.ask.record else {}

    def problem(self, path: Path, message: str, hint: str | None = None) -> Problem:
        """What is wrong with the value at ``path``, which counts from ``spec``."""
        return problem(self.resource, path, message, hint)


@dataclass(slots=True)
class Found:
    """What comparing one field or list found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    released: list[Key] = field(default_factory=list)
    unverified: list[Key] = field(default_factory=list)
    foreign: list[Key] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, keyed: Keyed) -> Found:
        """What comparing a keyed list found."""
        return cls(keyed.differences, keyed.settled, keyed.released, foreign=keyed.foreign)

    def scalar(self, name: str, wanted: Any, difference: Difference | None) -> None:
        """Note a field that differs, or that does not."""
        if difference is None:
            self.settled[(name,)] = wanted
        else:
            self.differences.append(difference)


def merged(base: Comparison, parts: Iterable[Found], starting: str) -> Comparison:
    """One comparison of all parts, in their order."""
    every: list[Comparison | Found] = [base, *parts]
    return Comparison(
        differences=tuple(d for p in every for d in p.differences),
        settled={k: v for p in every for k, v in p.settled.items()},
        released=tuple(k for p in every for k in p.released),
        unverified=tuple(k for p in every for k in p.unverified),
        foreign=tuple(k for p in every for k in p.foreign),
        notes=tuple(n for p in every for n in p.notes),
        problems=tuple(x for p in every for x in p.problems),
        starting=starting,
    )
