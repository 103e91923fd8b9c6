"""All repositories of a namespace, by the list call alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hfops.hub.errors import BadAnswer
from hfops.hub.paths import RepoType
from hfops.kinds.base import HubView, Seen
from hfops.model.address import Address

PAGE = "500"


def all_repos(repo_type: RepoType, kind: str, namespace: str, hub: HubView) -> Iterator[Seen]:
    """GET /api/{type}s?author={namespace}, every page."""
    params: dict[str, str | list[str]] = {"author": namespace, "limit": PAGE, "expand": ["private"]}
    for page in hub.reads.pages(f"/api/{repo_type}s", params):
        for row in page:
            if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
                raise BadAnswer(f"the Hub's list of {repo_type}s holds a row without an id")
            owner, _, name = row["id"].partition("/")
            if name:
                yield Address(kind, owner, name), row.get("_id")
