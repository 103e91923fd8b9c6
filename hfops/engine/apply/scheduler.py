"""Running a plan: every change as soon as what it waits for is done, intentions written before calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from hfops.engine.apply.run import Context
from hfops.engine.apply.runner import finish, run_change
from hfops.engine.apply.values import Values
from hfops.engine.apply.waiting import Arrival, Waits
from hfops.engine.ledger.format import Intention, intended
from hfops.engine.ledger.session import now
from hfops.engine.ledger.store import LedgerError
from hfops.hub.errors import HubError
from hfops.kinds.base import Launch, Waiter
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.call import Call, Deferred, Repeat
from hfops.model.change import Action, Change, Op
from hfops.model.late import Content, Hashed, Hidden, Reference
from hfops.model.outcome import Event, EventType, Outcome, Result, Status
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError

GRACE = 6.0
"""Seconds that running calls get to end after an interrupt."""

WAVE = 250
"""Changes whose intentions are written at a time: their calls are over before anybody could doubt whose they were."""

TICK = 0.2
"""Seconds between two looks at what came of calls and waits; a call that ends is seen at once."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes.

    ``batch``: how many resources restart at a time, each ready before the next. ``max_failures``: after so many that
    failed, or did not come up, no other is restarted. ``wait``: whether the end of a run waits for what it started;
    what others depend on is always waited for. ``timeout`` (seconds) overrules the resources' own.
    """

    parallelism: int = 8
    batch: int | None = None
    max_failures: int | None = None
    wait: bool = True
    timeout: float | None = None


def apply_plan(plan: Plan, context: Context, pace: Pace) -> Result:
    """Run every change of ``plan``, and wait for what it starts. A failure stops its dependents, not its neighbours."""
    with Applying(plan, context, pace) as applying:
        applying.make_calls()
        return applying.result()


class Applying:
    """One run, in two steps: ``make_calls`` needs the ledger's lock, ``result`` only waits for what has to come up."""

    def __init__(self, plan: Plan, context: Context, pace: Pace) -> None:
        self.plan = plan
        self.context = context
        self.pace = pace
        self.waiting = {c.address: c for c in plan.acting}
        self.running: dict[Future[Outcome], Change] = {}
        self.outcomes: dict[Address, Outcome] = {}
        self.error = ""
        self._waits = Waits(context.hub, context.emit, pace.timeout, context.quick)
        self._needed = {a for c in plan.changes for a in c.after_ready}
        self._batched: set[Address] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waits.__exit__()

    def make_calls(self, all_made: Callable[[], None] = lambda: None) -> None:
        """Make every call, and save the ledger. Returns as soon as nothing but waiting is left.

        ``all_made`` is called before the last write, if every call was made.
        """
        for change in self.plan.changes:
            if not change.acts:
                finish(self.context.ledger, change, change.record)
        for change in self.plan.starting:
            self._wait_for(change)
        for change in self.plan.failing:
            why = "as it was before; --retry-failed starts it again"
            self.outcomes[change.address] = Outcome(
                change.address, Action.NONE, Status.FAILED, message=why, state=change.failing
            )
        pool = ThreadPoolExecutor(max_workers=self.pace.parallelism)
        try:
            self._loop(pool)
        finally:
            # After an interrupt, a call that hangs must not keep the process.
            pool.shutdown(wait=not self.running, cancel_futures=True)
            if self.all_made:
                all_made()
            self._written(partial(self.context.ledger.save, last=True))

    @property
    def all_made(self) -> bool:
        """Whether every call of the plan was made, whatever comes up later."""
        made = (self.outcomes.get(c.address) for c in self.plan.acting)
        return not self.error and all(o is not None and o.done == o.total for o in made)

    def result(self) -> Result:
        """Wait for what has to come up, and tell what became of everything, in the plan's order."""
        while len(self._waits) and not self.context.stop.is_set():
            self._take_in(self._waits.poll())
            self.context.stop.wait(0.02 if self.context.quick else TICK)
        self._take_in(self._waits.abandon(self._why))
        shown = [c for c in self.plan.changes if c.address in self.outcomes]
        outcomes = tuple(self.outcomes[c.address] for c in shown)
        return Result(outcomes, interrupted=self.context.stop.is_set() and not self.error, error=self.error)

    def _written(self, write: Callable[[], None]) -> bool:
        """Write the ledger. One that cannot be written stops the run: what is sent must be noted."""
        try:
            write()
        except LedgerError as error:
            self.error = str(error)
            self.context.stop.set()
        return not self.error

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        """Start, wait, note, until nothing is left to start or running, or the run is asked to stop."""
        while self.waiting or self.running:
            if self.context.stop.is_set():
                self._stop()
                return
            self._start(pool)
            if not self.running:
                self._written(self.context.ledger.rest)
            self._note(TICK if self.running and not len(self._waits) else 0.02)
            self._take_in(self._waits.poll())
            self._skip()

    def _start(self, pool: ThreadPoolExecutor) -> None:
        ready = self._gathered(self._paced([c for c in self.waiting.values() if self._may_start(c)]))
        if not ready:
            return
        intentions = [_intention(c, self._hashed) for c in ready if _is_doubtable(c)]
        if not self._written(lambda: self.context.ledger.intend(intentions)):
            return
        for change in ready:
            del self.waiting[change.address]
            self.running[pool.submit(run_change, self.context, change)] = change

    def _gathered(self, ready: list[Change]) -> list[Change]:
        """Of what may start, what need not wait for company: where a write is dear, many intentions share one."""
        if len(self.running) > WAVE // 2 or (self.running and self.context.ledger.gathering):
            return [c for c in ready if not _is_doubtable(c)]
        return ready[:WAVE]

    def _hashed(self, value: Hashed) -> str | None:
        """What the ledger keeps of a value that is about to be sent; None where it cannot be had now."""
        machine = self.context.machine
        values = Values(self.context.hub, self.context.stop, machine.secrets, machine.files)
        try:
            return str(values.resolve(value))
        except HfopsError:
            return None

    def _may_start(self, change: Change) -> bool:
        done = all(self._applied(a) for a in change.after)
        return done and all(self._came_up(a) for a in change.after_ready)

    def _paced(self, ready: list[Change]) -> list[Change]:
        """Of what may start, what the batch has room for."""
        if self.pace.batch is None:
            return ready
        busy = [c for c in self.running.values() if c.restarts]
        room = self.pace.batch - len(busy) - sum(1 for a in self._batched if a in self._waits)
        restarting = [c for c in ready if c.restarts][: max(0, room)]
        return [c for c in ready if not c.restarts or c in restarting]

    def _applied(self, address: Address) -> bool:
        return address in self.outcomes and self.outcomes[address].status is Status.APPLIED

    def _came_up(self, address: Address) -> bool:
        return address in self.outcomes and self.outcomes[address].good and address not in self._waits

    def _note(self, seconds: float) -> None:
        done, _ = wait(self.running, timeout=seconds, return_when=FIRST_COMPLETED)
        if not self.running:
            self.context.stop.wait(seconds)
        for future in done:
            change = self.running.pop(future)
            outcome = self.outcomes[change.address] = future.result()
            if outcome.status is Status.APPLIED:
                self._wait_for(change, outcome.answer)
        if self.context.ledger.due():
            self._written(self.context.ledger.save)

    def _wait_for(self, change: Change, answer: Any = None) -> None:
        """Look from now on whether what a change started comes up, where somebody is to wait for that."""
        waiter = self._waiter(change, answer)
        if waiter is None:
            if not change.acts:
                self.outcomes[change.address] = Outcome(change.address, Action.NONE, Status.READY)
            return
        if self.pace.batch is not None and (change.restarts or change.starting):
            self._batched.add(change.address)
        elif not self.pace.wait and change.address not in self._needed:
            return
        self._waits.add(change.address, waiter)

    def _waiter(self, change: Change, answer: Any) -> Waiter | None:
        resource = self.context.resources.get(change.address)
        if resource is None or change.action in (Action.DELETE, Action.FORGET):
            return None
        launch = Launch(
            change.calls,
            self.context.quick,
            answer,
            frozenset(d.path for d in change.differences if d.held),
            self.context.withhold(resource),
        )
        return KINDS[change.address.kind].waiter(resource, launch)

    def _take_in(self, arrivals: list[Arrival]) -> None:
        """What came up is as it was applied; what did not is no base for others."""
        for arrival in arrivals:
            plain = Outcome(arrival.address, Action.NONE, Status.READY)
            outcome = self.outcomes.get(arrival.address, plain)
            status = arrival.status or outcome.status
            message = arrival.message
            if arrival.then is not None:
                message = f"{message}; {self._after_timeout(arrival.then)}"
            outcome = replace(outcome, status=status, state=arrival.state, message=message)
            self.outcomes[arrival.address] = outcome
            kind = EventType.READY if arrival.status is None else EventType.CHANGE_DONE
            self.context.emit(Event(kind, arrival.address, outcome=outcome))

    def _after_timeout(self, call: Call) -> str:
        """Send what the manifest wants where something did not come up; what came of it, in words."""
        try:
            self.context.writer.send(call.method, call.path, call.body, call.repeat, call.api)
        except HubError as error:
            return f"could not {call.summary}: {error}"
        return f"{call.summary}: done"

    def _skip(self) -> None:
        """What waits for something that failed will not run; nor will restarts after too many that failed."""
        for change in list(self.waiting.values()):
            needs = (*change.after, *change.after_ready)
            because = next((a for a in needs if a in self.outcomes and not self.outcomes[a].good), None)
            if because is not None:
                self._end(change, Status.SKIPPED, f"because of {because}")
            elif (lost := next((a for a in needs if not self._knows(a)), None)) is not None:
                self._end(change, Status.SKIPPED, f"because of {lost}, of which this plan does nothing")
        limit = self.pace.max_failures
        if limit is not None and self._failures() >= limit:
            for change in [c for c in self.waiting.values() if c.restarts]:
                self._end(change, Status.SKIPPED, f"because {limit} failed (--max-failures)")

    def _knows(self, address: Address) -> bool:
        """Whether something is to come of it, or has: what waits for anything else would wait for ever."""
        running = (c.address for c in self.running.values())
        return (
            address in self.outcomes
            or address in self.waiting
            or address in self._waits
            or address in running
        )

    def _failures(self) -> int:
        restarting = {c.address for c in self.plan.changes if c.restarts or c.starting}
        bad = (Status.FAILED, Status.UNREADY, Status.UNKNOWN)
        return sum(1 for a, o in self.outcomes.items() if a in restarting and o.status in bad)

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
            self._note(max(0.0, deadline - time.monotonic()))
        for change in self.running.values():
            self._end(
                change, Status.UNKNOWN, "a call was still running when the run ended; the next run looks"
            )


