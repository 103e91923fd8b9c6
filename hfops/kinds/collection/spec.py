"""The spec of a collection: the fields of its create and update calls, under the API's names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.fields import FieldInfo

from hfops.kinds.base import Spec
from hfops.kinds.collection.slug import parse_slug
from hfops.kinds.repo.names import bad_id_part, bad_repo_id
from hfops.kinds.repo.spec import EMAIL
from hfops.manifest.strict import Complaint

NONE: Literal["none"] = "none"
TITLE, DESCRIPTION, NOTE = 60, 150, 500
"""Characters that the Hub allows at most."""

_ARXIV = re.compile(r"[0-9]{4}\.[0-9]{4,5}|[a-z-]+(\.[A-Z]{2})?/[0-9]{7}")
_PIN = "as in namespace/title-66aa11bb22cc33dd44ee55ff, the end of its URL"


def _bare(text: str) -> str:
    if text != text.strip():
        raise Complaint("spaces at an end of a title, which the Hub may not keep", "take them out")
    return text


def _at_most(limit: int) -> Callable[[str], str]:
    """As long as what is sent: without the spaces around it, such as the line end of a block."""

    def checked(text: str) -> str:
        length = len(text.strip())
        if length > limit:
            raise Complaint(f"expected at most {limit} characters, found {length}")
        return text

    return checked


def _limit(limit: int) -> FieldInfo:
    """What the schema says of it."""
    info: FieldInfo = Field(json_schema_extra={"maxLength": limit})
    return info


Title = Annotated[
    str, Field(min_length=1), AfterValidator(_bare), AfterValidator(_at_most(TITLE)), _limit(TITLE)
]
Description = Annotated[str, AfterValidator(_at_most(DESCRIPTION)), _limit(DESCRIPTION)]
Note = Annotated[str, AfterValidator(_at_most(NOTE)), _limit(NOTE)]


def _pin(text: str) -> str:
    if parse_slug(text) is None:
        raise Complaint(f"{text!r} is no slug: it ends with an id of 24 hexadecimal digits", _PIN)
    return text


def _bad_legacy_id(text: str) -> str | None:
    """Old models and datasets have no namespace."""
    return bad_repo_id(text) if "/" in text else bad_id_part(text)


def _bad_paper(text: str) -> str | None:
    if _ARXIV.fullmatch(text):
        return None
    return "expected an arXiv id without its version, as in 2307.09288"


def _bad_collection(text: str) -> str | None:
    found = parse_slug(text)
    return None if found and found.namespace else f"expected a slug, {_PIN}"


_RULES: dict[str, Callable[[str], str | None]] = {
    "model": _bad_legacy_id,
    "dataset": _bad_legacy_id,
    "space": bad_repo_id,
    "bucket": bad_repo_id,
    "paper": _bad_paper,
    "collection": _bad_collection,
}


class Item(Spec):
    """Something a collection lists."""

    type: Literal["model", "dataset", "space", "paper", "collection", "bucket"] = Field(
        description="What it is."
    )
    id: str = Field(
        min_length=1, description="namespace/name; a paper's arXiv id, in quotes; a collection's slug."
    )
    note: Note | None = Field(default=None, description='What is written beside it; "" for nothing.')

    @model_validator(mode="after")
    def _good_id(self) -> Item:
        why = _RULES[self.type](self.id)
        if why:
            raise Complaint(f"bad id {self.id!r} of a {self.type}: {why}", at=("id",))
        return self


class Notifications(Spec):
    """Who hears of requests, and when."""

    mode: Literal["bulk", "real-time"] | None = Field(
        default=None, description="bulk (daily) or real-time; a gate that is new has bulk."
    )
    email: str | None = Field(default=None, pattern=EMAIL, description="Where they are mailed.")


class Gate(Spec):
    """How access is given."""

    mode: Literal["auto", "manual"] = Field(
        description="auto: to whoever asks; manual: to whom the owner lets in."
    )
    notifications: Notifications | None = Field(
        default=None, description="manual only: how requests are mailed."
    )

    @model_validator(mode="after")
    def _fits(self) -> Gate:
        if self.mode == "auto" and self.notifications is not None:
            raise Complaint("notifications with mode: auto", "they are for manual", at=("notifications",))
        return self


class CollectionSpec(Spec):
    """What can be said of a collection. A field that is absent is not managed."""

    title: Title | None = Field(
        default=None,
        description="Its title. Until the ledger knows its id, the title finds it; then a new one renames it.",
    )
    slug: Annotated[str, AfterValidator(_pin)] | None = Field(
        default=None,
        description="The one meant, where several have the title: namespace/text-ID, or its end. Never created.",
    )
    description: Description | None = Field(default=None, description='What it is about; "" for nothing.')
    visibility: Literal["public", "private"] | None = Field(
        default=None, description="Who can see it. A new one that names none is created private."
    )
    theme: Literal["orange", "blue", "green", "purple", "pink", "indigo"] | None = Field(
        default=None, description="Its colour."
    )
    position: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Its rank among the namespace's collections, from 0."
    )
    gating: Literal["auto", "manual", False] | Gate | None = Field(
        default=None,
        description="Whether access to the models and datasets in it must be asked for (Team and Enterprise).",
    )
    resource_group: str | None = Field(
        default=None, min_length=1, description="The organisation's resource group, by name or id, or none."
    )
    items: list[Item] | None = Field(default=None, description="What it lists, in order.")
    exclusive: list[Literal["items"]] | None = Field(
        default=None, description="[items]: the manifest is the whole truth, and other items are removed."
    )
