"""Identical changes as one: ``~ 287 Models  gated: false → manual``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

FOLD_FROM = 3
"""Fewer than this many identical changes are shown one by one."""

NAME = "NAME"
_OWN = {"address", "where", "dependsOn"}
"""What two changes may differ in and still be the same change to two resources."""


def folded(changes: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The changes in groups, each at the place of its first; most groups are one change."""
    shapes = [shape(c) for c in changes]
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for key, change in zip(shapes, changes, strict=True):
        alike.setdefault(key, []).append(change)
    groups: list[list[Mapping[str, Any]]] = []
    for key, change in zip(shapes, changes, strict=True):
        if len(alike[key]) < FOLD_FROM:
            groups.append([change])
        elif alike[key][0] is change:
            groups.append(alike[key])
    return groups


def shape(change: Mapping[str, Any]) -> str:
    """What a change does, whichever resource of its kind it does it to."""
    kind, namespace, _ = change["address"].split("/")
    kept = {k: v for k, v in change.items() if k not in _OWN}
    text = json.dumps([kind, nameless(kept, change["address"])], sort_keys=True)
    return text.replace(f"{namespace}/{NAME}", NAME)


def nameless(value: Any, address: str, key: str = "") -> Any:
    """``value`` with the resource's own name, in paths and bodies, replaced by NAME."""
    _, _, repo_id = address.partition("/")
    if isinstance(value, str):
        return _nameless(value, repo_id, key)
    if isinstance(value, Mapping):
        return {k: nameless(v, address, k) for k, v in value.items()}
    return [nameless(v, address) for v in value] if isinstance(value, list) else value


def _nameless(text: str, repo_id: str, key: str) -> str:
    namespace, _, name = repo_id.partition("/")
    if key == "name" and text == name:
        return NAME
    if text == repo_id:
        return f"{namespace}/{NAME}"
    return f"{text}/".replace(f"/{repo_id}/", f"/{namespace}/{NAME}/")[:-1] if text.startswith("/") else text
