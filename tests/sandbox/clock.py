"""A clock that only moves when it is told to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class HandClock:
    """Seconds, moved by hand: ``sandbox.hub.clock = HandClock()``."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float = 1.0) -> None:
        self.now += seconds
