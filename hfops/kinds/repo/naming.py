"""Which repositories name another one in their cards: the Hub's own filters tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hfops.hub.paths import RepoType
from hfops.kinds.base import HubView, Seen
from hfops.model.address import Address

FILTERS: Mapping[tuple[RepoType, str], tuple[str, str]] = {
    ("model", "Model"): ("filter", "base_model:"),
    ("model", "Dataset"): ("filter", "dataset:"),
    ("space", "Model"): ("models", ""),
    ("space", "Dataset"): ("datasets", ""),
}
"""By the type that is listed, and the kind that is named: the list call's parameter, and what precedes the id."""

PAGE = "500"


def naming_repos(repo_type: RepoType, kind: str, old: Address, hub: HubView) -> Iterator[Seen]:
    """Repositories of the same namespace whose cards name ``old`` (GET /api/{type}s, its first page)."""
    if (repo_type, old.kind) not in FILTERS:
        return
    parameter, head = FILTERS[repo_type, old.kind]
    asked: dict[str, str | list[str]] = {"author": old.namespace, "limit": PAGE, parameter: head + old.id}
    rows = hub.reads.get(f"/api/{repo_type}s", asked)
    for row in rows if isinstance(rows, list) else []:
        found = row.get("id") if isinstance(row, Mapping) else None
        namespace, _, name = str(found or "").partition("/")
        if name and isinstance(row, Mapping):
            yield Address(kind, namespace, name), row.get("_id")
