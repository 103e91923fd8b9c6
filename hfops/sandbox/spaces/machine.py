"""A Space over time: how it is set up, and the stages that it goes through.

Nothing runs in the background. A start lays out legs, each a stage and the moment at which it ends; whoever looks
lets the time that has passed take effect first. Times are seconds of the Hub's ``clock``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hfops.sandbox.repos import Repo, card_of
from hfops.sandbox.spaces.failures import Failure
from hfops.sandbox.spaces.flavors import FREE
from hfops.sandbox.state import Hub

FREE_SLEEP = 172800
"""Seconds after which a Space on the free hardware sleeps; nobody can change that."""

RUNNING, PAUSED, SLEEPING, NO_APP_FILE = "RUNNING", "PAUSED", "SLEEPING", "NO_APP_FILE"
BUILDING, APP_STARTING = "BUILDING", "APP_STARTING"
IN_PROGRESS = (BUILDING, APP_STARTING, f"RUNNING_{BUILDING}", f"RUNNING_{APP_STARTING}")


@dataclass(frozen=True, slots=True)
class Leg:
    """A stage on the way, and when it ends."""

    stage: str
    ends: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A secret or a variable."""

    value: str
    description: str | None
    updated: datetime


@dataclass(slots=True)
class Space:
    """A Space's runtime. ``restarts`` and ``starts`` count; ``fail_with`` makes every start from now on fail.

    ``assumed`` means that its app is taken to be there though no file of it is: a Space that was seeded as running.
    """

    hub: Hub
    repo: Repo
    requested: str = FREE
    current: str | None = None
    sleep_time: int | None = None
    storage: str | None = None
    replicas: int = 1
    dev_mode: bool = False
    volumes: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, Entry] = field(default_factory=dict)
    variables: dict[str, Entry] = field(default_factory=dict)
    restarts: int = 0
    starts: int = 0
    assumed: bool = False
    fail_with: tuple[str, str] | None = None
    failure: Failure | None = None
    logs: dict[str, list[tuple[datetime, str]]] = field(default_factory=lambda: {"build": [], "run": []})
    _rest: str = NO_APP_FILE
    _legs: list[Leg] = field(default_factory=list)
    _awaits: Failure | None = None
    _once: Failure | None = None
    _up: bool = False
    _built: str | None = None

    @property
    def stage(self) -> str:
        """The stage now."""
        self._settle()
        return self._legs[0].stage if self._legs else self._rest

    @property
    def card(self) -> dict[str, Any]:
        """The front matter at the head of main."""
        return card_of(self.repo.head, self.hub.store.blobs) or {}

    @property
    def sdk(self) -> str:
        """The card's sdk, or the one that creation named."""
        return str(self.card.get("sdk") or self.repo.sdk or "static")

    @property
    def static(self) -> bool:
        """Whether it is nothing but files: no hardware, no sleep, always running."""
        return self.sdk == "static"

    @property
    def startable(self) -> bool:
        """Whether main holds an app."""
        default = {"docker": "Dockerfile", "static": "index.html"}.get(self.sdk, "app.py")
        named = None if self.sdk == "docker" else self.card.get("app_file")
        return self.assumed or (named or default) in self.repo.head.files

    def rest(self, stage: str) -> None:
        """Be in ``stage`` from now on, with no further one on the way."""
        self._legs.clear()
        self._rest = stage

    def be_built(self) -> None:
        """Take the head as built already."""
        self._built = self.repo.head.id

    def pause(self) -> None:
        """Stop, until somebody restarts it."""
        self._settle()
        self.rest(PAUSED)

    def fall_asleep(self) -> None:
        """Stop, until somebody visits it."""
        self._settle()
        self.rest(SLEEPING)

    def wake(self) -> None:
        """A visit: only a sleeping Space starts for it."""
        if self.stage == SLEEPING:
            self.start()

    def changed(self) -> None:
        """Secrets, variables, hardware or volumes changed: what is up, starting or failed starts again."""
        stage = self.stage
        if stage == RUNNING or stage in IN_PROGRESS or stage.endswith("_ERROR"):
            self.start()

    def committed(self) -> None:
        """Main has another head. A paused Space stays paused: only a restart wakes it."""
        stage = self.stage
        if not self.startable:
            self.rest(NO_APP_FILE)
        elif stage != PAUSED:
            self.start()

    def start(self, *, rebuild: bool = False) -> None:
        """Build if the head was not built yet or ``rebuild`` says so, then start the app.

        What comes while a start is under way begins that start anew and is not counted.
        """
        if self.static or not self.startable:
            self.rest(RUNNING if self.startable else NO_APP_FILE)
            return
        stage, folds = self.stage, bool(self._legs)
        if not folds:
            self.starts += 1
            self.restarts += stage == RUNNING or stage.endswith("_ERROR")
            self._up = stage.startswith(RUNNING)
            self._once = self.hub.planned_failure(self.repo.id)
        unbuilt = folds and self._legs[0].stage.endswith(BUILDING)
        self._awaits = self._expected_failure()
        self._lay_out(build=rebuild or unbuilt or self._built != self.repo.head.id)

    def _expected_failure(self) -> Failure | None:
        if self._once is not None:
            return self._once
        return Failure.of(self.fail_with) if self.fail_with else Failure.read(self.card.get("sandbox"))

    def _lay_out(self, *, build: bool) -> None:
        prefix, time = "RUNNING_" if self._up else "", self.hub.transition_time
        early = self._awaits is not None and self._awaits.while_building
        stages = [BUILDING] * (build or early) + [APP_STARTING] * (not early)
        now = self.hub.clock()
        self._legs = [Leg(prefix + stage, now + time * n) for n, stage in enumerate(stages, 1)]
        if stages[0] == BUILDING:
            self.logs["build"] = [self._line(f"Building {self.repo.head.id[:7]}")]
        self._settle()

    def _settle(self) -> None:
        """Let the time that has passed take effect."""
        while self._legs and self.hub.clock() >= self._legs[0].ends:
            done = self._legs.pop(0)
            if done.stage.endswith(BUILDING) and self._legs:
                self._built = self.repo.head.id
                self.logs["build"].append(self._line("Build done"))
            if not self._legs:
                self._arrive()

    def _arrive(self) -> None:
        self.failure, self._once = self._awaits, None
        if self.failure is None:
            self._rest, self.current = RUNNING, self.requested
            self.logs["run"] = [self._line(f"Application started on {self.current}")]
            return
        self._rest = self.failure.stage
        lines = [self._line(text) for text in self.failure.log]
        if self.failure.while_building:
            self.logs["build"] += lines
        else:
            self.logs["run"] = lines

    def said(self, log: str) -> list[tuple[datetime, str]]:
        """The lines of the build or run log so far."""
        self._settle()
        return self.logs[log]

    def _line(self, text: str) -> tuple[datetime, str]:
        return self.hub.now(), text

    def entry(self, before: Entry | None, value: str, description: str | None) -> Entry:
        """A secret's or variable's new state; its time is always later than the one before, by a millisecond."""
        now = self.hub.now()
        if before is not None:
            now = max(now, before.updated + timedelta(milliseconds=1))
        return Entry(value, description, now)


def space_of(repo: Repo) -> Space:
    """A Space's runtime."""
    found = repo.facets["space"]
    assert isinstance(found, Space)
    return found
