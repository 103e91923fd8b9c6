"""``HF_DEBUG``: every request as a curl command on stderr, with nothing secret in it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO
from urllib.parse import urlsplit

from hfops.hub.transport import Request, Response, Transport
from hfops.hub.urls import shown
from hfops.hub.wrappers import Wrapper

_LONGEST = 1000
_SECRET_KEYS = frozenset(
    {"secret", "password", "token", "subject_token", "access_token", "refresh_token", "authorization"}
)


class Debugging(Wrapper):
    """Prints each request before it leaves."""

    def __init__(
        self, inner: Transport, redact: Callable[[str], str] | None = None, out: TextIO | None = None
    ) -> None:
        super().__init__(inner)
        self._redact = redact or str
        self._out = out

    def send(self, request: Request) -> Response:
        """Print and hand on."""
        print(curl(request, self._redact), file=self._out or sys.stderr, flush=True)
        return self._inner.send(request)


def curl(request: Request, redact: Callable[[str], str] = str) -> str:
    """The request as a curl command. Masked before it is cut: half a secret is one too."""
    words = ["curl", "-X", request.method]
    for name, value in sorted(request.headers.items()):
        text = "Bearer <TOKEN>" if name.lower() == "authorization" else redact(value)
        words += ["-H", f"{name}: {text}"]
    if request.body is not None:
        words += ["-d", _shortened(redact(_masked_body(request)))]
    parts = urlsplit(request.url)
    words.append(redact(f"{parts.scheme}://{parts.netloc}{shown(request.url)}"))
    return shlex.join(words)


def _masked_body(request: Request) -> str:
    text = (request.body or b"").decode("utf-8", errors="replace")
    return "\n".join(_masked_line(line, urlsplit(request.url).path) for line in text.splitlines())


def _masked_line(line: str, path: str) -> str:
    """One JSON document (a commit has one a line) with the values of secret fields masked by name."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return json.dumps(_masked(data, inside=path.endswith("/secrets")), ensure_ascii=False)


def _masked(value: Any, *, inside: bool) -> Any:
    """``inside``: below a ``secrets`` field, where names may be shown and values may not."""
    if isinstance(value, Mapping):
        return {k: _masked_field(k, v, inside=inside) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(v, inside=inside) for v in value]
    return value


def _masked_field(key: str, value: Any, *, inside: bool) -> Any:
    if key.lower() in _SECRET_KEYS or (
        inside and isinstance(value, str) and key not in {"key", "description"}
    ):
        return "***" if isinstance(value, str) else value
    return _masked(value, inside=inside or key == "secrets")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text)} characters)"
