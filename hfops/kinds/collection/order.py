"""The order of items. Managed items fill the places that managed items hold; new places are at the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def arranged(present: Sequence[str], managed: Sequence[str]) -> list[str]:
    """``present`` with its managed entries in the order of ``managed``; all others stay where they are."""
    there = set(present)
    following = iter([key for key in managed if key in there])
    ours = set(managed)
    return [next(following) if key in ours else key for key in present]


def window(present: Sequence[str], target: Sequence[str], crooked: int | None) -> range:
    """The places to write so that ``present`` becomes ``target``.

    Written in ascending order, the result is the same whether the Hub moves the others along or takes each position as
    it is given: what stands before the window and behind it is not touched. ``crooked`` is the first place whose item
    may hold another position than its place (the Hub may leave gaps): from there on, all are written.
    """
    wrong = [i for i, (a, b) in enumerate(zip(present, target, strict=True)) if a != b]
    if not wrong:
        return range(0)
    if crooked is None:
        return range(wrong[0], wrong[-1] + 1)
    return range(min(wrong[0], crooked), len(target))


def crooked_from(present: Sequence[str], positions: Mapping[str, int]) -> int | None:
    """The first place whose item held another position (``positions``) than its place; None where all is straight."""
    return next((i for i, key in enumerate(present) if positions.get(key, i) != i), None)
