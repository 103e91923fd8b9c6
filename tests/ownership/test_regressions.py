"""Stories that once ended badly, or easily could, in their shortest form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox
from tests.ownership.story import Apply, Both, Edit, Meddle, Moment, Step, play

PAPERS = [{"type": "paper", "id": f"2307.0000{n}"} for n in (1, 2)]


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all stories."""
    with Sandbox(transition_time=0) as sandbox:
        yield sandbox
    close_session()


def describe(kind: str, name: str, **spec: object) -> Step:
    """The author writes a manifest."""
    return Edit("describe", (kind, name, spec, {}))


def test_calls_to_what_is_only_created_reach_it(world: Sandbox) -> None:
    """A slug fills two segments of a path: its slash stays one."""
    play(world, [describe("Collection", "one", title="One", theme="blue", items=PAPERS)], on_hub=False)


def test_items_are_put_in_order(world: Sandbox) -> None:
    """The batch of item updates is sent as JSON, not as the lines of a commit."""
    before = describe("Collection", "one", title="One", items=PAPERS)
    after = describe("Collection", "one", title="One", items=PAPERS[::-1])
    shifted = Meddle("shift", ("One", "2307.00002", 0))
    play(world, [before, Apply(), shifted, Apply(), after], on_hub=False)


@pytest.mark.parametrize("nth", range(1, 11))
def test_what_another_run_of_the_project_made_is_no_strangers(world: Sandbox, nth: int) -> None:
    """Two runs, each of which thinks the other's lease is over: what either made counts as created."""
    docs = [
        describe("Model", "one"),
        describe("Dataset", "one", visibility="public", discussionsDisabled=True),
    ]
    stage = play(world, [*docs, Both(Moment(nth))], on_hub=True)
    form = stage.project.form()
    assert form is not None
    assert {e.origin.value for e in form.entries.values()} == {"created"}
    assert len(form.entries) == len(docs)


@pytest.mark.parametrize("nth", [6, 7])
def test_a_run_that_was_held_up_makes_no_second_webhook(world: Sandbox, nth: int) -> None:
    """Right before one of its first calls another run took its place, found what was intended undone, and made it."""
    watched = {"watched": [{"type": "org", "name": "acme"}], "domains": ["repo"]}
    hooks = [describe("Webhook", n, url=f"https://{n}.example/hook", **watched) for n in ("one", "two")]
    docs = [describe("Model", "one"), *hooks, describe("Model", "two")]
    stage = play(world, [*docs, Both(Moment(nth))], on_hub=True)
    assert sum(thing.kind == "Webhook" for thing in stage.look().values()) == len(hooks)


def test_an_adopted_branch_is_released(world: Sandbox) -> None:
    """Somebody's branch that a manifest named and dropped stays where it is."""
    theirs = [Meddle("create", ("Model", "one", "public")), Meddle("branch", ("Model", "one", "dev"))]
    described = describe("Model", "one", branches=[{"name": "dev"}])
    stage = play(world, [*theirs, described, Apply(), Edit("shorten", ("Model", "one"))], on_hub=False)
    assert [sorted(thing.lists["branches"]) for thing in stage.look().values()] == [["dev", "main"]]


@pytest.mark.parametrize(
    "last", [Edit("drop", ("Model", "one")), Edit("remove", ("Model", "one", "delete", True))]
)
@pytest.mark.parametrize("on_hub", [False, True], ids=["file", "hub"])
def test_what_somebody_made_anew_stays(world: Sandbox, last: Step, on_hub: bool) -> None:
    """Neither pruning nor ``removed`` deletes what only has the name of what was ours."""
    docs = [describe("Model", "one"), describe("Model", "red-1")]
    steps = [*docs, Apply(), Meddle("remake", ("Model", "one", "public")), last]
    stage = play(world, steps, on_hub=on_hub, prune=True)
    assert sorted(thing.name for thing in stage.look().values()) == ["one", "red-1"]
