"""A repository as the Hub shows it. Sources: info and list calls with ``expand``, refs, resource-groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Group:
    """A resource group of an organisation."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Refs:
    """Branches and tags with the commits they point to (GET /refs). ``found`` are other revisions looked up.

    ``reachable`` are commits of refs about to go that another ref still reaches.
    """

    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    converts: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str | None] = field(default_factory=dict)
    reachable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LiveRepo:
    """A repository. ``refs`` is None where they were not read."""

    id: str
    hub_id: str | None
    visibility: str
    gated: str | bool
    group: Group | None = None
    refs: Refs | None = None


def parse_info(data: Mapping[str, Any]) -> LiveRepo:
    """A repository from an info answer or a row of a list call. Absent keys mean the Hub's defaults."""
    group = data.get("resourceGroup")
    return LiveRepo(
        id=str(data["id"]),
        hub_id=data.get("_id"),
        visibility="private" if data.get("private") else "public",
        gated=data.get("gated") or False,
        group=Group(str(group["id"]), str(group.get("name", ""))) if isinstance(group, Mapping) else None,
    )


def parse_refs(data: Mapping[str, Any]) -> Refs:
    """The answer of GET /refs."""

    def names(key: str) -> dict[str, str]:
        return {str(r["name"]): str(r["targetCommit"]) for r in data.get(key) or ()}

    return Refs(names("branches"), names("tags"), names("converts"))
