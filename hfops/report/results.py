"""Apply's last word: what became of every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hfops.report.lines import Line, cleaned
from hfops.report.words import counted

STYLES = {
    "applied": "add",
    "ready": "add",
    "failed": "remove",
    "unknown": "risk",
    "unready": "risk",
    "skipped": "dim",
    "not_reviewed": "risk",
}
GOOD = frozenset({"applied", "ready"})
"""What is as wanted."""

NARROWEST = 8
"""Columns that a status takes at least."""

ADVICE = {
    "failed": "what failed is left as it is: mend the cause and run again, only the rest will be done",
    "unknown": "what became of the unknown ones, the next run finds out",
    "unready": "what is unready may still come up: run again to see",
    "not_reviewed": "what was not reviewed is left as it is: have a new plan reviewed, and apply that",
}


def worst_first(outcomes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is not as wanted before the rest, else in the order given."""
    return sorted(outcomes, key=lambda o: o["status"] in GOOD)


def result_lines(outcomes: Sequence[Mapping[str, Any]], verb: str = "Apply") -> list[Line]:
    """A table with one line for each change, and their count."""
    widths = (
        max((len(_word(o["status"])) for o in outcomes), default=0),
        max((len(o["address"]) for o in outcomes), default=0),
    )
    counts = Counter(o["status"] for o in outcomes)
    summary = ", ".join(f"{counts[s]} {_word(s)}" for s in STYLES if s in counts)
    lines = [line for o in outcomes for line in _rows(o, widths)]
    lines.append(Line(f"{verb}: {summary or 'nothing to do'}.", "title"))
    lines.extend(Line(text, "dim") for status, text in ADVICE.items() if counts[status])
    return cleaned(lines)


def _word(status: str) -> str:
    """A status as people read it."""
    return status.replace("_", " ")


def _rows(outcome: Mapping[str, Any], widths: tuple[int, int]) -> list[Line]:
    """One line, and below it what a message holds beyond its first line, such as a log's end."""
    status, address = max(NARROWEST, widths[0]), widths[1]
    calls = outcome["calls"]
    made = (
        f"{outcome['action']:<7} {calls['done']}/{counted(calls['total'], 'call')}" if calls["total"] else ""
    )
    first, *more = str(outcome.get("message", "")).split("\n")
    named = f"{_word(outcome['status']):<{status}} {outcome['address']:<{address}}"
    parts = [named, made, outcome.get("state", ""), first]
    row = Line("  ".join(p for p in parts if p), STYLES[outcome["status"]])
    return [row, *(Line(f"  {text}", "dim") for text in more)]
