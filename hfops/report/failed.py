"""A run that made no plan, as Markdown: manifests with errors, a Hub that did not answer, a fork's manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from hfops.engine.validationform import Validation
from hfops.model.problem import HfopsError, Problem, Problems
from hfops.report.inert import clipped, code, prose
from hfops.report.markdown import LIMIT, MESSAGE, SMALLEST
from hfops.report.room import Room, size
from hfops.report.words import counted


def problems_of(error: HfopsError, mask: Callable[[str], str]) -> tuple[Problem, ...]:
    """All that is wrong, one by one, without secrets."""
    found = error.problems if isinstance(error, Problems) else (Problem(str(error)),)
    return tuple(replace(p, message=mask(p.message), hint=mask(p.hint) if p.hint else None) for p in found)


def failed(problems: Iterable[Problem], *, marker: str = "", said: str = "", limit: int = LIMIT) -> str:
    """A plan that could not be made, and why. ``marker`` and ``said`` (Markdown) are the caller's, and stand as they are.

    At most ``limit`` UTF-16 code units long. Raises ValueError for a limit below ``SMALLEST``.
    """
    found = [(str(p.where or ""), p.said) for p in problems]
    said = " ".join(part for part in ("There is no plan.", said) if part)
    return _page(
        f"hfops plan: ❌ {counted(len(found), 'error')}", found, marker=marker, said=said, limit=limit
    )


def not_applied(problems: Iterable[Problem], *, marker: str = "", said: str = "", limit: int = LIMIT) -> str:
    """An apply that an error ended, and the error. ``marker`` and ``said`` as in ``failed``."""
    found = [(str(p.where or ""), p.said) for p in problems]
    title = f"hfops apply: ❌ {counted(len(found), 'error')}"
    return _page(title, found, marker=marker, said=said, limit=limit)


def validated(report: Validation, *, marker: str = "", limit: int = LIMIT) -> str:
    """What a fork's own job says of its manifests: data, of which nothing is believed but that it is text."""
    found = [(e.where, e.message) for e in report.errors]
    verdict = f"❌ {counted(len(found), 'error')}" if found else "✅ the manifests are valid"
    size_of_it = f"{counted(report.resources, 'resource')} in {counted(report.files, 'file')}"
    said = (
        f"From a fork: checked offline, by a job without any token{'' if found else f'; {size_of_it}'}."
        " There is no plan; a maintainer who takes the change over into a branch of this repository gets one."
    )
    return _page(f"hfops validate: {verdict}", found, marker=marker, said=said, limit=limit)


def _page(title: str, found: list[tuple[str, str]], *, marker: str, said: str, limit: int) -> str:
    """Title, words, and the errors, as many as fit, and how many do not."""
    if limit < SMALLEST + size(marker) + size(said):
        raise ValueError(f"no room: {limit} characters")
    top = "\n".join([*([marker] if marker else []), f"### {title}", "", *([said, ""] if said else [])]) + "\n"
    more, room = "- … and {} more\n", Room(limit)
    room.take(top + more.format(len(found)))
    shown = room.first(_item(where, message) for where, message in found)
    rest = more.format(len(found) - len(shown)) if len(shown) < len(found) else ""
    return top + "".join(shown) + rest


def _item(where: str, message: str) -> str:
    head = f"{code(clipped(where, MESSAGE))}: " if where else ""
    return f"- {head}{prose(clipped(message, 2 * MESSAGE))}\n"
