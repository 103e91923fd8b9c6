"""What a Space costs an hour, before and after. Pure. Billed while it starts and runs, not while it rests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.space.hardware import FLAVORS, canonical, intended, requested
from hfops.kinds.space.live import FAILED
from hfops.kinds.space.scene import Scene
from hfops.kinds.space.state import RESTING
from hfops.model.cost import Bill, Cost

MINUTES = 60


def prices(rows: list[Any]) -> dict[str, float]:
    """US$ an hour by flavor, from GET /api/spaces/hardware, whose prices are by the minute."""
    named = [r for r in rows if isinstance(r, Mapping) and isinstance(r.get("name"), str)]
    return {canonical(r["name"]): _hourly(r) for r in named}


def _hourly(row: Mapping[str, Any]) -> float:
    cost = row.get("unitCostUSD")
    return round(cost * MINUTES, 4) if isinstance(cost, int | float) else 0.0


def bill(scene: Scene) -> Bill | None:
    """What changes about the cost; None where nothing does, or no price is known. The free hardware is in it."""
    if scene.sdk == "static":
        return None
    live = scene.live
    idle = live is not None and (live.stage in RESTING or live.stage in FAILED)
    before = 0.0 if live is None or idle else _price(scene, requested(scene))
    runs = not scene.pauses and (scene.spec.state == "running" or not idle)
    after = _price(scene, intended(scene)) if runs else 0.0
    if before is None or after is None or before == after:
        return None
    return Bill(_cost(scene, before), _cost(scene, after))


def _cost(scene: Scene, price: float) -> Cost:
    """From asleep, where it may sleep, to awake."""
    return Cost(0.0 if scene.spec.sleep_time not in (None, "never") else price, price)


def _price(scene: Scene, flavor: str) -> float | None:
    found: float | None = scene.sight.facts.get("prices", {}).get(flavor, FLAVORS.get(flavor))
    return found
