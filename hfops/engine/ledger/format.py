"""The ledger's JSON form, version 1 (schemas/ledger.schema.json)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from hfops.model.address import Address
from hfops.model.key import Key
from hfops.model.record import Origin, Record

VERSION = 1


def _address(text: str) -> str:
    Address.parse(text)
    return text


AddressText = Annotated[str, AfterValidator(_address)]


class _Form(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Entry(_Form):
    """One resource that the project owns."""

    origin: Origin
    hub_id: str | None = None
    applied: dict[str, Any] = Field(default_factory=dict)
    prevent_destroy: bool = False


class Intended(_Form):
    """One value that an intention would make true; null: gone."""

    key: list[str] = Field(min_length=1)
    value: Any = None


class Intention(_Form):
    """Calls that are not safe to repeat, written down before they are sent."""

    address: AddressText
    action: Literal["create", "update", "replace", "move", "delete"]
    moved_from: AddressText | None = None
    values: list[Intended] = Field(default_factory=list)
    at: AwareDatetime


class Lease(_Form):
    """Who writes a shared ledger now, and until when nobody else should; without ``expires``: who wrote it last.

    ``holder`` is random, one for each run; ``run`` the page of a CI job.
    """

    holder: str
    host: str
    pid: int
    run: str | None = None
    expires: AwareDatetime | None = None


class LedgerForm(_Form):
    """The whole file: one project and environment. ``serial`` counts the writes. Files on a disk have no ``lease``."""

    version: Literal[1] = 1
    project: str
    environment: str | None = None
    serial: int = Field(default=0, ge=0)
    entries: dict[AddressText, Entry] = Field(default_factory=dict)
    intentions: list[Intention] = Field(default_factory=list)
    used_plans: dict[str, AwareDatetime] = Field(default_factory=dict)
    lease: Lease | None = None

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.project, self.environment)


@dataclass(frozen=True, slots=True)
class Owner:
    """A project, in one of its environments where it has some."""

    project: str
    environment: str | None = None

    def __str__(self) -> str:
        return f"project {self.project!r}" + (
            f", environment {self.environment!r}" if self.environment else ""
        )

    @property
    def path(self) -> str:
        """``project``, or ``project/environment``, as the command line takes it."""
        return self.project + (f"/{self.environment}" if self.environment else "")


def to_record(address: str, entry: Entry) -> Record:
    """An entry as the noun that the engine uses."""
    return Record(Address.parse(address), entry.origin, entry.hub_id, entry.applied, entry.prevent_destroy)


def to_entry(record: Record) -> Entry:
    """The noun as an entry."""
    return Entry(
        origin=record.origin,
        hub_id=record.hub_id,
        applied=dict(record.applied),
        prevent_destroy=record.prevent_destroy,
    )


def intended(key: Key, value: Any) -> Intended:
    """A value to come. A commit that only applying will know is left open."""
    return Intended(key=list(key), value=value)
