"""Comparing an endpoint, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.endpoint.catalogue import check_hardware
from hfops.kinds.endpoint.cost import bill
from hfops.kinds.endpoint.hidden import SECRETS, compare_env, compare_secrets
from hfops.kinds.endpoint.images import DEFAULT_TYPE, MANAGED, framework_of
from hfops.kinds.endpoint.login import IMAGE, compare_image
from hfops.kinds.endpoint.normal import IDLE, PLACE, PLAIN, live_field, managed_fields, same, wanted_fields
from hfops.kinds.endpoint.revision import compare_revision
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.endpoint.spec import NONE
from hfops.kinds.endpoint.state import compare_state, failing, starting
from hfops.kinds.scene import Found
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

RANK = {"private": 0, "authenticated": 1, "public": 2}
ASKED = "asked for (--replace)"
NEEDED = ("model.repository", *PLACE, "compute.accelerator", "compute.instanceType", "compute.instanceSize")
"""What creation takes, and no default can stand in for."""

BARE: tuple[Any, ...] = (None, [], {}, False, {MANAGED: {}}, {"cacheHttpResponses": False})
"""Live values that are as good as none."""

USUAL = {
    "compute.scaling.scaleToZeroTimeout": IDLE,
    "compute.scaling.measure": {"hardwareUsage": None},
    "type": DEFAULT_TYPE,
}
"""What a new endpoint has anyway."""

CREATED_PRIVATE = "the manifest names no type: created private"


def compare_endpoint(ask: Ask, sight: Sight) -> Comparison:
    """The whole comparison. Nothing live: it is to be created."""
    scene, found = Scene(ask, sight), Found()
    plain = wanted_fields(scene.spec)
    for name in PLAIN:
        if name in plain:
            _compare_plain(scene, name, plain[name], found)
    for part in (compare_revision, compare_image, compare_env, compare_secrets):
        found.add(part(scene))
    found.add(compare_state(scene, differs=bool(found.differences)))
    replace = _replace(scene, found)
    found.add(_whole(scene, plain, replace))
    found.add(check_hardware(scene))
    return Comparison(
        differences=tuple(found.differences),
        settled=found.settled,
        released=tuple((name,) for name in _released(scene)),
        unverified=tuple(found.unverified),
        notes=tuple(found.notes),
        problems=tuple(found.problems),
        starting=starting(scene),
        failing=failing(scene),
        replace=replace,
        bill=bill(scene, found.differences),
    )


def _compare_plain(scene: Scene, name: str, wanted: Any, found: Found) -> None:
    if scene.live is None:
        if wanted == NONE:
            found.settled[(name,)] = wanted
        else:
            found.differs(scene, name, None, wanted, wanted, author=True, hub=False)
        return
    now = live_field(scene.live, name, wanted)
    if same(name, wanted, now):
        found.settled[(name,)] = wanted
        return
    known = scene.recorded(name)
    hub = known is not MISSING and not same(name, known, now)
    risks = tuple(_exposes(name, now, wanted))
    author = known is MISSING or known != wanted
    note = _dropped(name, now, wanted)
    found.differs(scene, name, now, wanted, wanted, author=author, hub=hub, risks=risks, note=note)


def _exposes(name: str, now: Any, wanted: Any) -> Iterator[Risk]:
    if name == "type" and RANK.get(wanted, 0) > RANK.get(now, 0):
        yield Risk(
            RiskKind.EXPOSURE,
            RiskCode.ENDPOINT_TYPE_WIDENED,
            f"who may call it widens from {now} to {wanted}",
        )


def _dropped(name: str, now: Any, wanted: Any) -> str:
    """What a list that is replaced whole would lose, in words."""
    if name != "tags":
        return ""
    gone = [tag for tag in now if tag not in wanted]
    return f"removes {', '.join(gone)}" if gone else ""


def _released(scene: Scene) -> list[str]:
    """Fields that the ledger knows, and the manifest names no more."""
    record = scene.ask.record
    managed = managed_fields(scene.spec)
    return sorted(name for name in (record.applied if record else ()) if name not in managed)


def _whole(scene: Scene, plain: dict[str, Any], replace: tuple[str, ...]) -> Found:
    """What only all fields together show."""
    found = Found()
    if scene.live is None or replace:
        hint = "creation takes the repository, the place and the hardware"
        why = "it is to be made anew" if replace else "it does not exist"
        found.problems += [
            scene.problem(name, f"{why}, and to create it takes this", hint)
            for name in NEEDED
            if name not in plain
        ]
    if scene.live is None and "type" not in plain:
        found.notes.append(CREATED_PRIVATE)
    if replace and (lost := _lost(scene)):
        found.notes.append(f"what the manifest does not name is not made anew: {', '.join(lost)}")
    if scene.min_replica > scene.max_replica:
        message = f"minReplica {scene.min_replica} is more than maxReplica {scene.max_replica}"
        found.problems.append(scene.problem("compute.scaling", message, "name both"))
    return found


def _replace(scene: Scene, found: Found) -> tuple[str, ...]:
    """Why it can only be made anew."""
    if scene.live is None:
        return ()
    fixed = tuple(d.path for d in found.differences if d.key[0] in PLACE)
    return (*fixed, ASKED) if scene.ask.replace else fixed


def _lost(scene: Scene) -> list[str]:
    """What is set, and would not be set again: the names of fields that the manifest leaves alone."""
    assert scene.live is not None
    managed, new = managed_fields(scene.spec), Scene(scene.ask, Sight(None))
    model = scene.spec.model
    usual = {
        **USUAL,
        "compute.scaling.minReplica": new.min_replica,
        "compute.scaling.maxReplica": new.max_replica,
        "model.framework": framework_of(model.image.variant if model and model.image else MANAGED),
    }
    names = [n for n in (*PLAIN, "model.revision", IMAGE, "model.env", SECRETS) if n not in managed]
    found = {n: scene.live.at(*n.split(".")) for n in names}
    return [n for n, value in found.items() if value not in BARE and value != usual.get(n)]
