"""What a webhook watches: repositories, users, organisations. Their order does not matter, nor does case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from hfops.kinds.base import Spec
from hfops.kinds.repo.names import bad_id_part, bad_repo_id
from hfops.manifest.strict import Complaint
from hfops.model.address import Address

KINDS = {"model": "Model", "dataset": "Dataset", "space": "Space"}
"""Types that are kinds of resources here."""

OWNERS = ("user", "org")
LEGACY = ("model", "dataset")
"""Types of which old repositories have no namespace."""

Place = tuple[str, str]
"""Type and name, for comparing."""


class Watched(Spec):
    """One thing that is watched."""

    type: Literal["dataset", "model", "space", "bucket", "kernel", "user", "org"] = Field(
        description="What it is. A user or an organisation: all its repositories, also those to come."
    )
    name: str = Field(description="The repository's id, or the name of the user or organisation.")

    @model_validator(mode="after")
    def _good_name(self) -> Watched:
        if "://" in self.name:  # which may hold a secret
            raise Complaint("a URL stands here, expected a name, as in acme or acme/sentiment", at=("name",))
        why = self._bad_name()
        if why:
            raise Complaint(f"bad name {self.name!r}: {why}", at=("name",))
        return self

    def _bad_name(self) -> str | None:
        slash = "/" in self.name
        if self.type in OWNERS and slash:
            return f"a {self.type} has no '/' in its name; to watch a repository, write its type"
        if self.type in OWNERS or (self.type in LEGACY and not slash):
            why = bad_id_part(self.name)
            return f"it {why}" if why else None
        return bad_repo_id(self.name)

    @property
    def place(self) -> Place:
        """For comparing."""
        return self.type, self.name.casefold()

    @property
    def address(self) -> Address | None:
        """The resource that it is, where hfops manages such."""
        if self.type not in KINDS or "/" not in self.name:
            return None
        return Address.parse(f"{KINDS[self.type]}/{self.name}")


Row = Mapping[str, str]
"""``{type, name}``, as the API has it."""


def rows(watched: Iterable[Watched]) -> list[dict[str, str]]:
    """What is watched, as it is sent and noted."""
    return [{"type": w.type, "name": w.name} for w in watched]


def places(found: Any) -> frozenset[Place]:
    """Rows for comparing; what is no row counts for nothing."""
    return frozenset(_places(found))


def _places(found: Any) -> Iterator[Place]:
    for row in found if isinstance(found, list | tuple) else ():
        if isinstance(row, Mapping):
            yield str(row.get("type")), str(row.get("name")).casefold()


def worded(found: Iterable[Row]) -> str:
    """What is watched, in words."""
    return ", ".join(f"{row['type']} {row['name']}" for row in found) or "nothing"
