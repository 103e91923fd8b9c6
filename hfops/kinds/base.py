"""What a kind owes: its spec, how it is observed, compared, and brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from hfops.kinds.accept import Answer
from hfops.kinds.describe import Sketch, Wish
from hfops.manifest.local import Local
from hfops.manifest.strict import StrictModel
from hfops.model.address import Address
from hfops.model.call import Api, Call, Deferred
from hfops.model.change import Difference
from hfops.model.cost import Bill
from hfops.model.key import Key
from hfops.model.late import Named
from hfops.model.problem import Problem
from hfops.model.record import Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk

T = TypeVar("T")
R = TypeVar("R")


Seen = tuple[Address, "str | None"]
"""What a list call showed: its address, made of the Hub's own name, and the Hub's id."""


class Spec(StrictModel):
    """The base of every spec: the Hub's camelCase names, nothing unknown, nothing cast, never changed."""


class Reads(Protocol):
    """What observing needs of the Hub: reads only (hub.connection.Reader)."""

    def get(
        self, path: str, params: Mapping[str, str | list[str]] | None = None, *, api: Api = Api.HUB
    ) -> Any:
        """The JSON at ``path``; raises hub.errors.HubError."""

    def get_or_none(
        self, path: str, params: Mapping[str, str | list[str]] | None = None, *, api: Api = Api.HUB
    ) -> Any:
        """The JSON at ``path``, or None on a 404."""

    def pages(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Iterator[list[Any]]:
        """The pages of a list call."""

    def content(self, path: str) -> bytes | None:
        """A file's bytes (``/resolve/``), or None on a 404."""

    def head(self, path: str) -> Mapping[str, str] | None:
        """The headers that a GET of a file (``/resolve/``) would have, names without case; None on a 404."""

    def tail(self, path: str, seconds: float, *, api: Api = Api.HUB) -> list[str]:
        """The ``data:`` lines of an event stream, as far as they come within ``seconds``."""

    def text(self, path: str, *, api: Api = Api.HUB) -> str | None:
        """A text, or None on a 404."""

    def probe(self, url: str) -> int:
        """The status of a whole URL, such as a running endpoint's health."""


def _unasked(path: str, api: Api, age: float) -> None:
    del path, api, age


def _nobody() -> None:
    return None


def _unhidden(text: str) -> None:
    del text


def _unseen(address: Address, hub_id: str | None) -> None:
    del address, hub_id


@dataclass(frozen=True, slots=True)
class HubView:
    """The read side of the Hub, as kinds see it.

    ``sees`` tells whether every repository of a namespace is surely visible to this token. ``map`` runs reads
    concurrently and keeps their order. ``local`` reads files under the project's root. ``recent`` is the JSON at a path,
    at most so many seconds old: what many ask for at a time is asked once. ``user`` is the name of the token's account,
    None without a token. What ``hide`` is told is masked in every output from then on. ``saw`` is told, with the Hub's
    id, of everything that list calls show; with ``whole``, lists are read, and to their end, also where less would do.
    """

    reads: Reads
    sees: Callable[[str], bool]
    map: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
    local: Local
    recent: Callable[[str, Api, float], Any] = _unasked
    user: Callable[[], str | None] = _nobody
    hide: Callable[[str], None] = _unhidden
    saw: Callable[[Address, str | None], None] = _unseen
    whole: bool = False


class Vault(Protocol):
    """Values by reference, as far as this phase may know them. Answers are fixed for the run: comparing stays pure."""

    def text(self, reference: Named) -> str | None:
        """The value; None where it cannot be known now: a command while planning, a variable that is not set."""

    def same(self, reference: Named, hashed: str) -> bool | None:
        """Whether the value is the one of which the ledger keeps ``hashed``; None where that cannot be told."""

    def why(self, reference: Named) -> str | None:
        """Why the value is not known now; None where it is."""


class Sealed:
    """The vault that knows nothing."""

    def text(self, reference: Named) -> str | None:
        """None."""
        del reference
        return None

    def why(self, reference: Named) -> str | None:
        """None: nothing is asked of it."""
        del reference
        return None

    def same(self, reference: Named, hashed: str) -> bool | None:
        """None."""
        del reference, hashed
        return None


@dataclass(frozen=True, slots=True)
class Ask:
    """One resource to look at: as wanted (None: only looked at), and as remembered.

    ``closely``: also at the lists that the manifest does not name. ``rotates`` tells which secrets are to be sent
    again whatever is known of them (``--rotate``), ``retry_failed`` that what failed is to be started again, ``restart``
    and ``replace`` that this one is to be, whatever its state.
    """

    address: Address
    resource: Resource | None = None
    record: Record | None = None
    send_unverified: bool = False
    closely: bool = False
    vault: Vault = field(default_factory=Sealed)
    rotates: Callable[[str], bool] = lambda _: False
    retry_failed: bool = False
    restart: bool = False
    replace: bool = False
    moving: Mapping[Address, frozenset[str]] = field(default_factory=dict)
    """Branches and tags of other resources that the same plan makes, moves or commits to: what they name now is over."""
    intended: Mapping[Key, Any] = field(default_factory=dict)
    """What an interrupted run was about to make true: what it made may be found by that."""
    owned: Mapping[str, Address] = field(default_factory=dict)
    """The Hub's ids of all that the ledger knows, and whose they are: what is found by its content is none of them."""
    renames: Mapping[Address, Address] = field(default_factory=dict)
    """What the same plan renames, from the old address to the new; what it makes is there under its own."""


class Live(Protocol):
    """What every observation has."""

    @property
    def id(self) -> str:
        """The Hub's own id, ``namespace/name``."""

    @property
    def hub_id(self) -> str | None:
        """The Hub's ``_id``, which survives a rename."""

    @property
    def created_at(self) -> datetime | None:
        """When it was made, by the Hub's clock."""


UNLISTED = "unlisted"
"""A fact of a sight: the names of lists that the Hub refused to show to this token."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What observing one resource gave: something live, its absence, or a problem that forbids a conclusion.

    ``renamed_to`` is set where the old id answers for a repository that now has another. ``facts`` are what else
    was read to compare it.
    """

    live: Any | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    hint: str | None = None
    renamed_to: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a resource differs from what is live. ``foreign`` are entries that somebody else made.

    ``problems`` are things wrong that only the comparison could show: a tag's revision that does not exist.
    ``starting`` is the state of something on its way up that is to be waited for, though nothing differs.
    ``failing`` is the state of something that is down and is left so, though its manifest wants it up.
    ``replace`` says why it can only be deleted and made anew: the paths of immutable fields that differ, or words.
    """

    differences: tuple[Difference, ...] = ()
    settled: Mapping[Key, Any] = field(default_factory=dict)
    released: tuple[Key, ...] = ()
    unverified: tuple[Key, ...] = ()
    foreign: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    starting: str = ""
    failing: str = ""
    replace: tuple[str, ...] = ()
    bill: Bill | None = None


class Phase(StrEnum):
    """How far something that runs has come."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at something that runs: ``state`` in the Hub's own word, ``message`` why it failed."""

    phase: Phase
    state: str
    message: str = ""


class Waiter(Protocol):
    """Waits for one resource by looking at it again and again. Remembers what it saw; used by one thread at a time."""

    @property
    def timeout(self) -> float:
        """Seconds until it counts as not ready in time."""

    @property
    def on_timeout(self) -> Call | None:
        """What to send once that time is over, such as a pause that ends the costs."""

    def poll(self, hub: HubView, now: float) -> Reading:
        """Look once. ``now`` is a clock in seconds that never goes back. Raises hub.errors.HubError."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a wait begins with: the calls ``made`` (none: it was starting anyway), and what the last was answered with.

    ``quick``: the Hub is a sandbox, which needs no time to settle. ``held`` are the paths of differences that are left
    alone, and not waited for. ``withhold`` says why logs and messages must not be quoted; empty where they may.
    """

    made: tuple[Call, ...] = ()
    quick: bool = False
    answer: Any = None
    held: frozenset[str] = frozenset()
    withhold: str = ""


class Kind(Protocol):
    """One kind of resource. ``compare``, ``calls``, ``delete`` and ``move`` are pure."""

    @property
    def name(self) -> str:
        """The word in ``kind:``."""

    @property
    def spec(self) -> type[BaseModel]:
        """The model of ``spec:``."""

    def bad_name(self, address: Address) -> str | None:
        """Why nothing of this kind can have that address, or None."""

    def data_files(self, spec: Mapping[str, Any]) -> Iterable[str]:
        """The local files and folders that a spec, as written, names as data; they are not manifests."""

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """What is wrong with a manifest beyond its schema, offline."""

    def warnings(self, resource: Resource) -> Iterable[Problem]:
        """What may be wrong with a manifest, as far as knowledge that ages tells; offline."""

    def hidden(self, resource: Resource) -> Iterable[str]:
        """Texts of a manifest that no output may show."""

    def refers(self, resource: Resource) -> Iterable[Address]:
        """The resources that must exist before this one."""

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """What is live, with the fewest reads."""

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """The differences between the manifest, the ledger and what is live."""

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """The calls that close ``differences``, in order."""

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """The edits that make the manifest say what is live instead, or why there are none."""

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The calls that delete, and what they risk."""

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The calls that rename, and what they risk."""

    def made(self, answer: Any) -> str | None:
        """The Hub's id of what a create call made, out of its answer."""

    def census(self, namespace: str, hub: HubView) -> Iterable[Seen]:
        """Everything of this kind in a namespace that the token sees, by list calls. Raises hub.errors.HubError."""

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """What is live, ready to become manifests: lists first, closer looks when asked. Raises hub.errors.HubError."""

    def naming(self, old: Address, hub: HubView) -> Iterable[Seen]:
        """Live resources of this kind that name ``old``, a repository about to be renamed. Raises hub.errors.HubError."""

    def own(self, live: Any) -> Mapping[str, Any]:
        """What the creating call's answer says of it, as far as later calls pick from that (``Deferred.answer``)."""

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """``record`` with what came of the intention to have ``intended`` (None: nothing) at ``key``.

        None where ``live`` was not read closely enough to tell.
        """

    def export(self, address: Address, name: str) -> Deferred | None:
        """Where the value ``{resource: address, field: name}`` is read; None where the kind has no such field."""

    def waiter(self, resource: Resource, launch: Launch) -> Waiter | None:
        """What waits for the resource to come up; None: there is nothing to wait for."""
