"""Hardware and sleep time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hfops.kinds.space.duration import NEVER, worded
from hfops.kinds.space.live import FREE
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.threeway import scalar
from hfops.manifest.text import suggest
from hfops.model.change import Difference, Op
from hfops.model.problem import Problem
from hfops.model.record import MISSING

ZERO = "zero-a10g"
FREE_SLEEP = 172800
"""Seconds of idleness after which the free hardware sleeps; the Hub fixes them."""

FLAVORS: dict[str, float | None] = {
    FREE: 0.0,
    "cpu-upgrade": 0.03,
    ZERO: 0.0,
    "t4-small": 0.40,
    "t4-medium": 0.60,
    "l4x1": 0.80,
    "l4x4": 3.80,
    "l40sx1": 1.80,
    "l40sx4": 8.30,
    "l40sx8": 23.50,
    "a10g-small": 1.00,
    "a10g-large": 1.50,
    "a10g-largex2": 3.00,
    "a10g-largex4": 5.00,
    "a100-large": 2.50,
    "a100x4": 10.00,
    "a100x8": 20.00,
    "rtx-pro-6000": None,
    "rtx-pro-6000x2": None,
    "rtx-pro-6000x4": None,
    "rtx-pro-6000x8": None,
}
"""What the Hub offered when this was written, in US$ per hour (None: not known). GET /api/spaces/hardware knows better."""

FIXED = f"the sleep time on {FREE} is fixed at {worded(FREE_SLEEP)}"
PAID = "choose paid hardware, or leave sleepTime out"


def canonical(flavor: str) -> str:
    """The flavor under the name that the Hub gives back."""
    return ZERO if flavor == "zerogpu" else flavor


def near(flavor: str, known: list[str]) -> str:
    """A hint for a flavor that is not known."""
    found = suggest(flavor, known)
    return f"did you mean {found!r}?" if found else f"known: {', '.join(known)}"


def requested(scene: Scene) -> str:
    """The hardware asked for so far; a Space that asked for none is on the free one."""
    return (scene.live.hardware if scene.live else None) or FREE


def intended(scene: Scene) -> str:
    """The hardware once all is done."""
    change = _change(scene)
    return requested(scene) if change is None or scene.holds(change) else str(change.after)


def _change(scene: Scene) -> Difference | None:
    if scene.spec.hardware is None:
        return None
    wanted = canonical(scene.spec.hardware)
    if scene.live is None:
        return Difference(("hardware",), Op.ADD, None, wanted, record=wanted)
    return scalar("hardware", wanted, requested(scene), scene.recorded("hardware"))


def compare_hardware(scene: Scene) -> Found:
    """What was asked for against what is wanted; what runs at the moment is the waiter's business."""
    found = Found()
    if scene.spec.hardware is None:
        return found
    wanted, change = canonical(scene.spec.hardware), _change(scene)
    found.scalar("hardware", wanted, change)
    if change is not None and not scene.holds(change):
        found.problems.extend(_impossible(scene, wanted))
    return found


def _impossible(scene: Scene, wanted: str) -> list[Problem]:
    known: Mapping[str, float] | None = scene.sight.facts.get("prices")
    if known is not None and wanted not in known:
        return [
            scene.problem(("hardware",), f"the Hub offers no hardware {wanted!r}", near(wanted, list(known)))
        ]
    if wanted == ZERO and scene.sdk not in ("gradio", None):
        message = f"{scene.spec.hardware} runs Gradio Spaces only, and this one's sdk is {scene.sdk}"
        return [scene.problem(("hardware",), message, "choose other hardware")]
    return []


def compare_sleep_time(scene: Scene) -> Found:
    """Seconds of idleness, or never. On the free hardware there is nothing to say."""
    found = Found()
    wanted = scene.spec.sleep_time
    if wanted is None:
        return found
    if intended(scene) == FREE and wanted != FREE_SLEEP and not _left_alone(scene, wanted):
        hint = f"this Space is on {FREE}: {PAID}" if scene.live and not scene.spec.hardware else PAID
        found.problems.append(scene.problem(("sleepTime",), FIXED, hint))
    elif scene.live is None:
        found.differences.append(Difference(("sleepTime",), Op.ADD, None, wanted, record=wanted))
    else:
        difference = scalar("sleepTime", wanted, sleep_time(scene), scene.recorded("sleepTime"))
        if difference is None and requested(scene) == FREE and intended(scene) != FREE:
            # What the free hardware shows is not the Space's own setting, which comes to light with other hardware.
            known = scene.recorded("sleepTime")
            difference = Difference(("sleepTime",), Op.ADD, None, wanted, record=wanted)
            difference = difference if known is MISSING else replace(difference, recorded=known)
        found.scalar("sleepTime", wanted, difference)
    return found


def _left_alone(scene: Scene, wanted: Any) -> bool:
    difference = scalar("sleepTime", wanted, sleep_time(scene), scene.recorded("sleepTime"))
    return difference is not None and scene.holds(difference)


def sleep_time(scene: Scene) -> int | str:
    """What the Hub shows now."""
    details = scene.live.details if scene.live else None
    return NEVER if details is None or details.sleep_time is None else details.sleep_time


def in_body(wanted: Any) -> int:
    """A sleep time as the Hub takes it."""
    return -1 if wanted == NEVER else int(wanted)
