"""Drift: what was applied, what the Hub has now, and what the manifest says where that differs too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfops.report.build import notes_of, remark_lines
from hfops.report.folding import folded
from hfops.report.lines import Line, cleaned, name_lines
from hfops.report.model import Report
from hfops.report.view import Fact, Group, Row, Verdict, View
from hfops.report.words import counted, value_text

NONE = "No drift: nothing that hfops applied was changed on the Hub."

Who = Mapping[str, Mapping[str, str]]
"""The last known actor by address: ``user``, ``at``, ``type``."""


def drift_view(report: Report, who: Who | None = None, *, adopted: bool = False) -> View:
    """The view of a drift. ``who`` names the last known actor by address.

    ``adopted``: the manifests were just made to agree, as far as they could be.
    """
    changes: Sequence[Mapping[str, Any]] = report.plan["changes"]
    fields = sum(len(c.get("differences", ())) for c in changes)
    whole = sum(1 for c in changes if c.get("drift"))
    took = f"Looking took {counted(report.usage.get('requests', 0), 'request')}." if report.usage else ""
    return View(
        verdict=Verdict.DRIFT if changes else Verdict.NO_DRIFT,
        headline=_summary(len(changes), fields, whole, adopted=adopted),
        drift=True,
        project=str(report.plan.get("project") or ""),
        environment=str(report.plan.get("environment") or ""),
        hub=report.hub,
        groups=tuple(_group(g, f"r{i}", who or {}) for i, g in enumerate(folded(changes), 1)),
        notes=notes_of(report.plan),
        usage=took,
    )


def drift_lines(report: Report, who: Who | None = None, *, adopted: bool = False) -> list[Line]:
    """The whole drift, resource by resource; the same in several as one. For ``who`` and ``adopted`` see ``drift_view``."""
    view = drift_view(report, who, adopted=adopted)
    lines = [line for group in view.groups for line in _lines(group)]
    for note in view.told:
        about = f"{note.about}: " if note.about else ""
        lines += [Line(f"note: {about}{note.message}", "dim")]
    lines += [Line(view.headline, "title")]
    if view.usage:
        lines += [Line(view.usage, "dim")]
    return cleaned(lines)


def _group(group: Sequence[Mapping[str, Any]], anchor: str, who: Who) -> Group:
    first = group[0]
    return Group(
        id=anchor,
        action="update",
        verb=first.get("drift") or "drifted",
        kind=first["address"].split("/")[0],
        members=tuple((c["address"], c.get("where") or "") for c in group),
        remarks=(Fact(first["drift"], "remove"),) if first.get("drift") else (),
        rows=tuple(map(_row, first.get("differences", ()))),
        facts=tuple(Fact(text) for text in _actors(group, who)),
    )


def _actors(group: Sequence[Mapping[str, Any]], who: Who) -> Iterator[str]:
    for change in group:
        actor = who.get(change["address"])
        if actor:
            about = f"{change['address']}: " if len(group) > 1 else ""
            yield f"{about}last named in the audit log: {actor['user']}, {actor['at']} ({actor['type']})"


def _row(difference: Mapping[str, Any]) -> Row:
    both = difference["cause"] == "both"
    said = [f"last applied: {value_text(difference.get('recorded'))}"] if both else []
    said += [str(difference[key]) for key in ("note", "held") if difference.get(key)]
    remarks, more = remark_lines("; ".join(said))
    return Row(
        op=difference["op"],
        path=difference["path"].removeprefix("spec."),
        before="gone" if difference["before"] is None else value_text(difference["before"]),
        after="nothing" if difference["op"] == "remove" else value_text(difference["after"]),
        remarks=remarks,
        more=more,
        held=bool(difference.get("held")),
        drifted=True,
    )


def _lines(group: Group) -> Iterator[Line]:
    yield Line(f"~ {group.title}", "change")
    if group.count > 1:
        yield from name_lines(group.families)
    elif group.members[0][1]:
        yield Line(f"    {group.members[0][1]}", "dim")
    yield from (Line(f"    {fact.text}", fact.style) for fact in group.remarks)
    for row in group.rows:
        remarks = f"   [{row.remarks}]" if row.remarks else ""
        text = f"{row.path}: {row.before} on the Hub, {row.after} in the manifest{remarks}"
        yield Line(f"    {text}", "change")
        yield from (Line(f"        {more}", "dim") for more in row.more)
    yield from (Line(f"    {fact.text}", fact.style) for fact in group.facts)
    yield Line()


def _summary(resources: int, fields: int, whole: int, *, adopted: bool) -> str:
    if not resources:
        return NONE
    parts = [f"{counted(fields, 'field')} changed"] if fields else []
    if whole:
        parts.append(f"{counted(whole, 'resource')} gone, renamed or replaced")
    ways = "" if adopted else " `hfops apply` makes the Hub agree again, `hfops drift --adopt` the manifests."
    return f"Drift: {counted(resources, 'resource')}; {', '.join(parts)}.{ways}"
