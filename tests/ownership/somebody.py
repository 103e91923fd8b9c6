"""Somebody else at work on the Hub, with the official client. What the Hub refuses is part of life."""

from __future__ import annotations

import contextlib
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError

from hfops.sandbox.state import Hub
from tests.ownership.things import Home, Thing, look


class Somebody:
    """One person with the right to do anything in this home. ``hub`` only tells names from ids."""

    def __init__(self, hub: Hub, url: str, home: Home) -> None:
        self.hub, self.home = hub, home
        self.api = HfApi(endpoint=url, token=home.token)

    def act(self, what: str, *given: Any) -> None:
        """Do one thing."""
        with contextlib.suppress(HfHubHTTPError):
            getattr(self, what)(*given)

    def _id(self, name: str) -> str:
        return f"{self.home.org}/{name}"

    def _found(self, kind: str, name: str) -> Thing | None:
        things = look(self.hub, self.home).values()
        return next((t for t in things if (t.kind, t.name) == (kind, name)), None)

    # Repositories

    def create(self, kind: str, name: str, visibility: str) -> None:
        sdk = "docker" if kind == "Space" else None
        self.api.create_repo(
            self._id(name), repo_type=kind.lower(), private=visibility == "private", space_sdk=sdk
        )

    def delete(self, kind: str, name: str) -> None:
        self.api.delete_repo(self._id(name), repo_type=kind.lower())

    def remake(self, kind: str, name: str, visibility: str) -> None:
        self.delete(kind, name)
        self.create(kind, name, visibility)

    def rename(self, kind: str, name: str, target: str) -> None:
        if self._found(kind, target) is None:
            self.api.move_repo(self._id(name), self._id(target), repo_type=kind.lower())

    def settings(self, kind: str, name: str, given: dict[str, Any]) -> None:
        self.api.update_repo_settings(self._id(name), repo_type=kind.lower(), **given)

    def branch(self, kind: str, name: str, branch: str) -> None:
        self.api.create_branch(self._id(name), branch=branch, repo_type=kind.lower())

    def unbranch(self, kind: str, name: str, branch: str) -> None:
        self.api.delete_branch(self._id(name), branch=branch, repo_type=kind.lower())

    def tag(self, kind: str, name: str, tag: str, revision: str) -> None:
        self.api.create_tag(self._id(name), tag=tag, revision=revision, repo_type=kind.lower())

    def untag(self, kind: str, name: str, tag: str) -> None:
        self.api.delete_tag(self._id(name), tag=tag, repo_type=kind.lower())

    def retag(self, kind: str, name: str, tag: str, revision: str) -> None:
        self.untag(kind, name, tag)
        self.tag(kind, name, tag, revision)

    def push(self, kind: str, name: str, branch: str) -> None:
        found = self._found(kind, name)
        text = found.lists["branches"].get(branch, "") if found else ""
        operations = [CommitOperationAdd("work.txt", f"after {text}".encode())]
        self.api.create_commit(
            self._id(name), operations, commit_message="work", repo_type=kind.lower(), revision=branch
        )

    # A Space's environment

    def set_variable(self, name: str, key: str, value: str) -> None:
        self.api.add_space_variable(self._id(name), key, value)

    def drop_variable(self, name: str, key: str) -> None:
        self.api.delete_space_variable(self._id(name), key)

    def set_secret(self, name: str, key: str, value: str) -> None:
        self.api.add_space_secret(self._id(name), key, value)

    # Collections, by title

    def _slug(self, title: str) -> str:
        found = self._found("Collection", title)
        return self.hub.collections[found.uid].slug if found else f"{self.home.org}/x-{'0' * 24}"

    def collect(self, title: str) -> None:
        self.api.create_collection(title, namespace=self.home.org)

    def scatter(self, title: str) -> None:
        self.api.delete_collection(self._slug(title))

    def edit(self, title: str, given: dict[str, Any]) -> None:
        self.api.update_collection_metadata(self._slug(title), **given)

    def put(self, title: str, paper: str, note: str) -> None:
        self.api.add_collection_item(self._slug(title), paper, "paper", note=note)

    def _item(self, title: str, paper: str) -> str:
        found = self._found("Collection", title)
        items = self.hub.collections[found.uid].items if found else []
        return next((i.uid for i in items if i.target == paper), "0" * 24)

    def take(self, title: str, paper: str) -> None:
        self.api.delete_collection_item(self._slug(title), self._item(title, paper))

    def shift(self, title: str, paper: str, position: int) -> None:
        self.api.update_collection_item(self._slug(title), self._item(title, paper), position=position)

    def note(self, title: str, paper: str, note: str) -> None:
        self.api.update_collection_item(self._slug(title), self._item(title, paper), note=note)

    # Webhooks, by URL

    def _hook(self, url: str) -> str:
        found = self._found("Webhook", url)
        return found.uid if found else "0" * 24

    def hook(self, url: str) -> None:
        if self._found("Webhook", url) is None:
            self.api.create_webhook(url=url, watched=[{"type": "user", "name": self.home.user}])

    def unhook(self, url: str) -> None:
        self.api.delete_webhook(self._hook(url))

    def rehook(self, url: str, domains: list[Any]) -> None:
        watched: list[Any] = [{"type": "user", "name": self.home.user}]
        self.api.update_webhook(self._hook(url), watched=watched, domains=domains)

    def silence(self, url: str) -> None:
        self.api.disable_webhook(self._hook(url))
