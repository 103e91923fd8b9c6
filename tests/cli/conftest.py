"""What the command line's tests share: short manifests, what was written, waiting, and a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests

from hfops.sandbox.server import Sandbox
from tests.conftest import Project

PATIENCE = 30.0
"""Seconds until a test gives up on something that should have happened."""

ON_TERMINAL = (
    "import fcntl, runpy, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "runpy.run_module('hfops', run_name='__main__', alter_sys=True)"
)
"""hfops with standard input as its controlling terminal, so that Ctrl-C is a signal."""


def model(name: str, **spec: object) -> str:
    """One document: a model with a spec in flow style."""
    body = ", ".join(f"{k}: {_flow(v)}" for k, v in spec.items())
    return f"---\n{{apiVersion: hfops/v1, kind: Model, metadata: {{name: {name}}}, spec: {{{body}}}}}\n"


def _flow(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def changes(text: str) -> str:
    """A Changes document around a spec in flow style."""
    return f"---\n{{apiVersion: hfops/v1, kind: Changes, spec: {{{text}}}}}\n"


def writes(hub: Sandbox) -> list[str]:
    """Every request that was no read, as ``METHOD path``."""
    return [f"{e.method} {e.path}" for e in hub.exchanges if e.method not in ("GET", "HEAD")]


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that must happen, looking again and again."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.01)


def on_the_hub(hub: Sandbox, path: str, method: str = "GET", **body: object) -> requests.Response:
    """Somebody else at work on the Hub."""
    return requests.request(
        method,
        f"{hub.url}{path}",
        json=body or None,
        headers={"Authorization": "Bearer hf_sandbox", "Connection": "close"},
        timeout=10,
    )


def exists(hub: Sandbox, name: str) -> bool:
    """Whether acme has this model."""
    return on_the_hub(hub, f"/api/models/acme/{name}").status_code == 200


@dataclass
class Terminal:
    """hfops in a process whose every stream is a terminal."""

    process: subprocess.Popen[bytes]
    master: int
    seen: str = ""
    _raw: bytes = field(default=b"", repr=False)

    def expect(self, text: str) -> None:
        """Read until ``text`` was printed."""
        until(lambda: self._read(0.05) or text in self.seen, f"{text!r} in {self.seen!r}")

    def type(self, keys: str) -> None:
        """Press keys; Ctrl-C is \\x03, Ctrl-D is \\x04."""
        os.write(self.master, keys.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        until(lambda: self._read(0.05) or self.process.poll() is not None, "the end")
        while self._read(0.0, more=True):
            pass
        return self.process.wait()

    def _read(self, seconds: float, *, more: bool = False) -> bool:
        """Read what there is. Says whether there was anything only when asked for ``more``."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        data = b""
        if ready:
            with contextlib.suppress(OSError):  # Linux ends a terminal with EIO
                data = os.read(self.master, 65536)
        self._raw += data
        self.seen = self._raw.decode(errors="replace")
        return more and bool(data)


@pytest.fixture
def terminal(project: Project) -> Iterator[Callable[..., Terminal]]:
    """Starts hfops on a terminal."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, **environment: str) -> Terminal:
            master, slave = pty.openpty()
            stack.callback(os.close, master)
            process = subprocess.Popen(
                [sys.executable, "-c", ON_TERMINAL, *arguments],
                cwd=project.path, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                env={**os.environ, "TERM": "xterm", **environment},
            )  # fmt: skip
            os.close(slave)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return Terminal(process, master)

        yield start
