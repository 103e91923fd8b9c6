"""Seeding an endpoint: the manifest's spec, at rest at once in the state that it names."""

from __future__ import annotations

import re
from typing import Any

from hfops.sandbox.endpoints.changes import stored
from hfops.sandbox.endpoints.failures import failure, told_by
from hfops.sandbox.endpoints.machine import (
    FAILED,
    INITIALIZING,
    PENDING,
    RUNNING,
    STATES,
    UPDATE_FAILED,
    UPDATING,
    Endpoint,
)
from hfops.sandbox.endpoints.setup import check_hardware, pin
from hfops.sandbox.manners import bad_request
from hfops.sandbox.people import Caller, Org, User
from hfops.sandbox.state import Hub

MADE_UP = "seeded"
"""The value of a secret whose manifest names only where to find it."""

OURS = ("state", "wait", "follow")
"""Fields of a manifest that the API does not have."""

DEFAULTS: dict[str, Any] = {
    "type": "authenticated",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {"accelerator": "cpu", "instanceType": "intel-spr", "instanceSize": "x1"},
}
UNITS = {"": 1, "m": 1, "h": 60, "d": 1440}
"""Minutes."""


def seed_endpoint(hub: Hub, namespace: str, name: str, spec: dict[str, Any]) -> None:
    """Make an endpoint exist. Its hardware may be deprecated, and the quota is not asked."""
    home = hub.namespace(namespace) or hub.add_org(namespace)
    config = stored(_body(name, spec))
    check_hardware(config, new=False)
    owner = _owner(hub, home)
    pin(hub, Caller(owner, "write") if owner else Caller(), config)
    account = owner or home
    made = hub.endpoints.add(home.name, config, hub.endpoints.mark(account.uid, account.name))
    _rest(made, spec.get("state", RUNNING))


def _owner(hub: Hub, home: User | Org) -> User | None:
    """Who made it: the user, or an admin of the organisation."""
    if isinstance(home, User):
        return home
    return next((hub.users[name.lower()] for name, role in home.members.items() if role == "admin"), None)


def _rest(made: Endpoint, state: str) -> None:
    if state not in STATES:
        raise bad_request(f"state: {state!r} is none, expected one of {', '.join(STATES)}")
    if state in (PENDING, INITIALIZING, UPDATING):
        made.pass_through(state)
        return
    made.provisioned = state not in (FAILED, "paused")
    if state in (FAILED, UPDATE_FAILED):
        made.failure = failure(told_by(made.config) or "oom", made.config)
        made.say(*made.failure.log, made.failure.error)
    made.rest(state)


def _body(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The body of the creation that the spec stands for."""
    model = {k: v for k, v in spec["model"].items() if k not in OURS}
    model = {"framework": "pytorch", "image": {"huggingface": {}}} | model
    model["env"] = {key: _value(value) for key, value in (model.get("env") or {}).items()}
    model["secrets"] = {key: _value(value) for key, value in (model.get("secrets") or {}).items()}
    model["image"] = {key: _image(fields or {}) for key, fields in model["image"].items()}
    body = DEFAULTS | {k: v for k, v in spec.items() if k not in OURS} | {"name": name, "model": model}
    scaling = {"minReplica": 1, "maxReplica": 1} | (body["compute"].get("scaling") or {})
    scaling["scaleToZeroTimeout"] = minutes(scaling.get("scaleToZeroTimeout"))
    body["compute"] = body["compute"] | {"scaling": scaling}
    return {k: v for k, v in body.items() if v != "none"}


def _value(said: Any) -> str:
    """A value, or one made up for a reference."""
    return str(said.get("value", MADE_UP)) if isinstance(said, dict) else str(said)


def _image(fields: dict[str, Any]) -> dict[str, Any]:
    credentials = fields.get("credentials")
    if not credentials:
        return fields
    return fields | {"credentials": {key: _value(value) for key, value in credentials.items()}}


def minutes(said: Any) -> int | None:
    """A timeout: minutes, ``15m``, ``1h``; None where nothing is said."""
    if said is None:
        return None
    found = re.fullmatch(r"(\d+)([mhd]?)", str(said))
    if not found:
        raise bad_request(f"scaleToZeroTimeout: {said!r} is none, expected minutes, 15m or 1h")
    return int(found[1]) * UNITS[found[2]]
