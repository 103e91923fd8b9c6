"""Rules to compare and to hold plans against, made from settings as a project file has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from hfops.kinds.registry import KINDS
from hfops.manifest.policies import PolicyRule, PolicyUse
from hfops.manifest.settings import Placed, References, Safety, Settings
from hfops.model.address import Address
from hfops.model.directives import Allowance, Directives, Move, Removal, RemovalAction
from hfops.model.resource import Ignore, Lifecycle, OnDrift, Resource, Waiver
from hfops.model.risk import RiskKind
from hfops.model.source import Mark
from hfops.review.policies.chosen import chosen
from hfops.review.rules import Rules

TODAY = date(2026, 6, 15)
PAST, SOON, LATER = date(2026, 6, 14), date(2026, 7, 1), date(2026, 8, 1)


def rules(
    *resources: Resource,
    policies: Iterable[dict[str, Any]] = (),
    directives: Directives | None = None,
    place: str | None = None,
    **settings: Any,
) -> Rules:
    """A project's rules. ``settings`` are named as in ``Settings``; ``safety`` and ``references`` are plain data."""
    settings["safety"] = Safety.model_validate(settings.get("safety", {}))
    settings["references"] = References.model_validate(settings.get("references", {}))
    entries = [PolicyUse.model_validate(p) if "use" in p else PolicyRule.model_validate(p) for p in policies]
    placed = tuple(Placed(e, Mark("hfops.yaml", i + 10)) for i, e in enumerate(entries))
    return Rules(
        Settings(**settings), chosen(placed, "acme"), directives or Directives(), {r.address: r for r in resources},
        place=place,
    )  # fmt: skip


def model(
    name: str = "a",
    line: int = 1,
    labels: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    **life: Any,
) -> Resource:
    """A manifest; ``life`` is its ``lifecycle``, as ``Lifecycle`` names it."""
    found = KINDS["Model"].spec.model_validate(spec or {})
    where = Mark("m.yaml", line)
    return Resource(
        Address("Model", "acme", name), found, where, labels=labels or {}, lifecycle=Lifecycle(**life)
    )


def allow(
    pattern: str | None, until: date | None = None, risk: str = "exposure", line: int = 1
) -> Directives:
    """A document that consents."""
    return Directives(allow=(Allowance(RiskKind(risk), pattern, "r", until, Mark("c.yaml", line)),))


def removed(pattern: str, action: str = "delete", *, override: bool = False, line: int = 1) -> Directives:
    """A document that removes."""
    entry = Removal(pattern, RemovalAction(action), None, override, Mark("c.yaml", line))
    return Directives(removed=(entry,))


def moved(source: str, target: str) -> Directives:
    """A document that renames."""
    return Directives(moved=(Move(source, target),))


def waived(policy: str = "p", until: date = SOON) -> tuple[Waiver, ...]:
    """A waiver."""
    return (Waiver(policy, "r", until, Mark("m.yaml", 9)),)


def ignoring(*paths: str, until: date | None = None) -> tuple[Ignore, ...]:
    """ignoreChanges."""
    return tuple(Ignore(p, None, until) for p in paths)


REPORT = OnDrift.REPORT
