"""The entry point: a group that loads a command's module when the command runs, and the one place errors end in."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from hfops import __version__
from hfops.cli.lazy import LazyGroup
from hfops.model.problem import HfopsError, Problems

COMMANDS = {
    "init": "Begin a project: hfops.yaml, .gitignore, and an example.",
    "import": "Write manifests for what already lives on the Hub.",
    "validate": "Check manifests offline.",
    "plan": "Show the API calls that would make the Hub agree with the manifests.",
    "apply": "Make those calls.",
    "drift": "Show what was changed on the Hub since the last apply.",
    "watch": "Receive the Hub's webhooks, and report the drift of what they tell of.",
    "ci": "Plan on a pull request with a comment, apply what was reviewed after the merge.",
    "destroy": "Delete what the manifests name.",
    "wait": "Wait until what runs has come up.",
    "explain": "Say what a field is: type, values, default, limits, Hub call.",
    "graph": "Draw what depends on what.",
    "hardware": "List the hardware of Spaces and endpoints, with prices.",
    "show": "Show a resource's ledger entry, or a saved plan.",
    "ledger": "What this project owns: list, show, forget, pull, push, move.",
    "schema": "Write the JSON Schemas of all documents.",
    "sandbox": "Run an embedded Hub on this machine.",
    "demo": "See a plan, an apply, a drift and its repair, without an account.",
}

MODULES = {name: f"hfops.cli.{name}" for name in COMMANDS} | {
    "import": "hfops.cli.import_",
    "ci": "hfops.cli.ci.group",
}

INTERRUPTED = 130

SINGLE_DASH = {"-out", "-var", "-var-file", "-target", "-auto-approve", "-json", "-parallelism", "-destroy"}

HELP = """Terraform for the Hugging Face Hub: YAML manifests in, a true plan out.

\b
  hfops demo                      see it work, without an account
  hfops plan                      what would change
  hfops apply                     change it
  hfops plan -o plan.json         save the plan for review, then
  hfops apply plan.json           make only the calls that were reviewed
"""


@click.group(
    cls=LazyGroup,
    help=HELP,
    about=COMMANDS,
    modules=MODULES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hfops")
def cli() -> None:
    """See HELP."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Expected failures are a message, bugs a report that can be pasted."""
    try:
        _refuse_single_dash(sys.argv[1:] if arguments is None else arguments)
        code = cli.main(
            args=None if arguments is None else list(arguments), prog_name="hfops", standalone_mode=False
        )
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    """Say what went wrong; the exit code."""
    if isinstance(error, HfopsError):
        _say(error)
        return error.exit_code
    if isinstance(error, click.ClickException):
        # Usage errors are errors: exit code 2 means "the plan holds changes".
        error.show()
    elif isinstance(error, BrokenPipeError):
        _close_quietly()
    else:
        from hfops.cli.bug import report_bug

        report_bug(error)
    return 1


def _refuse_single_dash(arguments: Sequence[str]) -> None:
    """``-out=plan.json`` is another tool's spelling; taken for ``-o ut=plan.json`` it would write a strange file."""
    for argument in arguments:
        word = argument.partition("=")[0]
        if word in SINGLE_DASH:
            raise HfopsError(f"no option {word}: hfops's long options have two dashes, -{word}")


def _say(error: HfopsError) -> None:
    from hfops.cli.output import say

    lines = [str(p) for p in error.problems] if isinstance(error, Problems) else [str(error)]
    for line in lines:
        say(f"error: {line}")
    if len(lines) > 1:
        say(f"{len(lines)} errors; nothing was sent.")


def _close_quietly() -> None:
    """The reader of our output went away; Python must not complain about it at exit."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run()
    if code == INTERRUPTED:
        # A call that hangs must not keep the process: Python would wait for its thread.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
