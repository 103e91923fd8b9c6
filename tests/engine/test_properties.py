"""Whatever the manifests and whatever the Hub: apply, then plan is empty, and nothing else was touched."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from tests.harness import Engine

NAMES = ["a", "B", "c"]
REFS = ["dev", "rel/1", "next"]
TAGS = ["v1", "v2"]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all examples: each lives in an organisation of its own."""
    with Sandbox() as sandbox:
        yield sandbox


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid spec: any field may be absent; refs start at main, or at each other without a circle."""
    spec: dict[str, Any] = {}
    fields: dict[str, list[Any]] = {
        "visibility": ["public", "private"],
        "gated": ["auto", "manual", False],
        "discussionsDisabled": [True, False],
        "gatedNotificationsMode": ["bulk", "real-time"],
        "resourceGroup": ["red", "blue", "none"],
    }
    for name, values in fields.items():
        if draw(st.booleans()):
            spec[name] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(REFS), unique=True))
        starts = [["main", *chosen[:i]] for i in range(len(chosen))]
        spec["branches"] = [
            {"name": n, "from": draw(st.sampled_from(s))} for n, s in zip(chosen, starts, strict=True)
        ]
    if draw(st.booleans()):
        froms = ["main", *(b["name"] for b in spec.get("branches", []))]
        chosen = draw(st.lists(st.sampled_from(TAGS), unique=True))
        spec["tags"] = [{"name": n, "revision": draw(st.sampled_from(froms))} for n in chosen]
    if draw(st.booleans()):
        lists = [name for name in ("branches", "tags") if name in spec]
        spec["exclusive"] = draw(st.lists(st.sampled_from(lists), unique=True)) if lists else []
    return spec


@st.composite
def manifests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Documents for some of the possible repositories; {ns} stands for the example's organisation."""
    ids = draw(
        st.lists(
            st.tuples(st.sampled_from(["Model", "Dataset"]), st.sampled_from(NAMES)), unique=True, max_size=5
        )
    )
    return [
        {
            "apiVersion": "hfops/v1",
            "kind": kind,
            "metadata": {"name": f"{{ns}}/{name}"},
            "spec": draw(specs()),
        }
        for kind, name in ids
    ]


