"""What a resource uses on the Hub until its change is made, as far as the plan and the ledger tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from hfops.model.change import Change

_ID = re.compile(r"[\w.-]+/[\w.-]+")
"""Something that may be the Hub's id of a repository, or an endpoint's or a collection's: namespace/name."""


def used_names(change: Change) -> frozenset[str]:
    """The ids, without case, that stand in what is live and differs, or in what was last applied."""
    told = [(d.key, d.before) for d in change.acting]
    applied = change.record.applied if change.record else {}
    texts = _texts([told, applied])
    return frozenset(found.casefold() for text in texts if len(text) <= _LONGEST for found in _ids(text))


_LONGEST = 300
"""Characters of a text that is an id, or the key of an entry that holds one."""


def _ids(text: str) -> list[str]:
    """``acme/m`` of ``acme/m``, of ``model acme/m`` and of ``model/acme/m``."""
    parts = text.split("/")
    pairs = ["/".join(pair) for pair in pairwise(parts)]
    return [*pairs, *_ID.findall(text)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
