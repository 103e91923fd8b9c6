"""Which item is which: those of the manifest, of the ledger and of the Hub, under one key each. Pure.

A repository takes its items along when it is renamed: an item keeps its ``_id``, its note and its place, and shows the
new name from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from hfops.kinds.collection.leads import NEW_NAMES, moved
from hfops.kinds.collection.live import Identity, LiveItem, identity
from hfops.kinds.collection.scene import Scene
from hfops.kinds.collection.spec import Item
from hfops.model.record import MISSING

T = TypeVar("T")

ITEMS, NOTE, OBJECT_ID = "items", "note", "_id"
ORDER = "items.order"
"""The order of the managed items: a field of its own, ``spec.items.order``, that ignoreChanges may name."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The items as wanted, as they will be once the plan's renames are made, and as the ledger knows them.

    All are in order, and under one key: ``model/acme/sentiment``, spelt as the ledger has it, else as the manifest has
    it, else as the Hub has it. ``order`` is the ledger's order, or MISSING. ``called`` holds what a wanted item is
    called by now, where that is another name; ``twice`` the wanted items that are another wanted one by now.
    """

    wanted: Mapping[str, Item]
    live: Mapping[str, LiveItem]
    known: Mapping[str, Any]
    order: Any
    called: Mapping[str, str]
    twice: Mapping[str, str]
    rekeyed: bool


def entries_of(scene: Scene) -> Entries:
    """The items of a scene by their keys."""
    there = [_to_be(item, scene) for item in (scene.live.items if scene.live else None) or ()]
    return _Matching(scene, there).entries()


def _to_be(item: LiveItem, scene: Scene) -> LiveItem:
    """An item under the name that it has once the plan's renames are made."""
    new = moved(item.identity, scene.ask.renames)
    return replace(item, target=new) if new else item


@dataclass
class _Matching:
    """The items of one collection, of which ``there`` are on the Hub."""

    scene: Scene
    there: Sequence[LiveItem]
    called: dict[str, str] = field(default_factory=dict)
    twice: dict[str, str] = field(default_factory=dict)

    def entries(self) -> Entries:
        """Everything under its key."""
        keys = self._live_keys(self._matches())
        moved_keys = self._moved_keys(keys)
        recorded = self.scene.recorded(ORDER)
        order = recorded if recorded is MISSING else [moved_keys.get(k, k) for k in recorded]
        return Entries(
            wanted=self.wanted,
            live={keys[item.object_id]: item for item in self.there},
            known={moved_keys.get(k, k): entry for k, entry in self.recorded.items()},
            order=order,
            called=self.called,
            twice=self.twice,
            rekeyed=bool(moved_keys),
        )

    @cached_property
    def recorded(self) -> Mapping[str, Any]:
        """The ledger's items."""
        record = self.scene.ask.record
        return record.entries(ITEMS) if record else {}

    @cached_property
    def spelt(self) -> dict[Identity, str]:
        """How the ledger spells what it knows."""
        return _first((identity(*key.split("/", 1)), key) for key in self.recorded)

    @cached_property
    def wanted(self) -> dict[str, Item]:
        """The manifest's items."""
        return {self._key(item.type, item.id): item for item in self.scene.spec.items or ()}

    @cached_property
    def named(self) -> dict[Identity, LiveItem]:
        """What is there by what it points to."""
        return _first((item.identity, item) for item in self.there)

    @cached_property
    def by_id(self) -> dict[str, LiveItem]:
        """What is there by its ``_id``."""
        return {item.object_id: item for item in self.there}

    def _key(self, kind: str, target: str) -> str:
        return self.spelt.get(identity(kind, target), f"{kind}/{target}")

    def _matches(self) -> dict[str, str]:
        """The keys of wanted items by the ``_id`` of what they are on the Hub: by name first, then by other traces."""
        found: dict[str, str] = {}
        for key, item in self.wanted.items():
            if live := self.named.get(identity(item.type, item.id)):
                found[live.object_id] = key
        left = self.wanted.keys() - found.values()
        for key, item in self.wanted.items():
            live = self._traced(key, item) if key in left else None
            if live is None:
                continue
            if found.setdefault(live.object_id, key) == key:
                self.called[key] = live.target
            else:
                self.twice[key] = found[live.object_id]
        return found

    def _traced(self, key: str, item: Item) -> LiveItem | None:
        """What an item is that is not there under its name: where the name leads to, else what the ledger's ``_id`` is."""
        wanted = identity(item.type, item.id)
        lead = moved(wanted, self.scene.ask.renames) or self.scene.sight.facts.get(NEW_NAMES, {}).get(wanted)
        if lead is not None:
            new = identity(item.type, lead)
            lead = moved(new, self.scene.ask.renames) or lead
            return self.named.get(identity(item.type, lead))
        return self._by_id(key)

    def _by_id(self, key: str) -> LiveItem | None:
        uid = self.recorded.get(key, {}).get(OBJECT_ID)
        return self.by_id.get(uid)

    def _live_keys(self, matches: Mapping[str, str]) -> dict[str, str]:
        """The key of everything there by its ``_id``."""
        remembered = {live.object_id: key for key in self.recorded if (live := self._by_id(key))}
        keys = dict(matches)
        for item in self.there:
            key = remembered.get(item.object_id)
            free = (
                key is not None and key not in self.wanted and identity(*key.split("/", 1)) not in self.named
            )
            keys.setdefault(item.object_id, key if key and free else self._key(item.type, item.target))
        return keys

    def _moved_keys(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Keys of the ledger whose items have another one by now: the new one by the old."""
        found: dict[str, str] = {}
        for key in self.recorded:
            item = self._by_id(key) or self._renamed(key)
            new = keys[item.object_id] if item else key
            if new not in self.recorded and key not in self.wanted:
                found[key] = new
        return found

    def _renamed(self, key: str) -> LiveItem | None:
        """What the plan's renames make of an item whose ``_id`` the ledger does not know."""
        old = identity(*key.split("/", 1))
        new = moved(old, self.scene.ask.renames)
        return self.named.get(identity(old[0], new)) if new else None


def _first(pairs: Iterable[tuple[Identity, T]]) -> dict[Identity, T]:
    """A mapping of pairs, of which the first of a kind counts."""
    out: dict[Identity, T] = {}
    for key, value in pairs:
        out.setdefault(key, value)
    return out
