"""Ranks among the collections of a namespace: whether the Hub moves one for another is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hfops.kinds.base import Ask, Sight
from hfops.kinds.collection.scene import Scene
from hfops.kinds.collection.spec import CollectionSpec
from hfops.model.address import Address
from hfops.model.change import Difference

RANKED = "ranked"
"""The fact of a sight that holds the collections of its namespace whose manifests give them a position."""


def with_ranks(asks: Sequence[Ask], sights: Mapping[Address, Sight]) -> dict[Address, Sight]:
    """Tell everyone who has a position in a manifest who else has."""
    out = dict(sights)
    ranked = [ask.resource.address for ask in asks if ask.resource and _is_ranked(ask)]
    for ask in asks:
        if ask.resource is None or not _is_ranked(ask):
            continue
        one, sight = ask.resource.address, out[ask.address]
        others = sorted(
            {a for a in ranked if a != one and a.namespace.casefold() == one.namespace.casefold()}
        )
        if others:
            out[ask.address] = replace(sight, facts={**sight.facts, RANKED: others})
    return out


def _is_ranked(ask: Ask) -> bool:
    spec = ask.resource.spec if ask.resource else None
    return isinstance(spec, CollectionSpec) and spec.position is not None


def shifted(scene: Scene, differences: Sequence[Difference]) -> Iterator[str]:
    """A note where a position is to be set, and others of the namespace have one, too."""
    others = scene.sight.facts.get(RANKED, ())
    if others and any(d.key == ("position",) for d in differences):
        names = ", ".join(str(a) for a in others)
        yield f"the Hub may move other collections along ({names}): the next plan may find positions to set"
