"""What items point to: found when they are added, told under the name that it has now."""

from __future__ import annotations

from typing import Any

from hfops.sandbox import access
from hfops.sandbox.collections.shelf import Collection, Item
from hfops.sandbox.info import FACTS, MISSING, View, last_modified
from hfops.sandbox.manners import RefusalError
from hfops.sandbox.people import Caller
from hfops.sandbox.repos import Kind, Repo, likes_of
from hfops.sandbox.spaces import told as spaces
from hfops.sandbox.spaces.machine import space_of
from hfops.sandbox.state import Hub

REPOS = tuple(kind.value for kind in Kind)


def may_see(hub: Hub, caller: Caller, collection: Collection) -> bool:
    """Whether a collection exists for this caller."""
    return not collection.private or access.member(hub, caller, collection.namespace)


def target(hub: Hub, caller: Caller | None, kind: str, wanted: str) -> str:
    """What an item of that type and id is kept under; 404 for what is not there for the caller (None: a seed).

    Papers and buckets are taken as they are: the sandbox holds none to compare with.
    """
    if kind in REPOS:
        repo = hub.find(Kind(kind), wanted) or hub.formerly(Kind(kind), wanted)
        if repo is not None and (caller is None or access.may_read(hub, caller, repo)):
            return repo.uid
        raise RefusalError(404, f"No {kind} {wanted}")
    if kind == "collection":
        namespace, _, slug = wanted.partition("/")
        found = hub.collections.find(namespace, slug)
        if found is not None and (caller is None or may_see(hub, caller, found)):
            return found.uid
        raise RefusalError(404, f"No collection {wanted}")
    return wanted.lower() if kind == "bucket" else wanted


def visible(hub: Hub, caller: Caller, item: Item) -> bool:
    """Whether the caller may know that the item is there."""
    if item.type in REPOS:
        return access.may_read(hub, caller, hub.repos[item.target])
    if item.type == "collection":
        return may_see(hub, caller, hub.collections[item.target])
    return True


def told(hub: Hub, caller: Caller, item: Item) -> dict[str, Any]:
    """The keys that an item's target adds; ``id`` is a repository's present one."""
    if item.type in REPOS:
        return _repo(hub, caller, hub.repos[item.target])
    if item.type == "collection":
        found = hub.collections[item.target]
        return {"id": found.uid, "slug": found.slug, "title": found.title, "upvotes": 0}
    return {"id": item.target} | ({"title": item.target, "upvotes": 0} if item.type == "paper" else {})


def _repo(hub: Hub, caller: Caller, repo: Repo) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": repo.id,
        "author": repo.namespace,
        "private": repo.private,
        "gated": repo.settings["gated"],
        "repoType": repo.kind.value,
        "likes": len(likes_of(repo)),
        "lastModified": last_modified(repo),
    }
    group = FACTS["resourceGroup"](View(hub, repo, repo.head))
    if group is not MISSING and access.member(hub, caller, repo.namespace):
        answer["resourceGroup"] = group
    if repo.kind is not Kind.SPACE:
        return answer | {"downloads": 0}
    space = space_of(repo)
    return answer | {
        "visibility": repo.visibility,
        "sdk": space.sdk,
        "runtime": {"stage": space.stage, "hardware": spaces.hardware(space)},
    }
