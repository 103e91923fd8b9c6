"""From an error answer to an error: the service's own words, cleaned, and a way out.

A body may be JSON of several shapes, plain text or a proxy's HTML page; nothing about it is taken for granted.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from hfops.hub.errors import StatusError, error_class
from hfops.hub.transport import Request, Response
from hfops.hub.urls import shown

LONGEST = 300
"""Characters of foreign text in one message."""

_READ = 20_000
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")

_HINTS = {
    400: "the Hub found the request itself wrong",
    401: "the token was refused: set HF_TOKEN to a valid one, or run `hf auth login`",
    402: "the plan or credit of this account does not cover it: see https://huggingface.co/settings/billing",
    403: "the token may not do this: give it the right at https://huggingface.co/settings/tokens, or ask an admin",
    404: "it is missing, or this token may not see it",
    409: "it exists already or changed meanwhile: plan again",
    412: "somebody else committed meanwhile: plan again",
    413: "the request is too large",
    429: "the rate limit is used up: wait some minutes, or lower --parallelism",
}
_UNSEEN_REPO = "it is missing, or private: set HF_TOKEN, or run `hf auth login`"
_GATED = "access to this gated repository was not granted: ask for it on its page"
_BROKEN = "the service failed: try again, or see https://status.huggingface.co"


def refused(request: Request, response: Response, redact: Callable[[str], str] | None = None) -> StatusError:
    """The error for an answer that is no success; ``redact`` masks secrets that the service may repeat."""
    mask = redact or str
    status, code = response.status, _clean(response.headers.get("X-Error-Code", ""))
    said = clean(explanation(response.headers, response.body, mask))
    line = f"{request.method} {mask(shown(request.url))}: {status}{_phrase(status)}"
    request_id = _clean(response.headers.get("X-Request-Id", ""))
    text = f"{line}: {said}" if said else line
    return error_class(status)(
        f"{text} ({_hint(status, code)})",
        status=status,
        method=request.method,
        url=shown(request.url),
        said=said,
        code=code or None,
        request_id=request_id or None,
        data=_parsed(response.body),
        uncertain=response.uncertain,
    )


def explanation(headers: Mapping[str, str], body: bytes, mask: Callable[[str], str] = str) -> str:
    """What the service says is wrong, in at most ``LONGEST`` printable characters; empty where it says nothing.

    ``mask`` sees every text whole: what is cut before could leave half a secret, which nothing would know again.
    """
    data = _parsed(body)
    found = "; ".join(dict.fromkeys(filter(None, (clean(mask(s)) for s in _said(data)))))
    if not found:
        found = mask(headers.get("X-Error-Message", ""))
    if not found and data is None and body.strip() != b"null":
        found = _as_text(body, mask)
    return clean(found)


def clean(text: str) -> str:
    """One line without control characters, terminal sequences or invisible marks, cut at ``LONGEST``."""
    return _cut(_clean(text))


def _clean(text: str) -> str:
    text = _ANSI.sub("", text[:_READ])
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(kept).split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _said(data: Any) -> Iterator[str]:
    """The messages in a JSON error body, whichever of the known shapes it has."""
    if isinstance(data, str):
        yield data
    if not isinstance(data, Mapping):
        return
    yield from _strings(data.get("error"))
    errors = data.get("errors")
    for one in errors if isinstance(errors, list) else []:
        yield from _strings(one.get("message") if isinstance(one, Mapping) else one)
    yield from _strings(data.get("error_description"))
    yield from _strings(data.get("message"))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return _strings(value.get("message"))
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _as_text(body: bytes, mask: Callable[[str], str]) -> str:
    text = mask(body.decode("utf-8", errors="replace"))[:_READ]
    if text.lstrip().startswith("<"):
        text = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text)))
    return text


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _hint(status: int, code: str) -> str:
    if code == "GatedRepo":
        return _GATED
    if status == 401 and code == "RepoNotFound":
        return _UNSEEN_REPO
    return _HINTS.get(status, _BROKEN if status >= 500 else "an answer that hfops did not expect")
