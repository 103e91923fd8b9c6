"""The outer form of every document, in kubectl's words. What ``spec`` may hold is the kinds' business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from hfops.manifest.bind import Complaint
from hfops.manifest.strict import StrictModel, none_as
from hfops.manifest.text import single

API_VERSION: Final = "hfops/v1"

Labels = Annotated[dict[str, str], BeforeValidator(none_as(dict))]
FreeSpec = Annotated[dict[str, Any], BeforeValidator(none_as(dict))]
NonEmpty = Annotated[str, Field(min_length=1)]
_EMPTY_LIST = BeforeValidator(none_as(list))


class Metadata(StrictModel):
    """Who a resource is: ``name: acme/sentiment``, or name and namespace apart; labels stay in hfops."""

    name: str = Field(description="namespace/name, or the name alone where the namespace stands elsewhere.")
    namespace: str | None = Field(
        default=None, description="The namespace, where the name is written without; default the project's."
    )
    labels: Labels = Field(
        default_factory=dict, description="For --selector, Defaults and policies; never sent to the Hub."
    )

    def qualified(self, default: str | None = None) -> tuple[str | None, str]:
        """Namespace and short name; the namespace is ``default`` (or None) where none is written."""
        namespace, slash, name = self.name.rpartition("/")
        return (namespace, name) if slash else (self.namespace or default, self.name)

    @field_validator("name", "namespace")
    @classmethod
    def _well_formed(cls, value: str | None) -> str | None:
        if value is None:
            return value
        if not value or value != "".join(value.split()) or not all(value.split("/")):
            raise Complaint(f"not a name: {single(value)}", "write namespace/name, without spaces")
        return value

    @model_validator(mode="after")
    def _one_namespace(self) -> Metadata:
        if self.name.count("/") > 1:
            raise Complaint("more than one '/' in the name", "write namespace/name", ("name",))
        if self.namespace and "/" in self.namespace:
            raise Complaint("a namespace holds no '/'", at=("namespace",))
        written = self.qualified()[0]
        if self.namespace and written != self.namespace:
            said = f"the name says {single(str(written))}, the namespace {single(self.namespace)}"
            raise Complaint(said, "write the namespace once", ("namespace",))
        return self


class IgnoreChange(StrictModel):
    """A field whose differences are not acted on, why, and until when."""

    path: str = Field(min_length=1, description="The field: spec.FIELD, or spec.LIST[NAME].")
    reason: str | None = Field(default=None, description="Why, for whoever reads the plan.")
    until: date | None = Field(default=None, description="The last day on which it is ignored.")


class Waive(StrictModel):
    """A policy that this resource need not keep for a time."""

    policy: str = Field(
        min_length=1, description="The policy's name, or the id of a shipped one: recommended/https-webhooks."
    )
    reason: str = Field(min_length=1, description="Why; every report shows it.")
    until: date = Field(description="The last day on which it is waived.")


class Lifecycle(StrictModel):
    """How a resource may change: what is refused, what is ignored, and what happens to drift."""

    prevent_destroy: bool = Field(
        default=False, description="Deleting or replacing it is refused, also after this block is gone."
    )
    ignore_changes: Annotated[tuple[NonEmpty | IgnoreChange, ...], _EMPTY_LIST] = Field(
        default=(), description="Fields whose differences are shown and not acted on."
    )
    on_drift: Literal["repair", "report"] = Field(
        default="repair", description="What apply does with a change somebody made on the Hub."
    )
    waive: Annotated[tuple[Waive, ...], _EMPTY_LIST] = Field(
        default=(), description="Policies that it need not keep, each with a reason and an end."
    )

    @property
    def ignored(self) -> tuple[IgnoreChange, ...]:
        """``ignore_changes``, all in the long form."""
        return tuple(IgnoreChange(path=c) if isinstance(c, str) else c for c in self.ignore_changes)


class Dependency(StrictModel):
    """An address that must be there first; with ``until: ready``, and serving."""

    address: str = Field(min_length=1, description="Kind/namespace/name, or Kind/name in the project's.")
    until: Literal["ready"] | None = Field(
        default=None, description="ready: wait until it serves, not only until it is there."
    )


class Envelope(StrictModel):
    """What every document has."""

    api_version: str = Field(default=API_VERSION, description="The version of this form: hfops/v1.")
    kind: str = Field(min_length=1, description="What the document describes.")
    metadata: Metadata | None = Field(default=None, description="Who it is.")
    spec: FreeSpec = Field(default_factory=dict, description="How it is to be.")

    @field_validator("api_version")
    @classmethod
    def _known_version(cls, value: str) -> str:
        if value != API_VERSION:
            ours = value.startswith("hfops/")
            hint = (
                "upgrade hfops, or correct it"
                if ours
                else "is this file no manifest? name it under ignore: in hfops.yaml"
            )
            raise Complaint(f"unknown apiVersion {single(value)}, expected {API_VERSION}", hint)
        return value


class ResourceEnvelope(Envelope):
    """A document that describes a resource."""

    api_version: str = Field(description="The version of this form: hfops/v1.")
    metadata: Metadata = Field(description="Who the resource is.")
    lifecycle: Annotated[Lifecycle, BeforeValidator(none_as(dict))] = Field(
        default_factory=Lifecycle, description="How it may change."
    )
    depends_on: Annotated[tuple[NonEmpty | Dependency, ...], _EMPTY_LIST] = Field(
        default=(),
        description="Addresses of what must be there first; what fields refer to need not be said.",
    )
    for_each: list[Any] | dict[str, Any] | str | None = Field(
        default=None,
        description="Makes a family of resources from this document: a list, a map, an expression, or "
        "{csv|yaml|json: FILE}. Its strings are then Jinja2 expressions over each, vars and env.",
    )

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """``depends_on``, all in the long form."""
        return tuple(Dependency(address=d) if isinstance(d, str) else d for d in self.depends_on)


class Moved(StrictModel):
    """Addresses that were renamed or moved; globs with the same stars on both sides."""

    from_: str = Field(alias="from", min_length=1, description="The old address; a single * is allowed.")
    to: str = Field(min_length=1, description="The new one, with a * where the old has it.")


class Removed(StrictModel):
    """Consent to let resources go: deleted on the Hub, or only forgotten here."""

    address: str = Field(min_length=1, description="The address; * is allowed.")
    action: Literal["delete", "forget"] = Field(
        description="delete: from the Hub; forget: from the ledger only, and the Hub keeps it."
    )
    reason: str | None = Field(default=None, description="Why; the plan shows it.")
    override_protection: bool = Field(default=False, description="Whether preventDestroy counts no more.")


class Allow(StrictModel):
    """Consent to a risk, per address and in time."""

    risk: Literal["data-loss", "outage", "exposure", "cost"] = Field(description="What is consented to.")
    address: str = Field(min_length=1, description="The address; * is allowed.")
    reason: str | None = Field(default=None, description="Why.")
    until: date | None = Field(default=None, description="The last day on which it is allowed.")


class ChangesSpec(StrictModel):
    """Consent to change, kept in Git beside what it is about."""

    moved: Annotated[tuple[Moved, ...], _EMPTY_LIST] = Field(
        default=(), description="Renames: POST /api/repos/move, once; nothing where it is done."
    )
    removed: Annotated[tuple[Removed, ...], _EMPTY_LIST] = Field(
        default=(), description="What may be deleted, or is to be forgotten."
    )
    allow: Annotated[tuple[Allow, ...], _EMPTY_LIST] = Field(
        default=(), description="Risks that may be taken."
    )


class ChangesEnvelope(StrictModel):
    """Consent to change, in Git beside what it is about: renames, removals, risks."""

    api_version: Literal["hfops/v1"] = Field(
        default=API_VERSION, description="The version of this form: hfops/v1."
    )
    kind: Literal["Changes"] = Field(description="Changes.")
    metadata: Metadata | None = Field(default=None, description="A name for whoever reads it.")
    spec: Annotated[ChangesSpec, BeforeValidator(none_as(dict))] = Field(
        default_factory=ChangesSpec, description="What may change."
    )
