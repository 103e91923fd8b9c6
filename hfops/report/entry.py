"""One group of a report in Markdown, in three depths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

from hfops.report.inert import clipped, code, fenced, prose, raw_code
from hfops.report.text import SIGNS
from hfops.report.view import Group, Row
from hfops.report.words import counted, money


class Level(IntEnum):
    """How much is shown: nothing but a count, a line, what changes, the calls too."""

    HIDDEN = 0
    LINE = 1
    BRIEF = 2
    FULL = 3


HIDDEN, LINE, BRIEF, FULL = Level.HIDDEN, Level.LINE, Level.BRIEF, Level.FULL

NAMED = {LINE: 3, BRIEF: 30, FULL: 400}
"""How many members of a group are named."""

NEEDED = 6
"""How many of those that come first are named."""

VALUE, CALL, ADDRESS = 300, 800, 200
"""Characters shown of a value, a call and an address."""


def entry(group: Group, level: Level, *, drift: bool = False) -> str:
    """A ``<details>`` for one group; on level LINE an item of a list."""
    if level is LINE:
        return f"- {_line(group)}\n"
    body = "\n".join(part for part in _body(group, level, drift=drift) if part)
    # Raw HTML ends at an empty line, so one follows every tag before Markdown begins again.
    return f"\n<details><summary>{_summary(group)}</summary>\n\n{body}\n</details>\n\n"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(code(clipped(n, ADDRESS)) for n in names[:most]) + more


def sign(group: Group) -> str:
    """The action in a character or three."""
    return SIGNS[group.action]


def _line(group: Group) -> str:
    names = f" ({listed([a for a, _ in group.members], NAMED[LINE])})" if group.count > 1 else ""
    title = code(clipped(group.title, ADDRESS))
    extras = "".join(f", **{prose(p)}**" for p in group.perils)
    return f"{code(sign(group))} {title} {prose(clipped(group.verb, ADDRESS))}{extras}{names}"


def _summary(group: Group) -> str:
    """Raw HTML, on one line."""
    said = []
    one = group.rows[0] if len(group.rows) == 1 else None
    if one is not None and group.action == "update" and one.before is not None and one.after is not None:
        said.append(raw_code(clipped(f"{one.path}: {one.before} → {one.after}", VALUE)))
    else:
        said.append(raw_code(clipped(group.verb, ADDRESS)))
    if group.requests:
        each = " each" if group.count > 1 else ""
        said.append(f"{counted(len(group.requests), 'call')}{each}")
    if group.restarts:
        said.append("restarts")
    said += [f"<b>{raw_code(p)}</b>" for p in group.perils]
    return f"{raw_code(sign(group))} <b>{raw_code(clipped(group.title, ADDRESS))}</b> {' · '.join(said)}"


def _body(group: Group, level: Level, *, drift: bool) -> Iterator[str]:
    if group.count > 1:
        for namespace, names in group.families.items():
            yield f"{code(clipped(f'{namespace}/', ADDRESS))}: {listed(names, NAMED[level])}\n"
    elif group.members[0][1]:
        yield f"{code(clipped(group.members[0][1], ADDRESS))}\n"
    for danger in group.dangers:
        yield f"**{prose(danger.kind)}**: {prose(clipped(danger.reason, VALUE))}\n"
    for fact in (*group.remarks, *group.facts):
        yield f"{prose(clipped(fact.text, 2 * VALUE))}\n"
    if group.needs:
        yield f"waits for {listed(group.needs, NEEDED)}\n"
    if group.bill:
        yield f"cost{group.each}: {code(money(group.bill))}\n"
    if group.rows:
        yield fenced([line for row in group.rows for line in _row(row, drift=drift)], "diff")
    if group.requests and level is FULL:
        times = f" ({group.count} times)" if group.count > 1 else ""
        texts = [clipped(r.text, CALL) + times for r in group.requests]
        yield fenced(texts)


def _row(row: Row, *, drift: bool) -> Iterator[str]:
    there, here = ("   (on the Hub)", "   (in the manifest)") if drift else ("", "")
    before, after = ("#", "#") if row.held else ("-", "+")
    remarks = f"   [{clipped(row.remarks, VALUE)}]" if row.remarks else ""
    last = "" if row.after is not None else remarks
    if row.before is not None:
        yield f"{before} {clipped(row.path, VALUE)}: {clipped(row.before, VALUE)}{there}{last}"
    if row.after is not None:
        yield f"{after} {clipped(row.path, VALUE)}: {clipped(row.after, VALUE)}{here}{remarks}"
    for line in row.more:
        yield clipped(line if line[:1] in ("+", "-", "@", " ") else f"  {line}", VALUE)
