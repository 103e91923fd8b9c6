"""What a model expects at a place: read from pydantic's core schema, which is a plain nested mapping.

Error locations name fields by alias, list entries by number, and branches of unions by a label; the schema
says which of these a part of a location is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from hfops.manifest.text import shown

Schema = Mapping[str, Any]

_NUMBERS = {"int": "a whole number", "float": "a number", "decimal": "a number"}
_WORDS = _NUMBERS | {
    "str": "a string",
    "bool": "true or false",
    "none": "null",
    "date": "a date like 2026-12-31",
    "datetime": "a time like 2026-12-31T12:00:00Z",
    "url": "a URL",
    "any": "any value",
}
_LISTS = ("list", "tuple", "set", "frozenset", "generator")
_MAPS = ("dict", "model", "model-fields", "typed-dict", "dataclass", "dataclass-args")
_INNER = ("schema", "strict_schema", "json_schema")
_LAYERS = ("definitions", "nullable", "default", "lax-or-strict", "json-or-python", "custom-error", "chain")


class Shapes:
    """The schema of one model, with its shared definitions."""

    def __init__(self, schema: Schema) -> None:
        self._shared: dict[str, Schema] = {}
        self.root = self.bare(schema)

    def bare(self, schema: Schema) -> Schema:
        """The schema without the layers that do not show in locations: defaults, validators, null."""
        while True:
            kind = schema["type"]
            if kind == "definitions":
                self._shared |= {d["ref"]: d for d in schema["definitions"]}
            if kind == "definition-ref":
                schema = self._shared[schema["schema_ref"]]
            elif kind == "chain":
                schema = schema["steps"][0]
            elif kind in _LAYERS or (kind.startswith("function-") and kind != "function-plain"):
                schema = next(schema[name] for name in _INNER if name in schema)
            else:
                return schema

    def fields(self, schema: Schema) -> dict[str, Schema]:
        """The fields that a mapping may have, by their YAML names; empty where it is free or no mapping."""
        schema = self.bare(schema)
        while schema["type"] in ("model", "dataclass"):
            schema = self.bare(schema["schema"])
        known = schema.get("fields")
        if not isinstance(known, dict):
            return {}
        return {_alias(name, f): f["schema"] for name, f in known.items()}

    def child(self, schema: Schema, key: str | int) -> Schema | None:
        """The schema of one entry of a collection, or None where there is none."""
        schema = self.bare(schema)
        if schema["type"] == "tuple":
            items = schema["items_schema"]
            last = schema.get("variadic_item_index", len(items) - 1)
            return items[min(key, last)] if isinstance(key, int) and items else None
        if schema["type"] in _LISTS:
            return schema.get("items_schema")
        if schema["type"] == "dict":
            return schema.get("values_schema")
        return self.fields(schema).get(str(key))

    def branches(self, schema: Schema) -> list[tuple[str, Schema]] | None:
        """The branches of a union with their labels (labels of tagged ones are the tags); None for the rest."""
        schema = self.bare(schema)
        if schema["type"] == "union":
            choices = [c if isinstance(c, tuple) else (c, "") for c in schema["choices"]]
            return [(label, self.bare(choice)) for choice, label in choices]
        if schema["type"] == "tagged-union":
            return [(str(tag), self.bare(choice)) for tag, choice in schema["choices"].items()]
        return None

    def allowed(self, schema: Schema) -> list[Any]:
        """The values of a Literal or an Enum, words first; of a union, those of its branches."""
        schema = self.bare(schema)
        if schema["type"] == "literal":
            values = [v.value if isinstance(v, Enum) else v for v in schema["expected"]]
            return sorted(values, key=lambda v: not isinstance(v, str))
        if schema["type"] == "enum":
            return [m.value for m in schema["members"]]
        return [v for _, branch in self.branches(schema) or [] for v in self.allowed(branch)]

    def takes(self, schema: Schema) -> set[str]:
        """Which sorts of values fit: mapping, list, string, number, bool, null, or any."""
        schema = self.bare(schema)
        kind = schema["type"]
        if branches := self.branches(schema):
            return {sort for _, branch in branches for sort in self.takes(branch)}
        if kind in _MAPS:
            return {"mapping"}
        if kind in _LISTS:
            return {"list"}
        if kind in ("literal", "enum"):
            return {sort_of(v) for v in self.allowed(schema)}
        simple = {"bool": "bool", "none": "null"} | dict.fromkeys(_NUMBERS, "number")
        return {simple.get(kind, "string" if kind in _WORDS and kind != "any" else "any")}

    def words(self, schema: Schema) -> list[str]:
        """What is expected, in words, one for each branch."""
        schema = self.bare(schema)
        if branches := self.branches(schema):
            return list(dict.fromkeys(w for _, branch in branches for w in self.words(branch)))
        if allowed := self.allowed(schema):
            return [shown(v) for v in allowed]
        if schema["type"] in _LISTS:
            return ["a list"]
        return ["a mapping" if schema["type"] in _MAPS else _WORDS.get(schema["type"], "another value")]

    def form(self, schema: Schema) -> str:
        """A mapping by the fields it must have: ``{env: …}``."""
        needed = [name for name, required in self._required(schema) if required]
        return f"{{{', '.join(f'{n}: …' for n in needed or list(self.fields(schema))[:1])}}}"

    def _required(self, schema: Schema) -> list[tuple[str, bool]]:
        return [(name, field["type"] != "default") for name, field in self.fields(schema).items()]


def sort_of(value: Any) -> str:
    """The sort of a value, in the words of ``takes``."""
    if isinstance(value, bool):
        return "bool"
    sorts = ((str, "string"), (int | float, "number"), (list | tuple, "list"), (Mapping, "mapping"))
    return next((sort for kind, sort in sorts if isinstance(value, kind)), "null")


def _alias(name: str, field: Schema) -> str:
    alias = field.get("validation_alias", name)
    while isinstance(alias, list) and alias:
        alias = alias[0]
    return str(alias)
