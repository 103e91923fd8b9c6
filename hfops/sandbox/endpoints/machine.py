"""An endpoint over time: the states that it goes through, its replicas, and what ends it in failure.

Nothing runs in the background. A start lays out legs, each a state and the moment at which it ends; whoever looks
lets the time that has passed take effect first. Times are seconds of the sandbox's clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hfops.sandbox.endpoints.changes import Config, rolls_out
from hfops.sandbox.endpoints.failures import Failure, failure, told_by
from hfops.sandbox.manners import RefusalError, iso

PENDING, INITIALIZING, RUNNING, UPDATING = "pending", "initializing", "running", "updating"
PAUSED, SCALED, FAILED, UPDATE_FAILED = "paused", "scaledToZero", "failed", "updateFailed"
STATES = (PENDING, INITIALIZING, RUNNING, UPDATING, PAUSED, SCALED, FAILED, UPDATE_FAILED)
SERVING = (RUNNING, UPDATING, UPDATE_FAILED)
"""States in which a version serves, be it an old one."""


class World(Protocol):
    """What an endpoint needs of the Hub: ``transition_time`` is in seconds, per step."""

    transition_time: float
    clock: Callable[[], float]

    def now(self) -> datetime:
        """The time, UTC."""


@dataclass(slots=True)
class Knobs:
    """What a test may change about all endpoints of a sandbox.

    ``stale_running``: for so many seconds after an update that rolls out, reads answer ``running`` as before, with
    ``stale_updated_at`` under the old ``updatedAt`` too. ``scaling_rolls_out``: a change of scaling, tags, type or
    route is a rollout as well. ``fail_next``: by ``namespace/name``, the words for the next starts and updates, each
    used once. ``scalable``: the states that scale-to-zero is taken in.
    """

    stale_running: float = 0.0
    stale_updated_at: bool = False
    scaling_rolls_out: bool = False
    fail_next: dict[str, list[str | None]] = field(default_factory=dict)
    scalable: tuple[str, ...] = (RUNNING, UPDATING, UPDATE_FAILED, INITIALIZING, PENDING, SCALED)


@dataclass(frozen=True, slots=True)
class Leg:
    """A state on the way, and when it ends."""

    state: str
    ends: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something, and when: nanoseconds since 1970, later than any mark before."""

    when: int
    user_id: str
    user: str


