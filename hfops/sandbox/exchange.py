"""What went over the wire: one record per request, and the log file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO, overload

from hfops.sandbox.manners import iso


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. ``path`` is raw, with the query; ``status`` 0 means that no answer was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes


class Exchanges:
    """The exchanges in the order in which they were answered; safe to read while the sandbox runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Exchange] = []

    def append(self, exchange: Exchange) -> None:
        """One more."""
        with self._lock:
            self._all.append(exchange)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._all.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._all)

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._all))

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        with self._lock:
            return self._all[index]


class Recorder:
    """Keeps every exchange, tells the observer, writes the log line (never a header or a body)."""

    def __init__(self, observer: Callable[[Exchange], None] | None, log: TextIO | None) -> None:
        self.exchanges = Exchanges()
        self._observer, self._log = observer, log

    def record(self, exchange: Exchange, seconds: float) -> None:
        """Record an exchange that took ``seconds``."""
        self.exchanges.append(exchange)
        if self._log is not None and not self._log.closed:
            self._log.write(json.dumps(log_line(exchange, seconds)) + "\n")
            self._log.flush()
        if self._observer is not None:
            self._observer(exchange)


def log_line(exchange: Exchange, seconds: float) -> dict[str, str | int | float]:
    """An exchange as the log shows it."""
    return {
        "time": iso(datetime.now(UTC)),
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "ms": round(seconds * 1000, 1),
    }
