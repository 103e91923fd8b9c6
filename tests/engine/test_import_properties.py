"""Whatever the Hub holds: import, and the plan is empty. What has no history comes back byte for byte."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfops.engine.importing.ask import Order
from hfops.engine.importing.harvest import Harvest, harvest, survey
from hfops.engine.importing.known import Known
from hfops.engine.importing.run import Home, write
from hfops.engine.importing.target import Target
from hfops.engine.view import hub_view
from hfops.manifest.yaml import parse
from hfops.model.outcome import Status
from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from tests.harness import Engine

NAMES = [
    *(
        "CON",
        "nul",
        "con.txt",
        "hfops",
        "git",
        "yes",
        "null",
        "1e5",
        "0x1F",
        "12345",
        "2026-01-01",
        "a.b_C-d",
    ),
    *("True", "readme.md", "X" * 96, "_", "models", "x.yaml", "x.yaml.j2", "7.0"),
]
TEXTS = [
    *(
        "{{ secrets }}",
        "{% for x in y %}",
        "{# no #}",
        "a: b",
        "- a",
        "# no comment",
        "a #b",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
    ),
    *(
        "yes",
        "NO",
        "null",
        "~",
        "1",
        "1.0",
        "2026-01-01",
        "12:30:00",
        "0o17",
        "'",
        '"',
        "\\",
        "\\n",
        "%YAML 1.1",
        "---",
    ),
    *(
        "a\nb",
        "a\nb\n",
        "\n\n",
        " a",
        "a ",
        "\ta",
        "a\r\nb",
        "a\x00b",
        "\x07",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u202e",
    ),
    *(
        "Größe",
        "模型",
        "🙂",
        "👩‍💻",
        "= a",
        "@a",
        "`a`",
        "<<",
        "$HOME",
        "${HOME}",
        "../../etc/passwd",
        "x" * 5000,
    ),
]
LETTERS = st.characters(exclude_categories=("Cs",))
KEYS = ["A", "HF_TOKEN", "PATH", "on", "No", "API_KEY", "y", "Null", "x1", "HOME"]
REPOS = ["Model", "Dataset"]
_numbers = itertools.count()


def texts(size: int) -> st.SearchStrategy[str]:
    """Any text, and those that YAML, templates and file systems trip over."""
    return st.sampled_from([t[:size] for t in TEXTS]) | st.text(LETTERS, max_size=min(size, 60))


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """One Hub for all examples: each lives in an organisation, and with a user, of its own."""
    with Sandbox(transition_time=0.0) as sandbox:
        sandbox.hub.lax_titles = True
        yield sandbox


@st.composite
def repos(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Models and datasets: any settings, some with refs."""
    ids = draw(st.lists(st.tuples(st.sampled_from(REPOS), st.sampled_from(NAMES)), unique=True, max_size=4))
    return [{"kind": kind, "name": name, "spec": draw(repo_specs())} for kind, name in ids]


@st.composite
def repo_specs(draw: st.DrawFn) -> dict[str, Any]:
    spec: dict[str, Any] = {"visibility": draw(st.sampled_from(["public", "private"]))}
    spec["gated"] = draw(st.sampled_from(["auto", "manual", False]))
    if draw(st.booleans()):
        spec["resourceGroup"] = draw(st.sampled_from(["red", "none", "0123456789abcdef01234567", "a: b"]))
    if draw(st.booleans()):
        spec["tags"] = [
            {"name": n} for n in draw(st.lists(st.sampled_from(["v1", "yes", "1.0"]), unique=True))
        ]
        spec["branches"] = [
            {"name": n} for n in draw(st.lists(st.sampled_from(["dev", "no", "a/b"]), unique=True))
        ]
    if draw(st.booleans()):
        spec["card"] = {
            "metadata": {"license": "mit", "tags": draw(st.lists(st.sampled_from(TEXTS[:20]), max_size=3))}
        }
    return spec


