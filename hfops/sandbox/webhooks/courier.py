"""Sending: one thread that posts to targets on this machine, one after the other, and to no other machine."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

LOOPBACK = {"127.0.0.1": ("127.0.0.1",), "::1": ("::1",), "localhost": ("127.0.0.1", "::1")}
"""The hosts that are contacted, and at which addresses: no name is looked up."""

KEPT = "%/:=&?~+!$,;'@()*[]"
"""What stays as it is in a request's target, beside letters and digits."""

PIECE = 65536
"""Bytes read at a time."""

Outcome = Callable[[int | None, str | None], None]
"""Hears the answer's status, or why there is none."""


def on_this_machine(url: str) -> bool:
    """Whether a URL's host is one that may be contacted."""
    return (urlsplit(url).hostname or "") in LOOPBACK


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request to make, a POST of JSON."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    done: Outcome


class Courier:
    """Posts parcels in their order, each within ``seconds``. Its thread lives from the first parcel to ``close``."""

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds = seconds
        self.working = False
        self._idle = threading.Condition()
        self._pending = 0
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._queue: asyncio.Queue[Parcel]
        self._task: asyncio.Task[None]

    def open(self) -> None:
        """Take parcels from now on."""
        self.working = True

    def send(self, parcel: Parcel) -> None:
        """Put a parcel at the queue's end."""
        with self._idle:
            self._pending += 1
            if self._thread is None:
                self._ready.clear()
                self._thread = threading.Thread(target=self._run, name="hfops-sandbox-webhooks", daemon=True)
                self._thread.start()
                self._ready.wait()
            self._loop.call_soon_threadsafe(self._queue.put_nowait, parcel)

    def wait(self, timeout: float) -> bool:
        """Wait until nothing is left to send, at most ``timeout`` seconds; whether that is so."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._pending, timeout)

    def close(self) -> None:
        """Give up what is under way and what waits, and end the thread."""
        self.working = False
        with self._idle:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
            thread.join()
        with self._idle:
            self._pending = 0
            self._idle.notify_all()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._work())

    async def _work(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._loop, self._queue, self._task = asyncio.get_running_loop(), asyncio.Queue(), task
        self._ready.set()
        while True:
            parcel = await self._queue.get()
            parcel.done(*await self._deliver(parcel))
            with self._idle:
                self._pending -= 1
                self._idle.notify_all()

    async def _deliver(self, parcel: Parcel) -> tuple[int | None, str | None]:
        """The answer's status, or why there is none."""
        seen: list[int] = []
        try:
            async with asyncio.timeout(self.seconds):
                await _post(parcel, seen)
        except TimeoutError:
            error = f"no answer within {self.seconds:g} seconds"
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as problem:
            error = f"no answer: {problem}"
        return (seen[0], None) if seen else (None, error)


async def _post(parcel: Parcel, seen: list[int]) -> None:
    """Post, note the status in ``seen`` as soon as it is there, and hear the answer out."""
    parts = urlsplit(parcel.url)
    reader, writer = await _connect(parts)
    try:
        writer.write(_request(parts, parcel))
        head = await reader.readuntil(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.[01] (\d{3})\b", head)
        if status is None:
            raise ValueError("what answers does not speak HTTP/1.1")
        seen.append(int(status[1]))
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        left = int(length[1]) if length else None
        while left != 0 and (part := await reader.read(left if left and left < PIECE else PIECE)):
            left = None if left is None else left - len(part)
    finally:
        writer.transport.abort()  # not close: what a silent target has not read would be waited for


async def _connect(parts: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address that takes one."""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    name = parts.hostname if secure else None
    *others, last = LOOPBACK[parts.hostname or ""]
    for address in others:
        with suppress(ConnectionError):
            return await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
    return await asyncio.open_connection(last, port, ssl=context, server_hostname=name)


def _request(parts: SplitResult, parcel: Parcel) -> bytes:
    query = f"?{parts.query}" if parts.query else ""
    target = quote(f"{parts.path or '/'}{query}", safe=KEPT)
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        "Content-Length": str(len(parcel.body)),
        "Connection": "close",
        **parcel.headers,
    }
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + parcel.body
