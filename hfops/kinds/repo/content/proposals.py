"""Pull requests of ours that are open: found by the number the ledger keeps, else by their title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Reads
from hfops.model.record import Record

PROPOSED = "proposed"
"""In the ledger, ``{"pull": number}`` of what was proposed and is not merged yet; empty once it is."""

MAX_PAGES = 20


def pull_ref(number: int) -> str:
    """The ref that a pull request's commits lie on."""
    return f"refs/pr/{number}"


def known_pull(record: Record | None) -> int | None:
    """The number that the ledger keeps."""
    entry = record.applied.get(PROPOSED) if record else None
    found = entry.get("pull") if isinstance(entry, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def open_pull(
    repo_type: RepoType, repo_id: str, title: str, known: int | None, reads: Reads
) -> tuple[int, bool] | None:
    """The number of an open pull request of ours, and whether it is a draft. Calls: GET /discussions."""
    titled: tuple[int, bool] | None = None
    for row in _rows(repo_type, repo_id, reads):
        number, draft = row.get("num"), row.get("status") == "draft"
        if (
            not isinstance(number, int)
            or not row.get("isPullRequest")
            or row.get("status") not in ("open", "draft")
        ):
            continue
        if number == known:
            return number, draft
        if row.get("title") == title and titled is None:
            titled = number, draft
    return titled


def _rows(repo_type: RepoType, repo_id: str, reads: Reads) -> Iterator[Mapping[str, Any]]:
    for page in range(MAX_PAGES):
        params: dict[str, str | list[str]] = {"type": "pull_request", "status": "open", "p": str(page)}
        answer = reads.get(repo_path(repo_type, repo_id, "discussions"), params)
        rows = answer.get("discussions") if isinstance(answer, Mapping) else None
        if not isinstance(rows, list):
            raise BadAnswer("the Hub's answer holds no list of pull requests")
        yield from (row for row in rows if isinstance(row, Mapping))
        count, start = answer.get("count"), answer.get("start")
        if not rows or not isinstance(count, int) or not isinstance(start, int) or start + len(rows) >= count:
            return
