"""A small HTTP server on this machine for the real transport."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest


class QuietServer(ThreadingHTTPServer):
    """Broken connections are what the tests are about: no traceback of the server's for them."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class LocalServer:
    """``routes[path] = function(handler)``; ``seen`` lists method, path, headers, body and the client's port."""

    def __init__(self):
        self.routes: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.seen: list[SimpleNamespace] = []
        self.release = threading.Event()
        self._http = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _handler(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                outer.seen.append(
                    SimpleNamespace(
                        method=self.command,
                        path=self.path,
                        headers=dict(self.headers),
                        body=body,
                        port=self.client_address[1],
                    )
                )
                outer.routes.get(self.path.split("?")[0], reply)(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 (http.server's names)

            def log_message(self, *args):
                pass

        return Handler

    def stop(self):
        self.release.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def reply(handler, status=200, body=b"{}", headers=(("Content-Type", "application/json"),)):
    """A plain, whole answer."""
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def reset(handler):
    """Break the connection the hard way."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


@pytest.fixture
def local():
    """One server."""
    server = LocalServer()
    yield server
    server.stop()


@pytest.fixture
def elsewhere():
    """Another server, on another port: another origin."""
    server = LocalServer()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    """No proxy and no CA file of the machine that runs the tests."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
