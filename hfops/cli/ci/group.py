"""``hfops ci``."""

from __future__ import annotations

import click

from hfops.cli.lazy import LazyGroup

HELP = """Plan on a pull request, apply after the merge: GitHub Actions and GitLab CI.

\b
  hfops ci plan                      on a pull request: plan, comment, annotate, save plan and report
  hfops ci apply                     after the merge: make only the calls that were reviewed
  hfops ci comment report.json       for forks: post what `ci plan` found there, from a job that reads only this file

How to set it up, with which tokens: docs/ci.md; who can make hfops do what: docs/security.md.
"""

COMMANDS = {
    "plan": "Plan for a pull request: comment, annotations, plan and report as files.",
    "apply": "Apply after the merge, and make only calls that were reviewed.",
    "comment": "Post what was found in a fork's pull request.",
}
MODULES = {name: f"hfops.cli.ci.{name}" for name in COMMANDS}


@click.group(cls=LazyGroup, help=HELP, about=COMMANDS, modules=MODULES)
def command() -> None:
    """See HELP."""
