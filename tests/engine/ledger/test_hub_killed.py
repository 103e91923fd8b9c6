"""A run that is killed at any request, the ledger's own included: the next one ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hfops.engine.inventory import Inventory
from hfops.engine.ledger.session import Ledger
from hfops.engine.planning import Prepared, prepare
from hfops.engine.view import hub_view
from hfops.engine.work import Scope
from hfops.hub.connection import Connections
from hfops.hub.transport import Request, RequestsTransport, Response
from hfops.hub.wrappers import Wrapper
from hfops.sandbox.server import Sandbox
from tests.engine.ledger.hubs import HOME, PACE, Runs, runs
from tests.harness import TODAY, Engine
from tests.machine import vault_of


def model(name: str, **spec: Any) -> dict[str, Any]:
    """A Model document in acme."""
    return {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": f"acme/{name}"}, "spec": spec}


BEFORE = [model("kept", visibility="private", tags=[{"name": "v1"}]), model("gone"), model("named")]
AFTER = [
    model("kept", visibility="private", gated="auto", tags=[{"name": "v2"}]),
    model("fresh", gated="manual", tags=[{"name": "v1"}]),
    model("renamed"),
    {**model("last"), "dependsOn": ["Model/acme/fresh"]},
    {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {
        "moved": [{"from": "Model/acme/named", "to": "Model/acme/renamed"}],
        "removed": [{"address": "Model/acme/gone", "action": "delete"}]}},
]  # fmt: skip


@dataclass
class HubEngine(Engine):
    """The engine with its ledger on the Hub; every run has connections and a lease of its own."""

    home: Runs = field(kw_only=True)

    def _prepare(self, found: Inventory, connections: Connections, prune: bool) -> tuple[Prepared, Ledger]:
        store = self.home.store("test", connections=connections, pace=replace(PACE, every=1000.0))
        ledger = Ledger(store, "test", None)
        view = hub_view(connections.reader, self.parallelism)
        scope = Scope(found.resources, whole=True, prune=prune, vault=vault_of(found, {}, view=view))
        return prepare(found, scope, ledger, view, TODAY), ledger


class Killed(BaseException):
    """The process is gone."""


class Killing(Wrapper):
    """Ends at the n-th request, before it is sent or after it had its effect, and sends nothing from then on."""

    def __init__(self, nth: int, *, after: bool) -> None:
        super().__init__(RequestsTransport())
        self.left, self.after = nth, after

    def send(self, request: Request) -> Response:
        """Hand on what comes before the end."""
        self.left -= 1
        if self.left > 0:
            return self._inner.send(request)
        if self.left == 0 and self.after:
            self._inner.send(request)
        raise Killed


@contextlib.contextmanager
def prepared() -> Iterator[tuple[Sandbox, Runs, HubEngine]]:
    """A Hub on which BEFORE was applied."""
    with Sandbox() as sandbox, runs(sandbox) as home:
        engine = HubEngine(sandbox.url, parallelism=1, home=home)
        assert engine.apply(BEFORE)[1].exit_code == 0
        sandbox.exchanges.clear()
        yield sandbox, home, engine


def state(home: Runs) -> Any:
    """What is on the Hub and in the ledger, without what differs from run to run."""
    ledger = home.file("ledgers/test.json")
    text = str(sorted(ledger["entries"].items())) + str(ledger["intentions"])
    repos = home.call("GET", "/api/models?author=acme&expand=private&expand=gated").json()
    tags = {
        r["id"]: [t["name"] for t in home.call("GET", f"/api/models/{r['id']}/refs").json()["tags"]]
        for r in repos
    }
    return (
        re.sub(r"[0-9a-f]{24,40}", "id", text),
        sorted((r["id"], r["private"], r["gated"]) for r in repos),
        tags,
    )


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, Any]:
    """How many requests a run takes that nobody kills, and where it ends."""
    with prepared() as (sandbox, home, engine):
        assert engine.apply(AFTER)[1].exit_code == 0
        count = len(list(sandbox.exchanges))
        assert engine.plan(AFTER).plan.empty
        return count, state(home)


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
def test_killed_anywhere(undisturbed: tuple[int, Any], after: bool) -> None:
    """Once the dead run's lease has ended, one more apply reaches the same Hub and ledger; every resource is still ours."""
    count, wanted = undisturbed
    assert count > 20
    for nth in range(1, count + 1):
        with prepared() as (_, home, engine):
            killing = Killing(nth, after=after)
            engine.wrap = lambda killing=killing: killing
            with pytest.raises(Killed):
                engine.apply(AFTER)
            engine.wrap = None
            lease = home.store("test").others_lease()
            if lease:
                home.store("test").end_lease(lease)
            _, result = engine.apply(AFTER)
            assert result.exit_code == 0, (nth, result)
            assert engine.plan(AFTER).plan.empty, nth
            assert state(home) == wanted, nth


def test_killed_while_the_home_is_made() -> None:
    """The very first apply, killed at each of its requests: the next one finds the home as far as it came."""
    for nth in range(1, 14):
        for after in (False, True):
            with Sandbox() as sandbox, runs(sandbox) as home:
                engine = HubEngine(sandbox.url, parallelism=1, home=home)
                killing = Killing(nth, after=after)
                engine.wrap = lambda killing=killing: killing
                with contextlib.suppress(Killed):
                    engine.apply([model("x")])
                engine.wrap = None
                lease = home.store("test").others_lease()
                if lease:
                    home.store("test").end_lease(lease)
                assert engine.apply([model("x")])[1].exit_code == 0, (nth, after)
                assert home.file("ledgers/test.json")["entries"]["Model/acme/x"]["origin"] == "created"
                assert home.call("GET", f"/api/datasets/{HOME}").json()["private"] is True
