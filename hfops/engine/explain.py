"""What a field is: type, default, limits, values, Hub call and description, out of the models that check manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from hfops.engine.hub_calls import CALLS
from hfops.engine.schema import schemas
from hfops.kinds.registry import KINDS
from hfops.manifest.bind import suggest
from hfops.model.problem import HfopsError

Schema = Mapping[str, Any]
OTHERS = ("Changes", "Defaults", "Project")
SPEC = "spec"

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} in the list",
    "maxItems": "at most {} in the list",
    "pattern": "matches {}",
}
_SEVERAL = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Brief:
    """A field in one line."""

    name: str
    type: str
    required: bool
    description: str

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document or a field. ``default`` is None where absence means that nothing is managed."""

    path: str
    type: str
    description: str
    required: bool = False
    default: Any = None
    values: tuple[Any, ...] = ()
    limits: tuple[str, ...] = ()
    hub: str = ""
    fields: tuple[Brief, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    """Where one of several forms is written: the names of the fields of each; empty where there is one form."""

    def to_json(self) -> dict[str, Any]:
        """The JSON form; absent parts are left out."""
        out: dict[str, Any] = {"path": self.path, "type": self.type, "description": self.description}
        optional = {
            "required": self.required,
            "values": list(self.values),
            "limits": list(self.limits),
            "hub": self.hub,
            "fields": [f.to_json() for f in self.fields],
            "either": [list(names) for names in self.either],
        }
        out |= {} if self.default is None else {"default": self.default}
        return out | {k: v for k, v in optional.items() if v}


def documents() -> tuple[Brief, ...]:
    """Every document that can be explained."""
    names = (*KINDS, *OTHERS)
    return tuple(Brief(n, "document", required=False, description=_about(n)) for n in names)


def explain(text: str) -> Explanation:
    """``Kind.field.field``: with ``spec.`` or without, lists and maps stepped into. Raises HfopsError, with a near name."""
    first, *rest = [p for p in _SEVERAL.sub("", text).split(".") if p] or [""]
    name = next((n for n in (*KINDS, *OTHERS) if n.casefold() == first.casefold()), None)
    if name is not None:
        return _walk(_Place(name, _schema(name)), rest)
    if kind := _sharing(first):
        return _walk(_Place(kind, _schema(kind)), [first, *rest])
    raise HfopsError(_nothing(first))


def _sharing(field: str) -> str | None:
    """The first kind, where ``field`` is beside ``spec`` and so the same in every kind; else None."""
    kind = next(iter(KINDS))
    known = _Place(kind, _schema(kind)).fields()
    return kind if field.casefold() != SPEC and _near_case(field, known) else None


def _nothing(first: str) -> str:
    """What to say of a word that is no document: those that have a field of this name, else the nearest."""
    message = f"nothing to explain: {first!r}"
    roots = {name: _Place(name, _schema(name)).fields() for name in (*KINDS, *OTHERS)}
    having = ((n, _near_case(first, f[SPEC].fields())) for n, f in roots.items() if SPEC in f)
    named = [f"{name}.{place.steps[-1]}" for name, place in having if place]
    return f"{message}; did you mean {' or '.join(named)}?" if named else _unknown(message, first, roots)


def paths() -> Iterator[str]:
    """Every path that can be explained, documents and fields, for completion and for checks."""
    for name in (*KINDS, *OTHERS):
        yield name
        yield from _below(_Place(name, _schema(name)), frozenset())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk through a document's schema has come to."""

    document: str
    schema: Schema
    steps: tuple[str, ...] = ()
    required: bool = True

    @property
    def path(self) -> str:
        return ".".join((self.document, *self.steps))

    def into(self, name: str) -> _Place | None:
        """The field ``name``, in whatever form has it."""
        having = [f for f in _inside(self.document, self.schema) if name in f.get("properties", {})]
        found = [f["properties"][name] for f in having]
        if not found:
            return None
        required = all(name in f.get("required", ()) for f in having)
        schema = found[0] if len(found) == 1 else {**found[0], "anyOf": found, "type": None}
        return _Place(self.document, schema, (*self.steps, name), required)

    def fields(self) -> dict[str, _Place]:
        """All fields, by name, in order."""
        names = [n for f in _inside(self.document, self.schema) for n in f.get("properties", {})]
        found = {n: self.into(n) for n in dict.fromkeys(names)}
        return {n: p for n, p in found.items() if p}


def _walk(place: _Place, names: list[str]) -> Explanation:
    for name in names:
        known = place.fields()
        spec = known[SPEC].fields() if not place.steps and SPEC in known else {}
        step = _near_case(name, known) or _near_case(name, spec)
        if step is None:
            raise HfopsError(_no_field(place, name, spec or known))
        place = step
    return _explained(place)


def _no_field(place: _Place, name: str, known: Mapping[str, _Place]) -> str:
    if not known:
        return f"{place.path} has no field {name!r}, nor any other to explain: type {_type(place.document, place.schema)}"
    return _unknown(f"{place.path} has no field {name!r}", name, known)


def _near_case(name: str, known: Mapping[str, _Place]) -> _Place | None:
    return known.get(name) or next((p for n, p in known.items() if n.casefold() == name.casefold()), None)


def _explained(place: _Place) -> Explanation:
    forms = list(_forms(place.document, place.schema))
    fields = place.fields()
    at = place.steps[1] if place.steps[:1] == (SPEC,) and len(place.steps) > 1 else ""
    return Explanation(
        place.path,
        _type(place.document, place.schema),
        _description(place, forms),
        place.required and bool(place.steps),
        place.schema.get("default") if place.steps else None,
        tuple(dict.fromkeys(v for f in forms for v in _values(f))),
        tuple(dict.fromkeys(text for f in forms for text in _limits(f))),
        CALLS.get(place.document, {}).get(at, ""),
        tuple(_brief(n, p) for n, p in fields.items()),
        _either(place),
    )


def _either(place: _Place) -> tuple[tuple[str, ...], ...]:
    """The fields of each of the mappings that can stand here, where there are several sorts."""
    sorts = dict.fromkeys(tuple(f["properties"]) for f in _inside(place.document, place.schema))
    return tuple(sorts) if len(sorts) > 1 else ()


def _description(place: _Place, forms: list[Schema]) -> str:
    """What the field says of itself, then what its model does."""
    if not place.steps:
        return _about(place.document)
    own = str(place.schema.get("description", ""))
    return own or next((str(f["description"]) for f in forms if f.get("description")), "")


def _brief(name: str, place: _Place) -> Brief:
    forms = list(_forms(place.document, place.schema))
    return Brief(name, _type(place.document, place.schema), place.required, _description(place, forms))


def _forms(document: str, schema: Schema) -> Iterator[Schema]:
    """A schema's alternatives, references followed, ``null`` left out."""
    if "$ref" in schema:
        yield from _forms(document, _schema(document)["$defs"][schema["$ref"].rpartition("/")[2]])
        return
    parts = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if parts:
        for part in parts:
            yield from _forms(document, part)
    elif schema.get("type") != "null":
        yield schema


def _inside(document: str, schema: Schema) -> Iterator[Schema]:
    """The objects that can stand at a place, or in its list or map."""
    for form in _forms(document, schema):
        if "properties" in form:
            yield form
        for key in ("items", "additionalProperties"):
            if isinstance(form.get(key), Mapping):
                yield from _inside(document, form[key])


def _type(document: str, schema: Schema) -> str:
    return " or ".join(dict.fromkeys(_word(document, f) for f in _forms(document, schema))) or "anything"


def _word(document: str, form: Schema) -> str:
    sort = form.get("type")
    if sort == "array":
        return f"list of {_type(document, form.get('items', {}))}"
    if sort == "object":
        more = form.get("additionalProperties")
        return f"map of {_type(document, more)}" if isinstance(more, Mapping) and more else "mapping"
    if "const" in form or "enum" in form:
        values = _values(form)
        return " or ".join(dict.fromkeys("text" if isinstance(v, str) else _said(v) for v in values))
    if sort == "string" and form.get("format") == "date":
        return "date"
    return _WORDS.get(str(sort), "anything")


def _values(form: Schema) -> tuple[Any, ...]:
    return (form["const"],) if "const" in form else tuple(form.get("enum", ()))


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limits(form: Schema) -> Iterator[str]:
    for key, text in _LIMITS.items():
        if key in form and not (key in ("minLength", "minItems") and form[key] == 1):
            yield text.format(form[key])
        elif key in form:
            yield "not empty"


def _below(place: _Place, seen: frozenset[int]) -> Iterator[str]:
    for step in place.fields().values():
        yield step.path
        inside = [id(f) for f in _inside(step.document, step.schema)]
        if inside and not seen & set(inside):
            yield from _below(step, seen | set(inside))


def _about(name: str) -> str:
    """What a document's model says of itself: for a kind, its spec."""
    schema = _schema(name)
    model = schema["properties"][SPEC] if name in KINDS else schema
    return " ".join(str(model.get("description", "")).split())


def _unknown(message: str, name: str, known: Any) -> str:
    near = suggest(name, known)
    return f"{message} (did you mean {near!r}?)" if near else f"{message}; one of {', '.join(known)}"


@lru_cache(maxsize=1)
def _schemas() -> dict[str, dict[str, Any]]:
    return schemas()


def _schema(name: str) -> dict[str, Any]:
    return _schemas()[name]
