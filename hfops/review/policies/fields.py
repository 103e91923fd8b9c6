"""Fields that an expression names and that there are not: a misspelt one would be null for ever, or fail on every resource.

Only what is written out is looked at, ``after.card.metadata`` or ``after['card']`` or ``after.get('card')``; what an
expression works out is left to its evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from hfops.engine.schema import schemas
from hfops.kinds.registry import KINDS
from hfops.manifest.guard import GuardedEnvironment
from hfops.manifest.text import did_you_mean, single
from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.plan import Plan
from hfops.model.problem import Problem
from hfops.review.policies.bench import LAYOUT, refusal
from hfops.review.policies.facts import facts
from hfops.review.policies.policy import Policy

STATES = ("before", "after")
_SCALARS = ("string", "integer", "number", "boolean", "null")
_METHODS = frozenset(n for t in (str, list, dict, int) for n in dir(t) if not n.startswith("_"))


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands at a path, in every form that it may have there. ``fields`` is None where anything may be within."""

    path: str
    fields: Mapping[str, tuple[_Form, ...]] | None


_Form = tuple[str, Mapping[str, Any]]
"""A JSON Schema, and the kind in whose schema its references lead somewhere."""


def misspelt(policies: Sequence[Policy]) -> Iterator[Problem]:
    """A problem for each field that a policy's expression names and that no kind it is about has.

    And for each filter that policies may not use.
    """
    for policy in policies:
        tree = GuardedEnvironment({}).parse("{{ (" + policy.expression + ") }}")
        for path, name, known in dict.fromkeys(_unknown(tree, policy.kinds or tuple(KINDS))):
            said = f"{policy.id}: {path} has no field {single(name)}"
            hint = did_you_mean(name, known, else_list="it has")
            yield Problem(said, policy.where, path="spec.policies", hint=hint)
        for name in sorted({f.name for f in tree.find_all(nodes.Filter)} & LAYOUT):
            yield Problem(f"{policy.id}: {refusal(name)}", policy.where, path="spec.policies")


_Missing = tuple[str, str, tuple[str, ...]]


def _unknown(tree: nodes.Template, kinds: Sequence[str]) -> Iterator[_Missing]:
    walk = _Walk(kinds)
    for sort in (nodes.Getattr, nodes.Getitem, nodes.Call):
        for node in tree.find_all(sort):
            walk.place(node)
    yield from walk.missing


class _Walk:
    """Follows names through the schemas of the kinds that a policy is about."""

    def __init__(self, kinds: Sequence[str]) -> None:
        forms = tuple((k, schemas()[k]["properties"]["spec"]) for k in kinds)
        self._roots = {name: _Place(name, _within(forms)) for name in STATES} | _rest()
        self.missing: list[_Missing] = []

    def place(self, node: nodes.Node) -> _Place | None:
        """Where an expression leads; None where that cannot be told, or nowhere."""
        if isinstance(node, nodes.Name):
            return self._roots.get(node.name)
        if isinstance(node, nodes.Or) and isinstance(node.right, nodes.Dict) and not node.right.items:
            return self.place(node.left)
        if isinstance(node, nodes.Getattr):
            return self._step(self.place(node.node), node.attr, method=True)
        name = _named(node)
        if name is None:
            return None
        if isinstance(node, nodes.Getitem):
            return self._step(self.place(node.node), name)
        asked = node.node if isinstance(node, nodes.Call) else None
        return self._step(self.place(asked.node), name) if isinstance(asked, nodes.Getattr) else None

    def _step(self, place: _Place | None, name: str, *, method: bool = False) -> _Place | None:
        if place is None or place.fields is None:
            return None
        if name in place.fields:
            return _Place(f"{place.path}.{name}", _within(place.fields[name]))
        if not (method and name in _METHODS):
            self.missing.append((place.path, name, tuple(place.fields)))
        return None


def _named(node: nodes.Node) -> str | None:
    """The name that ``x['name']`` or ``x.get('name')`` asks for."""
    if isinstance(node, nodes.Getitem):
        asked: nodes.Node | None = node.arg
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
        asked = node.args[0] if node.args else None
    else:
        return None
    return asked.value if isinstance(asked, nodes.Const) and isinstance(asked.value, str) else None


def _within(forms: Sequence[_Form]) -> dict[str, tuple[_Form, ...]] | None:
    """The fields of what has one of these forms; None where it may be a map, a list, or anything."""
    out: dict[str, tuple[_Form, ...]] = {}
    for kind, schema in forms:
        for one in _forms(kind, schema):
            if "properties" not in one and not _is_plain(one):
                return None
            for name, field in one.get("properties", {}).items():
                out[name] = (*out.get(name, ()), (kind, field))
    return out


def _is_plain(schema: Mapping[str, Any]) -> bool:
    """Whether there is nothing within."""
    return bool(schema.keys() & {"enum", "const"}) or schema.get("type") in _SCALARS


def _forms(kind: str, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema's alternatives, references followed."""
    if "$ref" in schema:
        yield from _forms(kind, schemas()[kind]["$defs"][schema["$ref"].rpartition("/")[2]])
        return
    parts = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    for part in parts or ():
        yield from _forms(kind, part)
    if not parts:
        yield schema


def _rest() -> dict[str, _Place]:
    """What there is besides the fields of kinds, by the facts of a resource of which nothing is known."""
    blank = Change(Address(next(iter(KINDS)), "a", "b"), Action.NONE)
    found = facts(blank, None, Plan(()))
    return {k: _Place(k, _within((("", _schema(v)),))) for k, v in found.items() if k not in STATES}


def _schema(value: Any) -> dict[str, Any]:
    """A JSON Schema as wide as an example tells: what is empty, or null, may hold anything."""
    if isinstance(value, Mapping) and value:
        return {"type": "object", "properties": {k: _schema(v) for k, v in value.items()}}
    return {"type": "string"} if isinstance(value, str | int | float) else {}
