"""How a Space's start fails: told by its card, or by whoever tests.

In the card's front matter: ``sandbox: {stage: BUILD_ERROR, log: [line, …], message: text}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """The stage that a start ends in, its last words, and what ``errorMessage`` says."""

    stage: str
    message: str
    log: tuple[str, ...] = ()

    @property
    def while_building(self) -> bool:
        """Whether the app is not even started."""
        return self.stage in ("BUILD_ERROR", "CONFIG_ERROR")

    @classmethod
    def of(cls, pair: tuple[str, str]) -> Failure:
        """A failure from a stage and a message, which is the log's one line."""
        stage, message = pair
        return cls(stage, message, (message,))

    @classmethod
    def read(cls, said: Any) -> Failure | None:
        """What a card's ``sandbox`` key says; None where it names no stage, or the one of a good start."""
        if not isinstance(said, dict) or said.get("stage") in (None, "RUNNING"):
            return None
        stage, log = str(said["stage"]), said.get("log") or []
        lines = tuple(str(line) for line in (log if isinstance(log, list) else [log]))
        message = said.get("message") or (lines[-1] if lines else f"The Space ended in {stage}")
        return cls(stage, str(message), lines)
