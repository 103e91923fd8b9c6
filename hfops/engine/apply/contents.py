"""The bytes of contents, read when they are sent: they must be what was planned, or nothing is sent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

from hfops.hub.paths import RepoType, resolve_path
from hfops.kinds.base import Reads
from hfops.manifest.local import Digest, Local, LocalError, digest_of
from hfops.model.late import Content, Download, HubFile, Inline, LocalFile
from hfops.model.problem import HfopsError

Fetch = Callable[[str, str], bytes]
"""(url, sha256) → the bytes (hub.sources.fetch)."""


class ContentError(HfopsError):
    """Bytes that are not there any more, or not the ones that were planned."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Contents:
    """Reads contents from where they are: the plan, this machine, the web, the Hub. Any thread may ask."""

    def __init__(self, local: Local, reads: Reads, fetch: Fetch) -> None:
        self._local = local
        self._reads = reads
        self._fetch = fetch

    def read(self, content: Content) -> bytes:
        """The bytes. Raises ContentError, SourceError, LocalError, HubError."""
        data = self._bytes(content)
        size = len(data)
        blob = hashlib.sha1(b"blob %d\0" % size + data, usedforsecurity=False).hexdigest()
        _verify(content, Digest(size, blob, hashlib.sha256(data).hexdigest()))
        return data

    def base64(self, content: Content) -> str:
        """The bytes as commits carry them."""
        return base64.b64encode(self.read(content)).decode("ascii")

    def check(self, content: Content) -> None:
        """Raise ContentError or LocalError where a local file is not what was planned any more."""
        if isinstance(content.source, LocalFile):
            with self.path(content).open("rb") as file:
                _verify(content, digest_of(file, named(content)))

    def path(self, content: Content) -> Path:
        """Where a local file is. Raises LocalError where it is gone, or leads out of the project now."""
        assert isinstance(content.source, LocalFile)
        return self._local.path(self._name(content.source))

    def _name(self, source: LocalFile) -> str:
        path = Path(source.path)
        if not path.is_relative_to(self._local.root):
            raise LocalError(f"{source.path}: not under the project's root, {self._local.root}")
        return path.relative_to(self._local.root).as_posix()

    def _bytes(self, content: Content) -> bytes:
        match content.source:
            case Inline(data=data):
                return data
            case LocalFile() as source:
                return self._local.read(self._name(source), content.size + 1)
            case Download(url=url):
                return self._fetch(url, content.sha256)
            case HubFile() as source:
                kind = cast("RepoType", source.repo_type)
                path = resolve_path(kind, source.repo_id, source.commit, source.path)
                found = self._reads.content(path)
                if found is None:
                    raise ContentError(f"{named(content)}: not on the Hub any more")
                return found


def named(content: Content) -> str:
    """Where bytes come from, for messages."""
    match content.source:
        case Inline():
            return "a file of the plan"
        case LocalFile(path=path):
            return path
        case Download(url=url):
            return url.partition("?")[0]
        case HubFile(repo_id=repo_id, path=path):
            return f"{repo_id}: {path}"


def _verify(content: Content, have: Digest) -> None:
    """Raise unless what was read is what was planned."""
    if content.blob_id not in ("", have.blob_id) or content.sha256 not in ("", have.sha256):
        raise ContentError(f"{named(content)}: changed since the plan", "run again to see a new plan")
