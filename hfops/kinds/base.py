"""What a kind owes: its spec, how it is observed, compared, and brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from hfops.manifest.strict import StrictModel
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk

T = TypeVar("T")
R = TypeVar("R")


class Spec(StrictModel):
    """The base of every spec: the Hub's camelCase names, nothing unknown, nothing cast, never changed."""


class Reads(Protocol):
    """What observing needs of the Hub: reads only (hub.connection.Reader)."""

    def get(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Any:
        """The JSON at ``path``; raises hub.errors.HubError."""

    def get_or_none(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Any:
        """The JSON at ``path``, or None on a 404."""

    def pages(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Iterator[list[Any]]:
        """The pages of a list call."""


@dataclass(frozen=True, slots=True)
class HubView:
    """The read side of the Hub, as kinds see it.

    ``sees`` tells whether every repository of a namespace is surely visible to this token. ``map`` runs reads
    concurrently and keeps their order.
    """

    reads: Reads
    sees: Callable[[str], bool]
    map: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One resource to look at: as wanted (None: only looked at), and as remembered.

    ``closely``: also at the lists that the manifest does not name.
    """

    address: Address
    resource: Resource | None = None
    record: Record | None = None
    send_unverified: bool = False
    closely: bool = False


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
    """

    differences: tuple[Difference, ...] = ()
    settled: Mapping[Key, Any] = field(default_factory=dict)
    released: tuple[Key, ...] = ()
    unverified: tuple[Key, ...] = ()
    foreign: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


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

    def check(self, resource: Resource) -> Iterable[Problem]:
        """What is wrong with a manifest beyond its schema, offline."""

    def refers(self, resource: Resource) -> Iterable[Address]:
        """The resources that must exist before this one."""

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """What is live, with the fewest reads."""

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """The differences between the manifest, the ledger and what is live."""

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """The calls that close ``differences``, in order."""

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The calls that delete, and what they risk."""

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """The calls that rename, and what they risk."""

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """``record`` with what came of the intention to have ``intended`` (None: nothing) at ``key``.

        None where ``live`` was not read closely enough to tell.
        """
