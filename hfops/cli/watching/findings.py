"""What is told of a look: drift, drift that is gone again, or that all agrees; and what is remembered between looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hfops.cli.watching.debounce import Batch
from hfops.cli.watching.looking import Look
from hfops.cli.watching.worker import stamp
from hfops.model.address import Address
from hfops.report.drift import drift_lines
from hfops.report.lines import Line, cleaned

DRIFT, RESOLVED, AGREES = "drift", "resolved", "agrees"
NAMED = 5
"""How many addresses a headline names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look has to say. ``over``: addresses that had drifted, and have not any more."""

    at: datetime
    look: Look
    batch: Batch
    over: tuple[Address, ...] = ()

    @property
    def type(self) -> str:
        """``drift``, ``resolved`` where there is none any more, ``agrees`` where there was none."""
        if self.look.drifted:
            return DRIFT
        return RESOLVED if self.over else AGREES

    @property
    def news(self) -> bool:
        """Whether somebody far away is told."""
        return self.type != AGREES

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What it is about."""
        return self.look.drifted or self.over or self.look.asked

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "type": self.type,
            "at": stamp(self.at),
            "addresses": [str(a) for a in self.addresses],
            "resolved": [str(a) for a in self.over],
            "drift": self.look.report.to_json(),
            **caused(self.batch),
        }


def caused(batch: Batch) -> dict[str, Any]:
    """What a look answers: its last event, null where it was time for one, and how many there were."""
    return {"event": batch.event.to_json() if batch.event else None, "events": batch.events}


def why(batch: Batch) -> str:
    """The same for people."""
    if batch.event is None:
        return "it was time to look"
    more = f", and {batch.events - 1} more" if batch.events > 1 else ""
    return f"{batch.event}{more}"


def finding_lines(finding: Finding) -> list[Line]:
    """The report for people: a line with time, result and cause, and the drift as ``hfops drift`` shows it."""
    about = named(finding.addresses) or "everything"
    text = {DRIFT: "drift", RESOLVED: "resolved", AGREES: "no drift"}[finding.type]
    head = Line(f"{stamp(finding.at)} {text}: {about} ({why(finding.batch)})", "title")
    lines = [head]
    if finding.look.drifted:
        lines += [Line(f"  resolved: {named(finding.over)}", "add")] if finding.over else []
        lines += drift_lines(finding.look.report)
    return cleaned(lines)


def named(addresses: Iterable[Address]) -> str:
    """Some of them by name."""
    listed = [str(a) for a in addresses]
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more


class Standing:
    """The addresses that had drifted when they were last looked at."""

    def __init__(self) -> None:
        self._drifting: frozenset[Address] = frozenset()

    def found(self, look: Look, batch: Batch, at: datetime) -> Finding:
        """What a look has to say, against what was known before."""
        return Finding(at, look, batch, tuple(sorted(self._over(look, batch))))

    def _over(self, look: Look, batch: Batch) -> Iterator[Address]:
        """What was looked at and is in order, and what is not ours any more."""
        for address in self._drifting - set(look.drifted):
            if batch.full or address in look.looked or address not in look.known:
                yield address

    def told(self, finding: Finding) -> None:
        """Remember it, once everybody who should knows."""
        self._drifting = (self._drifting - set(finding.over)) | set(finding.look.drifted)
