"""What a change may cost its owner beyond the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto


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


class RiskCode(StrEnum):
    """Why there is a risk, as a stable word for programs: the name in lower case.

    Each belongs to one kind; docs/risks.md says when it is given.
    """

    REPO_DELETED = auto()
    COMMITS_LOST = auto()
    STORAGE_LOST = auto()
    SECRET_VALUE_LOST = auto()
    COLLECTION_DELETED = auto()
    WEBHOOK_JOB_LOST = auto()
    WEBHOOK_SECRET_LOST = auto()
    JOB_SECRETS_LOST = auto()

    SPACE_DELETED = auto()
    SPACE_MOVED = auto()
    ENDPOINT_DELETED = auto()

    VISIBILITY_RAISED = auto()
    GATING_LOOSENED = auto()
    ORG_MEMBERS_LET_IN = auto()
    SECRETS_ON_STATIC_SPACE = auto()
    ENDPOINT_TYPE_WIDENED = auto()
    WEBHOOK_NEW_HOST = auto()
    WEBHOOK_UNKNOWN_HOST = auto()

    HOURLY_INCREASE = auto()

    SPACE_RESTART = auto()
    SPACE_PAUSED = auto()
    ENDPOINT_PAUSED = auto()
    ENDPOINT_SCALED_TO_ZERO = auto()
    ENDPOINT_RESTART = auto()


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk of one difference, with the reason as a code and in words.

    ``host`` is set where the risk is that this host gets to know things; a project may trust it.
    """

    kind: RiskKind
    code: RiskCode
    reason: str
    host: str = ""

    def to_json(self) -> dict[str, str]:
        """The JSON form in plans."""
        return {"risk": self.kind.value, "code": self.code.value, "reason": self.reason}
