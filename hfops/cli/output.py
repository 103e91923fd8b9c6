"""Where output goes: results to stdout, everything else to stderr, secrets to neither."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import click

from hfops.hub.redact import Redactor
from hfops.report.lines import Line
from hfops.report.words import clean, json_text

redact = Redactor()
"""Every secret this process learns is registered here; every output passes through it."""

COLOURS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "add": {"fg": "green"},
    "change": {"fg": "yellow"},
    "remove": {"fg": "red"},
    "risk": {"fg": "red", "bold": True},
    "dim": {"dim": True},
}


_COMMAND = re.compile(r"^(\s*:)(?=:)|(##)(?=\[)")
"""How a line begins that GitHub's runner takes for a command to itself, and its old form, which may stand anywhere."""


def print_lines(lines: Iterable[Line]) -> None:
    """Styled lines to stdout; colour only on a terminal, and not with NO_COLOR."""
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    for line in lines:
        text = _no_command(redact(line.text))
        style = COLOURS.get(line.style)
        click.echo(text if plain or not style else click.style(text, **style))


def out(text: str) -> None:
    """A result, to stdout."""
    click.echo(safe(text))


def out_json(data: Any, *, indent: int | None = None) -> None:
    """A result for programs; on one line unless indented."""
    text = redact(json_text(data, indent=indent))
    click.echo(text.replace("##[", "##\\u005b") if _on_github() else text)


def say(text: str) -> None:
    """A message or progress, to stderr."""
    click.echo(safe(text), err=True)


def safe(text: str) -> str:
    """``text`` without secrets, and fit for a terminal, line by line."""
    return "\n".join(_no_command(clean(line)) for line in redact(text).split("\n"))


def _no_command(line: str) -> str:
    """``line``, which may hold anybody's text, as one that a runner of GitHub Actions only prints."""
    return _COMMAND.sub(r"\1\2 ", line) if _on_github() else line


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
