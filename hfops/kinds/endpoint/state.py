"""Whether an endpoint runs: the table of states, as data. docs/endpoints.md shows the same table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hfops.kinds.endpoint.live import COMING, FAILED, PAUSED, SCALED, UP, LiveEndpoint
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.scene import Found
from hfops.kinds.values import references
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

STATE = "state"
RUNNING = "running"


class Step(StrEnum):
    """One call of the service."""

    CREATE = "create"
    UPDATE = "update"
    PAUSE = "pause"
    RESUME = "resume"
    SCALE = "scale-to-zero"
    DELETE = "delete"


class Row(StrEnum):
    """What there is, as far as it matters for what is to be done."""

    ABSENT = "absent"
    UP = "running"
    COMING = "pending, initializing, updating"
    PAUSED = "paused"
    IDLE = "scaledToZero, minReplica 0"
    SCALED = "scaledToZero, minReplica 1 or more"
    FAILED = "failed, updateFailed"


WANTED = (RUNNING, PAUSED, SCALED, "absent")
Steps = tuple[Step, ...]

_NOTHING: Steps = ()
_RESTART: Steps = (Step.PAUSE, Step.RESUME)

TABLE: Mapping[tuple[Row, str], tuple[Steps, Steps]] = {
    (Row.ABSENT, RUNNING): ((Step.CREATE,), (Step.CREATE,)),
    (Row.ABSENT, PAUSED): ((Step.CREATE, Step.PAUSE), (Step.CREATE, Step.PAUSE)),
    (Row.ABSENT, SCALED): ((Step.CREATE, Step.SCALE), (Step.CREATE, Step.SCALE)),
    (Row.ABSENT, "absent"): (_NOTHING, _NOTHING),
    (Row.UP, RUNNING): (_NOTHING, (Step.UPDATE,)),
    (Row.UP, PAUSED): ((Step.PAUSE,), (Step.PAUSE, Step.UPDATE)),
    (Row.UP, SCALED): ((Step.SCALE,), (Step.SCALE, Step.UPDATE)),
    (Row.UP, "absent"): ((Step.DELETE,), (Step.DELETE,)),
    (Row.COMING, RUNNING): (_NOTHING, (Step.UPDATE,)),
    (Row.COMING, PAUSED): ((Step.PAUSE,), (Step.PAUSE, Step.UPDATE)),
    (Row.COMING, SCALED): ((Step.SCALE,), (Step.SCALE, Step.UPDATE)),
    (Row.COMING, "absent"): ((Step.DELETE,), (Step.DELETE,)),
    (Row.PAUSED, RUNNING): ((Step.RESUME,), (Step.UPDATE, Step.RESUME)),
    (Row.PAUSED, PAUSED): (_NOTHING, (Step.UPDATE,)),
    (Row.PAUSED, SCALED): ((Step.RESUME, Step.SCALE), (Step.UPDATE, Step.RESUME, Step.SCALE)),
    (Row.PAUSED, "absent"): ((Step.DELETE,), (Step.DELETE,)),
    (Row.IDLE, RUNNING): (_NOTHING, (Step.UPDATE,)),
    (Row.IDLE, PAUSED): ((Step.PAUSE,), (Step.PAUSE, Step.UPDATE)),
    (Row.IDLE, SCALED): (_NOTHING, (Step.UPDATE,)),
    (Row.IDLE, "absent"): ((Step.DELETE,), (Step.DELETE,)),
    (Row.SCALED, RUNNING): ((Step.RESUME,), (Step.UPDATE, Step.RESUME)),
    (Row.SCALED, PAUSED): ((Step.PAUSE,), (Step.PAUSE, Step.UPDATE)),
    (Row.SCALED, SCALED): (_NOTHING, (Step.UPDATE,)),
    (Row.SCALED, "absent"): ((Step.DELETE,), (Step.DELETE,)),
    (Row.FAILED, RUNNING): (_NOTHING, (Step.UPDATE,)),
    (Row.FAILED, PAUSED): ((Step.PAUSE,), (Step.PAUSE, Step.UPDATE)),
    (Row.FAILED, SCALED): (
        (Step.PAUSE, Step.RESUME, Step.SCALE),
        (Step.PAUSE, Step.UPDATE, Step.RESUME, Step.SCALE),
    ),
    (Row.FAILED, "absent"): ((Step.DELETE,), (Step.DELETE,)),
}
"""(what there is, what is wanted) → the calls in order: where nothing else differs, and where something does."""

RETRY: tuple[Steps, Steps] = (_RESTART, (Step.PAUSE, Step.UPDATE, Step.RESUME))
"""What starts again something that failed, or that is to be restarted: a body is not needed, nor the secrets in it."""

STOPS = Risk(RiskKind.DOWNTIME, RiskCode.ENDPOINT_PAUSED, "nobody is answered until it is resumed")
SLEEPS = Risk(
    RiskKind.DOWNTIME,
    RiskCode.ENDPOINT_SCALED_TO_ZERO,
    "the first request after this waits until it is up again",
)
RESTARTS = Risk(
    RiskKind.DOWNTIME, RiskCode.ENDPOINT_RESTART, "nobody is answered between the pause and the new start"
)


def row_of(live: LiveEndpoint | None, min_replica: int) -> Row:
    """The row of the table. ``min_replica`` is that of the manifest where it says so."""
    if live is None:
        return Row.ABSENT
    if live.state == SCALED:
        return Row.SCALED if min_replica else Row.IDLE
    known = {PAUSED: Row.PAUSED, **dict.fromkeys(UP, Row.UP), **dict.fromkeys(FAILED, Row.FAILED)}
    return known.get(live.state, Row.COMING)


def steps(row: Row, wanted: str | None, *, differs: bool, again: bool = False) -> Steps:
    """The calls in order. ``wanted`` None: the state is not managed; ``again``: it is to be started anew."""
    if again:
        if row in (Row.PAUSED, Row.SCALED, Row.IDLE):
            return (*((Step.UPDATE,) if differs else ()), Step.RESUME)
        return RETRY[differs]
    if wanted is None and row is Row.ABSENT:
        return (Step.CREATE,)
    if wanted is None:
        return (Step.UPDATE,) if differs else ()
    return TABLE[row, wanted][differs]


def compare_state(scene: Scene, *, differs: bool) -> Found:
    """Paused and asleep are what they say. Running is also what is on its way there, or asleep where it may be.

    ``differs``: something else does, so that what failed is started again by its update.
    """
    found, live, wanted = Found(), scene.live, scene.spec.state
    if live is None:
        if wanted in (PAUSED, SCALED):
            found.differs(scene, STATE, None, wanted, wanted, author=True, hub=False)
        elif wanted:
            found.settled[(STATE,)] = wanted
        return found
    if again := starts_again(scene):
        _differs(scene, live, found, RUNNING, again)
        return found
    if live.state in FAILED and wanted in (None, RUNNING) and not differs:
        found.notes.append(f"it is in {live.state}{_told(scene, live)}; --retry-failed starts it again")
    if scene.ask.restart and _stays_stopped(scene, live):
        found.notes.append(f"it is {live.state}, and stays so: not restarted")
    if wanted and steps(row_of(live, scene.min_replica), wanted, differs=False):
        _differs(scene, live, found, wanted, "")
    elif wanted:
        found.settled[(STATE,)] = wanted
    return found


def _told(scene: Scene, live: LiveEndpoint) -> str:
    """The service's own message, unless it could hold a secret that this run does not know, and so cannot mask."""
    secrets = [(path, r) for path, r, secret in references(scene.resource) if secret]
    unknown = [str(path[-1]) for path, r in secrets if scene.ask.vault.text(r) is None]
    if live.error and unknown:
        return f" (its message is withheld, this run does not know its secret {', '.join(unknown)})"
    return f": {live.error}" if live.error else ""


