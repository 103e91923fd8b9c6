"""What is wrong with a Space's manifest beyond its schema, offline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hfops.kinds.scene import problem
from hfops.kinds.space.compare import RUNNING_ONLY
from hfops.kinds.space.hardware import FIXED, FLAVORS, FREE_SLEEP, PAID, ZERO, canonical, near
from hfops.kinds.space.live import FREE
from hfops.kinds.space.spec import SpaceSpec, said_sdk
from hfops.model.problem import Problem
from hfops.model.resource import Resource

KEY = re.compile(r"[a-zA-Z][_a-zA-Z0-9]*")


def check_space(resource: Resource) -> Iterator[Problem]:
    """Names, contradictions, and what the Hub would refuse."""
    spec = resource.spec
    assert isinstance(spec, SpaceSpec)
    yield from _names(resource, spec)
    yield from _volumes(resource, spec)
    yield from _hardware(resource, spec)
    yield from _static(resource, spec)
    yield from _two_sdks(resource, spec)
    if spec.duplicate_from and spec.duplicate_from.casefold() == resource.address.id.casefold():
        yield problem(resource, ("duplicateFrom",), "a Space cannot be a copy of itself")


def warn_space(resource: Resource) -> Iterator[Problem]:
    """What may be a mistake: the list of hardware that hfops ships grows old."""
    spec = resource.spec
    assert isinstance(spec, SpaceSpec)
    if spec.hardware and canonical(spec.hardware) not in FLAVORS:
        hint = near(spec.hardware, list(FLAVORS))
        yield problem(resource, ("hardware",), f"unknown hardware {spec.hardware!r}", hint)


def _names(resource: Resource, spec: SpaceSpec) -> Iterator[Problem]:
    for listing in ("secrets", "variables"):
        for key in getattr(spec, listing) or {}:
            if not KEY.fullmatch(key):
                message = f"{key!r} is no name for one of the {listing}"
                hint = "a letter, then letters, digits and underscores"
                yield problem(resource, (listing, key), message, hint)
    for key in sorted(set(spec.secrets or {}) & set(spec.variables or {})):
        yield problem(resource, ("variables", key), f"{key} is a secret as well", "keep one of the two")


def _volumes(resource: Resource, spec: SpaceSpec) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, one in enumerate(spec.volumes or ()):
        if seen.setdefault(one.mount_path, index) != index:
            line = resource.mark(("spec", "volumes", seen[one.mount_path])).line
            message = f"{one.mount_path!r} is used twice, first at line {line}"
            yield problem(resource, ("volumes", index, "mountPath"), message)
        if one.type != "bucket" and one.read_only is False:
            message = f"a {one.type} is mounted read-only, always"
            yield problem(resource, ("volumes", index, "readOnly"), message, "mount a bucket to write to")
        if one.type == "bucket" and one.revision is not None:
            yield problem(resource, ("volumes", index, "revision"), "a bucket has no revisions")


def _hardware(resource: Resource, spec: SpaceSpec) -> Iterator[Problem]:
    if spec.hardware is None:
        return
    flavor = canonical(spec.hardware)
    if flavor == FREE and spec.sleep_time not in (None, FREE_SLEEP):
        yield problem(resource, ("sleepTime",), FIXED, PAID)
    if flavor == ZERO and spec.sdk not in (None, "gradio"):
        message = f"{spec.hardware} runs Gradio Spaces only, and this one's sdk is {spec.sdk}"
        yield problem(resource, ("hardware",), message, "choose other hardware, or sdk: gradio")


def _static(resource: Resource, spec: SpaceSpec) -> Iterator[Problem]:
    """A static Space is files and nothing that runs."""
    if said_sdk(spec) != "static":
        return
    for name, shown in RUNNING_ONLY.items():
        if getattr(spec, name) not in (None, False, [], "none"):
            yield problem(
                resource, (shown,), f"a static Space has no {shown}", "leave it out, or choose another sdk"
            )
    if spec.state == "paused":
        yield problem(resource, ("state",), "a static Space cannot be paused", "make it private instead")


def _two_sdks(resource: Resource, spec: SpaceSpec) -> Iterator[Problem]:
    """The field is kept equal in the card: another value there would be written over and over."""
    metadata = (spec.card.metadata if spec.card else None) or {}
    if spec.sdk is not None and metadata.get("sdk", spec.sdk) != spec.sdk:
        message = f"the card's sdk is {metadata['sdk']}, and spec.sdk is {spec.sdk}"
        yield problem(resource, ("card", "metadata", "sdk"), message, "leave it out here")
