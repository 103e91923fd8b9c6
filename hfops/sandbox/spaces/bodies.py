"""Request bodies of the Spaces' routes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from hfops.sandbox.bodies import HARDWARE, AnyCaseId, Body, EnvIn, EnvKey, Visibility, VolumeIn

Tier = Literal["small", "medium", "large"]


def known_hardware(name: str) -> str:
    """The name, if it is one of the flavors."""
    if name not in HARDWARE:
        raise ValueError(f'"flavor" must be one of [{", ".join(HARDWARE)}], got {name!r}')
    return name


def positive_or_never(seconds: int | None) -> int | None:
    """Seconds, or -1 for never."""
    if seconds == 0:
        raise ValueError("must be positive, or -1 for never")
    return seconds


class EnvSet(Body):
    """POST …/secrets and …/variables."""

    key: EnvKey
    value: str = ""
    description: str | None = None


class EnvUnset(Body):
    """DELETE …/secrets and …/variables."""

    key: str


class HardwareSet(Body):
    """POST …/hardware."""

    flavor: str
    sleep_time_seconds: int | None = Field(None, ge=-1)

    _flavor = field_validator("flavor")(known_hardware)
    _sleep = field_validator("sleep_time_seconds")(positive_or_never)


class SleepSet(Body):
    """POST …/sleeptime."""

    seconds: int = Field(ge=-1)

    _sleep = field_validator("seconds")(positive_or_never)


class DevModeSet(Body):
    """POST …/dev-mode."""

    enabled: bool


class VolumesSet(Body):
    """PUT …/volumes: these and no others."""

    volumes: list[VolumeIn] = Field(min_length=1)


class StorageSet(Body):
    """POST …/storage, the legacy of persistent disks."""

    tier: Tier


class ReplicasSet(Body):
    """POST …/replicas."""

    replicas: int = Field(ge=1)


class Duplicate(Body):
    """POST …/duplicate; what follows the group is for Spaces."""

    repository: Annotated[str, StringConstraints(pattern=r"^[^/]+/[^/]+$")]
    private: bool | None = None
    visibility: Visibility | None = None
    resource_group_id: AnyCaseId | None = None
    hardware: str = ""
    sleep_time_seconds: int | None = Field(None, ge=-1)
    storage_tier: Tier | None = None
    secrets: list[EnvIn] = Field([])
    variables: list[EnvIn] = Field([])
    volumes: list[VolumeIn] | None = None

    _sleep = field_validator("sleep_time_seconds")(positive_or_never)

    @field_validator("hardware")
    @classmethod
    def _hardware(cls, name: str) -> str:
        return known_hardware(name) if name else name
