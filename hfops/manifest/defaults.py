"""``kind: Defaults``: fields for many resources at once, and for live ones that no manifest describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from hfops.manifest.bind import Complaint
from hfops.manifest.document import Document
from hfops.manifest.envelope import API_VERSION, FreeSpec, Labels, Metadata, NonEmpty
from hfops.manifest.layers import Layer
from hfops.manifest.strict import StrictModel, none_as
from hfops.manifest.text import single
from hfops.model.address import Address, is_glob
from hfops.model.source import Path

DEFAULTS = "Defaults"
Words = NonEmpty | Annotated[tuple[NonEmpty, ...], Field(min_length=1)]


class Match(StrictModel):
    """Which resources are meant: all of these must hold."""

    kind: Words = Field(description="One kind, or several.")
    name: Words | None = Field(
        default=None,
        description='Globs of namespace/name, such as "acme/*"; without a slash, in the project\'s namespace.',
    )
    labels: Labels = Field(default_factory=dict, description="Labels that a manifest must have.")


class DefaultsEnvelope(StrictModel):
    """Fields that resources have unless their manifests say otherwise. A manifest wins, then the higher priority."""

    api_version: Literal["hfops/v1"] = Field(
        default=API_VERSION, description="The version of this form: hfops/v1."
    )
    kind: Literal["Defaults"] = Field(description="Defaults.")
    metadata: Metadata | None = Field(default=None, description="A name for whoever reads it.")
    match: Match = Field(description="Which resources are meant.")
    except_: Annotated[tuple[NonEmpty, ...], BeforeValidator(none_as(list))] = Field(
        default=(), alias="except", description="Globs of names or addresses that are not meant."
    )
    priority: int = Field(
        default=0, description="Of two Defaults that say different things, the higher wins."
    )
    existing: bool = Field(
        default=False,
        description="Also live repositories that have no manifest: these fields only; never created, never deleted.",
    )
    spec: FreeSpec = Field(default_factory=dict, description="The fields, as in a manifest of those kinds.")

    @field_validator("except_")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for index, text in enumerate(value):
            if text.count("/") > 2 or not all(text.split("/")):
                raise Complaint(
                    f"not a pattern: {single(text)}", "write namespace/name or Kind/namespace/name", (index,)
                )
        return value


@dataclass(frozen=True, slots=True)
class Default:
    """One ``Defaults`` document: whom it is about, and what it says."""

    document: Document
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    labels: Mapping[str, str]
    excepted: tuple[str, ...]
    priority: int
    existing: bool

    def covers(self, address: Address, labels: Mapping[str, str]) -> bool:
        """Whether a resource of this address with these labels is meant."""
        if address.kind not in self.kinds or any(labels.get(k) != v for k, v in self.labels.items()):
            return False
        named = any(address.matches(f"{address.kind}/{n}") for n in self.names)
        return named and not any(address.matches(_address_glob(e, address.kind)) for e in self.excepted)

    @property
    def layer(self) -> Layer:
        """Its spec, to lay something over."""
        return Layer(self.document, self.priority, DEFAULTS)


def default_of(outer: DefaultsEnvelope, document: Document, namespace: str | None) -> Default:
    """The rule that a document stands for; ``namespace`` is for names written without one."""
    match = outer.match

    def full(name: str) -> str:
        return name if "/" in name else f"{namespace or '*'}/{name}"

    names = tuple(full(n) for n in _words(match.name)) if match.name is not None else ("*/*",)
    return Default(
        document,
        _words(match.kind),
        names,
        match.labels,
        tuple(e if e.count("/") == 2 else full(e) for e in outer.except_),
        outer.priority,
        outer.existing,
    )


def namespaces(default: Default) -> Iterator[str | None]:
    """The namespaces that its names are in; None for a pattern, which names none."""
    for name in default.names:
        namespace = name.split("/", maxsplit=1)[0]
        yield None if is_glob(namespace) else namespace


def layers(defaults: Sequence[Default], address: Address, labels: Mapping[str, str]) -> list[Layer]:
    """What a resource of this address lies over."""
    return [d.layer for d in defaults if d.covers(address, labels)]


def beside(spec: Any, path: Path = ("spec",)) -> Iterator[Path]:
    """Where a spec names files beside its manifest, which ``Defaults`` cannot: each resource lies elsewhere."""
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            yield from beside(value, (*path, key))
    elif isinstance(spec, list):
        for index, value in enumerate(spec):
            yield from beside(value, (*path, index))
    elif isinstance(spec, str) and spec.startswith(("./", "../")):
        yield path


def _words(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _address_glob(pattern: str, kind: str) -> str:
    return pattern if pattern.count("/") == 2 else f"{kind}/{pattern}"
