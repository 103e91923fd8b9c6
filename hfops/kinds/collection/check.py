"""What is wrong with a collection's manifest beyond its schema, offline."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.collection.live import Identity, identity
from hfops.kinds.collection.slug import parse_slug
from hfops.kinds.collection.spec import CollectionSpec
from hfops.kinds.repo.names import bad_id_part
from hfops.kinds.scene import problem
from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.resource import Resource


def bad_name(address: Address) -> str | None:
    """The Hub's rule for namespaces; the name is hfops's own, and follows the same."""
    for what, text in (("namespace", address.namespace), ("name", address.name)):
        why = bad_id_part(text)
        if why:
            return f"bad {what} {text!r}: it {why}"
    return None


def check_collection(resource: Resource) -> Iterator[Problem]:
    """How it is to be found, items listed twice, and an exclusive list that is not there."""
    spec = resource.spec
    assert isinstance(spec, CollectionSpec)
    yield from _findable(resource, spec)
    yield from _twice(resource, spec)
    if spec.exclusive and spec.items is None:
        hint = "add items: [] if there shall be none"
        message = "exclusive names items, and the manifest has no items"
        yield problem(resource, ("exclusive", 0), message, hint)


def _findable(resource: Resource, spec: CollectionSpec) -> Iterator[Problem]:
    if spec.title is None and spec.slug is None:
        yield problem(
            resource, (), "neither title nor slug", "a collection is found by one of them: add title"
        )
    pin = parse_slug(spec.slug) if spec.slug else None
    home = resource.address.namespace
    if pin and pin.namespace and pin.namespace.casefold() != home.casefold():
        message = f"a collection of {pin.namespace}, and the manifest is about one of {home}"
        yield problem(
            resource, ("slug",), message, f"its name would be {pin.namespace}/{resource.address.name}"
        )


def _twice(resource: Resource, spec: CollectionSpec) -> Iterator[Problem]:
    seen: dict[Identity, int] = {}
    for index, item in enumerate(spec.items or ()):
        first = seen.setdefault(identity(item.type, item.id), index)
        if first != index:
            line = resource.mark(("spec", "items", first)).line
            message = f"{item.type} {item.id} is listed twice, first at line {line}"
            yield problem(resource, ("items", index), message)
