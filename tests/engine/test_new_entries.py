"""New entries of lists, and a process that dies between sending one and noting it: they are still our doing."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.engine.test_faults import Killed, Killing
from tests.harness import Engine


def space(**spec: Any) -> list[dict[str, Any]]:
    """One Space in acme."""
    whole = {"visibility": "private", "sdk": "gradio", **spec}
    return [{"apiVersion": "hfops/v1", "kind": "Space", "metadata": {"name": "acme/app"}, "spec": whole}]


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
@pytest.mark.parametrize("nth", range(1, 9))
def test_what_a_run_sent_that_died_is_found_once_it_is_shown(nth: int, after: bool) -> None:
    """The token may not list secrets and variables, and the author takes them back: one that may list removes them."""
    with Sandbox(transition_time=0.01) as sandbox:
        engine = Engine(sandbox.url, parallelism=1, environ={"A": "value-of-a", "N": "value-of-n"})
        for listing in ("secrets", "variables"):
            match = {"method": "GET", "path": f"/api/spaces/acme/app/{listing}"}
            sandbox.faults.add({"match": match, "status": 403, "body": {"error": "no"}})
        docs = space(secrets={"A": {"env": "A"}}, variables={})
        assert engine.apply(docs)[1].exit_code == 0
        engine.wrap = lambda: Killing(nth, after=after, store=engine.store)
        with contextlib.suppress(Killed):
            engine.apply(space(secrets={"A": {"env": "A"}, "N": {"env": "N"}}, variables={"V": "1"}))
        engine.wrap, engine.store.dead = None, False
        assert engine.apply(docs)[1].exit_code == 0
        sandbox.faults.clear()
        assert engine.apply(docs)[1].exit_code == 0
        held = sandbox.hub.find(Kind.SPACE, "acme/app").facets["space"]
        assert (set(held.secrets), set(held.variables)) == ({"A"}, set())


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
@pytest.mark.parametrize("nth", range(1, 9))
def test_a_secret_sent_by_a_run_that_died_is_rotated_later(nth: int, after: bool) -> None:
    """Killed at any request that adds a secret: the next run ends as wanted, and a new value later on is sent."""
    environ = {"A": "value-of-a", "N": "the-first-value"}
    with Sandbox(transition_time=0.01) as sandbox:
        engine = Engine(sandbox.url, parallelism=1, environ=environ)
        assert engine.apply(space(secrets={"A": {"env": "A"}}))[1].exit_code == 0
        docs = space(secrets={"A": {"env": "A"}, "N": {"env": "N"}}, variables={"V": "1"})
        engine.wrap = lambda: Killing(nth, after=after, store=engine.store)
        with contextlib.suppress(Killed):
            engine.apply(docs)
        engine.wrap, engine.store.dead = None, False
        assert engine.apply(docs)[1].exit_code == 0
        engine.environ = {**environ, "N": "the-second-value"}
        assert engine.apply(docs)[1].exit_code == 0
        held = sandbox.hub.find(Kind.SPACE, "acme/app").facets["space"]
        assert {k: s.value for k, s in held.secrets.items()} == {"A": "value-of-a", "N": "the-second-value"}
        # What we made, we take away again, whoever died in between.
        assert engine.apply(space(secrets={"A": {"env": "A"}}, variables={}))[1].exit_code == 0
        assert set(held.secrets) == {"A"}
        assert not held.variables
