"""Waiting: many at once, by looking again; what ends a wait, and what does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hfops.engine.apply.waiting import Arrival, Waits
from hfops.hub.errors import LostAnswer, NotFound
from hfops.kinds.base import HubView, Phase, Reading
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.outcome import Event, EventType, Status

APP = Address.parse("Space/acme/app")


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Script:
    """A waiter that reads off what it is told to, the last word again and again."""

    readings: list[Reading | Exception]
    timeout: float = 60
    looks: list[float] = field(default_factory=list)
    on_timeout: Call | None = None

    def poll(self, hub: HubView, now: float) -> Reading:
        del hub
        self.looks.append(now)
        found = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        if isinstance(found, Exception):
            raise found
        return found


def starting(state: str) -> Reading:
    return Reading(Phase.STARTING, state)


@dataclass
class Room:
    waits: Waits
    clock: Hand
    events: list[Event]

    def until(self, done: Callable[[list[Arrival]], Any], step: float = 1.0) -> list[Arrival]:
        """Move the clock on until ``done``, at most for ten (real) seconds."""
        arrivals: list[Arrival] = []
        limit = time.monotonic() + 10
        while not done(arrivals):
            assert time.monotonic() < limit, arrivals
            arrivals += self.waits.poll()
            self.clock.now += step
            threading.Event().wait(0.001)
        return arrivals


@pytest.fixture
def room() -> Iterator[Room]:
    clock, events = Hand(), list[Event]()
    hub = HubView(reads=None, sees=lambda _: True, map=lambda f, xs: list(map(f, xs)), local=NOWHERE)  # type: ignore[arg-type]
    with Waits(hub, events.append, clock=clock) as waits:
        yield Room(waits, clock, events)


def test_each_change_of_state_is_told_once_and_ready_ends_the_wait(room: Room) -> None:
    script = Script(
        [
            starting("BUILDING"),
            starting("BUILDING"),
            starting("APP_STARTING"),
            Reading(Phase.READY, "RUNNING"),
        ]
    )
    room.waits.add(APP, script)
    (arrival,) = room.until(bool)
    assert arrival == Arrival(APP, None, "RUNNING")
    assert [e.state for e in room.events if e.type is EventType.STATE] == [
        "BUILDING",
        "APP_STARTING",
        "RUNNING",
    ]
    assert len(room.waits) == 0


def test_what_fails_ends_as_failed_with_its_words(room: Room) -> None:
    room.waits.add(APP, Script([Reading(Phase.FAILED, "BUILD_ERROR", "no such package")]))
    (arrival,) = room.until(bool)
    assert (arrival.status, arrival.message) == (Status.FAILED, "no such package")


def test_after_the_deadline_it_is_unready_in_the_state_last_seen(room: Room) -> None:
    room.waits.add(APP, Script([starting("BUILDING")], timeout=30))
    (arrival,) = room.until(bool)
    assert (arrival.status, arrival.state) == (Status.UNREADY, "BUILDING")
    assert room.clock.now - 1000 > 30


def test_a_hub_that_does_not_answer_for_a_while_ends_no_wait(room: Room) -> None:
    room.waits.add(APP, Script([LostAnswer("gone"), LostAnswer("gone"), Reading(Phase.READY, "RUNNING")]))
    (arrival,) = room.until(bool)
    assert arrival.status is None


def test_a_hub_that_never_answers_is_named_as_the_reason(room: Room) -> None:
    room.waits.add(APP, Script([LostAnswer("no connection")], timeout=20))
    (arrival,) = room.until(bool)
    assert (arrival.status, arrival.message) == (Status.UNREADY, "no connection")


def test_what_is_deleted_meanwhile_is_not_waited_for(room: Room) -> None:
    room.waits.add(APP, Script([NotFound("gone", status=404)], timeout=10**6))
    (arrival,) = room.until(bool)
    assert arrival.status is Status.UNREADY
    assert "cannot be looked at any more" in arrival.message


def test_the_run_s_own_limit_overrules_the_resources(room: Room) -> None:
    room.waits.timeout = 5
    room.waits.add(APP, Script([starting("BUILDING")], timeout=10**6))
    room.until(bool)
    assert room.clock.now - 1000 < 20


def test_looks_grow_rarer_and_never_rarer_than_ten_seconds(room: Room) -> None:
    script = Script([starting("BUILDING")], timeout=400)
    room.waits.add(APP, script)
    room.until(bool, step=0.25)
    gaps = [b - a for a, b in zip(script.looks, script.looks[1:], strict=False)]
    assert gaps[0] < 3
    assert max(gaps) < 13
    assert 30 < len(script.looks) < 80


def test_a_hundred_wait_at_once_and_a_slow_look_keeps_none_of_them(room: Room) -> None:
    hold = threading.Event()

    class Slow(Script):
        def poll(self, hub: HubView, now: float) -> Reading:
            hold.wait(10)
            return super().poll(hub, now)

    room.waits.add(APP, Slow([Reading(Phase.READY, "RUNNING")], timeout=10**6))
    for number in range(99):
        room.waits.add(Address("Space", "acme", f"app-{number}"), Script([Reading(Phase.READY, "RUNNING")]))
    room.until(lambda found: len(found) == 99, step=0.01)
    assert APP in room.waits
    hold.set()
    room.until(bool, step=0.01)


def test_abandoned_waits_end_where_they_are(room: Room) -> None:
    room.waits.add(APP, Script([starting("BUILDING")]))
    room.until(lambda _: room.events)
    (arrival,) = room.waits.abandon("interrupted")
    assert (arrival.status, arrival.state, arrival.message) == (Status.UNREADY, "BUILDING", "interrupted")
