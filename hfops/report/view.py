"""What a reader is shown, worked out once. Every renderer reads a ``View``; none walks a plan by itself.

Texts are as they come: each renderer makes them harmless for its own format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hfops.report.said import NAMED, Said, once

LOOSENED = "guard-loosened"
"""The risk that a change makes its own gate weaker: it needs no consent, for the old rules hold until it is merged."""
DRIFTED = 8
"""How many resources are named that were changed on the Hub."""
POLICY = "policy"
"""How the codes of notices begin that policies give."""


class Verdict(StrEnum):
    """What it comes to, as a stable code."""

    AGREES = "agrees"
    LEFT_ALONE = "left_alone"
    """Differences there are, and none that is acted on."""
    STARTING = "starting"
    DOWN = "down"
    CHANGES = "changes"
    REFUSED = "refused"
    NO_DRIFT = "no_drift"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Row:
    """One field or entry. ``before`` is None where it is added, ``after`` where it is removed.

    In a drift, ``before`` is what the Hub has now and ``after`` what the manifest says; neither is None.
    """

    op: str
    path: str
    before: str | None
    after: str | None
    remarks: str = ""
    more: tuple[str, ...] = ()
    """Lines below it: an extract of a file's differences, or more words."""
    held: bool = False
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One call. ``path`` has its deferred values by label; ``body`` is what of it is shown, and may be empty."""

    method: str
    path: str
    body: str = ""
    summary: str = ""

    @property
    def text(self) -> str:
        """All of it on a line."""
        return " ".join(part for part in (self.method, self.path, self.body) if part)


@dataclass(frozen=True, slots=True)
class Danger:
    """A risk of one resource, with the reason in words."""

    kind: str
    reason: str
    consent: bool = True
    """Whether somebody has to say yes to it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A remark on a resource. ``style`` is a style of ``Line``."""

    text: str
    style: str = "dim"


@dataclass(frozen=True, slots=True)
class Group:
    """What happens to one resource, or the same to several: then paths and bodies say NAME for each one's own.

    ``id`` is an anchor, ``members`` the resources with the places of their manifests.
    """

    id: str
    action: str
    verb: str
    kind: str
    members: tuple[tuple[str, str], ...]
    acts: bool = False
    remarks: tuple[Fact, ...] = ()
    """Said before the rows."""
    rows: tuple[Row, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Said after the rows."""
    dangers: tuple[Danger, ...] = ()
    requests: tuple[Request, ...] = ()
    restarts: bool = False
    bill: Mapping[str, Any] | None = None
    """What each costs before and after, in US$ an hour."""
    needs: tuple[str, ...] = ()
    """Addresses whose changes come first."""

    @property
    def count(self) -> int:
        """How many resources."""
        return len(self.members)

    @property
    def title(self) -> str:
        """The address, or ``287 Models``."""
        return self.members[0][0] if self.count == 1 else f"{self.count} {self.kind}s"

    @property
    def each(self) -> str:
        """The word that an amount is each one's, where there are several."""
        return " (each)" if self.count > 1 else ""

    @property
    def waits(self) -> str:
        """What comes first, in a few words; empty where nothing does."""
        if not self.needs:
            return ""
        more = f" and {len(self.needs) - NAMED} more" if len(self.needs) > NAMED else ""
        return f"waits for {', '.join(self.needs[:NAMED])}{more}"

    @property
    def families(self) -> dict[str, list[str]]:
        """The members' names by namespace."""
        out: dict[str, list[str]] = {}
        for address, _ in self.members:
            _, namespace, name = address.split("/", 2)
            out.setdefault(namespace, []).append(name)
        return out

    @property
    def perils(self) -> tuple[str, ...]:
        """The kinds of its risks, each once."""
        return tuple(dict.fromkeys(d.kind for d in self.dangers))


@dataclass(frozen=True, slots=True)
class Peril:
    """A kind of risk, with everything that runs it. ``reasons`` are the different ones, with how often each is.

    Where it is about no resource, but about the project itself, there are no ``addresses``, and each reason counts.
    """

    kind: str
    consent: bool
    addresses: tuple[str, ...]
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Slack:
    """Where the rules of this tree are looser than those of the base branch. ``where`` is ``file:line:column``."""

    code: str
    message: str
    where: str = ""

    @property
    def text(self) -> str:
        """All of it on a line."""
        return f"{self.message} ({self.where})" if self.where else self.message


@dataclass(frozen=True, slots=True)
class Stop:
    """What stands between the plan and apply, with the ways out."""

    message: str
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many resources an action is done to: ``3 to create``."""

    action: str
    count: int
    word: str


@dataclass(frozen=True, slots=True)
class View:
    """A whole report. ``headline`` is its last line in a terminal and its first everywhere else."""

    verdict: Verdict
    headline: str
    drift: bool = False
    project: str = ""
    environment: str = ""
    hub: str = ""
    tallies: tuple[Tally, ...] = ()
    calls: int = 0
    restarts: int = 0
    held: int = 0
    unverified: int = 0
    perils: tuple[Peril, ...] = ()
    loosened: tuple[Slack, ...] = ()
    """What the first of the perils, ``guard-loosened``, is about."""
    groups: tuple[Group, ...] = ()
    notes: tuple[Said, ...] = ()
    strays: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Live resources that no manifest describes: names by kind and namespace."""
    stops: tuple[Stop, ...] = ()
    bill: Mapping[str, Any] | None = None
    usage: str = ""

    @property
    def resources(self) -> int:
        """How many resources the groups hold."""
        return sum(g.count for g in self.groups)

    @property
    def findings(self) -> tuple[Said, ...]:
        """The notes that are policies': warnings, waivers, policies that ended. Errors are among the ``stops``."""
        return tuple(n for n in self.notes if n.code.startswith(POLICY))

    @property
    def besides(self) -> tuple[Said, ...]:
        """The other notes."""
        return tuple(n for n in self.notes if not n.code.startswith(POLICY))

    @property
    def told(self) -> tuple[Said, ...]:
        """All notes; the same of many resources is said once."""
        return once(self.notes)

    @property
    def ruled(self) -> tuple[Said, ...]:
        """The policies' notes; the same of many resources is said once."""
        return once(self.findings)

    @property
    def aside(self) -> tuple[Said, ...]:
        """The other notes; the same of many resources is said once."""
        return once(self.besides)

    @property
    def drifted(self) -> str:
        """Which of the resources were changed on the Hub since the last apply; empty in a report about nothing else."""
        hit = [g for g in self.groups if any(r.drifted for r in g.rows)]
        if self.drift or not hit:
            return ""
        names = [f"{g.title} ({', '.join(r.path for r in g.rows if r.drifted)})" for g in hit]
        more = f" and {len(names) - DRIFTED} more" if len(names) > DRIFTED else ""
        count = sum(g.count for g in hit)
        said = f"{count} resource{'' if count == 1 else 's'} changed on the Hub since the last apply"
        return f"{said}: {', '.join(names[:DRIFTED])}{more}"

    @property
    def costly(self) -> tuple[Group, ...]:
        """The groups whose cost is known."""
        return tuple(g for g in self.groups if g.bill)
