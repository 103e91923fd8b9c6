"""Collections for tests: manifests, what is live, and a model of how a Hub may take calls about items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hfops.kinds.base import Ask, Sight
from hfops.kinds.collection.kind import CollectionKind
from hfops.kinds.collection.live import LiveCollection, LiveItem
from hfops.kinds.collection.spec import CollectionSpec
from hfops.model.address import Address
from hfops.model.call import Call, Deferred, pairs
from hfops.model.record import Origin, Record
from hfops.model.resource import Lifecycle, Resource
from hfops.model.source import Mark

ADDRESS = Address.parse("Collection/acme/x")
UID = "66aa11bb22cc33dd44ee5501"
KIND = CollectionKind()


def document(name: str, **spec: Any) -> dict[str, Any]:
    """A Collection document in acme."""
    return {
        "apiVersion": "hfops/v1",
        "kind": "Collection",
        "metadata": {"name": f"acme/{name}"},
        "spec": spec,
    }


def papers(*numbers: int) -> list[dict[str, str]]:
    """Items that need no repository."""
    return [{"type": "paper", "id": f"2307.{number:05}"} for number in numbers]


def ask(record: Record | None = None, lifecycle: Lifecycle | None = None, **spec: Any) -> Ask:
    """A manifest, and what the ledger knows."""
    model = CollectionSpec.model_validate({"title": "X", **spec})
    resource = Resource(ADDRESS, model, Mark("m.yaml"), lifecycle=lifecycle or Lifecycle())
    return Ask(ADDRESS, resource, record)


def known(**applied: Any) -> Record:
    """The ledger's entry of what hfops created."""
    return Record(ADDRESS, Origin.CREATED, UID, applied)


def live(items: Sequence[LiveItem] | None = (), **more: Any) -> LiveCollection:
    """What the Hub shows."""
    made = LiveCollection(f"acme/x-{UID}", UID, "X", "public", theme="orange", position=0)
    return replace(made, items=None if items is None else tuple(items), **more)


@dataclass
class Server:
    """The items of one collection, as a Hub may keep them.

    ``shift``: an item put somewhere makes the others move along; positions have no gaps. ``blind``: each item has the
    position it was given last, a removal leaves a gap, and a new one comes behind the last.
    """

    manner: Literal["shift", "blind"]
    rows: list[dict[str, Any]] = field(default_factory=list)
    writes: int = 0
    made: int = 0

    def add(self, kind: str, target: str, note: str = "", position: int | None = None) -> None:
        """Append an item."""
        after = max((r["position"] for r in self.rows), default=-1) + 1
        place = after if position is None else position
        self.made += 1
        row = {"_id": f"{self.made:024x}", "type": kind, "id": target, "note": note, "position": place}
        self.rows.append(row)
        self._sort()

    def take(self, call: Call) -> None:
        """One write."""
        self.writes += 1
        tail = call.path.split("/items", 1)[1]
        if call.method == "DELETE":
            self.rows = [r for r in self.rows if r["_id"] != tail[1:]]
            self._sort()
        elif tail == "/batch":
            assert isinstance(call.body, Sequence)
            for change in call.body:
                self._update(self._row(change["_id"]), change["data"])
        else:
            assert isinstance(call.body, Mapping)
            item = call.body["item"]
            assert not any((r["type"], r["id"]) == (item["type"], item["id"]) for r in self.rows), "409"
            self.add(item["type"], item["id"], call.body.get("note", ""))

    def items(self) -> list[LiveItem]:
        """The items as an answer has them."""
        return [LiveItem(r["_id"], r["type"], r["id"], r["position"], r["note"]) for r in self.rows]

    def order(self) -> list[str]:
        """What stands in it, in order."""
        return [r["id"] for r in self.rows]

    def _row(self, uid: str | Deferred) -> dict[str, Any]:
        if isinstance(uid, Deferred):
            step = uid.pick[1]
            assert not isinstance(step, str)
            return next(r for r in self.rows if all(r[k] == v for k, v in pairs(step)))
        return next(r for r in self.rows if r["_id"] == uid)

    def _update(self, row: dict[str, Any], data: Mapping[str, Any]) -> None:
        row["note"] = data.get("note", row["note"])
        if "position" not in data:
            return
        if self.manner == "shift":
            self.rows.remove(row)
            self.rows.insert(data["position"], row)
        row["position"] = data["position"]
        if self.manner == "shift":
            self._sort()

    def _sort(self) -> None:
        if self.manner == "shift":
            for place, row in enumerate(self.rows):
                row["position"] = place

    def settle(self) -> None:
        """What the next read shows: by position, and what has the same one as it came."""
        self.rows.sort(key=lambda r: r["position"])


def brought_about(wanted: Ask, server: Server) -> list[Call]:
    """Make the calls that a plan for what ``server`` holds has."""
    sight = Sight(live(server.items()))
    calls = KIND.calls(wanted, sight, KIND.compare(wanted, sight).differences)
    for call in calls:
        server.take(call)
    server.settle()
    return list(calls)
