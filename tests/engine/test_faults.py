"""Any single fault, at any single request: apply again ends in the desired state, nothing twice, nothing lost."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hfops.hub.transport import Request, RequestsTransport, Response
from hfops.hub.wrappers import Wrapper
from hfops.model.call import Repeat
from hfops.model.problem import HfopsError
from hfops.sandbox.server import Sandbox
from tests.contract import check_request
from tests.harness import Engine, MemoryStore


def model(name: str, **spec: Any) -> dict[str, Any]:
    """A Model document in acme."""
    return {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": f"acme/{name}"}, "spec": spec}


BEFORE = [
    model("kept", visibility="private", branches=[{"name": "old"}, {"name": "dev"}], tags=[{"name": "v1"}]),
    model("named", gated="auto"),
    model("gone", visibility="private"),
]
AFTER = [
    model("kept", visibility="public", gated="manual", branches=[{"name": "dev"}, {"name": "new", "from": "dev"}],
          tags=[{"name": "v1", "revision": "dev"}], discussionsDisabled=True, resourceGroup="red"),
    model("renamed", gated="manual", tags=[{"name": "v1"}]),
    model("fresh", visibility="public", gated="auto", branches=[{"name": "a"}, {"name": "b", "from": "a"}],
          tags=[{"name": "v1", "revision": "b", "message": "m"}], orgMembersGated=True),
    {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {
        "moved": [{"from": "Model/acme/named", "to": "Model/acme/renamed"}],
        "removed": [{"address": "Model/acme/gone", "action": "delete"}]}},
]  # fmt: skip

SEED = {"orgs": [{"name": "acme", "resourceGroups": [{"name": "red"}]}]}


class Killed(BaseException):
    """The process is gone."""


class Killing(Wrapper):
    """Kills the process at the n-th request: before it is sent, or after it had its effect."""

    def __init__(self, nth: int, *, after: bool, store: MemoryStore) -> None:
        super().__init__(RequestsTransport())
        self.left, self.after, self.store = nth, after, store

    def send(self, request: Request) -> Response:
        self.left -= 1
        if self.left > 0:
            return self._inner.send(request)
        if self.left == 0 and self.after:
            self._inner.send(request)
        self.store.dead = True
        raise Killed


@contextlib.contextmanager
def prepared_hub() -> Iterator[tuple[Sandbox, Engine]]:
    """A Hub in which BEFORE was applied, and ``dev`` of ``kept`` has moved on since."""
    with Sandbox(SEED) as sandbox:
        engine = Engine(sandbox.url, parallelism=1)
        assert engine.apply(BEFORE)[1].exit_code == 0
        with engine.connect() as connections:
            line = [
                {"key": "header", "value": {"summary": "work", "description": ""}},
                {"key": "file", "value": {"path": "a.txt", "content": "YQ==", "encoding": "base64"}},
            ]
            connections.writer().send("POST", "/api/models/acme/kept/commit/dev", line, Repeat.ONCE)
        sandbox.exchanges.clear()
        yield sandbox, engine


def state(sandbox: Sandbox) -> Any:
    """What matters of the Hub: names, ids, settings, refs and what their commits hold."""
    engine = Engine(sandbox.url)
    with engine.connect() as connections:
        read = connections.reader
        rows = next(
            read.pages("/api/models", {"author": "acme", "expand": ["private", "gated", "resourceGroup"]})
        )
        found = {}
        for row in rows:
            refs = read.get(f"/api/models/{row['id']}/refs")
            trees = {
                f"{listing}/{r['name']}": [
                    f["path"] for f in next(read.pages(f"/api/models/{row['id']}/tree/{r['targetCommit']}"))
                ]
                for listing in ("branches", "tags")
                for r in refs[listing]
            }
            group = (row.get("resourceGroup") or {}).get("name")
            found[row["id"]] = [row["private"], row["gated"], group, trees]
        return found


def owned(store: MemoryStore) -> Any:
    """The ledger without what differs from run to run."""
    data = json.loads(store.text or "{}")
    text = json.dumps({"entries": data["entries"], "intentions": data["intentions"]}, sort_keys=True)
    return json.loads(re.sub(r"[0-9a-f]{40}", "commit", text))


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, Any, Any]:
    """Requests, end state and ledger of the run without a fault."""
    with prepared_hub() as (sandbox, engine):
        assert engine.apply(AFTER)[1].exit_code == 0
        count = len(list(sandbox.exchanges))
        assert engine.plan(AFTER).plan.empty
        return count, state(sandbox), owned(engine.store)


FAULTS: dict[str, dict[str, Any]] = {
    "500 without effect": {"status": 500},
    "500 after the effect": {"status": 500, "after": True},
    "503 with Retry-After": {"status": 503, "headers": {"Retry-After": "1"}},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "403": {"status": 403},
    "reset": {"reset": True},
    "answer dropped": {"drop-response": True},
    "answer cut off": {"truncate": True},
    "500 for good": {"status": 500, "always": True},
    "answers dropped for good": {"drop-response": True, "always": True},
}
MOST = 45
"""More than the run has requests; where it ends earlier, the fault never strikes."""


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere(fault: str, undisturbed: tuple[int, Any, Any]) -> None:
    """After the fault, one quiet apply reaches the same Hub and the same ledger as a run without it."""
    count, wanted, wanted_ledger = undisturbed
    assert count < MOST
    for nth in range(1, count + 1):
        with prepared_hub() as (sandbox, engine):
            effect = {k: v for k, v in FAULTS[fault].items() if k != "always"}
            if "always" in FAULTS[fault]:
                for n in range(nth, nth + 40):
                    sandbox.faults.add({"match": {}, "nth": n, **effect})
            else:
                sandbox.faults.add({"match": {}, "nth": nth, **effect})
            try:
                _, result = engine.apply(AFTER)
                code = result.exit_code
            except HfopsError as error:
                code = error.exit_code
            sandbox.faults.clear()
            assert [p for e in sandbox.exchanges for p in check_request(e)] == []
            where = (fault, nth, code, [(e.method, e.path, e.status) for e in sandbox.exchanges])
            if code == 0:
                assert engine.plan(AFTER).plan.empty, where
            _, again = engine.apply(AFTER)
            assert again.exit_code == 0, (where, again)
            assert engine.plan(AFTER).plan.empty, where
            assert state(sandbox) == wanted, where
            assert owned(engine.store) == wanted_ledger, where


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
def test_killed_anywhere(after: bool, undisturbed: tuple[int, Any, Any]) -> None:
    """A process killed at any request leaves nothing that the next run does not find out."""
    count, wanted, wanted_ledger = undisturbed
    for nth in range(1, count + 1):
        with prepared_hub() as (sandbox, engine):
            engine.wrap = lambda nth=nth, engine=engine: Killing(nth, after=after, store=engine.store)
            with pytest.raises(Killed):
                engine.apply(AFTER)
            engine.wrap, engine.store.dead = None, False
            _, result = engine.apply(AFTER)
            assert result.exit_code == 0, (nth, result)
            assert engine.plan(AFTER).plan.empty, nth
            assert state(sandbox) == wanted, nth
            assert owned(engine.store) == wanted_ledger, nth
