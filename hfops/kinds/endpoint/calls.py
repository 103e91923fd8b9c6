"""The calls that bring an endpoint about. Pure: differences in, calls out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.kinds.base import Ask, Sight
from hfops.kinds.endpoint.images import DEFAULT_TYPE, MANAGED, framework_of
from hfops.kinds.endpoint.live import endpoint_path
from hfops.kinds.endpoint.normal import PLACE, QUIET
from hfops.kinds.endpoint.revision import REPOSITORY, REVISION, follows_repository
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.endpoint.spec import NONE
from hfops.kinds.endpoint.state import STATE, Step, row_of, starts_again, steps
from hfops.model.address import Address
from hfops.model.call import Api, Call, Repeat
from hfops.model.change import Difference

WORDS = {Step.PAUSE: "pause it", Step.RESUME: "resume it", Step.SCALE: "scale it to zero"}


def endpoint_calls(ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
    """Creation, or what the table of states says."""
    plan = _Plan(Scene(ask, sight), differences)
    if sight.live is None:
        return tuple(plan.call(step) for step in plan.steps)
    return tuple(plan.call(step) for step in plan.steps) if differences else ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """One endpoint's differences, and how they become calls."""

    scene: Scene
    differences: Sequence[Difference]

    @property
    def state(self) -> Difference | None:
        """The difference of the state."""
        return next((d for d in self.differences if d.key == (STATE,)), None)

    @property
    def fields(self) -> list[Difference]:
        """The others, as far as a call can close them."""
        return [d for d in self.differences if d.key != (STATE,) and d.key[0] not in PLACE]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The calls in order. A state whose difference is held, or is none, stays as it is."""
        live, wanted = self.scene.live, self.scene.spec.state
        row = row_of(live, self.scene.min_replica)
        if live is not None and self.state is None:
            return (Step.UPDATE,) if self.fields else ()
        again = bool(starts_again(self.scene))
        return steps(row, wanted, differs=bool(self.fields), again=again)

    def call(self, step: Step) -> Call:
        """One step as a request."""
        if step is Step.CREATE:
            return self._create()
        if step is Step.UPDATE:
            return self._update()
        # Of several steps to a state, the last one brings it about.
        achieves = (self.state.path,) if self.state and step is self.steps_to_state[-1] else ()
        repeat = Repeat.CONFLICT if step is Step.RESUME else Repeat.SAME
        restarts = step is Step.RESUME and Step.PAUSE in self.steps
        path = self._path(step.value)
        return Call("POST", path, None, WORDS[step], repeat, achieves, api=Api.ENDPOINTS, restarts=restarts)

    @property
    def steps_to_state(self) -> list[Step]:
        """The steps that change the state."""
        return [s for s in self.steps if s not in (Step.CREATE, Step.UPDATE)]

    def _path(self, *parts: str) -> str:
        address = self.scene.ask.address
        return endpoint_path(address.namespace, address.name, *parts)

    def _create(self) -> Call:
        address = self.scene.ask.address
        body = self._body()
        for path, value in self._defaults():
            _put(body, path, value, keep=True)
        body = {"name": address.name, **body}
        summary = f"create the endpoint, {body['type']}"
        fields = [d for d in self.differences if d.key != (STATE,)]
        return Call(
            "POST", endpoint_path(address.namespace), body, summary, Repeat.CONFLICT,
            tuple(d.path for d in fields), api=Api.ENDPOINTS,
        )  # fmt: skip

    def _defaults(self) -> list[tuple[str, Any]]:
        """What creation takes, and the manifest leaves to hfops."""
        model = self.scene.spec.model
        image = model.image.variant if model and model.image else MANAGED
        return [
            ("type", DEFAULT_TYPE),
            ("model.image", {MANAGED: {}}),
            ("model.framework", framework_of(image)),
            ("compute.scaling.minReplica", self.scene.min_replica),
            ("compute.scaling.maxReplica", self.scene.max_replica),
        ]

    def _update(self) -> Call:
        names = [d.key[0] for d in self.fields]
        live = self.scene.live
        serves = live is not None and live.state == "running" and Step.PAUSE not in self.steps
        rolls = any(name not in QUIET for name in names)
        return Call(
            "PUT", self._path(), self._body(), "set " + ", ".join(names), Repeat.SAME,
            tuple(d.path for d in self.fields), api=Api.ENDPOINTS, restarts=serves and rolls,
        )  # fmt: skip

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        creating = self.scene.live is None
        for difference in self.differences:
            name = difference.key[0]
            if name != STATE and (creating or name not in PLACE):
                _put(body, name, _sent(name, difference.after))
        follows = follows_repository(self.scene) if any(d.key == (REPOSITORY,) for d in self.fields) else None
        if follows is not None:
            _put(body, REVISION, follows)
        return body


def _sent(name: str, after: Any) -> Any:
    """A value as the service takes it."""
    if name == REVISION:
        return after["commit"]
    return {} if after == NONE and name in ("route", "customRouter") else after


def _put(body: dict[str, Any], path: str, value: Any, *, keep: bool = False) -> None:
    """Put a value at a path with dots; ``keep``: unless something is there."""
    *parents, last = path.split(".")
    for part in parents:
        body = body.setdefault(part, {})
    if not keep or last not in body:
        body[last] = dict(value) if isinstance(value, Mapping) else value


def delete_call(address: Address) -> Call:
    """DELETE; a repeat answers 404."""
    path = endpoint_path(address.namespace, address.name)
    return Call("DELETE", path, None, "delete the endpoint", Repeat.CONFLICT, api=Api.ENDPOINTS)


def pause_call(address: Address) -> Call:
    """Stop it; a repeat changes nothing."""
    path = endpoint_path(address.namespace, address.name, Step.PAUSE.value)
    return Call("POST", path, None, WORDS[Step.PAUSE], Repeat.SAME, api=Api.ENDPOINTS)
