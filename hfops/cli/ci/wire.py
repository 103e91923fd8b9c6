"""JSON over HTTP with a forge's API, on the same seam to the network as the Hub's client.

The token is added below redirects and pages, and for the API's own origin only. Reads are tried three times, and what
may be repeated too; what may not (a new comment) comes back as an uncertain ``ForgeError``: look before repeating.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlencode

from hfops.cli.ci.forge import ForgeError, Unreadable
from hfops.hub.clock import Clock
from hfops.hub.errors import AMBIGUOUS, HubError, Interrupted
from hfops.hub.links import next_page
from hfops.hub.retrying import Retrying
from hfops.hub.transport import Headers, Request, RequestsTransport, Response, Transport
from hfops.hub.urls import Origin, check_path, is_loopback, origin, shown
from hfops.hub.wrappers import Redirecting, Wrapper
from hfops.model.call import Repeat
from hfops.model.problem import HfopsError

MAX_DOWNLOAD = 64 * 1024 * 1024
"""Bytes of an artefact."""
MAX_PAGES = 100
"""Pages of one list; of a hundred rows each."""

Row = Mapping[str, Any]
Query = Mapping[str, str | int]

_SAID = 200
_GONE = frozenset({404, 410})
_DENIED = frozenset({401, 403, 404})


class Wire:
    """One API. ``secret``: the header that carries the token, and its value."""

    def __init__(
        self,
        api: str,
        secret: tuple[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._api, self._home = api, _home(api)
        self._headers = {"Accept": "application/json", "User-Agent": "hfops", **(headers or {})}
        self._clock = clock or Clock()
        signing = _Signing(transport or RequestsTransport(2), self._home, secret)
        self._transport = _FewHops(_ThreeTries(_Limited(signing, self._clock), self._clock))

    def get(self, path: str, query: Query | None = None, *, needs: str = "") -> Any:
        """A JSON answer. ``needs``: the permission that the call takes, said where it is refused."""
        return _json(self._ask(Request("GET", self._url(path, query), leaves_home=False), needs))

    def pages(
        self, path: str, query: Query | None = None, *, key: str = "", needs: str = ""
    ) -> Iterator[list[Row]]:
        """A list's pages; with ``key``, each is an object that holds its rows under that name."""
        url: str | None = self._url(path, {"per_page": 100, **(query or {})})
        seen: set[str] = set()
        while url is not None:
            if len(seen) == MAX_PAGES:
                raise ForgeError(f"GET {path}: more than {MAX_PAGES} pages; not read any further")
            seen.add(url)
            response = self._ask(Request("GET", url, leaves_home=False), needs)
            yield _rows(response, key)
            url = _next(response, self._home, seen)

    def rows(self, path: str, query: Query | None = None, *, needs: str = "") -> Iterator[Row]:
        """A list's rows, page after page."""
        for page in self.pages(path, query, needs=needs):
            yield from page

    def write(
        self, method: str, path: str, body: Any = None, *, repeat: Repeat = Repeat.SAME, needs: str = ""
    ) -> Any:
        """Send JSON; the JSON answer, None where it is empty. ``path`` may be a whole URL of the API's origin."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        response = self._ask(Request(method, self._url(path), headers, data, repeat), needs)
        return _json(response) if response.body else None

    def download(self, path: str, *, needs: str = "") -> bytes | None:
        """A file, also from another host, where the token does not go; None where it is gone."""
        try:
            body = self._ask(Request("GET", self._url(path)), needs).body
        except ForgeError as error:
            if error.status in _GONE:
                return None
            raise
        if len(body) > MAX_DOWNLOAD:
            raise Unreadable(f"GET {path}: {len(body):,} bytes; an artefact may have {MAX_DOWNLOAD:,}")
        return body

    def pause(self) -> None:
        """Let the forge come to rest before it is asked whether a lost request had its effect."""
        self._clock.sleep(self._clock.jitter(1, 3))

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def _url(self, path: str, query: Query | None = None) -> str:
        tail = f"?{urlencode(query)}" if query else ""
        if path.startswith("/"):
            return self._api + check_path(path) + tail
        if origin(path) != self._home:
            raise ForgeError(
                f"{path}: expected an address at {_host(self._home)}; the token is not sent to it"
            )
        return path + tail

    def _ask(self, request: Request, needs: str) -> Response:
        headers = {**self._headers, **request.headers}
        try:
            response = self._transport.send(replace(request, headers=headers))
        except Interrupted:
            raise
        except HubError as error:
            raise ForgeError(_in_our_words(error), uncertain=error.uncertain) from error
        if not 200 <= response.status < 300:
            _refused(request, response, needs)
        return response


class _Signing(Wrapper):
    """Adds the token to what goes to the API itself, and to nothing else."""

    def __init__(self, inner: Transport, home: Origin, secret: tuple[str, str]) -> None:
        super().__init__(inner)
        self._home, self._secret = home, secret

    def send(self, request: Request) -> Response:
        if origin(request.url) != self._home:
            return self._inner.send(request)
        name, value = self._secret
        return self._inner.send(replace(request, headers={**request.headers, name: value}))


class _Limited(Wrapper):
    """GitHub says 403 for "too many requests" too: with ``Retry-After``, or with nothing left until a moment."""

    def __init__(self, inner: Transport, clock: Clock) -> None:
        super().__init__(inner)
        self._clock = clock

    def send(self, request: Request) -> Response:
        response = self._inner.send(request)
        wait = self._wait(response.headers) if response.status == 403 else None
        if wait is None:
            return response
        return replace(response, status=429, headers=Headers({**response.headers, "Retry-After": wait}))

    def _wait(self, headers: Mapping[str, str]) -> str | None:
        if "Retry-After" in headers:
            return headers["Retry-After"]
        reset = headers.get("X-RateLimit-Reset", "")
        if headers.get("X-RateLimit-Remaining") != "0" or not (reset.isascii() and reset.isdigit()):
            return None
        return str(max(1, int(reset[:12]) - int(self._clock.now())))


class _ThreeTries(Retrying):
    ATTEMPTS: ClassVar[int] = 3


class _FewHops(Redirecting):
    """A renamed repository is one hop, an artefact's storage another."""

    LIMIT: ClassVar[int] = 2


