"""The one seam to the network: a request goes in, a whole response comes out. Wrappers stack on it.

``Transport`` is the whole contract. ``RequestsTransport`` is the real one; tests hand in their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from hfops.hub.errors import BadAnswer
from hfops.hub.urls import shown
from hfops.model.call import Repeat


class Headers(Mapping[str, str]):
    """Read-only headers; names compare without case."""

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items
        self._items = {name.lower(): (name, value) for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


@dataclass(frozen=True, repr=False)
class Request:
    """One HTTP request. ``timeout``: seconds to connect, and seconds without a byte while reading.

    ``window``: seconds after which what came of the body is all that is wanted of it, for streams that never end.
    ``leaves_home``: whether a redirect to another origin is followed; else it is the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeat: Repeat = Repeat.SAFE
    timeout: tuple[float, float] = (10, 60)
    window: float | None = None
    leaves_home: bool = True

    def __repr__(self) -> str:
        # Headers and body hold tokens and secrets, and a repr ends up in logs and tracebacks.
        return f"<Request {self.method} {shown(self.url)}>"


@dataclass(frozen=True, repr=False)
class Response:
    """A whole answer, its body read.

    ``uncertain``: an earlier attempt's effect is unknown, so a 404 or 409 may be that attempt's own doing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    uncertain: bool = False

    def __repr__(self) -> str:
        return f"<Response {self.status} {shown(self.url)}>"

    @property
    def text(self) -> str:
        """The body as UTF-8; undecodable bytes are replaced."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def date(self) -> datetime | None:
        """The server's clock, from the ``Date`` header."""
        return http_date(self.headers.get("Date"))

    def json(self) -> Any:
        """The body as JSON; raises ``BadAnswer``."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("Content-Type", "no content type")
            raise BadAnswer(
                f"{shown(self.url)}: expected JSON, got {len(self.body)} bytes of something else ({kind!r}); "
                "does HF_ENDPOINT lead to the Hub, and nothing in between answers for it?"
            ) from None


class Transport(Protocol):
    """What sends. Raises ``HubError``s and nothing else; any thread may call it."""

    def send(self, request: Request) -> Response:
        """The answer, whatever its status."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class RequestsTransport:
    """The network, over pooled keep-alive connections. Follows no redirect, keeps no cookie, reads no .netrc."""

    def __init__(self, pool_size: int = 8) -> None:
        # Loading requests takes longer than all the rest of a start; commands that never connect skip it.
        from hfops.hub.wire import Wire  # noqa: PLC0415

        self._wire = Wire(pool_size)

    def send(self, request: Request) -> Response:
        """Send, and read the body to its end."""
        return self._wire.send(request)

    def close(self) -> None:
        """Close the idle connections."""
        self._wire.close()


def http_date(text: str | None) -> datetime | None:
    """An HTTP date, None where there is none that can be read."""
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
