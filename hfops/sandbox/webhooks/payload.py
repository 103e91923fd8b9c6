"""What a webhook is told: version 3 of the service's payload."""

from __future__ import annotations

from typing import Any

from hfops.sandbox.discussions.board import Discussion, Happening
from hfops.sandbox.git import HEADS
from hfops.sandbox.info import subdomain
from hfops.sandbox.repos import MAIN, Kind, Repo
from hfops.sandbox.state import Event, Hub

VERSION = 3
WORDS = {
    "created": ("create", "repo"),
    "deleted": ("delete", "repo"),
    "moved": ("move", "repo"),
    "committed": ("update", "repo.content"),
    "referred": ("update", "repo.content"),
    "changed": ("update", "repo.config"),
}
"""Action and scope; a discussion's event carries its own, and nobody is told of the rest."""


def words(event: Event) -> tuple[str, str] | None:
    """The event's action and scope, None for one that webhooks do not have."""
    if event.what == "discussed":
        return event.body["action"], event.body["scope"]
    return WORDS.get(event.what)


def payload(hub: Hub, hook: str, event: Event) -> dict[str, Any]:
    """The body to send to the webhook of that id; ``words`` must have some for the event."""
    found = words(event)
    assert found is not None
    action, scope = found
    told: dict[str, Any] = {
        "event": {"action": action, "scope": scope},
        "repo": _repo(hub, event),
        "webhook": {"id": hook, "version": VERSION},
    }
    if event.what == "moved":
        told["movedTo"] = {"name": event.repo.id, "owner": _owner(hub, event.repo)}
    if scope == "repo.content":
        told["updatedRefs"] = [_ref(event)]
    if scope == "repo.config" and {"visibility", "private"} & event.body.keys():
        told["updatedConfig"] = {"private": event.repo.private}
    if event.what == "discussed":
        told["discussion"] = _discussion(hub, event.repo, event.body["discussion"])
        if event.body["comment"] is not None:
            told["comment"] = _comment(hub, event.repo, event.body["discussion"], event.body["comment"])
    return told


def _repo(hub: Hub, event: Event) -> dict[str, Any]:
    """The repository; a moved one under the name that it left."""
    repo = event.repo
    name = event.body["from"] if event.what == "moved" else repo.id
    told = {
        "type": repo.kind.value,
        "name": name,
        "id": repo.uid,
        "private": repo.private,
        "url": _urls(hub, repo.kind, name),
        "owner": _owner(hub, repo),
        "headSha": repo.head.id,
    }
    return told | ({"subdomain": subdomain(repo)} if repo.kind is Kind.SPACE else {})


def _urls(hub: Hub, kind: Kind, name: str, rest: str = "") -> dict[str, str]:
    return {
        "web": f"{hub.base}/{kind.prefix}{name}{rest}",
        "api": f"{hub.base}/api/{kind.plural}/{name}{rest}",
    }


def _owner(hub: Hub, repo: Repo) -> dict[str, str]:
    home = hub.namespace(repo.namespace)
    return {"id": home.uid if home else ""}


def _ref(event: Event) -> dict[str, Any]:
    shas = {"oldSha": event.body["old"], "newSha": event.body["new"]}
    return {"ref": event.body["ref"]} | {key: sha for key, sha in shas.items() if sha}


def _author(hub: Hub, name: str) -> dict[str, str]:
    user = hub.users.get(name.lower())
    return {"id": user.uid if user else ""}


def _discussion(hub: Hub, repo: Repo, discussion: Discussion) -> dict[str, Any]:
    told = {
        "id": discussion.uid,
        "num": discussion.num,
        "title": discussion.title,
        "status": discussion.status,
        "isPullRequest": discussion.is_pull,
        "pinned": discussion.pinned,
        "author": _author(hub, discussion.author),
        "url": _urls(hub, repo.kind, repo.id, f"/discussions/{discussion.num}"),
    }
    if discussion.is_pull:
        merged = {"mergeCommitId": discussion.merged_as} if discussion.merged_as else {}
        told["changes"] = {"base": HEADS + MAIN} | merged
    return told


def _comment(hub: Hub, repo: Repo, discussion: Discussion, comment: Happening) -> dict[str, Any]:
    page = _urls(hub, repo.kind, repo.id, f"/discussions/{discussion.num}")["web"]
    hidden = comment.data["hidden"]
    text = {} if hidden else {"content": comment.data["history"][0]["raw"]}
    told = {"id": comment.id, "author": _author(hub, comment.author), "hidden": hidden}
    return told | text | {"url": {"web": f"{page}#{comment.id}"}}
