"""The real transport, on the connection pool of ``requests``.

The adapter is used without a ``Session``. A session is not safe to share between threads, keeps cookies and
adds passwords from .netrc; the adapter has none of this, and its pool is thread safe.
"""

from __future__ import annotations

import os
import ssl
import time

from requests import PreparedRequest
from requests import Response as Raw
from requests import exceptions as rex
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from hfops.hub.errors import BadAnswer, CutOff, HubError, LostAnswer, NotSent
from hfops.hub.transport import Headers, Request, Response
from hfops.hub.urls import is_loopback, origin, shown

MAX_BODY = 100_000_000
"""Bytes: no answer that hfops reads is anywhere near it."""
MAX_SECONDS = 300.0
"""A body that trickles never runs into the time-out between bytes; this one ends it."""

_IMPOSSIBLE = (rex.InvalidURL, rex.InvalidSchema, rex.MissingSchema, rex.InvalidHeader, rex.InvalidProxyURL)


class Wire:
    """Pooled connections; safe to use from many threads."""

    def __init__(self, pool_size: int) -> None:
        self._adapter = HTTPAdapter(pool_connections=pool_size, pool_maxsize=pool_size)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def send(self, request: Request) -> Response:
        """One request, one answer with its whole body."""
        try:
            raw = self._adapter.send(
                _prepared(request),
                stream=True,
                timeout=request.timeout,
                verify=self._verify,
                proxies=_proxies(request.url),
            )
        except (rex.RequestException, HTTPError, OSError, ValueError) as error:
            raise _failure(request, error) from error
        with raw:
            body = _body(request, raw) if request.window is None else _glimpse(raw, request.window)
        return Response(raw.status_code, Headers(raw.headers), body, request.url)

    def close(self) -> None:
        """Close the idle connections."""
        self._adapter.close()


def _prepared(request: Request) -> PreparedRequest:
    prepared = PreparedRequest()
    headers = {"Accept-Encoding": "gzip, deflate", **request.headers}
    prepared.prepare(method=request.method, url=request.url, headers=headers, data=request.body)
    return prepared


def _proxies(url: str) -> dict[str, str]:
    """The environment's proxies; none for this machine, which no proxy could reach."""
    where = origin(url)
    if where and is_loopback(where):
        return {}
    return dict(get_environ_proxies(url))


def _body(request: Request, raw: Raw) -> bytes:
    chunks: list[bytes] = []
    size, deadline = 0, time.monotonic() + MAX_SECONDS
    try:
        for chunk in raw.iter_content(65536):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY:
                raise BadAnswer(f"{_line(request)}: the answer is larger than {MAX_BODY:,} bytes")
            if time.monotonic() > deadline:
                raise CutOff(f"{_line(request)}: the answer was still coming after {MAX_SECONDS:.0f} s")
    except (rex.RequestException, HTTPError, OSError) as error:
        raise CutOff(
            f"{_line(request)}: the answer was cut off after {size} bytes ({_reason(error)})"
        ) from error
    return b"".join(chunks)


def _glimpse(raw: Raw, seconds: float) -> bytes:
    """What comes of an endless body within a time; silence or a broken connection ends it sooner."""
    chunks: list[bytes] = []
    size, deadline = 0, time.monotonic() + seconds
    try:
        for chunk in raw.iter_content(None):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY or time.monotonic() > deadline:
                break
    except (rex.RequestException, HTTPError, OSError):
        pass  # what came before is worth having
    return b"".join(chunks)


def _failure(request: Request, error: Exception) -> HubError:
    """Which of ours an exception is: surely not sent, or lost on the way. In doubt it is lost."""
    host = _host(request.url)
    if unsent := _unsent(request, error, host):
        return unsent
    if isinstance(error, _IMPOSSIBLE) or not isinstance(error, (rex.RequestException, HTTPError)):
        return NotSent(f"{_line(request)}: cannot be sent ({_reason(error)})", lasting=True)
    if isinstance(error, rex.Timeout):
        return LostAnswer(f"{_line(request)}: {host} sent no answer within {request.timeout[1]:g} s")
    return LostAnswer(
        f"{_line(request)}: the connection to {host} broke before the answer ({_reason(error)})"
    )


def _unsent(request: Request, error: Exception, host: str) -> NotSent | None:
    """The failures of making a connection."""
    if isinstance(error, rex.SSLError) and _has_cause(error, ssl.SSLCertVerificationError):
        return NotSent(
            f"the certificate of {host} is not trusted ({_reason(error)}); "
            "behind a company proxy, set REQUESTS_CA_BUNDLE to its CA file",
            lasting=True,
        )
    if isinstance(error, rex.ConnectTimeout):
        return NotSent(f"no connection to {host} within {request.timeout[0]:g} s; is the network up?")
    if isinstance(error, rex.ProxyError):
        return NotSent(
            f"the proxy for {host} cannot be used ({_reason(error)}); see HTTPS_PROXY and NO_PROXY"
        )
    if _never_connected(error):
        return NotSent(
            f"cannot connect to {host} ({_reason(error)}); is the network up, and HF_ENDPOINT right?"
        )
    return None


def _never_connected(error: Exception) -> bool:
    inner = error.args[0] if error.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what is inside it: ``requests`` hides the cause in arguments and ``reason``."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def _has_cause(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(one, kind) for one in _causes(error))


def _reason(error: BaseException) -> str:
    """The operating system's words where there are some, else the innermost name: never a URL, never a dump."""
    for one in _causes(error):
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
    innermost = _causes(error)[-1]
    return type(innermost).__name__


def _line(request: Request) -> str:
    return f"{request.method} {shown(request.url)}"


def _host(url: str) -> str:
    where = origin(url)
    return f"{where[1]}:{where[2]}" if where else "the host"
