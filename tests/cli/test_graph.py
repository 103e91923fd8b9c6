"""``hfops graph``: what depends on what, safe in each format."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from hfops.cli.graphing.dot import dot
from hfops.cli.graphing.drawing import Arrow, Drawing
from hfops.cli.graphing.mermaid import mermaid
from hfops.cli.graphing.svg import svg
from hfops.model.address import Address
from hfops.sandbox.server import Sandbox
from tests.conftest import Project

SVG = "{http://www.w3.org/2000/svg}"
MANIFEST = """
{apiVersion: hfops/v1, kind: Model, metadata: {name: base}}
---
{apiVersion: hfops/v1, kind: Model, metadata: {name: alone}}
---
apiVersion: hfops/v1
kind: Space
metadata: {name: app}
spec: {sdk: static}
dependsOn: [Model/base]
---
apiVersion: hfops/v1
kind: Collection
metadata: {name: all}
spec: {title: All, items: [{type: model, id: acme/base}]}
dependsOn: [{address: Space/app, until: ready}]
"""
HOSTILE = [
    '"]; click n0 "javascript:alert(1)"', "</text><script>x</script>", "a\nb --> c", 'x" ]; n9 [label="y',
    "#quot;&lt;%%{init}%%", '\\"\\N\\', "`**b**`", "\x1b[31m",
]  # fmt: skip


def test_mermaid(project: Project) -> None:
    """Arrows lead from what needs to what is needed, said or inferred."""
    project.write("a.yaml", MANIFEST)
    ran = project.run("graph")
    assert ran.code == 0, ran
    nodes = dict(re.findall(r'(n\d+)\["\w+<br/>acme/(\w+)"\]', ran.out))
    arrows = {(nodes[a], word, nodes[b]) for a, word, b in re.findall(r"(n\d+) (-->\S*) (n\d+)", ran.out)}
    assert arrows == {("app", "-->", "base"), ("all", "-->", "base"), ("all", "-->|ready|", "app")}
    assert sorted(nodes.values()) == ["all", "alone", "app", "base"]


@pytest.mark.parametrize("form", ["mermaid", "dot", "svg"])
def test_offline(project: Project, hub: Sandbox, form: str) -> None:
    """No format asks the Hub anything."""
    project.write("a.yaml", MANIFEST)
    assert project.run("graph", "--format", form).code == 0
    assert list(hub.exchanges) == []


def test_narrowed(project: Project) -> None:
    """A target brings what it needs, and nothing else is drawn."""
    project.write("a.yaml", MANIFEST)
    out = project.run("graph", "--target", "Space/acme/app").out
    assert ("acme/app" in out, "acme/base" in out, "acme/all" in out) == (True, True, False)


def test_nothing_to_draw(project: Project) -> None:
    """A folder without manifests is an error, as everywhere."""
    ran = project.run("graph")
    assert (ran.code, "no manifests found" in ran.err) == (1, True)


def test_svg(project: Project) -> None:
    """Well-formed, every resource once, every arrow drawn, nothing that runs or is fetched."""
    project.write("a.yaml", MANIFEST)
    text = project.run("graph", "--format", "svg").out
    picture = ET.fromstring(text)
    assert len(picture.findall(f"{SVG}g")) == 4
    assert len(picture.findall(f"{SVG}path[@class]")) == 3
    assert len(picture.findall(f"{SVG}path[@class='arrow ready']")) == 1
    assert not re.search(r"href|<script|<image|url\(h|@import|on\w+=", text)


def places(drawn: Drawing) -> dict[int, tuple[float, float]]:
    """Where the picture has each node: pixels from the left and from the top."""
    picture = ET.fromstring("\n".join(svg(drawn)))
    moved = (re.findall(r"[\d.]+", g.attrib["transform"]) for g in picture.findall(f"{SVG}g"))
    return {i: (float(x), float(y)) for i, (x, y) in enumerate(moved)}


def test_places() -> None:
    """Each stands right of what it needs, no two in one place; those without arrows below."""
    nodes = tuple(Address("Model", "a", f"m{i}") for i in range(12))
    arrows = (Arrow(1, 0), Arrow(2, 1), Arrow(3, 0), Arrow(2, 0), Arrow(5, 4))
    found = places(Drawing(nodes, arrows))
    assert sorted(found) == list(range(12))
    assert len(set(found.values())) == 12
    assert all(found[a.source][0] > found[a.target][0] for a in arrows)
    tied = {i for a in arrows for i in (a.source, a.target)}
    assert min(found[i][1] for i in found if i not in tied) > max(found[i][1] for i in tied)


def test_nothing_is_tied() -> None:
    """Without a single arrow there is still a picture of all."""
    assert len(places(Drawing(tuple(Address("Model", "a", f"m{i}") for i in range(6)), ()))) == 6


def test_an_arrow_begins_at_what_is_needed() -> None:
    """Where its head is: at the right side of that box, and it ends at the left side of what needs it."""
    picture = ET.fromstring("\n".join(svg(drawn("x" * 60))))
    needs, needed = (re.findall(r"[\d.]+", g.attrib["transform"]) for g in picture.findall(f"{SVG}g"))
    width = float(picture.findall(f"{SVG}g")[1][1].attrib["width"])
    (line,) = picture.findall(f"{SVG}path")
    numbers = [float(n) for n in re.findall(r"[\d.]+", line.attrib["d"])]
    assert "marker-start" in line.attrib
    assert abs(numbers[0] - float(needed[0]) - width) <= 1
    assert abs(numbers[-2] - float(needs[0])) <= 1
    assert "x" * 60 in "".join(picture.itertext()), "a file has room for whole names"


def test_a_long_chain() -> None:
    """Depth is no recursion: thousands in a row are drawn."""
    nodes = tuple(Address("Model", "a", f"m{i:05}") for i in range(3000))
    drawn = Drawing(nodes, tuple(Arrow(i + 1, i) for i in range(2999)))
    assert len({x for x, _ in places(drawn).values()}) == 3000


def drawn(name: str) -> Drawing:
    """Two resources with a name that nobody should have."""
    return Drawing((Address("Model", "a", name), Address("Model", "a", "z")), (Arrow(0, 1),))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_label_breaks_out_of_mermaid(name: str) -> None:
    """Always as many lines, and nothing in quotes but harmless letters and entities."""
    lines = "\n".join(mermaid(drawn(name))).split("\n")
    assert len(lines) == 4
    assert re.fullmatch(r'  n0\["Model<br/>a/([A-Za-z0-9 ./_-]|#\d+;)*"\]', lines[1])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_label_breaks_out_of_dot(name: str) -> None:
    """The string that holds the label ends where it should."""
    lines = "\n".join(dot(drawn(name))).split("\n")
    assert len(lines) == 7
    assert re.fullmatch(r'  n0 \[label="([^"\\]|\\\\|\\"|\\n)*"\];', lines[3])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_label_breaks_out_of_svg(name: str) -> None:
    """Parsed back, the label is text and nothing but text."""
    picture = ET.fromstring("\n".join(svg(drawn(name))))
    group = picture.findall(f"{SVG}g")[0]
    assert [child.tag.removeprefix(SVG) for child in group] == ["title", "rect", "text", "text"]
    assert "".join(group[3].itertext()) == "a/" + "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name
    )
