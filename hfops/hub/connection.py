"""Reading and writing as two objects. What plans is given the ``Reader``, and the ``Reader`` cannot write.

The stack, outermost first (each ``Reader`` adds ``ReadOnly`` on top):

    Redirecting > Retrying > Throttling > Counting > Authorizing > Debugging > the network
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event
from typing import Any, Self
from urllib.parse import urlencode

from hfops import __version__
from hfops.hub.clock import Clock
from hfops.hub.config import Settings
from hfops.hub.debugging import Debugging
from hfops.hub.errors import BadAnswer, NotFound
from hfops.hub.links import next_page
from hfops.hub.redact import Redactor
from hfops.hub.refusals import refused
from hfops.hub.retrying import Retrying
from hfops.hub.throttling import Quota, Throttling
from hfops.hub.token import Token
from hfops.hub.transport import Request, RequestsTransport, Response, Transport
from hfops.hub.trust import refuse_plain_http, trusted
from hfops.hub.urls import check_path, origin, shown
from hfops.hub.wrappers import Authorizing, Counting, Offline, ReadOnly, Redirecting
from hfops.model.call import Api, Repeat

Params = Mapping[str, str | list[str]]
Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]

USER_AGENT = f"hfops/{__version__}; python/{'.'.join(platform.python_version_tuple()[:2])}"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Line:
    """A transport, and what it takes to make requests of paths and errors of refusals."""

    transport: Transport
    settings: Settings
    authenticated: bool
    redact: Callable[[str], str] | None = None

    def url(self, path: str, api: Api, params: Params | None = None) -> str:
        """The whole URL of a path; a list of values repeats its key."""
        base = self.settings.endpoint if api is Api.HUB else self.settings.endpoints_api
        query = urlencode(dict(params), doseq=True) if params else ""
        joint = "&" if "?" in path else "?"
        return base + check_path(path) + (joint + query if query else "")

    def send(self, request: Request) -> Response:
        """The answer if it is a success; raises ``StatusError`` else."""
        response = self.transport.send(_introduced(request))
        if not 200 <= response.status < 300:
            raise refused(request, response, self.redact)
        return response


@dataclass(frozen=True)
class Meter:
    """What both connections share: how much was sent, and how much may be."""

    counting: Counting
    throttling: Throttling


class Reader:
    """Reads, from both services. Any thread may use it; it holds no way to write."""

    def __init__(self, line: Line, meter: Meter) -> None:
        self._line = replace(line, transport=ReadOnly(line.transport))
        self._meter = meter

    @property
    def requests(self) -> int:
        """Requests over the wire so far, by both connections, repeats and redirects included."""
        return self._meter.counting.count

    @property
    def quota(self) -> dict[str, Quota]:
        """The rate limit's buckets as the last answers named them."""
        return self._meter.throttling.quota

    @property
    def authenticated(self) -> bool:
        """Whether there is a token."""
        return self._line.authenticated

    def get(self, path: str, params: Params | None = None, *, api: Api = Api.HUB) -> Any:
        """The JSON at ``path``, which is relative to the service's base; raises ``HubError``s."""
        return self._fetch(self._line.url(path, api, params)).json()

    def get_or_none(self, path: str, params: Params | None = None, *, api: Api = Api.HUB) -> Any | None:
        """Like ``get``, and None for a 404, which says *missing or not visible*."""
        try:
            return self.get(path, params, api=api)
        except NotFound:
            return None

    def pages(self, path: str, params: Params | None = None, *, api: Api = Api.HUB) -> Iterator[list[Any]]:
        """Lists, page by page along ``Link: rel=next``; stop asking and no further page is read."""
        url: str | None = self._line.url(path, api, params)
        home, seen = origin(url or ""), set[str]()
        while url is not None:
            seen.add(url)
            response = self._fetch(url)
            page = response.json()
            if not isinstance(page, list):
                raise BadAnswer(f"GET {shown(url)}: expected a list, got {type(page).__name__}")
            yield page
            url = next_page(response, home, seen)

    def text(self, path: str, *, api: Api = Api.HUB) -> str | None:
        """A file's text (``/resolve/``), None for a 404; raises ``BadAnswer`` where it is not UTF-8."""
        body = self.content(path, api=api)
        try:
            return None if body is None else body.decode()
        except UnicodeDecodeError:
            raise BadAnswer(f"GET {shown(path)}: the file is not UTF-8 text") from None

    def content(self, path: str, *, api: Api = Api.HUB) -> bytes | None:
        """A file's bytes (``/resolve/``), None for a 404."""
        try:
            return self._fetch(self._line.url(path, api), accept="*/*").body
        except NotFound:
            return None

    def head(self, path: str, *, api: Api = Api.HUB) -> Mapping[str, str] | None:
        """The headers of a file (``/resolve/``), None for a 404. Where its bytes are stored elsewhere, that is not followed."""
        request = _introduced(
            Request("HEAD", self._line.url(path, api), {"Accept": "*/*"}, leaves_home=False)
        )
        response = self._line.transport.send(request)
        if response.status == 404:
            return None
        if not 200 <= response.status < 400:
            raise refused(request, response, self._line.redact)
        return response.headers

    def tail(self, path: str, seconds: float, *, api: Api = Api.HUB) -> list[str]:
        """The ``data:`` lines of an event stream, as far as they come within ``seconds``."""
        request = Request(
            "GET", self._line.url(path, api), {"Accept": "text/event-stream"},
            timeout=(5, seconds), window=seconds,
        )  # fmt: skip
        lines = self._line.send(request).text.splitlines()
        return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]

    def probe(self, url: str) -> int:
        """The status of a whole URL, such as a running endpoint's health; asked once, polling is the caller's.

        The token goes along only where it may (``*.endpoints.huggingface.cloud``).
        """
        request = Request("GET", url, {"Accept": "*/*"}, repeat=Repeat.ONCE, timeout=(5, 20))
        return self._line.transport.send(_introduced(request)).status

    def _fetch(self, url: str, accept: str = "application/json") -> Response:
        return self._line.send(Request("GET", url, {"Accept": accept}))


