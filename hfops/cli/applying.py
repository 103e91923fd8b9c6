"""What ``apply`` and ``destroy`` share: show, ask, lock, run, and the table at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from hfops.cli.output import is_terminal, out, print_lines, say
from hfops.cli.session import Session
from hfops.cli.signals import asking, stopping
from hfops.engine.apply.runner import Context, finish
from hfops.engine.apply.scheduler import apply_plan
from hfops.engine.ledger.session import now
from hfops.engine.planning import Prepared
from hfops.model.outcome import Event, EventType, Result
from hfops.model.problem import HfopsError
from hfops.report.model import report
from hfops.report.text import plan_lines, result_lines
from hfops.review.gate import Refusal

REFUSED = 3


@dataclass(frozen=True, slots=True)
class How:
    """How to run: without asking, as JSON lines, how long to wait for the ledger, which saved plan it uses up."""

    yes: bool
    as_json: bool
    lock_timeout: float
    plan_id: str | None = None
    verb: str = "Apply"


def show(session: Session, prepared: Prepared, refused: Sequence[Refusal], *, as_json: bool) -> None:
    """The plan, before anything is asked or done."""
    shown = report(prepared.plan, refused, session.usage(), session.hub_settings.endpoint)
    if as_json:
        out(json.dumps({"type": "plan", **shown.to_json()}, ensure_ascii=False))
    else:
        print_lines(plan_lines(shown))


def carry_out(session: Session, prepared: Prepared, refused: Sequence[Refusal], how: How) -> int:
    """Everything after the plan is shown; the exit code."""
    if prepared.plan.empty:
        return _nothing_to_do(session, prepared, how)
    if refused and not _consents(refused, how):
        say("refused: nothing was sent")
        return REFUSED
    if not how.yes and not _confirmed(prepared, how):
        raise HfopsError("not confirmed; nothing was sent")
    result = _run(session, prepared, how)
    outcomes = [o.to_json() for o in result.outcomes]
    if how.as_json:
        out(json.dumps({"type": "result", "exitCode": result.exit_code, "outcomes": outcomes}, ensure_ascii=False))
    else:
        print_lines(result_lines(outcomes))
    return result.exit_code


def _nothing_to_do(session: Session, prepared: Prepared, how: How) -> int:
    """No call; what was seen is still noted: adoptions, settled intentions, released fields."""
    with session.ledger.store.lock(how.lock_timeout):
        _begin(session, prepared, how)
        for change in prepared.plan.changes:
            finish(session.ledger, change, change.record)
        session.ledger.save()
    return 0


def _begin(session: Session, prepared: Prepared, how: How) -> None:
    """Under the lock: make sure nobody wrote the ledger since it was read, then take over what planning settled."""
    ledger = session.ledger
    if ledger.keeps and not ledger.unchanged():
        raise HfopsError(f"{ledger.store.url}: another run changed the ledger since this plan was made; run again")
    if prepared.settled:
        for address in set(ledger.records) - set(prepared.records):
            ledger.drop(address)
        for record in prepared.records.values():
            ledger.put(record)
        for address in prepared.settled:
            ledger.settle(address)
    if how.plan_id:
        ledger.use(how.plan_id, now())


def _run(session: Session, prepared: Prepared, how: How) -> Result:
    resources = {r.address: r for r in prepared.inventory.resources}
    context = Context(
        writer=session.connections.writer(),
        hub=session.view,
        ledger=session.ledger,
        resources=resources,
        today=session.today,
        stop=session.stop,
        emit=_emitter(how),
    )
    with session.ledger.store.lock(how.lock_timeout), stopping(session.stop):
        _begin(session, prepared, how)
        return apply_plan(prepared.plan, context, session.options.parallelism)


def _emitter(how: How) -> Callable[[Event], None]:
    if how.as_json:
        return lambda event: out(json.dumps(event.to_json(), ensure_ascii=False))
    return _progress


def _progress(event: Event) -> None:
    """One line to stderr for each call made."""
    if event.type is EventType.CALLED and event.call:
        say(f"{event.address}: {event.call.summary}")
    elif event.type is EventType.CHANGE_DONE and event.outcome and event.outcome.message:
        say(f"{event.address}: {event.outcome.status}: {event.outcome.message}")


def _consents(refused: Sequence[Refusal], how: How) -> bool:
    """On a terminal, a risk can be accepted by typing its name. Guards and protection cannot."""
    if how.yes or how.as_json or not is_terminal() or any(r.risk is None for r in refused):
        return False
    with asking():
        for risk in sorted({r.risk for r in refused if r.risk}):
            count = sum(1 for r in refused if r.risk is risk)
            answer = _ask(f"Type {risk.value} to accept this risk for {count} resource{'s' if count > 1 else ''}: ")
            if answer.strip() != risk.value:
                return False
    return True


def _confirmed(prepared: Prepared, how: How) -> bool:
    if not is_terminal():
        raise HfopsError("no terminal to ask on, and no --yes: nothing was sent")
    calls = prepared.plan.summary()["calls"]
    with asking():
        return _ask(f"{how.verb}: {calls} calls. Type yes to go on: ").strip() == "yes"


def _ask(question: str) -> str:
    click.echo(question, err=True, nl=False)
    return sys.stdin.readline()


def how_from(given: dict[str, Any], *, plan_id: str | None = None, verb: str = "Apply") -> How:
    """The shared options of the two commands."""
    return How(given["yes"], given["json_events"], given["lock_timeout"], plan_id, verb)


APPLY = [
    click.option("--yes", "--auto-approve", "yes", is_flag=True, help="Do not ask. Risks still need --allow."),
    click.option("--json", "json_events", is_flag=True, help="One JSON event a line."),
    click.option("--lock-timeout", type=click.FloatRange(0), default=10.0, show_default=True, metavar="SECONDS",
                 help="How long to wait for another run's hold on the ledger."),
]  # fmt: skip
