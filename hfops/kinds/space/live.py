"""A Space as the Hub shows it: a repository, and what GET /runtime, /secrets and /variables say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.kinds.answers import mapping, text
from hfops.kinds.repo.live import LiveRepo

FREE = "cpu-basic"
"""The hardware of a Space that asked for none."""

IN_PROGRESS = ("BUILDING", "RUNNING_BUILDING", "APP_STARTING", "RUNNING_APP_STARTING")
FAILED = ("BUILD_ERROR", "CONFIG_ERROR", "RUNTIME_ERROR")


@dataclass(frozen=True, slots=True)
class LiveVolume:
    """A mounted volume, in one normal form: what is at its default is None, ``read_only`` is always told."""

    type: str
    source: str
    mount_path: str
    read_only: bool
    revision: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Runtime:
    """The answer of GET /runtime. ``sleep_time`` in seconds; None: never. ``error`` is its ``errorMessage``."""

    stage: str
    current: str | None = None
    requested: str | None = None
    sleep_time: int | None = None
    storage: str | None = None
    dev_mode: bool = False
    volumes: tuple[LiveVolume, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class LiveSecret:
    """A secret's name is all there is, with when it was last set."""

    description: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class LiveVariable:
    """A variable, which everybody can read."""

    value: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class LiveSpace(LiveRepo):
    """A Space. ``details``, ``secrets`` and ``variables`` are None where they were not read."""

    stage: str = ""
    hardware: str | None = None
    details: Runtime | None = None
    secrets: Mapping[str, LiveSecret] | None = None
    variables: Mapping[str, LiveVariable] | None = None

    @property
    def busy(self) -> bool:
        """Whether a change would start something anew that is up, coming up, or failing."""
        return self.sdk != "static" and (self.stage in ("RUNNING", *IN_PROGRESS) or self.stage in FAILED)


def space_of(repo: LiveRepo) -> LiveSpace:
    """A repository as a Space: stage and hardware are in every answer about it. Raises BadAnswer."""
    known = {f.name: getattr(repo, f.name) for f in fields(repo)}
    if repo.runtime is None:
        return LiveSpace(**known)
    runtime = parse_runtime(repo.runtime)
    return LiveSpace(**known, stage=runtime.stage, hardware=runtime.requested)


def parse_runtime(data: Any) -> Runtime:
    """A runtime. Raises BadAnswer. A stage is whatever the Hub calls it."""
    row = mapping(data, "a runtime")
    hardware = row.get("hardware")
    asked = mapping(hardware, "hardware") if hardware is not None else {}
    sleep_time = row.get("gcTimeout")
    if isinstance(sleep_time, bool) or not isinstance(sleep_time, int | None):
        raise BadAnswer(f"the Hub's gcTimeout is no number ({sleep_time!r})")
    stage = row.get("stage")
    if not isinstance(stage, str) or not stage:
        raise BadAnswer(f"the Hub's runtime names no stage ({stage!r})")
    return Runtime(
        stage=stage,
        current=_optional(asked, "current"),
        requested=_optional(asked, "requested"),
        sleep_time=None if sleep_time == -1 else sleep_time,
        storage=_optional(row, "storage"),
        dev_mode=row.get("devMode") is True,
        volumes=tuple(parse_volume(v) for v in _list(row.get("volumes"), "volumes")),
        error=error if isinstance(error := row.get("errorMessage"), str) else "",
    )


def parse_volume(data: Any) -> LiveVolume:
    """A volume as the Hub shows it. Raises BadAnswer."""
    row = mapping(data, "a volume")
    kind, source, mount = (text(row, key) for key in ("type", "source", "mountPath"))
    read_only = row.get("readOnly") is True
    return normal(
        LiveVolume(kind, source, mount, read_only, _optional(row, "revision"), _optional(row, "path"))
    )


def normal(volume: LiveVolume) -> LiveVolume:
    """A volume in its normal form: repositories are read-only whatever was asked, and mounted at main."""
    bucket = volume.type == "bucket"
    return replace(
        volume,
        mount_path=volume.mount_path.rstrip("/") or "/",
        read_only=volume.read_only or not bucket,
        revision=None if bucket or volume.revision == "main" else volume.revision,
        path=(volume.path or "").strip("/") or None,
    )


def parse_secrets(data: Any) -> dict[str, LiveSecret]:
    """The answer of GET /secrets. Raises BadAnswer."""
    rows = ((key, mapping(row, f"secret {key}")) for key, row in mapping(data, "secrets").items())
    return {key: LiveSecret(_described(row), _optional(row, "updatedAt")) for key, row in rows}


def parse_variables(data: Any) -> dict[str, LiveVariable]:
    """The answer of GET /variables. Raises BadAnswer: a variable without its value is none to compare with."""
    out = {}
    for key, data_of_key in mapping(data, "variables").items():
        row = mapping(data_of_key, f"variable {key}")
        value = row.get("value")
        if not isinstance(value, str):
            raise BadAnswer(f"the Hub's variable {key} has no value")
        out[key] = LiveVariable(value, _described(row))
    return out


def _described(row: Mapping[str, Any]) -> str | None:
    """An empty description is none: a call that carries it is another than one that carries none."""
    return _optional(row, "description") or None


def moment(text: str | None) -> datetime | None:
    """A time of the Hub's; None for what is none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _list(data: Any, what: str) -> list[Any]:
    if data is not None and not isinstance(data, list):
        raise BadAnswer(f"the Hub answered {type(data).__name__} for {what}, expected a list")
    return data or []


def _optional(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise BadAnswer(f"the Hub's {key} is no text ({value!r})")
    return value