@st.composite
def spaces(draw: st.DrawFn, *, secrets: bool = True) -> list[dict[str, Any]]:
    """Spaces of every sdk, with variables of any text."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    return [{"kind": "Space", "name": name, "spec": draw(space_specs(secrets=secrets))} for name in names]


@st.composite
def space_specs(draw: st.DrawFn, *, secrets: bool) -> dict[str, Any]:
    sdk = draw(st.sampled_from(["gradio", "docker", "static"]))
    spec: dict[str, Any] = {"sdk": sdk, "visibility": draw(st.sampled_from(["public", "private"]))}
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
    spec["variables"] = {k: draw(variables()) for k in keys[:2]}
    if secrets:
        spec["secrets"] = {k: {"value": "s3cr3t-value", "description": draw(texts(60))} for k in keys[1:]}
        spec["visibility"] = draw(st.sampled_from(["public", "protected", "private"]))
    if sdk != "static":
        spec["hardware"] = draw(st.sampled_from(["cpu-basic", "cpu-upgrade", "t4-small"]))
        if spec["hardware"] != "cpu-basic":
            spec["sleepTime"] = draw(st.sampled_from(["never", "1h", "95s", 7200]))
        spec["volumes"] = draw(volumes())
        if draw(st.booleans()):
            spec["state"] = "paused"
    return spec


def variables() -> st.SearchStrategy[Any]:
    """A value alone, or with what it is for."""
    described = st.fixed_dictionaries({"value": texts(5000), "description": texts(200)})
    return texts(5000) | described


def volumes() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Buckets and repositories."""
    bucket = st.fixed_dictionaries(
        {"type": st.just("bucket"), "source": st.just("acme/cache"), "mountPath": st.just("/data"),
         "readOnly": st.booleans()}
    )  # fmt: skip
    return st.lists(bucket, max_size=1)


@st.composite
def collections(draw: st.DrawFn, *, lax: bool = True) -> list[dict[str, Any]]:
    """Collections of any title, some of one title, with fewer and with more items than a list shows."""
    found = draw(st.lists(texts(60).filter(lambda t: len(t) > 0), max_size=3, unique=not lax))
    if not lax:
        found = [t for t in dict.fromkeys(t.strip() for t in found) if t]
    out = []
    for title in found:
        size = draw(st.sampled_from([0, 1, 3, 4, 5, 12]))
        items = [{"type": "paper", "id": f"{2000 + i // 100:04}.{i:05}"} for i in range(size)]
        for item in items[:3]:
            if draw(st.booleans()):
                item["note"] = draw(texts(500))
        spec = {"title": title, "description": draw(texts(150)), "items": items}
        spec["theme"] = draw(st.sampled_from(["orange", "blue"]))
        spec["visibility"] = draw(st.sampled_from(["public", "private"]))
        spec["gating"] = draw(st.sampled_from([False, "auto", "manual"]))
        out.append({"kind": "Collection", "name": "x", "spec": spec})
    return out


@st.composite
def endpoints(draw: st.DrawFn, *, secrets: bool = True) -> list[dict[str, Any]]:
    """Endpoints of every sort of image and state."""
    names = draw(st.lists(st.sampled_from(["prod", "1e5", "on", "null", "a-b"]), unique=True, max_size=2))
    return [
        {"kind": "InferenceEndpoint", "name": n, "spec": draw(endpoint_specs(secrets=secrets))} for n in names
    ]


@st.composite
def endpoint_specs(draw: st.DrawFn, *, secrets: bool) -> dict[str, Any]:
    custom: dict[str, Any] = {"url": "ghcr.io/acme/server:1.4", "port": 8080}
    model: dict[str, Any] = {"repository": "elsewhere/thing"}
    if secrets and draw(st.booleans()):
        custom["credentials"] = {"username": "ci", "password": "pass-word"}
    if secrets:
        model["secrets"] = dict.fromkeys(
            draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=2)), "s3cr3t"
        )
    if draw(st.booleans()):
        model |= {"image": {"custom": custom}, "framework": "custom"}
    model["env"] = draw(st.dictionaries(st.sampled_from(["A", "B"]), texts(200), max_size=2))
    model["args"] = draw(st.lists(texts(40), max_size=3))
    scaling: dict[str, Any] = {"minReplica": draw(st.integers(0, 1)), "maxReplica": draw(st.integers(1, 3))}
    scaling["scaleToZeroTimeout"] = draw(st.sampled_from([15, 20, "1h"]))
    if draw(st.booleans()):
        scaling["measure"] = draw(st.sampled_from([{"hardwareUsage": 70}, {"pendingRequests": 1.5}]))
    compute = {"accelerator": "cpu", "instanceType": "intel-spr", "instanceSize": "x1", "scaling": scaling}
    spec = {"model": model, "compute": compute, "provider": {"vendor": "aws", "region": "us-east-1"}}
    spec["tags"] = draw(st.lists(st.sampled_from(["prod", "no", "1.0", "a: b"]), unique=True, max_size=2))
    spec["type"] = draw(st.sampled_from(["public", "authenticated", "private"]))
    if draw(st.booleans()):
        spec["state"] = "paused"
    return spec


