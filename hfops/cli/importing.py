"""What ``hfops import`` tells: its budget, its progress, and what came of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from hfops.cli.output import out, safe, say
from hfops.manifest.files import shown_name
from hfops.model.problem import HfopsError

if TYPE_CHECKING:
    from pathlib import Path

    from hfops.cli.session import Session
    from hfops.engine.importing.harvest import Harvest, Lists
    from hfops.engine.importing.known import Known
    from hfops.engine.importing.run import Home, Written

FROM = 2
"""A bar is drawn from this many resources up that need a closer look."""

INTERRUPTED = 130


def say_lists(lists: Lists, known: Known, session: Session) -> None:
    """What the lists showed, and the budget: what is still needed, and what is left."""
    for why in known.unsure:
        say(f"warning: what this manifest describes may be imported again: {why}")
    for address in lists.home:
        say(f"note: left out: {address}, a ledger's own repository")
    for what in lists.aside:
        say(f"note: not listed: {what}")
    for what in lists.closed:
        say(f"error: not listed: {what}")
    for what in lists.missing:
        say(f"error: {what}: not there, or not visible to this token")
    if lists.unconcerned:
        say(
            f"note: left out: {_many(lists.unconcerned, 'webhook')} of yours that watch nothing here (--kind Webhook)"
        )
    if session.token is None:
        say("note: there is no token: only what everybody sees is found")
    say(budget(lists, session))


def budget(lists: Lists, session: Session) -> str:
    """Requests so far and to come, against the quota."""
    reader = session.connections.reader
    text = f"{_many(len(lists.found), 'resource')} to import, found in {_many(reader.requests, 'request')}"
    text += f"; at least {lists.reads:,} more" if lists.reads else ""
    quota = reader.quota.get("api")
    if quota is None:
        return text
    text += f"; {quota.left:,} of {quota.limit:,} are left for {round(quota.reset_seconds)} s"
    if lists.reads > quota.left:
        text += ": that takes longer than one window. Ctrl-C keeps what is complete; running it again goes on"
    return text


@contextlib.contextmanager
def progress(total: int, session: Session) -> Iterator[Callable[[int], None]]:
    """What to tell how many resources are done. On a terminal a bar, with the requests used against the quota."""
    hidden = session.hub_settings.no_progress or not sys.stderr.isatty()
    if hidden or total < FROM:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.completed}/{task.total} resources"),
        BarColumn(),
        TextColumn("{task.fields[used]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, used="")
        yield lambda done: bar.update(task, completed=done, used=used(session))


def used(session: Session) -> str:
    """``412 requests, 588 of 1,000 left``."""
    usage = session.usage()
    text = _many(usage.requests, "request")
    return (
        text
        if usage.left is None or usage.limit is None
        else f"{text}, {usage.left:,} of {usage.limit:,} left"
    )


def say_result(written: Written | None, lists: Lists, found: Harvest, home: Home) -> None:
    """The files, and what to do next."""
    for address, why in sorted(found.failed.items()):
        say(f"error: {address}: {why}")
    if written is None:
        if not found.failed and not lists.closed and not lists.missing and found.stopped is None:
            already = f", {_many(lists.described, 'resource')} described already" if lists.described else ""
            out(f"nothing to import{already}")
        return
    for path, counts in written.manifests:
        out(f"wrote {_shown(path, home)}: {_counted(counts)}")
    if written.project:
        out(f"wrote {_shown(home.root / 'hfops.yaml', home)}")
    if written.ignored:
        say(f"note: .gitignore: added {', '.join(written.ignored)}")
    already = f", {lists.described:,} described already" if lists.described else ""
    out(f"imported {_many(len(found.done), 'resource')}{already}. Next: hfops plan{_where(home)}")


def say_stopped(stopped: BaseException, written: Written | None) -> int:
    """Why it ended before its time; the exit code."""
    kept = "nothing was complete yet" if written is None else "what was complete is written"
    again = f"{kept}; run the same command again to go on"
    if isinstance(stopped, KeyboardInterrupt):
        say(f"interrupted: {again}")
        return INTERRUPTED
    say(f"error: {stopped}")
    say(f"note: {again}")
    return stopped.exit_code if isinstance(stopped, HfopsError) else 1


def _counted(counts: dict[str, int]) -> str:
    """``12 Models, 3 Datasets``; Defaults are about others."""
    return ", ".join(_many(n, kind) if n else kind for kind, n in counts.items())


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _shown(path: Path, home: Home) -> str:
    return safe(shown_name(path, home.root))


def _where(home: Home) -> str:
    shown: Any = shown_name(home.folder, home.root)
    return "" if shown in (".", "") else f" {shown}"
