"""``hfops validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hfops.cli.options import CHANGED, MANIFEST, PATHS, gathered, with_options

HELP = """Check manifests offline: syntax, fields, names, references. Nothing is sent.

\b
  hfops validate                     the whole project
  hfops validate models/             only some files
"""


@click.command(help=HELP)
@with_options(PATHS, CHANGED, MANIFEST)
def command(paths: tuple[Path, ...], **given: Any) -> int:
    """See HELP."""
    from hfops.cli.output import out, say
    from hfops.cli.session import open_session
    from hfops.kinds.registry import KINDS
    from hfops.model.problem import Problems

    session = open_session(paths, gathered(given))
    found = session.inventory
    session.refuse_nothing()
    if problems := session.offline_problems():
        raise Problems(problems)
    chosen = session.chosen_offline()
    count, files = len(chosen), found.files if found.whole_root else len(found.asked)
    if session.since:
        files = len({r.where.file for r in chosen})
    for resource in chosen:
        for problem in KINDS[resource.address.kind].warnings(resource):
            say(f"warning: {problem}")
    out(f"valid: {count} resource{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}")
    return 0
