"""What the ledger remembers of one resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, Final

from hfops.model.address import Address
from hfops.model.key import Key

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
"""The form of the Hub's ids."""


class Missing(Enum):
    """The type of ``MISSING``, which tells "not there" from null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Origin(StrEnum):
    """How a resource, or an entry of a keyed list, came to be ours."""

    CREATED = "created"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the ledger. ``applied`` maps a field to its value, a keyed list to a map of its entries.

    ``hub_id`` is the Hub's ``_id``, which survives a rename.
    """

    address: Address
    origin: Origin
    hub_id: str | None = None
    applied: Mapping[str, Any] = field(default_factory=dict)
    prevent_destroy: bool = False

    def get(self, key: Key) -> Any:
        """The recorded value at ``key``, or MISSING."""
        value: Any = self.applied
        for part in key:
            if not isinstance(value, Mapping) or part not in value:
                return MISSING
            value = value[part]
        return value

    def put(self, key: Key, value: Any) -> Record:
        """The record with ``value`` at ``key``."""
        return replace(self, applied=_put(self.applied, key, value))

    def drop(self, key: Key) -> Record:
        """The record without ``key``."""
        if self.get(key) is MISSING:
            return self
        head, *rest = key
        if not rest:
            return replace(self, applied={k: v for k, v in self.applied.items() if k != head})
        entries = {k: v for k, v in self.applied[head].items() if k != rest[0]}
        return replace(self, applied={**self.applied, head: entries})

    def entries(self, name: str) -> Mapping[str, Any]:
        """The recorded entries of a keyed list."""
        found = self.applied.get(name, {})
        return found if isinstance(found, Mapping) else {}


def _put(tree: Mapping[str, Any], key: Key, value: Any) -> dict[str, Any]:
    head, *rest = key
    below = tree.get(head, {})
    inner = _put(below if isinstance(below, Mapping) else {}, tuple(rest), value) if rest else value
    return {**tree, head: inner}
