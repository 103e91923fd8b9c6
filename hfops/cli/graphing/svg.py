"""A drawing as an SVG picture: one file, no script, nothing from elsewhere, light or dark as the reader's machine is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from hfops.cli.graphing.drawing import Arrow, Drawing
from hfops.cli.graphing.layout import Place, places

LETTER, PADDING, HEIGHT = 7.2, 14, 44
GAP_X, GAP_Y, EDGE = 70, 18, 20
STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}"
    ".kind{font-size:10px;fill:#57606a}.box{fill:#fff;stroke:#8c959f}"
    ".arrow{fill:none;stroke:#57606a}.ready{stroke-dasharray:5 3}.head{fill:#57606a}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.kind{fill:#9ea7b3}"
    ".box{fill:#161b22;stroke:#6e7681}.arrow{stroke:#9ea7b3}.head{fill:#9ea7b3}}"
)


def svg(drawn: Drawing) -> Iterator[str]:
    """The lines of the picture."""
    at = places(drawn)
    wide = [PADDING * 2 + LETTER * max(len(a.id), len(a.kind)) for a in drawn.nodes]
    lefts = _lefts(at, wide)
    width = max((lefts[x] + wide[i] for i, (x, _) in at.items()), default=0) + EDGE
    height = (max((y for _, y in at.values()), default=-1) + 1) * (HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE
    size = f'width="{width:.0f}" height="{max(height, EDGE):.0f}"'
    box = f'viewBox="0 0 {width:.0f} {max(height, EDGE):.0f}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" aria-labelledby="t d">'
    yield '<title id="t">What depends on what</title>'
    yield f'<desc id="d">{len(drawn.nodes)} resources, {len(drawn.arrows)} arrows to what each needs</desc>'
    yield f"<style>{STYLE}</style>"
    yield '<defs><marker id="h" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    yield '<path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
    yield from (_arrow(a, at, wide, lefts) for a in drawn.arrows)
    for index, address in enumerate(drawn.nodes):
        x, y = lefts[at[index][0]], _top(at[index])
        yield f'<g transform="translate({x:.0f} {y:.0f})"><title>{_text(str(address))}</title>'
        yield f'<rect class="box" width="{wide[index]:.0f}" height="{HEIGHT}" rx="6"/>'
        yield f'<text class="kind" x="{PADDING}" y="17">{_text(address.kind)}</text>'
        yield f'<text x="{PADDING}" y="33">{_text(address.id)}</text></g>'
    yield "</svg>"


def _lefts(at: Mapping[int, Place], wide: list[float]) -> list[float]:
    """Where each column begins."""
    count = max((x for x, _ in at.values()), default=-1) + 1
    lefts, left = [], float(EDGE)
    for column in range(count):
        lefts.append(left)
        left += max((wide[i] for i, (x, _) in at.items() if x == column), default=0.0) + GAP_X
    return lefts


def _arrow(arrow: Arrow, at: Mapping[int, Place], wide: list[float], lefts: list[float]) -> str:
    """From the left side of what needs, to the right side of what is needed."""
    x1, y1 = lefts[at[arrow.source][0]], _top(at[arrow.source]) + HEIGHT / 2
    x2 = lefts[at[arrow.target][0]] + wide[arrow.target]
    y2 = _top(at[arrow.target]) + HEIGHT / 2
    bend = max((x1 - x2) / 2, GAP_X / 2)
    line = f"M{x1:.0f} {y1:.0f}C{x1 - bend:.0f} {y1:.0f} {x2 + bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    return f'<path class="arrow{" ready" if arrow.ready else ""}" marker-end="url(#h)" d="{line}"/>'


def _top(place: Place) -> float:
    return EDGE + place[1] * (HEIGHT + GAP_Y)


def _text(text: str) -> str:
    """Text as XML holds it; what XML cannot hold becomes a question mark."""
    return escape("".join(c if c.isprintable() else "?" for c in text))
