"""What the command line names: a namespace, an address, or the URL of either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from hfops.hub.config import HUB
from hfops.hub.urls import origin
from hfops.kinds.registry import KINDS
from hfops.kinds.repo.names import bad_id_part
from hfops.manifest.bind import suggest
from hfops.model.problem import HfopsError

REPOS = {"models": "Model", "datasets": "Dataset", "spaces": "Space", "collections": "Collection"}
"""First parts of paths on the Hub."""

CONSOLE = re.compile(r"/(?P<namespace>[^/]+)/endpoints/(?P<name>[^/]+)")
CONSOLES = ("endpoints.huggingface.co", "ui.endpoints.huggingface.co")
FORMS = "expected NAMESPACE, Kind/namespace/name, or a URL of the Hub"


@dataclass(frozen=True, slots=True)
class Target:
    """All of a namespace, or one resource in it."""

    namespace: str
    kind: str | None = None
    name: str | None = None


def parse_targets(texts: Sequence[str], endpoint: str) -> tuple[Target, ...]:
    """Every target once. ``endpoint`` is the Hub's own address. Raises HfopsError."""
    return tuple(dict.fromkeys(_parse(text, endpoint) for text in texts))


def _parse(text: str, endpoint: str) -> Target:
    if "://" in text:
        return _of_url(text, endpoint)
    parts = text.split("/")
    if len(parts) == 1:
        return Target(_good(text, text))
    if len(parts) == 2:
        forms = ", ".join(f"{kind}/{text}" for kind in ("Model", "Dataset", "Space"))
        raise HfopsError(f"{text!r}: which kind? Write one of {forms}")
    if len(parts) != 3 or not all(parts):
        raise HfopsError(f"{text!r}: {FORMS}")
    kind = parts[0]
    if kind not in KINDS:
        near = suggest(kind, KINDS)
        raise HfopsError(f"{text!r}: unknown kind {kind!r}" + (f" (did you mean {near!r}?)" if near else ""))
    return Target(_good(parts[1], text), kind, _good(parts[2], text))


def _of_url(text: str, endpoint: str) -> Target:
    where, path = origin(text), unquote(urlsplit(text).path)
    if where is not None and where[1] in CONSOLES and (found := CONSOLE.match(path)):
        return Target(_good(found["namespace"], text), "InferenceEndpoint", _good(found["name"], text))
    if where is None or where not in (origin(endpoint), origin(HUB)):
        raise HfopsError(f"{text!r}: not a URL of {endpoint}; {FORMS}")
    base = urlsplit(endpoint).path
    parts = [part for part in path.removeprefix(base).split("/") if part]
    if parts and parts[0] in REPOS:
        kind, parts = REPOS[parts[0]], parts[1:]
    else:
        kind = "Model"
    if len(parts) == 1:
        return Target(_good(parts[0], text))
    if len(parts) < 2:
        raise HfopsError(f"{text!r}: {FORMS}")
    return Target(_good(parts[0], text), kind, _good(parts[1], text))


def _good(part: str, text: str) -> str:
    if why := bad_id_part(part):
        raise HfopsError(f"{text!r}: {part!r} {why}; {FORMS}")
    return part
