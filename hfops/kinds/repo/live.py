"""A repository as the Hub shows it. Sources: info and list calls with ``expand``, refs, resource-groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.hub.paths import RepoType
from hfops.kinds.answers import mapping, text
from hfops.kinds.repo.tree import LiveContent


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
    """A repository. ``refs`` is None where they were not read, ``gated`` where the Hub did not say.

    ``veiled``: ``visibility`` says private and may be protected as well, which the Hub does not tell (Spaces).
    ``runtime`` is what info and list calls say of a Space's. ``sha`` is the head of main where it was asked for,
    ``content`` what was read of files.
    """

    id: str
    hub_id: str | None
    visibility: str
    gated: str | bool | None
    group: Group | None = None
    refs: Refs | None = None
    created_at: datetime | None = None
    sha: str | None = None
    sdk: str | None = None
    runtime: Mapping[str, Any] | None = None
    veiled: bool = False
    content: LiveContent | None = None


def parse_info(data: Any, repo_type: RepoType = "model") -> LiveRepo:
    """A repository from an info answer or a row of a list call. Raises BadAnswer.

    What was asked for by ``expand`` must be there: a missing ``private`` is not a public repository. Of Spaces,
    ``gated`` cannot be asked for that way.
    """
    row = mapping(data, "a repository")
    private, group = row.get("private"), row.get("resourceGroup")
    if not isinstance(private, bool):
        raise BadAnswer(f"the Hub did not say whether {row.get('id')} is private ({private!r})")
    if "gated" not in row and repo_type != "space":
        raise BadAnswer(f"the Hub did not say whether {row.get('id')} is gated")
    runtime = row.get("runtime")
    return LiveRepo(
        id=text(row, "id"),
        hub_id=row["_id"] if isinstance(row.get("_id"), str) else None,
        visibility="private" if private else "public",
        gated=(row["gated"] or False) if "gated" in row else None,
        group=parse_group(group) if group else None,
        created_at=_moment(row.get("createdAt")),
        sha=row["sha"] if isinstance(row.get("sha"), str) else None,
        sdk=row["sdk"] if isinstance(row.get("sdk"), str) else None,
        runtime=runtime if isinstance(runtime, Mapping) else None,
        veiled=private and repo_type == "space",
    )


def parse_group(data: Any) -> Group:
    """A resource group. Raises BadAnswer."""
    row = mapping(data, "a resource group")
    name = row.get("name")
    return Group(text(row, "id"), name if isinstance(name, str) else "")


def parse_refs(data: Any) -> Refs:
    """The answer of GET /refs. Raises BadAnswer: a ref without a commit is none to compare with."""
    found = mapping(data, "refs")

    def names(key: str) -> dict[str, str]:
        rows = found.get(key) or []
        if not isinstance(rows, list):
            raise BadAnswer(f"the Hub's refs hold no list of {key}")
        mappings = [mapping(row, f"one of the {key}") for row in rows]
        return {text(row, "name"): text(row, "targetCommit") for row in mappings}

    return Refs(names("branches"), names("tags"), names("converts"))


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
