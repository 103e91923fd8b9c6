"""What the API tells about an endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hfops.sandbox.endpoints import images
from hfops.sandbox.endpoints.catalogue import row_of
from hfops.sandbox.endpoints.changes import Config
from hfops.sandbox.endpoints.failures import health_route
from hfops.sandbox.endpoints.machine import (
    FAILED,
    INITIALIZING,
    PAUSED,
    PENDING,
    RUNNING,
    SCALED,
    UPDATE_FAILED,
    UPDATING,
    Endpoint,
    Mark,
)

MESSAGES = {
    PENDING: "Endpoint waiting to be scheduled",
    INITIALIZING: "Endpoint is initializing",
    RUNNING: "Endpoint is ready",
    UPDATING: "Endpoint waiting for the update",
    PAUSED: "Endpoint is paused",
    SCALED: "Endpoint scaled to zero",
    FAILED: "Endpoint failed to deploy",
    UPDATE_FAILED: "Endpoint failed to update",
}
SAID = ("cacheHttpResponses", "privateService", "route", "customRouter", "network")
"""What is told where it was set, and not otherwise."""


def endpoint(found: Endpoint, base: str, *, changed: bool = False) -> dict[str, Any]:
    """An endpoint; ``base`` is the sandbox's address, ``changed`` marks the answer to a change."""
    config = found.config
    features = {"cacheHttpResponses": bool(config.get("cacheHttpResponses"))}
    answer = {
        "name": config["name"],
        "type": config["type"],
        "provider": config["provider"],
        "healthRoute": health_route(config),
        "compute": _compute(config),
        "model": _model(config),
        "experimentalFeatures": features | config.get("experimentalFeatures", {}),
        "notifications": config.get("notifications", {}),
        "tags": config["tags"],
        "status": status(found, base, changed=changed),
    }
    return answer | {key: config[key] for key in SAID if key in config}


def _compute(config: Config) -> dict[str, Any]:
    row, scaling = row_of(config), config["compute"]["scaling"]
    told: dict[str, Any] = config["compute"] | {
        "scaling": scaling | {"metric": next(iter(scaling["measure"]))}
    }
    return told | {"id": row.id if row else None}


def _model(config: Config) -> dict[str, Any]:
    """The model; what is secret is told by its name."""
    model = config["model"]
    told: dict[str, Any] = model | {
        "task": model.get("task"),
        "image": images.shown(model["image"]),
        "secrets": dict.fromkeys(model["secrets"]),
    }
    return told


def status(found: Endpoint, base: str, *, changed: bool) -> dict[str, Any]:
    """The ``status`` block. The URL is absent until there is one, and null where it was taken away."""
    state = found.state
    ready, wanted = found.replicas
    updated = found.updated if changed else found.seen_updated
    service = f"com.amazonaws.vpce.svc-{found.label}"
    answer: dict[str, Any] = {
        "createdAt": instant(found.created),
        "createdBy": _account(found.created),
        "updatedAt": instant(updated),
        "updatedBy": _account(updated),
        "state": state,
        "message": MESSAGES[state],
        "readyReplica": ready,
        "targetReplica": wanted,
        "private": {"serviceName": service} if "privateService" in found.config else None,
    }
    if state == PAUSED:
        answer["url"] = None
    elif found.provisioned:
        answer["url"] = address(found, base)
    if state in (FAILED, UPDATE_FAILED) and found.failure:
        answer["errorMessage"] = found.failure.error
    return answer


def address(found: Endpoint, base: str) -> str:
    """Where it serves."""
    return f"{base}/_endpoints/{found.label}"


def instant(mark: Mark) -> str:
    """A moment with nine digits of a second."""
    seconds, nanoseconds = divmod(mark.when, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


def _account(mark: Mark) -> dict[str, str]:
    return {"id": mark.user_id, "name": mark.user}
