"""A configuration checked against the Hub: its hardware, its repository's revision and task."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from hfops.sandbox import access
from hfops.sandbox.endpoints.catalogue import UNUSABLE, row_of
from hfops.sandbox.endpoints.changes import Config, merged, stored
from hfops.sandbox.endpoints.images import check_parallelism
from hfops.sandbox.endpoints.machine import Endpoint
from hfops.sandbox.endpoints.manners import invalid
from hfops.sandbox.manners import RefusalError
from hfops.sandbox.people import Caller
from hfops.sandbox.repos import MAIN, Kind, Repo, card_of
from hfops.sandbox.state import Hub


def created(hub: Hub, caller: Caller, data: dict[str, Any]) -> Config:
    """The configuration of a new endpoint; 400 for one that cannot be."""
    config = stored(data)
    check_hardware(config, new=True)
    pin(hub, caller, config)
    return config


def updated(hub: Hub, caller: Caller, endpoint: Endpoint, data: dict[str, Any]) -> Config:
    """An endpoint's configuration after an update; 400 for one that cannot be."""
    before = endpoint.config
    config = stored(merged(before, data))
    moved = row_of(config) != row_of(before)
    check_hardware(config, new=moved or row_of(config) is None)
    model = data.get("model") or {}
    elsewhere = config["model"]["repository"] != before["model"]["repository"]
    if elsewhere and model.get("revision") is None:
        config["model"]["revision"] = None
    if elsewhere or model.get("revision") is not None:
        pin(hub, caller, config)
    return config


def check_hardware(config: Config, *, new: bool) -> None:
    """Pass, or 400 for hardware that there is not, or that takes nothing new; also for parts that do not fit it."""
    row, compute, provider = row_of(config), config["compute"], config["provider"]
    if row is None:
        asked = f"{compute['accelerator']} {compute['instanceType']} {compute['instanceSize']}"
        raise invalid("compute", f"no hardware {asked} in {provider['vendor']} {provider['region']}")
    if new and row.status in UNUSABLE:
        raise invalid("compute", f"hardware {row.id} is {row.status}")
    check_parallelism(config["model"]["image"], row.family.accelerator, row.count)


def pin(hub: Hub, caller: Caller, config: Config) -> None:
    """Resolve the revision to a full commit id, and take the task from the repository where none is named.

    A repository that the sandbox does not know, or that the caller may not see, is taken as it is: the commit is then
    made up, always the same for the same text.
    """
    model = config["model"]
    repo = hub.find(Kind.MODEL, model["repository"])
    if repo is None or not access.may_read(hub, caller, repo):
        model["revision"] = made_up(model["repository"], model["revision"])
        return
    model["revision"] = _commit(repo, model["revision"] or MAIN)
    task = (card_of(repo.head, hub.store.blobs) or {}).get("pipeline_tag")
    if task is not None:
        model.setdefault("task", str(task))


def _commit(repo: Repo, revision: str) -> str:
    try:
        return repo.git.resolve(revision).id
    except RefusalError:
        raise invalid("model.revision", f"no revision {revision} in {repo.id}") from None


def made_up(repository: str, revision: str | None) -> str:
    """A commit id for a revision of a repository that nobody can look into."""
    if revision is not None and re.fullmatch(r"[0-9a-fA-F]{40}", revision):
        return revision.lower()
    return hashlib.sha256(f"{repository.lower()}@{revision or MAIN}".encode()).hexdigest()[:40]
