"""Comparing volumes, which the Hub replaces all at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.kinds.repo.refs import exclusive_lists
from hfops.kinds.space.live import LiveVolume, normal
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.space.spec import SpaceSpec, Volume
from hfops.kinds.threeway import Verdict, keyed
from hfops.model.change import Difference, HeldCode, Op
from hfops.model.record import MISSING, Origin

MASKED = "****/******"
"""What the Hub shows in place of a source that this token may not see."""

HANDS_OFF = "the source of a mounted volume is hidden from this token, and volumes are replaced all at once"


def wanted_volumes(spec: SpaceSpec) -> dict[str, LiveVolume]:
    """The manifest's volumes by mount path, in the form of live ones."""
    return {v.mount_path: _normal(v) for v in spec.volumes or ()}


def _normal(v: Volume) -> LiveVolume:
    return normal(LiveVolume(v.type, v.source, v.mount_path, bool(v.read_only), v.revision, v.path))


def compare_volumes(scene: Scene) -> Found:
    """By mount path. Where a source is hidden, nothing can be sent: the call would lose that volume."""
    if scene.spec.volumes is None:
        return Found()
    mounted = mounts(scene)
    exclusive = exclusive_lists(scene.spec, scene.ask.record).get("volumes")
    found = Found.of(
        keyed(
            "volumes", wanted_volumes(scene.spec), mounted, scene.entries("volumes"), _judge,
            exclusive=exclusive,
        )
    )  # fmt: skip
    found.differences = [_shown(d) for d in found.differences]
    if any(v.source == MASKED for v in mounted.values()) and found.differences:
        held = f"hands off: {HANDS_OFF}"
        found.differences = [replace(d, held=held, held_code=HeldCode.HANDS_OFF) for d in found.differences]
    return found


def mounts(scene: Scene) -> dict[str, LiveVolume]:
    """What is mounted, by mount path."""
    details = scene.live.details if scene.live else None
    return {v.mount_path: v for v in (details.volumes if details else ())}


def _judge(name: str, wanted: LiveVolume, live: Any, recorded: Any) -> Verdict:
    del name
    known = {} if recorded is MISSING else {k: v for k, v in recorded.items() if k != "origin"}
    origin = (recorded if known else {}).get("origin", Origin.CREATED if live is MISSING else Origin.ADOPTED)
    after = body(wanted)
    record = {**after, "origin": origin}
    if live is not MISSING and _equal(wanted, live):
        return Verdict(same=True, before=after, after=after, record=record)
    before = None if live is MISSING else body(live)
    return Verdict(
        same=False, before=before, after=after, record=record, author=known != after, hub=known != before
    )


def _equal(wanted: LiveVolume, live: LiveVolume) -> bool:
    """Ids compare without case; a hidden source is taken for the wanted one."""
    same = live.source == MASKED or wanted.source.casefold() == live.source.casefold()
    return same and replace(wanted, source="") == replace(live, source="")


def _shown(difference: Difference) -> Difference:
    before = difference.before
    return replace(difference, before=body(before) if isinstance(before, LiveVolume) else before)


def body(v: LiveVolume) -> dict[str, Any]:
    """A volume as the Hub takes it; what is at its default is left out, but for ``readOnly``."""
    out: dict[str, Any] = {
        "type": v.type,
        "source": v.source,
        "mountPath": v.mount_path,
        "readOnly": v.read_only,
    }
    return out | {k: w for k, w in (("revision", v.revision), ("path", v.path)) if w is not None}


def to_mount(scene: Scene, differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """The whole list to send: what is mounted, changed by ``differences`` alone."""
    out: dict[str, Mapping[str, Any]] = {k: body(v) for k, v in mounts(scene).items()}
    for difference in differences:
        path = difference.key[1]
        if difference.op is Op.REMOVE:
            out.pop(path, None)
        else:
            out[path] = difference.after
    return [dict(v) for v in out.values()]


def told(differences: Sequence[Difference]) -> str:
    """What is mounted and what goes: ``mount acme/cache at /data, unmount /old``."""
    gone = [d.key[1] for d in differences if d.op is Op.REMOVE]
    there = [f"{d.after['source']} at {d.key[1]}" for d in differences if d.op is not Op.REMOVE]
    parts = (("mount", there), ("unmount", gone))
    return "; ".join(f"{word} {', '.join(which)}" for word, which in parts if which)


def volume_arrived(intended: Any, path: str, live: Iterable[LiveVolume]) -> dict[str, Any] | None:
    """What the ledger keeps of a volume of which it is not known whether it was mounted; empty: what it has.

    None: it is not mounted.
    """
    found = next((body(v) for v in live if v.mount_path == path), None)
    if found is None:
        return None
    if not isinstance(intended, Mapping):
        return {}
    meant = {k: v for k, v in intended.items() if k != "origin"}
    return dict(intended) if meant == found else {}
