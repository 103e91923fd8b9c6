"""The report as Markdown for a pull request's comment: never longer than its host takes, whatever the plan holds.

What must be there (verdict, counts) is taken first, then risks and refusals, then the changes, the risky before the
others. Every change begins as a count and is shown in more detail as long as there is room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hfops.report.entry import BRIEF, FULL, HIDDEN, LINE, Level, entry, listed
from hfops.report.inert import clipped, code, prose, told
from hfops.report.room import Room, size
from hfops.report.said import Said
from hfops.report.standing import explained
from hfops.report.view import Group, Peril, Stop, Verdict, View
from hfops.report.words import counted, money, unverified

LIMIT = 65_536
"""Characters that GitHub takes for a comment."""

SMALLEST = 8_192
"""Characters: below this there is no room for what must be said."""

MESSAGE, WAY, NAMES, REASONS = 600, 1_000, 5, 12
"""Characters shown of a message and of a way out; resources named for a risk; reasons of one that no resource runs."""


TITLES = {
    Verdict.AGREES: "✅ nothing to do",
    Verdict.LEFT_ALONE: "✅ nothing to do, some differences are left alone",
    Verdict.STARTING: "⏳ nothing to do, something is still starting",
    Verdict.DOWN: "⚠️ nothing to do, but something is down",
    Verdict.CHANGES: "📝 changes",
    Verdict.REFUSED: "⛔ apply would be refused",
    Verdict.NO_DRIFT: "✅ no drift",
    Verdict.DRIFT: "⚠️ drift",
}


def markdown(view: View, *, marker: str = "", elsewhere: str = "", limit: int = LIMIT) -> str:
    """The comment, at most ``limit`` UTF-16 code units long.

    ``marker`` is put before everything, as it is, on a line of its own: an HTML comment by which its author finds
    it again. ``elsewhere`` says, in Markdown, where what is hidden can be read (default: the command). Raises ValueError for a limit below
    ``SMALLEST``, or a marker or ``elsewhere`` that leaves no room.
    """
    if limit < SMALLEST + size(marker) + size(elsewhere):
        raise ValueError(f"no room: {limit} characters, at least {SMALLEST} and what the caller adds")
    elsewhere = elsewhere or f"`hfops {'drift' if view.drift else 'plan'}` shows all of it"
    room = Room(limit)
    top, foot = _top(view, marker), _foot(view)
    for text in (top, foot, _hidden(view.groups, view.groups, elsewhere)):
        if not room.take(text):
            raise ValueError(f"no room: {limit} characters")
    share = room.left // 8
    before = [
        _section(room, 2 * share, "Risks", map(_peril, view.perils)),
        _section(room, 2 * share, "What stands in the way", _stops(view)),
        _section(room, share, "Policies", map(_note, view.ruled)),
    ]
    after = _section(room, share, "Notes", [*_drifted(view), *map(_note, view.aside), *_strays(view)])
    changes = _changes(view, room, elsewhere)
    return top + "".join(before) + changes + after + foot


def _top(view: View, marker: str) -> str:
    what = "hfops drift" if view.drift else "hfops plan"
    title = TITLES[view.verdict]
    if view.verdict is Verdict.CHANGES and view.perils:
        title = "⚠️ changes, with risks"
    about = [code(clipped(t, 80)) for t in (view.project, view.hub) if t]
    if view.environment:
        about.insert(1 if view.project else 0, f"environment {code(clipped(view.environment, 80))}")
    lines = [*([marker] if marker else []), f"### {what}: {title}", ""]
    lines += [" · ".join(about), ""] if about else []
    lines += [f"**{prose(clipped(view.headline.removeprefix('Plan: '), MESSAGE))}**", ""]
    if view.bill:
        lines += [f"Cost of what changes: {code(money(view.bill))}", ""]
    return "\n".join([*lines, *_table(view), ""])


def _table(view: View) -> list[str]:
    """Resources by kind and action, where that is more than one number."""
    acting = [g for g in view.groups if g.acts]
    kinds = list(dict.fromkeys(g.kind for g in acting))
    if not 1 < len(kinds) <= KINDS:
        return []
    counts: Counter[tuple[str, str]] = Counter()
    for group in acting:
        counts[group.kind, group.action] += group.count
    head = f"| | {' | '.join(t.word for t in view.tallies)} |"
    rows = [
        f"| {code(clipped(kind, 40), cell=True)} | "
        + " | ".join(str(counts[kind, t.action] or "") for t in view.tallies)
        + " |"
        for kind in kinds
    ]
    return [head, "|---" + "|--:" * len(view.tallies) + "|", *rows, ""]


TIGHT = 32
"""Characters: nothing fits into less, so nothing more is tried."""

KINDS = 12
"""Kinds that get a row of the table and a heading of their own; the kinds there are, are fewer."""


def _foot(view: View) -> str:
    said = [view.usage]
    if view.unverified:
        said.append(f"{unverified(view.unverified)}.")
    if view.held:
        said.append(f"{counted(view.held, 'difference')} left alone.")
    text = " ".join(s for s in said if s)
    return f"\n<sub>{prose(clipped(text, MESSAGE))}</sub>\n" if text else ""


def _section(room: Room, units: int, title: str, items: Iterable[str]) -> str:
    """A heading and its items, as many as fit into ``units``, and how many do not."""
    texts = list(items)
    if not texts:
        return ""
    head, rest = f"#### {title}\n\n", "- … and {} more\n"
    inner = room.part(units)
    if not inner.take(head + rest.format(len(texts)) + "\n"):
        room.rejoin(inner)
        return ""
    shown = inner.first(texts)
    room.rejoin(inner)
    more = rest.format(len(texts) - len(shown)) if len(shown) < len(texts) else ""
    return head + "".join(shown) + more + "\n"


def _peril(peril: Peril) -> str:
    if not peril.addresses:
        return _of_the_project(peril)
    reasons = sorted(peril.reasons.items(), key=lambda r: -r[1])
    why = "; ".join(prose(clipped(reason, MESSAGE // 2)) for reason, _ in reasons[:3])
    more = f"; and {counted(len(reasons) - 3, 'other reason')}" if len(reasons) > 3 else ""
    return f"- **{prose(peril.kind)}**: {listed(peril.addresses, NAMES)}: {why}{more}\n"


def _of_the_project(peril: Peril) -> str:
    """A risk that no resource runs, reason by reason."""
    reasons = list(peril.reasons)
    shown = "".join(f"  - {prose(clipped(reason, MESSAGE // 2))}\n" for reason in reasons[:REASONS])
    more = f"  - … and {len(reasons) - REASONS} more\n" if len(reasons) > REASONS else ""
    held = f"{counted(len(reasons), 'rule')}; the base branch's hold until this is merged"
    return f"- **{prose(peril.kind)}**: {held}\n{shown}{more}"


def _stops(view: View) -> list[str]:
    """Each refusal; with the first, what the mark of the base branch's means."""
    mark = explained(view.stops)
    texts = list(map(_stop, view.stops))
    return [f"{prose(mark)}\n\n{texts[0]}", *texts[1:]] if mark else texts


