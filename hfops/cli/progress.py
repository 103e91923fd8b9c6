"""Progress of an apply: on a terminal a bar and a table of what is waited for, below the lines; elsewhere the lines alone."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hfops.cli.output import safe, say
from hfops.model.outcome import Event, EventType

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress

FROM = 2
"""A bar is drawn from this many calls up."""

ROWS = 12
"""How many of the waited for are shown at a time."""


@contextlib.contextmanager
def progress(calls: int, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """What to tell events to while a plan of so many ``calls`` runs. ``quiet``: only what went wrong."""
    if quiet or not sys.stderr.isatty():
        yield lambda event: _line(event, say, quiet=quiet)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)

    def line(text: str) -> None:
        console.print(safe(text), markup=False, highlight=False, soft_wrap=True)

    screen = _Screen(calls)
    with Live(get_renderable=screen.render, console=console, transient=True, refresh_per_second=4):

        def tell(event: Event) -> None:
            if event.type is not EventType.STATE:
                _line(event, line, quiet=False)
            screen.note(event)

        yield tell


class _Screen:
    """What is drawn: the bar of calls, the bytes of an upload, and the states of what is waited for."""

    def __init__(self, calls: int) -> None:
        self._calls, self._made = calls, 0
        self._states: dict[str, tuple[str, float]] = {}
        self._uploads: dict[str, tuple[str, int, int]] = {}

    def note(self, event: Event) -> None:
        """Take in one event."""
        address = str(event.address)
        if event.type is EventType.CALLED:
            self._made += 1
            self._uploads.pop(address, None)
        elif event.type is EventType.UPLOADED and event.call:
            size = sum(content.size for content in event.call.uploads.values())
            self._uploads[address] = (event.call.summary, event.size, size)
        elif event.type is EventType.STATE:
            began = self._states.get(address, ("", time.monotonic()))[1]
            self._states[address] = (event.state, began)
        elif event.type in (EventType.CHANGE_DONE, EventType.READY):
            self._states.pop(address, None)

    def render(self) -> RenderableType:
        """The picture now."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        shown = list(self._states.items())
        for address, (state, began) in shown[:ROWS]:
            table.add_row(Text(safe(address)), Text(safe(state)), f"{time.monotonic() - began:.0f} s")
        if len(shown) > ROWS:
            table.add_row(Text(f"and {len(shown) - ROWS} more"))
        return Group(self._bars(), table)

    def _bars(self) -> Progress:
        from rich.progress import BarColumn, Progress, TextColumn

        bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
        )
        if self._calls >= FROM:
            bars.add_task(f"{self._made}/{self._calls} calls", total=self._calls, completed=self._made)
        for summary, done, size in list(self._uploads.values()):
            # Until the first batch is through, all that is known is that bytes are on their way.
            bars.add_task(safe(summary), total=size if done else None, completed=done)
        return bars


def _line(event: Event, write: Callable[[str], None], *, quiet: bool) -> None:
    """One line for each call made and each change of state, unless progress is unwanted; and one for what went wrong."""
    if event.type is EventType.CALLED and event.call and not quiet:
        write(f"{event.address}: {event.call.summary}")
    if event.type is EventType.STATE and not quiet:
        write(f"{event.address}: {event.state}")
    outcome = event.outcome
    if event.type is EventType.CHANGE_DONE and outcome and not outcome.good:
        write(f"{event.address}: {outcome.status}: {outcome.message}")
