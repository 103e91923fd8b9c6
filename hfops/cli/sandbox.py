"""``hfops sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

HELP = """Run an embedded Hub on this machine, in memory, until stopped.

It knows hfops-user (token hf_sandbox, admin of the organisation acme; hf_sandbox_read only reads).

\b
  hfops sandbox --port 8099
  export HF_ENDPOINT=http://127.0.0.1:8099 HF_TOKEN=hf_sandbox
  hfops apply
"""

EXTRA = "the sandbox needs the extra: pip install 'hfops[sandbox]'"


@click.command(help=HELP)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
@click.option(
    "--seed", type=click.Path(path_type=Path), help="Users, organisations, quota and resources (YAML)."
)
@click.option(
    "--latency", type=click.FloatRange(0), default=0.0, metavar="MS", help="Milliseconds before each answer."
)
@click.option("--faults", type=click.Path(path_type=Path), help="Failures to inject (YAML).")
@click.option("--log", type=click.Path(path_type=Path), help="Write one JSON line per request.")
@click.option(
    "--transition-time", type=click.FloatRange(0), default=1.0, show_default=True, metavar="SECONDS",
    help="How long each step of a build or start takes.",
)  # fmt: skip
def command(
    *,
    host: str,
    port: int,
    seed: Path | None,
    latency: float,
    faults: Path | None,
    log: Path | None,
    transition_time: float,
) -> int:
    """See HELP."""
    server = sandbox_server()
    server.run(
        host=host, port=port, seed_path=seed, latency_ms=latency, faults_path=faults, log_path=log,
        transition_time=transition_time,
    )  # fmt: skip
    return 0


def sandbox_server() -> Any:
    """The server's module. Raises HfopsError where the extra is not installed."""
    from hfops.model.problem import HfopsError

    try:
        from hfops.sandbox import server
    except ModuleNotFoundError as error:
        if error.name in {"starlette", "uvicorn"}:
            raise HfopsError(EXTRA) from None
        raise
    return server
