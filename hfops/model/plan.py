"""A plan: the changes in the order in which apply will start them, and what a reader should know besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Action, Change, Difference
from hfops.model.cost import Bill

FORMAT = "hfops-plan/1"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth saying that is no change. ``code`` is stable, for machines."""

    code: str
    message: str
    address: Address | None = None

    def to_json(self) -> dict[str, str]:
        """The JSON form in plans."""
        out = {"code": self.code, "message": self.message}
        return out | ({"address": str(self.address)} if self.address else {})


@dataclass(frozen=True, slots=True)
class Plan:
    """What hfops would do. The same manifests, Hub and ledger give the same plan, byte for byte."""

    changes: tuple[Change, ...]
    notices: tuple[Notice, ...] = ()
    project: str = ""
    environment: str | None = None
    owned: int = 0
    """How many resources the ledger owned before this plan; what maxDeletePercent is a percentage of."""
    unmanaged: tuple[Address, ...] = ()
    """Live resources that were seen while planning, and that no manifest describes."""

    @property
    def acting(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(c for c in self.changes if c.acts)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to do."""
        return not self.acting

    @property
    def starting(self) -> tuple[Change, ...]:
        """What is still on its way up, and needs no call."""
        return tuple(c for c in self.changes if c.starting and not c.acts)

    @property
    def deletes(self) -> tuple[Change, ...]:
        """The resources that would be gone."""
        return tuple(c for c in self.changes if c.action is Action.DELETE)

    def calls(self) -> Iterator[Call]:
        """Every request that apply would send, resource by resource."""
        for change in self.changes:
            yield from change.calls

    def held(self) -> Iterator[tuple[Change, Difference]]:
        """The differences that are reported and left alone."""
        for change in self.changes:
            yield from ((change, d) for d in change.differences if d.held)

    @property
    def bill(self) -> Bill | None:
        """What all changed resources together cost before and after, where the Hub's price lists tell."""
        bills = [c.bill for c in self.acting if c.bill]
        return sum(bills, Bill()) if bills else None

    @property
    def failing(self) -> tuple[Change, ...]:
        """What is down, and gets no call that could change that."""
        return tuple(c for c in self.changes if c.failing and not c.acts)

    def summary(self) -> dict[str, int]:
        """Counts of resources by action, of calls, of restarts, and of fields that cannot be compared."""
        counted = Counter(c.action.value for c in self.acting)
        out = {a.value: counted[a.value] for a in Action if a is not Action.NONE}
        unverified = sum(len(c.unverified) for c in self.changes)
        restarts = sum(c.restarts for c in self.changes)
        return out | {
            "calls": sum(1 for _ in self.calls()),
            "restarts": restarts,
            "unverified": unverified,
        }

    def to_json(self) -> dict[str, Any]:
        """The JSON form, without what changes from run to run (quota, clock)."""
        shown = [
            c
            for c in self.changes
            if c.acts
            or c.differences
            or c.notes
            or c.released
            or c.adopts
            or c.starting
            or c.failing
            or c.drift
        ]
        out: dict[str, Any] = {"format": FORMAT, "project": self.project}
        if self.environment:
            out["environment"] = self.environment
        if self.bill:
            out["cost"] = self.bill.to_json()
        if self.unmanaged:
            out["unmanaged"] = [str(a) for a in self.unmanaged]
        return out | {
            "summary": self.summary(),
            "changes": [c.to_json() for c in shown],
            "notices": [n.to_json() for n in self.notices],
        }