@st.composite
def webhooks(draw: st.DrawFn, *, secrets: bool = True) -> list[dict[str, Any]]:
    """Webhooks, some that differ in nothing but their ids, some with secrets in their URLs."""
    plain = ["https://ci.acme.example/hooks/hf", "https://ci.acme.example/", "http://127.0.0.1:9/x"]
    secret = ["https://a:b@ci.acme.example/x", "https://ci.acme.example/?token=s3cr3tvalue",
              "https://hooks.acme.example/services/T0000/B0000/a1b2c3d4e5f6a7b8c9d0"]  # fmt: skip
    urls = draw(st.lists(st.sampled_from(plain + secret * secrets), max_size=3, unique=not secrets))
    out = []
    for url in urls:
        spec: dict[str, Any] = {
            "url": url,
            "domains": draw(st.sampled_from([["repo"], ["repo", "discussion"]])),
        }
        spec["watched"] = [{"type": "org", "name": "{ns}"}]
        if secrets and draw(st.booleans()):
            spec["secret"] = "s3cr3t-hook"
        spec["enabled"] = draw(st.booleans())
        out.append({"kind": "Webhook", "name": "x", "spec": spec})
    if draw(st.booleans()):
        job = {
            "dockerImage": "python:3.12",
            "command": ["python", "-c", draw(texts(40).filter(bool))],
            "flavor": "cpu-basic",
        }
        out.append(
            {
                "kind": "Webhook",
                "name": "x",
                "spec": {"job": job, "watched": [{"type": "org", "name": "{ns}"}]},
            }
        )
    return out


