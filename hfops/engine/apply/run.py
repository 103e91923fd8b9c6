"""What running a change works with: what a run shares, and the state of one change under way."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from hfops.engine.apply.values import Files, Secrets, Values
from hfops.engine.ledger.session import Ledger
from hfops.kinds.base import Ask, HubView
from hfops.model.address import Address
from hfops.model.call import Api, Call, Repeat
from hfops.model.change import Change, Difference
from hfops.model.outcome import Event
from hfops.model.record import Record
from hfops.model.resource import Resource

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Sends(Protocol):
    """What applying needs besides reads (hub.connection.Writer)."""

    def send(self, method: str, path: str, body: Body | None, repeat: Repeat, api: Api = Api.HUB) -> Any:
        """Make one call; raises hub.errors.HubError."""


class Uploads(Protocol):
    """What moves the bytes of large files (engine.apply.uploads)."""

    def upload(self, call: Call, moved: Callable[[int], None]) -> None:
        """Have the files of ``call.uploads`` stored; ``moved`` is told the bytes so far. Raises HfopsError."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What apply takes from this machine: secrets, the bytes of files, and what moves large ones."""

    secrets: Secrets
    files: Files
    uploads: Uploads


@dataclass(slots=True)
class Context:
    """What every change of a run shares."""

    writer: Sends
    hub: HubView
    ledger: Ledger
    resources: Mapping[Address, Resource]
    today: date
    stop: threading.Event
    emit: Callable[[Event], None]
    machine: Machine
    ask: Callable[[Address, Resource | None, Record | None], Ask] = Ask
    withhold: Callable[[Resource], str] = lambda _: ""
    """Why what a resource says of itself must not be quoted: it may hold secrets that this run does not know."""
    quick: bool = False
    """Whether the Hub is a sandbox, which needs no time to settle."""
    lanes: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))


@dataclass(slots=True)
class Run:
    """The state of one change under way."""

    context: Context
    change: Change
    record: Record | None
    values: Values
    todo: list[Call]
    differences: dict[str, Difference]
    done: int = 0
    answer: Any = None
    owed: list[Difference] = field(default_factory=list)
    """Differences whose calls are made, and whose records take a read or a hash: nothing keeps one call from the next."""
