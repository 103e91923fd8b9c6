"""What became of an apply, as Markdown for a job's page and a comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hfops.report.inert import clipped, fenced, prose
from hfops.report.markdown import MESSAGE, SMALLEST
from hfops.report.results import result_lines, worst_first
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

NOTHING = "⚠️ nothing of this was reviewed"
"""Instead of 4's, where every resource was left."""

LEFT = frozenset({"not_reviewed", "skipped"})


def title_of(exit_code: int, outcomes: Sequence[Mapping[str, Any]]) -> str:
    """How it ended, in a few words."""
    if exit_code == 4 and all(o["status"] in LEFT for o in outcomes):
        return NOTHING
    return TITLES.get(exit_code, TITLES[5])


def applied(
    exit_code: int, outcomes: Sequence[Mapping[str, Any]], limit: int, said: Sequence[str] = ()
) -> str:
    """The outcomes in their JSON form, those that are not as wanted first, at most ``limit`` UTF-16 code units long.

    ``said``: messages on the run as a whole, for above them. Raises ValueError for a limit below ``SMALLEST``.
    """
    if limit < SMALLEST:
        raise ValueError(f"no room: {limit} characters")
    top = f"### hfops apply: {title_of(exit_code, outcomes)}\n\n"
    top += _said(said, Room((limit - SMALLEST // 4) // 2))
    if not outcomes:
        return top
    *rows, last = (line.text for line in result_lines(worst_first(outcomes)))
    room = Room(limit - size(top) - size(last) - SMALLEST // 4)
    shown = room.first(f"{row}\n" for row in rows)
    hidden = len(rows) - len(shown)
    more = [f"… and {counted(hidden, 'line')} more"] if hidden else []
    return top + fenced([*(row.removesuffix("\n") for row in shown), *more, last])


def _said(messages: Sequence[str], room: Room) -> str:
    """The messages as a list, as many as there is room for."""
    shown = room.first(f"- {prose(clipped(message, 2 * MESSAGE))}\n" for message in messages)
    hidden = len(messages) - len(shown)
    more = [f"- … and {hidden} more\n"] if hidden else []
    return "".join([*shown, *more, "\n"]) if messages else ""
