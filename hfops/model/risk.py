"""What a change may cost its owner beyond the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RiskKind(StrEnum):
    """The five risks; all but ``downtime`` need consent before they are taken."""

    DATA_LOSS = "data-loss"
    OUTAGE = "outage"
    EXPOSURE = "exposure"
    COST = "cost"
    DOWNTIME = "downtime"

    @property
    def needs_consent(self) -> bool:
        """Whether apply refuses (exit 3) until somebody said yes to it."""
        return self is not RiskKind.DOWNTIME


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk of one difference, with the reason in words.

    ``host`` is set where the risk is that this host gets to know things; a project may trust it.
    """

    kind: RiskKind
    reason: str
    host: str = ""

    def to_json(self) -> dict[str, str]:
        """The JSON form in plans."""
        return {"risk": self.kind.value, "reason": self.reason}
