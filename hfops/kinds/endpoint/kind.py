"""The kind ``InferenceEndpoint``: a model served on hardware of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hfops.kinds.accept import Answer
from hfops.kinds.base import Ask, Comparison, HubView, Launch, Seen, Sight, Waiter
from hfops.kinds.describe import Sketch, Wish
from hfops.kinds.endpoint.accept import accept_endpoint
from hfops.kinds.endpoint.calls import delete_call, endpoint_calls
from hfops.kinds.endpoint.census import all_endpoints
from hfops.kinds.endpoint.check import bad_name, check_endpoint, warn_endpoint
from hfops.kinds.endpoint.compare import compare_endpoint
from hfops.kinds.endpoint.describe import sketch_endpoints
from hfops.kinds.endpoint.live import endpoint_path
from hfops.kinds.endpoint.naming import naming_endpoints
from hfops.kinds.endpoint.observe import observe_endpoints
from hfops.kinds.endpoint.spec import EndpointSpec
from hfops.kinds.endpoint.wait import endpoint_waiter
from hfops.kinds.plain import Plain
from hfops.kinds.values import references
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.call import Api, Call, Deferred
from hfops.model.change import Difference
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind

GONE = Risk(
    RiskKind.OUTAGE, RiskCode.ENDPOINT_DELETED, "the endpoint and its URL are gone for everybody who calls it"
)
EXPORTS = {"url": ("status", "url")}
"""What other resources can refer to, and where the service's answer holds it."""


@dataclass(frozen=True)
class EndpointKind(Plain):
    """Inference Endpoints."""

    name: str = "InferenceEndpoint"
    spec: type[BaseModel] = EndpointSpec

    def bad_name(self, address: Address) -> str | None:
        """The service's rule for names."""
        return bad_name(address)

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """See check.py."""
        del local
        return check_endpoint(resource)

    def warnings(self, resource: Resource) -> Iterable[Problem]:
        """What may be a mistake, offline."""
        return warn_endpoint(resource)

    def refers(self, resource: Resource) -> Iterable[Address]:
        """The model that it serves, and whose values it takes."""
        spec = resource.spec
        assert isinstance(spec, EndpointSpec)
        if spec.model is not None and spec.model.repository is not None:
            yield Address.parse(f"Model/{spec.model.repository}")
        for _, reference, _ in references(resource):
            if reference.resource:
                yield Address.parse(reference.resource)

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """See observe.py."""
        return observe_endpoints(asks, hub)

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """See compare.py."""
        return compare_endpoint(ask, sight)

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """See calls.py and state.py."""
        return endpoint_calls(ask, sight, differences)

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """See accept.py."""
        return accept_endpoint(resource, difference)

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Nothing is lost that its manifest does not hold, but nobody is answered any more."""
        del live
        return (delete_call(address),), (GONE,)

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Raises Problems: the service renames nothing, and its URL would be another."""
        message = f"it is to be moved to {target}, and an endpoint cannot be renamed"
        hint = "take the moved entry out; the new one is created, and the old one goes with a removed entry"
        raise Problems([Problem(message, None, str(source), hint=hint)])

    def made(self, answer: Any) -> str | None:
        """The moment of creation, which stands in for an id."""
        status = answer.get("status") if isinstance(answer, Mapping) else None
        found = status.get("createdAt") if isinstance(status, Mapping) else None
        return found if isinstance(found, str) else None

    def census(self, namespace: str, hub: HubView) -> Iterable[Seen]:
        """See census.py."""
        return all_endpoints(namespace, hub)

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """See describe.py."""
        return sketch_endpoints(wish, hub)

    def naming(self, old: Address, hub: HubView) -> Iterable[Seen]:
        """See naming.py."""
        return naming_endpoints(old, hub)

    def export(self, address: Address, name: str) -> Deferred | None:
        """The URL, which is there once the endpoint is provisioned, and not while it is paused."""
        if name not in EXPORTS:
            return None
        read = endpoint_path(address.namespace, address.name)
        return Deferred(f"{name} of {address}", read, EXPORTS[name], api=Api.ENDPOINTS)

    def waiter(self, resource: Resource, launch: Launch) -> Waiter | None:
        """See wait.py."""
        return endpoint_waiter(resource, launch)
