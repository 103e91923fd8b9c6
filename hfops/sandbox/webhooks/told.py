"""What the API tells about webhooks."""

from __future__ import annotations

from typing import Any

from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.state import Hub
from hfops.sandbox.webhooks.hooks import Watch, Webhook

REPOS = tuple(kind.value for kind in Kind)


def webhook(hub: Hub, hook: Webhook) -> dict[str, Any]:
    """A webhook as its owner sees it: with its secret, without its job's."""
    answer: dict[str, Any] = {
        "id": hook.uid,
        "watched": [{"type": w.type, "name": name(hub, w)} for w in hook.watched],
        "domains": hook.domains,
        "disabled": hook.disabled,
    }
    if hook.url is not None:
        answer["url"] = hook.url
    if hook.job is not None:
        answer["job"] = hook.job
    return answer | ({"secret": hook.secret} if hook.secret else {})


def name(hub: Hub, watch: Watch) -> str:
    """The name now of what is watched."""
    repo = watched_repo(hub, watch)
    return repo.id if repo else watch.name


def watched_repo(hub: Hub, watch: Watch) -> Repo | None:
    """The repository that is watched, once there is one; from then on it is that one, whatever its name."""
    if watch.type not in REPOS:
        return None
    if watch.uid is None and (found := hub.find(Kind(watch.type), watch.name)):
        watch.uid = found.uid
    repo = hub.repos.get(watch.uid or "")
    if repo is not None:
        watch.name = repo.id
    return repo
