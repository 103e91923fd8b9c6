"""What a user sees of a bug: a report to paste, with every known secret masked."""

from __future__ import annotations

import platform
import sys
import traceback

import click

from hfops import __version__
from hfops.cli.output import say


def report_bug(error: Exception) -> None:
    """Print the report to stderr."""
    trace = "".join(traceback.format_exception(error))
    click.echo(f"hfops {__version__}, Python {platform.python_version()}, {sys.platform}", err=True)
    say(trace)
    click.echo(
        "This is a bug in hfops. The lines above, and the command that led to it, make a good report.",
        err=True,
    )
