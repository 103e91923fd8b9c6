"""What the stand-ins of GitHub and GitLab share: a server, users by token, comments, faults, pages, and a storage elsewhere."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit

HEAD, BASE, MERGED, OLDER = "a" * 40, "b" * 40, "c" * 40, "d" * 40
STRANGER = "mallory"


@dataclass(frozen=True)
class Asked:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    """A JSON answer, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """The next ``times`` requests of that method whose path holds ``path`` get this instead.

    ``after``: only once the request had its effect. ``status`` None: the connection is closed without an answer.
    """

    method: str
    path: str
    status: int | None = None
    times: int = 1
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass
class Comment:
    """Under a pull request or merge request."""

    id: int
    number: int
    author: str
    body: str
    system: bool = False


@dataclass
class Pull:
    """A pull request. ``commits``: those it brought, besides its head. ``source``: the repository of its head."""

    number: int
    head: str = HEAD
    base: str = BASE
    branch: str = "change"
    into: str = "main"
    source: str = "acme/hub"
    state: str = "open"
    title: str = "A change"
    commits: tuple[str, ...] = ()
    into_repository: str = "acme/hub"


Route = tuple[str, str, Callable[..., Answer]]


class Web(ABC):
    """An HTTP server on a free port, one connection a request. ``answer`` may be called in several threads."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self.origin = f"http://127.0.0.1:{self._http.server_address[1]}"

    @abstractmethod
    def answer(self, asked: Asked) -> Answer | None:
        """What is sent back; None: nothing."""

    def count(self, method: str, path: str = "") -> int:
        """How many requests of a method there were whose path holds ``path``."""
        return sum(a.method == method and path in a.path for a in self.requests)

    def writes(self) -> list[str]:
        """What was asked for that is no reading, in order."""
        return [str(a) for a in self.requests if a.method != "GET" and not a.path.endswith("/graphql")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class Storage(Web):
    """Where artefacts really lie: another origin, which knows a signature and must never see a token."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def put(self, path: str, data: bytes) -> str:
        """A signed address for ``data``."""
        self.files[path] = data
        return f"{self.origin}{path}?sig=signed"

    def answer(self, asked: Asked) -> Answer:
        if asked.query.get("sig") != "signed":
            return Answer(403, b"no signature")
        return Answer(200, self.files[asked.path], {"Content-Type": "application/octet-stream"})

    def leaked(self) -> list[str]:
        """Requests that carried a token."""
        return [str(a) for a in self.requests if {"authorization", "private-token"} & set(a.headers)]


class Forge(Web):
    """What both have. ``users``: tokens, whose they are; ``readers``: the tokens that may not write."""

    PREFIX: ClassVar[str] = ""
    PAGE: ClassVar[int] = 100

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.storage = Storage()
        self.users: dict[str, str] = {}
        self.readers: set[str] = set()
        self.faults: list[Fault] = []
        self.on_fault: Callable[[], None] = lambda: None
        """Called when a fault strikes."""
        self.links: dict[str, str] = {}
        """What ``Link`` says for the paths that hold the text, instead of the truth."""
        self.comments: list[Comment] = []
        self.pulls: list[Pull] = []
        self._ids = iter(range(1001, 10**9))
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The API's address."""
        return self.origin + self.PREFIX

    def add_comment(self, number: int, author: str, body: str, *, system: bool = False) -> Comment:
        """A comment that is there already."""
        made = Comment(next(self._ids), number, author, body, system)
        self.comments.append(made)
        return made

    def add_pull(self, number: int, **more: Any) -> Pull:
        """A pull request; see ``Pull``."""
        self.pulls.append(Pull(number, **more))
        return self.pulls[-1]

    def fault(self, method: str, path: str, status: int | None = None, **more: Any) -> None:
        """See ``Fault``."""
        self.faults.append(Fault(method, path, status, **more))

    def said(self, number: int) -> list[str]:
        """The texts under a pull request."""
        return [c.body for c in self.comments if c.number == number]

    def pull(self, number: int) -> Pull:
        """The one of that number."""
        return next(p for p in self.pulls if p.number == number)

    @abstractmethod
    def routes(self) -> list[Route]:
        """Method, pattern of the path, and what answers with the request and the pattern's groups."""

    def user(self, asked: Asked) -> str | None:
        """Whose token a request carries."""
        return self.users.get(self.token(asked))

    @abstractmethod
    def token(self, asked: Asked) -> str:
        """The token of a request."""

    def answer(self, asked: Asked) -> Answer | None:
        with self._lock:
            if fault := self._fault(asked, after=False):
                return _faulty(fault)
            done = self._done(asked)
            fault = self._fault(asked, after=True)
            return _faulty(fault) if fault else done

    def _done(self, asked: Asked) -> Answer:
        if self.user(asked) is None:
            return Answer(401, {"message": "Bad credentials"})
        reading = asked.method == "GET" or asked.path.endswith("/graphql")
        if not reading and self.token(asked) in self.readers:
            return Answer(403, {"message": "Resource not accessible by integration"})
        for method, pattern, route in self.routes():
            found = re.fullmatch(self.PREFIX + pattern, asked.path)
            if found and method == asked.method:
                with contextlib.suppress(LookupError):
                    return route(asked, *found.groups())
        return Answer(404, {"message": "Not Found"})

    def _fault(self, asked: Asked, *, after: bool) -> Fault | None:
        for fault in self.faults:
            if (
                fault.after is after
                and fault.times
                and fault.method == asked.method
                and fault.path in asked.path
            ):
                fault.times -= 1
                self.on_fault()
                return fault
        return None

    def listed(self, asked: Asked, rows: list[Any], key: str = "") -> Answer:
        """One page, with a ``Link`` to the next."""
        size, page = int(asked.query.get("per_page", "30")), int(asked.query.get("page", "1"))
        assert size <= self.PAGE
        part = rows[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(rows):
            query = urlencode({**asked.query, "page": page + 1})
            headers["Link"] = (
                f'<{self.origin}{asked.path}?{query}>; rel="next", <{self.origin}/>; rel="first"'
            )
        for path, link in self.links.items():
            headers |= {"Link": link} if path in asked.path else {}
        return Answer(200, {"total_count": len(rows), key: part} if key else part, headers)

    def __enter__(self) -> Self:
        self.storage.__enter__()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.storage.__exit__()
        assert self.storage.leaked() == [], "the token went to another origin"


def as_bytes(data: bytes | str) -> bytes:
    """A file's content."""
    return data.encode() if isinstance(data, str) else data


def number_of(name: str) -> int:
    """A number that always is the same for a name."""
    return 1 + sum(name.encode()) * 7


def by_id(comments: list[Comment], number: str) -> Comment:
    """One of them; LookupError becomes a 404."""
    return {c.id: c for c in comments}[int(number)]


def _faulty(fault: Fault) -> Answer | None:
    if fault.status is None:
        return None
    body = {"message": "not today"} if fault.body is None else fault.body
    return Answer(fault.status, body, dict(fault.headers))


class _Quiet(ThreadingHTTPServer):
    """Broken connections are what some tests are about."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, query, headers, json.loads(raw) if raw else None)
            web.requests.append(asked)
            answer = web.answer(asked)
            if answer is not None:
                self.give(answer)

        def give(self, answer: Answer) -> None:
            raw = isinstance(answer.body, bytes)
            data = answer.body if raw else b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            pass

    return Handler
