"""What waits for what stands right of it, whatever the shape of the graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfops.report.build import plan_view
from hfops.report.svg import LABEL, LARGEST, Drawing, Node, draw, graph_of
from tests.report.rich import rich_report

KEYS = st.integers(0, 11).map(str)


def drawn(*pairs: tuple[str, str]) -> Drawing:
    """A drawing of these edges."""
    return draw([Node(k, k, "update") for k in sorted({k for pair in pairs for k in pair})], pairs)


@given(st.lists(st.tuples(KEYS, KEYS).filter(lambda p: int(p[0]) > int(p[1])), min_size=1))
def test_order(pairs: list[tuple[str, str]]) -> None:
    """Without circles, each box begins right of everything that it waits for, and no two boxes touch."""
    drawing = drawn(*pairs)
    boxes = {b.node.key: b for b in drawing.boxes}
    assert all(boxes[waits].x > boxes[needed].x + boxes[needed].width for waits, needed in pairs)
    assert len(drawing.lines) == len(set(pairs))
    spots = list(boxes.values())
    for i, one in enumerate(spots):
        assert 0 <= one.x <= one.x + one.width <= drawing.width
        assert 0 <= one.y <= one.y + one.height <= drawing.height
        for other in spots[i + 1 :]:
            apart = one.x + one.width < other.x or other.x + other.width < one.x
            assert apart or one.y + one.height < other.y or other.y + other.height < one.y


@given(st.lists(st.tuples(KEYS, KEYS).filter(lambda p: p[0] != p[1]), min_size=1))
def test_circles_are_drawn(pairs: list[tuple[str, str]]) -> None:
    """Groups may wait for each other where their members do not: every edge is there all the same."""
    drawing = drawn(*pairs)
    assert len(drawing.boxes) == len({k for p in pairs for k in p})
    assert len(drawing.lines) == len(set(pairs))


def test_a_long_chain() -> None:
    """As many boxes in a row as are drawn at all; one more is too many, and said."""
    chain = [(f"{i:04}", f"{i - 1:04}") for i in range(1, LARGEST + 1)]
    assert len(drawn(*chain[:-1]).boxes) == LARGEST
    assert (drawn(*chain).boxes, drawn(*chain).too_large) == ((), LARGEST + 1)


def test_few_lines_cross() -> None:
    """Two chains side by side stay side by side."""
    boxes = {b.node.key: b for b in drawn(("d", "a"), ("c", "b"), ("e", "c"), ("f", "d")).boxes}
    assert (boxes["a"].y < boxes["b"].y) == (boxes["d"].y < boxes["c"].y) == (boxes["f"].y < boxes["e"].y)


def test_labels_fit() -> None:
    """A long label is cut to its box, wide characters counted twice."""
    (one, _) = draw([Node("a", "漢" * 90, "create"), Node("b", "b", "none")], [("a", "b")]).boxes[::-1]
    assert one.text.startswith("+ 漢")
    assert one.text.endswith("…")
    assert len(one.text) <= LABEL // 2 + 2


def test_the_rich_plan() -> None:
    """The chain of the rich plan, and how much waits for nothing."""
    drawing = graph_of(plan_view(rich_report()))
    order = [b.node.label for b in sorted(drawing.boxes, key=lambda b: (b.x, b.y))]
    assert order == ["Model/acme/sentiment", "InferenceEndpoint/acme/sentiment-prod", "Collection/acme/sentiment-models",
                     "Space/acme/demo", "Webhook/julien/ci"]  # fmt: skip
    assert drawing.alone == 9
