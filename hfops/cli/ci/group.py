"""``hfops ci``."""

from __future__ import annotations

import importlib

import click

HELP = """Plan on a pull request, apply after the merge: GitHub Actions and GitLab CI.

\b
  hfops ci plan                      on a pull request: plan, comment, annotate, save plan and report
  hfops ci apply                     after the merge: make only the calls that were reviewed
  hfops ci comment report.json       for forks: post what `ci plan` found there, from a job that reads only this file

How to set it up, with which tokens: docs/ci.md; who can make hfops do what: docs/security.md.
"""

COMMANDS = ("plan", "apply", "comment")


class _Commands(click.Group):
    """Commands by name, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of their use."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its own module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"hfops.cli.ci.{cmd_name}"), "command")  # noqa: B009 - by contract
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, help=HELP)
def command() -> None:
    """See HELP."""
