"""Running one change: its calls in order, and a look wherever an answer leaves doubt."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from hfops.engine.apply.run import Context, Run
from hfops.engine.apply.values import Values
from hfops.engine.decide import start_record
from hfops.engine.ledger.session import Ledger, TakenOver
from hfops.engine.ledger.store import LedgerError
from hfops.hub.errors import Conflict, HubError, Interrupted, NotFound, PreconditionFailed
from hfops.kinds.base import Ask, Sight
from hfops.kinds.registry import KINDS
from hfops.model.call import Call, Deferred, Repeat
from hfops.model.change import Action, Change, Difference, Op
from hfops.model.late import Hashed
from hfops.model.outcome import Event, EventType, Outcome, Status
from hfops.model.problem import HfopsError
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource


class Changed(HubError):
    """What a look showed is neither what was there nor what was wanted."""


def run_change(context: Context, change: Change) -> Outcome:
    """Make the calls of one change. Never raises: what the Hub answers, and even a bug, ends this change only."""
    run = Run(
        context,
        change,
        change.record,
        Values(context.hub, context.stop, context.machine.secrets, context.machine.files),
        list(change.calls),
        {d.path: d for d in change.acting},
    )
    if change.action is Action.UPDATE and change.record is not None:
        context.ledger.put(change.record)  # preventDestroy holds, whatever becomes of the calls
    try:
        try:
            _calls(run)
        finally:
            _pay(run)
    except HubError as error:
        if error.uncertain:  # the intention stays open: the next run looks
            return _outcome(run, Status.UNKNOWN, str(error))
        context.ledger.settle(change.address)
        status = Status.SKIPPED if isinstance(error, Interrupted) else Status.FAILED
        return _outcome(run, status, str(error))
    except LedgerError as error:
        return _outcome(run, Status.FAILED if isinstance(error, TakenOver) else Status.UNKNOWN, str(error))
    except HfopsError as error:  # a file or a secret is not what it was when the run began
        context.ledger.settle(change.address)
        return _outcome(run, Status.FAILED, str(error))
    except Exception as error:  # noqa: BLE001 - the neighbours go on, and the table is printed
        message = f"this is a bug in hfops: {type(error).__name__}: {error}; the next run looks"
        return _outcome(run, Status.UNKNOWN, message)
    finish(context.ledger, change, run.record)
    return _outcome(run, Status.APPLIED)


def finish(ledger: Ledger, change: Change, record: Record | None) -> None:
    """What the ledger knows once a change is through, or once it turned out to need no call."""
    if change.moved_from is not None:
        ledger.drop(change.moved_from)
        ledger.settle(change.moved_from)
    if change.action in (Action.DELETE, Action.FORGET):
        ledger.drop(change.address)
    elif record is not None:
        ledger.put(record)
    # Without a step, what planning could tell is settled already; what it could not see is no clearer now.
    if change.acts:
        ledger.settle(change.address)


def _calls(run: Run) -> None:
    while run.todo:
        if run.context.stop.is_set():
            raise Interrupted("interrupted")
        call = run.todo[0]
        run.context.emit(Event(EventType.CALL, run.change.address, call))
        try:
            answer = _send(run, call)
        except HubError as error:
            doubtful = error.uncertain or isinstance(error, _LOOK) or _gone(call, error)
            if isinstance(error, Interrupted) or not doubtful:
                raise
            _look(run, call, error)
            continue
        run.todo.pop(0)
        _achieved(run, call, answer)


_LOOK = (Conflict, PreconditionFailed)
"""Refusals after which the Hub is looked at: what was wanted may be there, or somebody else was faster."""


def _send(run: Run, call: Call) -> Any:
    if call.uploads:
        return _upload(run, call)
    path, body = run.values.path(call), run.values.resolve(call.body)
    lane: AbstractContextManager[Any] = run.context.lanes[call.lane] if call.lane else nullcontext()
    with lane:
        if run.context.stop.is_set():
            raise Interrupted("interrupted")
        if call.repeat is Repeat.ONCE:
            run.context.ledger.assure(run.change.address)
        return run.context.writer.send(call.method, path, body, call.repeat, call.api)


def _upload(run: Run, call: Call) -> None:
    """Large files go their own way into the Hub's storage; nothing shows them before a commit names them."""

    def moved(size: int) -> None:
        run.context.emit(Event(EventType.UPLOADED, run.change.address, call, size=size))

    run.context.machine.uploads.upload(call, moved)


def _gone(call: Call, error: HubError) -> bool:
    return call.method == "DELETE" and isinstance(error, NotFound)