def _is_doubtable(change: Change) -> bool:
    """Whether what comes of the calls of ``change`` could be taken for somebody else's doing, or be done twice.

    So it is with those whose repeat the Hub would refuse or double, and with new entries of lists: found there by the
    next run, without a word in the ledger, they would count as made by others.
    """
    repeatable = all(call.repeat in (Repeat.SAFE, Repeat.SAME) for call in change.calls)
    return not repeatable or any(d.op is Op.ADD and len(d.key) > 1 for d in change.acting)


def _intention(change: Change, hashed: Callable[[Hashed], str | None]) -> Intention:
    """What to write down before the calls of ``change``.

    What has no name on the Hub is found by what it holds: also by what the ledger keeps a hash of.
    """
    action = change.action if change.action is not Action.NONE else Action.UPDATE
    nameless = change.action is Action.CREATE and any(c.repeat is Repeat.ONCE for c in change.calls)
    values = [
        intended(d.key, None if d.op is Op.REMOVE else _plain(d.record, hashed if nameless else _nothing))
        for d in change.acting
        if len(d.key) > 1 or nameless
    ]
    source = str(change.moved_from) if change.moved_from else None
    return Intention(
        address=str(change.address), action=action.value, moved_from=source, values=values, at=now()
    )


def _nothing(value: Hashed) -> None:
    del value


def _plain(value: object, hashed: Callable[[Hashed], str | None]) -> object:
    """A record without what only applying will know."""
    if isinstance(value, dict):
        return {k: _plain(v, hashed) for k, v in value.items()}
    if isinstance(value, Hashed):
        return hashed(value)
    return None if isinstance(value, Deferred | Hidden | Reference | Content) else value
