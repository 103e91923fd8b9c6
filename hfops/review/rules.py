"""The rules that a plan is held against: those of the tree at hand, and those of the branch that it shall go into. Pure.

Where there are both, a plan passes when both let it. So nothing that a pull request does to the rules can make its own
plan pass: what it loosens counts once it is merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from hfops.manifest.document import Document
from hfops.manifest.settings import Settings
from hfops.model.address import Address
from hfops.model.change import Action
from hfops.model.directives import Allowance, Directives
from hfops.model.plan import Plan
from hfops.model.resource import Resource
from hfops.model.source import Mark, Path
from hfops.review.gate import NAMED, Guards, Refusal, refusals
from hfops.review.policies.policy import Policy
from hfops.review.ways import of_base

BY_BASE = " (base branch)"
"""The mark of what only the base branch's rules say; reports explain it once, with ``BASE_MEANS``."""

BASE_MEANS = "refused by the rules of the base branch; what changes them counts once it is merged"
ENDING = (Action.DELETE, Action.REPLACE, Action.FORGET)


@dataclass(frozen=True)
class Rules:
    """Everything of a project that can refuse a plan, or let it go by.

    ``project`` is the project file, for marks; ``place`` the root's folder in its repository, where that is known;
    ``absent``: there is no project at all, neither its file nor a manifest.
    """

    settings: Settings = field(default_factory=Settings)
    policies: tuple[Policy, ...] = ()
    directives: Directives = field(default_factory=Directives)
    resources: Mapping[Address, Resource] = field(default_factory=dict)
    project: Document | None = None
    place: str | None = None
    absent: bool = False

    def mark(self, *path: Path) -> Mark | None:
        """Where the project file says it: the first of these fields that it has, else around the last."""
        if self.project is None:
            return None
        written = next((p for p in path if p in self.project.marks), path[-1])
        return self.project.mark(written)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says, which counts for both: consent, and limits on deletions (None: not said)."""

    allowed: tuple[Allowance, ...] = ()
    max_deletes: int | None = None
    max_delete_percent: float | None = None


@dataclass(frozen=True)
class Gates:
    """Both rules, what the command line says, and the day that ``until`` dates are held against.

    ``doubt``: why the ledger that the plan was made with is not the base's; empty where it is.
    """

    head: Rules
    today: date
    asked: Asked = field(default_factory=Asked)
    base: Rules | None = None
    doubt: str = ""


def guards_of(settings: Settings, asked: Asked) -> Guards:
    """Limits on deletions: the command line's, else the project's."""
    safety, count, percent = settings.safety, asked.max_deletes, asked.max_delete_percent
    return Guards(
        safety.max_deletes if count is None else count,
        safety.max_delete_percent if percent is None else percent,
        no_unmanaged=settings.unmanaged == "fail",
    )


def gate(plan: Plan, gates: Gates) -> tuple[Refusal, ...]:
    """What stands between ``plan`` and apply by the rules of the tree that it was made from."""
    head, asked = gates.head, gates.asked
    return refusals(plan, head.directives, asked.allowed, guards_of(head.settings, asked), gates.today)


def base_gate(plan: Plan, base: Rules, gates: Gates) -> tuple[Refusal, ...]:
    """What stands between ``plan`` and apply by the rules of another tree, with the manifests that it has."""
    allowed, guards = gates.asked.allowed, guards_of(base.settings, gates.asked)
    found = refusals(plan, base.directives, allowed, guards, gates.today, before=base.resources)
    return (*(_doubted(plan, base, gates.doubt) if gates.doubt else ()), *found)


def _doubted(plan: Plan, base: Rules, doubt: str) -> Iterator[Refusal]:
    """What goes is what the ledger says is ours and unprotected: another ledger's word is not enough.

    Nor is it for what it does not know, and the base neither: it may have had another name.
    """
    new = [str(c.address) for c in plan.acting if c.adopts and c.address not in base.resources]
    going = [str(c.address) for c in plan.acting if c.action in ENDING]
    for found, said in ((going, "deleted, replaced or forgotten"), (new, "taken up as new")):
        if found:
            more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
            yield Refusal("ledger_moved", f"{', '.join(found[:NAMED])}{more}: {said}, and {doubt}")


def both(head: Sequence[Refusal], base: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Everything that either refuses, each once. What only the base refuses says so.

    Where the base refuses, no change of the tree at hand is offered as a way out: it would not help.
    """
    known = {_key(r) for r in base}
    own = {_key(r) for r in head}
    shared = (replace(r, ways=of_base(r), base=True) if _key(r) in known else r for r in head)
    return (*shared, *(_by_base(r) for r in base if _key(r) not in own))


def _by_base(refusal: Refusal) -> Refusal:
    reason = refusal.reason and refusal.reason + BY_BASE
    message = refusal.message + BY_BASE
    return replace(refusal, message=message, reason=reason, ways=of_base(refusal), base=True)


def _key(refusal: Refusal) -> tuple[str, str]:
    return refusal.code, refusal.message