def _stop(stop: Stop) -> str:
    ways = "".join(f"  - {'or' if i else 'to go on:'} {told(w, WAY)}\n" for i, w in enumerate(stop.ways))
    return f"- {prose(clipped(stop.message, MESSAGE))}\n{ways}"


def _note(note: Said) -> str:
    about = f"{_about(note)}: " if note.about else ""
    return f"- {about}{prose(clipped(note.message, MESSAGE))}\n"


def _about(note: Said) -> str:
    if note.members:
        return f"{len(note.members)} resources, {listed(note.members, NAMES)}"
    return code(clipped(note.address, 200))


def _drifted(view: View) -> list[str]:
    return [f"- **drift**: {prose(clipped(view.drifted, MESSAGE))}\n"] if view.drifted else []


def _strays(view: View) -> list[str]:
    return [
        f"- {len(names)} on the Hub that no manifest describes, in {code(clipped(f'{family}/', 120))}: {listed(names, 8)}\n"
        for family, names in view.strays.items()
    ]


@dataclass(slots=True)
class _Shown:
    """A group and how much of it is shown."""

    group: Group
    text: str = ""
    level: Level = HIDDEN


def _changes(view: View, room: Room, elsewhere: str) -> str:
    """The changes by kind, each in as much detail as there is room for; how much is hidden, first of all."""
    shown = [_Shown(g) for g in view.groups]
    kinds = _kinds(view.groups, room)
    open_ones = [s for s in shown if s.group.kind in kinds]
    risky = [s for s in open_ones if s.group.dangers]
    inner = room.part(room.left * 2 // 3)
    _deepen(risky, inner, view)
    room.rejoin(inner)
    _deepen([*risky, *(s for s in open_ones if not s.group.dangers)], room, view)
    sections = (
        head + "".join(s.text for s in shown if s.group.kind == kind) + "\n" for kind, head in kinds.items()
    )
    hidden = [s.group for s in shown if s.level is HIDDEN]
    short = [s.group for s in shown if s.level in (LINE, BRIEF)]
    return _hidden(hidden, short, elsewhere) + "".join(sections)


def _kinds(groups: Sequence[Group], room: Room) -> dict[str, str]:
    """The kinds that there is room to head, with their headings."""
    heads: dict[str, str] = {}
    for kind in dict.fromkeys(g.kind for g in groups):
        count = sum(g.count for g in groups if g.kind == kind)
        head = f"#### {prose(clipped(kind, 40))} ({count})\n\n"
        if len(heads) < KINDS and room.take(head + "\n"):
            heads[kind] = head
    return heads


def _deepen(shown: Sequence[_Shown], room: Room, view: View) -> None:
    """Every group on a line before any gets more than that."""
    for level in (LINE, BRIEF, FULL):
        for one in shown:
            if room.left < TIGHT:
                return
            if one.level >= level:
                continue
            text = entry(one.group, level, drift=view.drift)
            if room.swap(one.text, text):
                one.text, one.level = text, level


def _hidden(hidden: Sequence[Group], short: Sequence[Group], elsewhere: str) -> str:
    """What there is no room for; empty where there is. Longest where all groups are both, which is what is reserved."""
    parts = []
    if hidden:
        counts: Counter[str] = Counter()
        for group in hidden:
            counts[group.action] += group.count
        actions = ", ".join(f"{action} {count}" for action, count in counts.items())
        parts.append(f"{counted(sum(counts.values()), 'resource')} not shown at all ({actions})")
    if short:
        parts.append(f"{counted(sum(g.count for g in short), 'resource')} shortened")
    return f"> **Not everything fits here**: {', '.join(parts)}; {elsewhere}.\n\n" if parts else ""
