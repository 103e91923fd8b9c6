"""What a creation must hold. An update is merged first, and then has to be what a creation could be."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from hfops.sandbox.endpoints.manners import Wire

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
Count = Annotated[int, Field(ge=0)]
Number = int | float
T = TypeVar("T")


def _given(value: Any) -> Any:
    if value is None:
        raise ValueError("null is no value: leave the field out")
    return value


Given = Annotated[T | None, BeforeValidator(_given)]
"""May be left out, but not be null."""

Measured = Literal["hardwareUsage", "pendingRequests"]


class Provider(Wire):
    """Where it runs."""

    vendor: str
    region: str


class Scaling(Wire):
    """How many replicas; the timeout in minutes. ``metric`` and ``threshold`` are the old form of ``measure``."""

    min_replica: Count
    max_replica: Count
    scale_to_zero_timeout: Count | None = None
    measure: dict[Measured, Number | None] | None = None
    metric: Measured | None = None
    threshold: Number | None = None

    @model_validator(mode="after")
    def _fits(self) -> Scaling:
        if self.min_replica > self.max_replica:
            raise ValueError("minReplica is greater than maxReplica")
        if self.measure is not None and len(self.measure) != 1:
            raise ValueError("measure: expected one of hardwareUsage, pendingRequests")
        return self


class Compute(Wire):
    """The hardware, and how many of it."""

    accelerator: Literal["cpu", "gpu", "neuron", "zero_gpu"]
    instance_type: str
    instance_size: str
    scaling: Scaling


class Model(Wire):
    """What is served. The image is looked at on its own."""

    repository: str = Field(min_length=1)
    framework: Literal["custom", "pytorch", "llamacpp"]
    image: dict[str, Any]
    revision: str | None = None
    task: str | None = None
    env: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, str | None] = Field(default_factory=dict)
    command: Given[list[str]] = None
    args: Given[list[str]] = None


class PrivateService(Wire):
    """AWS PrivateLink."""

    account_id: str
    region: Given[Literal["us-east-1", "eu-west-1"]] = None
    shared: Given[bool] = None


class Route(Wire):
    """A domain and a path of one's own."""

    domain: str | None = None
    path: Annotated[str, StringConstraints(pattern="^/")] | None = None


class CustomRouter(Wire):
    """A load balancer of one's own."""

    tag: str
    env: dict[str, str] | None = None
    port: int = 3000


class KvRouter(Wire):
    """A router that knows the caches."""

    tag: str


class ExperimentalFeatures(Wire):
    """Switches that may go."""

    cache_http_responses: Given[bool] = None
    kv_router: KvRouter | None = None
    mcp_lb: Any = None
    skip_repo_download: Given[bool] = None
    load_balancer: Any = None


class Asked(Wire):
    """The whole body; keys that are not here are let pass and forgotten."""

    name: Name
    type: Literal["public", "authenticated", "private", "protected"]
    provider: Provider
    compute: Compute
    model: Model
    tags: list[str] = Field(default_factory=list)
    cache_http_responses: bool | None = None
    experimental_features: ExperimentalFeatures | None = None
    private_service: PrivateService | None = None
    route: Route | None = None
    custom_router: CustomRouter | None = None
    network: Any = None
    notifications: Any = None
