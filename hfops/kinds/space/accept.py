"""Taking over drift of a Space: which edits make its manifest say what is live. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hfops.kinds.accept import Accepted, Answer, Declined, is_extra, is_gone, parted, removed, set_to
from hfops.kinds.repo.accept import accept_repo
from hfops.kinds.space.duration import NEVER, worded
from hfops.kinds.space.live import FAILED, IN_PROGRESS
from hfops.kinds.space.spec import SDKS, SpaceSpec, Variable, Volume
from hfops.kinds.space.volumes import MASKED, body, wanted_volumes
from hfops.kinds.values import ReferenceValue
from hfops.manifest.edit import BY_HAND, REMOVED, Alike, Edit
from hfops.model.change import Difference
from hfops.model.resource import Resource

STATES = {"PAUSED": "paused", **dict.fromkeys(("RUNNING", "SLEEPING", *IN_PROGRESS), "running")}
"""The Hub's stages, as far as a manifest has a word for them."""


def accept_space(resource: Resource, difference: Difference) -> Answer:
    """What runs; the repository's fields are accepted as any repository's."""
    spec = resource.spec
    assert isinstance(spec, SpaceSpec)
    before = difference.before
    match difference.key:
        case ("sdk",):
            return _sdk(before)
        case ("sleepTime",):
            return set_to(("sleepTime",), _duration(before))
        case ("state",):
            return _state(spec, before)
        case (listing, name) if listing in _ENTRIES:
            return _ENTRIES[listing](spec, name, difference)
    return accept_repo(resource, difference)


def _sdk(before: Any) -> Answer:
    if before in SDKS:
        return set_to(("sdk",), before)
    said = "its card names no sdk any more" if before is None else f"its card names the sdk {before!r}"
    return Declined(said, f"correct README.md on the Hub, or {BY_HAND}")


def _duration(before: Any) -> Any:
    """As seconds, or as ``1h``, whichever the manifest writes."""
    return Alike((worded(before), before)) if isinstance(before, int) else before


def _state(spec: SpaceSpec, before: Any) -> Answer:
    found = STATES.get(before)
    if before == "SLEEPING" and spec.sleep_time == NEVER:
        return Declined(
            "it sleeps, and the manifest says sleepTime: never", "say in sleepTime when it may sleep"
        )
    if found is None or before in FAILED:
        return Declined(f"a manifest has no word for the stage {before}", BY_HAND)
    return set_to(("state",), found)


def _variable(spec: SpaceSpec, name: str, difference: Difference) -> Answer:
    path, said, before = ("variables", name), (spec.variables or {}).get(name), difference.before
    if is_gone(difference):
        return removed(path)
    if is_extra(difference):
        return set_to(path, before) if isinstance(before, str) else _unknown(name)
    described = isinstance(before, Mapping)
    value = before["value"] if described else before
    written = said.value if isinstance(said, Variable) else said
    if isinstance(written, ReferenceValue) and not (described and value is None):
        label = written.reference("").label
        return Declined(
            f"its value is a reference ({label}), and another one is live",
            "set that to what is live, or write the value",
        )
    edits: list[Edit] = []
    if not isinstance(written, ReferenceValue) and value != written:
        below = ("value",) if isinstance(said, Variable) else ()
        edits.append(Edit(("spec", *path, *below), value))
    if described:
        edits.append(Edit(("spec", *path, "description"), before["description"] or REMOVED))
    return Accepted(tuple(edits))


def _unknown(name: str) -> Answer:
    return Declined(f"the value of {name} is not known", BY_HAND)


def _secret(_: SpaceSpec, name: str, difference: Difference) -> Answer:
    if is_gone(difference):
        return removed(("secrets", name))
    if is_extra(difference):
        return Declined("a secret cannot be read", f"add {name} by reference, or delete it on the Hub")
    return Declined(
        "a secret cannot be read", "set the reference's source to the live value, or apply to send it anew"
    )


def _volume(spec: SpaceSpec, path: str, difference: Difference) -> Answer:
    place, before = ("volumes", (("mountPath", path),)), difference.before
    if is_gone(difference):
        return removed(place)
    if before.get("source") == MASKED:
        return Declined(
            "the source of the mounted volume is hidden from this token", "use a token that sees it"
        )
    if is_extra(difference):
        return set_to(
            place, {k: v for k, v in before.items() if k != "readOnly" or before["type"] == "bucket"}
        )
    wanted = wanted_volumes(spec)[path]
    changed = parted(place, before, body(wanted))
    said = next(v for v in spec.volumes or () if v.mount_path == path)
    return Accepted(tuple(e for e in changed if not _is_fixed(e, said, before)))


def _is_fixed(edit: Edit, said: Volume, before: Mapping[str, Any]) -> bool:
    """Repositories are read-only whatever a manifest says: nothing needs to be said of it."""
    return edit.path[-1] == "readOnly" and said.read_only is None and before["type"] != "bucket"


_ENTRIES: Mapping[str, Callable[[SpaceSpec, str, Difference], Answer]] = {
    "variables": _variable,
    "secrets": _secret,
    "volumes": _volume,
}
