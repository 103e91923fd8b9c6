"""Which endpoints serve a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hfops.kinds.base import HubView, Seen
from hfops.kinds.endpoint.live import endpoint_path
from hfops.model.address import Address
from hfops.model.call import Api

RECENT = 60.0
"""Seconds for which one list answers for many renames."""


def naming_endpoints(old: Address, hub: HubView) -> Iterator[Seen]:
    """The endpoints of the same namespace that serve ``old`` (GET /endpoint/{namespace}, its first page)."""
    if old.kind != "Model":
        return
    data = hub.recent(f"{endpoint_path(old.namespace)}?limit=100", Api.ENDPOINTS, RECENT)
    rows = data.get("items") if isinstance(data, Mapping) else None
    for row in rows if isinstance(rows, list) else []:
        model = row.get("model") if isinstance(row, Mapping) else None
        serves = model.get("repository") if isinstance(model, Mapping) else None
        if isinstance(serves, str) and serves.casefold() == old.id.casefold():
            yield Address("InferenceEndpoint", old.namespace, str(row.get("name"))), None
