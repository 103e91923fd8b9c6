"""The options that commands share, and what they hold together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from hfops.cli.completing import complete_address, complete_environment, complete_risk

F = TypeVar("F", bound=Callable[..., Any])


class _Duration(click.ParamType[float]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds, from ``90s``, ``20m``, ``1h`` or a number of seconds."""
        from hfops.kinds.space.duration import seconds

        try:
            return float(seconds(value))
        except ValueError as error:
            self.fail(f"{error}; write seconds, or 90s, 20m, 1h", param, ctx)


DURATION = _Duration()


@dataclass(frozen=True, slots=True)
class Options:
    """The shared options as given."""

    var: tuple[str, ...] = ()
    var_file: tuple[Path, ...] = ()
    env: str | None = None
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    parallelism: int = 8
    prune: bool | None = None
    allow: tuple[str, ...] = ()
    max_deletes: int | None = None
    max_delete_percent: float | None = None
    ledger: str | None = None
    no_ledger: bool = False
    token_file: Path | None = None
    send_unverified: bool = False
    run_commands: bool = False
    rotate: tuple[str, ...] = ()
    retry_failed: bool = False
    restart: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    changed_since: str | None = None
    base: str | None = None


MANIFEST = [
    click.option("--var", multiple=True, metavar="K=V", help="Set a template variable."),
    click.option(
        "--var-file",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Variables from a YAML or JSON file.",
    ),
    click.option(
        "--env",
        metavar="NAME",
        shell_complete=complete_environment,
        help="The environment, where hfops.yaml declares some.",
    ),
]
NARROW = [
    click.option(
        "--target",
        multiple=True,
        metavar="GLOB",
        shell_complete=complete_address,
        help="Only these addresses, and what they depend on.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        shell_complete=complete_address,
        help="All but these addresses.",
    ),
    click.option(
        "--selector",
        "-l",
        multiple=True,
        metavar="K=V",
        help="Only resources with these labels; K!=V for others.",
    ),
]
CHANGED = [
    click.option(
        "--changed-since",
        metavar="REV",
        help="Only resources whose manifests, Defaults or files changed in Git since REV.",
    ),
]
BASE = [
    click.option(
        "--base",
        metavar="REV",
        help="Also hold the plan against the rules of this Git revision, as `ci plan` does.",
    ),
]
LEDGER = [
    click.option("--ledger", metavar="URL", help="Another ledger: hub://datasets/NS/NAME or file://PATH."),
    click.option("--no-ledger", is_flag=True, help="Remember nothing; drift and dropped entries go unseen."),
]
CONNECT = [
    click.option("--token-file", type=click.Path(path_type=Path), help="Read the Hub token from a file."),
    click.option(
        "--parallelism", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at a time."
    ),
]
GUARD = [
    click.option(
        "--allow",
        multiple=True,
        metavar="RISK[=GLOB]",
        shell_complete=complete_risk,
        help="Consent to a risk: data-loss, outage, exposure, cost.",
    ),
    click.option(
        "--max-deletes", type=click.IntRange(0), metavar="N", help="How many resources may be deleted."
    ),
    click.option(
        "--max-delete-percent",
        type=click.FloatRange(0, 100),
        metavar="P",
        help="How much of what is owned may be.",
    ),
]
PLANNING = [
    click.option(
        "--prune/--no-prune", default=None, help="Delete what hfops created and the manifests dropped."
    ),
    click.option(
        "--send-unverified", is_flag=True, help="Send settings the Hub does not show, even unchanged ones."
    ),
    click.option(
        "--run-commands",
        is_flag=True,
        help="Run {command: …} references while planning, to compare their values.",
    ),
    click.option(
        "--rotate",
        multiple=True,
        metavar="GLOB",
        help="Send secrets again: by KEY, Kind/namespace/name, or Kind/namespace/name/KEY.",
    ),
    click.option("--retry-failed", is_flag=True, help="Start again what failed and has not changed."),
    click.option(
        "--restart", multiple=True, metavar="GLOB", help="Start these addresses again, whatever their state."
    ),
    click.option(
        "--replace", multiple=True, metavar="GLOB", help="Delete these addresses and make them anew."
    ),
]
PACE = [
    click.option("--no-wait", is_flag=True, help="Do not wait until what was started has come up."),
    click.option(
        "--wait-timeout",
        type=DURATION,
        metavar="TIME",
        help="How long to wait for each resource: 90s, 20m, 1h (default: its spec.wait).",
    ),
    click.option(
        "--batch",
        type=click.IntRange(1),
        metavar="N",
        help="Restart N resources at a time, each ready before the next.",
    ),
    click.option(
        "--max-failures",
        type=click.IntRange(1),
        metavar="N",
        help="Restart no more after N that failed or did not come up.",
    ),
]
PATHS = [click.argument("paths", nargs=-1, type=click.Path(path_type=Path))]


def with_options(*groups: list[Any]) -> Callable[[F], F]:
    """Add groups of options, in the order given."""

    def decorate(function: F) -> F:
        for option in reversed([o for group in groups for o in group]):
            function = option(function)
        return function

    return decorate


def gathered(given: dict[str, Any]) -> Options:
    """The shared options out of everything a command got."""
    names = {f.name for f in fields(Options)}
    return Options(**{k: v for k, v in given.items() if k in names})
