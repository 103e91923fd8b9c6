"""What comparing a collection looks at, and where it puts what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hfops.kinds.collection.gating import wanted_gate
from hfops.kinds.collection.live import LiveCollection
from hfops.kinds.collection.spec import CollectionSpec
from hfops.kinds.scene import BaseScene, problem
from hfops.model.problem import Problem
from hfops.model.source import Path

FIELDS = ("title", "description", "visibility", "theme", "position", "gating")
"""What one PATCH changes."""


@dataclass(frozen=True, slots=True)
class Scene(BaseScene):
    """One collection as wanted, as remembered, and as it is: ``live`` None means that it is to be created."""

    @property
    def spec(self) -> CollectionSpec:
        """What the manifest says."""
        assert isinstance(self.resource.spec, CollectionSpec)
        return self.resource.spec

    @property
    def live(self) -> LiveCollection | None:
        """What is there."""
        live = self.sight.live
        assert live is None or isinstance(live, LiveCollection)
        return live

    def wanted(self) -> dict[str, Any]:
        """The fields that the manifest names, in the form that they are compared and recorded in."""
        values = {name: getattr(self.spec, name) for name in FIELDS}
        found = {name: value for name, value in values.items() if value is not None}
        if "description" in found:
            found["description"] = found["description"].strip()  # a block in YAML ends with a line end
        if "gating" in found:
            found["gating"] = wanted_gate(found["gating"])
        return found

    def problem(self, path: Path, message: str, hint: str | None = None) -> Problem:
        """What is wrong with the value at ``path``, which counts from ``spec``."""
        return problem(self.resource, path, message, hint)
