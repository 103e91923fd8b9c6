"""What the commands of ``hfops ci`` share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hfops.cli.ci.host import Run
    from hfops.cli.ci.place import Place

FOLDER = Path("hfops-report")
"""Where plan and report are saved. No name that begins with a dot: uploads of artefacts leave such files out."""

BUG = "a bug in hfops ended the run; the job's log holds a report of it"

OUT = [
    click.option(
        "--out",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=FOLDER,
        show_default=True,
        help="The folder for plan and report.",
    ),
]
KEY = [
    click.option(
        "--key", default="", metavar="TEXT",
        help="Tell apart several plans of one project and environment: each has a comment of its own.",
    ),
]  # fmt: skip


def place_of(run: Run, paths: Sequence[Path], environment: str | None, key: str) -> Place:
    """Which of the repository's plans this is."""
    from hfops.cli.ci.place import Place
    from hfops.manifest.files import find_root

    return Place(run.workspace, find_root(paths[0] if paths else Path()), environment, key, run.base_branch)
