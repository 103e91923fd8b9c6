"""The ASGI application: faults, quotas, latency, dispatch, and the manners of every answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from hfops.sandbox import wire
from hfops.sandbox.exchange import Exchange, Recorder
from hfops.sandbox.faults import Fault, Faults
from hfops.sandbox.manners import MovedError, RefusalError, json_answer, request_id
from hfops.sandbox.people import ANONYMOUS, Caller
from hfops.sandbox.quota import Quota, Share
from hfops.sandbox.routes import ROUTES
from hfops.sandbox.state import Hub
from hfops.sandbox.web import Context, Incoming, Router

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

CREATION = ("POST", "/api/repos/create")
BUSY = "Cannot create repo: another conflicting operation is in progress"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class App:
    """The sandbox as an ASGI application. ``latency`` and ``create_time`` are in seconds.

    A creation holds its user's only slot for as long as it takes; a second one meanwhile is refused.
    """

    hub: Hub
    recorder: Recorder
    faults: Faults = field(default_factory=Faults)
    quota: Quota = field(default_factory=Quota)
    latency: float = 0.0
    create_time: float = 0.0
    router: Router = field(default_factory=lambda: Router(ROUTES))
    _creating: set[str] = field(default_factory=set)

    async def __call__(self, scope: wire.Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.monotonic()
        body = await _body(receive)
        if body is None:
            return
        asked = Incoming(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=Headers(raw=scope["headers"]),
            body=body,
            peer=scope["client"][0],
        )
        fault = self.faults.meet(asked.method, asked.path)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        answer = None if fault and fault.reset else await self._answer(asked, fault)
        if answer is None or (fault and fault.drop_response):
            self._record(asked, None, b"", began)
            wire.reset(scope)
            await _gone(receive)
            return
        content = bytes(answer.body)
        if fault and fault.truncate:
            content = content[: len(content) // 2]
        self._record(asked, answer, b"" if asked.method == "HEAD" else content, began)
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
        )
        cut = bool(fault and fault.truncate)
        await send({"type": "http.response.body", "body": content, "more_body": cut})
        if cut:
            wire.close(scope)
            await _gone(receive)

    async def _answer(self, asked: Incoming, fault: Fault | None) -> Response:
        """The answer with its manners: the Hub's own, or the fault's in its place."""
        caller = self._identify(asked)
        share = self.quota.take((caller and caller.name) or asked.peer, asked.path)
        answer = None
        if not (fault and fault.status) or fault.after:
            answer = await self._own_answer(asked, caller, share)
        if answer is None or (fault and fault.status):
            answer = (fault or Fault()).answer()
        # Our own Date, for the server's lags behind: clients take what is dated later for not yet said.
        own = share.headers() | {"X-Request-Id": request_id(), "Date": formatdate(usegmt=True)}
        answer.headers.update({k: v for k, v in own.items() if k not in answer.headers})
        answer.headers.update(fault.headers if fault else {})
        return answer

    async def _own_answer(self, asked: Incoming, caller: Caller | None, share: Share) -> Response:
        try:
            share.check()
            return await self._perform(asked, caller or self.hub.caller(asked.headers.get("authorization")))
        except (RefusalError, MovedError) as refused:
            return refused.answer()
        except Exception:
            logger.exception("%s %s", asked.method, asked.target)
            return RefusalError(500, "Internal Server Error").answer()

    def _identify(self, asked: Incoming) -> Caller | None:
        """Who asks, None for a token that nobody has."""
        with self.hub.lock:
            try:
                return self.hub.caller(asked.headers.get("authorization"))
            except RefusalError:
                return None

    async def _perform(self, asked: Incoming, caller: Caller) -> Response:
        """Take the time it takes, then do the work in one step."""
        creating = (asked.method, asked.path) == CREATION
        with self._slot(caller.name if creating else None):
            if pause := self.latency + (self.create_time if creating else 0):
                await asyncio.sleep(pause)
            with self.hub.lock:
                answer = self._dispatch(asked, caller)
            return answer if isinstance(answer, Response) else await answer

    def _dispatch(self, asked: Incoming, caller: Caller) -> Response | Awaitable[Response]:
        found = self.router.find(asked.method, asked.path)
        if found is None:
            return json_answer({"error": "Not Found"}, 404, {"X-Error-Message": "Not Found"})
        handler, match = found
        self.hub.acting = caller
        try:
            return handler(Context(self.hub, asked, caller, match))
        finally:
            self.hub.acting = ANONYMOUS

    @contextmanager
    def _slot(self, name: str | None) -> Iterator[None]:
        """Hold a user's slot for creations; 409 while another holds it."""
        if name is None:
            yield
            return
        if name in self._creating:
            raise RefusalError(409, BUSY)
        self._creating.add(name)
        try:
            yield
        finally:
            self._creating.discard(name)

    def _record(self, asked: Incoming, answer: Response | None, content: bytes, began: float) -> None:
        headers = Headers(raw=answer.raw_headers) if answer else Headers()
        status = answer.status_code if answer else 0
        exchange = Exchange(asked.method, asked.target, asked.headers, asked.body, status, headers, content)
        self.recorder.record(exchange, time.monotonic() - began)


async def _body(receive: Receive) -> bytes | None:
    """The whole request body, None when the caller left before it was complete."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _gone(receive: Receive) -> None:
    """Wait until the connection is known to be closed, so that the server does not answer in our place."""
    while (await receive())["type"] != "http.disconnect":
        pass
