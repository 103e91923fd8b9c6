"""On a terminal: questions, answers, Ctrl-C, Ctrl-D, and colour."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import Terminal, model, writes
from tests.conftest import Project

Start = Callable[..., Terminal]

ANSWERS = [
    ("yes", "yes\n", 0, "Apply: 1 applied."),
    ("yes and a blank", " yes \n", 0, "Apply: 1 applied."),
    ("no", "no\n", 1, "not confirmed"),
    ("y is not enough", "y\n", 1, "not confirmed"),
    ("nothing", "\n", 1, "not confirmed"),
    ("Ctrl-D", "\x04", 1, "not confirmed"),
    ("Ctrl-C", "\x03", 130, "interrupted"),
]


@pytest.mark.parametrize(("keys", "code", "said"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS])
def test_the_question(
    project: Project, hub: Sandbox, terminal: Start, keys: str, code: int, said: str
) -> None:
    """Only the whole word goes on; everything else ends without a write."""
    project.write("a.yaml", model("x"))
    asked = terminal("apply")
    asked.expect(f"Apply: 1 call to {hub.url}. Type yes to go on: ")
    asked.type(keys)
    assert asked.end() == code, asked.seen
    assert said in asked.seen
    assert (writes(hub) != []) is (code == 0)


TYPED = [
    ("the risk's name, then yes", ["exposure\n", "yes\n"], 0),
    ("the risk's name, then no", ["exposure\n", "no\n"], 1),
    ("another risk", ["data-loss\n"], 3),
    ("yes is not the risk's name", ["yes\n"], 3),
    ("nothing", ["\n"], 3),
    ("Ctrl-D", ["\x04"], 3),
    ("Ctrl-C", ["\x03"], 130),
]


@pytest.mark.parametrize(("answers", "code"), [t[1:] for t in TYPED], ids=[t[0] for t in TYPED])
def test_a_risk_is_typed(
    project: Project, hub: Sandbox, terminal: Start, answers: list[str], code: int
) -> None:
    """A risk is accepted by its name, and the calls are confirmed besides."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    before = writes(hub)
    project.write("a.yaml", model("x", gated="auto"))
    asked = terminal("apply")
    for question, answer in zip(("Type exposure to accept", "Type yes to go on"), answers, strict=False):
        asked.expect(question)
        asked.type(answer)
    assert asked.end() == code, asked.seen
    assert (writes(hub) != before) is (code == 0)


def test_yes_answers_no_risk(project: Project, terminal: Start) -> None:
    """With --yes nothing is asked, on a terminal either."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x", gated="auto"))
    ran = terminal("apply", "--yes")
    assert ran.end() == 3
    assert "Type" not in ran.seen


def test_destroy_says_what_it_does(project: Project, hub: Sandbox, terminal: Start) -> None:
    """The question and the table speak of destroying."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    asked = terminal("destroy", "--allow", "data-loss")
    asked.expect(f"Destroy: 1 call to {hub.url}. Type yes to go on: ")
    asked.type("yes\n")
    assert asked.end() == 0
    assert "Destroy: 1 applied." in asked.seen


def test_colour(project: Project, terminal: Start) -> None:
    """Colour on a terminal; none with NO_COLOR, none in a pipe."""
    project.write("a.yaml", model("x"))
    coloured, plain = terminal("plan"), terminal("plan", NO_COLOR="1")
    assert coloured.end() == plain.end() == 0
    assert "\x1b[32m+ Model/acme/x" in coloured.seen
    assert "\x1b" not in plain.seen
    assert "+ Model/acme/x" in plain.seen
    assert "\x1b" not in project.run("plan").out


def test_json_has_no_colour(project: Project, terminal: Start) -> None:
    """JSON is JSON on a terminal too."""
    project.write("a.yaml", model("x"))
    ran = terminal("plan", "--format", "json")
    assert ran.end() == 0
    assert "\x1b" not in ran.seen
