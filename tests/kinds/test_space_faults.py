"""Any single fault at any single request of a Space's apply: the next apply ends where it should, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hfops.hub.transport import Request, Response
from hfops.model.problem import HfopsError
from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from hfops.sandbox.spaces.machine import space_of
from tests.engine.test_faults import Killed, Killing
from tests.harness import Engine, MemoryStore

ENV = {"A": "value-of-a", "B": "value-of-b", "C": "value-of-c"}
CANARY = "value-of-"
CACHE = {"type": "bucket", "source": "acme/cache", "mountPath": "/data"}


def space(name: str, **spec: Any) -> dict[str, Any]:
    """A Space in acme."""
    return {"apiVersion": "hfops/v1", "kind": "Space", "metadata": {"name": f"acme/{name}"}, "spec": spec}


BEFORE = [
    space(
        "kept", visibility="private", sdk="docker", variables={"OLD": "1", "X": "1"}, volumes=[CACHE],
        secrets={"A": {"env": "A"}, "GONE": {"env": "B"}}, hardware="t4-small", sleepTime="1h",
        files=[{"path": "Dockerfile", "from": {"inline": "FROM a"}}],
    ),
    space("gone", visibility="private", sdk="static"),
]  # fmt: skip
AFTER = [
    space(
        "kept", visibility="public", sdk="docker", variables={"X": "2", "Y": {"value": "3", "description": "d"}},
        volumes=[{**CACHE, "mountPath": "/cache"}], secrets={"A": {"env": "A", "version": "2"}, "B": {"env": "B"}},
        hardware="cpu-upgrade", sleepTime="never", state="running",
        files=[{"path": "Dockerfile", "from": {"inline": "FROM b"}}],
    ),
    space(
        "fresh", visibility="public", gated="manual", sdk="gradio", variables={"X": "1"},
        secrets={"C": {"env": "C"}}, state="paused", branches=[{"name": "dev"}],
    ),
    {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {
        "removed": [{"address": "Space/acme/gone", "action": "delete"}]}},
]  # fmt: skip


class KillingOnce(Killing):
    """One request at a time, so that a dead process's other threads do not outlive it into the next run."""

    def __init__(self, nth: int, *, after: bool, store: MemoryStore) -> None:
        super().__init__(nth, after=after, store=store)
        self._one = threading.Lock()

    def send(self, request: Request) -> Response:
        with self._one:
            if self.left <= 0:
                raise Killed
            return super().send(request)


@contextlib.contextmanager
def prepared_hub() -> Iterator[tuple[Sandbox, Engine]]:
    """A Hub in which BEFORE was applied."""
    with Sandbox(transition_time=0.01) as sandbox:
        engine = Engine(sandbox.url, parallelism=1, environ=ENV)
        assert engine.apply(BEFORE)[1].exit_code == 0
        sandbox.exchanges.clear()
        yield sandbox, engine


def state(sandbox: Sandbox) -> Any:
    """All that matters of the Hub's Spaces, secret values included."""
    out = {}
    for repo in sandbox.hub.repos.values():
        if repo.kind is not Kind.SPACE:
            continue
        one = space_of(repo)
        out[repo.id] = {
            "visibility": repo.visibility,
            "gated": repo.settings["gated"],
            "secrets": {k: e.value for k, e in one.secrets.items()},
            "variables": {k: (e.value, e.description) for k, e in one.variables.items()},
            "volumes": one.volumes,
            "hardware": one.requested,
            "sleep": one.sleep_time,
            "stage": one.stage,
            "files": {p: sandbox.hub.store.blobs[f.oid] for p, f in repo.head.files.items()},
        }
    return out


def owned(store: MemoryStore) -> Any:
    """The ledger without what differs from run to run: hashes, dates, ids, and whose doing an entry was."""
    data = json.loads(store.text or "{}")
    assert CANARY not in (store.text or "")
    text = json.dumps({"entries": data["entries"], "intentions": data["intentions"]}, sort_keys=True)
    for pattern in (
        r"scrypt\$[^\"]+",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z",
        r"[0-9a-f]{40}",
        r"[0-9a-f]{24}",
    ):
        text = re.sub(pattern, "…", text)
    return json.loads(text)


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, Any, Any]:
    """Requests up to the last write, end state and ledger of the run without a fault."""
    with prepared_hub() as (sandbox, engine):
        assert engine.apply(AFTER)[1].exit_code == 0
        writes = [i for i, e in enumerate(sandbox.exchanges, 1) if e.method not in ("GET", "HEAD")]
        assert engine.plan(AFTER).plan.empty
        return writes[-1] + 1, state(sandbox), owned(engine.store)


FAULTS: dict[str, dict[str, Any]] = {
    "500 after the effect": {"status": 500, "after": True},
    "403": {"status": 403},
    "answers dropped for good": {"drop-response": True, "always": True},
}


def attempt(engine: Engine) -> tuple[int, str]:
    """Apply as far as it goes: the exit code, and all that was said."""
    try:
        result = engine.apply(AFTER)[1]
    except HfopsError as error:
        return error.exit_code, str(error)
    return result.exit_code, str(result)


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere(fault: str, undisturbed: tuple[int, Any, Any]) -> None:
    """After the fault, one quiet apply reaches the same Hub and the same ledger as a run without it."""
    count, wanted, ledger = undisturbed
    for nth in range(1, count + 1):
        with prepared_hub() as (sandbox, engine):
            effect = {k: v for k, v in FAULTS[fault].items() if k != "always"}
            for n in range(nth, nth + 40) if "always" in FAULTS[fault] else (nth,):
                sandbox.faults.add({"match": {}, "nth": n, **effect})
            code, said = attempt(engine)
            assert CANARY not in said
            sandbox.faults.clear()
            where = (fault, nth, code, [(e.method, e.path, e.status) for e in sandbox.exchanges])
            if code == 0:
                assert engine.plan(AFTER).plan.empty, where
            assert engine.apply(AFTER)[1].exit_code == 0, where
            assert engine.plan(AFTER).plan.empty, where
            assert state(sandbox) == wanted, where
            assert owned(engine.store) == ledger, where


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
def test_killed_anywhere(after: bool, undisturbed: tuple[int, Any, Any]) -> None:
    """A process killed at any request leaves nothing that the next run does not find out and make good."""
    count, wanted, ledger = undisturbed
    for nth in range(1, count + 1):
        with prepared_hub() as (sandbox, engine):
            engine.wrap = lambda nth=nth, engine=engine: KillingOnce(nth, after=after, store=engine.store)
            with contextlib.suppress(Killed):  # how often a wait looks differs from run to run
                engine.apply(AFTER)
            engine.wrap, engine.store.dead = None, False
            result = engine.apply(AFTER)[1]
            assert result.exit_code == 0, (nth, result)
            assert engine.plan(AFTER).plan.empty, nth
            assert state(sandbox) == wanted, nth
            assert owned(engine.store) == ledger, nth
