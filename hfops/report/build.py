"""From a report to its view: the one place that walks a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfops.report.folding import folded, nameless
from hfops.report.model import Report
from hfops.report.said import Said
from hfops.report.standing import stops
from hfops.report.view import (
    LOOSENED,
    Danger,
    Fact,
    Group,
    Peril,
    Request,
    Row,
    Slack,
    Tally,
    Verdict,
    View,
)
from hfops.report.words import call_parts, counted, value_text

CAUSES = {
    "drift": "changed on the Hub since the last apply",
    "both": "changed on the Hub and in the manifest; the manifest wins",
}
WORDS = {
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "move": "to rename",
    "delete": "to delete",
    "forget": "to forget",
}
NO_CONSENT = {"downtime"}
"""Risks that nobody has to say yes to."""

Change = Mapping[str, Any]


def plan_view(report: Report, *, full: bool = False) -> View:
    """The view of a plan. Identical changes are one group, unless ``full``."""
    changes: Sequence[Change] = report.plan["changes"]
    groups = [[c] for c in changes] if full else folded(changes)
    acting = [c for c in changes if _acts(c)]
    tallies = _tallies(acting)
    calls = sum(len(c.get("calls", ())) for c in acting)
    restarts = sum(1 for c in acting if c.get("restarts"))
    held = sum(1 for c in changes for d in c.get("differences", ()) if d.get("held"))
    slack = tuple(Slack(s["code"], s["message"], s.get("where") or "") for s in report.loosened)
    return View(
        verdict=_verdict(report, bool(acting), held),
        headline=_headline(tallies, calls, restarts, held, report.idle),
        project=str(report.plan.get("project") or ""),
        environment=str(report.plan.get("environment") or ""),
        hub=report.hub,
        tallies=tallies,
        calls=calls,
        restarts=restarts,
        held=held,
        unverified=_unverified(report.plan),
        perils=(*_weaker(slack), *_perils(changes)),
        loosened=slack,
        groups=tuple(_group(g, f"r{i}") for i, g in enumerate(groups, 1)),
        notes=notes_of(report.plan),
        strays=_strays(report.plan.get("unmanaged", ())),
        stops=stops(report.refusals),
        bill=report.plan.get("cost"),
        usage=_usage(report.usage, 0 if report.applying else calls) if report.usage else "",
    )


def _acts(change: Change) -> bool:
    return bool(change.get("calls")) or change["action"] == "forget"


def _tallies(acting: Sequence[Change]) -> tuple[Tally, ...]:
    counts = Counter(c["action"] for c in acting)
    return tuple(Tally(action, counts[action], word) for action, word in WORDS.items() if counts[action])


def _verdict(report: Report, acts: bool, held: int) -> Verdict:
    changes = report.plan["changes"]
    if report.refusals:
        return Verdict.REFUSED
    if acts:
        return Verdict.CHANGES
    if any(c.get("failing") for c in changes):
        return Verdict.DOWN
    if held:
        return Verdict.LEFT_ALONE
    return Verdict.STARTING if any(c.get("starting") for c in changes) else Verdict.AGREES


def _headline(tallies: Sequence[Tally], calls: int, restarts: int, held: int, idle: str) -> str:
    kept = f" {counted(held, 'difference')} left alone." if held else ""
    if tallies:
        again = f", {counted(restarts, 'restart')}" if restarts else ""
        parts = ", ".join(f"{t.count} {t.word}" for t in tallies)
        return f"Plan: {parts}; {counted(calls, 'call')}{again}.{kept}"
    return f"Nothing to do.{kept}" if held else idle


def _unverified(plan: Mapping[str, Any]) -> int:
    summary = plan.get("summary")
    count = summary.get("unverified") if isinstance(summary, Mapping) else None
    return count if isinstance(count, int) else 0


def _weaker(slack: Sequence[Slack]) -> Iterator[Peril]:
    """The risk that the rules themselves get looser; shown before what they are held against."""
    if slack:
        yield Peril(LOOSENED, consent=False, addresses=(), reasons=Counter(s.text for s in slack))


def _perils(changes: Sequence[Change]) -> tuple[Peril, ...]:
    """Each kind of risk with the resources that run it, in the order in which they are met."""
    found: dict[str, dict[str, None]] = {}
    reasons: dict[str, Counter[str]] = {}
    for change in changes:
        for risk in change.get("risks", ()):
            found.setdefault(risk["risk"], {})[change["address"]] = None
            reasons.setdefault(risk["risk"], Counter())[risk["reason"]] += 1
    return tuple(Peril(k, k not in NO_CONSENT, tuple(a), reasons[k]) for k, a in found.items())


def _group(group: Sequence[Change], anchor: str) -> Group:
    first = group[0]
    return Group(
        id=anchor,
        action=first["action"],
        verb=_verb(first, alone=len(group) == 1),
        kind=first["address"].split("/")[0],
        members=tuple((c["address"], c.get("where") or "") for c in group),
        acts=_acts(first),
        remarks=tuple(Fact(note) for note in first.get("notes", ())),
        rows=tuple(map(_row, first.get("differences", ()))),
        facts=tuple(_facts(first)),
        dangers=tuple(
            Danger(r["risk"], r["reason"], r["risk"] not in NO_CONSENT) for r in first.get("risks", ())
        ),
        requests=tuple(_requests(first, alone=len(group) == 1)),
        restarts=bool(first.get("restarts")),
        bill=first.get("cost"),
        needs=tuple(dict.fromkeys(a for c in group for a in c.get("dependsOn", ()))),
    )


def _verb(change: Change, *, alone: bool) -> str:
    action = str(change["action"])
    source = change.get("movedFrom", "?") if alone else "…"
    return {"none": "no call", "move": f"renamed from {source}"}.get(action, action)


def _row(difference: Mapping[str, Any]) -> Row:
    op, cause = difference["op"], difference["cause"]
    said = [difference.get("held"), CAUSES.get(cause), difference.get("note")]
    remarks, more = remark_lines("; ".join(s for s in said if s))
    if cause == "both":
        remarks += f" (last applied: {value_text(difference.get('recorded'))})"
    return Row(
        op=op,
        path=difference["path"].removeprefix("spec."),
        before=None if op == "add" else value_text(difference["before"]),
        after=None if op == "remove" else value_text(difference["after"]),
        remarks=remarks,
        more=more,
        held=bool(difference.get("held")),
        drifted=cause in CAUSES,
    )


def remark_lines(text: str) -> tuple[str, tuple[str, ...]]:
    """Remarks that go beside a value, and the lines that go below it."""
    first, *more = text.split("\n")
    return first, tuple(more)


def _facts(change: Change) -> Iterator[Fact]:
    if "released" in change:
        yield Fact(f"no longer managed, left as it is: {', '.join(change['released'])}")
    if "unverified" in change:
        said = "unverified, the Hub does not show it, not sent (--send-unverified does)"
        yield Fact(f"{said}: {', '.join(change['unverified'])}")
    if change.get("failing") and not change.get("calls"):
        yield Fact(f"down ({change['failing']}), and nothing here changes that", "risk")
    if change.get("starting"):
        yield Fact(f"still starting ({change['starting']}): apply waits for it")
    if change.get("restarts"):
        yield Fact("restarts: once, its calls are sent back to back")
    if change.get("adopts"):
        yield Fact("adopted: it was there before hfops")


def _requests(change: Change, *, alone: bool) -> Iterator[Request]:
    for call in change.get("calls", ()):
        method, path, body = call_parts(call if alone else nameless(call, change["address"]))
        yield Request(method, path, body, call.get("summary", ""))


def notes_of(plan: Mapping[str, Any]) -> tuple[Said, ...]:
    """The notices of a plan."""
    return tuple(
        Said(n["message"], n.get("address") or "", n.get("code") or "") for n in plan.get("notices", ())
    )


def _strays(addresses: Sequence[str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for address in addresses:
        family, _, name = address.rpartition("/")
        groups.setdefault(family, []).append(name)
    return {family: tuple(names) for family, names in groups.items()}


def _usage(usage: Mapping[str, int], calls: int) -> str:
    text = f"Planning took {counted(usage.get('requests', 0), 'request')}"
    if calls:
        text += f"; apply plans again and then makes {counted(calls, 'call')}"
    if "left" in usage and "limit" in usage:
        text += f". Quota: {usage['left']:,} of {usage['limit']:,} left, reset in {usage.get('resetSeconds', 0)} s"
    return text + "."
