"""An endpoint as the service shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.kinds.endpoint.images import HEALTH
from hfops.model.call import segment

UP = ("running",)
COMING = ("pending", "initializing", "updating")
FAILED = ("failed", "updateFailed")
PAUSED, SCALED = "paused", "scaledToZero"
STATES = (*UP, *COMING, *FAILED, PAUSED, SCALED)
"""The states that are known; another one is taken for one on its way."""

SERVING = ("running", "updating", "updateFailed")
"""States in which a version serves, be it an old one."""


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """An endpoint: ``config`` is the whole answer, ``made`` the time of its creation as the service writes it."""

    id: str
    state: str
    made: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hub_id(self) -> str | None:
        """The service gives no ids: the moment of creation tells one of the same name apart."""
        return self.made

    @property
    def created_at(self) -> datetime | None:
        """When it was made."""
        return moment(self.made)

    @property
    def status(self) -> Mapping[str, Any]:
        """What changes by itself."""
        found = self.config.get("status")
        return found if isinstance(found, Mapping) else {}

    @property
    def url(self) -> str | None:
        """Where it answers; None until it is provisioned, and while it is paused."""
        found = self.status.get("url")
        return found if isinstance(found, str) and found else None

    @property
    def health_url(self) -> str | None:
        """What answers 200 once it is ready."""
        route = self.config.get("healthRoute")
        path = route if isinstance(route, str) and route else HEALTH
        return None if self.url is None else f"{self.url.rstrip('/')}/{path.lstrip('/')}"

    @property
    def updated_at(self) -> str:
        """When it was last changed, as the service writes it."""
        return str(self.status.get("updatedAt") or "")

    @property
    def replicas(self) -> str:
        """Those ready, and those wanted: ``1/2``."""
        return f"{self.status.get('readyReplica', 0)}/{self.status.get('targetReplica', 0)}"

    @property
    def error(self) -> str:
        """Why it failed, in the service's words; empty where it says nothing."""
        return str(self.status.get("errorMessage") or self.status.get("message") or "")

    def at(self, *path: str) -> Any:
        """The value below ``path``; None where there is none."""
        found: Any = self.config
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    @property
    def min_replica(self) -> int:
        """The fewest replicas."""
        return _count(self.at("compute", "scaling", "minReplica"))

    @property
    def max_replica(self) -> int:
        """The most replicas."""
        return _count(self.at("compute", "scaling", "maxReplica"))


def parse(namespace: str, data: Any) -> LiveEndpoint:
    """An endpoint from an answer or a row of a list. Raises BadAnswer. A state is whatever the service calls it."""
    row = data if isinstance(data, Mapping) else {}
    status = row.get("status")
    status = status if isinstance(status, Mapping) else {}
    name, state, made = row.get("name"), status.get("state"), status.get("createdAt")
    if not isinstance(name, str) or not name:
        raise BadAnswer(f"the service's answer names no endpoint ({name!r})")
    if not isinstance(state, str) or not state:
        raise BadAnswer(f"the service did not say in which state {name} is ({state!r})")
    return LiveEndpoint(f"{namespace}/{name}", state, made if isinstance(made, str) else None, row)


def moment(text: str | None) -> datetime | None:
    """A time of the service's, which may have nine fractional digits; None for what is none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def endpoint_path(namespace: str, *parts: str) -> str:
    """``/endpoint/acme/prod/pause``, below the service's base."""
    return "/".join(["/endpoint", segment(namespace), *map(segment, parts)])


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
