"""The gate before apply: risks that need consent, limits on deletions, and what must not be destroyed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hfops.model.address import Address, is_glob
from hfops.model.change import Action, Change
from hfops.model.directives import Allowance, Directives, Removal, RemovalAction
from hfops.model.plan import Plan
from hfops.model.resource import Resource
from hfops.model.risk import RiskCode, RiskKind
from hfops.review.ways import UNDESCRIBED, consents, entry

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
    """One why apply ends with exit code 3. ``ways`` say what would let it through.

    What is to be typed or written stands in backticks there, word for word. A risk has a ``reason``, its ``codes`` and,
    like a protection, the ``address`` that it is about; guards are about the plan. ``base``: the rules of the base
    branch refuse it, too: no change of the manifests at hand lets it through.
    """

    code: str
    message: str
    ways: tuple[str, ...] = ()
    risk: RiskKind | None = None
    address: Address | None = None
    reason: str = ""
    codes: tuple[RiskCode, ...] = ()
    base: bool = False

    def to_json(self) -> dict[str, object]:
        """The JSON form in reports."""
        out: dict[str, object] = {"code": self.code, "message": self.message, "ways": list(self.ways)}
        more = {
            "risk": self.risk and self.risk.value,
            "codes": [c.value for c in self.codes],
            "address": self.address and str(self.address),
            "reason": self.reason,
            "base": self.base,
        }
        return out | {k: v for k, v in more.items() if v}


def refusals(
    plan: Plan,
    directives: Directives,
    allowed: Sequence[Allowance],
    guards: Guards,
    today: date,
    *,
    before: Mapping[Address, Resource] | None = None,
) -> tuple[Refusal, ...]:
    """Everything that stands between ``plan`` and apply. ``allowed`` are the command line's ``--allow``.

    ``before``: the directives are those of another tree than the plan's, and these are its manifests. Then ``removed``
    entries count by what they cover, for they stand elsewhere there, and what its manifests protect is protected.
    """
    said = _Said(directives, allowed, today, elsewhere=before is not None)
    return (
        *_protected(plan, directives, before),
        *_too_many(plan, guards),
        *(_strays(plan) if guards.no_unmanaged else ()),
        *(r for kind in RiskKind if kind.needs_consent for r in _risky(plan, kind, said)),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """Whatever consents. ``elsewhere``: the directives are those of another tree than the plan's.

    Then a ``removed`` entry need not be the one that the change comes from.
    """

    directives: Directives
    asked: Sequence[Allowance]
    today: date
    elsewhere: bool

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """Those of the documents, then those of the command line."""
        return (*self.directives.allow, *self.asked)

    def consents(self, change: Change, kind: RiskKind) -> bool:
        """An ``allow`` says so; a ``removed: delete`` entry says so for the deletion it asks for."""
        given = (*(a for a in self.directives.allow if self._means(a, change)), *self.asked)
        if any(a.covers(kind, change.address, self.today) for a in given):
            return True
        asked = change.action is Action.DELETE and kind in (RiskKind.DATA_LOSS, RiskKind.OUTAGE)
        entries = (
            r for r in _deleting(self.directives, change.address) if self.elsewhere or r.where == change.where
        )
        return asked and any(entries)

    def _means(self, allowance: Allowance, change: Change) -> bool:
        """Whether an ``allow`` is about what changes. A name that the plan's tree gave it must not put it under a glob."""
        pattern, source = allowance.pattern, change.moved_from
        if not self.elsewhere or source is None or pattern is None or not is_glob(pattern):
            return True
        return source.matches(pattern)

    def ended(self, change: Change, kind: RiskKind) -> str:
        """A word on consent that was given and is over."""
        for allowance in self.allowances:
            over = allowance.until is not None and self.today > allowance.until
            if over and allowance.until and allowance.covers(kind, change.address, allowance.until):
                return f" (the allow at {allowance.where} ended on {allowance.until})"
        return ""


def _deleting(directives: Directives, address: Address) -> list[Removal]:
    entries = (r for r in directives.removed if r.action is RemovalAction.DELETE)
    return [r for r in entries if address.matches(r.pattern)]


def _protects(change: Change, directives: Directives, before: Mapping[Address, Resource]) -> bool:
    """Whether another tree protects what a change ends, whatever the one at hand says."""
    names = [change.address, *([change.moved_from] if change.moved_from else [])]
    resources = [before[a] for a in names if a in before]
    recorded = change.record is not None and change.record.prevent_destroy
    protected = change.prevent_destroy or recorded or any(r.lifecycle.prevent_destroy for r in resources)
    return protected and not any(r.override_protection for r in _deleting(directives, change.address))


def _protected(
    plan: Plan, directives: Directives, before: Mapping[Address, Resource] | None
) -> Iterator[Refusal]:
    for change in plan.acting:
        if change.action not in (Action.DELETE, Action.REPLACE):
            continue
        if change.prevent_destroy if before is None else _protects(change, directives, before):
            yield Refusal(
                "prevent_destroy",
                f"{change.address} is protected by lifecycle.preventDestroy and would be {change.action.value}d",
                (
                    "take `preventDestroy` out of its manifest and apply that, then run this again",
                    "in its removed entry of a Changes document: `overrideProtection: true`",
                ),
                address=change.address,
            )


def _too_many(plan: Plan, guards: Guards) -> Iterator[Refusal]:
    count = len(plan.deletes)
    if count > guards.max_deletes:
        message = f"{count} resources would be deleted, the limit is {guards.max_deletes}"
        yield Refusal(
            "max_deletes", message,
            (f"`--max-deletes {count}`", f"in hfops.yaml: `safety: {{maxDeletes: {count}}}`"),
        )  # fmt: skip
    if plan.owned >= PERCENT_FROM and count * 100 > guards.max_delete_percent * plan.owned:
        percent = -(-count * 100 // plan.owned)
        message = f"{count} of {plan.owned} resources ({percent} %) would be deleted, the limit is {guards.max_delete_percent:g} %"
        yield Refusal(
            "max_delete_percent", message,
            (f"`--max-delete-percent {percent}`", f"in hfops.yaml: `safety: {{maxDeletePercent: {percent}}}`"),
        )  # fmt: skip


def _strays(plan: Plan) -> Iterator[Refusal]:
    if plan.unmanaged:
        named = ", ".join(map(str, plan.unmanaged[:NAMED]))
        more = f" and {len(plan.unmanaged) - NAMED} more" if len(plan.unmanaged) > NAMED else ""
        yield Refusal(
            "unmanaged",
            f"no manifest describes {named}{more}, and unmanaged: fail forbids that",
            (UNDESCRIBED, "in hfops.yaml: `unmanaged: report`"),
        )


def _risky(plan: Plan, kind: RiskKind, said: _Said) -> Iterator[Refusal]:
    for change in plan.acting:
        risks = [r for r in change.risks if r.kind is kind]
        if not risks or said.consents(change, kind):
            continue
        reason = "; ".join(r.reason for r in risks) + said.ended(change, kind)
        yield Refusal(
            kind.value.replace("-", "_"),
            f"{kind.value}: {change.address}: {reason}",
            consents(f"--allow {kind.value}={change.address}", entry(kind.value, str(change.address))),
            kind,
            change.address,
            reason,
            tuple(dict.fromkeys(r.code for r in risks)),
        )
