"""Running a plan: every change as soon as what it waits for is done, intentions written before calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from hfops.engine.apply.runner import Context, finish, run_change
from hfops.engine.ledger.format import Intention, intended
from hfops.engine.ledger.session import now
from hfops.engine.ledger.store import LedgerError
from hfops.model.address import Address
from hfops.model.call import Deferred, Repeat
from hfops.model.change import Action, Change, Op
from hfops.model.outcome import Event, EventType, Outcome, Result, Status
from hfops.model.plan import Plan

GRACE = 6.0
"""Seconds that running calls get to end after an interrupt."""

SAVE_EVERY = 1.0
"""Seconds between two writes of the ledger while calls are running."""


def apply_plan(plan: Plan, context: Context, parallelism: int) -> Result:
    """Run every change of ``plan``. A failure stops its dependents, not its neighbours."""
    for change in plan.changes:
        if not change.acts:
            finish(context.ledger, change, change.record)
    run = _Run(list(plan.acting), context)
    pool = ThreadPoolExecutor(max_workers=parallelism)
    try:
        run.loop(pool)
    finally:
        # After an interrupt, a call that hangs must not keep the process.
        pool.shutdown(wait=not run.running, cancel_futures=True)
        run.save()
    outcomes = tuple(run.outcomes[c.address] for c in plan.acting)
    return Result(outcomes, interrupted=context.stop.is_set() and not run.error, error=run.error)


class _Run:
    def __init__(self, changes: Sequence[Change], context: Context) -> None:
        self.waiting = {c.address: c for c in changes}
        self.context = context
        self.running: dict[Future[Outcome], Change] = {}
        self.outcomes: dict[Address, Outcome] = {}
        self.error = ""
        self._saved = time.monotonic()

    def save(self) -> None:
        """Write the ledger. One that cannot be written stops the run: what is sent must be noted."""
        self._written(self.context.ledger.save)
        self._saved = time.monotonic()

    def _written(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except LedgerError as error:
            self.error = str(error)
            self.context.stop.set()
        return not self.error

    def loop(self, pool: ThreadPoolExecutor) -> None:
        """Start, wait, note, until nothing is left or the run is asked to stop."""
        while self.waiting or self.running:
            if self.context.stop.is_set():
                self._stop()
                return
            self._start(pool)
            self._wait(0.2)
            self._skip()

    def _start(self, pool: ThreadPoolExecutor) -> None:
        ready = [c for c in self.waiting.values() if all(self._applied(a) for a in c.after)]
        if not ready:
            return
        intentions = [i for c in ready if (i := _intention(c))]
        if not self._written(lambda: self.context.ledger.intend(intentions)):
            return
        for change in ready:
            del self.waiting[change.address]
            self.running[pool.submit(run_change, self.context, change)] = change

    def _applied(self, address: Address) -> bool:
        return address in self.outcomes and self.outcomes[address].status is Status.APPLIED

    def _wait(self, seconds: float) -> None:
        done, _ = wait(self.running, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in done:
            self.running.pop(future)
            outcome = future.result()
            self.outcomes[outcome.address] = outcome
        if done and time.monotonic() - self._saved > SAVE_EVERY:
            self.save()

    def _skip(self) -> None:
        """What waits for something that failed will not run."""
        for change in list(self.waiting.values()):
            because = next((a for a in change.after if a in self.outcomes and not self._applied(a)), None)
            if because is not None:
                self._end(change, Status.SKIPPED, f"because of {because}")

    def _end(self, change: Change, status: Status, message: str) -> None:
        self.waiting.pop(change.address, None)
        outcome = Outcome(change.address, change.action, status, 0, len(change.calls), message)
        self.outcomes[change.address] = outcome
        self.context.emit(Event(EventType.CHANGE_DONE, change.address, outcome=outcome))

    @property
    def _why(self) -> str:
        return "the run was stopped" if self.error else "interrupted"

    def _stop(self) -> None:
        """No new calls; running ones get their time; what did not end is unknown, and its intention stays open."""
        self.context.emit(Event(EventType.STOPPING))
        for change in list(self.waiting.values()):
            self._end(change, Status.SKIPPED, self._why)
        for future in [f for f in self.running if f.cancel()]:
            change = self.running.pop(future)
            self.context.ledger.settle(change.address)  # surely not sent
            self._end(change, Status.SKIPPED, self._why)
        deadline = time.monotonic() + GRACE
        while self.running and time.monotonic() < deadline:
            self._wait(max(0.0, deadline - time.monotonic()))
        for change in self.running.values():
            self._end(
                change, Status.UNKNOWN, "a call was still running when the run ended; the next run looks"
            )


def _intention(change: Change) -> Intention | None:
    """What to write down before the calls of ``change``: those whose repeat the Hub would refuse or double."""
    if all(call.repeat in (Repeat.SAFE, Repeat.SAME) for call in change.calls):
        return None
    action = change.action if change.action is not Action.NONE else Action.UPDATE
    values = [
        intended(d.key, None if d.op is Op.REMOVE else _plain(d.record))
        for d in change.acting
        if len(d.key) > 1
    ]
    source = str(change.moved_from) if change.moved_from else None
    return Intention(
        address=str(change.address), action=action.value, moved_from=source, values=values, at=now()
    )


def _plain(value: object) -> object:
    """A record without what only applying will know."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return None if isinstance(value, Deferred) else value
