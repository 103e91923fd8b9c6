"""The kind ``Space``: a repository, and the app that runs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.accept import Answer
from hfops.kinds.base import Ask, Comparison, HubView, Launch, Sight, Waiter
from hfops.kinds.describe import Sketch, Wish
from hfops.kinds.repo.kind import RepoKind
from hfops.kinds.space.accept import accept_space
from hfops.kinds.space.calls import space_calls
from hfops.kinds.space.check import check_space, warn_space
from hfops.kinds.space.compare import compare_space
from hfops.kinds.space.describe import sketch_spaces
from hfops.kinds.space.live import LiveSpace
from hfops.kinds.space.observe import observe_spaces
from hfops.kinds.space.secrets import secret_arrived
from hfops.kinds.space.spec import SpaceSpec
from hfops.kinds.space.variables import variable_arrived
from hfops.kinds.space.volumes import volume_arrived
from hfops.kinds.space.wait import space_waiter
from hfops.kinds.values import references
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.call import Call, Deferred
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind

VOLUME_KINDS = {"model": "Model", "dataset": "Dataset", "space": "Space"}
"""What a volume's type is called as a kind; buckets are none of ours."""

EXPORTS = {"url": "host", "host": "host", "subdomain": "subdomain", "id": "id"}
"""What other resources can refer to, and the field of GET /api/spaces/{id} that holds it; ``url`` is the app's."""


@dataclass(frozen=True)
class SpaceKind(RepoKind):
    """Spaces, as repositories and as what runs."""

    name: str = "Space"
    repo_type: RepoType = "space"
    spec: type[BaseModel] = SpaceSpec

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """A repository's checks, and check.py."""
        yield from super().check(resource, local)
        yield from check_space(resource)

    def warnings(self, resource: Resource) -> Iterable[Problem]:
        """What may be a mistake, offline."""
        return warn_space(resource)

    def refers(self, resource: Resource) -> Iterable[Address]:
        """What it is copied from, what it mounts, and whose values it takes."""
        spec = resource.spec
        assert isinstance(spec, SpaceSpec)
        yield from super().refers(resource)
        if spec.duplicate_from:
            yield Address.parse(f"Space/{spec.duplicate_from}")
        for volume in spec.volumes or ():
            if volume.type in VOLUME_KINDS:
                yield Address.parse(f"{VOLUME_KINDS[volume.type]}/{volume.source}")
        for _, reference, _ in references(resource):
            if reference.resource:
                yield Address.parse(reference.resource)

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """See observe.py."""
        return observe_spaces(asks, hub)

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """See compare.py."""
        return compare_space(ask, sight)

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """See calls.py."""
        return space_calls(ask, sight, differences)

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """See accept.py."""
        return accept_space(resource, difference)

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The app goes with the files."""
        calls, risks = super().delete(address, live)
        return calls, (
            *risks,
            Risk(RiskKind.OUTAGE, RiskCode.SPACE_DELETED, "the app is gone for everybody who uses it"),
        )

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The Hub redirects the page, not the app's own address."""
        calls, risks = super().move(source, target)
        return calls, (
            *risks,
            Risk(RiskKind.OUTAGE, RiskCode.SPACE_MOVED, "the app's own address changes with its name"),
        )

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """See describe.py."""
        return sketch_spaces(wish, hub)

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """An entry is there, as meant as far as the Hub shows it, or it is gone."""
        assert isinstance(live, LiveSpace)
        listing, name = key[0], key[-1]
        if listing == "secrets" and live.secrets is not None:
            known = record.get(key)
            return _kept(record, key, secret_arrived(intended, known, live.secrets.get(name)))
        if listing == "variables" and live.variables is not None:
            return _kept(record, key, variable_arrived(intended, live.variables.get(name)))
        if listing == "volumes" and live.details is not None:
            return _kept(record, key, volume_arrived(intended, name, live.details.volumes))
        if listing in ("secrets", "variables", "volumes"):
            return None
        return super().arrived(record, key, intended, live)

    def export(self, address: Address, name: str) -> Deferred | None:
        """The app's address, and what the Space is called."""
        if name not in EXPORTS:
            return None
        return Deferred(f"{name} of {address}", repo_path("space", address.id), (EXPORTS[name],))

    def waiter(self, resource: Resource, launch: Launch) -> Waiter | None:
        """See wait.py."""
        return space_waiter(resource, launch)


def _kept(record: Record, key: Key, found: Mapping[str, Any] | None) -> Record:
    """The record once it is known what is there: nothing (None), nothing new (empty), or this."""
    if found is None:
        return record.drop(key)
    return record.put(key, found) if found else record
