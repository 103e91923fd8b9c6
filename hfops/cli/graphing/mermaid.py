"""A drawing as Mermaid, which Markdown on many a forge shows as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hfops.cli.graphing.drawing import Drawing

_UNSAFE = re.compile(r"[^A-Za-z0-9 ./_-]")


def mermaid(drawn: Drawing) -> Iterator[str]:
    """The lines of a flowchart. Nodes have names of our own: no label can be taken for anything else."""
    yield "flowchart LR"
    for index, address in enumerate(drawn.nodes):
        yield f'  n{index}["{_label(address.kind)}<br/>{_label(address.id)}"]'
    for arrow in drawn.arrows:
        line = "-->|ready|" if arrow.ready else "-->"
        yield f"  n{arrow.source} {line} n{arrow.target}"


def _label(text: str) -> str:
    """Text with everything that Mermaid, Markdown or HTML could read something into as entities."""
    return _UNSAFE.sub(lambda m: f"#{ord(m[0])};", text)
