"""Request bodies of collections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from hfops.sandbox.bodies import AnyCaseId, Body
from hfops.sandbox.manners import bad_request

Title = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Description = Annotated[str, StringConstraints(max_length=150)]
Note = Annotated[str, StringConstraints(max_length=500)]
Rank = Annotated[int, Field(ge=0)]
Theme = Literal["orange", "blue", "green", "purple", "pink", "indigo"]
ItemType = Literal["paper", "collection", "space", "model", "dataset", "bucket"]


class ItemIn(Body):
    """What an item points to."""

    type: ItemType
    id: str = Field(min_length=1)


class CollectionCreate(Body):
    """POST /api/collections."""

    title: Title
    namespace: str
    description: Description = ""
    private: bool | None = None
    item: ItemIn | None = None
    resource_group_id: AnyCaseId | None = None


class Notifications(Body):
    """Who hears of requests, and how often."""

    mode: Literal["bulk", "real-time"]
    email: str | None = None


class AutoGate(Body):
    """Access for whoever asks."""

    mode: Literal["auto"]


class ManualGate(Body):
    """Access for whom the owner lets in."""

    mode: Literal["manual"]
    notifications: Notifications


class _Partial(Body):
    """Only the keys that are sent change, and none of them to null."""

    @model_validator(mode="after")
    def _no_nulls(self) -> _Partial:
        nulls = [to_camel(name) for name in self.model_fields_set if getattr(self, name) is None]
        if nulls:
            raise ValueError(f'"{nulls[0]}" must not be null')
        return self


class CollectionUpdate(_Partial):
    """PATCH …/{slug}."""

    title: Title | None = None
    description: Description | None = None
    private: bool | None = None
    theme: Theme | None = None
    position: Rank | None = None
    gating: Literal[False] | AutoGate | ManualGate | None = None


class ItemAdd(Body):
    """POST …/items."""

    item: ItemIn
    note: Note = ""


class ItemUpdate(_Partial):
    """PATCH …/items/{id}; an empty note removes it."""

    position: Rank | None = None
    note: Note | None = None
    gallery: list[str] | None = None


class ItemChange(Body):
    """One entry of a batch."""

    action: Literal["update"]
    id: AnyCaseId = Field(alias="_id")
    data: ItemUpdate


_BATCH = TypeAdapter(list[ItemChange])


def batch(data: object) -> list[ItemChange]:
    """POST …/items/batch; 400 for what is none."""
    try:
        return _BATCH.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise bad_request(f'"{where}": {first["msg"]}') from None
