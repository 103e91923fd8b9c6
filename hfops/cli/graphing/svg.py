"""A drawing as an SVG picture: one file, no script, nothing from elsewhere, light or dark as the reader's machine is."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from hfops.cli.graphing.drawing import Drawing
from hfops.report.svg import PADDING, Box, Frame, Node, draw

FILE = Frame(height=44, tip=0, label=None, largest=None, alone=True)
STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}"
    ".kind{font-size:10px;fill:#57606a}.box{fill:#fff;stroke:#8c959f}"
    ".arrow{fill:none;stroke:#57606a}.ready{stroke-dasharray:5 3}.head{fill:#57606a}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.kind{fill:#9ea7b3}"
    ".box{fill:#161b22;stroke:#6e7681}.arrow{stroke:#9ea7b3}.head{fill:#9ea7b3}}"
)
HEAD = (
    '<marker id="h" viewBox="0 0 8 8" refX="0" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path class="head" d="M8 0L0 4L8 8z"/></marker>'
)
"""An arrow's head. Lines begin at what is needed, and that is where they point."""


def svg(drawn: Drawing) -> Iterator[str]:
    """The lines of the picture."""
    nodes = [Node(str(i), a.id, over=a.kind) for i, a in enumerate(drawn.nodes)]
    picture = draw(nodes, ((str(a.source), str(a.target)) for a in drawn.arrows), FILE)
    width, height = f"{picture.width:.0f}", f"{picture.height:.0f}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">'
    yield '<title id="t">What depends on what</title>'
    yield f'<desc id="d">{len(drawn.nodes)} resources, {len(drawn.arrows)} arrows to what each needs</desc>'
    yield f"<style>{STYLE}</style>"
    yield f"<defs>{HEAD}</defs>"
    for arrow, line in zip(drawn.arrows, picture.lines, strict=True):
        yield f'<path class="arrow{" ready" if arrow.ready else ""}" marker-start="url(#h)" d="{line}"/>'
    for box in sorted(picture.boxes, key=lambda b: int(b.node.key)):
        yield from _box(box, str(drawn.nodes[int(box.node.key)]))
    yield "</svg>"


def _box(box: Box, title: str) -> Iterator[str]:
    yield f'<g transform="translate({box.x:.0f} {box.y:.0f})"><title>{_text(title)}</title>'
    yield f'<rect class="box" width="{box.width:.0f}" height="{box.height}" rx="6"/>'
    yield f'<text class="kind" x="{PADDING}" y="17">{_text(box.node.over)}</text>'
    yield f'<text x="{PADDING}" y="33">{_text(box.text)}</text></g>'


def _text(text: str) -> str:
    """Text as XML holds it; what XML cannot hold becomes a question mark."""
    return escape("".join(c if c.isprintable() else "?" for c in text))
