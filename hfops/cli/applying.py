"""What ``apply`` and ``destroy`` share: show, ask, lock, run, and the table at the end."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from hfops.cli.output import is_terminal, out_json, print_lines, redact, say
from hfops.cli.progress import progress
from hfops.cli.session import Session
from hfops.cli.signals import stopping
from hfops.engine.apply.run import Context, Machine
from hfops.engine.apply.runner import finish
from hfops.engine.apply.scheduler import Applying, Pace
from hfops.engine.apply.values import resolve_all
from hfops.engine.ledger.session import Ledger, now
from hfops.engine.planning import Prepared, take_over
from hfops.engine.preflight import NotPermitted, lack_line, missing, refusal
from hfops.engine.reviewed import Left
from hfops.hub.errors import HubError, Interrupted
from hfops.hub.whoami import identity
from hfops.model.outcome import Event, Outcome, Result
from hfops.model.problem import HfopsError
from hfops.report.model import AGREES, Report, report
from hfops.report.results import result_lines, worst_first
from hfops.report.text import plan_lines
from hfops.report.words import counted
from hfops.review.gate import Refusal

REFUSED = 3

NAMED = 5
"""Addresses named in a message."""


@dataclass(frozen=True, slots=True)
class How:
    """How to run: without asking, as JSON lines, how long to wait for the ledger, which saved plans it uses up.

    ``ended`` is told of everything that became of a run, also of one that began nothing. ``worst_first``: so is its table.
    """

    yes: bool
    as_json: bool
    lock_timeout: float
    pace: Pace = field(default_factory=Pace)
    plan_ids: tuple[str, ...] = ()
    verb: str = "Apply"
    idle: str = AGREES
    ended: Callable[[Result], None] = lambda _: None
    worst_first: bool = False


@contextlib.contextmanager
def closing_event(how: How) -> Iterator[None]:
    """With ``--json``, the last line is a ``result`` also where an error ends the run."""
    try:
        yield
    except HfopsError as error:
        if how.as_json:
            _result(error.exit_code, message=str(error))
        raise


def show(session: Session, prepared: Prepared, refused: Sequence[Refusal], how: How) -> Report:
    """Print the plan, before anything is asked or done; it as a report."""
    made = report(prepared.plan, refused, session.usage(), session.hub_settings.endpoint)
    shown = replace(made, idle=how.idle, applying=True)
    if how.as_json:
        out_json({"type": "plan", **shown.to_json()})
    else:
        print_lines(plan_lines(shown))
    return shown


def carry_out(
    session: Session, prepared: Prepared, refused: Sequence[Refusal], how: How, left: Sequence[Left] = ()
) -> int:
    """Everything after the plan is shown; the exit code. ``left`` is what the plan at hand was relieved of, unreviewed.

    ``how.plan_ids`` holds no plan that something of ``left`` is still to be made of.
    """
    waits = bool(prepared.plan.failing) or (bool(prepared.plan.starting) and how.pace.wait)
    if refused and not _consents(refused, how):
        say("refused: nothing was sent")
        if how.as_json:
            _result(REFUSED, message="refused")
        return REFUSED
    if prepared.plan.empty and not waits:
        found = Result((), left=_outcomes(left))
        return _ended(found, how) if left else _nothing_to_do(session, prepared, how)
    _refuse_unpermitted(session, prepared)
    asks = not how.yes and not prepared.plan.empty
    if asks and not _confirmed(session, prepared, how):
        raise HfopsError("not confirmed (expected: yes); nothing was sent")
    return _ended(replace(_run(session, prepared, how), left=_outcomes(left)), how)


def _outcomes(left: Sequence[Left]) -> tuple[Outcome, ...]:
    return tuple(one.outcome for one in left)


def _ended(result: Result, how: How) -> int:
    """Say what became of everything; the exit code."""
    how.ended(result)
    if how.as_json:
        _result(result.exit_code, result.told, result.error)
    else:
        rows = [o.to_json() for o in result.told]
        print_lines(result_lines(worst_first(rows) if how.worst_first else rows, how.verb))
    if result.error:
        say(f"error: {result.error}; the run was stopped: mend that and run again, hfops looks what was done")
    return result.exit_code


def _result(exit_code: int, outcomes: Sequence[Outcome] = (), message: str = "") -> None:
    """The last event of ``--json``."""
    event: dict[str, Any] = {"type": "result", "exitCode": exit_code}
    out_json(
        event | ({"message": message} if message else {}) | {"outcomes": [o.to_json() for o in outcomes]}
    )


def _refuse_unpermitted(session: Session, prepared: Prepared) -> None:
    """Before the first write, say what the token may not do; raise NotPermitted for what is certain.

    One request (whoami), where planning has not made it already; none where there is nothing to send.
    """
    if not any(prepared.plan.calls()):
        return
    try:
        who = identity(session.connections.reader)
    except Interrupted:
        raise
    except HubError as error:
        say(f"warning: what this token may do could not be asked ({error}); the Hub says it call by call")
        return
    found = missing(prepared.plan, who, session.ledger.home)
    for lack in found.unsure:
        say(f"warning: the Hub may refuse {lack_line(lack)}")
    if found.missing:
        raise NotPermitted(refusal(found, session.hub_settings.endpoint))


def _nothing_to_do(session: Session, prepared: Prepared, how: How) -> int:
    """No call; what was seen is still noted: adoptions, settled intentions, released fields.

    Where there is nothing to note, another run that is writing the ledger is in nobody's way.
    """
    ledger = session.ledger
    if how.plan_ids or _noted(ledger.rehearsal(), prepared).changed:
        with ledger.lock(how.lock_timeout):
            _begin(session, prepared)
            _noted(ledger, prepared)
            _use_up(session, how)
            ledger.save()
    if how.as_json:
        _result(0)
    return 0


def _noted(ledger: Ledger, prepared: Prepared) -> Ledger:
    """``ledger``, with what planning found out put into it; not written."""
    take_over(prepared, ledger)
    for change in prepared.plan.changes:
        finish(ledger, change, change.record)
    return ledger


def _begin(session: Session, prepared: Prepared) -> None:
    """Under the lock: make sure nobody changed what the plan is about, then take over what planning settled."""
    ledger = session.ledger
    about = [a for c in prepared.plan.changes for a in (c.address, c.moved_from) if a]
    moved = ledger.catch_up(None if prepared.settled else about) if ledger.keeps else ()
    if moved:
        named = ", ".join(moved[:NAMED]) + (f" and {len(moved) - NAMED} more" if len(moved) > NAMED else "")
        said = (
            f"another run changed the ledger since this plan was made ({named}); nothing was sent, run again"
        )
        raise HfopsError(f"{ledger.store.url}: {said}")
    take_over(prepared, ledger)


def _run(session: Session, prepared: Prepared, how: How) -> Result:
    """Make the calls under the ledger's lock, then wait without it: waiting keeps nobody from planning or applying."""
    machine = session.machine()
    resolve_all(prepared.plan, machine.secrets, machine.files)
    session.refuse_leaks(prepared)  # commands have been run by now
    quiet = how.as_json or session.hub_settings.no_progress
    with contextlib.ExitStack() as stack:
        stack.enter_context(stopping(session.stop))
        tell = stack.enter_context(progress(prepared.plan.summary()["calls"], quiet=quiet))
        context = _context(session, prepared, machine, emitter(tell, as_json=how.as_json))
        applying = stack.enter_context(Applying(prepared.plan, context, how.pace))
        with session.ledger.lock(how.lock_timeout):
            _begin(session, prepared)
            applying.make_calls(lambda: _use_up(session, how))
        return applying.result()


