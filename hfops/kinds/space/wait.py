"""Waiting until a Space is what its manifest wants it to be: running on its hardware, paused, or perhaps asleep."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from hfops.hub.errors import HubError
from hfops.hub.paths import repo_path
from hfops.kinds.base import HubView, Launch, Phase, Reading
from hfops.kinds.space.duration import NEVER
from hfops.kinds.space.hardware import canonical
from hfops.kinds.space.held import is_ignored
from hfops.kinds.space.live import FAILED, FREE, Runtime, parse_runtime
from hfops.kinds.space.spec import WAIT, SpaceSpec, said_sdk
from hfops.model.call import Call
from hfops.model.resource import Resource

SETTLE, QUICK = 5.0, 0.3
"""Seconds after which a stage that has not changed since a restarting call is taken for what came of it."""

LOG_LINES = 10
"""How many of the Space's own last lines a failure quotes."""

LOG_SECONDS = 3.0
LOGS = {"BUILD_ERROR": "build", "CONFIG_ERROR": "build", "RUNTIME_ERROR": "run"}
CREATES = ("/api/repos/create", "/duplicate")
STARTS = ("/restart", "/pause")

NOT_UP = {
    "PAUSED": "somebody paused it",
    "SLEEPING": "it sleeps, and it is never to sleep",
    "NO_APP_FILE": "its repository holds no app to start",
    "STOPPED": "it is stopped",
    "DELETING": "it is being deleted",
}
"""Stages at rest in which nothing runs."""


HOLDABLE = {
    "spec.hardware": "hardware",
    "spec.sleepTime": "sleep_time",
    "spec.state": "state",
    "spec.sdk": "sdk",
}
"""What is waited for, by the paths of differences that may be left alone."""


def space_waiter(resource: Resource, launch: Launch) -> SpaceWaiter | None:
    """What waits after the calls made; None where none of them starts or stops anything."""
    made = launch.made
    new = any(c.path.endswith(CREATES) for c in made)
    spec = _expected(resource, launch.held, new=new)
    touched = new or any(c.restarts or c.path.endswith(STARTS) or "/commit/" in c.path for c in made)
    if said_sdk(spec) == "static" or (made and not touched):
        return None
    commits = any("/commit/" in c.path for c in made)
    files = getattr(spec, "files", None) is not None
    doubtful = commits or any(c.restarts or c.path.endswith("/restart") for c in made)
    settle = QUICK if launch.quick else SETTLE
    return SpaceWaiter(resource.address.id, spec, new and not files, doubtful, settle, launch.withhold)


def _expected(resource: Resource, held: frozenset[str], *, new: bool) -> SpaceSpec:
    """The manifest without what is left alone: what is not brought about never comes. At creation all is."""
    spec = resource.spec
    assert isinstance(spec, SpaceSpec)

    def left_alone(path: str) -> bool:
        return path in held or (not new and is_ignored(path, resource.lifecycle))

    fields = {name: None for path, name in HOLDABLE.items() if left_alone(path)}
    if left_alone("spec.card.metadata[sdk]"):
        fields["card"] = None
    return spec.model_copy(update=fields)


