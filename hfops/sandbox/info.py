"""What the Hub tells about a repository: the plain answer, ``expand``, the entries of the lists.

A fact is a function from a repository at a commit to a value, or MISSING where the Hub leaves the key out.
A kind's own half adds its facts to ``FACTS`` and its keys to ``EXPAND``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from hfops.sandbox import card
from hfops.sandbox.git import Commit, File
from hfops.sandbox.manners import bad_request, iso
from hfops.sandbox.repos import Kind, Repo, card_of, likes_of
from hfops.sandbox.state import Hub

MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class View:
    """A repository at a commit, with its card read."""

    hub: Hub
    repo: Repo
    commit: Commit
    blobs: bool = False

    @property
    def card(self) -> dict[str, Any]:
        """The front matter, empty where there is none."""
        return card_of(self.commit, self.hub.store.blobs) or {}


Fact = Callable[[View], Any]

_SHARED = "author cardData createdAt disabled lastModified likes private resourceGroup sha siblings tags trendingScore"
EXPAND: dict[Kind, list[str]] = {
    Kind.MODEL: sorted(
        f"""{_SHARED} baseModels childrenModelCount config downloads downloadsAllTime evalResults gated gguf inference
        inferenceProviderMapping library_name mask_token model-index pipeline_tag safetensors spaces transformersInfo
        usedStorage widgetData gitalyUid xetEnabled""".split()
    ),
    Kind.DATASET: sorted(
        f"""{_SHARED} citation description downloads downloadsAllTime gated mainSize paperswithcode_id usedStorage
        gitalyUid xetEnabled""".split()
    ),
    Kind.SPACE: sorted(
        f"{_SHARED} datasets models region runtime sdk subdomain usedStorage gitalyUid xetEnabled".split()
    ),
}
"""The keys that ``expand`` takes, per type."""

_PLAIN = [
    "author",
    "private",
    "gated",
    "disabled",
    "sha",
    "lastModified",
    "createdAt",
    "likes",
    "tags",
    "cardData",
    "siblings",
    "usedStorage",
]
PLAIN: dict[Kind, list[str]] = {
    Kind.MODEL: [*_PLAIN, "downloads", "pipeline_tag", "library_name"],
    Kind.DATASET: [*_PLAIN, "downloads"],
    Kind.SPACE: [*_PLAIN, "sdk", "subdomain", "host", "models", "datasets", "runtime"],
}
"""The keys of the plain answer."""

LISTED: dict[Kind, list[str]] = {
    Kind.MODEL: ["private", "createdAt", "likes", "downloads", "tags", "pipeline_tag", "library_name"],
    Kind.DATASET: [
        "author",
        "private",
        "gated",
        "disabled",
        "lastModified",
        "createdAt",
        "likes",
        "downloads",
        "tags",
        "sha",
    ],
    Kind.SPACE: ["private", "createdAt", "likes", "sdk", "tags"],
}
"""The keys of a list's entries; ``full`` adds more."""

FULL = ["author", "gated", "disabled", "sha", "lastModified", "siblings"]


def told(view: View, keys: Iterable[str]) -> dict[str, Any]:
    """``_id``, ``id`` and the facts asked for, those that are missing left out."""
    facts = {key: FACTS[key](view) for key in keys if key in FACTS}
    return {"_id": view.repo.uid, "id": view.repo.id} | {k: v for k, v in facts.items() if v is not MISSING}


def expand_keys(kind: Kind, asked: list[str]) -> list[str]:
    """The keys, each once; 400 with all valid ones for a key that the type does not have."""
    if wrong := [key for key in asked if key not in EXPAND[kind]]:
        raise bad_request(f'"expand" must be one of [{", ".join(EXPAND[kind])}], got {wrong[0]!r}')
    return list(dict.fromkeys(asked))


def subdomain(repo: Repo) -> str:
    """The host label of a Space's app: ``acme-thing``."""
    return f"{repo.namespace}-{repo.name}".lower().replace("_", "-").replace(".", "-")


def last_modified(repo: Repo) -> str:
    """When main last changed."""
    return iso(max(repo.created, repo.head.date))


def used_storage(repo: Repo) -> int:
    """Bytes of all contents that any commit of the repository holds, each once."""
    sizes = {f.oid: f.size for c in repo.git.commits.values() for f in c.files.values()}
    return sum(sizes.values())


def _sibling(path: str, file: File, *, blobs: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"rfilename": path}
    if blobs:
        out |= {"size": file.size, "blobId": file.oid}
        if file.large:
            large = file.large
            out["lfs"] = {"sha256": large.sha256, "size": large.size, "pointerSize": large.pointer_size}
    return out


def _card(view: View) -> Any:
    return view.card or MISSING


def _tags(view: View) -> list[str]:
    sdk = {"sdk": view.repo.sdk} if view.repo.kind is Kind.SPACE else {}
    return card.tags(view.repo.kind, sdk | view.card)


def _from_card(key: str) -> Fact:
    return lambda view: view.card.get(key) or MISSING


def _links(key: str) -> Fact:
    return lambda view: card.listed(view.card, key) or MISSING


def _group(view: View) -> Any:
    org = view.hub.orgs.get(view.repo.namespace.lower())
    group = org.groups.get(view.repo.group or "") if org else None
    return {"id": group.uid, "name": group.name, "numUsers": len(group.users)} if group else MISSING


FACTS: dict[str, Fact] = {
    "author": lambda v: v.repo.namespace,
    "cardData": _card,
    "createdAt": lambda v: iso(v.repo.created),
    "datasets": _links("datasets"),
    "disabled": lambda _: False,
    "downloads": lambda _: 0,
    "downloadsAllTime": lambda _: 0,
    "gated": lambda v: v.repo.settings["gated"],
    "gitalyUid": lambda v: v.repo.uid,
    "host": lambda v: f"https://{subdomain(v.repo)}.hf.space",
    "lastModified": lambda v: last_modified(v.repo),
    "library_name": _from_card("library_name"),
    "likes": lambda v: len(likes_of(v.repo)),
    "models": _links("models"),
    "pipeline_tag": _from_card("pipeline_tag"),
    "private": lambda v: v.repo.private,
    "region": lambda v: v.repo.region,
    "resourceGroup": _group,
    "sdk": lambda v: v.card.get("sdk") or v.repo.sdk or MISSING,
    "sha": lambda v: v.commit.id,
    "siblings": lambda v: [_sibling(p, f, blobs=v.blobs) for p, f in sorted(v.commit.files.items())],
    "subdomain": lambda v: subdomain(v.repo),
    "tags": _tags,
    "trendingScore": lambda _: 0,
    "usedStorage": lambda v: used_storage(v.repo),
    "xetEnabled": lambda _: False,
}
