"""What a kind answers when drift is to be taken over: edits of the manifest, or why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfops.manifest.edit import REMOVED, Edit, Step
from hfops.model.change import Difference, Op

NO_NULL = "it is null on the Hub, and in a manifest null means that nothing is said"
HIDDEN = "the Hub does not show the present value"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Edits that make a manifest say what is live."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a manifest cannot say it, and what to do instead."""

    reason: str
    hint: str | None = None


Answer = Accepted | Declined


def set_to(path: tuple[Step, ...], value: Any) -> Answer:
    """One value below ``spec`` is to be ``value``."""
    if value is not REMOVED and holds_null(value):
        return Declined(NO_NULL, "edit it by hand")
    return Accepted((Edit(("spec", *path), value),))


def removed(path: tuple[Step, ...]) -> Answer:
    """One value below ``spec`` goes."""
    return set_to(path, REMOVED)


def field(difference: Difference) -> Answer:
    """A plain field: what is live is what the manifest is to say."""
    return set_to(tuple(difference.key[0].split(".")), difference.before)


def is_gone(difference: Difference) -> bool:
    """Whether the entry that the manifest names was deleted on the Hub."""
    return difference.op is Op.ADD


def is_extra(difference: Difference) -> bool:
    """Whether somebody added an entry to a list that is exclusive."""
    return difference.op is Op.REMOVE


def holds_null(value: Any) -> bool:
    """Whether a null stands where a manifest would take it for nothing said: itself, or a value in a mapping."""
    if isinstance(value, Mapping):
        return any(map(holds_null, value.values()))
    if isinstance(value, list | tuple):
        return any(v is not None and holds_null(v) for v in value)
    return value is None


def parted(path: tuple[Step, ...], have: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The edits of a mapping at ``path`` below ``spec`` that says ``wanted``, to say ``have``; None: nothing is said."""
    return tuple(
        Edit(("spec", *path, name), REMOVED if have.get(name) is None else have[name])
        for name in dict.fromkeys([*wanted, *have])
        if have.get(name) != wanted.get(name)
    )
