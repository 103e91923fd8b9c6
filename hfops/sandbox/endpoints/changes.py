"""An endpoint's configuration: made from a creation, merged with an update, and what of it starts a rollout."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hfops.sandbox.endpoints import images
from hfops.sandbox.endpoints.bodies import Asked, ExperimentalFeatures, PrivateService
from hfops.sandbox.endpoints.manners import Wire, valid

Config = dict[str, Any]
"""A creation's body in full: defaults filled in, secrets in the clear, images as they are kept."""

UPDATABLE = (
    "compute",
    "model",
    "type",
    "tags",
    "route",
    "cacheHttpResponses",
    "experimentalFeatures",
    "privateService",
    "customRouter",
    "network",
    "notifications",
)
ATOMIC = (
    ("model", "image"),
    ("model", "env"),
    ("model", "secrets"),
    ("compute", "scaling", "measure"),
    ("customRouter",),
    ("network",),
    ("notifications",),
)
"""What an update replaces whole; any other object is merged, any other value replaced."""

COMPLETE: Mapping[str, type[Wire]] = {
    "experimentalFeatures": ExperimentalFeatures,
    "privateService": PrivateService,
}
"""What has to be in an update what it has to be in a creation, though it is merged."""

QUIET = ("tags", "type", "route", "notifications")
"""What changes without a rollout, as does the scaling."""

IDLE_MINUTES = 15


def stored(data: Mapping[str, Any]) -> Config:
    """The configuration that a body in full makes; 400 for one that cannot be."""
    asked = valid(Asked, data)
    image = images.stored(asked.model.image)
    config: Config = asked.model_dump(by_alias=True, exclude_none=True)
    config["type"] = "authenticated" if asked.type == "protected" else asked.type
    secrets = {key: value or "" for key, value in asked.model.secrets.items()}
    config["model"] |= {"image": image, "secrets": secrets, "revision": asked.model.revision}
    if not config.get("route"):
        config.pop("route", None)
    scaling = asked.compute.scaling
    measure = scaling.measure or {scaling.metric or "hardwareUsage": scaling.threshold}
    timeout = scaling.scale_to_zero_timeout
    config["compute"]["scaling"] = {
        "minReplica": scaling.min_replica,
        "maxReplica": scaling.max_replica,
        "scaleToZeroTimeout": IDLE_MINUTES if timeout is None else timeout,
        "measure": dict(measure),
    }
    return config


def merged(before: Config, body: Mapping[str, Any]) -> Config:
    """A configuration after an update: null and absent keep, ``{}`` takes the route or the router away.

    Name and provider cannot change; in an update they are ignored.
    """
    after = deepcopy(before)
    for key, model in COMPLETE.items():
        if body.get(key) is not None:
            valid(model, body[key], (key,))
    for key in UPDATABLE:
        if key in ("route", "customRouter") and _emptied(key, body.get(key)):
            after.pop(key, None)
        elif body.get(key) is not None:
            _put(after, key, body[key], (key,))
    scaling = (body.get("compute") or {}).get("scaling") if isinstance(body.get("compute"), dict) else None
    if isinstance(scaling, dict) and scaling.get("metric") and not scaling.get("measure"):
        after["compute"]["scaling"].pop("measure", None)
    return after


def _emptied(key: str, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return not value or (key == "customRouter" and value.get("tag") in (None, ""))


def _put(target: dict[str, Any], key: str, value: Any, path: tuple[str, ...]) -> None:
    """Set one value; an object is merged into the one that is there, unless it is atomic."""
    if path in ATOMIC or not isinstance(value, dict) or not isinstance(target.get(key, {}), dict):
        target[key] = deepcopy(value)
        return
    inner = target.setdefault(key, {})
    for name, part in value.items():
        if part is not None:
            _put(inner, name, part, (*path, name))


def rolls_out(before: Config, after: Config) -> bool:
    """Whether the change needs other containers than those that run."""
    return _version(before) != _version(after)


def _version(config: Config) -> dict[str, Any]:
    compute = {key: value for key, value in config["compute"].items() if key != "scaling"}
    return {key: value for key, value in config.items() if key not in QUIET} | {"compute": compute}
