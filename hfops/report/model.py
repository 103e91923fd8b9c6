"""The one report model: a plan in its JSON form, with what the run adds. Every renderer reads this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.hub.throttling import Quota
from hfops.model.plan import Plan
from hfops.review.gate import Refusal
from hfops.review.loosening import Loosened

AGREES = "Nothing to do: the Hub agrees with the manifests."


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests: what planning took, and what the Hub says is left of the quota."""

    requests: int = 0
    left: int | None = None
    limit: int | None = None
    reset_seconds: int | None = None

    @classmethod
    def of(cls, requests: int, quota: Quota | None) -> Usage:
        """Requests so far, and what the Hub last said of the quota, if anything."""
        if quota is None:
            return cls(requests)
        return cls(requests, quota.left, quota.limit, round(quota.reset_seconds))

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
    loosened: Sequence[Mapping[str, Any]] = ()
    """Where the rules of this tree are looser than those of the branch that it shall go into."""

    def to_json(self) -> dict[str, Any]:
        """The plan's JSON, then what changes from run to run."""
        slack = {"guardLoosened": list(self.loosened)} if self.loosened else {}
        refused = {"refusals": list(self.refusals)}
        return {**self.plan, **slack, **refused, "hub": self.hub, "usage": dict(self.usage)}


def report(
    plan: Plan, refused: Sequence[Refusal], usage: Usage, hub: str, loosened: Sequence[Loosened] = ()
) -> Report:
    """The report of a plan made just now. ``loosened`` is what it changes of the rules that it is held against."""
    slack = [one.to_json() for one in loosened]
    return Report(plan.to_json(), [r.to_json() for r in refused], usage.to_json(), hub, loosened=slack)


_STRUCTURE = frozenset({"action", "address", "cause", "op"})
"""Keys whose values renderers take apart; what they show of them passes the mask again."""


def masked(made: Report, mask: Callable[[str], str]) -> Report:
    """``made`` without secrets, before any renderer escapes their letters into another spelling."""
    return replace(
        made,
        plan=_masked(made.plan, mask),
        refusals=_masked(made.refusals, mask),
        loosened=_masked(made.loosened, mask),
    )


def _masked(value: Any, mask: Callable[[str], str], key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in _STRUCTURE else mask(value)
    if isinstance(value, Mapping):
        return {k: _masked(v, mask, k) for k, v in value.items()}
    return [_masked(v, mask) for v in value] if isinstance(value, list | tuple) else value
