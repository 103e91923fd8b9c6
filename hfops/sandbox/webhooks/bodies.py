"""Request bodies of webhooks."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from hfops.sandbox.bodies import HARDWARE, Body, EnvKey, VolumeIn

Domain = Literal["repo", "discussion"]
WatchedType = Literal["dataset", "model", "space", "bucket", "kernel", "user", "org"]
Ascii = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7F]*$")]
JobKey = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][_a-zA-Z0-9]+$")]
LongJobValue = Annotated[str, StringConstraints(min_length=1)]
TARGETS = ("url", "job", "job_source_id")


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an http or https URL, got {url!r}")
    return url


def _flavor(flavor: str) -> str:
    if flavor not in HARDWARE:
        raise ValueError(f"must be one of [{', '.join(HARDWARE)}]")
    return flavor


class Watched(Body):
    """A repository, user or organisation to hear of."""

    type: WatchedType
    name: str = Field(min_length=1)


class JobIn(Body):
    """A job to start for each event."""

    flavor: Annotated[str, AfterValidator(_flavor)]
    space_id: str | None = None
    docker_image: str | None = None
    command: Annotated[list[LongJobValue], Field(min_length=1)] | None = None
    arguments: list[str] | None = None
    environment: dict[JobKey, str] | None = None
    secrets: dict[EnvKey, str] = Field(default_factory=dict)
    arch: Literal["amd64", "arm64"] | None = None
    timeout_seconds: Annotated[int, Field(gt=0)] | None = None
    attempts: Annotated[int, Field(ge=1)] | None = None
    labels: dict[str, str] | None = None
    volumes: list[VolumeIn] | None = None
    expose: dict[str, Any] | None = None
    ssh: dict[str, Any] | None = None
    network: dict[str, Any] | None = None
    resource_group_id: str | None = None


class WebhookWrite(Body):
    """POST /api/settings/webhooks and POST …/{id}: the whole object, both times."""

    watched: list[Watched] = Field(min_length=1)
    domains: list[Domain] = Field(min_length=1)
    url: Annotated[str, AfterValidator(_web)] | None = None
    job: JobIn | None = None
    job_source_id: str | None = Field(None, min_length=1)
    secret: Ascii | None = None
    secrets: dict[str, str] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> WebhookWrite:
        nulls = [to_camel(name) for name in self.model_fields_set if getattr(self, name) is None]
        if nulls:
            raise ValueError(f'"{nulls[0]}" must not be null')
        if sum(getattr(self, name) is not None for name in TARGETS) != 1:
            raise ValueError('exactly one of "url", "job", "jobSourceId" is needed')
        if self.secrets is not None and self.job_source_id is None:
            raise ValueError('"secrets" goes with "jobSourceId" only')
        return self
