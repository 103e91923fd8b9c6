"""One normal form for what manifests say and what the service shows, so that what it fills in is no difference.

A field is named by its path with dots: ``compute.scaling.minReplica``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from hfops.kinds.endpoint.live import LiveEndpoint
from hfops.kinds.endpoint.spec import DEFAULT, NONE, EndpointSpec, Measure

PLACE = ("provider.vendor", "provider.region")
"""Fields that cannot be changed."""

HARDWARE = ("compute.accelerator", "compute.instanceType", "compute.instanceSize")
SCALING = tuple(f"compute.scaling.{n}" for n in ("minReplica", "maxReplica", "scaleToZeroTimeout", "measure"))
PLAIN = (
    *PLACE,
    *HARDWARE,
    *SCALING,
    "model.repository",
    "model.task",
    "model.framework",
    "model.command",
    "model.args",
    "type",
    "route",
    "cacheHttpResponses",
    "privateService",
    "customRouter",
    "experimentalFeatures",
    "tags",
)
"""Fields that are compared as they stand, in the order in which they are shown."""

IDLE = 15
"""Minutes before an endpoint scales to zero, where nobody said how many."""

ROUTER_PORT = 3000
QUIET = (*SCALING, "tags", "type", "route")
"""Fields whose change, as far as is known, rolls no new version out."""


def wanted_fields(spec: EndpointSpec) -> dict[str, Any]:
    """The plain fields that a manifest names, in normal form."""
    return {name: value for name in PLAIN if (value := _wanted(spec, name)) is not None}


def managed_fields(spec: EndpointSpec) -> set[str]:
    """The names of all fields that a manifest names."""
    model = spec.model
    special = ("revision", "image", "env", "secrets")
    named = {f"model.{n}" for n in special if model is not None and getattr(model, n) is not None}
    return {*wanted_fields(spec), *named, *(("state",) if spec.state is not None else ())}


def _wanted(spec: EndpointSpec, name: str) -> Any:
    value = _said(spec, name)
    if value is None or value == NONE:
        return value
    if isinstance(value, Measure):
        return _measured(value)
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True, exclude_unset=True)
    return _NORMAL[name](value) if name in _NORMAL else value


def _said(spec: EndpointSpec, name: str) -> Any:
    """The value at a path of aliases; None where a part of it is absent."""
    value: Any = spec
    for part in name.split("."):
        if value is None:
            return None
        value = next(getattr(value, n) for n, f in type(value).model_fields.items() if (f.alias or n) == part)
    return value


def _measured(measure: Measure) -> dict[str, Any] | None:
    said = measure.model_dump(by_alias=True, exclude_unset=True)
    return {k: None if v == DEFAULT else v for k, v in said.items()} or None


def live_field(live: LiveEndpoint, name: str, wanted: Any) -> Any:
    """A plain field as it is, in normal form. Of what the service merges, only the parts that ``wanted`` names."""
    found = live.at(*name.split("."))
    if name == "compute.scaling.measure":
        return found or _old_measure(live)
    if name == "cacheHttpResponses":
        nested = live.at("experimentalFeatures", "cacheHttpResponses")
        return bool(found if found is not None else nested)
    if name in ("route", "privateService", "experimentalFeatures"):
        return _parts(found, wanted)
    return _NORMAL[name](found) if name in _NORMAL else found


def _old_measure(live: LiveEndpoint) -> dict[str, Any] | None:
    """The deprecated pair that says the same."""
    metric = live.at("compute", "scaling", "metric")
    return {metric: live.at("compute", "scaling", "threshold")} if metric else None


def _parts(found: Any, wanted: Any) -> Any:
    """A merged object as far as the manifest speaks of it; all of it, or ``none``, where that is wanted."""
    have = {k: v for k, v in found.items() if v is not None} if isinstance(found, Mapping) else {}
    if not isinstance(wanted, Mapping):
        return have or NONE
    return {k: have.get(k, False if isinstance(v, bool) else None) for k, v in wanted.items()}


def same(name: str, wanted: Any, live: Any) -> bool:
    """Whether two values in normal form mean the same."""
    if name == "model.repository":
        return str(wanted).casefold() == str(live).casefold()
    return bool(wanted == live)


def _router(value: Any) -> Any:
    if not isinstance(value, Mapping) or not value.get("tag"):
        return NONE
    port = value.get("port") or ROUTER_PORT
    return {"tag": value["tag"], "env": dict(value.get("env") or {}), "port": port}


_NORMAL: Mapping[str, Callable[[Any], Any]] = {
    "compute.scaling.scaleToZeroTimeout": lambda value: IDLE if value is None else value,
    "model.command": lambda value: list(value or ()),
    "model.args": lambda value: list(value or ()),
    "type": lambda value: "authenticated" if value == "protected" else value,
    "customRouter": _router,
    "tags": lambda value: sorted(set(value or ())),
}
