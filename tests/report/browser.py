"""A headless Chromium over its debugging pipe: no driver, no port, no package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--remote-debugging-pipe")  # fmt: skip
KEYS = {
    "Escape": (27, ""),
    "ArrowDown": (40, ""),
    "ArrowUp": (38, ""),
    "Tab": (9, ""),
    "Enter": (13, "\r"),
    "/": (191, "/"),
}


def browser() -> str | None:
    """The browser's path, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page, and everything that it asked for or complained about."""

    def __init__(self, path: str, profile: Path) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()

        def wire() -> None:
            os.dup2(to_read, 3)
            os.dup2(to_write, 4)

        # The pipe's ends are numbers that the browser fixes, so they are put there between fork and exec.
        self._process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}"], pass_fds=(3, 4, to_read, to_write), preexec_fn=wire,  # noqa: PLW1509 - no thread runs yet
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._buffer, self._count = b"", 0
        self.events: list[dict[str, Any]] = []
        target = self._send("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._send("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def open(self, path: Path) -> None:
        """Open a file, and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", {"url": path.as_uri()})
        while not self.named("Page.loadEventFired"):
            self._receive()

    def named(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all events of a name so far."""
        return [e["params"] for e in self.events if e["method"] == method]

    def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """One command to the page, and its answer."""
        return self._send(method, params or {}, session=self._session)

    def value(self, expression: str) -> Any:
        """What an expression is in the page; an error there is an error here."""
        found = self.call(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True}
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """A key, pressed and let go, as a person does it."""
        code, text = KEYS[key]
        shared = {"key": key, "code": "Slash" if key == "/" else key, "windowsVirtualKeyCode": code}
        down = {**shared, "type": "keyDown" if text else "rawKeyDown", **({"text": text} if text else {})}
        self.call("Input.dispatchKeyEvent", down)
        self.call("Input.dispatchKeyEvent", {**shared, "type": "keyUp"})

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.call("Input.insertText", {"text": text})

    def complaints(self) -> list[dict[str, Any]]:
        """What stands in the console: errors, warnings, and what the page's policy blocked."""
        return [
            *self.named("Runtime.exceptionThrown"),
            *self.named("Log.entryAdded"),
            *self.named("Runtime.consoleAPICalled"),
        ]

    def requests(self) -> list[str]:
        """Every address that was asked for, but the page's own and data in the page itself."""
        urls = [e["request"]["url"] for e in self.named("Network.requestWillBeSent")]
        return [u for u in urls[1:] if not u.startswith("data:")]

    def _send(self, method: str, params: dict[str, Any], *, session: str | None = None) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            read = os.read(self._from, 1 << 16)
            assert read, "the browser went away"
            self._buffer += read
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message
