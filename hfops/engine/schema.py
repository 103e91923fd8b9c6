"""JSON Schemas of every document that users or programs read and write, from the very models that check them."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from hfops.engine.ledger.format import LedgerForm
from hfops.engine.reportform import Event, PlanReport
from hfops.kinds.registry import KINDS
from hfops.manifest.defaults import DefaultsEnvelope
from hfops.manifest.envelope import API_VERSION, ChangesEnvelope, ResourceEnvelope
from hfops.manifest.project import Project

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Each schema by the name of its document, ``manifest`` for any document of a manifest file. Not to be written to.

    They are made once: that takes some 200 ms, and an import asks for them with every file.
    """
    found = {name: _resource(name, kind.spec) for name, kind in KINDS.items()}
    found["Changes"] = _named("Changes", _of(ChangesEnvelope))
    found["Defaults"] = _named("Defaults", _of(DefaultsEnvelope))
    found["Project"] = _named("Project", _of(Project))
    found["ledger"] = {"$schema": DRAFT, **_of(LedgerForm)}
    found["plan"] = {"$schema": DRAFT, **_of(PlanReport)}
    found["event"] = {"$schema": DRAFT, **_of(Event)}
    manifest = [{"$ref": f"{name}.schema.json"} for name in (*KINDS, "Changes", "Defaults")]
    found["manifest"] = {"$schema": DRAFT, "title": "A document of an hfops manifest", "oneOf": manifest}
    return found


def _of(model: type[BaseModel]) -> dict[str, Any]:
    return dict(_ordered(model.model_json_schema(by_alias=True, mode="validation")))


def _ordered(schema: Any) -> Any:
    """Enums in an order of their own: typing takes ``Literal["a", False]`` for any other of the same members."""
    if isinstance(schema, dict):
        return {
            k: sorted(v, key=_rank) if k == "enum" and isinstance(v, list) else _ordered(v)
            for k, v in schema.items()
        }
    return [_ordered(v) for v in schema] if isinstance(schema, list) else schema


def _rank(value: Any) -> tuple[bool, str]:
    return (not isinstance(value, str), str(value))


def _resource(name: str, spec: type[BaseModel]) -> dict[str, Any]:
    outer, inner = _of(ResourceEnvelope), _of(spec)
    definitions = outer.pop("$defs", {}) | inner.pop("$defs", {})
    outer["properties"]["spec"] = {**inner, "default": {}}
    return _named(name, {**outer, "$defs": definitions})


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    fields = schema["properties"]
    for field, value in (("kind", name), ("apiVersion", API_VERSION)):
        fields[field] = {"const": value, "description": fields[field]["description"]}
    return {"$schema": DRAFT, **schema, "title": name}
