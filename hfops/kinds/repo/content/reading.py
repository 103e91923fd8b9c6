"""Reading files of a repository at a commit: the tree, single files' headers, README.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.hub.paths import RepoType, repo_path, resolve_path
from hfops.kinds.base import HubView, Reads
from hfops.kinds.repo.tree import Entry

_ID = re.compile(r"(?:W/)?\"?([0-9a-f]{64}|[0-9a-f]{40})\"?")
_SHA1, _SHA256 = 40, 64


def tree_entries(
    repo_type: RepoType, repo_id: str, commit: str, folder: str, reads: Reads
) -> dict[str, Entry]:
    """All files at or below ``folder`` (``""``: all). Calls: GET /tree/{commit}[/{folder}], 1,000 a page."""
    path = repo_path(repo_type, repo_id, "tree", commit, *([folder] if folder else []))
    return {
        _text(row, "path"): _entry(row)
        for page in reads.pages(path, {"recursive": "true"})
        for row in map(_mapping, page)
        if row.get("type") == "file"
    }


def _entry(row: Mapping[str, Any]) -> Entry:
    large = row.get("lfs")
    if isinstance(large, Mapping):
        return Entry(_size(large.get("size")), sha256=_text(large, "oid").removeprefix("sha256:"))
    return Entry(_size(row.get("size")), blob_id=_text(row, "oid"))


def heads(
    repo_type: RepoType, repo_id: str, commit: str, paths: Iterable[str], hub: HubView
) -> dict[str, Entry]:
    """Those of ``paths`` that exist. Calls: HEAD /resolve/{commit}/{path}, which count as ``resolvers``."""

    def read(path: str) -> tuple[str, Mapping[str, str] | None]:
        return path, hub.reads.head(resolve_path(repo_type, repo_id, commit, path))

    return {p: entry_of_head(h, p) for p, h in hub.map(read, sorted(paths)) if h is not None}


def entry_of_head(headers: Mapping[str, str], path: str) -> Entry:
    """A file from the headers of its URL. Raises BadAnswer for a file without an id."""
    linked = _ID.fullmatch(headers.get("X-Linked-Etag", ""))
    if linked and len(linked[1]) == _SHA256:
        return Entry(_size(headers.get("X-Linked-Size")), sha256=linked[1])
    found = linked or _ID.fullmatch(headers.get("ETag", ""))
    if not found:
        raise BadAnswer(f"the Hub named no id of {path} (ETag {headers.get('ETag')!r})")
    if len(found[1]) == _SHA256:
        return Entry(None, sha256=found[1])
    encoded = "Content-Encoding" in headers
    return Entry(None if encoded else _size(headers.get("Content-Length")), blob_id=found[1])


def _size(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mapping(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise BadAnswer(f"the Hub's tree holds {type(row).__name__}, expected objects")
    return row


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"the Hub's tree holds a row without {key} ({value!r})")
    return value
