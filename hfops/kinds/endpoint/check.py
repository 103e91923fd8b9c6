"""What is wrong with an endpoint's manifest beyond its schema, offline."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from hfops.kinds.endpoint.images import VLLM, Image, SGLang
from hfops.kinds.endpoint.spec import TASKS, EndpointSpec
from hfops.kinds.repo.names import bad_id_part, bad_ref, looks_like_commit
from hfops.kinds.scene import problem
from hfops.manifest.text import suggest
from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.resource import Resource

NAME = re.compile(r"[a-z0-9-]{1,32}")
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
RESERVED = "LLAMA_ARG_"
SIZE = re.compile(r"x([1-9][0-9]*)")


def bad_name(address: Address) -> str | None:
    """The service's rule for names, and the Hub's for namespaces; why one is broken, or None."""
    why = bad_id_part(address.namespace)
    if why:
        return f"bad namespace {address.namespace!r}: it {why}"
    if len(address.name) > 32:
        return f"bad name {address.name!r}: it has {len(address.name)} characters, at most 32 are allowed"
    if not NAME.fullmatch(address.name):
        return f"bad name {address.name!r}: an endpoint's has lower-case letters, digits and '-' only"
    return None


def check_endpoint(resource: Resource) -> Iterator[Problem]:
    """Names, contradictions, and what the service would refuse."""
    spec = resource.spec
    assert isinstance(spec, EndpointSpec)
    yield from _environment(resource, spec)
    yield from _revision(resource, spec)
    if spec.route not in (None, "none") and not getattr(spec.route, "model_fields_set", ()):
        yield problem(resource, ("route",), "names neither domain nor path", "or write route: none")


def _environment(resource: Resource, spec: EndpointSpec) -> Iterator[Problem]:
    model = spec.model
    if model is None:
        return
    llama = model.image is not None and model.image.llamacpp is not None
    for listing in ("env", "secrets"):
        for key in getattr(model, listing) or {}:
            if not KEY.fullmatch(key):
                hint = "a letter, then letters, digits and underscores"
                yield problem(resource, ("model", listing, key), f"{key!r} is no variable's name", hint)
            elif llama and key.startswith(RESERVED):
                hint = "use the fields of the image, or args"
                message = f"{key}: with llamacpp, {RESERVED}* is the service's own"
                yield problem(resource, ("model", listing, key), message, hint)
    for key in sorted(set(model.secrets or {}) & set(model.env or {})):
        yield problem(resource, ("model", "env", key), f"{key} is a secret as well", "keep one of the two")


def _revision(resource: Resource, spec: EndpointSpec) -> Iterator[Problem]:
    model = spec.model
    if model is None:
        return
    text = model.revision
    why = bad_ref(text) if text and not text.startswith("refs/") else None
    if why:
        yield problem(resource, ("model", "revision"), f"bad revision {text!r}: it {why}")
    if model.follow and (text is None or looks_like_commit(text)):
        said = "nothing to follow" if text is None else "a commit never moves"
        yield problem(resource, ("model", "follow"), said, "name a branch or tag as revision")


def warn_endpoint(resource: Resource) -> Iterator[Problem]:
    """What may be a mistake: the service knows better, and says so only while applying, or not at all."""
    spec = resource.spec
    assert isinstance(spec, EndpointSpec)
    yield from _task(resource, spec)
    yield from _scaling(resource, spec)
    yield from _parallelism(resource, spec)


def _task(resource: Resource, spec: EndpointSpec) -> Iterator[Problem]:
    task = spec.model.task if spec.model else None
    if task is not None and task not in TASKS:
        near = suggest(task, TASKS)
        hint = f"did you mean {near!r}?" if near else "the service may know it"
        yield problem(resource, ("model", "task"), f"unknown task {task!r}", hint)


def _scaling(resource: Resource, spec: EndpointSpec) -> Iterator[Problem]:
    scaling = spec.compute.scaling if spec.compute else None
    if scaling is not None and scaling.max_replica == 0:
        hint = "at least 1; to stop it, write state: paused"
        yield problem(
            resource, ("compute", "scaling", "maxReplica"), "with 0 replicas it never answers", hint
        )
    if scaling is None or not scaling.min_replica:
        return
    fewest = f"minReplica is {scaling.min_replica}"
    if scaling.scale_to_zero_timeout is not None:
        at = ("compute", "scaling", "scaleToZeroTimeout")
        yield problem(resource, at, f"has no effect: {fewest}", "it takes minReplica: 0")
    if spec.state == "scaledToZero":
        hint = "write minReplica: 0, or state: paused"
        yield problem(resource, ("state",), f"it may be woken at once: {fewest}", hint)


def _parallelism(resource: Resource, spec: EndpointSpec) -> Iterator[Problem]:
    """Engines must be told how to use several accelerators, and how many there are the size tells."""
    image, compute = spec.model.image if spec.model else None, spec.compute
    size = SIZE.fullmatch(compute.instance_size or "") if compute else None
    if image is None or compute is None or size is None or compute.accelerator == "cpu":
        return
    yield from _shares(resource, image, int(size[1]))


def _shares(resource: Resource, image: Image, count: int) -> Iterator[Problem]:
    fields, at = image.fields, ("model", "image", image.variant)
    if not isinstance(fields, VLLM | SGLang):
        return
    named = [fields.tensor_parallel_size, getattr(fields, "data_parallel_size", None)]
    sizes = [size for size in named if size is not None]
    if not sizes and count > 1:
        message = f"the service refuses it on {count} accelerators without tensorParallelSize"
        yield problem(resource, at, message, f"tensorParallelSize: {count}")
    elif sizes and math.prod(sizes) != count:
        product = " times ".join(map(str, sizes))
        message = f"{product} parallel parts on {count} accelerator{'s' if count > 1 else ''}"
        yield problem(resource, at, message, f"their product should be {count}")
