"""Waiting until what was started has come up: many at once, by looking again and again, holding no worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from hfops.hub.errors import Forbidden, HubError, NotFound, Unauthorized
from hfops.kinds.base import HubView, Phase, Reading, Waiter
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.outcome import Event, EventType, Status

FIRST, GROWTH, LONGEST = 1.0, 1.3, 10.0
"""Seconds between the first two looks, by how much each pause is longer than the one before, and the longest."""

QUICK = 0.05
"""Seconds between two looks at a sandbox."""

LOOKS = 4
"""How many looks are under way at a time."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The end of one wait: ready (the status is None), failed, or not ready in time.

    ``then`` is what its manifest wants to be sent after a time-out.
    """

    address: Address
    status: Status | None
    state: str
    message: str = ""
    then: Call | None = None


@dataclass(slots=True)
class _Wait:
    waiter: Waiter
    deadline: float
    due: float
    pause: float
    state: str = ""
    error: str = ""
    look: Future[Reading] | None = None


@dataclass(slots=True)
class Waits:
    """What a run waits for. ``timeout`` overrules that of the resources; ``quick``: the Hub is a sandbox."""

    hub: HubView
    emit: Callable[[Event], None]
    timeout: float | None = None
    quick: bool = False
    clock: Callable[[], float] = time.monotonic
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=LOOKS))
    _waits: dict[Address, _Wait] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._waits)

    def __contains__(self, address: Address) -> bool:
        return address in self._waits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def add(self, address: Address, waiter: Waiter) -> None:
        """Wait for one more."""
        now = self.clock()
        seconds = waiter.timeout if self.timeout is None else self.timeout
        self._waits[address] = _Wait(waiter, now + seconds, now, QUICK if self.quick else FIRST)

    def poll(self) -> list[Arrival]:
        """Start the looks that are due, and take the ends of waits out. Never blocks."""
        ended: list[Arrival] = []
        for address, wait in list(self._waits.items()):
            now = self.clock()
            if wait.look is not None and wait.look.done():
                arrival = self._looked(address, wait, now)
            elif now > wait.deadline:
                said = wait.error or "not ready in time"
                arrival = Arrival(address, Status.UNREADY, wait.state, said, wait.waiter.on_timeout)
            else:
                arrival = None
            if arrival is not None:
                del self._waits[address]
                ended.append(arrival)
            elif wait.look is None and now >= wait.due:
                wait.look = self._pool.submit(wait.waiter.poll, self.hub, now)
        return ended

    def abandon(self, why: str) -> list[Arrival]:
        """End all waits where they are."""
        ended = [Arrival(a, Status.UNREADY, w.state, why) for a, w in self._waits.items()]
        self._waits.clear()
        return ended

    def _looked(self, address: Address, wait: _Wait, now: float) -> Arrival | None:
        """What one look showed. A Hub that cannot be asked for a moment ends no wait; one that refuses does."""
        assert wait.look is not None
        look, wait.look = wait.look, None
        wait.due, wait.pause = now + wait.pause, self._longer(wait.pause)
        try:
            reading = look.result()
        except (NotFound, Forbidden, Unauthorized) as error:
            return Arrival(address, Status.UNREADY, wait.state, f"cannot be looked at any more: {error}")
        except HubError as error:
            wait.error = str(error)
            return None
        wait.error = ""
        if reading.state != wait.state:
            wait.state = reading.state
            self.emit(Event(EventType.STATE, address, state=reading.state))
        if reading.phase is Phase.STARTING:
            return None
        failed = Status.FAILED if reading.phase is Phase.FAILED else None
        return Arrival(address, failed, reading.state, reading.message)

    def _longer(self, pause: float) -> float:
        return pause if self.quick else min(LONGEST, pause * GROWTH)
