"""What the names of repositories lead to: one that was renamed answers under its old name, and items show the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.collection.live import Identity, LiveCollection, identity
from hfops.kinds.collection.spec import CollectionSpec, Item
from hfops.model.address import Address

REPOS = {"model": "Model", "dataset": "Dataset", "space": "Space"}
"""Types of items that are kinds of resources, too."""

NEW_NAMES = "newNames"
"""The fact of a sight that holds, by identity, the present id of repositories that items may be about."""


def moved(one: Identity, renames: Mapping[Address, Address]) -> str | None:
    """What the plan makes of a repository's id; None where it does nothing to that."""
    kind, target = one
    if kind not in REPOS or target.count("/") != 1:
        return None
    new = renames.get(Address(REPOS[kind], *target.split("/")))
    return new.id if new else None


def with_new_names(
    asks: Sequence[Ask], sights: Mapping[Address, Sight], hub: HubView
) -> dict[Address, Sight]:
    """Look where names lead that may be old ones of items that are there. Calls: GET /api/{models,datasets,spaces}/{id}."""
    doubtful = {ask.address: list(_doubtful(ask, sights[ask.address].live)) for ask in asks}
    ids = sorted({(item.type, item.id) for items in doubtful.values() for item in items})
    found = dict(zip(ids, hub.map(lambda one: _present(one, hub), ids), strict=True))
    out = dict(sights)
    for address, items in doubtful.items():
        names = {identity(i.type, i.id): name for i in items if (name := found[i.type, i.id])}
        if names:
            out[address] = replace(out[address], facts={**out[address].facts, NEW_NAMES: names})
    return out


def _doubtful(ask: Ask, live: LiveCollection | None) -> Iterator[Item]:
    """Wanted repositories that are not there while others are that nobody wants, and those under a name of old."""
    spec = ask.resource.spec if ask.resource else None
    if not isinstance(spec, CollectionSpec) or live is None or not live.items:
        return
    there = {item.identity for item in live.items}
    wanted = {identity(item.type, item.id) for item in spec.items or ()}
    strange = {kind for kind, _ in there - wanted}
    for item in spec.items or ():
        missing = item.type in REPOS and identity(item.type, item.id) not in there
        if missing and (item.type in strange or "/" not in item.id):
            yield item


def _present(one: tuple[str, str], hub: HubView) -> str | None:
    """What a repository (type and id) is called now; None where there is none, or this token does not see it."""
    kind, target = one
    repo_type = next(t for t in get_args(RepoType) if t == kind)
    try:
        answer: Any = hub.reads.get(repo_path(repo_type, target), {"expand": ["private"]})
    except (NotFound, Forbidden, Unauthorized, BadAnswer):
        return None
    name = answer.get("id") if isinstance(answer, Mapping) else None
    return name if isinstance(name, str) else None
