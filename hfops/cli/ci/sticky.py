"""One comment of ours under a pull request: found by its first line and its author, made, renewed, or left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from hfops.cli.ci.forge import ForgeError, Posted
from hfops.cli.ci.wire import Wire
from hfops.model.call import Repeat

TRIES = 3
GONE = 404


@dataclass(frozen=True, slots=True)
class Comment:
    """``author``: the user's login, or id; None where the account is gone."""

    id: int
    author: str | int | None
    body: str


class Comments(Protocol):
    """The comments of one pull request."""

    def me(self) -> str | int:
        """The token's own user, in the form of ``Comment.author``."""
        ...

    def all(self) -> Iterable[Comment]:
        """Every comment, by anybody."""
        ...

    def create(self, body: str) -> None:
        """Post one; an uncertain ForgeError where it may be there all the same."""
        ...

    def update(self, number: int, body: str) -> None:
        """Replace a text."""
        ...

    def delete(self, number: int) -> None:
        """Remove one; one that is gone is no error."""
        ...

    def pause(self) -> None:
        """Wait a moment."""
        ...


class Wired:
    """What the comments of every forge have in common: the list's path, one's, and the verb that replaces its text.

    ``needs``: the right that writing takes, for the advice in errors.
    """

    verb = "PUT"

    def __init__(self, wire: Wire, listed: str, one: str, needs: str) -> None:
        self._wire, self._list, self._one, self._needs = wire, listed, one, needs

    def create(self, body: str) -> None:
        """See ``Comments``, as for the others."""
        self._wire.write("POST", self._list, {"body": body}, repeat=Repeat.ONCE, needs=self._needs)

    def update(self, number: int, body: str) -> None:
        """Replace a text."""
        self._wire.write(self.verb, f"{self._one}/{number}", {"body": body}, needs=self._needs)

    def delete(self, number: int) -> None:
        """Remove one."""
        try:
            self._wire.write("DELETE", f"{self._one}/{number}", repeat=Repeat.CONFLICT, needs=self._needs)
        except ForgeError as error:
            if error.status != GONE:
                raise

    def pause(self) -> None:
        """Wait a moment."""
        self._wire.pause()


def put(comments: Comments, marker: str, body: str, *, create: bool) -> Posted:
    """See ``Forge.put_comment``."""
    if not marker or "\n" in marker or _first_line(body) != marker:
        raise ValueError("a sticky comment begins with its marker, on a line of its own")
    lost: tuple[Posted, ForgeError] | None = None
    for _ in range(TRIES):
        mine = _ours(comments, marker)
        if not mine and not create:
            return Posted.NONE
        try:
            done = _settled(comments, mine, body) if mine else _created(comments, body)
        except ForgeError as error:
            # Lost on the way, or removed by somebody since it was listed: look again.
            if not (error.uncertain or (mine and error.status == GONE)):
                raise
            lost = (Posted.UPDATED if mine else Posted.CREATED, error)
            comments.pause()
        else:
            return lost[0] if lost and done is Posted.SAME else done
    assert lost is not None
    raise lost[1]


def _created(comments: Comments, body: str) -> Posted:
    comments.create(body)
    return Posted.CREATED


def _ours(comments: Comments, marker: str) -> list[Comment]:
    """Ours, the oldest first. Anybody can write the marker; who we are is asked only where somebody did."""
    alike = [c for c in comments.all() if _first_line(c.body) == marker]
    if not alike:
        return []
    me = comments.me()
    return sorted((c for c in alike if c.author == me), key=lambda c: c.id)


def _settled(comments: Comments, mine: list[Comment], body: str) -> Posted:
    """The oldest says ``body``, and is alone. Renewed first: what is deleted then is never the only one."""
    oldest, *others = mine
    same = _plain(oldest.body) == _plain(body)
    if not same:
        comments.update(oldest.id, body)
    for other in others:
        comments.delete(other.id)
    return Posted.SAME if same else Posted.UPDATED


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].rstrip()


def _plain(text: str) -> str:
    """As forges keep it: they may change line ends, and drop blanks at the end."""
    return text.replace("\r\n", "\n").rstrip()
