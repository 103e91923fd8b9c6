"""The scheduler, where a plan does not hold together: it ends, and says why."""

from __future__ import annotations

import threading
from datetime import date
from types import SimpleNamespace

from hfops.engine.apply.run import Context, Machine
from hfops.engine.apply.scheduler import Applying, Pace
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import NoStore
from hfops.kinds.base import HubView
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Call, Repeat
from hfops.model.change import Action, Change
from hfops.model.outcome import Status
from hfops.model.plan import Plan

HERE, LOST = Address.parse("Model/acme/here"), Address.parse("Model/acme/lost")


class Writer:
    """Counts what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, method: str, path: str, *_: object) -> SimpleNamespace:
        self.sent.append(f"{method} {path}")
        return SimpleNamespace(data={}, date=None)


def test_what_waits_for_nothing_that_is_planned_is_skipped_not_waited_for() -> None:
    """A plan without what one of its changes stands behind; the neighbours are done."""
    call = Call("PUT", "/api/models/acme/x/settings", {"gated": False}, repeat=Repeat.SAME)
    other = Address.parse("Model/acme/other")
    plan = Plan(
        (
            Change(HERE, Action.UPDATE, calls=(call,), after=(LOST,)),
            Change(other, Action.UPDATE, calls=(call,)),
        )
    )
    writer = Writer()
    hub = HubView(reads=None, sees=lambda _: True, map=lambda f, xs: list(map(f, xs)), local=NOWHERE)  # type: ignore[arg-type]
    context = Context(
        writer, hub, Ledger(NoStore(), "p", None), {}, date(2026, 1, 1), threading.Event(), lambda _: None,
        Machine(None, None, None), quick=True,  # type: ignore[arg-type]
    )  # fmt: skip
    with Applying(plan, context, Pace()) as applying:
        applying.make_calls()
        outcomes = {o.address: o for o in applying.result().outcomes}
    assert outcomes[HERE].status is Status.SKIPPED
    assert str(LOST) in outcomes[HERE].message
    assert outcomes[other].status is Status.APPLIED
    assert len(writer.sent) == 1