def _achieved(run: Run, call: Call, answer: Any) -> None:
    """Note in the ledger what the call made true."""
    change, ledger = run.change, run.context.ledger
    run.done += 1
    run.answer = answer.data if answer is not None else None
    run.values.written()
    run.context.emit(Event(EventType.CALLED, change.address, call))
    if change.action is Action.MOVE and change.moved_from and run.done == 1:
        ledger.drop(change.moved_from)
    if run.record is None or change.action is Action.DELETE:
        return
    if _ends(run, call):
        ledger.put(run.record)  # the old one is gone; of the new one, nothing is known yet
        ledger.save()
        return
    created = run.record.hub_id is None and answer is not None
    if created:
        made = KINDS[change.address.kind].made(answer.data)
        run.record = replace(run.record, hub_id=made)
    if answer is not None and (created or call.shows):
        run.values.made(answer.data)
    run.record = _with_effects(run, run.record, call)
    ledger.put(run.record)
    if created:
        ledger.save()  # from here on, nobody can mistake somebody else's for it


def _with_effects(run: Run, record: Record, call: Call) -> Record:
    """The record with the differences that the call closed, and without those it undid."""
    for path in (p for p in call.undoes if p in run.differences):
        record = record.drop(run.differences[path].key)
    for path in (p for p in call.achieves if p in run.differences):
        difference = run.differences[path]
        if difference.op is Op.REMOVE:
            record = record.drop(difference.key)
        elif _costly(difference.record):
            run.owed.append(difference)
        elif difference.record is not None:
            record = record.put(difference.key, run.values.resolve(difference.record))
    return record


def _costly(record: Any) -> bool:
    """Whether to note something takes a hash, or a read that may as well come later."""
    if isinstance(record, Mapping):
        return any(_costly(value) for value in record.values())
    return isinstance(record, Hashed) or (
        isinstance(record, Deferred) and record.optional and record.read != ""
    )


def _pay(run: Run) -> None:
    """Note what is owed. What cannot be read any more is left open, for the next run to find out."""
    owed, run.owed = run.owed, []
    for difference in owed:
        try:
            found = run.values.resolve(difference.record)
        except HubError:
            found = {k: v for k, v in difference.record.items() if not _costly(v)}
        if run.record is not None:
            run.record = run.record.put(difference.key, found)
            run.context.ledger.put(run.record)


def _ends(run: Run, call: Call) -> bool:
    """Whether the call deletes what the change replaces."""
    return run.change.action is Action.REPLACE and call is run.change.calls[0]


def _look(run: Run, call: Call, error: HubError) -> None:
    """A conflict means look: go on if the call's effect is there and nothing else changed, else raise ``error``.

    Sets what is still to do. A deletion is done when nothing is there.
    """
    _pay(run)
    address = run.change.address
    action = Action.DELETE if _ends(run, call) else run.change.action
    resource = None if action is Action.DELETE else run.context.resources.get(address)
    if action is Action.DELETE:
        sight = _after_deletion(run, error)
    else:
        live_record = None if action in (Action.CREATE, Action.REPLACE) else run.record
        sight = _observe(run, run.context.ask(address, resource, live_record), error)
    doubtful, error.uncertain = error.uncertain, False  # from here on, what happened is known
    if (sight.live is None) is not (action is Action.DELETE) or _is_another(run, sight):
        raise _explained(error, sight, action)
    if resource is None:
        run.todo.pop(0)
        _achieved(run, call, None)
        return
    assert run.record is not None
    run.record = replace(run.record, hub_id=sight.live.hub_id if sight.live else None)
    _compare_again(run, resource, sight, error, doubtful=doubtful)


def _after_deletion(run: Run, error: HubError) -> Sight:
    """What is there after a deletion in doubt. It was seen when it was planned, so that a 404 is an absence.

    What has no name on the Hub is known by the ledger's id only.
    """
    address = run.change.address
    try:
        return _observe(run, run.context.ask(address, None, run.change.record), error)
    except HubError:
        return _observe(run, run.context.ask(address, None, None), error)


def _is_another(run: Run, sight: Sight) -> bool:
    """Whether the name looked at belongs to something else, such as the target of a rename that was taken."""
    known = run.record.hub_id if run.record else None
    return sight.live is not None and known is not None and sight.live.hub_id != known


def _explained(error: HubError, sight: Sight, action: Action) -> HubError:
    if sight.live is None and action is Action.CREATE and isinstance(error, Conflict):
        return HubError(f"{error}; it exists, and this token cannot see it")
    return error


