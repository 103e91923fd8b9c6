"""Comparing a Space: the repository first, then what runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.repo.compare import compare_repo
from hfops.kinds.repo.content import is_content, together
from hfops.kinds.space.content import SOURCE_SDK, compare_files, restarts_on_commit
from hfops.kinds.space.cost import bill
from hfops.kinds.space.hardware import compare_hardware, compare_sleep_time
from hfops.kinds.space.scene import Found, Scene, merged
from hfops.kinds.space.sdk import STATIC, becomes_static, possible, with_exposure
from hfops.kinds.space.secrets import compare_secrets
from hfops.kinds.space.spec import said_sdk
from hfops.kinds.space.state import compare_state, failing, starting
from hfops.kinds.space.variables import compare_variables
from hfops.kinds.space.volumes import compare_volumes
from hfops.kinds.threeway import scalar
from hfops.model.change import Difference, Op
from hfops.model.cost import Bill
from hfops.model.risk import Risk, RiskCode, RiskKind

WITHDRAWN = "the Hub has withdrawn this storage, and may refuse it; mount volumes instead"
LOST = Risk(RiskKind.DATA_LOSS, RiskCode.STORAGE_LOST, "what the storage holds is deleted")
RESTARTS = Risk(RiskKind.DOWNTIME, RiskCode.SPACE_RESTART, "restarts the Space once")

RESTARTING = ("variables", "secrets", "volumes", "hardware", "storage", "state")
"""Fields whose change starts anew what runs; card and files do so where they are committed to main."""

BEFORE_STATIC = ("volumes", "hardware", "storage", "state")
"""Those of them that a static Space does not take: where it becomes one, they come before that."""

RUNNING_ONLY = {
    "hardware": "hardware",
    "sleep_time": "sleepTime",
    "storage": "storage",
    "volumes": "volumes",
    "dev_mode": "devMode",
}
"""Fields about an app that runs, which a static Space has not, with their names in manifests."""


def compare_space(ask: Ask, sight: Sight) -> Comparison:
    """The whole comparison. Nothing live: it is to be created."""
    scene = Scene(ask, sight)
    base = together("space", ask, sight, compare_repo("space", ask, sight), compare_files(scene))
    parts = [
        _new_sdk(scene),
        _duplicated(scene),
        compare_variables(scene),
        compare_secrets(scene),
        compare_volumes(scene),
        compare_hardware(scene),
        compare_sleep_time(scene),
        _storage(scene),
        _dev_mode(scene),
        compare_state(scene),
        _static(scene, surely=possible(scene, base.differences) == {STATIC}),
    ]
    whole = merged(base, parts, starting(scene))
    differences = with_downtime(scene, with_exposure(scene, whole.differences))
    priced = _bill(scene, differences) if differences else None
    return replace(whole, differences=differences, failing=failing(scene), bill=priced)


def _bill(scene: Scene, differences: tuple[Difference, ...]) -> Bill | None:
    """The bill of what is acted on, as far as that can be told."""
    acting = [d for d in differences if not scene.holds(d)]
    starts = any(_restarts(scene, d, acting) for d in acting)
    return bill(scene, acting, starts=starts, static=possible(scene, differences) == {STATIC})


def with_downtime(scene: Scene, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The first difference that starts the Space anew says so: what is sent back to back is one restart.

    One that is surely acted on, if there is one: else the risk would go with what is left alone.
    """
    acting = [d for d in differences if not scene.holds(d)]
    sure = [d for d in acting if not scene.may_hold(d)]
    if scene.live is None or not scene.live.busy or any(_pauses(d) for d in sure):
        return differences
    first = next((d for d in (*sure, *acting) if _restarts(scene, d, sure)), None)
    return tuple(replace(d, risks=(*d.risks, RESTARTS)) if d is first else d for d in differences)


def _restarts(scene: Scene, difference: Difference, acting: Sequence[Difference]) -> bool:
    """Whether closing a difference starts anew what runs: not what a Space is given once it is static."""
    if becomes_static(scene, acting) and difference.key[0] not in BEFORE_STATIC:
        return False
    if is_content(difference.key, ("sdk",)):
        return restarts_on_commit(scene.spec)
    return difference.key[0] in RESTARTING


def _pauses(difference: Difference) -> bool:
    return difference.key == ("state",) and difference.after == "paused"


def _new_sdk(scene: Scene) -> Found:
    """The sdk of a Space to be created; that of one that is there is compared with its card."""
    found, wanted = Found(), scene.spec.sdk
    if scene.live is not None:
        return found
    if scene.spec.duplicate_from:
        return _copied_sdk(scene, found)
    if wanted is None:
        hint = "write sdk: gradio, docker or static; or duplicateFrom"
        found.problems.append(scene.problem((), "it does not exist, and to create it takes an sdk", hint))
    else:
        found.differences.append(Difference(("sdk",), Op.ADD, None, wanted, record=wanted))
    return found


def _copied_sdk(scene: Scene, found: Found) -> Found:
    source, wanted = scene.sight.facts.get(SOURCE_SDK), scene.spec.sdk
    if wanted and source not in (None, wanted):
        message = f"the copy of {scene.spec.duplicate_from} has its sdk, {source}, and not {wanted}"
        found.problems.append(scene.problem(("sdk",), message, f"write sdk: {source}, or leave it out"))
    elif wanted:
        found.settled[("sdk",)] = wanted
    return found


def _duplicated(scene: Scene) -> Found:
    """Where it was copied from is settled once it is there."""
    found, source = Found(), scene.spec.duplicate_from
    if source and scene.live is None:
        found.differences.append(Difference(("duplicateFrom",), Op.ADD, None, source, record=source))
    elif source:
        found.settled[("duplicateFrom",)] = source
    return found


def _storage(scene: Scene) -> Found:
    found, wanted = Found(), scene.spec.storage
    if wanted is None:
        return found
    details = scene.live.details if scene.live else None
    now = (details.storage if details else None) or "none"
    difference = scalar("storage", wanted, now, scene.recorded("storage"))
    if difference and scene.live is None:
        difference = Difference(("storage",), Op.ADD, None, wanted, record=wanted)
    elif difference and wanted == "none":
        difference = replace(difference, risks=(LOST,))
    found.scalar("storage", wanted, difference)
    if difference and wanted != "none":
        found.notes.append(WITHDRAWN)
    return found


def _dev_mode(scene: Scene) -> Found:
    found, wanted = Found(), scene.spec.dev_mode
    if wanted is None:
        return found
    now = scene.live.details.dev_mode if scene.live and scene.live.details else False
    difference = scalar("devMode", wanted, now, scene.recorded("devMode"))
    found.scalar(
        "devMode", wanted, replace(difference, before=None) if difference and not scene.live else difference
    )
    return found


def _static(scene: Scene, *, surely: bool) -> Found:
    """What check() could not know: that the Space is static, where the manifest does not say."""
    found, spec = Found(), scene.spec
    if not surely or said_sdk(spec) == STATIC:
        return found
    is_so = scene.live is None or scene.live.sdk == STATIC
    this = "this Space is static" if is_so else "its README.md makes this Space static"
    for name, shown in RUNNING_ONLY.items():
        if getattr(spec, name) not in (None, False, [], "none"):
            found.problems.append(scene.problem((shown,), f"{this}: it has no {shown}"))
    if spec.state == "paused":
        found.problems.append(scene.problem(("state",), f"{this}: it cannot be paused"))
    return found