def _home(api: str) -> Origin:
    where = origin(api)
    if where is None or (where[0] != "https" and not is_loopback(where)):
        raise HfopsError(f"{api}: expected an https address; a token is not sent over plain http")
    return where


def _host(where: Origin) -> str:
    return f"{where[0]}://{where[1]}:{where[2]}"


def _next(response: Response, home: Origin, seen: set[str]) -> str | None:
    try:
        return next_page(response, home, seen)
    except HubError as error:
        raise ForgeError(str(error)) from error


def _rows(response: Response, key: str) -> list[Row]:
    data = _json(response)
    if key:
        data = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(data, list) or not all(isinstance(row, Mapping) for row in data):
        raise ForgeError(f"GET {shown(response.url)}: expected a list of objects; is this the forge's API?")
    return data


def _json(response: Response) -> Any:
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise ForgeError(
            f"{shown(response.url)}: expected JSON, got {len(response.body)} bytes of something else; "
            "is this the forge's API?"
        ) from None


def _in_our_words(error: HubError) -> str:
    """The Hub client's message without a hint that is about the Hub."""
    message, _, hint = str(error).partition("; ")
    return message if "HF_ENDPOINT" in hint else str(error)


def _refused(request: Request, response: Response, needs: str) -> NoReturn:
    status = response.status
    line = f"{request.method} {shown(request.url)}: {status} {_said(response)}".rstrip()
    advice = ""
    if status in _DENIED and needs:
        advice = f"; the token needs {needs}"
    elif status == 429:
        advice = "; too many requests: run the job again later"
    # A write that was answered so may have worked all the same.
    uncertain = status in AMBIGUOUS and request.repeat is not Repeat.SAFE
    raise ForgeError(line + advice, status=status, uncertain=uncertain)


def _said(response: Response) -> str:
    """The forge's own words, short, on one line."""
    try:
        data = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, Mapping):
        return ""
    said = data.get("message") or data.get("error_description") or data.get("error") or ""
    text = said if isinstance(said, str) else json.dumps(said)
    return " ".join(text.split())[:_SAID]
