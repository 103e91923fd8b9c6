"""``hfops wait``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli import options as groups
from hfops.cli.completing import complete_address
from hfops.cli.options import DURATION, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.apply.waiting import Arrival
    from hfops.model.outcome import Event, Outcome, Result
    from hfops.model.resource import Resource

HELP = """Wait until Spaces and endpoints have come up as their manifests want them. Nothing is sent but reads.

\b
  hfops wait                             everything that runs
  hfops wait Space/acme/app 'Space/acme/demo-*'
  hfops wait --wait-timeout 5m --json

Exit code 0: all are up; 5: one failed, or was not ready in time.
"""


@click.command(help=HELP)
@click.argument("addresses", nargs=-1, shell_complete=complete_address)
@click.option(
    "--path", "paths", multiple=True, type=click.Path(path_type=Path), help="Where the manifests are."
)
@click.option(
    "--wait-timeout", type=DURATION, metavar="TIME", help="How long to wait for each: 90s, 20m, 1h."
)
@click.option("--json", "json_events", is_flag=True, help="One JSON event a line.")
@with_options(groups.MANIFEST, groups.CONNECT)
def command(
    addresses: tuple[str, ...],
    paths: tuple[Path, ...],
    wait_timeout: float | None,
    json_events: bool,
    **given: Any,
) -> int:
    """See HELP."""
    from hfops.cli.output import print_lines
    from hfops.cli.session import open_session
    from hfops.report.results import result_lines

    with open_session(paths, gathered(given)) as session:
        resources = _chosen(session, addresses)
        result = _wait(session, resources, wait_timeout, as_json=json_events)
        outcomes = [o.to_json() for o in result.outcomes]
        if json_events:
            from hfops.cli.output import out_json

            out_json({"type": "result", "exitCode": result.exit_code, "outcomes": outcomes})
        else:
            print_lines(result_lines(outcomes, "Wait"))
        return result.exit_code


def _chosen(session: Session, patterns: Iterable[str]) -> list[Resource]:
    """The resources that the addresses name, all where there are none. Raises HfopsError for one that names nothing."""
    from hfops.manifest.bind import suggest
    from hfops.model.problem import HfopsError

    session.refuse_nothing()
    resources = session.inventory.resources
    found: dict[Any, Resource] = {}
    for pattern in patterns:
        if pattern.count("/") != 2:
            raise HfopsError(f"{pattern!r} is no address; expected Kind/namespace/name, * allowed")
        hits = [r for r in resources if r.address.matches(pattern)]
        if not hits:
            near = suggest(pattern, [str(r.address) for r in resources])
            hint = f"; did you mean {near!r}?" if near else ""
            raise HfopsError(f"{pattern}: no manifest describes it{hint}")
        found |= {r.address: r for r in hits}
    return list(found.values()) if patterns else list(resources)


def _wait(session: Session, resources: Iterable[Resource], timeout: float | None, *, as_json: bool) -> Result:
    from hfops.cli.applying import emitter
    from hfops.cli.progress import progress
    from hfops.cli.signals import stopping
    from hfops.engine.apply.waiting import Waits
    from hfops.kinds.base import Launch
    from hfops.kinds.registry import KINDS
    from hfops.model.outcome import Result

    quick = session.hub_settings.is_sandbox
    quiet = as_json or session.hub_settings.no_progress
    outcomes: list[Outcome] = []
    with stopping(session.stop), progress(0, quiet=quiet) as tell:
        emit = emitter(tell, as_json=as_json)
        with Waits(session.view, emit, timeout, quick) as waits:
            for resource in resources:
                launch = Launch(quick=quick, withhold=session.vault.withheld(resource))
                waiter = KINDS[resource.address.kind].waiter(resource, launch)
                if waiter is not None:
                    waits.add(resource.address, waiter)
            while len(waits) and not session.stop.is_set():
                outcomes += _ended(waits.poll(), emit)
                session.stop.wait(0.02 if quick else 0.2)
            outcomes += _ended(waits.abandon("interrupted"), emit)
    return Result(tuple(sorted(outcomes, key=lambda o: o.address)), interrupted=session.stop.is_set())


def _ended(arrivals: Iterable[Arrival], emit: Callable[[Event], None]) -> list[Outcome]:
    from hfops.model.change import Action
    from hfops.model.outcome import Event, EventType, Outcome, Status

    found = []
    for arrival in arrivals:
        status = arrival.status or Status.READY
        outcome = Outcome(arrival.address, Action.NONE, status, message=arrival.message, state=arrival.state)
        kind = EventType.READY if outcome.good else EventType.CHANGE_DONE
        emit(Event(kind, arrival.address, outcome=outcome))
        found.append(outcome)
    return found
