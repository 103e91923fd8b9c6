"""What one resource takes from another that the same plan changes: it gets what will be, and the next plan is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.harness import Engine


def doc(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    """One document."""
    return {"apiVersion": "hfops/v1", "kind": kind, "metadata": {"name": f"acme/{name}"}, "spec": spec}


def model(**spec: Any) -> dict[str, Any]:
    """The model that is served."""
    return doc("Model", "m", visibility="private", **spec)


def weights(text: str) -> list[dict[str, Any]]:
    """Its one file."""
    return [{"path": "weights.txt", "from": {"inline": text}}]


def endpoint(revision: str, *, follow: bool = False) -> dict[str, Any]:
    """What serves it."""
    return doc(
        "InferenceEndpoint", "e",
        model={"repository": "acme/m", "revision": revision, "follow": follow},
        provider={"vendor": "aws", "region": "us-east-1"},
        compute={"accelerator": "cpu", "instanceType": "intel-spr", "instanceSize": "x1"},
    )  # fmt: skip


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub whose starts take no time worth waiting for."""
    with Sandbox(transition_time=0.01) as sandbox:
        yield sandbox


def applied(engine: Engine, docs: list[dict[str, Any]]) -> None:
    """Applied, and then nothing is left."""
    result = engine.apply(docs)[1]
    assert result.exit_code == 0, result
    left = engine.plan(docs).plan
    assert left.empty, left.to_json()


def head(hub: Sandbox) -> str:
    """The model's newest commit."""
    repo = hub.hub.find(Kind.MODEL, "acme/m")
    assert repo is not None
    return str(repo.head.id)


def deployed(hub: Sandbox) -> Any:
    """The commit that is served."""
    return hub.hub.endpoints["acme/e"].config["model"]["revision"]


def test_a_new_endpoint_serves_the_commit_of_the_same_run(hub: Sandbox) -> None:
    """Not the one from before its files."""
    engine = Engine(hub.url)
    applied(engine, [model()])
    applied(engine, [model(files=weights("one")), endpoint("main")])
    assert deployed(hub) == head(hub)


def test_with_follow_the_commit_of_the_same_run_is_deployed_at_once(hub: Sandbox) -> None:
    """One rollout, not a second one with the next plan; without it, the endpoint stays where it was."""
    engine = Engine(hub.url)
    applied(engine, [model(files=weights("one")), endpoint("main", follow=True)])
    first = head(hub)
    applied(engine, [model(files=weights("two")), endpoint("main", follow=True)])
    assert deployed(hub) == head(hub) != first
    second = head(hub)
    applied(engine, [model(files=weights("three")), endpoint("main")])
    assert deployed(hub) == second != head(hub)


def test_a_changed_text_names_what_the_same_run_makes_of_it(hub: Sandbox) -> None:
    """From a tag to main, in the run that commits to main."""
    engine = Engine(hub.url)
    tags = [{"name": "v1"}]
    applied(engine, [model(tags=tags, files=weights("one")), endpoint("v1")])
    applied(engine, [model(tags=tags, files=weights("two")), endpoint("main")])
    assert deployed(hub) == head(hub)


def test_a_moved_space_gives_its_new_address(hub: Sandbox) -> None:
    """Its host follows its name; who takes it is told in the same run."""
    engine = Engine(hub.url)
    space = {"visibility": "private", "sdk": "gradio"}

    def taker(name: str) -> dict[str, Any]:
        return doc(
            "Space", "taker", **space, variables={"REF": {"resource": f"Space/acme/{name}", "field": "host"}}
        )

    applied(engine, [doc("Space", "old", **space), taker("old")])
    moved = {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {
        "moved": [{"from": "Space/acme/old", "to": "Space/acme/new"}]}}  # fmt: skip
    applied(engine, [doc("Space", "new", **space), taker("new"), moved])
    found = hub.hub.find(Kind.SPACE, "acme/taker")
    assert found is not None
    assert "acme-new" in found.facets["space"].variables["REF"].value


def test_a_static_space_becomes_an_app_that_is_paused(hub: Sandbox) -> None:
    """What has no runtime cannot be paused before the commit gives it one."""
    engine = Engine(hub.url)
    applied(
        engine,
        [
            doc(
                "Space",
                "s",
                visibility="private",
                sdk="static",
                files=[{"path": "index.html", "from": {"inline": "x"}}],
            )
        ],
    )
    docker = [{"path": "Dockerfile", "from": {"inline": "FROM a"}}]
    applied(engine, [doc("Space", "s", visibility="private", sdk="docker", state="paused", files=docker)])
