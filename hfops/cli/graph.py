"""``hfops graph``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hfops.cli.options import CHANGED, MANIFEST, NARROW, PATHS, gathered, with_options

HELP = """Draw what depends on what: an arrow leads from each resource to what it needs.

\b
  hfops graph                              Mermaid, for Markdown
  hfops graph --format svg > graph.svg     a picture
  hfops graph --format dot | dot -Tpng     for Graphviz
  hfops graph --target 'Space/acme/*'      some, and what they need

Offline. Dashed, or marked "ready": it waits until that one serves.
"""


@click.command(help=HELP)
@with_options(PATHS)
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot", "svg"]), default="mermaid", show_default=True
)
@with_options(NARROW, CHANGED, MANIFEST)
def command(paths: tuple[Path, ...], form: str, **given: Any) -> int:
    """See HELP."""
    from hfops.cli.graphing.dot import dot
    from hfops.cli.graphing.drawing import drawing
    from hfops.cli.graphing.mermaid import mermaid
    from hfops.cli.graphing.svg import svg
    from hfops.cli.output import out
    from hfops.cli.session import open_session

    session = open_session(paths, gathered(given))
    session.refuse_nothing()
    drawn = drawing(session.chosen_offline(), session.inventory.graph)
    formats = {"mermaid": mermaid, "dot": dot, "svg": svg}
    out("\n".join(formats[form](drawn)))
    return 0