def located(docs: list[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    """The documents in one example's organisation."""
    return [{**d, "metadata": {"name": d["metadata"]["name"].replace("{ns}", namespace)}} for d in docs]


def new_org(world: Sandbox) -> str:
    """A fresh organisation with two resource groups, administered by hfops-user."""
    name = f"org-{next(_numbers)}"
    plant(world.hub, {"orgs": [{"name": name, "resourceGroups": [{"name": "red"}, {"name": "blue"}]}],
                      "users": [{"name": f"u{name}", "token": f"t-{name}", "orgs": [{"name": name, "role": "admin"}]}]}, "seed")  # fmt: skip
    return name


class Somebody:
    """Another person at work on the Hub, with a reproducible mind."""

    def __init__(self, url: str, namespace: str, seed: int) -> None:
        self.url, self.namespace, self.random = url, namespace, random.Random(seed)
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer t-{namespace}"

    def meddle(self, steps: int) -> None:
        """Make some changes; refusals are part of life."""
        with self.http:
            for _ in range(steps):
                kind = self.random.choice(["model", "dataset"])
                name = self.random.choice(NAMES)
                self.random.choice(
                    [self.create, self.settings, self.branch, self.tag, self.unbranch, self.delete]
                )(kind, name)

    def _send(self, method: str, path: str, body: Any = None) -> None:
        answer = self.http.request(method, self.url + path, json=body, timeout=10)
        assert answer.status_code < 500, (path, answer.text)

    def create(self, kind: str, name: str) -> None:
        body = {
            "name": name,
            "organization": self.namespace,
            "type": kind,
            "visibility": self.random.choice(["public", "private"]),
        }
        self._send("POST", "/api/repos/create", body)

    def settings(self, kind: str, name: str) -> None:
        body = self.random.choice(
            [{"gated": "auto"}, {"gated": False}, {"visibility": "public"}, {"visibility": "private"}]
        )
        self._send("PUT", f"/api/{kind}s/{self.namespace}/{name}/settings", body)

    def branch(self, kind: str, name: str) -> None:
        ref = self.random.choice([*REFS, "theirs"]).replace("/", "%2F")
        self._send("POST", f"/api/{kind}s/{self.namespace}/{name}/branch/{ref}", {"startingPoint": "main"})

    def unbranch(self, kind: str, name: str) -> None:
        ref = self.random.choice(REFS).replace("/", "%2F")
        self._send("DELETE", f"/api/{kind}s/{self.namespace}/{name}/branch/{ref}")

    def tag(self, kind: str, name: str) -> None:
        self._send(
            "POST",
            f"/api/{kind}s/{self.namespace}/{name}/tag/main",
            {"tag": self.random.choice([*TAGS, "theirs"])},
        )

    def delete(self, kind: str, name: str) -> None:
        if self.random.random() < 0.3:
            self._send(
                "DELETE", "/api/repos/delete", {"name": name, "organization": self.namespace, "type": kind}
            )


@settings(max_examples=60, deadline=None)
@given(
    first=manifests(),
    second=manifests(),
    seed=st.integers(0, 2**16),
    steps=st.integers(0, 12),
    prune=st.booleans(),
)
def test_apply_then_plan_is_empty(
    world: Sandbox, first: list[Any], second: list[Any], seed: int, steps: int, prune: bool
) -> None:
    """From any state that an earlier apply and other people left, one apply reaches the manifests."""
    namespace = new_org(world)
    engine = Engine(world.url, token=f"t-{namespace}")
    Somebody(world.url, namespace, seed).meddle(steps)
    _, result = engine.apply(located(first, namespace))
    assert result.exit_code == 0, result
    assert engine.plan(located(first, namespace)).plan.empty
    Somebody(world.url, namespace, seed + 1).meddle(steps)
    _, result = engine.apply(located(second, namespace), prune=prune)
    assert result.exit_code == 0, result
    again = engine.plan(located(second, namespace), prune=prune).plan
    assert again.empty, again.to_json()


@settings(max_examples=40, deadline=None)
@given(first=manifests(), second=manifests(), seed=st.integers(0, 2**16), order=st.randoms())
def test_a_plan_is_about_what_is_mentioned_or_owned(
    world: Sandbox, first: list[Any], second: list[Any], seed: int, order: random.Random
) -> None:
    """No call is for a repository that neither the manifests nor the ledger know; the documents' order is nothing."""
    namespace = new_org(world)
    engine = Engine(world.url, token=f"t-{namespace}")
    Somebody(world.url, namespace, seed).meddle(15)
    engine.apply(located(first, namespace))
    Somebody(world.url, namespace, seed + 1).meddle(15)
    docs = located(second, namespace)
    prepared = engine.plan(docs, prune=True)
    known = {f"{d['kind']}/{d['metadata']['name']}".casefold() for d in docs} | {
        a.key for a in prepared.records
    }
    for change in prepared.plan.acting:
        assert change.address.key in known
        for call in change.calls:
            assert change.address.id.split("/")[1] in str(call.to_json())
    shuffled = list(docs)
    order.shuffle(shuffled)
    again = engine.plan(shuffled, prune=True).plan
    assert [c.to_json() | {"where": ""} for c in again.changes] == [
        c.to_json() | {"where": ""} for c in prepared.plan.changes
    ]


@settings(max_examples=30, deadline=None)
@given(docs=manifests(), seed=st.integers(0, 2**16))
def test_foreign_refs_survive(world: Sandbox, docs: list[Any], seed: int) -> None:
    """A branch or tag that somebody else made is never deleted, unless the list is exclusive."""
    namespace = new_org(world)
    engine = Engine(world.url, token=f"t-{namespace}")
    somebody = Somebody(world.url, namespace, seed)
    for kind, name in itertools.product(["model", "dataset"], NAMES):
        somebody.create(kind, name)
        somebody.random = random.Random(seed)
        somebody._send("POST", f"/api/{kind}s/{namespace}/{name}/branch/theirs", {"startingPoint": "main"})
        somebody._send("POST", f"/api/{kind}s/{namespace}/{name}/tag/main", {"tag": "theirs"})
    somebody.http.close()
    _, result = engine.apply(located(docs, namespace))
    assert result.exit_code == 0
    with engine.connect() as connections:
        for doc in docs:
            path = f"/api/{doc['kind'].lower()}s/{doc['metadata']['name'].replace('{ns}', namespace)}/refs"
            refs = connections.reader.get(path)
            for listing in ("branches", "tags"):
                exclusive = listing in doc["spec"].get("exclusive", []) and listing in doc["spec"]
                assert exclusive or "theirs" in {r["name"] for r in refs[listing]}
