"""The gate before apply: risks that need consent, limits on deletions, and what must not be destroyed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.directives import Allowance, Directives, RemovalAction
from hfops.model.plan import Plan
from hfops.model.risk import RiskKind

NAMED = 5
"""How many resources a refusal names."""

PERCENT_FROM = 10
"""``maxDeletePercent`` counts from this many owned resources up: of three, one is a third."""


@dataclass(frozen=True, slots=True)
class Guards:
    """How many resources one apply may delete: a count, and a percentage of what the project owns.

    ``no_unmanaged``: nothing may live beside what the manifests describe (``unmanaged: fail``).
    """

    max_deletes: int = 5
    max_delete_percent: float = 25
    no_unmanaged: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """One why apply ends with exit code 3. ``ways`` are the exact lines that would let it through.

    A risk has a ``reason`` and, like a protection, the ``address`` that it is about; guards are about the plan.
    """

    code: str
    message: str
    ways: tuple[str, ...] = ()
    risk: RiskKind | None = None
    address: Address | None = None
    reason: str = ""

    def to_json(self) -> dict[str, object]:
        """The JSON form in reports."""
        out: dict[str, object] = {"code": self.code, "message": self.message, "ways": list(self.ways)}
        more = {
            "risk": self.risk and self.risk.value,
            "address": self.address and str(self.address),
            "reason": self.reason,
        }
        return out | {k: v for k, v in more.items() if v}


def refusals(
    plan: Plan, directives: Directives, allowed: Sequence[Allowance], guards: Guards, today: date
) -> tuple[Refusal, ...]:
    """Everything that stands between ``plan`` and apply. ``allowed`` are the command line's ``--allow``."""
    allowances = (*directives.allow, *allowed)
    return (
        *_protected(plan),
        *_too_many(plan, guards),
        *(_strays(plan) if guards.no_unmanaged else ()),
        *(
            r
            for kind in RiskKind
            if kind.needs_consent
            for r in _risky(plan, kind, directives, allowances, today)
        ),
    )


def _protected(plan: Plan) -> Iterator[Refusal]:
    for change in plan.acting:
        if change.prevent_destroy and change.action in (Action.DELETE, Action.REPLACE):
            yield Refusal(
                "prevent_destroy",
                f"{change.address} is protected by lifecycle.preventDestroy and would be {change.action.value}d",
                (
                    "take preventDestroy out of its manifest and apply that, then run this again",
                    "in its removed entry of a Changes document: overrideProtection: true",
                ),
                address=change.address,
            )


def _too_many(plan: Plan, guards: Guards) -> Iterator[Refusal]:
    count = len(plan.deletes)
    if count > guards.max_deletes:
        message = f"{count} resources would be deleted, the limit is {guards.max_deletes}"
        yield Refusal(
            "max_deletes", message, (f"--max-deletes {count}", f"hfops.yaml: safety: {{maxDeletes: {count}}}")
        )
    if plan.owned >= PERCENT_FROM and count * 100 > guards.max_delete_percent * plan.owned:
        percent = -(-count * 100 // plan.owned)
        message = f"{count} of {plan.owned} resources ({percent} %) would be deleted, the limit is {guards.max_delete_percent:g} %"
        yield Refusal(
            "max_delete_percent", message,
            (f"--max-delete-percent {percent}", f"hfops.yaml: safety: {{maxDeletePercent: {percent}}}"),
        )  # fmt: skip


def _strays(plan: Plan) -> Iterator[Refusal]:
    if plan.unmanaged:
        named = ", ".join(map(str, plan.unmanaged[:NAMED]))
        more = f" and {len(plan.unmanaged) - NAMED} more" if len(plan.unmanaged) > NAMED else ""
        yield Refusal(
            "unmanaged",
            f"no manifest describes {named}{more}, and unmanaged: fail forbids that",
            ("write manifests for them", "hfops.yaml: unmanaged: report"),
        )


def _risky(
    plan: Plan, kind: RiskKind, directives: Directives, allowances: Sequence[Allowance], today: date
) -> Iterator[Refusal]:
    for change in plan.acting:
        reasons = [r.reason for r in change.risks if r.kind is kind]
        if not reasons or _consented(change, kind, directives, allowances, today):
            continue
        reason = "; ".join(reasons) + _ended(change, kind, allowances, today)
        yield Refusal(
            kind.value.replace("-", "_"),
            f"{kind.value}: {change.address}: {reason}",
            (
                f"--allow {kind.value}={change.address}",
                f"in a Changes document: allow: [{{risk: {kind.value}, address: {change.address}, reason: …}}]",
            ),
            kind,
            change.address,
            reason,
        )


def _ended(change: Change, kind: RiskKind, allowances: Sequence[Allowance], today: date) -> str:
    """A word on consent that was given and is over."""
    for allowance in allowances:
        if (
            allowance.until
            and allowance.covers(kind, change.address, allowance.until)
            and today > allowance.until
        ):
            return f" (the allow at {allowance.where} ended on {allowance.until})"
    return ""


def _consented(
    change: Change, kind: RiskKind, directives: Directives, allowances: Sequence[Allowance], today: date
) -> bool:
    """An ``allow`` says so; a ``removed: delete`` entry says so for the deletion it asks for."""
    if any(a.covers(kind, change.address, today) for a in allowances):
        return True
    asked = change.action is Action.DELETE and kind in (RiskKind.DATA_LOSS, RiskKind.OUTAGE)
    entries = [r for r in directives.removed if r.action is RemovalAction.DELETE and r.where == change.where]
    return asked and any(change.address.matches(r.pattern) for r in entries)