@dataclass(slots=True)
class Endpoint:
    """An endpoint. ``starts`` counts those from no replica, ``rollouts`` the updates of one that served.

    ``fail_with``: the word that every start and update meets from now on. ``health_status``: what the health route
    answers when it is up. ``answer_status``: what its URL answers to everything, None for the usual.
    """

    world: World
    knobs: Knobs
    namespace: str
    label: str
    config: Config
    created: Mark
    updated: Mark
    starts: int = 0
    rollouts: int = 0
    fail_with: str | None = None
    health_status: int = 200
    answer_status: int | None = None
    failure: Failure | None = None
    provisioned: bool = False
    lines: list[str] = field(default_factory=list)
    _rest: str = PENDING
    _legs: list[Leg] = field(default_factory=list)
    _ends_in: str = RUNNING
    _awaits: Failure | None = None
    _used: float = 0.0
    _grown: tuple[int, float] = (0, 0.0)
    _earlier: tuple[Mark, float] | None = None

    @property
    def id(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.config['name']}"

    @property
    def state(self) -> str:
        """The state now."""
        self._settle()
        return self._legs[0].state if self._legs else self._rest

    @property
    def replicas(self) -> tuple[int, int]:
        """Ready ones and wanted ones."""
        state, wanted = self.state, self.wanted
        if state in (PAUSED, SCALED):
            return 0, 0
        if state not in SERVING:
            return 0, wanted
        before, when = self._grown
        return (before if self.world.clock() < when else wanted), wanted

    @property
    def wanted(self) -> int:
        """The replicas of an endpoint without load."""
        return max(1, int(self.config["compute"]["scaling"]["minReplica"]))

    @property
    def seen_updated(self) -> Mark:
        """The last change as reads tell it: with a stale ``running`` perhaps the one before."""
        if self._earlier and self.world.clock() < self._earlier[1]:
            return self._earlier[0]
        return self.updated

    def start(self) -> None:
        """From no replica up."""
        self.starts += 1
        self._go([PENDING, INITIALIZING], RUNNING, FAILED)

    def change(self, config: Config, mark: Mark) -> None:
        """Take over another configuration. A paused or sleeping endpoint uses it when it starts."""
        state, before, was = self.state, self.config, self.updated
        ready = self.replicas[0]
        self.config, self.updated = config, mark
        rolling = rolls_out(before, config) or self.knobs.scaling_rolls_out
        if state == FAILED:
            self.start()
        elif state in (PENDING, INITIALIZING) and rolling:
            self._go([PENDING, INITIALIZING], RUNNING, FAILED)
        elif state == UPDATE_FAILED or (state in SERVING and rolling):
            self._roll_out(stale=state == RUNNING, was=was)
        elif state in SERVING:
            self._grown = (ready, self.world.clock() + self.world.transition_time)

    def pause(self, mark: Mark) -> None:
        """Stop until somebody resumes it; one that is paused already stays as it is."""
        if self.state != PAUSED:
            self.updated, self.provisioned = mark, False
            self.rest(PAUSED)

    def resume(self, mark: Mark) -> None:
        """Start again what was stopped; 400 in any other state."""
        state = self.state
        if state == FAILED:
            raise RefusalError(400, f"Endpoint {self.id} has failed: only a stopped one can be resumed")
        if state not in (PAUSED, SCALED):
            raise RefusalError(400, f"Endpoint {self.id} is already running")
        self.updated = mark
        self.start()

    def scale_to_zero(self, mark: Mark) -> None:
        """Stop until somebody asks it something; 400 in a state in which it cannot."""
        state = self.state
        if state not in self.knobs.scalable:
            raise RefusalError(400, f"Endpoint {self.id} is {state}: it cannot be scaled to zero")
        if state != SCALED:
            self.updated = mark
            self.idle()

    def called(self) -> str:
        """Somebody asks it something, which wakes what sleeps; the state after that."""
        if self.state == SCALED:
            self.starts += 1
            self._go([INITIALIZING], RUNNING, FAILED)
        self._used = self.world.clock()
        return self.state

    def idle(self) -> None:
        """Be scaled to zero now, as after the idle time; the URL stays."""
        self.provisioned = True
        self.rest(SCALED)

    def die(self, word: str = "oom") -> None:
        """Fail now, out of whatever it is doing."""
        self.failure = failure(word, self.config)
        self.say(self.failure.error, *self.failure.log)
        self.rest(FAILED)

    def arrive(self) -> None:
        """Let what is under way end now; what is stuck stays so."""
        self._settle(until=math.inf)

    def rest(self, state: str) -> None:
        """Be in ``state`` from now on, with no further one on the way."""
        self._legs.clear()
        self._earlier, self._rest, self._used = None, state, self.world.clock()
        self.say(f"Endpoint is {state}")

    def say(self, *lines: str) -> None:
        """Add to the log."""
        self.lines += [f"{iso(self.world.now())} {line}" for line in lines if line]

    def pass_through(self, state: str) -> None:
        """Be on the way up, as far as ``state``."""
        updating = state == UPDATING
        legs = [UPDATING] if updating else [PENDING, INITIALIZING][state == INITIALIZING :]
        self.provisioned = updating
        self._go(legs, RUNNING, UPDATE_FAILED if updating else FAILED)

    def _roll_out(self, *, stale: bool, was: Mark) -> None:
        self.rollouts += 1
        self._go([UPDATING], RUNNING, UPDATE_FAILED)
        if stale and self.knobs.stale_running:
            until = self.world.clock() + self.knobs.stale_running
            self._legs = [Leg(RUNNING, until), *(_later(leg, self.knobs.stale_running) for leg in self._legs)]
            self._earlier = (was, until) if self.knobs.stale_updated_at else None

    def _go(self, states: list[str], good: str, bad: str) -> None:
        """Lay out the way through ``states`` to its end, or to where it sticks."""
        awaited, clock, step = self._expected(bad), self.world.clock(), self.world.transition_time
        self.failure, self._awaits, self._earlier, self._grown = None, awaited, None, (0, 0.0)
        self._ends_in = bad if awaited else good
        legs = [Leg(state, clock + step * n) for n, state in enumerate(states, 1)]
        if awaited and awaited.stuck:
            at = awaited.stuck if awaited.stuck in states else states[-1]
            kept = legs[: states.index(at)]
            legs = [*kept, Leg(at, math.inf)]
            self.say(*awaited.log)
        self._legs = legs
        self.say(f"Endpoint is {states[0]}")
        self._settle()

    def _expected(self, bad: str) -> Failure | None:
        planned = self.knobs.fail_next.get(self.id)
        word = planned.pop(0) if planned else self.fail_with or told_by(self.config)
        found = failure(word, self.config) if word else None
        return None if found and found.updates_only and bad == FAILED else found

    def _settle(self, until: float | None = None) -> None:
        """Let the time that has passed take effect, or all that can end."""
        now = self.world.clock() if until is None else until
        while self._legs and now >= self._legs[0].ends and self._legs[0].ends < math.inf:
            ended = self._legs.pop(0)
            if self._legs:
                self.say(f"Endpoint is {self._legs[0].state}")
            else:
                self._arrive(min(self.world.clock(), ended.ends))
        if not self._legs and until is None and self._asleep(now):
            self.idle()

    def _arrive(self, when: float) -> None:
        self._rest, self._used, self.failure = self._ends_in, when, self._awaits
        self.provisioned = self._rest != FAILED
        if self.failure:
            self.say(*self.failure.log, self.failure.error)
        self.say(f"Endpoint is {self._rest}")

    def _asleep(self, now: float) -> bool:
        scaling: dict[str, Any] = self.config["compute"]["scaling"]
        minutes = scaling["scaleToZeroTimeout"]
        if self._rest != RUNNING or scaling["minReplica"] or not minutes:
            return False
        return bool(now - self._used >= minutes * 60)


def _later(leg: Leg, seconds: float) -> Leg:
    return Leg(leg.state, leg.ends + seconds)
