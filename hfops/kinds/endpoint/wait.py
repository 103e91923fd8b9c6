"""Waiting until an endpoint is what its manifest wants: really serving, paused, or asleep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hfops.hub.errors import BadAnswer, HubError
from hfops.kinds.base import HubView, Launch, Phase, Reading
from hfops.kinds.endpoint.calls import pause_call
from hfops.kinds.endpoint.live import (
    COMING,
    FAILED,
    PAUSED,
    SCALED,
    LiveEndpoint,
    endpoint_path,
    moment,
    parse,
)
from hfops.kinds.endpoint.spec import EndpointSpec, Wait
from hfops.model.address import Address
from hfops.model.call import Api, Call
from hfops.model.resource import Resource

LISTED, SINGLE, PROBED = 4.0, 5.0, 5.0
"""Seconds for which a list, one endpoint, and what a health route said are good."""

QUICK, QUICK_SHARE, QUICK_SETTLE = 0.02, 0.2, 0.5
"""The same at a sandbox: at least, and as a part of the time waited so far, so that a long wait asks seldom there, too;
and how long a state must stay there to be believed."""

LOG_LINES = 10
"""How many of the endpoint's own last lines a failure quotes."""

STATE_PATH = "spec.state"
REFUSES = (401, 403)
SAME_TIME = timedelta(milliseconds=1)
"""Answers may tell the same moment with more digits or fewer."""


def endpoint_waiter(resource: Resource, launch: Launch) -> EndpointWaiter:
    """What waits after the calls made; without any, it was on its way already."""
    made, answer = launch.made, launch.answer
    spec = resource.spec
    assert isinstance(spec, EndpointSpec)
    steps = {c.path.rsplit("/", 1)[-1] for c in made if c.method == "POST"}
    doubtful = any(c.method == "PUT" for c in made) or {"pause", "resume"} <= steps
    wait = spec.wait or Wait()
    named = "settle" in wait.model_fields_set
    settle = QUICK_SETTLE if launch.quick and not named else float(wait.settle)
    status = answer.get("status") if isinstance(answer, Mapping) else None
    answered = status.get("updatedAt") if isinstance(status, Mapping) else None
    return EndpointWaiter(
        resource.address, spec, wait, doubtful, "resume" in steps, settle, launch.quick,
        answered if isinstance(answered, str) else "", bool(made), answer,
        None if STATE_PATH in launch.held else spec.state, launch.withhold,
    )  # fmt: skip


