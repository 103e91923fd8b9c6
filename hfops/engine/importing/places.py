"""Places in plain data: found by what a problem or a difference says, and taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hfops.kinds.describe import At
from hfops.manifest.document import shown_path
from hfops.model.key import Key

NAMES = ("name", "mountPath", "path")
"""What the entries of keyed lists are called by."""


def below(data: Any, at: At = ()) -> Iterator[tuple[At, Any]]:
    """Every value with its place, the outer ones first."""
    yield at, data
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from below(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from below(value, (*at, index))


def of_problem(spec: Mapping[str, Any], path: str | None) -> At | None:
    """The innermost place that a problem's path (``spec.items[3].note``) leads to; None for the whole spec."""
    said = path or ""
    found: At | None = None
    for at, _ in below(spec):
        shown = shown_path(("spec", *at)) or ""
        if at and (said == shown or said.startswith((f"{shown}.", f"{shown}["))):
            found = at
    return found


def of_difference(spec: Mapping[str, Any], key: Key) -> At | None:
    """The place of a field, or of an entry of a keyed list or map, that compares as different."""
    at: At = ()
    value: Any = spec
    for part in key[0].split("."):
        if not isinstance(value, Mapping) or part not in value:
            break
        at, value = (*at, part), value[part]
    if len(key) > 1 and isinstance(value, Mapping) and key[1] in value:
        return (*at, key[1])
    if len(key) > 1 and isinstance(value, list):
        index = next((i for i, e in enumerate(value) if _is_called(e, key[1])), None)
        return at if index is None else (*at, index)
    return at or None


def _is_called(entry: Any, name: str) -> bool:
    if not isinstance(entry, Mapping):
        return False
    return name in (*(entry.get(n) for n in NAMES), f"{entry.get('type')}/{entry.get('id')}")


def without(data: Any, at: At) -> Any:
    """A copy without the value at a place. What is left empty by that is gone as well: it would mean something."""
    if not at:
        return None
    key, rest = at[0], at[1:]
    inner = without(data[key], rest)
    empty = inner is None or (inner in ({}, []) and data[key] != inner)
    if isinstance(data, list):
        return [inner if i == key else v for i, v in enumerate(data) if not (i == key and empty)]
    return {k: inner if k == key else v for k, v in data.items() if not (k == key and empty)}


def value_at(data: Any, at: At) -> Any:
    """The value at a place."""
    for part in at:
        data = data[part]
    return data
