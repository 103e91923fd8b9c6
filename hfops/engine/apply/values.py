"""Deferred values: read from the Hub between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any

from hfops.hub.errors import HubError, Interrupted
from hfops.kinds.base import Reads
from hfops.model.call import Call, Deferred, segment

PAUSES = (0.2, 0.4, 0.8, 1.6)
"""Seconds between looks: refs may lag a fraction of a second after a write."""


class Values:
    """The deferred values of one change. An answer is read once and shared until the next write."""

    def __init__(self, reads: Reads, stop: Event) -> None:
        self._reads = reads
        self._stop = stop
        self._answers: dict[str, Any] = {}
        self._known: dict[Deferred, Any] = {}

    def get(self, deferred: Deferred) -> Any:
        """The value; a value once read stays. Raises HubError where the Hub does not show it."""
        if deferred not in self._known:
            self._known[deferred] = self._look(deferred)
        return self._known[deferred]

    def _look(self, deferred: Deferred) -> Any:
        if deferred.read in self._answers:
            found = pick(self._answers[deferred.read], deferred)
            if found is not None:
                return found
        for pause in (*PAUSES, None):
            self._answers[deferred.read] = self._reads.get(deferred.read)
            found = pick(self._answers[deferred.read], deferred)
            if found is not None:
                return found
            if pause is None:
                break
            if self._stop.wait(pause):
                raise Interrupted("interrupted")
        raise HubError(f"the Hub does not show the {deferred.label} (GET {deferred.read})")

    def written(self) -> None:
        """A call was made: what was read before it may be out of date. Values once taken stay."""
        self._answers.clear()

    def resolve(self, value: Any) -> Any:
        """``value`` with every deferred value in it replaced."""
        if isinstance(value, Deferred):
            return self.get(value)
        if isinstance(value, Mapping):
            return {k: self.resolve(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolve(v) for v in value]
        return value

    def path(self, call: Call) -> str:
        """The call's path with its slots filled."""
        path = call.path
        for name, deferred in call.slots.items():
            path = path.replace("{" + name + "}", segment(str(self.get(deferred))))
        return path


def pick(answer: Any, deferred: Deferred) -> Any:
    """The value that ``deferred`` picks from a JSON answer, or None."""
    for step in deferred.pick:
        if isinstance(step, str):
            answer = answer.get(step) if isinstance(answer, Mapping) else None
        else:
            key, wanted = step
            rows = answer if isinstance(answer, list) else []
            answer = next((r for r in rows if isinstance(r, Mapping) and r.get(key) == wanted), None)
    return answer