@dataclass(slots=True)
class EndpointWaiter:
    """Looks at the namespace's list, which all that wait share, and asks the health route once it should answer.

    ``doubtful``: what is seen at rest may be the version from before the calls, until another state was seen, or
    the same one for ``settle`` seconds without a change. ``resumed``: it was at rest, and is no more. ``answered`` is the
    ``updatedAt`` of the answer to the last call, where that is known: what is older is from before. ``changed``: there
    were calls, and a list from before them tells nothing. ``answer`` is the last one's, and stands for the first look.
    ``wanted`` is the state, None where none is managed or it is left alone; ``withhold`` why nothing may be quoted.
    """

    address: Address
    spec: EndpointSpec
    wait: Wait
    doubtful: bool
    resumed: bool
    settle: float
    quick: bool
    answered: str = ""
    changed: bool = True
    answer: Any = None
    wanted: str | None = None
    withhold: str = ""
    _began: float | None = field(default=None, init=False)
    _seen: tuple[str, str] | None = field(default=None, init=False)
    _since: float = field(default=0.0, init=False)
    _newest: str = field(default="", init=False)
    _probed: tuple[float, int] | None = field(default=None, init=False)

    @property
    def timeout(self) -> float:
        """Seconds until it counts as not ready in time."""
        return float(self.wait.timeout)

    @property
    def on_timeout(self) -> Call | None:
        """A pause, where the manifest wants one: nothing that does not come up shall go on costing."""
        return pause_call(self.address) if self.wait.on_timeout == "pause" else None

    def poll(self, hub: HubView, now: float) -> Reading:
        """Look once: the list or GET /endpoint/{ns}/{name}, then the health route; the log of what failed."""
        live = self._look(hub, now)
        sure = self._sure(live, now)
        shown = live.state if live.state in (PAUSED, SCALED) else f"{live.state} ({live.replicas})"
        reading = self._judged(live, shown)
        if reading.phase is Phase.READY and self._at_rest(live):
            return reading
        if reading.phase is Phase.STARTING or not sure:
            return Reading(Phase.STARTING, shown)
        if reading.phase is Phase.FAILED and live.state in FAILED:
            return Reading(Phase.FAILED, shown, self._quoted(live, hub))
        if live.state == "running" and self.wanted not in (PAUSED, SCALED):
            return self._healthy(live, hub, now, shown)
        return reading

    def _look(self, hub: HubView, now: float) -> LiveEndpoint:
        """The first look is the answer to the last call; after that, a list that is no older than the wait."""
        first, waited = self._began is None, now - (now if self._began is None else self._began)
        single = endpoint_path(self.address.namespace, self.address.name)
        if first and self.changed:
            found = self._answered()
            found = found or parse(self.address.namespace, hub.reads.get(single, api=Api.ENDPOINTS))
            self._began = now
            return found
        listed = f"{endpoint_path(self.address.namespace)}?limit=100"
        good_for = self._good_for(LISTED, waited)
        rows = hub.recent(listed, Api.ENDPOINTS, min(good_for, waited) if self.changed else good_for)
        self._began = now if first else self._began
        row = _row(rows, self.address.name)
        if row is None:
            row = hub.recent(single, Api.ENDPOINTS, self._good_for(SINGLE, waited))
        return parse(self.address.namespace, row)

    def _answered(self) -> LiveEndpoint | None:
        """The endpoint as the last call's answer shows it; None for an answer that shows none."""
        try:
            return parse(self.address.namespace, self.answer)
        except BadAnswer:
            return None

    def _good_for(self, seconds: float, waited: float) -> float:
        """For how long what was seen is good after so many seconds of waiting."""
        return min(seconds, max(QUICK, waited * QUICK_SHARE)) if self.quick else seconds

    def _at_rest(self, live: LiveEndpoint) -> bool:
        """Whether it is stopped, and that is no leftover from before the calls."""
        return live.state in (PAUSED, SCALED) and (live.state == self.wanted or not self.resumed)

    def _sure(self, live: LiveEndpoint, now: float) -> bool:
        """Whether what is seen came of the calls. What is older than what was seen before is not.

        Without calls of this run's, an update of a moment ago is somebody's, of whose rollout nothing may show yet.
        """
        if _older(live.updated_at, self._newest or self.answered):
            return False
        self._newest = live.updated_at
        seen = (live.state, live.updated_at)
        if self._seen is None:
            self._seen, self._since = seen, now
            self.doubtful |= not self.changed and _ago(live.updated_at) < self.settle
        elif seen[0] != self._seen[0]:
            self.doubtful = False
        elif seen != self._seen:
            self._seen, self._since = seen, now
        if live.state in COMING or now - self._since >= self.settle:
            self.doubtful = False
        return not self.doubtful

    def _judged(self, live: LiveEndpoint, shown: str) -> Reading:
        """What the state alone tells. A word that is new counts as on its way."""
        wanted, state = self.wanted, live.state
        if wanted in (PAUSED, SCALED):
            return self._stopped(state, shown)
        if state == "running" or (state == PAUSED and wanted is None):
            return Reading(Phase.READY, shown)
        if state == SCALED:
            return Reading(Phase.STARTING if wanted and self._never_sleeps(live) else Phase.READY, shown)
        if state == PAUSED:
            return Reading(Phase.FAILED, shown, "somebody paused it")
        return Reading(Phase.FAILED if state in FAILED else Phase.STARTING, shown)

    def _stopped(self, state: str, shown: str) -> Reading:
        if state == self.wanted:
            return Reading(Phase.READY, shown)
        if self.wanted == SCALED and state == PAUSED:
            return Reading(Phase.FAILED, shown, "somebody paused it")
        return Reading(Phase.FAILED if self.wanted == SCALED and state in FAILED else Phase.STARTING, shown)

    def _never_sleeps(self, live: LiveEndpoint) -> bool:
        scaling = self.spec.compute.scaling if self.spec.compute else None
        named = scaling.min_replica if scaling else None
        return bool(live.min_replica if named is None else named)

    def _healthy(self, live: LiveEndpoint, hub: HubView, now: float, shown: str) -> Reading:
        """Whether it answers on its health route."""
        if not self.wait.health or self.spec.private_service is not None:
            said = (
                "" if self.spec.private_service is None else "not probed: it is reached over PrivateLink only"
            )
            return Reading(Phase.READY, shown, said)
        if live.health_url is None:
            return Reading(Phase.STARTING, f"{shown}, no url yet")
        status = self._status(live.health_url, hub, now)
        if status == 200:
            return Reading(Phase.READY, shown)
        if status in REFUSES:
            return Reading(Phase.READY, shown, "not probed: this token may not call it")
        return Reading(Phase.STARTING, f"{shown}, health {status or 'not answered'}")

    def _status(self, url: str, hub: HubView, now: float) -> int:
        """What the health route says; 0 where nothing answers. Not asked more often than it need be."""
        waited = 0.0 if self._began is None else now - self._began
        good_for = self._good_for(PROBED, waited)
        if self._probed is None or now - self._probed[0] >= good_for:
            try:
                self._probed = (now, hub.reads.probe(url))
            except HubError:
                self._probed = (now, 0)
        return self._probed[1]

    def _quoted(self, live: LiveEndpoint, hub: HubView) -> str:
        """Why it failed: the service's message, then the endpoint's own last lines."""
        if self.withhold:
            return f"it ended in {live.state}; its message and log are {self.withhold}"
        path = endpoint_path(self.address.namespace, self.address.name, "logs")
        try:
            text = hub.reads.text(f"{path}?tail={LOG_LINES}", api=Api.ENDPOINTS) or ""
        except HubError:
            text = ""
        lines = [line for line in text.splitlines() if line.strip()][-LOG_LINES:]
        said = live.error or f"it ended in {live.state}"
        return "\n".join([said, *(f"  | {line}" for line in lines)])


def _row(rows: object, name: str) -> object:
    """An endpoint's row of a list; None where this page has it not. Raises BadAnswer for what is no list."""
    items = rows.get("items") if isinstance(rows, Mapping) else None
    if not isinstance(items, list):
        raise BadAnswer("the service's list of endpoints has no items")
    return next((r for r in items if isinstance(r, Mapping) and r.get("name") == name), None)


def _older(one: str, other: str) -> bool:
    first, second = moment(one), moment(other)
    return first is not None and second is not None and second - first > SAME_TIME


def _ago(text: str) -> float:
    """How many seconds ago a time of the service's is by this machine's clock, which may be ahead or behind."""
    then = moment(text)
    return math.inf if then is None else abs((datetime.now(UTC) - then).total_seconds())