def _context(
    session: Session, prepared: Prepared, machine: Machine, emit: Callable[[Event], None]
) -> Context:
    return Context(
        writer=session.connections.writer(),
        hub=session.view,
        ledger=session.ledger,
        resources={r.address: r for r in prepared.inventory.resources},
        today=session.today,
        stop=session.stop,
        emit=emit,
        machine=machine,
        ask=prepared.scope.ask,
        withhold=session.vault.withheld,
        quick=session.hub_settings.is_sandbox,
    )


def _use_up(session: Session, how: How) -> None:
    """Saved plans are used up once every call is made, and nothing of theirs is left: until then they can be applied again."""
    for plan_id in how.plan_ids:
        session.ledger.use(plan_id, now())


def emitter(tell: Callable[[Event], None], *, as_json: bool) -> Callable[[Event], None]:
    """Events to where they are wanted. That nobody reads them any more is no reason to stop half-way."""

    def emit(event: Event) -> None:
        with contextlib.suppress(OSError):
            if as_json:
                out_json(event.to_json())
            else:
                tell(event)

    return emit


def _consents(refused: Sequence[Refusal], how: How) -> bool:
    """On a terminal, a risk can be accepted by typing its name. Guards and protection cannot."""
    if how.yes or how.as_json or not is_terminal() or any(r.risk is None for r in refused):
        return False
    for risk in sorted({r.risk for r in refused if r.risk}):
        count = sum(1 for r in refused if r.risk is risk)
        answer = _ask(f"Type {risk.value} to accept this risk for {counted(count, 'resource')}: ")
        if answer.strip() != risk.value:
            return False
    return True


def _confirmed(session: Session, prepared: Prepared, how: How) -> bool:
    if not is_terminal():
        raise HfopsError(
            "no terminal to ask on, and no --yes: nothing was sent; read the plan, then add --yes"
        )
    calls = counted(prepared.plan.summary()["calls"], "call")
    where = session.hub_settings.endpoint
    return _ask(f"{how.verb}: {calls} to {where}. Type yes to go on: ").strip() == "yes"


def _ask(question: str) -> str:
    click.echo(redact(question), err=True, nl=False)
    return sys.stdin.readline()


def how_from(given: dict[str, Any], *, plan_ids: tuple[str, ...] = ()) -> How:
    """The shared options of the commands that apply."""
    return How(given["yes"], given["json_events"], given["lock_timeout"], pace_from(given), plan_ids)


def pace_from(given: dict[str, Any]) -> Pace:
    """How fast to go. A limit on failures needs batches: without any, all would be restarted before one can fail."""
    parallelism, batch, limit = given["parallelism"], given.get("batch"), given.get("max_failures")
    return Pace(
        parallelism,
        parallelism if batch is None and limit is not None else batch,
        limit,
        wait=not given.get("no_wait"),
        timeout=given.get("wait_timeout"),
    )


RUNNING = [
    click.option("--json", "json_events", is_flag=True, help="One JSON event a line."),
    click.option("--lock-timeout", type=click.FloatRange(0), default=10.0, show_default=True, metavar="SECONDS",
                 help="How long to wait for another run's hold on the ledger."),
]  # fmt: skip

APPLY = [
    click.option(
        "--yes", "--auto-approve", "yes", is_flag=True, help="Do not ask. Risks still need --allow."
    ),
    *RUNNING,
]
