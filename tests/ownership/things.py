"""What lives in one example's part of the Hub, read from the sandbox's memory: no code of hfops stands in between."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.sandbox.collections.shelf import Collection
from hfops.sandbox.git import HEADS, TAGS
from hfops.sandbox.repos import Repo
from hfops.sandbox.state import Hub
from hfops.sandbox.webhooks.hooks import Webhook

LEDGER = "the-ledger"
"""The name of the repository that a ledger may live in."""

REPOS = {"model": "Model", "dataset": "Dataset", "space": "Space"}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something live. ``uid`` survives everything but deletion; ``name`` is what a manifest may find it by.

    ``lists`` are its keyed lists: branches, tags, variables, secrets, items.
    """

    uid: str
    kind: str
    name: str
    fields: Mapping[str, Any]
    lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


Things = Mapping[str, Thing]


@dataclass(frozen=True, slots=True)
class Home:
    """An example's organisation, its user, and that user's token."""

    org: str
    user: str
    token: str

    def of(self, kind: str) -> str:
        """The namespace of a kind: webhooks belong to users."""
        return self.user if kind == "Webhook" else self.org

    def address(self, kind: str, name: str) -> str:
        """``Kind/namespace/name``."""
        return f"{kind}/{self.of(kind)}/{name}"


def look(hub: Hub, home: Home) -> dict[str, Thing]:
    """Everything of this home but the ledger, by uid."""
    with hub.lock:
        found = [
            *(_repo(r) for r in hub.repos.values() if r.namespace == home.org and r.name != LEDGER),
            *(_collection(c) for c in hub.collections.all.values() if c.namespace == home.org),
            *(_webhook(w) for w in hub.webhooks.of(home.user)),
        ]
        return {thing.uid: copy.deepcopy(thing) for thing in found}


def _repo(repo: Repo) -> Thing:
    refs = repo.git.refs
    fields = {**repo.settings, "visibility": repo.visibility, "group": repo.group}
    lists: dict[str, Mapping[str, Any]] = {
        "branches": {r.removeprefix(HEADS): c for r, c in refs.items() if r.startswith(HEADS)},
        "tags": {r.removeprefix(TAGS): c for r, c in refs.items() if r.startswith(TAGS)},
    }
    if space := repo.facets.get("space"):
        lists["variables"] = {k: e.value for k, e in space.variables.items()}
        lists["secrets"] = {k: e.value for k, e in space.secrets.items()}
    return Thing(repo.uid, REPOS[repo.kind.value], repo.name, fields, lists)


def _collection(shelf: Collection) -> Thing:
    fields = {
        "title": shelf.title,
        "description": shelf.description,
        "visibility": "private" if shelf.private else "public",
        "theme": shelf.theme,
        "order": [item.target for item in shelf.items],
    }
    return Thing(
        shelf.uid, "Collection", shelf.title, fields, {"items": {i.target: i.note for i in shelf.items}}
    )


def _webhook(hook: Webhook) -> Thing:
    fields = {
        "url": hook.url,
        "watched": sorted((w.type, w.name) for w in hook.watched),
        "domains": sorted(hook.domains),
        "secret": hook.secret,
        "enabled": not hook.disabled,
    }
    return Thing(hook.uid, "Webhook", str(hook.url), fields)