@dataclass
class Place:
    """An organisation and a user, for one example."""

    world: Sandbox
    org: str
    user: str

    @property
    def token(self) -> str:
        """The user's token."""
        return f"t-{self.org}"

    def plant(self, found: list[dict[str, Any]]) -> None:
        """Make resources exist."""
        resources = [
            {"kind": r["kind"], "metadata": {"name": self._name(r)}, "spec": _located(r["spec"], self.org)}
            for r in found
        ]
        plant(self.world.hub, {"resources": resources}, "seed")

    def _name(self, resource: dict[str, Any]) -> str:
        return f"{self.user if resource['kind'] == 'Webhook' else self.org}/{resource['name']}"

    def engine(self) -> Engine:
        """A project of its own, with an empty ledger."""
        return Engine(self.world.url, token=self.token)

    def taken(self, folder: Path, **order: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """What an import writes into an empty folder: its documents, and the files' texts."""
        wanted = Order((Target(self.org),), **order)
        with self.engine().connect() as connections:
            hub = hub_view(connections.reader, 4)
            lists = survey(wanted, Known(), hub)
            found: Harvest = harvest(lists, lambda _: True, hub)
        assert not lists.closed
        assert not lists.stopped
        assert not found.stopped
        assert not found.failed
        write(found, wanted, Home(folder, folder, folder / ".schemas", fresh=True))
        written = {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*.yaml"))}
        docs = []
        for name, text in written.items():
            parsed, problems = parse(text, name)
            assert not problems
            docs += [d.data for d in parsed if d.data["kind"] != "Project"]
        return docs, written

    def wipe(self) -> None:
        """Delete everything."""
        with self.world.hub.lock:
            hub = self.world.hub
            for repo in [r for r in hub.repos.values() if r.namespace == self.org]:
                hub.drop_repo(repo)
            for uid in [c.uid for c in hub.collections.all.values() if c.namespace == self.org]:
                del hub.collections.all[uid]
            for uid in [w.uid for w in hub.webhooks.all.values() if w.owner == self.user]:
                del hub.webhooks.all[uid]
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token}"
        with session:
            base = f"{self.world.url}/v2/endpoint/{self.org}"
            for row in session.get(f"{base}?limit=100", timeout=10).json()["items"]:
                session.delete(f"{base}/{row['name']}", timeout=10).raise_for_status()


def _located(value: Any, org: str) -> Any:
    if isinstance(value, dict):
        return {k: _located(v, org) for k, v in value.items()}
    if isinstance(value, list):
        return [_located(v, org) for v in value]
    return org if value == "{ns}" else value


def new_place(world: Sandbox) -> Place:
    """A fresh organisation with resource groups of odd names, and its admin."""
    org = f"org-{next(_numbers)}"
    groups = ["red", "none", "0123456789abcdef01234567", "a: b"]
    plant(world.hub, {"orgs": [{"name": org, "resourceGroups": [{"name": g} for g in groups]}],
                      "users": [{"name": f"u{org}", "token": f"t-{org}", "orgs": [{"name": org, "role": "admin"}]}]}, "seed")  # fmt: skip
    return Place(world, org, f"u{org}")


@st.composite
def bare_repos(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Repositories with settings alone."""
    found = draw(repos())
    return [
        {**r, "spec": {k: v for k, v in r["spec"].items() if k in ("visibility", "gated")}} for r in found
    ]


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(
    st.tuples(repos(), spaces(), collections(), endpoints(), webhooks()),
    st.sampled_from(["kind", "resource", "group"]),
    st.sampled_from(["none", "tags", "all"]),
    st.booleans(),
    st.booleans(),
)
def test_the_plan_after_an_import_is_empty(
    world: Sandbox, found: tuple[Any, ...], split: str, refs: str, cards: bool, group: bool
) -> None:
    """With a ledger and without; apply adopts, and sends nothing."""
    place = new_place(world)
    place.plant([r for part in found for r in part])
    adopted(world, place, split=split, refs=refs, cards=cards, group=group)


def adopted(world: Sandbox, place: Place, **order: Any) -> None:
    """Import: the plan is empty, apply sends nothing, and the plan is still empty."""
    with tempfile.TemporaryDirectory() as folder:
        docs, _ = place.taken(Path(folder), **order)
    engine = place.engine()
    before = len(world.exchanges)
    assert engine.plan(docs).plan.empty
    prepared, result = engine.apply(docs)
    assert prepared.plan.empty
    assert all(o.status is not Status.FAILED for o in result.outcomes)
    assert engine.plan(docs).plan.empty
    assert [e.path for e in list(world.exchanges)[before:] if e.method not in ("GET", "HEAD")] == []


@SLOW
@given(st.tuples(bare_repos(), spaces(secrets=False),
                 collections(lax=False), endpoints(secrets=False), webhooks(secrets=False)))  # fmt: skip
def test_what_has_no_history_comes_back_byte_for_byte(world: Sandbox, found: tuple[Any, ...]) -> None:
    """Import, wipe, apply, import again: the same files."""
    place = new_place(world)
    place.plant([r for part in found for r in part])
    comes_back(place)


def comes_back(place: Place) -> None:
    """What is imported, deleted, applied and imported again is the same files."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        docs, first = place.taken(Path(one))
        place.wipe()
        _, result = place.engine().apply(docs)
        assert all(o.status is not Status.FAILED for o in result.outcomes), result
        _, second = place.taken(Path(other))
    assert second == first


def test_five_hundred_items(world: Sandbox) -> None:
    """As many as fill pages: adopted as they are, and made anew as they were."""
    items = [{"type": "paper", "id": f"{2000 + i // 100:04}.{i:05}"} for i in range(500)]
    place = new_place(world)
    place.plant([{"kind": "Collection", "name": "x", "spec": {"title": "Many", "items": items}}])
    adopted(world, place)
    comes_back(place)
