"""Running the sandbox: in a thread for tests and the demo, in the foreground for ``hfops sandbox``."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TextIO

import uvicorn
import yaml

from hfops.model.problem import HfopsError, Problem, Problems
from hfops.model.source import Mark
from hfops.sandbox.app import App
from hfops.sandbox.audit import writing
from hfops.sandbox.exchange import Exchange, Exchanges, Recorder
from hfops.sandbox.faults import Faults, read_faults
from hfops.sandbox.quota import Quota
from hfops.sandbox.seed import plant
from hfops.sandbox.spaces.lifecycle import attend
from hfops.sandbox.state import WRITE_TOKEN, Hub
from hfops.sandbox.webhooks import telling
from hfops.sandbox.wire import Protocol, Server

__all__ = ["Exchange", "Sandbox", "run"]


class Sandbox:
    """An embedded Hub on a loopback port: a context manager, or ``start`` and ``stop``.

    ``seed`` and ``faults`` have the form of the YAML files; ``latency``, ``transition_time`` and ``create_time`` are
    in seconds. ``observer`` is called in the server's thread, before the answer is sent. Raises Problems for a seed or
    faults that cannot be used, HfopsError for a port in use.
    """

    def __init__(
        self,
        seed: dict[str, Any] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        faults: list[dict[str, Any]] | None = None,
        log: Path | None = None,
        transition_time: float = 1.0,
        observer: Callable[[Exchange], None] | None = None,
        create_time: float = 0.0,
        sources: tuple[str, str] = ("seed", "faults"),
    ) -> None:
        self.hub = Hub(transition_time=transition_time)
        attend(self.hub)
        limits = plant(self.hub, {} if seed is None else seed, sources[0])
        telling.attend(self.hub)
        writing.attend(self.hub)
        self.faults = Faults(read_faults([] if faults is None else faults, sources[1]))
        self._host, self._port, self._log_path = host, port, log
        self._observer, self._quota = observer, Quota(limits)
        self._latency, self._create_time = latency, create_time
        self._log: TextIO | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._recorder = Recorder(observer, None)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def exchanges(self) -> Exchanges:
        """What went over the wire so far."""
        return self._recorder.exchanges

    def start(self) -> Self:
        """Listen; returns once connections are accepted."""
        sock = _listen(self._host, self._port)
        self._port = sock.getsockname()[1]
        self._log = self._log_path.open("a", encoding="utf-8") if self._log_path else None
        self._recorder = Recorder(self._observer, self._log)
        app = App(self.hub, self._recorder, self.faults, self._quota, self._latency, self._create_time)
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
        )
        self._server = Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([sock],), name="hfops-sandbox", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()
        self.hub.base = self.url
        self.hub.webhooks.courier.open()
        return self

    def delivered(self, timeout: float = 10.0) -> bool:
        """Wait until webhooks have heard of everything so far, at most ``timeout`` seconds; whether they have."""
        return self.hub.webhooks.courier.wait(timeout)

    def stop(self) -> None:
        """Stop listening and close every connection; a second call does nothing."""
        if self._server is not None and self._thread is not None:
            self._server.leave()
            self._thread.join()
        self.hub.webhooks.courier.close()
        self._server = self._thread = None
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio only then switches Nagle off, which else costs 40 ms an answer.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise HfopsError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. "
            "Choose another with --port, or leave it out to get a free one."
        ) from None
    return sock


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed_path: Path | None = None,
    latency_ms: float = 0.0,
    faults_path: Path | None = None,
    log_path: Path | None = None,
    transition_time: float = 1.0,
) -> None:
    """The sandbox in the foreground, until SIGINT or SIGTERM."""
    sandbox = Sandbox(
        load_yaml(seed_path, {}) if seed_path else {},
        host=host,
        port=port,
        latency=latency_ms / 1000,
        faults=load_yaml(faults_path, []) if faults_path else [],
        log=log_path,
        transition_time=transition_time,
        sources=(str(seed_path), str(faults_path)),
    )
    over = threading.Event()
    before = {s: signal.signal(s, _setter(over)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        with sandbox:
            print(f"hfops sandbox listening on {sandbox.url}", flush=True)
            print(f"export HF_ENDPOINT={sandbox.url}", file=sys.stderr)
            print(f"export HF_TOKEN={WRITE_TOKEN}", file=sys.stderr, flush=True)
            over.wait()
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _setter(over: threading.Event) -> Callable[[int, FrameType | None], None]:
    return lambda _signum, _frame: over.set()


def load_yaml(path: Path, empty: Any) -> Any:
    """A YAML file's one document; Problems when it cannot be read."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Problems(
            [Problem(f"cannot be read: {error}", Mark(str(path)), hint="expected a YAML file")]
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = Mark(str(path), mark.line + 1, mark.column + 1) if mark else Mark(str(path))
        raise Problems([Problem(f"not YAML: {getattr(error, 'problem', error)}", where)]) from None
    return empty if data is None else data