def _observe(run: Run, ask: Ask, error: HubError) -> Sight:
    """Look at one resource. Where the Hub cannot be asked, ``error`` stands, and so does its doubt."""
    try:
        sight = KINDS[ask.address.kind].observe([ask], run.context.hub)[ask.address]
    except HubError as failed:
        raise error from failed
    if sight.problem:
        raise error
    return sight


_FIRST = {Action.CREATE: 0, Action.REPLACE: 1}
"""How many calls are done when the one that creates is sent."""


def _compare_again(run: Run, resource: Resource, sight: Sight, error: HubError, *, doubtful: bool) -> None:
    """Compare afresh. What is left must be what later calls were planned for; those calls are made as planned.

    What answers a clean conflict on create was made by somebody else since the plan: adopted, if it is as wanted.
    """
    assert run.record is not None
    by_others = run.done == _FIRST.get(run.change.action) and not doubtful
    record = _others(run, sight) if by_others else run.record
    if doubtful:
        record = _arrived(run, record, sight)
    kind, ask = KINDS[resource.address.kind], run.context.ask(resource.address, resource, record)
    compared = kind.compare(ask, sight)
    if compared.problems:
        raise Changed(f"changed meanwhile: {compared.problems[0]}; run again to see a new plan")
    held = {d.path for d in run.change.differences if d.held}
    left = {d.path: d for d in compared.differences if d.path not in held}
    doubted, later = run.todo[0], run.todo[1:]
    missed = [p for p in doubted.achieves if p in left]
    missed += [p for p in doubted.undoes if p in left and left[p].op is not Op.ADD]
    if missed and not by_others:
        raise error  # the call had no effect: its own error says why
    planned = {path for call in later for path in call.achieves}
    surprises = [
        p for p, d in left.items() if by_others or p not in planned or _riskier(d, run.differences[p])
    ]
    if surprises:
        raise Changed(f"changed meanwhile ({', '.join(surprises)}): {error}; run again to see a new plan")
    run.record = start_record(ask, sight, compared)
    for path in doubted.undoes:
        run.record = run.record.drop(run.differences[path].key)
    run.context.ledger.put(run.record)
    run.done += 1
    run.values.written()
    run.values.made(kind.own(sight.live))
    run.todo = _still_needed(later, set(left))


def _others(run: Run, sight: Sight) -> Record:
    """The record of what somebody else made: another run of this project, as the ledger tells by now, or a stranger."""
    assert run.record is not None
    known = run.context.ledger.get(run.change.address)
    if known is not None and sight.live is not None and known.hub_id == sight.live.hub_id:
        return known
    return replace(run.record, origin=Origin.ADOPTED, applied={})


def _riskier(now: Difference, planned: Difference) -> bool:
    """Whether closing a difference has become something that nobody consented to."""
    accepted = {r.kind for r in planned.risks}
    return any(r.kind.needs_consent and r.kind not in accepted for r in now.risks)


def _still_needed(calls: list[Call], left: set[str]) -> list[Call]:
    """The calls that something is left for; a call that only prepares the next one stays with it."""
    kept: list[Call] = []
    for call in reversed(calls):
        if left & {*call.achieves} or (not call.achieves and kept):
            kept.insert(0, call)
    return kept


def _arrived(run: Run, record: Record, sight: Sight) -> Record:
    """The record with what the doubtful call was to bring, where the Hub shows that it did: that is our doing.

    What was created came with all that the call carried, also with what the Hub does not show.
    """
    kind, creates = KINDS[run.change.address.kind], run.done == _FIRST.get(run.change.action)
    for path in run.todo[0].achieves:
        difference = run.differences.get(path)
        if difference is None:
            continue
        meant = None if difference.op is Op.REMOVE else run.values.resolve(difference.record)
        if len(difference.key) > 1:
            record = kind.arrived(record, difference.key, meant, sight.live) or record
        elif creates and meant is not None:
            record = record.put(difference.key, meant)
    return record


def _outcome(run: Run, status: Status, message: str = "") -> Outcome:
    total = len(run.change.calls)
    pull = run.answer.get("pullRequestUrl") if isinstance(run.answer, Mapping) else None
    message = message or (f"proposed: {pull}" if pull else "")
    outcome = Outcome(
        run.change.address, run.change.action, status, min(run.done, total), total, message, answer=run.answer
    )
    run.context.emit(Event(EventType.CHANGE_DONE, run.change.address, outcome=outcome))
    return outcome
