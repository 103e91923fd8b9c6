"""Values that a plan holds by name, and apply fills in: references to secrets, their hashes, contents of files.

``Deferred`` (model/call.py) is their sibling: read from the Hub between two calls.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hfops.model.source import Mark


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is not written down: in the environment, a file, a command's output, or another resource.

    Exactly one of ``env``, ``file``, ``command`` and ``resource`` is set. ``file`` is a path from the root; ``where`` is
    the place that wrote it. ``resource`` is an address, ``field`` one of the values its kind exports.
    """

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] = ()
    resource: str | None = None
    field: str | None = None
    where: Mark | None = dataclasses.field(default=None, compare=False)

    @property
    def label(self) -> str:
        """How messages and plans call it: ``env API_KEY``."""
        if self.env is not None:
            return f"env {self.env}"
        if self.file is not None:
            return f"file {self.file}"
        if self.command:
            return f"command {self.command[0]}"
        return f"{self.field} of {self.resource}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files: the reference, never the value."""
        if self.env is not None:
            return {"$reference": {"env": self.env}}
        if self.file is not None:
            return {"$reference": {"file": self.file}}
        if self.command:
            return {"$reference": {"command": list(self.command)}}
        return {"$reference": {"resource": self.resource, "field": self.field}}


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text of the manifest that no output shows whole, such as a URL with a secret in its query.

    ``shown`` is what people and plan files see of it, ``text`` what is sent.
    """

    shown: str
    text: str = dataclasses.field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files: what may be seen, and a slow hash by which a saved plan knows the text again."""
        return {"$hidden": {"shown": self.shown, "hash": _hash(self.shown, self.text)}}


@lru_cache(maxsize=1024)
def _hash(salt: str, text: str) -> str:
    """Slow on purpose, and the same in every run: two plans must agree on what they hide."""
    raw = text.encode(errors="surrogatepass")
    return hashlib.scrypt(
        raw, salt=salt.encode(errors="surrogatepass") or b"-", n=2**14, r=8, p=1, dklen=16
    ).hex()


Named = Reference | Hidden
"""A value that plans hold without showing it."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """What the ledger keeps of a value that is not shown: a salted hash, made when the value is sent."""

    reference: Named

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files."""
        (named,) = self.reference.to_json().values()
        return {"$hash": named}


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes that the plan made: written in the manifest, rendered, or merged."""

    data: bytes = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file under the project's root, by its absolute path."""

    path: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file at an https URL; its bytes must have the content's sha256."""

    url: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the Hub, at a commit. ``repo_type`` is model, dataset or space."""

    repo_type: str
    repo_id: str
    commit: str
    path: str


Source = Inline | LocalFile | Download | HubFile


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one file, named by what they are; sent as base64.

    ``size`` is in bytes; ``blob_id`` is git's sha1 (empty where only the sha256 is known), ``sha256`` that of the
    bytes (empty where only the blob id is known). ``source`` is where apply reads them.
    """

    size: int
    blob_id: str
    sha256: str
    source: Source = dataclasses.field(compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files: the content is named, not held."""
        named = {"blobId": self.blob_id} if self.blob_id else {"sha256": self.sha256}
        return {"$content": {"size": self.size, **named}}


def late_values(value: Any) -> Iterator[Reference | Content]:
    """The references and contents in a body."""
    match value:
        case Reference() | Content():
            yield value
        case Mapping():
            for part in value.values():
                yield from late_values(part)
        case list() | tuple():
            for part in value:
                yield from late_values(part)
