"""All endpoints of a sandbox, their accelerators, and the knobs that a test turns: ``sandbox.hub.endpoints``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from hfops.sandbox.endpoints.catalogue import REGIONS, ROWS, Row, row_of
from hfops.sandbox.endpoints.changes import Config
from hfops.sandbox.endpoints.machine import PAUSED, Endpoint, Knobs, Mark, World
from hfops.sandbox.manners import RefusalError

UNLIMITED = 1000
"""Accelerators of an instance type that a namespace may use, unless it is said otherwise."""


@dataclass(slots=True)
class Estate(Knobs):
    """Endpoints by ``namespace/name`` in lower case. ``quotas``: by namespace, vendor, instance type."""

    world: World = field(kw_only=True)
    all: dict[str, Endpoint] = field(default_factory=dict)
    quotas: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _last: int = 0
    _serial: int = 0

    def __getitem__(self, endpoint_id: str) -> Endpoint:
        """The endpoint ``namespace/name``; KeyError where there is none."""
        return self.all[endpoint_id.lower()]

    def find(self, namespace: str, name: str) -> Endpoint:
        """The endpoint of that name; 404 otherwise."""
        found = self.all.get(f"{namespace}/{name}".lower())
        if found is None:
            raise RefusalError(404, f"Endpoint {namespace}/{name} not found")
        return found

    def labelled(self, label: str) -> Endpoint | None:
        """The endpoint behind a URL."""
        return next((e for e in self.all.values() if e.label == label), None)

    def of(self, namespace: str) -> Iterator[Endpoint]:
        """A namespace's endpoints, by name."""
        home = namespace.lower()
        yield from (e for _, e in sorted(self.all.items()) if e.namespace.lower() == home)

    def add(self, namespace: str, config: Config, mark: Mark) -> Endpoint:
        """A new endpoint, not started yet. 409 for a name that is taken."""
        key = f"{namespace}/{config['name']}".lower()
        if key in self.all:
            raise RefusalError(409, f"Endpoint {namespace}/{config['name']} already exists")
        self._serial += 1
        digest = hashlib.sha256(f"{key} {self._serial}".encode()).digest()
        label = base64.b32encode(digest)[:16].decode().lower()
        made = Endpoint(self.world, self, namespace, label, config, mark, mark)
        self.all[key] = made
        return made

    def drop(self, endpoint: Endpoint) -> None:
        """Remove an endpoint."""
        del self.all[endpoint.id.lower()]

    def mark(self, user_id: str, user: str) -> Mark:
        """A moment later than every one before."""
        now = int(self.world.now().timestamp() * 1_000_000) * 1000
        self._last = max(now, self._last) + 1
        return Mark(self._last, user_id, user)

    def allowed(self, namespace: str, row: Row) -> int:
        """How many accelerators of the row's instance type a namespace may use."""
        family = row.family
        return self.quotas.get((namespace.lower(), family.vendor, family.instance_type), UNLIMITED)

    def used(self, namespace: str, row: Row, without: Endpoint | None = None) -> int:
        """How many it uses; paused endpoints use none, those at zero what they wake with."""
        return sum(
            _needed(e.config)
            for e in self.of(namespace)
            if e is not without and e.state != PAUSED and _same_type(e.config, row)
        )

    def quota(self, namespace: str | None, row: Row) -> dict[str, int]:
        """A catalogue row's quota; without a namespace, what a new one would have."""
        if namespace is None:
            return {"maxAccelerators": UNLIMITED, "usedAccelerators": 0}
        most = self.allowed(namespace, row)
        return {"maxAccelerators": most, "usedAccelerators": self.used(namespace, row)}

    def require_quota(self, namespace: str, config: Config, without: Endpoint | None = None) -> None:
        """Pass, or 400 for more accelerators than the namespace has left."""
        row = row_of(config)
        if row is None:
            return
        most, used = self.allowed(namespace, row), self.used(namespace, row, without)
        if used + _needed(config) > most:
            name = f"{row.family.vendor} {row.family.instance_type}"
            text = f"Quota exceeded for {name}: {used} of {most} accelerators are in use, {_needed(config)} needed"
            raise RefusalError(400, text)

    def set_quota(self, namespace: str, vendor: str, instance_type: str, most: int) -> None:
        """Limit a namespace's accelerators; 400 for a type that there is not."""
        if not any(
            r.family.vendor == vendor and r.family.instance_type == instance_type for r in ROWS.values()
        ):
            raise RefusalError(400, f"no hardware {vendor} {instance_type}; vendors: {', '.join(REGIONS)}")
        self.quotas[namespace.lower(), vendor, instance_type] = most


def _same_type(config: Config, row: Row) -> bool:
    place = config["provider"]["vendor"], config["compute"]["instanceType"]
    return place == (row.family.vendor, row.family.instance_type)


def _needed(config: Config) -> int:
    """The accelerators of the fewest replicas with which it serves."""
    row = row_of(config)
    return max(1, int(config["compute"]["scaling"]["minReplica"])) * (row.count if row else 1)