def starts_again(scene: Scene) -> str:
    """Why it is to be started anew, whatever else differs; empty where it is not."""
    live, ask = scene.live, scene.ask
    if live is None or _stays_stopped(scene, live):
        return ""
    if ask.restart and live.state not in COMING:
        return "restart asked for"
    return "another try (--retry-failed)" if ask.retry_failed and live.state in FAILED else ""


def _stays_stopped(scene: Scene, live: LiveEndpoint) -> bool:
    """Whether it is wanted stopped; or is, and nobody says that it should run."""
    wanted = scene.spec.state
    return wanted in (PAUSED, SCALED) or (wanted is None and live.state == PAUSED)


def _differs(scene: Scene, live: LiveEndpoint, found: Found, wanted: str, note: str) -> None:
    serving = live.state in (*UP, "updating", "updateFailed")
    risks = {PAUSED: STOPS, SCALED: SLEEPS, RUNNING: RESTARTS}
    said = (risks[wanted],) if serving else ()
    known = scene.recorded(STATE)
    # A new start that is asked for is nobody's drift; where the manifest names no state, it is nothing to remember.
    by_hub = not note and known is not MISSING and known == wanted
    found.differs(
        scene, STATE, live.state, wanted, scene.spec.state,
        author=not by_hub, hub=by_hub, risks=said, note=note,
    )  # fmt: skip


def failing(scene: Scene) -> str:
    """The state of what is down, though the manifest says that it runs; empty else."""
    live = scene.live
    return live.state if live is not None and live.state in FAILED and scene.spec.state == RUNNING else ""


def starting(scene: Scene) -> str:
    """The state of what is on its way up, and is meant to be; empty else."""
    live = scene.live
    if live is None or scene.spec.state in (PAUSED, SCALED):
        return ""
    return live.state if row_of(live, scene.min_replica) is Row.COMING else ""
