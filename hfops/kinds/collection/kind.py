"""The kind ``Collection``: a titled, ordered list, which the Hub knows by an id of its own making."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hfops.kinds.accept import Answer
from hfops.kinds.base import Ask, Comparison, HubView, Seen, Sight
from hfops.kinds.collection.accept import accept_collection
from hfops.kinds.collection.calls import collection_calls, delete_call
from hfops.kinds.collection.census import all_collections
from hfops.kinds.collection.check import bad_name, check_collection
from hfops.kinds.collection.compare import compare_collection
from hfops.kinds.collection.describe import sketch_collections
from hfops.kinds.collection.leads import REPOS
from hfops.kinds.collection.live import LiveCollection, identity
from hfops.kinds.collection.match import ITEMS, OBJECT_ID
from hfops.kinds.collection.naming import naming_collections
from hfops.kinds.collection.observe import observe_collections
from hfops.kinds.collection.slug import id_of
from hfops.kinds.collection.spec import CollectionSpec
from hfops.kinds.describe import Sketch, Wish
from hfops.kinds.plain import Plain
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem, Problems
from hfops.model.record import Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind

GONE = Risk(
    RiskKind.DATA_LOSS,
    RiskCode.COLLECTION_DELETED,
    "its slug, its upvotes and what others put into it are gone",
)


@dataclass(frozen=True)
class CollectionKind(Plain):
    """Collections."""

    name: str = "Collection"
    spec: type[BaseModel] = CollectionSpec

    def bad_name(self, address: Address) -> str | None:
        """The Hub's rule for namespaces; the name is hfops's own."""
        return bad_name(address)

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """See check.py."""
        del local
        return check_collection(resource)

    def refers(self, resource: Resource) -> Iterable[Address]:
        """The repositories in it: what this project makes is made first."""
        spec = resource.spec
        assert isinstance(spec, CollectionSpec)
        for item in spec.items or ():
            if item.type in REPOS and "/" in item.id:
                yield Address.parse(f"{REPOS[item.type]}/{item.id}")

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """See observe.py."""
        return observe_collections(asks, hub)

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """See compare.py."""
        return compare_collection(ask, sight)

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """See calls.py."""
        return collection_calls(ask, sight, differences)

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """See accept.py."""
        return accept_collection(resource, difference)

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Another one of the same manifest would have another slug."""
        del address
        assert isinstance(live, LiveCollection)
        return (delete_call(live),), (GONE,)

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Within a namespace only the ledger's name changes. Raises Problems for another namespace."""
        if source.namespace.casefold() == target.namespace.casefold():
            return (), ()
        message = f"it is to be moved to {target}, and a collection stays in its namespace"
        hint = "take the moved entry out; the new one is created, and the old one goes with a removed entry"
        raise Problems([Problem(message, None, str(source), hint=hint)])

    def made(self, answer: Any) -> str | None:
        """The end of the slug in a create call's answer."""
        slug = answer.get("slug") if isinstance(answer, Mapping) else None
        return id_of(slug) if isinstance(slug, str) else None

    def census(self, namespace: str, hub: HubView) -> Iterable[Seen]:
        """See census.py."""
        return all_collections(namespace, hub)

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """See describe.py."""
        return sketch_collections(wish, hub)

    def naming(self, old: Address, hub: HubView) -> Iterable[Seen]:
        """See naming.py."""
        return naming_collections(old, hub)

    def own(self, live: Any) -> Mapping[str, Any]:
        """The slug, which later calls go to, and the items, which they may name."""
        assert isinstance(live, LiveCollection)
        return {"slug": live.id, "items": [item.told() for item in live.items or ()]}

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """An item is there, or it is gone."""
        assert isinstance(live, LiveCollection)
        if key[0] != ITEMS:
            return record
        if live.items is None:
            return None
        known = record.entries(ITEMS).get(key[-1], {}).get(OBJECT_ID)
        named = identity(*key[-1].split("/", 1))
        there = next((i for i in live.items if i.identity == named or i.object_id == known), None)
        if there is None:
            return record.drop(key)
        return record if intended is None else record.put(key, {**intended, OBJECT_ID: there.object_id})
