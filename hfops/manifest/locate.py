"""From pydantic's flat list of errors to the few that matter: one place each, unions settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hfops.manifest.shape import Schema, Shapes, sort_of
from hfops.model.source import Path

ABSENT: Final = object()
"""The value at a place where nothing was written."""
_ABOUT_KEYS = ("missing", "extra_forbidden")


@dataclass(frozen=True)
class Finding:
    """One error at one place. ``kind`` and ``context`` are pydantic's; ``schema`` is what the place expects.

    For ``missing`` and ``extra_forbidden`` the schema is that of the mapping around. ``kind`` is ``union``
    where the value is of no sort that a union takes, ``form`` where a mapping is like none of its forms.
    """

    path: Path
    kind: str
    value: Any
    schema: Schema | None
    context: Mapping[str, Any]
    message: str = ""


@dataclass(frozen=True)
class _Error:
    rest: tuple[str | int, ...]
    raw: Mapping[str, Any]

    def down(self) -> _Error:
        return _Error(self.rest[1:], self.raw)


def findings(shapes: Shapes, data: Any, errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """The findings of one failed validation, in order."""
    return _Settler(shapes).settle(shapes.root, data, (), [_Error(tuple(e["loc"]), e) for e in errors])


class _Settler:
    """Walks schema, data and error locations down together."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def settle(self, schema: Schema | None, data: Any, path: Path, errors: list[_Error]) -> list[Finding]:
        """The findings at and below ``path``."""
        out = [_finding(path, e, schema, data) for e in errors if not e.rest]
        deeper = [e for e in errors if e.rest]
        if not deeper:
            return out
        branches = self._shapes.branches(schema) if schema else None
        if schema and branches is not None:
            return out + self._choose(schema, branches, data, path, _grouped(deeper))
        for part, group in _grouped(deeper).items():
            out += self._below(schema, data, path, part, group)
        return out

    def _below(
        self, schema: Schema | None, data: Any, path: Path, part: str | int, group: list[_Error]
    ) -> list[Finding]:
        if part == "[key]":  # pydantic's word for "the key itself", after the key
            return [_finding(path, e.down(), schema, path[-1]) for e in group]
        below = (*path, part)
        keys = [e for e in group if len(e.rest) == 1 and e.raw["type"] in _ABOUT_KEYS]
        values = [e.down() for e in group if e not in keys]
        child = self._shapes.child(schema, part) if schema else None
        found = [_finding(below, e, schema, _at(data, part)) for e in keys]
        return found + self.settle(child, _at(data, part), below, values)

    def _choose(
        self,
        schema: Schema,
        branches: list[tuple[str, Schema]],
        data: Any,
        path: Path,
        groups: dict[str | int, list[_Error]],
    ) -> list[Finding]:
        """The branch of a union that the author most likely meant; where none stands out, all in one sentence."""
        sort = sort_of(data)
        tried = _pair(branches, groups)
        fitting = [(s, group) for s, group in tried if {sort, "any"} & self._shapes.takes(s)]
        if not fitting:
            return [Finding(path, "union", data, schema, {})]
        if sort == "mapping":
            known = [len(self._shapes.fields(s).keys() & data.keys()) for s, _ in fitting]
            if len(fitting) > 1 and not any(known):
                return [Finding(path, "form", data, schema, {})]
            fitting = [f for f, k in zip(fitting, known, strict=True) if k == max(known)]
        settled = [self.settle(s, data, path, [e.down() for e in group]) for s, group in fitting]
        if sort in ("mapping", "list") or len(settled) == 1:
            return min(settled, key=len)
        said = [f for found in settled for f in found if f.kind in ("value_error", "assertion_error")]
        return said[:1] or [Finding(path, "union", data, schema, {})]


def _grouped(errors: list[_Error]) -> dict[str | int, list[_Error]]:
    groups: dict[str | int, list[_Error]] = {}
    for error in errors:
        groups.setdefault(error.rest[0], []).append(error)
    return groups


def _pair(
    branches: list[tuple[str, Schema]], groups: dict[str | int, list[_Error]]
) -> list[tuple[Schema, list[_Error]]]:
    """Each group of errors with its branch: by label, else by order (every branch of a failed union has errors)."""
    labels = dict(branches)
    if all(str(label) in labels for label in groups):
        return [(labels[str(label)], group) for label, group in groups.items()]
    pairs = zip(branches, groups.values(), strict=False)
    return [(schema, group) for (_, schema), group in pairs]


def _at(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return ABSENT


def _finding(path: Path, error: _Error, schema: Schema | None, value: Any) -> Finding:
    raw = error.raw
    context = raw.get("ctx") or {}
    at = getattr(context.get("error"), "at", ())
    for part in at:
        value = _at(value, part)
    return Finding((*path, *at), raw["type"], value, schema, context, raw["msg"])
