"""Where the calls about one collection go: to its slug, which of a new one only the creating call's answer tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.kinds.collection.live import LiveCollection
from hfops.kinds.collection.slug import collection_path, id_of
from hfops.model.call import AnyCase, Call, Deferred, Ending, Pair, Repeat

SLUG = Deferred("slug of the collection", "", ("slug",), answer=True)
Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_NEW = "/api/collections/{slug}"


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a collection, perhaps with a slot for its slug."""

    base: str
    slots: tuple[tuple[str, Deferred], ...] = ()

    @classmethod
    def of(cls, live: LiveCollection | None) -> Place:
        """The place of what is live, or of what is to be created."""
        if live is None:
            return cls(_NEW, (("slug", SLUG),))
        return cls(collection_path(live.namespace, live.name))

    def path(self, *parts: str) -> str:
        """The path of a part of it."""
        return "/".join((self.base, *parts))

    def call(
        self,
        method: str,
        *parts: str,
        summary: str,
        body: Body | None = None,
        repeat: Repeat = Repeat.SAME,
        achieves: tuple[str, ...] = (),
    ) -> Call:
        """A call to a part of it."""
        return self.placed(Call(method, self.path(*parts), body, summary, repeat, achieves))

    def placed(self, call: Call) -> Call:
        """A call whose path is of this place, with what fills its slots."""
        return replace(call, slots=dict(self.slots))

    def item_id(self, kind: str, target: str) -> Deferred:
        """The ``_id`` of an item that is only added by this change: in the answer to that, or read."""
        return replace(id_of_new(kind, target), read=self.base, optional=False, of=self.slots)


def id_of_new(kind: str, target: str) -> Deferred:
    """The ``_id`` of an item, where the call that adds it tells: whatever the case of an id, or the text of a slug."""
    uid = id_of(target) if kind == "collection" else None
    named: Pair = ("slug", Ending(uid)) if uid else ("id", AnyCase(target))
    pick = ("items", (("type", kind), named), "_id")
    return Deferred(f"_id of {kind}/{target}", "", pick, optional=True, answer=True)
