"""A drawing in Graphviz's language."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.cli.graphing.drawing import Drawing

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "\n": " ", "\r": " "})


def dot(drawn: Drawing) -> Iterator[str]:
    """The lines of a digraph."""
    yield "digraph hfops {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style=rounded, fontname="sans-serif"];'
    for index, address in enumerate(drawn.nodes):
        yield f'  n{index} [label="{_label(address.kind)}\\n{_label(address.id)}"];'
    for arrow in drawn.arrows:
        more = ' [label="ready"]' if arrow.ready else ""
        yield f"  n{arrow.source} -> n{arrow.target}{more};"
    yield "}"


def _label(text: str) -> str:
    """Text within quotes: no escape of Graphviz's, no entity, no end of the string."""
    return text.translate(_ESCAPES)
