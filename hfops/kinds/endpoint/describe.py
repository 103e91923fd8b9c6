"""Endpoints as manifests: the list has all of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from hfops.kinds.base import HubView
from hfops.kinds.describe import TOKEN, Draft, Portrait, Sketch, Wish, last_set, secret_env, variable
from hfops.kinds.endpoint.images import MANAGED, filled_in, framework_of, logs_in, shown_of
from hfops.kinds.endpoint.live import PAUSED, SCALED, LiveEndpoint, endpoint_path, parse
from hfops.kinds.endpoint.normal import HARDWARE, IDLE, PLACE, ROUTER_PORT, live_field
from hfops.kinds.endpoint.observe import page_of
from hfops.kinds.endpoint.spec import DEFAULT, NONE
from hfops.kinds.space.duration import worded
from hfops.model.address import Address
from hfops.model.call import Api

KIND = "InferenceEndpoint"
USUAL_MEASURE = {"hardwareUsage": DEFAULT}
LOGIN = "the login of its registry is not readable"
_IMAGE = ("model", "image")


def sketch_endpoints(wish: Wish, hub: HubView) -> Iterator[Sketch]:
    """Every endpoint, ready to be drawn. Calls: GET /endpoint/{ns}, or one read for each name."""
    for live in _named(wish, hub) if wish.names else _listed(wish.namespace, hub):
        address = Address(KIND, wish.namespace, live.id.partition("/")[2])
        yield Sketch(address, live.hub_id, partial(_draw, live))


def _named(wish: Wish, hub: HubView) -> Iterator[LiveEndpoint]:
    for name in wish.names:
        found = hub.reads.get_or_none(endpoint_path(wish.namespace, name), api=Api.ENDPOINTS)
        if found is not None:
            yield parse(wish.namespace, found)


def _listed(namespace: str, hub: HubView) -> Iterator[LiveEndpoint]:
    cursor: str | None = None
    while True:
        page, cursor = page_of(namespace, cursor, hub)
        yield from page
        if cursor is None:
            return


def _draw(live: LiveEndpoint, address: Address) -> Portrait:
    draft = Draft()
    needs = _model(live, address, draft)
    draft.put("provider", _parts(live, PLACE))
    draft.put("compute", {**_parts(live, HARDWARE), "scaling": scaling(live)})
    draft.put("type", live_field(live, "type", None))
    draft.put("route", merged(live, "route"), unless=({},))
    draft.put("cacheHttpResponses", live_field(live, "cacheHttpResponses", None), unless=(False,))
    draft.put("privateService", merged(live, "privateService"), unless=({},))
    draft.put("customRouter", router(live), unless=(NONE,))
    draft.put("experimentalFeatures", merged(live, "experimentalFeatures"), unless=({},))
    draft.put("tags", live_field(live, "tags", None), unless=([],))
    draft.put("state", _state(live))
    return Portrait(draft.spec, live, draft.comments, reads_env=needs)


def _parts(live: LiveEndpoint, names: tuple[str, ...]) -> dict[str, Any]:
    return {n.rpartition(".")[2]: live.at(*n.split(".")) for n in names if live.at(*n.split(".")) is not None}


def _model(live: LiveEndpoint, address: Address, draft: Draft) -> dict[tuple[str | int, ...], str]:
    """What is served. The commit is the one that is deployed."""
    out: dict[str, Any] = {
        name: found
        for name in ("repository", "revision", "task")
        if (found := live.at("model", name)) is not None
    }
    variant, fields = shown_of(live.at(*_IMAGE))
    if live.at("model", "framework") not in (None, framework_of(variant or MANAGED)):
        out["framework"] = live.at("model", "framework")
    named, needs = image(live, variant, fields, address, draft)
    out |= {"image": named} if named else {}
    out |= {name: list(found) for name in ("command", "args") if (found := live.at("model", name))}
    out |= _env(live, draft)
    out |= _secrets(live, address, draft)
    draft.put("model", out)
    return needs


def image(
    live: LiveEndpoint, variant: str, fields: Mapping[str, Any], address: Address, draft: Draft
) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    """The image without what the service fills in, and the variable that its registry's user is read from."""
    said = {k: v for k, v in fields.items() if not filled_in(variant, k, v)}
    if not variant or (variant == MANAGED and not said):
        return {}, {}
    if not logs_in(live.at(*_IMAGE)):
        return {variant: said}, {}
    user, password = (f"{variable(address.name)}_REGISTRY_{word}" for word in ("USERNAME", "PASSWORD"))
    said["credentials"] = {"username": {"env": user}, "password": {"env": password}}
    draft.say(LOGIN, *_IMAGE, variant, "credentials")
    return {variant: said}, {_IMAGE: user}


def _env(live: LiveEndpoint, draft: Draft) -> dict[str, Any]:
    found = live.at("model", "env")
    env = {str(k): str(v) for k, v in sorted(found.items())} if isinstance(found, Mapping) else {}
    if any(TOKEN.search(value) for value in env.values()):
        draft.say("left out: it holds what looks like a Hub token, for all to read", "model", "env")
        return {}
    return {"env": env} if env else {}


def _secrets(live: LiveEndpoint, address: Address, draft: Draft) -> dict[str, Any]:
    found = live.at("model", "secrets")
    names = sorted(found) if isinstance(found, Mapping) else []
    for name in names:
        draft.say(last_set(None), "model", "secrets", name)
    secrets = {name: {"env": secret_env(name, address.name)} for name in names}
    return {"secrets": secrets} if secrets else {}


def scaling(live: LiveEndpoint) -> dict[str, Any]:
    """How many replicas, and what the autoscaler goes by where that is not the service's own choice."""
    out: dict[str, Any] = {"minReplica": live.min_replica, "maxReplica": live.max_replica}
    idle = live_field(live, "compute.scaling.scaleToZeroTimeout", None)
    if isinstance(idle, int) and idle != IDLE:
        out["scaleToZeroTimeout"] = worded(idle * 60) if idle > 0 else idle
    found = live_field(live, "compute.scaling.measure", None)
    measure = {k: DEFAULT if v is None else v for k, v in found.items()} if found else {}
    return out | ({"measure": measure} if measure and measure != USUAL_MEASURE else {})


def merged(live: LiveEndpoint, name: str) -> dict[str, Any]:
    """An object without what is switched off."""
    found = live_field(live, name, None)
    return {k: v for k, v in found.items() if v is not False} if isinstance(found, Mapping) else {}


def router(live: LiveEndpoint) -> Any:
    """A custom router without what it has anyway."""
    found = live_field(live, "customRouter", None)
    if not isinstance(found, Mapping):
        return NONE
    return {k: v for k, v in found.items() if not (k == "env" and not v) and (k, v) != ("port", ROUTER_PORT)}


def _state(live: LiveEndpoint) -> str | None:
    """A pause, or a sleep that is not the autoscaler's doing."""
    if live.state == SCALED:
        return None if live.min_replica == 0 else SCALED
    return PAUSED if live.state == PAUSED else None
