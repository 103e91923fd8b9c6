"""``hfops watch``."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.options import CONNECT, DURATION, LEDGER, MANIFEST, NARROW, PATHS, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.watching.debounce import Pace
    from hfops.cli.watching.sending import Target

HELP = """Receive the Hub's webhooks, and report the drift of what they tell of. Nothing is sent to the Hub but reads.

\b
  hfops watch --secret-env HOOK_SECRET --port 8090
  hfops watch --secret-file /run/secrets/hook --format json
  hfops watch --secret-env HOOK_SECRET --report https://ci.acme.example/drift
  hfops watch --secret-env HOOK_SECRET --every 6h

Each run reads manifests and ledger anew. GET /healthz tells how things are. SIGINT and SIGTERM: the running look
ends (10 s at most), exit code 0; a second one stops at once, exit code 130.
"""

EXTRA = "watching needs the extra: pip install 'hfops[watch]'"

RECEIVE = [
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at."),
    click.option(
        "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: any free port."
    ),
    click.option("--path", "hook", default="/hooks/hf", show_default=True, help="Where the Hub delivers."),
    click.option("--secret-env", metavar="NAME", help="The variable that holds the webhook's secret."),
    click.option("--secret-file", type=click.Path(path_type=Path), help="The file that holds it."),
    click.option("--no-secret", is_flag=True, help="Take deliveries from everybody on this machine."),
]
PACE = [
    click.option(
        "--debounce", type=click.FloatRange(0), default=5.0, show_default=True, metavar="SECONDS",
        help="Look once nothing was heard of an address for so long.",
    ),
    click.option(
        "--max-wait", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS",
        help="Look so long after the first event at the latest.",
    ),
    click.option(
        "--every", type=DURATION, metavar="TIME", help="Look at everything, at the start and every so often: 6h."
    ),
]  # fmt: skip
REPORT = [
    click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True),
    click.option(
        "--report", envvar="HFOPS_WATCH_REPORT", metavar="URL",
        help="Send drift there as JSON, and that it is gone; or set HFOPS_WATCH_REPORT.",
    ),
    click.option("--report-method", type=click.Choice(["POST", "PUT"]), default="POST", show_default=True),
    click.option(
        "--report-field", multiple=True, metavar="NAME=VALUE", help="POST a form with this field and the report."
    ),
    click.option(
        "--report-field-env", multiple=True, metavar="NAME=VARIABLE", help="The same, its value in a variable."
    ),
    click.option("--report-as", metavar="NAME", help="The form's field for the report (default: report)."),
]  # fmt: skip


@click.command(help=HELP)
@with_options(PATHS, RECEIVE, PACE, REPORT, NARROW, MANIFEST, LEDGER, CONNECT)
def command(paths: tuple[Path, ...], form: str, **given: Any) -> int:
    """See HELP."""
    import threading

    from hfops.cli.output import redact
    from hfops.cli.watching.looking import Project, check
    from hfops.cli.watching.secret import Guard, read_secret

    station = _station()
    pace, target = _pace(given), _target(given)
    _refuse_place(given["host"], given["hook"], everybody=given["no_secret"])
    secret = read_secret(given["secret_env"], given["secret_file"], none=given["no_secret"], hide=redact.add)
    project = Project(paths, gathered(given), threading.Event())
    check(project, secret)
    place = station.Place(given["host"], given["port"], given["hook"], Guard.of(secret))
    code: int = station.run(project, place, pace, target, as_json=form == "json")
    return code


def _station() -> Any:
    """The receiver's module. Raises HfopsError where the extra is not installed."""
    from hfops.model.problem import HfopsError

    try:
        from hfops.cli.watching import station
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"starlette", "uvicorn"}:
            raise HfopsError(EXTRA) from None
        raise
    return station


def _pace(given: dict[str, Any]) -> Pace:
    """When to look. Raises HfopsError for a time that is none."""
    from hfops.cli.watching.debounce import Pace
    from hfops.model.problem import HfopsError

    for option in ("debounce", "max_wait"):
        if not math.isfinite(given[option]):
            raise HfopsError(f"--{option.replace('_', '-')}: expected a number of seconds")
    return Pace(given["debounce"], given["max_wait"], given["every"])


def _target(given: dict[str, Any]) -> Target | None:
    """Where to report to. Raises HfopsError."""
    from hfops.cli.output import redact
    from hfops.cli.watching.sending import Asked, target_of

    asked = Asked(
        given["report"], given["report_method"], given["report_field"], given["report_field_env"],
        given["report_as"],
    )  # fmt: skip
    return target_of(asked, os.environ, redact.add)


def _refuse_place(host: str, path: str, *, everybody: bool) -> None:
    """Raise HfopsError for a path that cannot be one, and for a door that is open to the network."""
    from hfops.cli.watching.worker import HEALTH
    from hfops.hub.urls import is_loopback
    from hfops.model.problem import HfopsError

    if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", path) or path == HEALTH:
        raise HfopsError(f"--path {path}: expected a path such as /hooks/hf, and not {HEALTH}")
    if everybody and not is_loopback(("http", host, 0)):
        raise HfopsError(
            f"--no-secret: whoever reaches {host} could deliver; give --secret-env or --secret-file,"
            " or listen at 127.0.0.1"
        )
