"""Taking over drift of an endpoint: which edits make its manifest say what is live. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hfops.kinds.accept import Accepted, Answer, Declined, field, parted, removed, set_to
from hfops.kinds.endpoint.hidden import ENV, SECRETS
from hfops.kinds.endpoint.images import filled_in, said_of
from hfops.kinds.endpoint.live import COMING, PAUSED, SCALED, UP
from hfops.kinds.endpoint.login import IMAGE
from hfops.kinds.endpoint.normal import ROUTER_PORT
from hfops.kinds.endpoint.revision import REVISION
from hfops.kinds.endpoint.spec import DEFAULT, NONE, EndpointSpec
from hfops.kinds.endpoint.state import RUNNING
from hfops.kinds.space.duration import worded
from hfops.manifest.edit import BY_HAND, REMOVED, Alike, Edit
from hfops.model.change import Difference
from hfops.model.resource import Resource

STATES = {PAUSED: PAUSED, SCALED: SCALED, **dict.fromkeys((*UP, *COMING), RUNNING)}


def accept_endpoint(resource: Resource, difference: Difference) -> Answer:
    """Field by field. Of what is replaced whole, only the parts that differ are edited."""
    spec = resource.spec
    assert isinstance(spec, EndpointSpec)
    name, before = difference.key[0], difference.before
    if name in _SPECIAL:
        return _SPECIAL[name](spec, before)
    if name in ("route", "privateService", "experimentalFeatures"):
        return _merged(spec, name, before)
    path = tuple(name.split("."))
    return removed(path) if before is None else field(difference)


def _timeout(_: EndpointSpec, before: Any) -> Answer:
    """In minutes, or as ``15m``, whichever the manifest writes."""
    return set_to(("compute", "scaling", "scaleToZeroTimeout"), Alike((before, worded(before * 60))))


def _measure(_: EndpointSpec, before: Any) -> Answer:
    path = ("compute", "scaling", "measure")
    if not isinstance(before, Mapping):
        return removed(path)
    return set_to(path, {k: DEFAULT if v is None else v for k, v in before.items()})


def _tags(spec: EndpointSpec, before: Any) -> Answer:
    """Their order does not matter: those that stay, stay where they are."""
    kept = [t for t in spec.tags or () if t in before]
    return set_to(("tags",), [*kept, *(t for t in before if t not in kept)])


def _state(_: EndpointSpec, before: Any) -> Answer:
    found = STATES.get(before)
    if found is None:
        return Declined(f"a manifest has no word for the state {before}", "--retry-failed starts it again")
    return set_to(("state",), found)


def _revision(_: EndpointSpec, before: Any) -> Answer:
    commit = before.get("commit") if isinstance(before, Mapping) else before
    return set_to(("model", "revision"), commit or REMOVED)


def _merged(spec: EndpointSpec, name: str, before: Any) -> Answer:
    """Objects of which the service merges what it is sent."""
    said = _said(spec, name)
    have = {k: v for k, v in before.items() if v is not None} if isinstance(before, Mapping) else {}
    if not have:
        return set_to((name,), NONE) if name == "route" else removed((name,))
    if not isinstance(said, Mapping):
        return set_to((name,), have)
    return Accepted(parted((name,), have, said))


def _router(spec: EndpointSpec, before: Any) -> Answer:
    said = _said(spec, "customRouter")
    if not isinstance(before, Mapping) or not isinstance(said, Mapping):
        usual: dict[str, Any] = {"env": {}, "port": ROUTER_PORT}
        short = (
            {k: v for k, v in before.items() if usual.get(k) != v} if isinstance(before, Mapping) else NONE
        )
        return set_to(("customRouter",), short)
    filled = {"env": said.get("env") or {}, "port": said.get("port") or ROUTER_PORT, "tag": said["tag"]}
    return Accepted(parted(("customRouter",), before, filled))


def _said(spec: EndpointSpec, name: str) -> Any:
    """A field as the manifest writes it; None where it does not."""
    return spec.model_dump(by_alias=True, exclude_unset=True).get(name)


def _env(spec: EndpointSpec, before: Any) -> Answer:
    """All variables; one that is there by reference is left to its source."""
    wanted = dict((spec.model.env if spec.model else None) or {})
    edits = [Edit(("spec", "model", "env", name), REMOVED) for name in wanted if name not in before]
    for name, value in before.items():
        if value is not None and value != wanted.get(name):
            edits.append(Edit(("spec", "model", "env", name), value))
        elif value is None and name not in wanted:
            return Declined(f"the value of {name} is not known", BY_HAND)
    if not edits:
        hint = "set the source of the reference to what is live, or write the value"
        return Declined("a value by reference is another than the one that is live", hint)
    return Accepted(tuple(edits))


def _secrets(spec: EndpointSpec, before: Any) -> Answer:
    wanted = (spec.model.secrets if spec.model else None) or {}
    if unknown := [name for name in before if name not in wanted]:
        hint = f"add {', '.join(unknown)} by reference"
        return Declined("secrets cannot be read", hint)
    gone = [name for name in wanted if name not in before]
    if not gone:
        return Declined(
            "secrets cannot be read", "set their sources to the live values, or apply to send them anew"
        )
    return Accepted(tuple(Edit(("spec", "model", "secrets", name), REMOVED) for name in gone))


def _image(spec: EndpointSpec, before: Any) -> Answer:
    """The image that is live, without what the service fills in; of a login, no more than that it is gone."""
    image = spec.model.image if spec.model else None
    if image is None or not isinstance(before, Mapping) or len(before) != 1:
        return Declined("the live image is in a form that is not known", BY_HAND)
    ((variant, found),) = before.items()
    have = {k: v for k, v in found.items() if k != "credentials"}
    logs_in = "credentials" in found
    if variant != image.variant:
        if logs_in:
            return Declined("the login of the image's registry cannot be read", BY_HAND)
        short = {k: v for k, v in have.items() if not filled_in(variant, k, v)}
        return set_to(("model", "image"), {variant: short})
    said = said_of(image)
    named = {k for k, v in said.items() if k not in have and filled_in(variant, k, v)}
    filled = {k for k, v in have.items() if k not in said and filled_in(variant, k, v)}
    have = {k: v for k, v in have.items() if k not in filled} | {k: said[k] for k in named}
    edits = parted(("model", "image", variant), have, said)
    if image.credentials is not None and not logs_in:
        edits = (*edits, Edit(("spec", "model", "image", variant, "credentials"), REMOVED))
    return Accepted(edits) if edits else Declined("the login of the image's registry cannot be read", BY_HAND)


_SPECIAL: Mapping[str, Callable[[EndpointSpec, Any], Answer]] = {
    "compute.scaling.scaleToZeroTimeout": _timeout,
    "compute.scaling.measure": _measure,
    "customRouter": _router,
    "tags": _tags,
    "state": _state,
    REVISION: _revision,
    ENV: _env,
    SECRETS: _secrets,
    IMAGE: _image,
}