@dataclass(frozen=True)
class Answer:
    """What a write was answered. ``data``: the JSON, else the text, else None; ``date``: the server's clock."""

    status: int
    data: Any
    uncertain: bool
    date: datetime | None


class Writer:
    """Writes, and cannot read."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def send(self, method: str, path: str, body: Body | None, repeat: Repeat, api: Api = Api.HUB) -> Answer:
        """Make one call; raises ``HubError``s. The lines of a commit are sent as NDJSON, one object a line."""
        if method not in _WRITES:
            raise ValueError(f"{method} is no write")
        kind, data = _encoded(body, lines="/commit/" in path)
        headers = {"Accept": "application/json"} | ({"Content-Type": kind} if kind else {})
        response = self._line.send(Request(method, self._line.url(path, api), headers, data, repeat))
        return Answer(response.status, _content(response), response.uncertain, response.date)


@dataclass(frozen=True)
class Connections:
    """The reader, and the door to a writer that nobody opens by accident."""

    reader: Reader
    open_writer: Callable[[], Writer]
    transport: Transport

    def writer(self) -> Writer:
        """A connection that writes; it shares the pool, the throttle and the counters."""
        return self.open_writer()

    def close(self) -> None:
        """Give the pooled connections back."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_connections(
    settings: Settings,
    token: Token | None,
    *,
    pool_size: int = 8,
    stop: Event | None = None,
    redact: Callable[[str], str] | None = None,
    transport: Transport | None = None,
    clock: Clock | None = None,
) -> Connections:
    """Connections to both services; nothing is sent yet. ``stop`` ends every wait; ``transport`` is for tests."""
    if token is not None:
        refuse_plain_http(settings)
    clock, redact = clock or Clock(stop), redact or _masking(token)
    network = Offline() if settings.offline else transport or RequestsTransport(pool_size)
    inner = Debugging(network, redact) if settings.debug else network
    counting = Counting(Authorizing(inner, token, trusted(settings)))
    throttling = Throttling(counting, settings.endpoint, clock)
    stack = Redirecting(Retrying(throttling, clock))
    line = Line(stack, settings, token is not None, redact)
    return Connections(Reader(line, Meter(counting, throttling)), lambda: Writer(line), stack)


def _masking(token: Token | None) -> Redactor:
    redactor = Redactor()
    if token is not None:
        redactor.add(token.value)
    return redactor


def _introduced(request: Request) -> Request:
    return replace(request, headers={"User-Agent": USER_AGENT, **request.headers})


def _encoded(body: Body | None, *, lines: bool) -> tuple[str, bytes | None]:
    if body is None:
        return "", None
    if isinstance(body, Mapping) or not lines:
        return "application/json", _json(body)
    return "application/x-ndjson", b"".join(_json(one) + b"\n" for one in body)


def _json(value: Body) -> bytes:
    plain = dict(value) if isinstance(value, Mapping) else list(value)
    return json.dumps(plain, allow_nan=False, separators=(",", ":")).encode()


def _content(response: Response) -> Any:
    """The call is done, so that an odd body is no failure any more."""
    try:
        return response.json() if response.body else None
    except BadAnswer:
        return response.text
