"""The text report: lines with a style each, for a terminal or a log."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.report.model import Report

SIGNS = {"create": "+", "update": "~", "move": ">", "delete": "-", "forget": "x", "none": " "}
STYLES = {"create": "add", "update": "change", "move": "change", "delete": "remove", "forget": "remove", "none": "dim"}
OP_SIGNS = {"add": "+", "change": "~", "remove": "-"}
CAUSES = {
    "drift": "changed on the Hub since the last apply",
    "both": "changed on the Hub and in the manifest; the manifest wins",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output. ``style`` is a word: title, add, change, remove, risk, dim, or nothing."""

    text: str = ""
    style: str = ""


def clean(text: str) -> str:
    """``text`` without control characters: what the Hub says cannot move the cursor or change colours."""
    return "".join(c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text)


def plan_lines(report: Report) -> list[Line]:
    """The whole plan: risks and refusals at the end, where a terminal shows them."""
    plan = report.plan
    lines: list[Line] = []
    for change in plan["changes"]:
        lines.extend(_change(change))
    lines.extend(_notices(plan["notices"]))
    lines.extend(_refusals(report.refusals))
    lines.append(Line(_summary(plan["summary"], plan["changes"]), "title"))
    if report.usage:
        lines.append(Line(_usage(report.usage, plan["summary"]["calls"]), "dim"))
    return [Line(clean(line.text), line.style) for line in lines]


def _change(change: Mapping[str, Any]) -> Iterator[Line]:
    action = change["action"]
    verb = {"none": "no call", "move": f"renamed from {change.get('movedFrom', '?')}"}.get(action, action)
    yield Line(f"{SIGNS[action]} {change['address']}  ({verb})", STYLES[action])
    if "where" in change:
        yield Line(f"    {change['where']}", "dim")
    for note in change.get("notes", ()):
        yield Line(f"    {note}", "dim")
    for difference in change.get("differences", ()):
        yield from _difference(difference)
    if "released" in change:
        yield Line(f"    no longer managed, left as it is: {', '.join(change['released'])}", "dim")
    if "unverified" in change:
        listed = ", ".join(change["unverified"])
        yield Line(f"    unverified, the Hub does not show it, not sent (--send-unverified does): {listed}", "dim")
    if change.get("adopts"):
        yield Line("    adopted: it was there before hfops", "dim")
    for risk in change.get("risks", ()):
        yield Line(f"    ! {risk['risk']}: {risk['reason']}", "risk")
    for call in change.get("calls", ()):
        yield Line(f"    → {call_text(call)}")
    yield Line()


def _difference(difference: Mapping[str, Any]) -> Iterator[Line]:
    op, path = difference["op"], difference["path"].removeprefix("spec.")
    before, after = value_text(difference["before"]), value_text(difference["after"])
    text = {"add": after, "remove": before}.get(op, f"{before} → {after}")
    said = [difference.get("held"), CAUSES.get(difference["cause"]), difference.get("note")]
    remarks = "; ".join(s for s in said if s)
    if difference["cause"] == "both":
        remarks += f" (last applied: {value_text(difference['recorded'])})"
    style = "dim" if difference.get("held") else {"add": "add", "remove": "remove"}.get(op, "change")
    yield Line(f"    {OP_SIGNS[op]} {path}: {text}" + (f"   [{remarks}]" if remarks else ""), style)


def value_text(value: Any) -> str:
    """A value for people: words bare, ``main (3f2a91c)`` for a revision with its commit."""
    if isinstance(value, str):
        return value[:7] if _is_commit(value) else value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and "$deferred" in value:
        return str(value["$deferred"]["label"])
    if isinstance(value, Mapping) and "commit" in value:
        named = value.get("revision") or value.get("from")
        commit = value_text(value["commit"]) if value["commit"] else "?"
        return f"{value_text(named)} ({commit})" if named and value_text(named) != commit else commit
    return json.dumps(value, ensure_ascii=False)


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and all(c in "0123456789abcdef" for c in text)


def call_text(call: Mapping[str, Any]) -> str:
    """``PUT /api/models/acme/x/settings {"gated":"manual"}``; deferred values by their label."""
    path = call["path"]
    for name, slot in call.get("slots", {}).items():
        path = path.replace("{" + name + "}", f"({slot['$deferred']['label']})")
    if "body" not in call:
        return f"{call['method']} {path}"
    return f"{call['method']} {path} {json.dumps(_shown(call['body']), ensure_ascii=False, separators=(',', ':'))}"


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return f"({value['$deferred']['label']})" if "$deferred" in value else {k: _shown(v) for k, v in value.items()}
    return [_shown(v) for v in value] if isinstance(value, list) else value


def _notices(notices: Sequence[Mapping[str, str]]) -> Iterator[Line]:
    for notice in notices:
        about = f"{notice['address']}: " if "address" in notice else ""
        yield Line(f"note: {about}{notice['message']}", "dim")
    if notices:
        yield Line()


def _refusals(refusals: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    for refusal in refusals:
        yield Line(f"refused: {refusal['message']}", "risk")
        for index, way in enumerate(refusal["ways"]):
            yield Line(f"    {'or ' if index else 'to go on: '}{way}")
    if refusals:
        yield Line()


def _summary(summary: Mapping[str, int], changes: Sequence[Mapping[str, Any]]) -> str:
    words = (("create", "to create"), ("update", "to update"), ("move", "to rename"),
             ("delete", "to delete"), ("forget", "to forget"))  # fmt: skip
    parts = [f"{summary[key]} {word}" for key, word in words if summary[key]]
    held = sum(1 for c in changes for d in c.get("differences", ()) if d.get("held"))
    kept = f" {held} difference{'s' if held != 1 else ''} left alone." if held else ""
    if not parts:
        return "Nothing to do: the Hub agrees with the manifests." if not held else f"Nothing to do.{kept}"
    calls = summary["calls"]
    return f"Plan: {', '.join(parts)}; {calls} call{'' if calls == 1 else 's'}.{kept}"


def _usage(usage: Mapping[str, int], calls: int) -> str:
    took = usage.get("requests", 0)
    text = f"Planning took {took} request{'' if took == 1 else 's'}"
    if calls:
        text += f"; apply plans again and then makes {calls} call{'' if calls == 1 else 's'}"
    if "left" in usage and "limit" in usage:
        text += f". Quota: {usage['left']} of {usage['limit']} left, reset in {usage.get('resetSeconds', 0)} s"
    return text + "."


def result_lines(outcomes: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Apply's last word: a table of what became of every change."""
    styles = {"applied": "add", "failed": "remove", "unknown": "risk", "unready": "risk", "skipped": "dim"}
    width = max((len(o["address"]) for o in outcomes), default=0)
    lines = []
    for outcome in outcomes:
        calls = outcome["calls"]
        text = f"{outcome['status']:<8} {outcome['address']:<{width}}  {outcome['action']:<7} {calls['done']}/{calls['total']} calls"
        message = outcome.get("message")
        lines.append(Line(clean(text + (f"  {message}" if message else "")), styles[outcome["status"]]))
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome["status"]] = counts.get(outcome["status"], 0) + 1
    summary = ", ".join(f"{counts[s]} {s}" for s in styles if s in counts)
    return [*lines, Line(f"Apply: {summary or 'nothing to do'}.", "title")]
