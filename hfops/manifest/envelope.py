"""The outer form of every document, in kubectl's words. What ``spec`` may hold is the kinds' business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from hfops.manifest.bind import Complaint, bind
from hfops.manifest.document import Document
from hfops.manifest.strict import StrictModel, none_as
from hfops.manifest.text import single
from hfops.model.problem import Problem

API_VERSION: Final = "hfops/v1"
_EXPRESSION: Final = "{{"
"""Before forEach is expanded, names may hold Jinja2 expressions."""

Labels = Annotated[dict[str, str], BeforeValidator(none_as(dict))]
FreeSpec = Annotated[dict[str, Any], BeforeValidator(none_as(dict))]
_EMPTY_LIST = BeforeValidator(none_as(list))


class Metadata(StrictModel):
    """Who a resource is: ``name: acme/sentiment``, or name and namespace apart; labels stay in hfops."""

    name: str
    namespace: str | None = None
    labels: Labels = Field(default_factory=dict)

    def qualified(self, default: str | None = None) -> tuple[str | None, str]:
        """Namespace and short name; the namespace is ``default`` (or None) where none is written."""
        namespace, slash, name = self.name.rpartition("/")
        return (namespace, name) if slash else (self.namespace or default, self.name)

    @field_validator("name", "namespace")
    @classmethod
    def _well_formed(cls, value: str | None) -> str | None:
        if value is None or _EXPRESSION in value:
            return value
        if not value or value != "".join(value.split()) or not all(value.split("/")):
            raise Complaint(f"not a name: {single(value)}", "write namespace/name, without spaces")
        return value

    @model_validator(mode="after")
    def _one_namespace(self) -> Metadata:
        if _EXPRESSION in self.name:
            return self
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

    path: str = Field(min_length=1)
    reason: str | None = None
    until: date | None = None


class Lifecycle(StrictModel):
    """How a resource may change: what is refused, what is ignored, and what happens to drift."""

    prevent_destroy: bool = False
    ignore_changes: Annotated[tuple[str | IgnoreChange, ...], _EMPTY_LIST] = ()
    on_drift: Literal["repair", "report"] = "repair"

    @property
    def ignored(self) -> tuple[IgnoreChange, ...]:
        """``ignore_changes``, all in the long form."""
        return tuple(IgnoreChange(path=c) if isinstance(c, str) else c for c in self.ignore_changes)


class Dependency(StrictModel):
    """An address that must be there first; with ``until: ready``, and serving."""

    address: str = Field(min_length=1)
    until: Literal["ready"] | None = None


class Envelope(StrictModel):
    """What every document has."""

    api_version: str = API_VERSION
    kind: str = Field(min_length=1)
    metadata: Metadata | None = None
    spec: FreeSpec = Field(default_factory=dict)

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
    """A document that describes resources: one, or with ``forEach`` a family."""

    api_version: str
    metadata: Metadata
    lifecycle: Annotated[Lifecycle, BeforeValidator(none_as(dict))] = Field(default_factory=Lifecycle)
    depends_on: Annotated[tuple[str | Dependency, ...], _EMPTY_LIST] = ()
    for_each: list[Any] | dict[str, Any] | None = None

    @model_validator(mode="after")
    def _expressions_need_a_family(self) -> ResourceEnvelope:
        if self.for_each is None and _EXPRESSION in self.metadata.name:
            hint = "add forEach, or name the file *.yaml.j2"
            raise Complaint("an expression in a name has no meaning here", hint, ("metadata", "name"))
        return self

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """``depends_on``, all in the long form."""
        return tuple(Dependency(address=d) if isinstance(d, str) else d for d in self.depends_on)


class Moved(StrictModel):
    """Addresses that were renamed or moved; globs with the same stars on both sides."""

    from_: str = Field(alias="from", min_length=1)
    to: str = Field(min_length=1)


class Removed(StrictModel):
    """Consent to let resources go: deleted on the Hub, or only forgotten here."""

    address: str = Field(min_length=1)
    action: Literal["delete", "forget"]
    reason: str | None = None
    override_protection: bool = False


class Allow(StrictModel):
    """Consent to a risk, per address and in time."""

    risk: Literal["data-loss", "outage", "exposure", "cost"]
    address: str = Field(min_length=1)
    reason: str | None = None
    until: date | None = None


class ChangesSpec(StrictModel):
    """Consent to change, kept in Git beside what it is about."""

    moved: Annotated[tuple[Moved, ...], _EMPTY_LIST] = ()
    removed: Annotated[tuple[Removed, ...], _EMPTY_LIST] = ()
    allow: Annotated[tuple[Allow, ...], _EMPTY_LIST] = ()


class ChangesEnvelope(StrictModel):
    """``kind: Changes``."""

    api_version: Literal["hfops/v1"] = API_VERSION
    kind: Literal["Changes"]
    metadata: Metadata | None = None
    spec: Annotated[ChangesSpec, BeforeValidator(none_as(dict))] = Field(default_factory=ChangesSpec)


class Match(StrictModel):
    """Which resources Defaults are for: all conditions must hold; an absent one always does."""

    kind: str | tuple[str, ...] = ()
    name: str | tuple[str, ...] = ()
    labels: Labels = Field(default_factory=dict)


class DefaultsEnvelope(Envelope):
    """``kind: Defaults``: fields for many resources; ``spec`` is checked against each kind it meets."""

    kind: Literal["Defaults"]
    match: Annotated[Match, BeforeValidator(none_as(dict))] = Field(default_factory=Match)
    except_: Annotated[tuple[str, ...], _EMPTY_LIST] = Field(default=(), alias="except")
    existing: bool = False
    priority: int = 0


AnyEnvelope = ResourceEnvelope | ChangesEnvelope | DefaultsEnvelope


def open_envelope(document: Document) -> AnyEnvelope | list[Problem]:
    """The document in the outer form of its kind, or what is wrong with that form."""
    kind = document.data.get("kind")
    if kind == "Project":
        return [document.problem("the project file must be named hfops.yaml, at the root", ("kind",))]
    if kind == "Changes":
        return bind(ChangesEnvelope, document)
    if kind == "Defaults":
        return bind(DefaultsEnvelope, document)
    return bind(ResourceEnvelope, document)
