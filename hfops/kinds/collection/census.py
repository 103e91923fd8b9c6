"""All collections of a namespace, by the list call alone."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.base import HubView, Seen
from hfops.kinds.collection.live import parse_collection
from hfops.model.address import Address

PAGE = "100"


def all_collections(namespace: str, hub: HubView) -> Iterator[Seen]:
    """GET /api/collections?owner={namespace}, every page, by their slugs."""
    for page in hub.reads.pages("/api/collections", {"owner": namespace, "limit": PAGE}):
        for row in page:
            live = parse_collection(row, listed=True)
            yield Address("Collection", live.namespace, live.name), live.hub_id
