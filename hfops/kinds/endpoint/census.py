"""All endpoints of a namespace, by the list call alone."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.base import HubView, Seen
from hfops.kinds.endpoint.observe import page_of
from hfops.model.address import Address


def all_endpoints(namespace: str, hub: HubView) -> Iterator[Seen]:
    """GET /endpoint/{namespace}, every page."""
    cursor: str | None = None
    while True:
        rows, cursor = page_of(namespace, cursor, hub)
        yield from ((Address("InferenceEndpoint", namespace, r.id.partition("/")[2]), r.hub_id) for r in rows)
        if cursor is None:
            return
