"""A repository, and what happens to one as a whole: made, renamed, changed, removed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hfops.sandbox import card
from hfops.sandbox.git import HEADS, Commit, File, GitRepo

MAIN = "main"


class Kind(StrEnum):
    """Repository types, by their word in JSON bodies."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"

    @property
    def plural(self) -> str:
        """The word in API paths."""
        return f"{self.value}s"

    @property
    def prefix(self) -> str:
        """What stands before the id in web and file URLs: nothing for models."""
        return "" if self is Kind.MODEL else f"{self.plural}/"


DEFAULT_SETTINGS: Mapping[str, Any] = {
    "gated": False,
    "orgMembersGated": False,
    "gatedNotificationsMode": "bulk",
    "discussionsDisabled": False,
    "discussionsSorting": "recently-created",
}


@dataclass(slots=True)
class Repo:
    """One repository. ``uid`` never changes; ``facets`` is where a kind's own half keeps what it adds."""

    uid: str
    kind: Kind
    namespace: str
    name: str
    creator: str
    created: datetime
    visibility: str = "public"
    sdk: str | None = None
    group: str | None = None
    region: str = "us"
    settings: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    accepted: set[str] = field(default_factory=set)
    git: GitRepo = field(default_factory=GitRepo)
    facets: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def private(self) -> bool:
        """Whether strangers cannot see the files: a protected Space's source is private too."""
        return self.visibility != "public"

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/{self.kind.prefix}{self.id}"

    @property
    def head(self) -> Commit:
        """The head of main."""
        return self.git.at(self.git.refs[HEADS + MAIN])


def likes_of(repo: Repo) -> dict[str, datetime]:
    """Who likes a repository, and since when."""
    found: dict[str, datetime] = repo.facets.setdefault("likes", {})
    return found


PART = re.compile(r"[A-Za-z0-9_.-]{1,96}")


def legal_name(name: str) -> bool:
    """Whether a repository may be called so (the part after the slash)."""
    if not PART.fullmatch(name) or "--" in name or ".." in name:
        return False
    return name[0] not in "-." and name[-1] not in "-." and not name.endswith(".git")


def first_files(seeded: Mapping[str, bytes], meta: Mapping[str, Any]) -> dict[str, bytes]:
    """What a new repository holds: .gitattributes, the card that creation seeded, then the files given."""
    files = {".gitattributes": ATTRIBUTES}
    if meta:
        files["README.md"] = card.write(dict(meta))
    return files | dict(seeded)


def card_of(commit: Commit, blobs: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The card's front matter at a commit, None when there is none that can be read."""
    readme: File | None = commit.files.get("README.md")
    if readme is None or readme.large:
        return None
    return card.parse(blobs[readme.oid].decode("utf-8", "replace"))[0]


_LARGE = """7z arrow bin bz2 ckpt ftz gz h5 joblib lfs.* mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl
pt pth rar safetensors tar.* tflite tgz wasm xz zip zst"""
ATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in [*(f"*.{suffix}" for suffix in _LARGE.split()), "saved_model/**/*", "*tfevents*"]
).encode()
