"""What ``kind: Changes`` documents say about change itself: renames, removals, consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hfops.model.address import Address, is_glob
from hfops.model.risk import RiskKind
from hfops.model.source import Mark


@dataclass(frozen=True, slots=True)
class Move:
    """``moved: {from, to}``; either side may hold one ``*`` for a part that both share."""

    source: str
    target: str
    where: Mark | None = None

    def target_of(self, address: Address) -> Address | None:
        """Where ``address`` moves to, if this entry covers it."""
        return _carry(address, self.source, self.target)

    def source_of(self, address: Address) -> Address | None:
        """Where ``address`` comes from, if this entry covers it."""
        return _carry(address, self.target, self.source)

    def done_at(self, address: Address) -> bool:
        """Whether ``address`` may be what this entry made, where it would be taken for a source again.

        (``bert-*`` to ``bert-v2-*`` must not make ``bert-v2-v2-…`` of it in the next run.)
        """
        return Address.parse(self.target).matches(self.source) and address.matches(self.target)


def _carry(address: Address, pattern: str, other: str) -> Address | None:
    if not address.matches(pattern):
        return None
    if not is_glob(pattern):
        return Address.parse(other)
    head, _, tail = pattern.partition("*")
    text = str(address)
    shared = text[len(head) : len(text) - len(tail)]
    return Address.parse(other.replace("*", shared, 1)) if shared else None


class RemovalAction(StrEnum):
    """What becomes of a removed resource."""

    DELETE = "delete"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Removal:
    """``removed: {address, action, reason}``."""

    pattern: str
    action: RemovalAction
    reason: str | None = None
    override_protection: bool = False
    where: Mark | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """``allow: {risk, address, reason, until}``, or ``--allow RISK[=GLOB]``."""

    risk: RiskKind
    pattern: str | None = None
    reason: str | None = None
    until: date | None = None
    where: Mark | None = None

    def covers(self, risk: RiskKind, address: Address, today: date) -> bool:
        """Whether this says yes to ``risk`` at ``address``. ``until`` is the last day on which it does."""
        in_time = self.until is None or today <= self.until
        return in_time and risk is self.risk and (self.pattern is None or address.matches(self.pattern))


@dataclass(frozen=True, slots=True)
class Directives:
    """All of a run's ``Changes`` documents together."""

    moved: tuple[Move, ...] = ()
    removed: tuple[Removal, ...] = ()
    allow: tuple[Allowance, ...] = ()

    def sources(self, address: Address) -> list[tuple[Address, Move]]:
        """Where ``address`` may have been before, nearest first, through chains of moves, each followed once.

        (``old-*`` to ``*`` would lead to ``old-old-…`` without end.)
        """
        found: dict[Address, Move] = {}
        todo: list[tuple[Address, frozenset[Move]]] = [(address, frozenset())]
        while todo:
            here, used = todo.pop(0)
            for move in (m for m in self.moved if m not in used):
                old = move.source_of(here)
                if old is not None and old != address and old not in found:
                    found[old] = move
                    todo.append((old, used | {move}))
        return list(found.items())

    def destination(self, address: Address) -> Address:
        """Where ``address`` ends after every move, each followed once; itself where none is about it."""
        seen = {address}
        here, left = address, list(self.moved)
        while True:
            moves = (m for m in left if not m.done_at(here))
            steps = ((m, t) for m in moves if (t := m.target_of(here)) is not None and t not in seen)
            step = next(steps, None)
            if step is None:
                return here
            left.remove(step[0])
            here = step[1]
            seen.add(here)
