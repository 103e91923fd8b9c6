"""uvicorn in a thread of its own: signals are the main thread's."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hfops.model.problem import HfopsError

SECONDS = 10.0
"""That a client may take to say what it wants."""
MOST = 200
"""Connections at a time; more are answered 503."""


class _Patient(H11Protocol):
    """A connection that is closed where no request comes: else a few silent ones keep everybody out."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Uvicorn(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets)
        self.ready.set()


class Server:
    """Serves an application while inside; ``url`` has the port that was taken. Raises HfopsError for one in use."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._sock = _listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._sock.getsockname()[1]}"
        config = uvicorn.Config(
            app, http=_Patient, ws="none", lifespan="off", loop="asyncio", log_config=None, log_level="critical",
            access_log=False, server_header=False, proxy_headers=False, limit_concurrency=MOST,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(target=self._run, name="hfops-watch-http", daemon=True)
        self.error: Exception | None = None

    @property
    def running(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._server.run([self._sock])
        except Exception as error:  # noqa: BLE001 - whoever waits for it tells
            self.error = error
        finally:
            self._sock.close()
            self._server.ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise HfopsError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. "
            "Choose another with --port, or --port 0 for any free one."
        ) from None
    return sock
