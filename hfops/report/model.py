"""The one report model: a plan in its JSON form, with what the run adds. Every renderer reads this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.model.plan import Plan
from hfops.review.gate import Refusal

AGREES = "Nothing to do: the Hub agrees with the manifests."


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests: what planning took, and what the Hub says is left of the quota."""

    requests: int = 0
    left: int | None = None
    limit: int | None = None
    reset_seconds: int | None = None

    def to_json(self) -> dict[str, int]:
        """The JSON form; what the Hub did not say is left out."""
        found = {
            "requests": self.requests,
            "left": self.left,
            "limit": self.limit,
            "resetSeconds": self.reset_seconds,
        }
        return {k: v for k, v in found.items() if v is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader of a plan gets."""

    plan: Mapping[str, Any]
    refusals: Sequence[Mapping[str, Any]] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    hub: str = ""
    idle: str = AGREES
    """What to say where nothing is to be done."""
    applying: bool = False
    """Whether the calls are about to be made; a plan alone says that apply plans again."""

    def to_json(self) -> dict[str, Any]:
        """The plan's JSON, then what changes from run to run."""
        return {**self.plan, "refusals": list(self.refusals), "hub": self.hub, "usage": dict(self.usage)}


def report(plan: Plan, refused: Sequence[Refusal], usage: Usage, hub: str) -> Report:
    """The report of a plan made just now."""
    return Report(plan.to_json(), [r.to_json() for r in refused], usage.to_json(), hub)


_STRUCTURE = frozenset({"action", "address", "cause", "op"})
"""Keys whose values renderers take apart; what they show of them passes the mask again."""


def masked(made: Report, mask: Callable[[str], str]) -> Report:
    """``made`` without secrets, before any renderer escapes their letters into another spelling."""
    return replace(made, plan=_masked(made.plan, mask), refusals=_masked(made.refusals, mask))


def _masked(value: Any, mask: Callable[[str], str], key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in _STRUCTURE else mask(value)
    if isinstance(value, Mapping):
        return {k: _masked(v, mask, k) for k, v in value.items()}
    return [_masked(v, mask) for v in value] if isinstance(value, list | tuple) else value
