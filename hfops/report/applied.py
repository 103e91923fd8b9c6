"""What became of an apply, as Markdown for a job's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hfops.report.inert import fenced
from hfops.report.markdown import SMALLEST
from hfops.report.results import GOOD, result_lines
from hfops.report.room import Room, size
from hfops.report.words import counted

TITLES = {
    0: "✅ done",
    1: "❌ an error, and nothing was sent",
    3: "⛔ refused, and nothing was sent",
    4: "⚠️ part of it was not reviewed",
    5: "❌ not finished",
    130: "❌ interrupted",
}
"""By exit code."""


def applied(exit_code: int, outcomes: Sequence[Mapping[str, Any]], limit: int) -> str:
    """The outcomes in their JSON form, those that are not as wanted first, at most ``limit`` UTF-16 code units long.

    Raises ValueError for a limit below ``SMALLEST``.
    """
    if limit < SMALLEST:
        raise ValueError(f"no room: {limit} characters")
    title = f"### hfops apply: {TITLES.get(exit_code, TITLES[5])}\n\n"
    if not outcomes:
        return title
    ordered = sorted(outcomes, key=lambda o: o["status"] in GOOD)
    *rows, last = (line.text for line in result_lines(ordered))
    room = Room(limit - size(title) - size(last) - SMALLEST // 4)
    shown = room.first(f"{row}\n" for row in rows)
    hidden = len(rows) - len(shown)
    more = [f"… and {counted(hidden, 'line')} more"] if hidden else []
    return title + fenced([*(row.removesuffix("\n") for row in shown), *more, last])
