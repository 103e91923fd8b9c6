"""Pull requests of ours: found by the number the ledger keeps, else by their title and author."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import HubView
from hfops.kinds.repo.content.proposed import Known

MAX_PAGES = 20


def pull_ref(number: int) -> str:
    """The ref that a pull request's commits lie on."""
    return f"refs/pr/{number}"


def open_pull(
    repo_type: RepoType, repo_id: str, titles: Collection[str], known: int | None, hub: HubView
) -> tuple[int, bool] | None:
    """The number of an open pull request of ours, and whether it is a draft.

    It is ours if its number is known, or if it has one of ``titles`` and the token's user opened it: somebody else's of
    that title is none of our business. Calls: GET /discussions, and GET /whoami-v2 where a title fits.
    """
    titled: list[Mapping[str, Any]] = []
    for row in _rows(repo_type, repo_id, hub, {"status": "open"}):
        if row["num"] == known and _state(row) in ("open", "draft"):
            return row["num"], _state(row) == "draft"
        if row.get("title") in titles and _state(row) in ("open", "draft"):
            titled.append(row)
    me = _me(hub) if titled else None
    ours = next((row for row in titled if me is not None and _author(row) == me), None)
    return None if ours is None else (ours["num"], _state(ours) == "draft")


def closed_pull(repo_type: RepoType, repo_id: str, known: Known, hub: HubView) -> int | None:
    """The number of a proposal that is not open any more, if it was closed without merging.

    Calls: GET /discussions/{num}; where the number was never seen, GET /whoami-v2 and GET /discussions.
    """
    if known.pull is not None:
        row = hub.reads.get_or_none(repo_path(repo_type, repo_id, "discussions", str(known.pull)))
    else:
        params = {"status": "closed", "author": _me(hub) or ""}
        rows = _rows(repo_type, repo_id, hub, params)
        row = next((r for r in rows if r.get("title") == known.title and _author(r) == _me(hub)), None)
    if not isinstance(row, Mapping) or _state(row) != "closed":
        return None
    number = row.get("num")
    return number if isinstance(number, int) else None


def _me(hub: HubView) -> str | None:
    """The token's user, in lower case."""
    name = hub.user()
    return name.casefold() if name else None


def _author(row: Mapping[str, Any]) -> str | None:
    author = row.get("author")
    name = author.get("name") if isinstance(author, Mapping) else None
    return name.casefold() if isinstance(name, str) else None


def _state(row: Mapping[str, Any]) -> Any:
    return row.get("status")


def _rows(
    repo_type: RepoType, repo_id: str, hub: HubView, asked: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Pull requests, the newest first."""
    for page in range(MAX_PAGES):
        params: dict[str, str | list[str]] = {"type": "pull_request", **asked, "p": str(page)}
        answer = hub.reads.get(repo_path(repo_type, repo_id, "discussions"), params)
        rows = answer.get("discussions") if isinstance(answer, Mapping) else None
        if not isinstance(rows, list):
            raise BadAnswer("the Hub's answer holds no list of pull requests")
        yield from (r for r in rows if isinstance(r, Mapping) and _is_pull(r))
        count, start = answer.get("count"), answer.get("start")
        if not rows or not isinstance(count, int) or not isinstance(start, int) or start + len(rows) >= count:
            return


def _is_pull(row: Mapping[str, Any]) -> bool:
    return bool(row.get("isPullRequest")) and isinstance(row.get("num"), int)
