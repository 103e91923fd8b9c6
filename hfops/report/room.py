"""Room for text: pieces are taken in the order of importance, and never more than fits."""

from __future__ import annotations

from collections.abc import Iterable


class Room:
    """How much may still be written, in UTF-16 code units: no host counts more for a character than that."""

    def __init__(self, units: int) -> None:
        self.left = units

    def take(self, text: str) -> bool:
        """Whether there was room for ``text``; if so it is used up."""
        units = size(text)
        if units > self.left:
            return False
        self.left -= units
        return True

    def swap(self, old: str, new: str) -> bool:
        """Whether ``new`` fits where ``old`` was; if so it takes its place."""
        units = size(new) - size(old)
        if units > self.left:
            return False
        self.left -= units
        return True

    def part(self, units: int) -> Room:
        """A room of its own within this one, of ``units`` or what is left; give it back with ``rejoin``."""
        inner = Room(min(units, self.left))
        self.left -= inner.left
        return inner

    def rejoin(self, inner: Room) -> None:
        """What ``inner`` did not need is free again."""
        self.left, inner.left = self.left + inner.left, 0

    def first(self, texts: Iterable[str]) -> list[str]:
        """The first of ``texts``, as many as fit."""
        out: list[str] = []
        for text in texts:
            if not self.take(text):
                break
            out.append(text)
        return out


def size(text: str) -> int:
    """UTF-16 code units: characters beyond the basic plane count twice."""
    return len(text) + sum(1 for c in text if c > "\uffff") if not text.isascii() else len(text)
