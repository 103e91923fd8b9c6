"""The calls that bring a repository about. Pure: differences in, calls out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, Sight
from hfops.kinds.groups import assign_group, group_id_of
from hfops.kinds.repo.compare import VISIBILITY_RANK, opens_last
from hfops.kinds.repo.content import after_commit, commits_late, content_calls, content_creation
from hfops.kinds.repo.ref_calls import ref_calls
from hfops.kinds.repo.spec import READABLE, UNREADABLE
from hfops.model.address import Address
from hfops.model.call import Call, Repeat
from hfops.model.change import Difference
from hfops.model.risk import RiskKind

CREATE_LANE = "repos/create"
"""The Hub takes one creation by one user at a time."""


@dataclass(frozen=True, slots=True)
class Creation:
    """How a kind creates, where that is more than a repository: what else the call carries, and what that achieves."""

    path: str = "/api/repos/create"
    body: Mapping[str, Any] = field(default_factory=dict)
    achieves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A repository's calls in the groups that a kind may put its own calls between, in this order.

    ``opening`` is what makes it visible to more people, or its gate looser: it comes last of all.
    """

    create: tuple[Call, ...] = ()
    settings: tuple[Call, ...] = ()
    refs: tuple[Call, ...] = ()
    opening: tuple[Call, ...] = ()


def repo_calls(
    repo_type: RepoType, ask: Ask, sight: Sight, differences: Sequence[Difference]
) -> tuple[Call, ...]:
    """Create, then settings, resource group, card and files, and refs. What opens the repository up comes last."""
    carried = content_creation(ask, sight, differences)
    creation = Creation(body=carried[0], achieves=carried[1]) if carried else Creation()
    parts = repo_parts(repo_type, ask.address, sight, differences, creation)
    commit = () if carried else content_calls(repo_type, ask, sight, differences)
    middle = (*parts.refs, *commit) if commits_late(sight, differences) else (*commit, *parts.refs)
    return (*parts.create, *parts.settings, *middle, *parts.opening)


def repo_parts(
    repo_type: RepoType,
    address: Address,
    sight: Sight,
    differences: Sequence[Difference],
    creation: Creation,
) -> Parts:
    """The calls for the fields that all repositories share; differences of other fields are left to the kind.

    So are refs that wait for a commit to a branch which is only made: they come with the commit (``content_calls``).
    """
    by_name = {d.key[0]: d for d in differences if len(d.key) == 1}
    late = after_commit(sight, differences)
    refs = [d for d in differences if d.key[0] in ("branches", "tags") and d.key not in late]
    create = (_create(repo_type, address, sight, by_name, creation),) if sight.live is None else ()
    settings = _settings(repo_type, address, by_name)
    opens = _opens(settings, by_name)
    before: list[Call] = [settings] if settings and not opens else []
    if "resourceGroup" in by_name:
        path = repo_path(repo_type, address.id, "resource-group")
        before.append(assign_group(path, sight, by_name["resourceGroup"]))
    opening = (settings,) if settings and opens else ()
    return Parts(create, tuple(before), tuple(ref_calls(repo_type, address, refs)), opening)


def _create(
    repo_type: RepoType,
    address: Address,
    sight: Sight,
    by_name: dict[str, Difference],
    creation: Creation,
) -> Call:
    """POST /api/repos/create with all it can carry, which leaves ``by_name``.

    It cannot carry gating: a public gated repository is created private and opened together with its gate.
    """
    body: dict[str, Any] = {"name": address.name, "organization": address.namespace, "type": repo_type}
    visibility = by_name["visibility"].after if "visibility" in by_name else "private"
    carried: list[str] = []
    if opens_last(visibility, by_name["gated"].after if "gated" in by_name else None):
        visibility = "private"
    elif "visibility" in by_name:
        carried.append(by_name.pop("visibility").path)
    body["visibility"] = visibility
    if "resourceGroup" in by_name:
        group = by_name.pop("resourceGroup")
        body["resourceGroupId"] = group_id_of(group.after, sight)
        carried.append(group.path)
    return Call(
        "POST", creation.path, body | dict(creation.body), f"create the {repo_type}, {visibility}",
        Repeat.CONFLICT, (*carried, *creation.achieves), lane=CREATE_LANE,
    )  # fmt: skip


def _settings(repo_type: RepoType, address: Address, by_name: dict[str, Difference]) -> Call | None:
    """One PUT /settings for all settings that differ; only the keys sent change."""
    found = [by_name[n] for n in (*READABLE, *UNREADABLE) if n in by_name]
    if not found:
        return None
    body = {d.key[0]: d.after for d in found}
    summary = "set " + ", ".join(d.key[0] for d in found)
    path = repo_path(repo_type, address.id, "settings")
    return Call("PUT", path, body, summary, Repeat.SAME, tuple(d.path for d in found))


def _opens(settings: Call | None, by_name: dict[str, Difference]) -> bool:
    if settings is None:
        return False
    visibility = by_name.get("visibility")
    rises = visibility is not None and VISIBILITY_RANK[visibility.after] > VISIBILITY_RANK.get(
        visibility.before, 0
    )
    return rises or any(r.kind is RiskKind.EXPOSURE for d in by_name.values() for r in d.risks)


def delete_call(repo_type: RepoType, address: Address) -> Call:
    """DELETE /api/repos/delete; a repeat answers 404."""
    body = {"name": address.name, "organization": address.namespace, "type": repo_type}
    return Call("DELETE", "/api/repos/delete", body, f"delete the {repo_type}", Repeat.CONFLICT)


def move_call(repo_type: RepoType, source: Address, target: Address) -> Call:
    """POST /api/repos/move; the Hub redirects the old id. What a repeat does is not documented."""
    body = {"fromRepo": source.id, "toRepo": target.id, "type": repo_type}
    return Call("POST", "/api/repos/move", body, f"rename {source.id} to {target.id}", Repeat.ONCE)
