"""Requests and routes. Routing works on the raw path: a branch ``a/b`` arrives as one segment ``a%2Fb``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.bodies import checked, parse_json
from hfops.sandbox.manners import MovedError
from hfops.sandbox.people import Caller
from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.state import Hub

M = TypeVar("M", bound=BaseModel)

SEGMENTS = {
    "kind": "models|datasets|spaces",
    "spaces": "spaces",
    "prefix": "datasets/|spaces/|",
    "path": ".+",
    "repo": "[^/]+?",
    "rev": "refs/(?:pr|convert)/[^/]+|[^/]+",
}
"""What a slot of a template matches; any other slot is one segment."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came over the wire; ``path`` is raw, ``query`` without its question mark."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    peer: str

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler gets: the request, who sent it, the slots of its path, the Hub."""

    hub: Hub
    request: Incoming
    caller: Caller
    match: re.Match[str]

    @property
    def query(self) -> QueryParams:
        """The query's keys, each perhaps more than once."""
        return QueryParams(self.request.query)

    @property
    def base(self) -> str:
        """The sandbox's own address as the caller knows it."""
        return f"http://{self.request.headers.get('host', '127.0.0.1')}"

    def slot(self, name: str) -> str:
        """A slot of the path, decoded."""
        return unquote(self.match[name])

    def flag(self, name: str) -> bool:
        """Whether a query key says yes."""
        return self.query.get(name, "").lower() in ("1", "true")

    def asked(self, name: str) -> list[str]:
        """The values of a repeated query key, ``name`` and ``name[]`` alike."""
        return [*self.query.getlist(name), *self.query.getlist(f"{name}[]")]

    def json(self, model: type[M]) -> M:
        """The JSON body as ``model``; 400 otherwise."""
        return checked(model, parse_json(self.request.body))

    @property
    def kind(self) -> Kind:
        """The repository type that the path names."""
        slots = self.match.groupdict()
        word = slots.get("kind") or slots.get("spaces") or slots.get("prefix") or "models"
        return Kind(word.rstrip("/").removesuffix("s"))

    def repo(self, *, write: bool = False) -> Repo:
        """The repository that the path names, if the caller may read (and ``write``) it.

        A name that was left by a move is redirected; what the caller may not see is missing.
        """
        wanted = f"{self.slot('ns')}/{self.slot('repo')}"
        found = self.hub.find(self.kind, wanted)
        moved = self.hub.formerly(self.kind, wanted) if found is None else None
        if moved is not None and access.may_read(self.hub, self.caller, moved):
            raise MovedError(self._under(moved.id))
        if found is None or not access.may_read(self.hub, self.caller, found):
            raise access.missing(self.caller)
        if write:
            access.require_write(self.hub, self.caller, found)
        return found

    def _under(self, repo_id: str) -> str:
        """The request's target with another repository in its place."""
        path, start, end = self.request.path, self.match.start("ns"), self.match.end("repo")
        query = f"?{self.request.query}" if self.request.query else ""
        return f"{path[:start]}{quote(repo_id)}{path[end:]}{query}"


Handler = Callable[[Context], Response | Awaitable[Response]]
"""Answers; what it has to wait for, it waits for when nobody holds the Hub any more."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template, ``/api/{kind}/{ns}/{repo}/refs``, and what answers there."""

    method: str
    template: str
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        """The template as an expression over raw paths."""
        parts = re.split(r"\{(\w+)\}", self.template)
        text = "".join(
            f"(?P<{p}>{SEGMENTS.get(p, '[^/]+')})" if i % 2 else re.escape(p) for i, p in enumerate(parts)
        )
        return re.compile(text + r"\Z")


class Router:
    """Finds the route of a request; the first that fits wins. HEAD is answered where GET is."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes: Mapping[str, list[tuple[re.Pattern[str], Handler]]] = {
            method: [(r.pattern, r.handler) for r in routes if r.method == method]
            for method in {r.method for r in routes}
        }

    def find(self, method: str, path: str) -> tuple[Handler, re.Match[str]] | None:
        """The handler and the match, or None."""
        for pattern, handler in self._routes.get("GET" if method == "HEAD" else method, []):
            if match := pattern.match(path):
                return handler, match
        return None
