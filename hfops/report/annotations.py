"""What a reviewer is told beside the very lines of the manifests: errors, refusals, risks, policies' findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hfops.model.problem import Problem
from hfops.model.source import Mark
from hfops.report.view import LOOSENED, Group, View
from hfops.report.words import clean, counted


class Severity(StrEnum):
    """How loud; the words are those of GitHub's annotations."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark. ``code`` is stable, for machines; ``where`` is None for what no line is to blame for."""

    severity: Severity
    code: str
    title: str
    message: str
    where: Mark | None = None


def of_problems(problems: Iterable[Problem]) -> tuple[Annotation, ...]:
    """Errors of manifests, each at its place."""
    return tuple(Annotation(Severity.ERROR, "invalid", "hfops", clean(p.said), p.where) for p in problems)


def of_plan(view: View, refusals: Sequence[Mapping[str, Any]] = ()) -> tuple[Annotation, ...]:
    """Refusals first, then risks that need consent and policies' warnings, then the other risks.

    What happens to several resources alike is said once, at the first of them.
    """
    places = {address: _mark(where) for group in view.groups for address, where in group.members}
    refused = {(r.get("address"), r.get("risk")) for r in refusals}
    found = [
        *(_refusal(r, places) for r in refusals),
        *(_loosened(view)),
        *(a for g in view.groups for a in _dangers(g, refused)),
        *(
            Annotation(Severity.WARNING, n.code, "hfops: policy", clean(n.message), places.get(n.address))
            for n in view.findings
        ),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda a: order.index(a.severity)))


def _refusal(refusal: Mapping[str, Any], places: Mapping[str, Mark | None]) -> Annotation:
    ways = [str(w).replace("`", "") for w in refusal["ways"]]
    to_go_on = f" (to go on: {'; or '.join(ways)})" if ways else ""
    return Annotation(
        Severity.ERROR,
        str(refusal["code"]),
        "hfops: apply would be refused",
        clean(f"{refusal['message']}{to_go_on}"),
        places.get(str(refusal.get("address") or "")),
    )


def _dangers(group: Group, refused: set[tuple[Any, Any]]) -> Iterator[Annotation]:
    """What of a group's risks no refusal speaks of already."""
    member, where = group.members[0]
    for danger in group.dangers:
        if (member, danger.kind) in refused:
            continue
        more = f" (and {counted(group.count - 1, 'other')} alike)" if group.count > 1 else ""
        yield Annotation(
            Severity.WARNING if danger.consent else Severity.NOTICE,
            danger.kind.replace("-", "_"),
            f"hfops: {danger.kind}",
            clean(f"{member}: {danger.reason}{more}"),
            _mark(where),
        )


def _loosened(view: View) -> Iterator[Annotation]:
    """Where the change itself makes the rules weaker that it is held against."""
    for slack in view.loosened:
        said = clean(slack.message)
        yield Annotation(Severity.WARNING, "guard_loosened", f"hfops: {LOOSENED}", said, _mark(slack.where))


def _mark(text: str) -> Mark | None:
    """``file:line:column``, read back."""
    file, line, column = (*text.rsplit(":", 2), "", "")[:3]
    return Mark(file, int(line), int(column)) if line.isdigit() and column.isdigit() else None
