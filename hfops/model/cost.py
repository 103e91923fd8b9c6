"""Money: what running something costs, in US$ an hour."""

from __future__ import annotations

from dataclasses import dataclass

HOURS_A_MONTH = 730
"""365 days of 24 hours, divided by 12."""


@dataclass(frozen=True, slots=True)
class Cost:
    """US$ an hour, from the fewest replicas to the most."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.low + other.low, self.high + other.high)

    def to_json(self) -> dict[str, float]:
        """The JSON form: US$ an hour, four decimals."""
        return {"low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a resource costs before and after its change."""

    before: Cost = Cost()
    after: Cost = Cost()

    @property
    def increase(self) -> float:
        """By how much the most that it can cost rises, in US$ an hour; negative where it falls."""
        return self.after.high - self.before.high

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.before + other.before, self.after + other.after)

    def to_json(self) -> dict[str, dict[str, float]]:
        """The JSON form."""
        return {"before": self.before.to_json(), "after": self.after.to_json()}
