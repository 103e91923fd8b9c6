"""Keys: where a value lives in a resource."""

from __future__ import annotations

Key = tuple[str, ...]
"""``("visibility",)``, or ``("tags", "v1.0")`` for an entry of a keyed list."""


def key_path(key: Key) -> str:
    """``("tags", "v1.0")`` as users write it: ``spec.tags[v1.0]``."""
    return "spec." + key[0] + "".join(f"[{part}]" for part in key[1:])
