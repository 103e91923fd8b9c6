"""What comparing an endpoint looks at, and where it puts what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hfops.kinds.endpoint.live import LiveEndpoint
from hfops.kinds.endpoint.spec import EndpointSpec
from hfops.kinds.scene import BaseScene, problem
from hfops.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Scene(BaseScene):
    """One endpoint as wanted, as remembered, and as it is: ``live`` None means that it is to be created."""

    @property
    def spec(self) -> EndpointSpec:
        """What the manifest says."""
        assert isinstance(self.resource.spec, EndpointSpec)
        return self.resource.spec

    @property
    def live(self) -> LiveEndpoint | None:
        """What is there."""
        live = self.sight.live
        assert live is None or isinstance(live, LiveEndpoint)
        return live

    @property
    def min_replica(self) -> int:
        """The fewest replicas once all is done."""
        scaling = self.spec.compute.scaling if self.spec.compute else None
        named = scaling.min_replica if scaling else None
        if named is not None:
            return named
        if self.live is not None:
            return self.live.min_replica
        most = scaling.max_replica if scaling else None
        return 1 if most is None else min(1, most)

    @property
    def max_replica(self) -> int:
        """The most replicas once all is done."""
        scaling = self.spec.compute.scaling if self.spec.compute else None
        named = scaling.max_replica if scaling else None
        if named is not None:
            return named
        return self.live.max_replica if self.live is not None else max(1, self.min_replica)

    def shown(self, known: Any) -> Any:
        """Hashes left out."""
        return shown_record(known)

    def problem(self, path: str, message: str, hint: str | None = None) -> Problem:
        """What is wrong with the field at ``path``, written with dots."""
        return problem(self.resource, tuple(path.split(".")) if path else (), message, hint)


def shown_record(known: Any) -> Any:
    """What a plan shows of the ledger's word: hashes left out."""
    if not isinstance(known, dict):
        return known
    return {k: shown_record(v) for k, v in known.items() if k not in ("hash", "shown")}
