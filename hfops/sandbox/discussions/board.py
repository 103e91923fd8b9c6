"""The discussions of one repository. Numbers rise and are never used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hfops.sandbox.git import PULLS, Commit
from hfops.sandbox.manners import RefusalError
from hfops.sandbox.repos import Repo
from hfops.sandbox.state import Hub

OPEN, CLOSED, DRAFT, MERGED = "open", "closed", "draft", "merged"


@dataclass(slots=True)
class Happening:
    """One entry of a discussion: a comment, a change of status or title, a commit."""

    id: str
    type: str
    author: str
    when: datetime
    data: dict[str, Any]


@dataclass(slots=True)
class Discussion:
    """A discussion; ``base`` is the commit that a pull request branched from, None for all others."""

    num: int
    title: str
    author: str
    created: datetime
    base: Commit | None = None
    status: str = OPEN
    pinned: bool = False
    merged_as: str | None = None
    events: list[Happening] = field(default_factory=list)
    uid: str = ""

    @property
    def is_pull(self) -> bool:
        """Whether it proposes a change."""
        return self.base is not None

    @property
    def ref(self) -> str:
        """The ref that holds a pull request's commits."""
        return f"{PULLS}{self.num}"

    @property
    def live(self) -> bool:
        """Whether it still waits for an end."""
        return self.status in (OPEN, DRAFT)

    def comment(self, comment_id: str) -> Happening:
        """A comment by its id, in any case; 404 otherwise."""
        for event in self.events:
            if event.type == "comment" and event.id == comment_id.lower():
                return event
        raise RefusalError(404, f"No comment {comment_id} in discussion {self.num}")


@dataclass(slots=True)
class Board:
    """All discussions of a repository, by number."""

    last: int = 0
    all: dict[int, Discussion] = field(default_factory=dict)

    def find(self, num: str) -> Discussion:
        """The discussion of that number; 404 otherwise."""
        found = self.all.get(int(num)) if num.isdecimal() else None
        if found is None:
            raise RefusalError(404, f"Discussion {num} does not exist")
        return found


def board_of(repo: Repo) -> Board:
    """A repository's discussions."""
    found = repo.facets.setdefault("discussions", Board())
    assert isinstance(found, Board)
    return found


def pull_at(repo: Repo, ref: str) -> Discussion | None:
    """The pull request whose commits a ref holds."""
    number = ref.removeprefix(PULLS)
    return board_of(repo).all.get(int(number)) if ref.startswith(PULLS) and number.isdecimal() else None


def open_discussion(
    hub: Hub, repo: Repo, author: str, title: str, *, base: Commit | None = None
) -> Discussion:
    """A new discussion, with ``base`` a pull request whose ref starts there."""
    board = board_of(repo)
    board.last += 1
    made = Discussion(board.last, title[:200], author, hub.now(), base, uid=hub.new_id())
    board.all[made.num] = made
    if base is not None:
        repo.git.refs[made.ref] = base.id
    return made


def happen(hub: Hub, discussion: Discussion, kind: str, author: str, data: dict[str, Any]) -> Happening:
    """Write one entry."""
    made = Happening(hub.new_id(), kind, author, hub.now(), data)
    discussion.events.append(made)
    return made


def say(hub: Hub, discussion: Discussion, author: str, text: str) -> Happening:
    """A comment; ``history`` holds its texts, the newest first."""
    version = {"raw": text, "author": author, "when": hub.now()}
    return happen(
        hub, discussion, "comment", author, {"edited": False, "hidden": False, "history": [version]}
    )


def tell(
    hub: Hub,
    repo: Repo,
    discussion: Discussion,
    action: str = "update",
    *,
    scope: str = "discussion",
    comment: Happening | None = None,
) -> None:
    """Tell the watchers what happened to a discussion, or (scope ``discussion.comment``) to a comment in it."""
    body = {"action": action, "scope": scope, "discussion": discussion, "comment": comment}
    hub.notify("discussed", repo, body)


def note_commit(hub: Hub, repo: Repo, ref: str, made: Commit) -> None:
    """A commit on a pull request's ref shows in it."""
    if pull := pull_at(repo, ref):
        happen(hub, pull, "commit", made.author, {"subject": made.title, "oid": made.id})
