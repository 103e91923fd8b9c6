"""Bytes that comparing needs: of sources whose ids alone do not tell, each fetched once for all resources."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import cast

from hfops.hub.paths import RepoType, resolve_path
from hfops.hub.sources import SourceError
from hfops.kinds.base import HubView
from hfops.kinds.repo.content.attributes import REGULAR_LIMIT
from hfops.kinds.repo.content.gather import blob_id
from hfops.kinds.repo.content.seen import Want
from hfops.manifest.local import Local
from hfops.model.late import Download, HubFile, Inline, LocalFile
from hfops.model.problem import HfopsError

Fetch = Callable[[str, str], bytes]


class Downloads:
    """Bytes of wanted files. Any thread may ask; what several ask for is read once."""

    def __init__(self, hub: HubView, fetch: Fetch) -> None:
        self._hub = hub
        self._fetch = fetch
        self._guard = Lock()
        self._locks: dict[object, Lock] = defaultdict(Lock)
        self._known: dict[object, bytes | HfopsError] = {}

    def bytes_of(self, want: Want) -> bytes:
        """The bytes. Raises SourceError, LocalError."""
        if isinstance(want.source, Inline):
            return want.source.data
        if isinstance(want.source, LocalFile):
            return _local(want.source, self._hub.local)
        with self._guard:
            lock = self._locks[want.source]
        with lock:
            if want.source not in self._known:
                self._known[want.source] = self._read(want)
            found = self._known[want.source]
        if isinstance(found, HfopsError):
            raise found
        return found

    def identified(self, want: Want) -> Want:
        """The file with its size and both ids."""
        if want.size is not None and want.blob_id and want.sha256:
            return want
        data = self.bytes_of(want)
        return replace(want, size=len(data), blob_id=blob_id(data), sha256=hashlib.sha256(data).hexdigest())

    def _read(self, want: Want) -> bytes | HfopsError:
        try:
            if isinstance(want.source, Download):
                return self._fetch(want.source.url, want.sha256)
            assert isinstance(want.source, HubFile)
            return _on_the_hub(want.source, self._hub)
        except SourceError as error:
            return error


def _local(source: LocalFile, local: Local) -> bytes:
    name = source.path.removeprefix(f"{local.root}/")
    return local.read(name, REGULAR_LIMIT)


def _on_the_hub(source: HubFile, hub: HubView) -> bytes:
    path = resolve_path(cast("RepoType", source.repo_type), source.repo_id, source.commit, source.path)
    data = hub.reads.content(path)
    if data is None:
        raise SourceError(f"{source.repo_id}: no {source.path} at {source.commit[:7]} any more")
    return data
