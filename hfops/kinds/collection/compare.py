"""Comparing a collection: its fields, its resource group, its items. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.collection.gating import gate_word, is_hidden, loosens, same_gate
from hfops.kinds.collection.items import compare_items, renamed_items, repeated_items
from hfops.kinds.collection.live import LiveCollection
from hfops.kinds.collection.match import ORDER
from hfops.kinds.collection.ranks import shifted
from hfops.kinds.collection.scene import Scene
from hfops.kinds.groups import compare_group
from hfops.kinds.threeway import cause, scalar
from hfops.model.change import Difference, Op
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

CREATED_PRIVATE = "the manifest names no visibility: created private"
ASKED = "asked for (--replace)"
BARE: dict[str, Any] = {"description": "", "gating": False}
"""What a new collection has anyway."""


@dataclass(slots=True)
class _Found:
    """What comparing the fields found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    unverified: list[Key] = field(default_factory=list)


def compare_collection(ask: Ask, sight: Sight) -> Comparison:
    """The whole comparison. Nothing live: it is to be created."""
    scene, found = Scene(ask, sight), _Found()
    for name, wanted in scene.wanted().items():
        _compare_field(scene, name, wanted, found)
    group, group_problems = compare_group(scene.spec.resource_group, scene.live, sight, ask)
    items = compare_items(scene)
    new = scene.live is None and scene.spec.visibility is None
    return Comparison(
        differences=(*found.differences, *group.differences, *items.differences),
        settled={**found.settled, **group.settled, **items.settled},
        released=(*_released(scene), *items.released),
        unverified=tuple(found.unverified),
        foreign=tuple(items.foreign),
        notes=(
            *((CREATED_PRIVATE,) if new else ()),
            *renamed_items(scene),
            *shifted(scene, found.differences),
        ),
        problems=(*group_problems, *_cannot_be_made(scene), *repeated_items(scene)),
        replace=(ASKED,) if ask.replace and scene.live is not None else (),
    )


def _compare_field(scene: Scene, name: str, wanted: Any, found: _Found) -> None:
    key, known = (name,), scene.recorded(name)
    if scene.live is None:
        if wanted == BARE.get(name, MISSING):
            found.settled[key] = wanted
        else:
            found.differences.append(Difference(key, Op.ADD, None, wanted, record=wanted))
        return
    now = live_field(scene.live, name)
    if name == "gating":
        _compare_gate(scene, wanted, now, found)
    elif difference := scalar(name, wanted, now, known):
        found.differences.append(replace(difference, risks=tuple(_exposes(name, now, wanted))))
    else:
        found.settled[key] = wanted


def _compare_gate(scene: Scene, wanted: Any, now: Any, found: _Found) -> None:
    """The gate as far as the manifest names it. A gate that the Hub does not show is sent where a record differs."""
    key, known = ("gating",), scene.recorded("gating")
    recorded = known is not MISSING
    if is_hidden(wanted, now) and not recorded and not scene.ask.send_unverified:
        found.unverified.append(key)
    elif same_gate(wanted, now, known):
        found.settled[key] = wanted
    else:
        hub = recorded and not same_gate(known, now, known)
        why = cause(author=known != wanted, hub=hub, recorded=recorded)
        risks, old = tuple(_exposes("gating", now, wanted)), known if recorded else None
        found.differences.append(Difference(key, Op.CHANGE, now, wanted, why, old, wanted, risks))


def live_field(live: LiveCollection, name: str) -> Any:
    """A field as it is, in the form that it is compared in."""
    found = getattr(live, name)
    return found.strip() if name == "description" else found


def _exposes(name: str, now: Any, wanted: Any) -> Iterator[Risk]:
    if name == "visibility" and wanted == "public":
        yield Risk(RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, f"visibility rises from {now} to {wanted}")
    if name == "gating" and loosens(wanted, now):
        yield Risk(
            RiskKind.EXPOSURE,
            RiskCode.GATING_LOOSENED,
            f"gating loosens from {gate_word(now)} to {gate_word(wanted)}",
        )


def _released(scene: Scene) -> list[Key]:
    """Fields that the ledger knows, and the manifest names no more."""
    spec, record = scene.spec, scene.ask.record
    managed = {type(spec).model_fields[n].alias or n for n in spec.model_fields_set}
    managed |= {ORDER} if spec.items is not None else set()
    return [(name,) for name in sorted(record.applied if record else ()) if name not in managed]


def _cannot_be_made(scene: Scene) -> Iterator[Problem]:
    """A pinned collection exists, or it never will: the Hub gives each its id."""
    if scene.live is not None and not scene.ask.replace:
        return
    if scene.spec.slug is not None:
        why = "there is no collection of that id: deleted, or not visible to this token"
        if scene.live is not None:
            why = "it is pinned, and made anew it would have another id"
        hint = "take slug out: then the title finds it, or makes it"
        yield scene.problem(("slug",), why, hint)
    elif scene.spec.title is None:
        yield scene.problem((), "it does not exist, and to create it takes a title", "add title")
