"""``hfops demo``: the whole story on an embedded Hub, with the very commands a user would type."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

HELP = """Show a plan, an apply, an empty second plan, a change made by somebody else, the drift, and its repair.

Runs against an embedded Hub on 127.0.0.1: no account, no network, nothing left behind.

\b
  hfops demo
  hfops demo --keep DIR              copy the example to DIR, to go on from there
"""


@click.command(help=HELP)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Copy the example here and keep it."
)
def command(keep: Path | None) -> int:
    """See HELP."""
    from hfops.cli.sandbox import sandbox_server
    from hfops.model.problem import HfopsError

    server = sandbox_server()
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise HfopsError(f"{keep}: is not empty; name a new folder")
    with tempfile.TemporaryDirectory(prefix="hfops-demo-") as temporary, server.Sandbox() as sandbox:
        project = Path(temporary, "quickstart")
        shutil.copytree(example(), project)
        if keep is not None:
            shutil.copytree(project, keep, dirs_exist_ok=True)
        with _environment(sandbox.url), contextlib.chdir(project):
            code = _story(sandbox.url)
    if keep is not None:
        click.echo(
            f"The example is in {keep}. Start a Hub of your own with `hfops sandbox`, then `hfops apply` there."
        )
    return code


def example() -> Path:
    """The quickstart example: beside the package in a wheel, in the source tree otherwise."""
    here = Path(__file__).resolve().parent.parent
    shipped = here / "examples" / "quickstart"
    return shipped if shipped.is_dir() else here.parent / "examples" / "quickstart"


@contextlib.contextmanager
def _environment(url: str) -> Iterator[None]:
    """Point hfops at the embedded Hub and at nothing else, whatever the user's environment says."""
    ours = {"HF_ENDPOINT": url, "HF_INFERENCE_ENDPOINTS_ENDPOINT": f"{url}/v2", "HF_TOKEN": "hf_sandbox"}
    dropped = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_OIDC_RESOURCE", "HF_HUB_DISABLE_IMPLICIT_TOKEN",
               "HUGGINGFACE_CO_STAGING", "CI", "HF_DEBUG")  # fmt: skip
    before = dict(os.environ)
    os.environ.update(ours)
    for name in dropped:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _story(url: str) -> int:
    """The steps; the first unexpected exit code ends it with 1."""
    steps = [
        ("Two files describe three repositories. What would it take?", ["plan"], 0),
        ("Do it, without asking:", ["apply", "--yes"], 0),
        ("Is anything left to do?", ["plan", "--detailed-exitcode"], 0),
        (None, [], 0),
        ("What does hfops see?", ["plan", "--detailed-exitcode"], 2),
        ("Repair it. Closing a gate exposes nothing, so nobody needs to consent:", ["apply", "--yes"], 0),
        ("And once more:", ["plan", "--detailed-exitcode"], 0),
    ]
    for title, arguments, expected in steps:
        if title is None:
            _somebody_else(url)
        elif not _step(title, arguments, expected):
            return 1
    click.echo(
        "\nThat is hfops. Next: `hfops demo --keep my-hub`, or point HF_ENDPOINT and HF_TOKEN at your own Hub."
    )
    return 0


def _step(title: str, arguments: list[str], expected: int) -> bool:
    from hfops.cli.main import run

    _heading(f"\n# {title}")
    _heading(f"$ hfops {' '.join(arguments)}")
    code = run(arguments)
    if expected or code != expected:
        click.echo(f"(exit code {code})")
    return code == expected


def _somebody_else(url: str) -> None:
    """Open the gate and delete a branch behind hfops's back, as somebody with a browser might."""
    import requests

    _heading(
        "\n# Meanwhile, somebody opens the gate of acme/sentiment and deletes its branch dev, on the Hub"
    )
    headers = {"Authorization": "Bearer hf_sandbox"}
    repo = f"{url}/api/models/acme/sentiment"
    requests.put(f"{repo}/settings", json={"gated": False}, headers=headers, timeout=10).raise_for_status()
    requests.delete(f"{repo}/branch/dev", headers=headers, timeout=10).raise_for_status()


def _heading(text: str) -> None:
    from hfops.cli.output import print_lines
    from hfops.report.lines import Line

    for line in text.split("\n"):
        print_lines([Line(line, "title")])
