"""What comparing one resource looks at: the base of the kinds' own scenes."""

from __future__ import annotations

from dataclasses import dataclass

from hfops.kinds.base import Ask, Sight
from hfops.model.problem import Problem
from hfops.model.resource import Resource
from hfops.model.source import Path, dotted


def problem(resource: Resource, path: Path, message: str, hint: str | None = None) -> Problem:
    """What is wrong with the value at ``path``, which counts from ``spec``."""
    at: Path = ("spec", *path)
    return Problem(message, resource.mark(at), str(resource.address), dotted(at), hint)


@dataclass(frozen=True, slots=True)
class BaseScene:
    """One resource as wanted and remembered, and as it was seen."""

    ask: Ask
    sight: Sight

    @property
    def resource(self) -> Resource:
        """The manifest."""
        assert self.ask.resource is not None
        return self.ask.resource
