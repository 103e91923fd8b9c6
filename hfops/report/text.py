"""The text report of a plan: lines with a style each, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hfops.report.build import plan_view
from hfops.report.inert import clipped
from hfops.report.lines import WIDTH, Line, cleaned, name_lines
from hfops.report.model import Report
from hfops.report.standing import explained
from hfops.report.view import POLICY, Group, Peril, Row, View
from hfops.report.words import counted, money, unverified

__all__ = ["WIDTH", "plan_lines"]

SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "-/+",
    "move": ">",
    "delete": "-",
    "forget": "x",
    "none": ".",
}
STYLES = {
    "create": "add",
    "update": "change",
    "replace": "remove",
    "move": "change",
    "delete": "remove",
    "forget": "remove",
    "none": "dim",
}
OP_SIGNS = {"add": "+", "change": "~", "remove": "-"}
VALUE, CALL = 200, 400
"""Characters shown of a value and of a call, unless everything is asked for."""
NAMED_STRAYS = 8
"""How many resources that nothing describes are named before they are only counted."""
NAMED_RISKS = 5
"""How many resources the list of risks names before it only counts."""

MOST_REASONS = 20
"""How many reasons are told of a risk that no resource runs."""


def plan_lines(report: Report, *, full: bool = False) -> list[Line]:
    """The whole plan: risks first, then the changes; what stands in the way last, where a terminal shows it.

    Identical changes are shown as one, and long values by their beginning, unless ``full``.
    """
    view = plan_view(report, full=full)
    lines = [*_risks(view)]
    for group in view.groups if full else map(_brief, view.groups):
        lines.extend(_alone(group) if group.count == 1 else _several(group))
    lines.extend([*_drifted(view), *_notes(view), *_strays(view), *_stops(view)])
    return cleaned([*lines, *_summary(view)])


def _brief(group: Group) -> Group:
    """The group with its long values cut; how much of each is left out is said."""
    rows = tuple(replace(r, before=_cut(r.before), after=_cut(r.after)) for r in group.rows)
    requests = tuple(replace(r, body=clipped(r.body, CALL)) for r in group.requests)
    return replace(group, rows=rows, requests=requests)


def _cut(value: str | None) -> str | None:
    return None if value is None else clipped(value, VALUE)


def _risks(view: View) -> Iterator[Line]:
    """What the plan may cost, before anything else: each risk with the resources that run it."""
    for peril in view.perils:
        if not peril.addresses:
            yield from _of_the_project(peril)
            continue
        more = f" and {len(peril.addresses) - NAMED_RISKS} more" if len(peril.addresses) > NAMED_RISKS else ""
        yield Line(f"! {peril.kind}: {', '.join(peril.addresses[:NAMED_RISKS])}{more}", "risk")
    if view.perils:
        yield Line()


def _of_the_project(peril: Peril) -> Iterator[Line]:
    """A risk that no resource runs, reason by reason."""
    reasons = list(peril.reasons)
    yield Line(
        f"! {peril.kind}: {counted(len(reasons), 'rule')}; the base branch's hold until this is merged",
        "risk",
    )
    yield from (Line(f"    {reason}", "risk") for reason in reasons[:MOST_REASONS])
    if len(reasons) > MOST_REASONS:
        yield Line(f"    and {len(reasons) - MOST_REASONS} more", "risk")


def _alone(group: Group) -> Iterator[Line]:
    yield Line(f"{SIGNS[group.action]} {group.title}  ({group.verb})", STYLES[group.action])
    if group.members[0][1]:
        yield Line(f"    {group.members[0][1]}", "dim")
    yield from _details(group, group.rows)
    yield from (Line(f"    → {request.text}") for request in group.requests)
    yield Line()


def _several(group: Group) -> Iterator[Line]:
    """Identical changes: said once, the names in full, the calls of one with NAME in the place of its id."""
    head, rows = f"{SIGNS[group.action]} {group.title}", group.rows
    if group.action == "update" and len(rows) == 1 and not rows[0].more:
        head, rows = f"{head}  {_row(rows[0])}", ()
    else:
        head = f"{head}  ({group.verb})"
    yield Line(head, STYLES[group.action])
    yield from name_lines(group.families)
    yield from _details(group, rows)
    for request in group.requests:
        yield Line(f"    → {request.text}   ({group.count} times)")
    yield Line()


def _details(group: Group, rows: tuple[Row, ...]) -> Iterator[Line]:
    yield from (Line(f"    {fact.text}", fact.style) for fact in group.remarks)
    for row in rows:
        style = "dim" if row.held else {"add": "add", "remove": "remove"}.get(row.op, "change")
        yield Line(f"    {OP_SIGNS[row.op]} {_row(row)}", style)
        for text in row.more:
            yield Line(f"        {text}", {"+": "add", "-": "remove"}.get(text[:1], "dim"))
    yield from (Line(f"    {fact.text}", fact.style) for fact in group.facts)
    if group.waits:
        yield Line(f"    {group.waits}", "dim")
    if group.bill:
        yield Line(f"    cost{group.each}: {money(group.bill)}", "dim")
    for danger in group.dangers:
        yield Line(f"    ! {danger.kind}: {danger.reason}", "risk")


def _row(row: Row) -> str:
    text = " → ".join(part for part in (row.before, row.after) if part is not None)
    return f"{row.path}: {text}" + (f"   [{row.remarks}]" if row.remarks else "")


def _drifted(view: View) -> Iterator[Line]:
    """What is no author's doing, apart from the changes that it is among."""
    if view.drifted:
        yield Line(f"drift: {view.drifted}", "change")
        yield Line()


def _notes(view: View) -> Iterator[Line]:
    for note in view.told:
        about = f"{note.about}: " if note.about else ""
        sort = POLICY if note.code.startswith(POLICY) else "note"
        yield Line(f"{sort}: {about}{note.message}", "dim")
    if view.notes:
        yield Line()


def _strays(view: View) -> Iterator[Line]:
    """What lives beside the manifests, one line for each kind and namespace."""
    for family, names in view.strays.items():
        more = f" and {len(names) - NAMED_STRAYS} more" if len(names) > NAMED_STRAYS else ""
        listed = ", ".join(names[:NAMED_STRAYS])
        yield Line(
            f"note: {len(names)} on the Hub that no manifest describes: {family}/: {listed}{more}", "dim"
        )
    if view.strays:
        yield Line()


def _stops(view: View) -> Iterator[Line]:
    if mark := explained(view.stops):
        yield Line(mark, "risk")
    for stop in view.stops:
        yield Line(f"refused: {stop.message}", "risk")
        for index, way in enumerate(stop.ways):
            yield Line(f"    {'or ' if index else 'to go on: '}{way.replace('`', '')}")
    if view.stops:
        yield Line()


def _summary(view: View) -> Iterator[Line]:
    yield Line(view.headline, "title")
    if view.environment:
        yield Line(f"Environment {view.environment}{f' of {view.project}' if view.project else ''}.")
    if view.bill:
        yield Line(f"Cost of what changes: {money(view.bill)}.")
    if view.unverified:
        yield Line(
            f"{unverified(view.unverified)} (--send-unverified sends {'it' if view.unverified == 1 else 'them'}).",
            "dim",
        )
    if view.usage:
        yield Line(view.usage, "dim")
