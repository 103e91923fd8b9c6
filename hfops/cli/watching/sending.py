"""Reports over HTTP: one request to one URL, with no token of the Hub's, and no redirect followed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hfops import __version__
from hfops.hub.errors import AMBIGUOUS, HubError, NotSent
from hfops.hub.transport import Request, Transport
from hfops.hub.urls import is_loopback, origin
from hfops.model.problem import HfopsError

SECONDS = 10.0
"""To connect, to hear the first of the answer, and to hear the rest of it."""
TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; twice as long before the third."""
AGAIN = AMBIGUOUS | {425, 429}

_SECRETIVE = re.compile(r"token|secret|password|signature|policy|credential|key", re.IGNORECASE)


class Undelivered(HfopsError):
    """A report that nobody took."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where reports go. ``fields`` are those of a form, in which the report is the last, under ``name``."""

    url: str = field(repr=False)
    method: Literal["POST", "PUT"] = "POST"
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    name: str | None = None
    """The report's field; None: the report is the body."""

    @property
    def shown(self) -> str:
        """The host alone: a path may be as secret as a token."""
        where = origin(self.url)
        assert where is not None
        return f"{where[0]}://{where[1]}:{where[2]}"

    def request(self, report: str) -> Request:
        """The request that carries ``report``, a JSON text."""
        content_type, body = self._body(report)
        headers = {"Content-Type": content_type, "User-Agent": f"hfops/{__version__}", "Accept": "*/*"}
        return Request(self.method, self.url, headers, body, timeout=(SECONDS, SECONDS), window=SECONDS)

    def _body(self, report: str) -> tuple[str, bytes]:
        if self.name is None:
            return "application/json", report.encode()
        from urllib3.filepost import encode_multipart_formdata

        # In this order: a store's upload form wants what it checks before what it keeps.
        body, content_type = encode_multipart_formdata([*self.fields, (self.name, report)])
        return content_type, body


class Sender:
    """Delivers reports. ``pause`` waits so many seconds and says whether to go on."""

    def __init__(self, target: Target, transport: Transport, pause: Callable[[float], bool]) -> None:
        self._target, self._transport, self._pause = target, transport, pause

    def send(self, report: str) -> None:
        """Deliver one, in up to three tries: it may arrive twice. Raises Undelivered."""
        request, said = self._target.request(report), ""
        for attempt in range(TRIES):
            if attempt and not self._pause(PAUSE * 2 ** (attempt - 1)):
                said += ", and hfops is stopping"
                break
            said, again = self._try(request)
            if not said:
                return
            if not again:
                break
        raise Undelivered(f"report not delivered to {self._target.shown}: {said}")

    def _try(self, request: Request) -> tuple[str, bool]:
        """What went wrong, empty where nothing did, and whether another try makes sense."""
        try:
            status = self._transport.send(request).status
        except NotSent as error:
            return "no connection", not error.lasting
        except HubError:
            return f"no answer within {SECONDS:g} s, or a broken one", True
        if 200 <= status < 300:
            return "", False
        followed = ": redirects are not followed" if 300 <= status < 400 else ""
        return f"it answered {status}{followed}", status in AGAIN


@dataclass(frozen=True, slots=True)
class Asked:
    """The options about reports, as given. ``variables`` are fields whose values are in the environment."""

    url: str | None = None
    method: str = "POST"
    fields: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    name: str | None = None


def target_of(asked: Asked, environ: Mapping[str, str], hide: Callable[[str], object]) -> Target | None:
    """Where to report to, what may be secret in it hidden from every output. Raises HfopsError for what cannot be used."""
    form = bool(asked.fields or asked.variables or asked.name)
    if asked.url is None:
        if form:
            raise HfopsError(
                "--report-field and --report-as say how to report; say where to, with --report URL"
            )
        return None
    hide(asked.url)
    _refuse_open(asked.url)
    if form and asked.method == "PUT":
        raise HfopsError("--report-field: forms are sent with POST; leave out --report-method PUT")
    fields = (*_literal(asked.fields, hide), *_variables(asked.variables, environ, hide))
    method: Literal["POST", "PUT"] = "PUT" if asked.method == "PUT" else "POST"
    return Target(asked.url, method, fields, (asked.name or "report") if form else None)


def _refuse_open(url: str) -> None:
    where = origin(url)
    if where is None:
        raise HfopsError(
            "--report: expected a URL such as https://ci.acme.example/drift, without a user name"
        )
    if where[0] != "https" and not is_loopback(where):
        raise HfopsError(
            f"--report: what drifted would go to {where[1]} over plain http, readable on the way; use https"
        )


def _literal(texts: tuple[str, ...], hide: Callable[[str], object]) -> list[tuple[str, str]]:
    pairs = [_pair("--report-field", text, "VALUE") for text in texts]
    for name, value in pairs:
        if _SECRETIVE.search(name):
            hide(value)
    return pairs


def _variables(
    texts: tuple[str, ...], environ: Mapping[str, str], hide: Callable[[str], object]
) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        name, variable = _pair("--report-field-env", text, "VARIABLE")
        if variable not in environ:
            raise HfopsError(f"--report-field-env {name}={variable}: not set; export {variable}=…")
        hide(environ[variable])
        found.append((name, environ[variable]))
    return found


def _pair(option: str, text: str, what: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise HfopsError(f"{option}: expected NAME={what}")  # never the text: it may be a secret alone
    return name, value
