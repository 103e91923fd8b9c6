"""What the manifest wants of a repository's files, once its sources were looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.base import Sight
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.tree import LiveContent
from hfops.model.late import Content, Source
from hfops.model.problem import Problem

FACT = "content"
"""Where ``Wanted`` lies in a sight's facts."""

SIZE_UNKNOWN = 0


def content_of(sight: Sight) -> LiveContent | None:
    """What was read of a branch; None for a repository that is to be created."""
    live: LiveRepo | None = sight.live
    return live.content if live is not None else None


@dataclass(frozen=True, slots=True)
class Want:
    """One file as wanted. ``entry`` is its place in ``spec.files``; ``origin`` says in plans where it comes from.

    ``large``: it goes into the Hub's large file storage. ``sized`` and the ids are as far as they are known.
    """

    path: str
    size: int | None
    blob_id: str
    sha256: str
    source: Source
    entry: int
    origin: str = ""
    large: bool = False

    @property
    def content(self) -> Content:
        """The bytes, as calls name them."""
        return Content(self.size or SIZE_UNKNOWN, self.blob_id, self.sha256, self.source)

    def kept(self) -> dict[str, Any]:
        """The ids as the ledger keeps them."""
        ids = {"blobId": self.blob_id, "sha256": self.sha256}
        return {k: v for k, v in ids.items() if v}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest's card and files, resolved. ``mirrors`` are folders whose other files are deleted.

    ``readme`` are the bytes of README.md where a source provides it and a card is merged into it. ``body`` is the
    rendered template. ``card``: the manifest speaks of the card, if only to say that nothing shall be in it.
    """

    branch: str
    proposes: bool
    message: str
    files: Mapping[str, Want] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    front: Mapping[str, Any] = field(default_factory=dict)
    card: bool = False
    body: str | None = None
    readme: bytes | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def carded(self) -> bool:
        """Whether README.md is merged, key by key."""
        return self.card or bool(self.front)
