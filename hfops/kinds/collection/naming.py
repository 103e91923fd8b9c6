"""Which collections hold a repository."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.base import HubView, Seen
from hfops.kinds.collection.live import parse_collection
from hfops.model.address import Address

PAGE = "100"


def naming_collections(old: Address, hub: HubView) -> Iterator[Seen]:
    """The namespace's collections with ``old`` among their items (GET /api/collections, its first page), by their slugs."""
    if old.kind not in ("Model", "Dataset", "Space"):
        return
    item = f"{old.kind.lower()}s/{old.id}"
    rows = hub.reads.get("/api/collections", {"owner": old.namespace, "item": item, "limit": PAGE})
    for row in rows if isinstance(rows, list) else []:
        live = parse_collection(row, listed=True)
        yield Address("Collection", live.namespace, live.name), live.hub_id
