"""Whether a Space runs. Pure."""

from __future__ import annotations

from dataclasses import replace

from hfops.kinds.space.duration import NEVER
from hfops.kinds.space.live import FAILED, IN_PROGRESS, LiveSpace
from hfops.kinds.space.scene import Found, Scene
from hfops.kinds.space.secrets import unknown_secrets
from hfops.kinds.threeway import cause
from hfops.model.change import Cause, Difference, Op
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

RESTING = ("PAUSED", "STOPPED")
STOPS = Risk(RiskKind.DOWNTIME, RiskCode.SPACE_PAUSED, "the app stops, until somebody starts it again")


def compare_state(scene: Scene) -> Found:
    """Paused is paused; running is also what is on its way there, asleep where it may sleep, or not known."""
    found, live, wanted = Found(), scene.live, scene.spec.state
    if live is None:
        if wanted == "paused":
            found.differences.append(Difference(("state",), Op.ADD, None, wanted, record=wanted))
        elif wanted:
            found.settled[("state",)] = wanted
        return found
    if scene.ask.restart and not scene.pauses and live.sdk != "static":
        difference = _difference(scene, live, "running", ())
        found.differences.append(
            replace(difference, cause=Cause.CHANGE, recorded=None, note="restart asked for")
        )
    elif live.stage in FAILED and not scene.pauses:
        _failed(scene, live, found)
    elif wanted and _differs(scene, live):
        risks = (STOPS,) if scene.pauses and live.stage not in RESTING else ()
        found.differences.append(_difference(scene, live, wanted, risks))
    elif wanted:
        found.settled[("state",)] = wanted
    return found


def _differs(scene: Scene, live: LiveSpace) -> bool:
    if scene.pauses:
        return live.stage != "PAUSED"
    return live.stage in RESTING or (live.stage == "SLEEPING" and not _may_sleep(scene, live))


def _may_sleep(scene: Scene, live: LiveSpace) -> bool:
    if scene.spec.sleep_time is not None:
        return scene.spec.sleep_time != NEVER
    return live.details is None or live.details.sleep_time is not None


def _failed(scene: Scene, live: LiveSpace, found: Found) -> None:
    """What failed is reported, and left until somebody asks for another try."""
    if scene.ask.retry_failed:
        found.differences.append(_difference(scene, live, "running", ()))
        return
    found.notes.append(f"it is in {live.stage}{_said(scene, live)}; --retry-failed starts it again")
    if scene.spec.state:
        found.settled[("state",)] = scene.spec.state


def _said(scene: Scene, live: LiveSpace) -> str:
    """The Hub's message, which may repeat what the app printed: not where a secret in it would go unmasked."""
    message = live.details.error if live.details else ""
    unknown = unknown_secrets(scene) if message else []
    if not unknown:
        return f": {message}" if message else ""
    are = f"secret {unknown[0]} is" if len(unknown) == 1 else f"secrets {', '.join(unknown)} are"
    return f" (its message is withheld: {are} not known to this run)"


def _difference(scene: Scene, live: LiveSpace, wanted: str, risks: tuple[Risk, ...]) -> Difference:
    recorded = scene.recorded("state")
    known = recorded is not MISSING
    why = cause(author=recorded != wanted, hub=recorded == wanted, recorded=known)
    record = scene.spec.state  # where the manifest names none, a new try is nothing to remember
    return Difference(
        ("state",), Op.CHANGE, live.stage, wanted, why, recorded if known else None, record, risks
    )


def failing(scene: Scene) -> str:
    """The stage of what is down, though the manifest says that it runs; empty else."""
    live = scene.live
    return live.stage if live is not None and live.stage in FAILED and scene.spec.state == "running" else ""


def starting(scene: Scene) -> str:
    """The stage of what is on its way up, and is meant to be; empty else."""
    live = scene.live
    coming = live is not None and live.stage in IN_PROGRESS and live.sdk != "static"
    return live.stage if live is not None and coming and not scene.pauses else ""
