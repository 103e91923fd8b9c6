"""The sockets under uvicorn: connections that can be cut while a request is being answered."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import MutableMapping
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

Scope = MutableMapping[str, Any]

_CONNECTIONS: dict[tuple[Any, Any], asyncio.Transport] = {}
"""Live connections of all sandboxes of this process, by both ends' addresses."""


class Protocol(H11Protocol):
    """HTTP/1.1 whose connections an application can find."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Enter the connection."""
        super().connection_made(transport)
        if self.server and self.client:
            _CONNECTIONS[self.server, self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Strike it out."""
        if self.server and self.client:
            _CONNECTIONS.pop((self.server, self.client), None)
        super().connection_lost(exc)


def reset(scope: Scope) -> None:
    """Drop the request's connection at once, with a TCP reset."""
    transport = _CONNECTIONS.get((tuple(scope["server"]), tuple(scope["client"])))
    if transport is not None:
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def close(scope: Scope) -> None:
    """Close the request's connection after what was written has left."""
    transport = _CONNECTIONS.get((tuple(scope["server"]), tuple(scope["client"])))
    if transport is not None:
        transport.close()


ACCEPTING = 5
"""Rounds of the loop in which a connection that was just accepted becomes one of the server's: it takes three."""


class Server(uvicorn.Server):
    """uvicorn that says when it accepts connections and leaves without waiting for idle ones."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._leaving: asyncio.Event

    async def main_loop(self) -> None:
        """Wait until told to leave."""
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        await self._leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything at once; requests in progress are given up."""
        for sock in sockets or []:
            self._loop.remove_reader(sock)
        for _ in range(
            ACCEPTING
        ):  # a server that is closed while it accepts loses the connection, open as it is
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def leave(self) -> None:
        """Make the server end, from any thread."""
        self._loop.call_soon_threadsafe(self._leaving.set)
