"""What a Space costs an hour, before and after. Pure. Billed while it starts and runs, not while it rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hfops.kinds.space.duration import NEVER
from hfops.kinds.space.hardware import FLAVORS, canonical, intended, requested, sleep_time
from hfops.kinds.space.live import FAILED
from hfops.kinds.space.scene import Scene
from hfops.kinds.space.state import RESTING
from hfops.model.change import Difference
from hfops.model.cost import Bill, Cost

MINUTES = 60


def prices(rows: list[Any]) -> dict[str, float]:
    """US$ an hour by flavor, from GET /api/spaces/hardware, whose prices are by the minute."""
    named = [r for r in rows if isinstance(r, Mapping) and isinstance(r.get("name"), str)]
    return {canonical(r["name"]): _hourly(r) for r in named}


def _hourly(row: Mapping[str, Any]) -> float:
    cost = row.get("unitCostUSD")
    return round(cost * MINUTES, 4) if isinstance(cost, int | float) else 0.0


def bill(scene: Scene, acting: Sequence[Difference], *, starts: bool, static: bool) -> Bill | None:
    """What changes about the cost; None where nothing does, or no price is known. The free hardware is in it.

    ``acting`` are the differences that are not left alone, ``starts`` whether they start anew what is up or failing,
    ``static`` whether it is a static Space then, which costs nothing.
    """
    before = _price(scene, requested(scene)) if scene.live is not None and not _idle(scene) else 0.0
    runs = not static and _runs(scene, acting, starts=starts)
    after = _price(scene, intended(scene)) if runs else 0.0
    if before is None or after is None or before == after:
        return None
    return Bill(_cost(scene, before, acting), _cost(scene, after, acting))


def _idle(scene: Scene) -> bool:
    return scene.live is not None and (scene.live.stage in RESTING or scene.live.stage in FAILED)


def _runs(scene: Scene, acting: Sequence[Difference], *, starts: bool) -> bool:
    """Whether it is billed then: somebody starts or stops it, or it goes on, or what failed is tried again."""
    state = next((d.after for d in acting if d.key == ("state",)), None)
    if scene.live is None or state is not None:
        return state != "paused"
    return not _idle(scene) or (scene.live.stage in FAILED and starts)


def _cost(scene: Scene, price: float, acting: Sequence[Difference]) -> Cost:
    """From asleep, where it may sleep, to awake."""
    wanted = scene.spec.sleep_time
    left_alone = scene.live is not None and not any(d.key == ("sleepTime",) for d in acting)
    sleeps = sleep_time(scene) if left_alone and wanted is not None else wanted
    return Cost(0.0 if sleeps not in (None, NEVER) else price, price)


def _price(scene: Scene, flavor: str) -> float | None:
    found: float | None = scene.sight.facts.get("prices", {}).get(flavor, FLAVORS.get(flavor))
    return found
