"""The text report of a plan: lines with a style each, for a terminal or a log."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfops.report.folding import folded, nameless
from hfops.report.lines import Line, cleaned
from hfops.report.model import Report
from hfops.report.standing import refusal_lines
from hfops.report.words import call_text, counted, money, value_text

SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "-/+",
    "move": ">",
    "delete": "-",
    "forget": "x",
    "none": " ",
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
CAUSES = {
    "drift": "changed on the Hub since the last apply",
    "both": "changed on the Hub and in the manifest; the manifest wins",
}
WIDTH = 100
NAMED_STRAYS = 8
"""How many resources that nothing describes are named before they are only counted."""
NAMED_RISKS = 5
"""How many resources the list of risks names before it only counts."""


def plan_lines(report: Report, *, full: bool = False) -> list[Line]:
    """The whole plan: risks first, then the changes; what stands in the way last, where a terminal shows it.

    Identical changes are shown as one, unless ``full``.
    """
    changes = report.plan["changes"]
    lines = [*_risks(changes)]
    for group in [[c] for c in changes] if full else folded(changes):
        lines.extend(_change(group[0]) if len(group) == 1 else _group(group))
    lines.extend(_notices(report.plan["notices"]))
    lines.extend(_unmanaged(report.plan.get("unmanaged", ())))
    lines.extend(refusal_lines(report.refusals))
    acting = [c for c in changes if c.get("calls") or c["action"] == "forget"]
    calls = sum(len(c.get("calls", ())) for c in acting)
    restarts = sum(1 for c in acting if c.get("restarts"))
    counts = Counter(c["action"] for c in acting)
    lines.append(Line(_summary(counts, calls, restarts, _held(changes), report.idle), "title"))
    if report.plan.get("cost"):
        lines.append(Line(f"Cost of what changes: {money(report.plan['cost'])}."))
    summary = report.plan.get("summary")
    unverified = summary.get("unverified") if isinstance(summary, Mapping) else None
    if isinstance(unverified, int) and unverified:
        text = (
            f"{counted(unverified, 'field')} unverified: the Hub does not show them, and they were never sent"
        )
        lines.append(Line(f"{text} (--send-unverified sends them).", "dim"))
    if report.usage:
        lines.append(Line(_usage(report.usage, 0 if report.applying else calls), "dim"))
    return cleaned(lines)


def _risks(changes: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """What the plan may cost, before anything else: each risk with the resources that run it."""
    found: dict[str, dict[str, None]] = {}
    for change in changes:
        for risk in change.get("risks", ()):
            found.setdefault(risk["risk"], {})[change["address"]] = None
    for risk, addresses in found.items():
        more = f" and {len(addresses) - NAMED_RISKS} more" if len(addresses) > NAMED_RISKS else ""
        yield Line(f"! {risk}: {', '.join([*addresses][:NAMED_RISKS])}{more}", "risk")
    if found:
        yield Line()


def _change(change: Mapping[str, Any]) -> Iterator[Line]:
    action = change["action"]
    yield Line(f"{SIGNS[action]} {change['address']}  ({_verb(change)})", STYLES[action])
    if "where" in change:
        yield Line(f"    {change['where']}", "dim")
    yield from _details(change)
    for call in change.get("calls", ()):
        yield Line(f"    → {call_text(call)}")
    yield Line()


def _verb(change: Mapping[str, Any]) -> str:
    action = change["action"]
    verbs = {"none": "no call", "move": f"renamed from {change.get('movedFrom', '?')}"}
    return verbs.get(action, str(action))


def _details(change: Mapping[str, Any]) -> Iterator[Line]:
    for note in change.get("notes", ()):
        yield Line(f"    {note}", "dim")
    for difference in change.get("differences", ()):
        first, *more = f"    {OP_SIGNS[difference['op']]} {_difference(difference)}".split("\n")
        yield Line(first, _difference_style(difference))
        for text in more:
            yield Line(f"        {text}", {"+": "add", "-": "remove"}.get(text[:1], "dim"))
    if "released" in change:
        yield Line(f"    no longer managed, left as it is: {', '.join(change['released'])}", "dim")
    if "unverified" in change:
        listed = ", ".join(change["unverified"])
        said = "unverified, the Hub does not show it, not sent (--send-unverified does)"
        yield Line(f"    {said}: {listed}", "dim")
    yield from _running(change)
    if change.get("adopts"):
        yield Line("    adopted: it was there before hfops", "dim")
    for risk in change.get("risks", ()):
        yield Line(f"    ! {risk['risk']}: {risk['reason']}", "risk")


def _running(change: Mapping[str, Any]) -> Iterator[Line]:
    """What the change means for something that runs."""
    if "cost" in change:
        yield Line(f"    cost: {money(change['cost'])}", "dim")
    if change.get("failing") and not change.get("calls"):
        yield Line(f"    down ({change['failing']}), and nothing here changes that", "risk")
    if change.get("starting"):
        yield Line(f"    still starting ({change['starting']}): apply waits for it", "dim")
    if change.get("restarts"):
        yield Line("    restarts: once, its calls are sent back to back", "dim")


def _group(group: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Identical changes: said once, the names in full, the calls of one with NAME in the place of its id."""
    first = group[0]
    kind = first["address"].split("/")[0]
    differences = first.get("differences", ())
    head, rest = f"{SIGNS[first['action']]} {len(group)} {kind}s", first
    if first["action"] == "update" and len(differences) == 1:
        head, rest = f"{head}  {_difference(differences[0])}", {**first, "differences": ()}
    else:
        head = f"{head}  ({_verb({**first, 'movedFrom': '…'})})"
    yield Line(head, STYLES[first["action"]])
    for namespace, names in _by_namespace(group).items():
        wrapped = textwrap.wrap(
            f"{namespace}/: {', '.join(names)}", WIDTH, break_long_words=False, break_on_hyphens=False
        )
        for index, text in enumerate(wrapped):
            yield Line(("    " if index == 0 else "      ") + text)
    yield from _details(rest)
    for call in first.get("calls", ()):
        yield Line(f"    → {call_text(nameless(call, first['address']))}   ({len(group)} times)")
    yield Line()


