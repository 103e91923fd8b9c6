"""Progress of an apply: on a terminal a bar below the lines, elsewhere the lines alone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from hfops.cli.output import safe, say
from hfops.model.outcome import Event, EventType, Status

FROM = 2
"""A bar is drawn from this many calls up."""


@contextlib.contextmanager
def progress(calls: int, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """What to tell events to while a plan of so many ``calls`` runs. ``quiet``: only what went wrong."""
    if quiet or calls < FROM or not sys.stderr.isatty():
        yield lambda event: _line(event, say, quiet=quiet)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("calls", total=calls)

        def line(text: str) -> None:
            bar.console.print(safe(text), markup=False, highlight=False, soft_wrap=True)

        def tell(event: Event) -> None:
            _line(event, line, quiet=False)
            if event.type is EventType.CALLED:
                bar.advance(task)

        yield tell


def _line(event: Event, write: Callable[[str], None], *, quiet: bool) -> None:
    """One line for each call made, unless progress is unwanted; and one for each change that went wrong."""
    if event.type is EventType.CALLED and event.call and not quiet:
        write(f"{event.address}: {event.call.summary}")
    outcome = event.outcome
    if event.type is EventType.CHANGE_DONE and outcome and outcome.status is not Status.APPLIED:
        write(f"{event.address}: {outcome.status}: {outcome.message}")
