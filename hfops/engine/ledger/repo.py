"""The dataset repository that ledgers live in: looked at, read at a commit, written by a commit on that commit.

Calls: GET /api/datasets/{id}?blobs=true (whether it is private, its head, the blob of every file: what is known already
is not read again), GET …/resolve/{sha}/{path}, POST /api/repos/create, POST …/commit/main with ``parentCommit``.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hfops.engine.ledger.store import LedgerError
from hfops.hub.connection import Answer, Reader, Writer
from hfops.hub.errors import Conflict, HubError, NotFound, PreconditionFailed, Unauthorized
from hfops.hub.paths import repo_path, resolve_path
from hfops.hub.transport import http_date
from hfops.kinds.repo.content.gather import blob_id
from hfops.model.address import Address
from hfops.model.call import Repeat

LARGEST = 10_000_000
"""Bytes: what the Hub takes in a commit as a file of its own."""

REVISION = re.compile(r"[\w][\w./-]*")
"""A commit, or the name of a branch: what a path can hold without being folded away."""

README = """---
viewer: false
---
# Ledgers of hfops

What hfops owns on the Hub and last applied, one file for each project and environment. hfops writes these files; use
`hfops ledger` instead of editing them. Keep this repository private.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The repository at one moment: its head, and the git blob of every file at that commit (None: not told)."""

    sha: str
    files: Mapping[str, str | None]


class LedgerRepo:
    """One repository. Raises LedgerError, and nothing else of the Hub's."""

    def __init__(self, repo_id: str, reads: Reader, writer: Callable[[], Writer]) -> None:
        self.id = repo_id
        self._reads = reads
        self._writer = writer
        self._behind: set[str] = set()
        self._last: Look | None = None
        self._heard: tuple[datetime, float] | None = None
        self.doubt = ""
        """Why nobody knows what became of the last commit; empty where that is known."""

    @property
    def url(self) -> str:
        """How users name it."""
        return f"hub://datasets/{self.id}"

    @property
    def address(self) -> Address:
        """What it would be as a managed resource, which it never is."""
        return Address("Dataset", *self.id.split("/"))

    def look(self) -> Look | None:
        """The repository now; None for a 404. Raises LedgerError where it is public, renamed, or cannot be read."""
        if not self._reads.authenticated:
            raise LedgerError(f"{self.url}: the ledger needs a token: set HF_TOKEN, or run `hf auth login`")
        try:
            info = self._reads.get(repo_path("dataset", self.id), {"blobs": "true"})
        except NotFound:
            return None
        except HubError as error:
            raise self._failed("read", error) from None
        found = self._checked(info)
        # What a commit of ours replaced may still be shown for a moment.
        return self._last if self._last is not None and found.sha in self._behind else found

    def _checked(self, info: Any) -> Look:
        if not isinstance(info, Mapping) or not isinstance(info.get("sha"), str):
            raise LedgerError(f"{self.url}: the Hub's answer names no commit; is HF_ENDPOINT the Hub?")
        name = info.get("id")
        if not isinstance(name, str) or name.casefold() != self.id.casefold():
            raise LedgerError(
                f"{self.url}: it was renamed to {name}; write that into spec.ledger of hfops.yaml"
            )
        if info.get("private") is not True:
            how = "make it private in its settings; its history stays readable to whoever copied it"
            raise LedgerError(f"{self.url}: it is public, and a ledger names private things: {how}")
        rows = info.get("siblings")
        files = {
            r["rfilename"]: r.get("blobId")
            for r in (rows if isinstance(rows, list) else ())
            if isinstance(r, Mapping) and isinstance(r.get("rfilename"), str)
        }
        return Look(info["sha"], files)

    def read(self, look: Look, path: str) -> str | None:
        """A file's text at the commit that was looked at."""
        return self.read_at(look.sha, path) if path in look.files else None

    def read_at(self, revision: str, path: str) -> str | None:
        """A file's text at any commit; None where there is neither. Who has not looked does not know whether it is public."""
        if not REVISION.fullmatch(revision) or ".." in revision:
            hint = "expected a commit, as the repository's history shows them"
            raise LedgerError(f"{self.url}: {revision!r} is no revision: {hint}")
        try:
            body = self._reads.content(resolve_path("dataset", self.id, revision, path))
            return None if body is None else body.decode()
        except HubError as error:
            raise self._failed("read", error) from None
        except UnicodeDecodeError:
            return "\ufffd"  # no ledger, as whoever parses it will say

    def clock(self, look: Look, path: str) -> datetime | None:
        """The Hub's time: as it answered a write, else as it answers for a file, ``path`` or another; None without any."""
        if self._heard is not None:
            then, at = self._heard
            return then + timedelta(seconds=time.monotonic() - at)
        path = path if path in look.files else min(look.files, default="")
        if not path:
            return None
        try:
            headers = self._reads.head(resolve_path("dataset", self.id, look.sha, path))
        except HubError:
            return None
        return http_date(headers.get("Date")) if headers else None

    def create(self) -> None:
        """Make it, private. One that somebody made meanwhile is as good."""
        namespace, _, name = self.id.partition("/")
        readme = {"path": "README.md", "content": README, "encoding": "utf-8"}
        body = {"type": "dataset", "name": name, "organization": namespace, "visibility": "private"}
        try:
            self._hear(
                self._writer().send("POST", "/api/repos/create", {**body, "files": [readme]}, Repeat.CONFLICT)
            )
        except Conflict:
            return
        except HubError as error:
            if not error.uncertain:
                raise self._failed("created", error) from None

    def commit(
        self, look: Look, files: Mapping[str, str], message: str, description: str = ""
    ) -> Look | None:
        """Replace files on top of ``look``; None where that is not the head any more, or nobody knows."""
        for path, text in files.items():
            if len(text.encode()) > LARGEST:
                hint = f"the Hub takes {LARGEST // 10**6} MB: split the project"
                raise LedgerError(f"{self.url}: {path} has {len(text.encode()):,} bytes, and {hint}")
        header = {"summary": message, "description": description, "parentCommit": look.sha}
        lines: list[dict[str, Any]] = [{"key": "header", "value": header}]
        lines += [{"key": "file", "value": _file(p, t)} for p, t in sorted(files.items())]
        self.doubt = ""
        try:
            path = repo_path("dataset", self.id, "commit", "main")
            answer = self._writer().send("POST", path, lines, Repeat.CONFLICT)
        except PreconditionFailed:
            return None
        except HubError as error:
            if not error.uncertain:
                raise self._failed("written", error) from None
            self.doubt = str(error)
            return None
        self._hear(answer)
        return self._committed(look, files, answer.data)

    def _hear(self, answer: Answer) -> None:
        if answer.date is not None:
            self._heard = (answer.date, time.monotonic())

    def _committed(self, look: Look, files: Mapping[str, str], data: Any) -> Look | None:
        made = data.get("commitOid") if isinstance(data, Mapping) else None
        if not isinstance(made, str):
            return None  # a look will show it
        self._behind.add(look.sha)
        self._last = Look(made, {**look.files, **{p: blob_id(t.encode()) for p, t in files.items()}})
        return self._last

    def _failed(self, done: str, error: HubError) -> LedgerError:
        hint = "; does the token see it?" if isinstance(error, Unauthorized) else ""
        return LedgerError(f"{self.url}: the ledger cannot be {done}: {error}{hint}")


def _file(path: str, text: str) -> dict[str, str]:
    return {"path": path, "content": base64.b64encode(text.encode()).decode(), "encoding": "base64"}
