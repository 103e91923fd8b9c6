"""Whether one glob covers everything that another does, as far as that shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase


def within(glob: str, wider: str) -> bool:
    """Whether all that ``glob`` matches, ``wider`` matches, too, part by part between slashes. No, where in doubt."""
    parts, others = glob.split("/"), wider.split("/")
    return len(parts) == len(others) and all(map(_within, parts, others))


def _within(part: str, wider: str) -> bool:
    if wider in (part, "*"):
        return True
    # A ? or a set might take a * for a letter, and a * a set for letters.
    plain = not any(c in part for c in "*?[")
    return (plain or ("[" not in part and not any(c in wider for c in "?["))) and fnmatchcase(part, wider)


def beyond(globs: Iterable[str], base: Iterable[str]) -> list[str]:
    """Those of ``globs`` that none of ``base`` covers."""
    wider = list(base)
    return [g for g in globs if not any(within(g, w) for w in wider)]


def outlasts(until: date | None, other: date | None) -> bool:
    """Whether ``until`` is later than ``other``; None has no end."""
    return other is not None and (until is None or until > other)