@dataclass(slots=True)
class SpaceWaiter:
    """Looks at the runtime again and again.

    ``bare``: it is new, and somebody else brings its files. ``doubtful``: a stage at rest may be the one from
    before the calls, until it changes or has stayed for ``settle`` seconds. ``withhold`` says why a failure quotes neither
    the Hub's message nor the log; empty where it does.
    """

    repo_id: str
    spec: SpaceSpec
    bare: bool
    doubtful: bool
    settle: float
    withhold: str = ""
    _first: tuple[str, float] | None = field(default=None, init=False)

    @property
    def timeout(self) -> float:
        """Seconds until it counts as not ready in time."""
        return float(self.spec.wait.timeout) if self.spec.wait else float(WAIT)

    @property
    def on_timeout(self) -> Call | None:
        """A Space that is late is left as it is: what it costs ends with a failure, a pause, or sleep."""
        return None

    def poll(self, hub: HubView, now: float) -> Reading:
        """Look once: GET /runtime, and the log of what failed."""
        runtime = parse_runtime(hub.reads.get(repo_path("space", self.repo_id, "runtime")))
        reading = self._judged(runtime)
        sure = self._sure(runtime.stage, now)
        if reading.phase is Phase.STARTING or not sure:
            return Reading(Phase.STARTING, runtime.stage)
        if reading.phase is Phase.FAILED and runtime.stage in FAILED:
            return Reading(Phase.FAILED, runtime.stage, self._why(hub, runtime))
        return reading

    def _sure(self, stage: str, now: float) -> bool:
        """Whether what is seen came of the calls."""
        if self._first is None:
            self._first = (stage, now)
        first, since = self._first
        self.doubtful = self.doubtful and stage == first and now - since < self.settle
        return not self.doubtful

    def _judged(self, runtime: Runtime) -> Reading:
        stage = runtime.stage
        if self.spec.state == "paused":
            return _when_paused(stage)
        if stage == "RUNNING":
            return Reading(Phase.READY if self._on_its_hardware(runtime) else Phase.STARTING, stage)
        if stage in FAILED:
            return Reading(Phase.FAILED, stage)
        return self._at_rest(runtime)

    def _at_rest(self, runtime: Runtime) -> Reading:
        """Every other stage at rest. What the Hub has a new word for counts as on its way."""
        stage = runtime.stage
        fine = {
            "PAUSED": self.spec.state is None,
            "SLEEPING": self._may_sleep(runtime),
            "NO_APP_FILE": self.bare,
        }
        if fine.get(stage):
            return Reading(Phase.READY, stage)
        return Reading(Phase.FAILED if stage in NOT_UP else Phase.STARTING, stage, NOT_UP.get(stage, ""))

    def _on_its_hardware(self, runtime: Runtime) -> bool:
        wanted = self.spec.hardware
        asked = runtime.requested or (FREE if runtime.current else None)
        return runtime.current == asked and (wanted is None or canonical(wanted) == (asked or FREE))

    def _may_sleep(self, runtime: Runtime) -> bool:
        if self.spec.sleep_time is not None:
            return self.spec.sleep_time != NEVER
        return runtime.sleep_time is not None

    def _why(self, hub: HubView, runtime: Runtime) -> str:
        if self.withhold:
            return f"it ended in {runtime.stage}; its message and log are {self.withhold}"
        return _quoted(runtime, self._log(hub, runtime.stage))

    def _log(self, hub: HubView, stage: str) -> list[str]:
        """The Space's own last words; none where the Hub does not give them."""
        path = repo_path("space", self.repo_id, "logs", LOGS[stage])
        try:
            lines = hub.reads.tail(f"{path}?tail={2 * LOG_LINES}", LOG_SECONDS)
        except HubError:
            return []
        said = [text for line in lines for text in _said(line)]
        return said[-LOG_LINES:]


def _when_paused(stage: str) -> Reading:
    if stage in ("PAUSED", "DELETING"):
        return Reading(Phase.READY if stage == "PAUSED" else Phase.FAILED, stage)
    return Reading(Phase.STARTING, stage)


def _said(line: str) -> list[str]:
    """The text of one event; an empty one only keeps the line open."""
    try:
        event = json.loads(line)
    except ValueError:
        return [line] if line else []
    text = event.get("data") if isinstance(event, dict) else None
    return text.rstrip("\n").splitlines() if isinstance(text, str) else []


def _quoted(runtime: Runtime, log: list[str]) -> str:
    """Why it failed: the Hub's message, then the app's own last lines."""
    said = runtime.error or f"it ended in {runtime.stage}"
    return "\n".join([said, *(f"  | {line}" for line in log)])
