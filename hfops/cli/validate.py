"""``hfops validate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.options import CHANGED, MANIFEST, PATHS, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session

HELP = """Check manifests offline: syntax, fields, names, references. Nothing is sent.

\b
  hfops validate                     the whole project
  hfops validate models/             only some files
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was checked and found valid."""

    resources: int
    files: int

    def __str__(self) -> str:
        resources, files = "" if self.resources == 1 else "s", "" if self.files == 1 else "s"
        return f"valid: {self.resources} resource{resources} in {self.files} file{files}"


@click.command(help=HELP)
@with_options(PATHS, CHANGED, MANIFEST)
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.output import out
    from hfops.cli.session import open_session

    out(str(check(open_session(paths, gathered(given)))))
    return 0


def check(session: Session) -> Checked:
    """Check what the session is about, and say warnings. Raises Problems with all errors."""
    from hfops.cli.output import say
    from hfops.kinds.registry import KINDS
    from hfops.model.problem import Problems

    _ = session.inventory
    session.refuse_nothing()
    if problems := session.offline_problems():
        raise Problems(problems)
    chosen = session.chosen_offline()
    files = len({r.where.file for r in chosen}) if session.since else _files(session)
    for resource in chosen:
        for problem in KINDS[resource.address.kind].warnings(resource):
            say(f"warning: {problem}")
    return Checked(len(chosen), files)


def _files(session: Session) -> int:
    found = session.inventory
    return found.files if found.whole_root else len(found.asked)
