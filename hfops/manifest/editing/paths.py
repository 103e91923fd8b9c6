"""Where an edit applies, and what it means for plain data. The text's editing is checked against this."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from hfops.manifest.editing.errors import EditError

Select = tuple[tuple[str, str], ...]
"""Chooses the entry of a list whose keys have these values; of a path, a slash at the end does not count."""

Step = str | Select
Exact = tuple[str | int, ...]
"""Keys, and indexes of lists."""


class Removed(Enum):
    """The type of ``REMOVED``."""

    REMOVED = "removed"


REMOVED: Final = Removed.REMOVED
"""In place of a value: the key, or the entry, goes."""


@dataclass(frozen=True, slots=True)
class Alike:
    """One value in several spellings: written is the one of the type that stands there now, else the first."""

    forms: tuple[Any, ...]

    def like(self, old: Any) -> Any:
        """The spelling for the place of ``old``."""
        return next((f for f in self.forms if type(f) is type(old)), self.forms[0])


@dataclass(frozen=True, slots=True)
class Order:
    """In place of a list: the chosen entries, as far as there are such, in this order, in the places that they hold."""

    entries: tuple[Select, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of a document that is to be another. ``path`` counts from the document's root.

    What is missing on the way is made: mappings for keys, an entry at the end of its list for a ``Select``. ``value`` is
    what JSON can hold, or ``REMOVED``, ``Alike``, ``Order``. Of mappings and lists only what differs is touched.
    """

    path: tuple[Step, ...]
    value: Any


def exact(data: Any, path: tuple[Step, ...]) -> tuple[Exact, tuple[Step, ...]]:
    """``path`` in keys and indexes as far as ``data`` has it, and the steps that it has not."""
    found: Exact = ()
    for number, step in enumerate(path):
        below = _index(data, step) if not isinstance(step, str) else _key(data, step)
        if below is None:
            return found, path[number:]
        found, data = (*found, below), data[below]
    return found, ()


def _key(data: Any, step: str) -> str | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise EditError(f"{step} is to be set in what is no mapping")
    return step if step in data else None


def _index(data: Any, step: Select) -> int | None:
    if data is None:
        return None
    if not isinstance(data, list):
        raise EditError("an entry is to be changed in what is no list")
    return next((i for i, entry in enumerate(data) if chosen(entry, step)), None)


def chosen(entry: Any, step: Select) -> bool:
    """Whether ``step`` means this entry of a list."""
    return isinstance(entry, dict) and all(_alike(entry.get(k), v) for k, v in step)


def _alike(have: Any, wanted: str) -> bool:
    return have == wanted or (isinstance(have, str) and wanted != "" and have.rstrip("/") == wanted)


def nested(steps: tuple[Step, ...], value: Any) -> Any:
    """``value`` at the end of ``steps`` that lead through nothing yet."""
    for step in reversed(steps):
        if isinstance(step, str):
            value = {step: value}
        else:
            value = [{**dict(step), **value} if isinstance(value, dict) else value]
    return value


def at(data: Any, path: Exact) -> Any:
    """The value at a path that is there."""
    for step in path:
        data = data[step]
    return data


def settled(data: Any, edit: Edit) -> tuple[Exact, Any]:
    """Where in ``data`` an edit applies, and the plain value (or ``REMOVED``) that is to be there.

    Raises EditError where nothing is there to be removed or put in order.
    """
    here, missing = exact(data, edit.path)
    old = None if missing else at(data, here)
    if edit.value is REMOVED:
        if missing:
            raise EditError("it is not written here")
        return here, REMOVED
    if isinstance(edit.value, Order):
        return here, ordered(old, edit.value)
    value = edit.value.like(old) if isinstance(edit.value, Alike) else edit.value
    if not missing:
        return here, value
    return _made(data, here, missing, value)


def _made(data: Any, here: Exact, missing: tuple[Step, ...], value: Any) -> tuple[Exact, Any]:
    """The nearest thing that is there, with what is missing below it."""
    first, rest = missing[0], missing[1:]
    around = at(data, here)
    if isinstance(first, str):
        made = nested(rest, value)
        return ((*here, first), made) if isinstance(around, dict) else (here, {first: made})
    (entry,) = nested(missing, value) if not rest else [{**dict(first), **nested(rest, value)}]
    return here, [*(around or []), entry]


def ordered(old: Any, order: Order) -> list[Any]:
    """A list with the chosen entries in their order."""
    return [old[i] for i in permutation(old, order)]


def permutation(old: Any, order: Order) -> list[int]:
    """For each place of a list, the index of the entry that comes there. Raises EditError."""
    if not isinstance(old, list):
        raise EditError("it is no list that could be put in order")
    named = list(_named(old, order))
    places = iter(sorted(named))
    out = list(range(len(old)))
    for index, place in zip(named, places, strict=True):
        out[place] = index
    return out


def _named(old: list[Any], order: Order) -> Iterator[int]:
    for select in order.entries:
        index = _index(old, select)
        if index is not None:
            yield index


def changed(data: Any, edit: Edit) -> Any:
    """``data`` after ``edit``; ``data`` itself stays as it is."""
    where, value = settled(data, edit)
    out = copy.deepcopy(data)
    if not where:
        return value
    around = at(out, where[:-1])
    if value is REMOVED:
        del around[where[-1]]
    else:
        around[where[-1]] = copy.deepcopy(value)
    return out


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, types included; the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