def _by_namespace(group: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for change in group:
        _, namespace, name = change["address"].split("/", 2)
        out.setdefault(namespace, []).append(name)
    return out


def _difference(difference: Mapping[str, Any]) -> str:
    op, path = difference["op"], difference["path"].removeprefix("spec.")
    before, after = value_text(difference["before"]), value_text(difference["after"])
    text = {"add": after, "remove": before}.get(op, f"{before} → {after}")
    said = [difference.get("held"), CAUSES.get(difference["cause"]), difference.get("note")]
    remarks, _, more = "; ".join(s for s in said if s).partition("\n")
    if difference["cause"] == "both":
        remarks += f" (last applied: {value_text(difference.get('recorded'))})"
    return f"{path}: {text}" + (f"   [{remarks}]" if remarks else "") + (f"\n{more}" if more else "")


def _difference_style(difference: Mapping[str, Any]) -> str:
    return (
        "dim"
        if difference.get("held")
        else {"add": "add", "remove": "remove"}.get(difference["op"], "change")
    )


def _notices(notices: Sequence[Mapping[str, str]]) -> Iterator[Line]:
    for notice in notices:
        about = f"{notice['address']}: " if "address" in notice else ""
        yield Line(f"note: {about}{notice['message']}", "dim")
    if notices:
        yield Line()


def _unmanaged(addresses: Sequence[str]) -> Iterator[Line]:
    """What lives beside the manifests, one line for each kind and namespace."""
    groups: dict[str, list[str]] = {}
    for address in addresses:
        family, _, name = address.rpartition("/")
        groups.setdefault(family, []).append(name)
    for family, names in groups.items():
        more = f" and {len(names) - NAMED_STRAYS} more" if len(names) > NAMED_STRAYS else ""
        listed = ", ".join(names[:NAMED_STRAYS])
        yield Line(
            f"note: {len(names)} on the Hub that no manifest describes: {family}/: {listed}{more}", "dim"
        )
    if groups:
        yield Line()


def _held(changes: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 for c in changes for d in c.get("differences", ()) if d.get("held"))


def _summary(actions: Mapping[str, int], calls: int, restarts: int, held: int, idle: str) -> str:
    words = (("create", "to create"), ("update", "to update"), ("replace", "to replace"), ("move", "to rename"),
             ("delete", "to delete"), ("forget", "to forget"))  # fmt: skip
    parts = [f"{actions[key]} {word}" for key, word in words if actions[key]]
    kept = f" {counted(held, 'difference')} left alone." if held else ""
    if parts:
        again = f", {counted(restarts, 'restart')}" if restarts else ""
        return f"Plan: {', '.join(parts)}; {counted(calls, 'call')}{again}.{kept}"
    return f"Nothing to do.{kept}" if held else idle


def _usage(usage: Mapping[str, int], calls: int) -> str:
    text = f"Planning took {counted(usage.get('requests', 0), 'request')}"
    if calls:
        text += f"; apply plans again and then makes {counted(calls, 'call')}"
    if "left" in usage and "limit" in usage:
        text += (
            f". Quota: {usage['left']} of {usage['limit']} left, reset in {usage.get('resetSeconds', 0)} s"
        )
    return text + "."
