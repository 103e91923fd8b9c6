"""Small transports around a transport: each does one thing, and they stack in any order that makes sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import ClassVar

from hfops.hub.errors import BadAnswer, OfflineError
from hfops.hub.token import Token
from hfops.hub.transport import Request, Response, Transport
from hfops.hub.urls import is_loopback, joined, origin, shown

READS = frozenset({"GET", "HEAD"})


class Wrapper:
    """A transport that hands on to another."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request) -> Response:
        """Hand on."""
        return self._inner.send(request)

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()


class WriteRefused(RuntimeError):
    """A bug in hfops: something tried to write on the connection that only reads."""


class ReadOnly(Wrapper):
    """Lets GET and HEAD through and nothing else."""

    def send(self, request: Request) -> Response:
        """Hand on a read; anything else raises ``WriteRefused`` and is not sent."""
        if request.method not in READS:
            raise WriteRefused(f"{request.method} {shown(request.url)} on a connection that only reads")
        return self._inner.send(request)


class Recording(Wrapper):
    """Remembers ``(method, url, status)`` of every request; the status is None where no answer came."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self.seen: list[tuple[str, str, int | None]] = []

    def send(self, request: Request) -> Response:
        """Hand on, and note what came of it."""
        status = None
        try:
            response = self._inner.send(request)
            status = response.status
        finally:
            self.seen.append((request.method, request.url, status))
        return response


class Counting(Wrapper):
    """Counts what goes over the wire: repeats and redirects too, since the quota counts them."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self._lock = Lock()
        self.count = 0

    def send(self, request: Request) -> Response:
        """Count and hand on."""
        with self._lock:
            self.count += 1
        return self._inner.send(request)


class Offline:
    """Stands where the network would: nothing leaves."""

    def send(self, request: Request) -> Response:
        """Raise ``OfflineError``."""
        raise OfflineError(
            f"{request.method} {shown(request.url)}: offline mode forbids it; "
            "unset HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) to reach the Hub"
        )

    def close(self) -> None:
        """Nothing to close."""


class Authorizing(Wrapper):
    """The one place where the token joins a request, and only for URLs that ``trusts`` accepts.

    It stands below redirects and pagination, so that whatever leads elsewhere leads there without the token.
    """

    def __init__(self, inner: Transport, token: Token | None, trusts: Callable[[str], bool]) -> None:
        super().__init__(inner)
        self._token = token
        self._trusts = trusts

    def send(self, request: Request) -> Response:
        """Hand on with the token where it may go, without any ``Authorization`` elsewhere."""
        headers = _without_authorization(request)
        if self._token is not None and self._trusts(request.url):
            headers["Authorization"] = f"Bearer {self._token.value}"
        return self._inner.send(replace(request, headers=headers))


class Redirecting(Wrapper):
    """Follows redirects: reads anywhere, writes by 307 and 308 within their origin.

    Whatever the request carries as ``Authorization`` stays behind at another origin.
    """

    LIMIT: ClassVar[int] = 5
    _REDIRECTS: ClassVar[frozenset[int]] = frozenset({301, 302, 303, 307, 308})

    def send(self, request: Request) -> Response:
        """The answer at the end of the redirects; raises ``BadAnswer`` for one that may not be followed."""
        uncertain = False
        for _ in range(self.LIMIT + 1):
            response = self._inner.send(request)
            uncertain = uncertain or response.uncertain
            location = response.headers.get("Location")
            stays = not request.leaves_home and origin(joined(request.url, location or "")) != origin(
                request.url
            )
            if response.status not in self._REDIRECTS or not location or stays:
                return replace(response, uncertain=uncertain)
            request = _redirected(request, response, joined(request.url, location))
        raise BadAnswer(f"{request.method} {shown(request.url)}: more than {self.LIMIT} redirects")


def _redirected(request: Request, response: Response, target: str) -> Request:
    here, there = origin(request.url), origin(target)
    line = f"{request.method} {shown(request.url)}"
    if here is None or there is None:
        raise BadAnswer(f"{line}: redirected to an address that is not a plain web address")
    if request.method not in READS and (response.status not in {307, 308} or here != there):
        raise BadAnswer(
            f"{line}: a write was answered with a redirect ({response.status}) to {there[1]}; "
            "nothing was changed. Is HF_ENDPOINT the Hub's own address?"
        )
    if here[0] == "https" and there[0] == "http" and not is_loopback(there):
        raise BadAnswer(f"{line}: redirected from https to plain http at {there[1]}")
    headers = dict(request.headers) if here == there else _without_authorization(request)
    return replace(request, url=target, headers=headers)


def _without_authorization(request: Request) -> dict[str, str]:
    return {k: v for k, v in request.headers.items() if k.lower() != "authorization"}
