"""What an endpoint costs before and after its change, by the service's own prices. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hfops.kinds.endpoint.catalogue import (
    CATALOGUE,
    CHOICE,
    Row,
    live_choice,
    row_of,
    wanted_choice,
)
from hfops.kinds.endpoint.live import PAUSED, SCALED
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.endpoint.state import STATE
from hfops.model.change import Difference
from hfops.model.cost import Bill, Cost

ABOUT = (*CHOICE, "compute.scaling.minReplica", "compute.scaling.maxReplica", STATE)
"""Fields that change what is paid."""


def bill(scene: Scene, differences: Sequence[Difference]) -> Bill | None:
    """US$ an hour from the fewest replicas to the most; None where nothing about it changes, or no price is known."""
    live = scene.live
    if live is not None and not any(d.key[0] in ABOUT for d in differences):
        return None
    before = Cost()
    if live is not None and live.state != PAUSED:
        now = _price(scene, tuple(live_choice(scene).get(key, "") for key in CHOICE))
        if now is None:
            return None
        fewest = 0 if live.state == SCALED else live.min_replica
        before = Cost(now * fewest, now * live.max_replica)
    price = _price(scene, wanted_choice(scene))
    if price is None:
        return None
    after = _then(scene, price)
    return None if live is not None and before == after else Bill(before, after)


def _then(scene: Scene, price: float) -> Cost:
    """What it costs once all is done."""
    state = scene.spec.state or (scene.live.state if scene.live is not None else "running")
    if state == PAUSED:
        return Cost()
    fewest = 0 if state == SCALED else scene.min_replica
    return Cost(price * fewest, price * scene.max_replica)


def _price(scene: Scene, choice: tuple[str, ...]) -> float | None:
    rows: Sequence[Row] = scene.sight.facts.get(CATALOGUE) or ()
    row = row_of(rows, choice)
    return row.price if row else None
