"""The calls that bring a Space about. Pure: differences in, calls out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.hub.paths import repo_path
from hfops.kinds.base import Ask, Sight
from hfops.kinds.repo.calls import Creation, repo_parts
from hfops.kinds.repo.content import commits_late
from hfops.kinds.space.content import carried_files, file_calls
from hfops.kinds.space.hardware import in_body, sleep_time
from hfops.kinds.space.live import FREE
from hfops.kinds.space.scene import Scene
from hfops.kinds.space.sdk import becomes_static
from hfops.kinds.space.unlisted import entries_there
from hfops.kinds.space.variables import wanted_variables
from hfops.kinds.space.volumes import to_mount, told
from hfops.model.call import Call, Repeat
from hfops.model.change import Difference, Op
from hfops.model.late import Reference

NO_REPOSITORY = ("name", "organization", "type")
"""What a duplicate takes from its path and from ``repository`` instead."""


def space_calls(ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
    """All calls, in order.

    Calls that start the Space anew stand back to back, after the uploads, which may take long. Where it is to be paused
    that comes before them, and nothing restarts; what opens it up comes last.
    """
    plan = _Plan(Scene(ask, sight), differences)
    creation = plan.creation() if sight.live is None else Creation()
    parts = repo_parts("space", ask.address, sight, differences, creation)
    create = tuple(plan.created(c) for c in parts.create)
    pause = plan.pause()
    uploads, content = plan.content(create)
    early, late = (parts.refs, ()) if commits_late(sight, differences) else ((), parts.refs)
    if sight.live is None:
        files = (*uploads, *plan.copied(), *content)
        return (*create, *parts.settings, *early, *files, *late, *plan.dev_mode(), *pause, *parts.opening)
    if plan.was_static:  # what has no runtime cannot be paused before the commit gives it one
        content, pause = [*content, *pause], []
    running = plan.running(content)
    return (*parts.settings, *early, *uploads, *pause, *running, *late, *parts.opening)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One Space's differences, and how each becomes a call."""

    scene: Scene
    differences: Sequence[Difference]

    @property
    def was_static(self) -> bool:
        """Whether it is a static Space now."""
        return self.scene.live is not None and self.scene.live.sdk == "static"

    @property
    def becomes_static(self) -> bool:
        """Whether the commit makes a static Space of one that runs."""
        return becomes_static(self.scene, self.differences)

    @property
    def restarts(self) -> bool:
        """Whether a change starts anew what is up or failing: not if it is paused first."""
        live = self.scene.live
        return live is not None and live.busy and not self.pause()

    def running(self, content: Sequence[Call]) -> tuple[Call, ...]:
        """What is said to one that is there, but for what all repositories have.

        A static Space takes nothing about an app: that comes before the commit that makes it one, and after the commit
        that makes it another.
        """
        env = (*self.variables(), *self.secrets())
        volumes, started = self.volumes(), self.restart()
        app = (*self.hardware(), *self.sleep_time(), *self.storage(), *self.dev_mode(), *started)
        if self.becomes_static:
            return (*volumes, *app, *content, *env)
        if self.was_static:
            return (*content, *env, *volumes, *app)
        return (*env, *volumes, *content, *app)

    def of(self, name: str) -> Difference | None:
        """The difference of one field."""
        return next((d for d in self.differences if d.key == (name,)), None)

    def entries(self, name: str) -> list[Difference]:
        """The differences of a keyed list, removals last."""
        found = [d for d in self.differences if len(d.key) == 2 and d.key[0] == name]
        return sorted(found, key=lambda d: d.op is Op.REMOVE)

    def call(
        self, method: str, action: str, body: Mapping[str, Any] | None, summary: str, *closed: Difference
    ) -> Call:
        """One of the Space's own calls."""
        path = repo_path("space", self.scene.ask.address.id, action)
        return Call(method, path, body, summary, Repeat.SAME, tuple(d.path for d in closed))

    def restarting(self, call: Call) -> Call:
        """The call, said to start anew what runs, if it does."""
        return replace(call, restarts=self.restarts)

    # What creation carries

    def creation(self) -> Creation:
        """How the Space is created: with everything that the call can carry."""
        scene, source = self.scene, self.scene.spec.duplicate_from
        path = repo_path("space", source, "duplicate") if source else "/api/repos/create"
        body: dict[str, Any] = {"repository": scene.ask.address.id} if source else {"sdk": scene.spec.sdk}
        carried = [d for name in ("sdk", "duplicateFrom") if (d := self.of(name))]
        for name, key in (
            ("hardware", "hardware"),
            ("sleepTime", "sleepTimeSeconds"),
            ("storage", "storageTier"),
        ):
            if difference := self.of(name):
                body[key] = in_body(difference.after) if name == "sleepTime" else difference.after
                carried.append(difference)
        for name in ("variables", "secrets"):
            if found := [d for d in self.entries(name) if d.op is not Op.REMOVE]:
                body[name] = [self._entry(d) for d in found]
                carried.extend(found)
        if volumes := self.entries("volumes"):
            body["volumes"] = [dict(d.after) for d in volumes]
            carried.extend(volumes)
        if not source and (dev_mode := self.of("devMode")):
            body["devModeEnabled"] = dev_mode.after
            carried.append(dev_mode)
        files, closed = carried_files(scene, self.differences) or ({}, ())
        return Creation(path, body | files, (*(d.path for d in carried), *closed))

    def created(self, call: Call) -> Call:
        """The creating call: a duplicate is named by its path, and takes no more than it knows."""
        source = self.scene.spec.duplicate_from
        if not source or not isinstance(call.body, Mapping):
            return call
        body = {k: v for k, v in call.body.items() if k not in NO_REPOSITORY}
        return replace(call, body=body, summary=f"duplicate {source}, {body['visibility']}")

    # What an existing Space is sent

    def content(self, create: Sequence[Call]) -> tuple[list[Call], list[Call]]:
        """Uploads, and the commit of card and files, as far as creation has not carried them."""
        done = {path for call in create for path in call.achieves}
        left = [d for d in self.differences if d.path not in done]
        starts = self.restarts and not self.becomes_static
        calls = file_calls(self.scene, left, restarts=starts)
        return [c for c in calls if c.uploads], [c for c in calls if not c.uploads]

    def copied(self) -> list[Call]:
        """What a copy brings along and is not to have."""
        gone = [d for d in self.entries("variables") if d.op is Op.REMOVE]
        return [self._set_or_unset("variable", d) for d in gone]

    def _entry(self, difference: Difference) -> dict[str, Any]:
        """A secret or variable as the Hub takes it, with the description known: the Hub might drop it else."""
        listing, key = difference.key
        value, described = self._variable(key) if listing == "variables" else self._secret(key, difference)
        live = entries_there(self.scene, listing).get(key)
        described = described if described is not None else getattr(live, "description", None)
        return {"key": key, "value": value} | ({} if described is None else {"description": described})

    def _variable(self, key: str) -> tuple[str | Reference, str | None]:
        wanted = wanted_variables(self.scene)[key]
        return wanted.value, wanted.description

    def _secret(self, key: str, difference: Difference) -> tuple[Reference, str | None]:
        assert isinstance(difference.after, Reference)
        return difference.after, (self.scene.spec.secrets or {})[key].description

    def variables(self) -> list[Call]:
        """One call for each; a second one changes nothing."""
        return [self._set_or_unset("variable", d) for d in self.entries("variables")]

    def secrets(self) -> list[Call]:
        """One call for each."""
        return [self._set_or_unset("secret", d) for d in self.entries("secrets")]

    def _set_or_unset(self, what: str, difference: Difference) -> Call:
        listing, key = difference.key
        if difference.op is Op.REMOVE:
            call = self.call("DELETE", listing, {"key": key}, f"delete {what} {key}", difference)
        else:
            call = self.call("POST", listing, self._entry(difference), f"set {what} {key}", difference)
        return call if self.becomes_static else self.restarting(call)

    def volumes(self) -> list[Call]:
        """One call replaces them all; what nobody here mounted is sent along as it is."""
        found = self.entries("volumes")
        if not found:
            return []
        mounted = to_mount(self.scene, found)
        if not mounted:
            return [self.restarting(self.call("DELETE", "volumes", None, told(found), *found))]
        return [self.restarting(self.call("PUT", "volumes", {"volumes": mounted}, told(found), *found))]

    def hardware(self) -> list[Call]:
        """The flavor, and with it the sleep time: other hardware forgets or reveals an older one."""
        difference = self.of("hardware")
        if difference is None:
            return []
        body, closed = {"flavor": difference.after}, [difference]
        slept, wanted = self.of("sleepTime"), self.scene.spec.sleep_time
        if slept:
            closed.append(slept)
        if wanted is not None and difference.after != FREE and (slept or wanted == sleep_time(self.scene)):
            body["sleepTimeSeconds"] = in_body(wanted)
        return [self.restarting(self.call("POST", "hardware", body, f"move to {difference.after}", *closed))]

    def sleep_time(self) -> list[Call]:
        """Where the hardware stays. Nothing restarts for it."""
        difference = self.of("sleepTime")
        if difference is None or self.of("hardware"):
            return []
        seconds = in_body(difference.after)
        summary = "never sleep" if seconds < 0 else f"sleep after {seconds} s without a visitor"
        return [self.call("POST", "sleeptime", {"seconds": seconds}, summary, difference)]

    def storage(self) -> list[Call]:
        """The former persistent storage."""
        difference = self.of("storage")
        if difference is None:
            return []
        if difference.after == "none":
            return [self.restarting(self.call("DELETE", "storage", None, "delete the storage", difference))]
        tier = {"tier": difference.after}
        return [
            self.restarting(self.call("POST", "storage", tier, f"storage {difference.after}", difference))
        ]

    def dev_mode(self) -> list[Call]:
        """Where creation has not carried it."""
        difference = self.of("devMode")
        if difference is None or (self.scene.live is None and not self.scene.spec.duplicate_from):
            return []
        word = "enable" if difference.after else "disable"
        return [self.call("POST", "dev-mode", {"enabled": difference.after}, f"{word} dev mode", difference)]

    def pause(self) -> list[Call]:
        """Stop it."""
        difference = self.of("state")
        if difference is None or difference.after != "paused":
            return []
        return [self.call("POST", "pause", None, "pause the Space", difference)]

    def restart(self) -> list[Call]:
        """Start it: after everything else, which then takes effect at once."""
        difference = self.of("state")
        if difference is None or difference.after == "paused":
            return []
        return [self.restarting(self.call("POST", "restart", None, "start the Space", difference))]
