"""Values that a manifest names instead of writing down: the types of fields that take ``{env: NAME}`` and its like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from hfops.manifest.local import LocalError, check_written, located
from hfops.manifest.strict import Complaint, StrictModel
from hfops.manifest.text import found, one_of
from hfops.model.address import Address, is_glob
from hfops.model.late import Reference
from hfops.model.resource import Resource
from hfops.model.source import Path

SOURCES: Final = ("env", "file", "command", "resource")
"""The fields of which a reference has exactly one."""
_WAYS: Final = "write {env: NAME}, {file: path} or {command: [prog, arg]}"
_SOURCE_SAID: Final = {
    "env": "An environment variable of the machine that hfops runs on.",
    "file": "A text file under the project's root, without the line end at its end.",
    "command": "What a command prints, without the line end at its end. Apply runs it, plan does not.",
    "resource": "A value of another resource, known once that exists.",
}
_TOKEN: Final = re.compile(r"(hf_|api_org_)[A-Za-z0-9]{30,}")
_Argument = Annotated[str, Field(min_length=1)]


class ReferenceValue(StrictModel):
    """A value that stands somewhere else: exactly one of env, file, command and resource."""

    env: str = Field(default="", min_length=1, description="The variable's name.")
    file: str = Field(
        default="", min_length=1, description="A path from the root; ./x lies beside the manifest."
    )
    command: tuple[_Argument, ...] = Field(
        default=(),
        description="The program and its arguments; there is no shell.",
        json_schema_extra={"minItems": 1},
    )
    resource: str = Field(default="", min_length=1, description="An address: Kind/namespace/name.")
    field: str = Field(default="", min_length=1, description="Which of the resource's values, such as url.")

    @model_validator(mode="after")
    def _one_source(self) -> ReferenceValue:
        given = [name for name in SOURCES if name in self.model_fields_set]
        if len(given) > 1:
            hint = f"a value comes from one place: keep {one_of(given)}"
            raise Complaint(f"{one_of(given, 'and')} at once", hint)
        if not given and not self.field:
            raise Complaint("does not say where the value is", _WAYS)
        if self.field and not self.resource:
            hint = "as in {resource: InferenceEndpoint/acme/prod, field: url}"
            raise Complaint("field without resource", hint, ("field",))
        _check(self)
        return self

    def reference(self, folder: str) -> Reference:
        """The value's name in plans. ``folder`` is the manifest's, from the root.

        A file that ``../`` takes out of the root keeps the path as written, and whoever reads it says so.
        """
        return Reference(
            env=self.env or None,
            file=_located(self.file, folder) if self.file else None,
            command=self.command,
            resource=self.resource or None,
            field=self.field or None,
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """One object for each source, so that editors offer them one by one."""
        whole = handler.resolve_ref_schema(handler(schema))
        fields = {name: _plain(field) for name, field in whole["properties"].items()}
        extra = {n: f for n, f in fields.items() if n not in (*SOURCES, "field")}
        forms = [_form(source, fields, extra) for source in SOURCES]
        return {"title": cls.__name__, "description": whole.get("description", ""), "oneOf": forms}


class SecretValue(ReferenceValue):
    """A secret, which a manifest names and never holds."""

    version: str | None = Field(
        default=None, min_length=1, description="Any text; a new one sends the secret again."
    )
    description: str | None = Field(default=None, description="What the secret is for.")

    @model_validator(mode="before")
    @classmethod
    def _never_literal(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "value" in value:
            raise Complaint("secrets are never written down", f"instead of value, {_WAYS}", ("value",))
        if isinstance(value, Mapping | SecretValue):
            return value
        sort = "a string" if isinstance(value, str) else "a number" if _is_number(value) else found(value)
        raise Complaint(f"secrets are never written down: {sort} stands here, expected a reference", _WAYS)


def _no_literals(value: Any) -> Any:
    if value is None or isinstance(value, Mapping):
        return value
    raise Complaint("expected a mapping of names to secrets", f"for each name, {_WAYS}")


Secrets = Annotated[dict[str, SecretValue], BeforeValidator(_no_literals)]
"""Secrets by name."""

Text = str | ReferenceValue
"""A string, or where to find it."""


def text_or_reference(value: Text, folder: str) -> str | Reference:
    """What a plan holds of a value: the string itself, or its reference."""
    return value if isinstance(value, str) else value.reference(folder)


def references(resource: Resource) -> Iterator[tuple[Path, Reference, bool]]:
    """Every reference in a resource's spec: its path from the document's root, and whether a secret stands there."""
    for path, value in _within(("spec",), resource.spec):
        reference = replace(value.reference(resource.folder), where=resource.mark(path))
        yield path, reference, isinstance(value, SecretValue)


def texts(resource: Resource) -> Iterator[tuple[Path, str]]:
    """Every string that a resource's spec holds as it is, with its path from the document's root."""
    yield from _texts(("spec",), resource.spec)


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, BaseModel) and not isinstance(value, ReferenceValue):
        for name, field in type(value).model_fields.items():
            yield from _texts((*path, field.alias or name), getattr(value, name))
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _texts((*path, key), below)
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _texts((*path, index), below)


def _within(path: Path, value: Any) -> Iterator[tuple[Path, ReferenceValue]]:
    if isinstance(value, ReferenceValue):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _within((*path, field.alias or name), getattr(value, name))
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _within((*path, key), below)
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _within((*path, index), below)


def _check(value: ReferenceValue) -> None:
    """Raise Complaint for a source that cannot be meant."""
    if _TOKEN.fullmatch(value.env):
        raise Complaint("a token stands here, expected the name of a variable", _WAYS, ("env",))
    if "command" in value.model_fields_set and not value.command:
        raise Complaint("an empty list, expected a program and its arguments", _WAYS, ("command",))
    if value.file:
        try:
            check_written(value.file)
        except LocalError as error:
            raise Complaint(str(error), error.hint, ("file",)) from None
    if value.resource:
        _check_resource(value)


def _check_resource(value: ReferenceValue) -> None:
    hint = "as in {resource: InferenceEndpoint/acme/prod, field: url}"
    if not value.field:
        raise Complaint("resource without field: which of its values?", hint)
    try:
        Address.parse(value.resource)
    except ValueError as error:
        raise Complaint(str(error), hint, ("resource",)) from None
    if is_glob(value.resource):
        raise Complaint("a pattern stands here, expected one resource's address", hint, ("resource",))


def _located(written: str, folder: str) -> str:
    try:
        return located(written, folder)
    except LocalError:
        return written


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema without the default that only Python needs, and the title that its name is."""
    return {k: v for k, v in field.items() if k not in ("default", "title")}


def _form(source: str, fields: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    names = [source, "field"] if source == "resource" else [source]
    return {
        "type": "object",
        "title": source,
        "description": _SOURCE_SAID[source],
        "properties": {n: fields[n] for n in names} | dict(extra),
        "required": names,
        "additionalProperties": False,
    }
