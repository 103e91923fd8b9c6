"""Which addresses to look at, and when: bursts for one address are one look. Pure: the time is given.

An address is due once it was quiet for ``debounce`` seconds, and ``max_wait`` seconds after its first event at the
latest. More addresses than ``LIMIT`` are one look at everything, so that a flood costs neither memory nor events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hfops.cli.watching.events import Event
from hfops.model.address import Address

LIMIT = 1000
"""How many addresses are kept apart."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. ``every``: between two looks at everything, None for none but those that events ask for."""

    debounce: float = 5.0
    max_wait: float = 60.0
    every: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look is about. ``event`` is the last of the ``events`` that it answers, None where time asked for it."""

    addresses: tuple[Address, ...] = ()
    hub_ids: frozenset[str] = frozenset()
    event: Event | None = None
    events: int = 0
    full: bool = False


@dataclass(slots=True)
class _Entry:
    """What is waiting at one address, or at all of them."""

    first: float
    last: float
    event: Event | None
    events: int = 0
    hub_ids: set[str] = field(default_factory=set)

    def note(self, event: Event, now: float) -> None:
        self.last, self.event = now, event
        self.events += 1
        if event.hub_id:
            self.hub_ids.add(event.hub_id)

    def due(self, pace: Pace) -> float:
        return min(self.last + pace.debounce, self.first + pace.max_wait)


class Pending:
    """What is still to be looked at. Not safe between threads: the inbox holds a lock around it."""

    def __init__(self, pace: Pace, now: float, limit: int = LIMIT) -> None:
        self._pace, self._limit = pace, limit
        self._entries: dict[Address, _Entry] = {}
        self._all: _Entry | None = None
        self._owed: Batch | None = None
        # What happened while nobody listened is found by a first look at everything.
        self._clock = now if pace.every is not None else None

    def __len__(self) -> int:
        """How many looks wait; one at everything counts as one."""
        return len(self._entries) + (self._all is not None)

    def note(self, event: Event, now: float) -> None:
        """Take in an event."""
        for address in event.addresses:
            self._at(address, event, now).note(event, now)

    def _at(self, address: Address, event: Event, now: float) -> _Entry:
        if address in self._entries:
            return self._entries[address]
        if self._all is not None:
            return self._all
        entry = _Entry(now, now, event)
        if len(self._entries) >= self._limit:
            self._collapse(entry)
        else:
            self._entries[address] = entry
        return entry

    def _collapse(self, entry: _Entry) -> None:
        """Too many to keep apart: look at everything, no later than the oldest of them would have been."""
        entry.first = min(e.first for e in self._entries.values())
        entry.events = sum(e.events for e in self._entries.values())
        self._entries.clear()
        self._all = entry

    def next_at(self) -> float | None:
        """When ``take`` has something to give; None: not before the next event."""
        times = [e.due(self._pace) for e in self._waiting()]
        return min([*times, *([] if self._clock is None else [self._clock])], default=None)

    def _waiting(self) -> Iterable[_Entry]:
        return [*self._entries.values(), *([self._all] if self._all else [])]

    def take(self, now: float) -> Batch | None:
        """What is due, and with it what an earlier look failed at; None where nothing is due."""
        due = {a: e for a, e in self._entries.items() if e.due(self._pace) <= now}
        flood = self._all if self._all is not None and self._all.due(self._pace) <= now else None
        timed = self._clock is not None and self._clock <= now
        if not due and flood is None and not timed:
            return None
        for address in due:
            del self._entries[address]
        if flood is not None:
            self._all = None
        if timed:
            self._clock = None  # until ``done``: a look that takes long is not followed by another at once
        found = _batch(due, [*due.values(), *([flood] if flood else [])], full=timed or flood is not None)
        owed, self._owed = self._owed, None
        return _joined(found, owed) if owed else found

    def done(self, batch: Batch, now: float, *, failed: bool) -> None:
        """A look has ended. One that failed is owed: it is tried again together with the next."""
        if batch.full and self._pace.every is not None:
            self._clock = now + self._pace.every
        if failed:
            full = batch.full or len(batch.addresses) > self._limit
            self._owed = replace(batch, addresses=(), hub_ids=frozenset(), full=True) if full else batch


def _batch(due: Iterable[Address], entries: list[_Entry], *, full: bool) -> Batch:
    last = max(entries, key=lambda e: e.last, default=None)
    ids = frozenset(i for e in entries for i in e.hub_ids)
    return Batch(tuple(sorted(due)), ids, last.event if last else None, sum(e.events for e in entries), full)


def _joined(batch: Batch, owed: Batch) -> Batch:
    addresses = tuple(sorted({*batch.addresses, *owed.addresses}))
    return Batch(
        addresses,
        batch.hub_ids | owed.hub_ids,
        batch.event or owed.event,
        batch.events + owed.events,
        batch.full or owed.full,
    )
