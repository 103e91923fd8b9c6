"""Whatever a Space was and whatever its manifest says: apply ends well, then plan is empty, and counts were right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.model.outcome import Result, Status
from hfops.sandbox.repos import Kind
from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from hfops.sandbox.spaces.machine import space_of
from tests.harness import Engine, MemoryStore

ENV = {"ONE": "first-value", "TWO": "second-value"}
KEYS = ["A", "B", "C"]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all examples: each lives in an organisation of its own.

    Its time passes with every look at a runtime: however slow the machine, nothing comes up before it is waited for.
    """
    with Sandbox(transition_time=1) as sandbox:
        sandbox.hub.clock = lambda: sum(e.path.endswith("/runtime") for e in sandbox.exchanges) / 2
        yield sandbox


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A field's value, or its absence."""
    return st.none() | values


def volumes() -> st.SearchStrategy[Any]:
    """Volumes, each at a path of its own."""
    one = st.builds(
        lambda n, read_only, where: {"type": "bucket", "source": f"acme/b{n}", "mountPath": where, "readOnly": read_only},
        st.integers(0, 1), st.booleans(), st.sampled_from(["/a", "/b"]),
    )  # fmt: skip
    return st.lists(one, max_size=2, unique_by=lambda v: v["mountPath"])


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid spec of a Docker Space; any field but the sdk may be absent."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    cut = draw(st.integers(0, len(keys)))
    described = maybe(st.sampled_from(["d", "e"]))
    found = {
        "visibility": draw(maybe(st.sampled_from(["public", "private", "protected"]))),
        "gated": draw(maybe(st.sampled_from(["auto", False]))),
        "state": draw(maybe(st.sampled_from(["running", "paused"]))),
        "devMode": draw(maybe(st.booleans())),
        "hardware": draw(maybe(st.sampled_from(["cpu-basic", "t4-small", "cpu-upgrade"]))),
        "volumes": draw(maybe(volumes())),
        "secrets": draw(maybe(st.just({
            k: {"env": draw(st.sampled_from(list(ENV))),
                **{n: v for n in ("version", "description") if (v := draw(described)) is not None}}
            for k in keys[:cut]}))),
        "variables": draw(maybe(st.just({
            k: draw(st.sampled_from(["1", "2"]))
            if draw(st.booleans()) else {"value": draw(st.sampled_from(["1", "2"])), "description": "d"}
            for k in keys[cut:]}))),
        "files": draw(maybe(st.sampled_from([[{"path": "Dockerfile", "from": {"inline": f"FROM {n}"}}] for n in "ab"]))),
    }  # fmt: skip
    if found["hardware"] in ("t4-small", "cpu-upgrade"):
        found["sleepTime"] = draw(maybe(st.sampled_from(["1h", "never", 172800])))
    lists = [n for n in ("secrets", "variables", "volumes") if found[n] is not None]
    found["exclusive"] = draw(maybe(st.lists(st.sampled_from(lists), unique=True))) if lists else None
    return {"sdk": "docker"} | {k: v for k, v in found.items() if v is not None}


def seeded(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec as the seed takes it: what is there before hfops comes."""
    files = [{"path": "Dockerfile", "inline": f["from"]["inline"]} for f in spec.get("files", [])]
    return {**{k: v for k, v in spec.items() if k != "exclusive"}, "files": files}


def document(namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The manifest."""
    return {"apiVersion": "hfops/v1", "kind": "Space", "metadata": {"name": f"{namespace}/app"}, "spec": spec}


def assert_well(result: Result) -> None:
    """Everything went well, but that a Space whose files are not managed may have no app to start."""
    failed = [o for o in result.outcomes if o.status in (Status.FAILED, Status.UNREADY, Status.UNKNOWN)]
    assert all(o.state == "NO_APP_FILE" for o in failed), result
    assert not result.error


@settings(max_examples=25, deadline=None)
@given(before=maybe(specs()), middle=maybe(specs()), after=specs())
def test_apply_then_plan_is_empty(
    world: Sandbox, before: dict[str, Any] | None, middle: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    """From nothing, from somebody's Space, or from an older manifest: one apply, and nothing is left to do."""
    namespace = f"org-{next(_numbers)}"
    there = (
        [{"kind": "Space", "metadata": {"name": f"{namespace}/app"}, "spec": seeded(before)}]
        if before
        else []
    )
    with world.hub.lock:
        users = [
            {
                "name": f"u{namespace}",
                "token": f"t-{namespace}",
                "orgs": [{"name": namespace, "role": "admin"}],
            }
        ]
        seed = {"orgs": [{"name": namespace, "plan": "team"}], "users": users, "resources": there}
        plant(world.hub, seed, "seed")
    engine = Engine(world.url, token=f"t-{namespace}", environ=ENV)
    if middle is not None:
        assert_well(engine.apply([document(namespace, middle)])[1])
    repo = world.hub.find(Kind.SPACE, f"{namespace}/app")
    counted = space_of(repo).restarts if repo else 0
    prepared, result = engine.apply([document(namespace, after)])
    assert_well(result)
    repo = world.hub.find(Kind.SPACE, f"{namespace}/app")
    assert repo is not None
    assert space_of(repo).restarts - counted == prepared.plan.summary()["restarts"]
    left = engine.plan([document(namespace, after)]).plan
    assert left.empty, left.to_json()
    assert not any(d for c in left.changes for d in c.differences)
    forgetful = Engine(world.url, token=f"t-{namespace}", environ=ENV, store=MemoryStore())
    assert forgetful.plan([document(namespace, after)]).plan.empty
