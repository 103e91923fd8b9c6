"""The text report of drift: what was applied, what the Hub has now, and what the manifest says where that differs too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfops.report.lines import Line, cleaned
from hfops.report.model import Report
from hfops.report.words import counted, value_text

NONE = "No drift: nothing that hfops applied was changed on the Hub."


def drift_lines(
    report: Report, who: Mapping[str, Mapping[str, str]] | None = None, *, adopted: bool = False
) -> list[Line]:
    """The whole drift, resource by resource. ``who`` names the last known actor by address.

    ``adopted``: the manifests were just made to agree, as far as they could be.
    """
    lines: list[Line] = []
    changes: Sequence[Mapping[str, Any]] = report.plan["changes"]
    for change in changes:
        lines.extend(_change(change, (who or {}).get(change["address"])))
    for notice in report.plan["notices"]:
        about = f"{notice['address']}: " if "address" in notice else ""
        lines.append(Line(f"note: {about}{notice['message']}", "dim"))
    fields = sum(len(c.get("differences", ())) for c in changes)
    whole = sum(1 for c in changes if c.get("drift"))
    lines.append(Line(_summary(len(changes), fields, whole, adopted=adopted), "title"))
    if report.usage:
        lines.append(Line(f"Looking took {counted(report.usage.get('requests', 0), 'request')}.", "dim"))
    return cleaned(lines)


def _change(change: Mapping[str, Any], who: Mapping[str, str] | None) -> Iterator[Line]:
    yield Line(f"~ {change['address']}", "change")
    if "where" in change:
        yield Line(f"    {change['where']}", "dim")
    if change.get("drift"):
        yield Line(f"    {change['drift']}", "remove")
    for difference in change.get("differences", ()):
        first, *more = _difference(difference).split("\n")
        yield Line(f"    {first}", "change")
        yield from (Line(f"        {text}", "dim") for text in more)
    if who:
        yield Line(f"    last named in the audit log: {who['user']}, {who['at']} ({who['type']})", "dim")
    yield Line()


def _difference(difference: Mapping[str, Any]) -> str:
    path = difference["path"].removeprefix("spec.")
    now = "gone" if difference["before"] is None else value_text(difference["before"])
    wanted = "nothing" if difference["op"] == "remove" else value_text(difference["after"])
    text = f"{path}: {now} on the Hub, {wanted} in the manifest"
    said = []
    if difference["cause"] == "both":
        said.append(f"last applied: {value_text(difference.get('recorded'))}")
    said += [str(difference[key]) for key in ("note", "held") if difference.get(key)]
    remarks, _, more = "; ".join(said).partition("\n")
    return text + (f"   [{remarks}]" if remarks else "") + (f"\n{more}" if more else "")


def _summary(resources: int, fields: int, whole: int, *, adopted: bool) -> str:
    if not resources:
        return NONE
    parts = [f"{counted(fields, 'field')} changed"] if fields else []
    if whole:
        parts.append(f"{counted(whole, 'resource')} gone, renamed or replaced")
    ways = "" if adopted else " `hfops apply` makes the Hub agree again, `hfops drift --adopt` the manifests."
    return f"Drift: {counted(resources, 'resource')}; {', '.join(parts)}.{ways}"
