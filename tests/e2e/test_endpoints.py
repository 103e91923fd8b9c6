"""Inference Endpoints through the command line, with the official client as the other hand and the judge."""

from __future__ import annotations

import json
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
import yaml
from huggingface_hub import HfApi, InferenceEndpoint, constants
from huggingface_hub.utils import close_session

from hfops.engine.apply import values
from hfops.hub.config import Settings
from hfops.sandbox.exchange import Exchange
from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import writes
from tests.cli.test_signals import Trap, start
from tests.conftest import Project, Ran
from tests.contract import check_request, check_response
from tests.kinds.endpoints import merged

TRANSITION = 0.1
"""Seconds of each step of a start or an update, in most of the tests."""

SPEC: dict[str, Any] = {
    "model": {"repository": "elsewhere/model"},
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-t4",
        "instanceSize": "x1",
        "scaling": {"minReplica": 1, "maxReplica": 2},
    },
    "type": "private",
    "state": "running",
}
CLIENTS = {
    "repository": "elsewhere/model",
    "framework": "pytorch",
    "vendor": "aws",
    "region": "us-east-1",
    "accelerator": "gpu",
    "instance_type": "nvidia-t4",
    "instance_size": "x1",
    "type": "private",
}
"""The same as the official client takes it."""


@pytest.fixture
def trap() -> Trap:
    """Kills an apply while the service does what it was told."""
    return Trap(signal.SIGKILL)


@pytest.fixture
def hub(trap: Trap) -> Iterator[Sandbox]:
    """A Hub where every step of a start takes a moment."""
    with Sandbox(transition_time=TRANSITION, observer=trap) as sandbox:
        yield sandbox


@pytest.fixture
def client(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[HfApi]:
    """The official client, with the sandbox for its Hub and its Endpoints API."""
    monkeypatch.setattr(constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{project.url}/v2")
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


def endpoint(name: str = "prod", kind: str = "InferenceEndpoint", **spec: Any) -> dict[str, Any]:
    """A manifest: the common spec with other values in it; ``...`` takes a key out."""
    base = SPEC if kind == "InferenceEndpoint" else {}
    outer = {"apiVersion": "hfops/v1", "kind": kind, "metadata": {"name": f"acme/{name}"}}
    return {**outer, "spec": merged(base, spec)}


def write(project: Project, *documents: Mapping[str, Any]) -> None:
    """The project's only manifests."""
    project.write("endpoints.yaml", yaml.safe_dump_all(documents))


def applied(project: Project, *arguments: str) -> Ran:
    """Apply, which ends well, and then there is nothing to do."""
    ran = project.run("apply", "--yes", *arguments)
    assert ran.code == 0, ran.out + ran.err
    empty(project)
    return ran


def empty(project: Project) -> str:
    """A plan without a change; what it says."""
    plan = project.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out + plan.err
    return plan.out


def calls(project: Project, *arguments: str) -> list[str]:
    """What a plan would send, in short."""
    plan = json.loads(project.run("plan", "--format", "json", *arguments).out)
    return [f"{c['method']} {c['path']}" for change in plan["changes"] for c in change.get("calls", ())]


def got(client: HfApi, name: str = "prod") -> InferenceEndpoint:
    """What the official client sees."""
    return client.get_inference_endpoint(name, namespace="acme", token="hf_sandbox")


def test_the_client_sees_what_hfops_does(project: Project, hub: Sandbox, client: HfApi) -> None:
    """Create, update, pause, scale to zero, resume, delete: each, and within the contract."""
    write(project, endpoint())
    applied(project)
    made = got(client)
    assert (made.status, made.repository, made.raw["type"]) == ("running", "elsewhere/model", "private")
    assert made.wait(timeout=5, refresh_every=1) is made, "it answers on its health route"
    write(project, endpoint(tags=["b", "a"], model={"task": "text-generation"}))
    applied(project)
    assert (got(client).task, got(client).raw["tags"]) == ("text-generation", ["a", "b"])
    for state in ("paused", "scaledToZero", "running"):
        write(project, endpoint(tags=["b", "a"], model={"task": "text-generation"}, state=state))
        applied(project)
        assert got(client).status == state
    gone = {"removed": [{"address": "InferenceEndpoint/acme/prod", "action": "delete"}]}
    write(project, {"apiVersion": "hfops/v1", "kind": "Changes", "spec": gone})
    applied(project, "--allow", "outage")
    assert client.list_inference_endpoints(namespace="acme") == []
    assert [p for e in hub.exchanges for p in (*check_request(e), *check_response(e))] == []


def test_hfops_sees_what_the_client_does(project: Project, client: HfApi) -> None:
    """What it made is adopted without a call; what it changes is drift, and what it deletes is made again."""
    client.create_inference_endpoint("prod", namespace="acme", max_replica=2, **CLIENTS)
    write(project, endpoint())
    assert "adopted" in applied(project).out, "and waited for"
    there = got(client)
    there.update(max_replica=4, instance_size="x4")
    drift = project.run("plan")
    assert drift.out.count("[changed on the Hub since the last apply]") == 2
    assert calls(project) == ["PUT /endpoint/acme/prod"]
    applied(project)
    compute = got(client).raw["compute"]
    assert (compute["instanceSize"], compute["scaling"]["maxReplica"]) == ("x1", 2)
    for act in (there.pause, there.scale_to_zero):
        act()
        assert calls(project) == ["POST /endpoint/acme/prod/resume"]
        applied(project)
        assert got(client).status == "running"
    there.pause()
    write(project, endpoint(state="paused"))
    there.resume(running_ok=True)
    assert calls(project) == ["POST /endpoint/acme/prod/pause"]
    there.delete()
    refused = project.run("plan", "--detailed-exitcode")
    assert "+ InferenceEndpoint/acme/prod  (create)" in refused.out, refused.out + refused.err
    applied(project)
    assert got(client).status == "paused"


IMAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "huggingface": ({}, {}),
    "huggingfaceNeuron": ({"batchSize": 1}, {"batchSize": 2, "neuronCache": "acme/cache"}),
    "custom": ({"url": "ghcr.io/acme/x:1", "port": 8080}, {"url": "ghcr.io/acme/x:1", "healthRoute": "/up"}),
    "tgi": ({"url": "tgi:1", "quantize": "awq"}, {"url": "tgi:1", "disableCustomKernels": True}),
    "tgiNeuron": ({"url": "tgi:1", "hfNumCores": 2}, {"url": "tgi:1", "hfAutoCastType": "bf16"}),
    "tei": ({"url": "tei:1", "pooling": "cls"}, {"url": "tei:2"}),
    "llamacpp": (
        {"url": "llama:1", "modelPath": "a.gguf", "ctxSize": 8, "nParallel": 1},
        {"url": "llama:1", "modelPath": "b.gguf", "ctxSize": 8, "nParallel": 1, "mode": "embeddings"},
    ),
    "vLLM": ({"url": "vllm:1", "maxNumSeqs": 8}, {"url": "vllm:1", "kvCacheDtype": "fp8"}),
    "vLLMOmni": ({"url": "omni:1"}, {"url": "omni:2"}),
    "vLLMNeuron": ({"url": "neuron:1"}, {"url": "neuron:1", "port": 8001}),
    "sGLang": ({"url": "sgl:1", "chunkedPrefillSize": -1}, {"url": "sgl:1"}),
    "hfServe": ({"url": "serve:1"}, {"url": "serve:1", "healthRoute": "/ready"}),
}
"""Every variant: what it is first, and what it is changed to."""


def test_every_image_is_made_changed_and_exchanged(project: Project, client: HfApi) -> None:
    """After each apply, the client sees what the manifest says, and the plan is empty; adopted, it stays so."""
    names = {variant: variant.lower() for variant in IMAGES}
    first = [endpoint(names[v], model={"image": {v: before}}) for v, (before, _) in IMAGES.items()]
    write(project, *first)
    applied(project)
    (project.path / ".hfops/ledger.json").unlink()
    assert "12 InferenceEndpoints  (no call)" in empty(project)
    applied(project)
    write(project, *(endpoint(names[v], model={"image": {v: after}}) for v, (_, after) in IMAGES.items()))
    assert len(calls(project)) == len(IMAGES) - 1, "huggingface has nothing to change"
    applied(project)
    for variant, (_, after) in IMAGES.items():
        shown = got(client, names[variant]).raw["model"]["image"]
        assert after.items() <= shown[variant].items()
    others = [*list(IMAGES)[1:], next(iter(IMAGES))]
    pairs = zip(IMAGES, others, strict=True)
    write(project, *(endpoint(names[v], model={"image": {o: IMAGES[o][0]}}) for v, o in pairs))
    applied(project)
    assert [list(got(client, names[v]).raw["model"]["image"]) for v in IMAGES] == [[o] for o in others]


def test_a_stale_running_never_ends_the_wait(project: Project, hub: Sandbox) -> None:
    """However long the service tells of the version before, apply ends when the new one is up, and no sooner."""
    write(project, endpoint())
    applied(project)
    hub.hub.endpoints.stale_running, hub.hub.endpoints.stale_updated_at = 1.2, True
    hub.hub.transition_time = 0.6
    write(project, endpoint(model={"args": ["--new"]}))
    began = time.monotonic()
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.out + ran.err
    assert time.monotonic() - began > 1.2 + 0.6
    states = [line for line in ran.err.splitlines() if line.endswith(")")]
    assert [s.partition(": ")[2].split()[0] for s in states] == ["running", "updating", "running"]
    assert hub.hub.endpoints["acme/prod"].rollouts == 1
    empty(project)


def test_a_wait_of_another_run_is_not_fooled_either(project: Project, hub: Sandbox) -> None:
    """``apply --no-wait`` and then ``hfops wait``: what was updated a moment ago is not believed at once."""
    write(project, endpoint())
    applied(project)
    hub.hub.endpoints.stale_running = 0.3
    write(project, endpoint(model={"args": ["--new"]}, wait={"settle": 2}))
    assert project.run("apply", "--yes", "--no-wait").code == 0
    assert hub.hub.endpoints["acme/prod"].state == "running"
    ran = project.run("wait")
    assert ran.code == 0, ran.out + ran.err
    assert "updating" in ran.err


def test_what_rolls_nothing_out_ends_the_wait(project: Project, hub: Sandbox) -> None:
    """Scaling and tags: the endpoint never leaves running."""
    write(project, endpoint())
    applied(project)
    write(project, endpoint(tags=["x"], compute={"scaling": {"minReplica": 2, "maxReplica": 3}}))
    ran = applied(project)
    assert "running (2/2)" in ran.out
    assert hub.hub.endpoints["acme/prod"].rollouts == 0


def test_asleep_is_no_difference_where_it_may_sleep(project: Project, hub: Sandbox) -> None:
    """With minReplica 0 the plan stays empty, and says nothing; with 1 it is to be started."""
    write(project, endpoint(compute={"scaling": {"minReplica": 0}}))
    applied(project)
    hub.hub.endpoints["acme/prod"].idle()
    assert "InferenceEndpoint" not in empty(project)
    write(project, endpoint())
    assert calls(project) == ["PUT /endpoint/acme/prod", "POST /endpoint/acme/prod/resume"]


MANY = 20


def test_twenty_at_once_take_the_time_of_the_slowest(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As against the real service: at most one request for each endpoint in any 5 s, lists beside them."""
    monkeypatch.setattr(Settings, "is_sandbox", False)
    write(project, *(endpoint(f"e{n:02}") for n in range(MANY)))
    hub.hub.transition_time = 2.0
    seen: dict[str, list[float]] = defaultdict(list)
    watch_reads(hub, seen)
    began = time.monotonic()
    ran = project.run("apply", "--yes")
    took = time.monotonic() - began
    assert ran.code == 0, ran.out + ran.err
    lists = seen.pop("/v2/endpoint/acme")
    assert len(seen) == MANY, "each was asked on its health route"
    assert all(b - a >= 5 for times in seen.values() for a, b in pairwise(times))
    assert len(lists) <= took / 2
    assert 4.0 < took < 4.0 + 8.0, "two steps of two seconds, and at most one long pause between looks"


def test_twenty_at_once_in_a_sandbox(project: Project, hub: Sandbox) -> None:
    """Looks are quicker there, and still shared: less than one request for each endpoint in 5 s, all counted."""
    write(project, *(endpoint(f"e{n:02}") for n in range(MANY)))
    hub.hub.transition_time = 1.5
    seen: dict[str, list[float]] = defaultdict(list)
    watch_reads(hub, seen)
    began = time.monotonic()
    assert project.run("apply", "--yes").code == 0
    took = time.monotonic() - began
    assert 3.0 < took < 3.0 + 5.0
    lists = seen.pop("/v2/endpoint/acme")
    assert [len(times) for times in seen.values()] == [1] * MANY
    assert len(lists) <= 30


def watch_reads(hub: Sandbox, seen: dict[str, list[float]]) -> None:
    """Note when each endpoint, its served address, and the list is read, by path."""

    def note(exchange: Exchange) -> None:
        about = exchange.path.startswith(("/v2/endpoint/", "/_endpoints/"))
        if exchange.method == "GET" and about and exchange.status == 200:
            path = exchange.path.partition("?")[0]
            name = path if path.startswith("/v2") else served[path.split("/")[2]]
            seen[name].append(time.monotonic())

    served = _Labels(hub)
    hub._recorder._observer = note  # looks at every exchange


class _Labels(dict[str, str]):
    """The API's path of an endpoint, by the label in its address."""

    def __init__(self, hub: Sandbox) -> None:
        self.hub = hub

    def __missing__(self, label: str) -> str:
        found = self.hub.hub.endpoints.labelled(label)
        assert found is not None
        return f"/v2/endpoint/{found.id}"


def space(**spec: Any) -> dict[str, Any]:
    """A Space with the endpoint's URL in a variable."""
    url = {"resource": "InferenceEndpoint/acme/prod", "field": "url"}
    body = {"visibility": "private", "sdk": "static", "variables": {"URL": url}}
    return endpoint("app", "Space", **body, **spec)


def variable(hub: Sandbox) -> str:
    """The Space's variable as it is."""
    found = hub.hub.find(Kind.SPACE, "acme/app")
    assert found is not None
    return str(found.facets["space"].variables["URL"].value)


def test_an_endpoint_s_url_in_a_space(
    project: Project, hub: Sandbox, client: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known after apply, once it is ready; kept while it is paused; sent again when the endpoint is another."""
    monkeypatch.setattr(values, "PAUSES", ())  # no second look: a start takes longer than any of them
    write(project, endpoint(), space())
    plan = project.run("plan").out
    assert "url of InferenceEndpoint/acme/prod" in plan
    assert plan.index("+ InferenceEndpoint/acme/prod") < plan.index("+ Space/acme/app")
    applied(project)
    first = variable(hub)
    assert first == got(client).url
    got(client).pause()
    assert calls(project) == ["POST /endpoint/acme/prod/resume"]
    write(project, endpoint(state="paused"), space())
    assert "variables not compared: URL" in empty(project)
    sent = len(writes(hub))
    applied(project)
    assert (len(writes(hub)), variable(hub)) == (sent, first)
    write(project, endpoint(), space())
    applied(project)
    assert variable(hub) == first
    got(client).delete()
    client.create_inference_endpoint("prod", namespace="acme", max_replica=2, **CLIENTS)
    got(client).wait(timeout=10, refresh_every=1)
    assert calls(project) == ["POST /api/spaces/acme/app/variables"]
    applied(project)
    assert variable(hub) == got(client).url != first


def test_a_replacement_plans_what_takes_its_url_again(project: Project, hub: Sandbox, client: HfApi) -> None:
    """Another region is another URL: one apply, and the Space has it."""
    write(project, endpoint(), space())
    applied(project)
    first = variable(hub)
    write(project, endpoint(provider={"region": "us-west-2"}), space())
    applied(project, "--allow", "outage")
    assert variable(hub) == got(client).url != first


def test_what_is_not_ready_in_time_is_paused(project: Project, hub: Sandbox, client: HfApi) -> None:
    """onTimeout: pause. Exit 5, nothing goes on costing, and the next apply starts it again."""
    write(project, endpoint(wait={"timeout": 1, "onTimeout": "pause"}, tags=["sandbox-fail:capacity"]))
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    assert "unready  InferenceEndpoint/acme/prod" in ran.out
    assert "pause it: done" in ran.out
    assert got(client).status == "paused"
    assert calls(project) == ["POST /endpoint/acme/prod/resume"]


def test_without_a_pause_it_is_left_starting(project: Project, hub: Sandbox, client: HfApi) -> None:
    """The next plan lists it as still starting, and the next apply waits without a write."""
    write(project, endpoint(wait={"timeout": 1}, tags=["sandbox-fail:capacity"]))
    assert project.run("apply", "--yes").code == 5
    assert "still starting (pending): apply waits for it" in empty(project)
    sent = len(writes(hub))
    assert project.run("apply", "--yes").code == 5
    assert len(writes(hub)) == sent


@pytest.mark.parametrize(
    ("word", "message", "line"),
    [
        ("imagePull", "Failed to pull image ghcr.io/acme/x:1", "manifest unknown"),
        ("oom", "Memory limit exceeded (15.0G)", "Killed"),
    ],
)
def test_a_failure_quotes_the_service_and_the_log(
    project: Project, hub: Sandbox, client: HfApi, word: str, message: str, line: str
) -> None:
    """Exit 5; reported while unchanged; --retry-failed starts it again, and so does a change."""
    image = {"image": {"custom": {"url": "ghcr.io/acme/x:1"}}}
    hub.hub.endpoints.fail_next["acme/prod"] = [word, word]
    write(project, endpoint(model=image))
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    assert message in ran.out
    assert any(x.startswith("    | ") and line in x for x in ran.out.splitlines()), ran.out
    assert f"it is in failed: {message}; --retry-failed starts it again" in empty(project)
    assert project.run("apply", "--yes").code == 5, "what is down stays a failure, run after run"
    assert calls(project, "--retry-failed") == [
        f"POST /endpoint/acme/prod/{act}" for act in ("pause", "resume")
    ]
    assert project.run("apply", "--yes", "--retry-failed").code == 5, "it fails once more"
    applied(project, "--retry-failed")
    assert got(client).status == "running"


def test_an_update_that_fails(project: Project, hub: Sandbox, client: HfApi) -> None:
    """updateFailed: quoted, reported, and mended by the next change."""
    write(project, endpoint())
    applied(project)
    write(project, endpoint(model={"env": {"SANDBOX_FAIL": "update-failed"}}))
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    assert "Container exited" in ran.out
    assert "it is in updateFailed" in empty(project)
    write(project, endpoint(model={"env": {}}))
    applied(project)
    assert got(client).status == "running"


def test_a_restart_and_a_replacement_that_are_asked_for(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """Down and up again under its URL; deleted and made anew under another, with consent only."""
    write(project, endpoint())
    applied(project)
    first = got(client)
    here = "InferenceEndpoint/acme/prod"
    applied(project, "--restart", here)
    assert hub.hub.endpoints["acme/prod"].starts == 2
    assert got(client).url == first.url
    refused = project.run("apply", "--yes", "--replace", here)
    assert refused.code == 3, refused.out + refused.err
    applied(project, "--replace", here, "--allow", "outage")
    assert got(client).url != first.url
    assert got(client).created_at > first.created_at


@pytest.mark.parametrize("why", ["--replace", "region"])
def test_prevent_destroy_refuses_a_replacement(project: Project, hub: Sandbox, why: str) -> None:
    """Whether it is asked for or needed, and whatever is allowed."""
    held = {"lifecycle": {"preventDestroy": True}}
    write(project, {**endpoint(), **held})
    applied(project)
    sent = len(writes(hub))
    write(project, {**endpoint(**({"provider": {"region": "us-west-2"}} if why == "region" else {})), **held})
    asked = ("--replace", "InferenceEndpoint/acme/prod") if why == "--replace" else ()
    ran = project.run("apply", "--yes", "--allow", "outage", *asked)
    assert ran.code == 3, ran.out + ran.err
    assert "preventDestroy" in ran.out + ran.err
    assert len(writes(hub)) == sent


def test_killed_between_delete_and_create(
    project: Project, hub: Sandbox, trap: Trap, client: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 once the old one is gone: the next apply makes the new one, secrets and all, without further consent."""
    monkeypatch.setenv("KEY", "a secret value")
    write(project, endpoint(model={"secrets": {"KEY": {"env": "KEY"}}}), space())
    applied(project)
    first = variable(hub)
    moved = {"provider": {"region": "us-west-2"}, "model": {"secrets": {"KEY": {"env": "KEY"}}}}
    write(project, endpoint(**moved), space())
    process = start(project, trap, "--allow", "outage")
    process.communicate(timeout=60)
    trap.process = None
    assert trap.sprung
    assert process.returncode == -signal.SIGKILL
    assert client.list_inference_endpoints(namespace="acme") == []
    plan = project.run("plan")
    assert calls(project)[0] == "POST /endpoint/acme", plan.out + plan.err
    applied(project)
    there = hub.hub.endpoints["acme/prod"]
    assert there.config["provider"]["region"] == "us-west-2"
    assert there.config["model"]["secrets"] == {"KEY": "a secret value"}
    assert variable(hub) == got(client).url != first


CANARY = "CaNaRy-{}-0123456789"
HELD = {
    "secrets": {"KEY": {"env": "CANARY_0"}},
    "env": {"MODE": {"file": "mode.txt"}},
    "image": {
        "custom": {
            "url": "ghcr.io/acme/x:1",
            "credentials": {"username": {"env": "CANARY_1"}, "password": {"env": "CANARY_2"}},
        }
    },
}


def nowhere(project: Project, ran: Ran) -> Ran:
    """No canary in what was printed, nor in any file that hfops wrote."""
    assert "CaNaRy" not in ran.out
    assert "CaNaRy" not in ran.err
    for path in project.path.rglob("*"):
        assert path.is_dir() or path.name == "mode.txt" or b"CaNaRy" not in path.read_bytes(), path
    return ran


def test_a_canary_in_every_secret_shows_nowhere(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in plans, outcomes, the ledger, nor where the service itself or the container's log repeats it."""
    monkeypatch.setenv("HF_DEBUG", "1")
    project.write("hfops.yaml", OPEN)
    project.write("mode.txt", CANARY.format(3))
    for n in range(3):
        monkeypatch.setenv(f"CANARY_{n}", CANARY.format(n))
    said = " and ".join(CANARY.format(n) for n in range(4))
    write(project, endpoint(model=HELD))
    for form in ("text", "json", "markdown", "html"):
        nowhere(project, project.run("plan", "--format", form, "-o", "plan.json"))
    hub.faults.add(
        {"match": {"method": "POST"}, "nth": 1, "status": 400, "body": f'{{"error": "not {said}"}}'}
    )
    assert nowhere(project, project.run("apply", "--yes")).code != 0
    hub.hub.endpoints.fail_next["acme/prod"] = [f"crashed with {said}"] * 2
    assert nowhere(project, project.run("apply", "--yes")).code == 5
    assert nowhere(project, project.run("apply", "--yes", "--json", "--retry-failed")).code == 5
    nowhere(project, project.run("plan"))
    for n in (0, 2):
        monkeypatch.delenv(f"CANARY_{n}")
    for command in ("plan", "wait"):
        assert "withheld" in nowhere(project, project.run(command)).out, "what is not known cannot be masked"
    for n in (0, 2):
        monkeypatch.setenv(f"CANARY_{n}", CANARY.format(n))
    assert nowhere(project, project.run("apply", "--yes", "--retry-failed")).code == 0
    held = hub.hub.endpoints["acme/prod"].config["model"]
    assert held["secrets"] == {"KEY": CANARY.format(0)}
    assert held["image"]["custom"]["credentials"] == {
        "username": CANARY.format(1),
        "password": CANARY.format(2),
    }
    monkeypatch.setenv("CANARY_2", CANARY.format(4))
    assert "another value" in nowhere(project, project.run("plan")).out
    nowhere(project, applied(project))
    nowhere(project, project.run("show", "InferenceEndpoint/acme/prod"))
    assert hub.hub.endpoints["acme/prod"].config["model"]["image"]["custom"]["credentials"][
        "password"
    ] == CANARY.format(4)


OPEN = """
apiVersion: hfops/v1
kind: Project
metadata: {name: test}
spec: {namespace: acme, references: {env: ["CANARY_*"]}}
"""


def test_what_depends_on_an_endpoint_waits_for_it(project: Project, hub: Sandbox) -> None:
    """The Model before, its tag deployed; after it is ready, what says until: ready; deleted the other way round."""
    model = endpoint("weights", "Model", visibility="private", tags=[{"name": "v1"}])
    prod = endpoint(model={"repository": "acme/weights", "revision": "v1"})
    edge = {"dependsOn": [{"address": "InferenceEndpoint/acme/prod", "until": "ready"}]}
    write(project, {**endpoint("after", "Model", visibility="private"), **edge}, prod, model)
    hub.hub.transition_time = 0.3
    applied(project)
    done = [e.path for e in hub.exchanges if e.status == 200]
    made = [w.split()[-1] for w in writes(hub)]
    tagged = next(n for n, path in enumerate(made) if path.startswith("/api/models/acme/weights/tag/"))
    assert tagged < made.index("/v2/endpoint/acme")
    asked = next(n for n, path in enumerate(done) if path.startswith("/_endpoints/"))
    assert asked < max(n for n, path in enumerate(done) if path == "/api/repos/create")
    hub.exchanges.clear()
    ran = project.run("destroy", "--yes", "--allow", "outage", "--allow", "data-loss")
    assert ran.code == 0, ran.out + ran.err
    gone = [e.body or e.path for e in hub.exchanges if e.method == "DELETE"]
    assert [("after" in str(g), "prod" in str(g), "weights" in str(g)).index(True) for g in gone] == [0, 1, 2]


def test_a_revision_that_moved_is_told_and_followed_on_demand(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """v1.0 (3f2a91c): a ref that moves is said, and deployed with follow only."""
    client.create_repo("acme/weights", private=True)
    named = {"repository": "acme/weights", "revision": "main"}
    write(project, endpoint(model=named))
    applied(project)
    first = got(client).revision
    client.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/weights")
    head = client.model_info("acme/weights").sha
    assert first is not None
    assert head is not None
    assert f"main moved {first[:7]} → {head[:7]}, not deployed" in empty(project)
    write(project, endpoint(model={**named, "follow": True}))
    assert f"main ({first[:7]}) → main ({head[:7]})" in project.run("plan").out
    applied(project)
    assert got(client).revision == head


def test_quota_and_catalogue(project: Project, hub: Sandbox) -> None:
    """What the service would refuse is said while planning, with the nearest rows; quota is a note."""
    hub.hub.endpoints.set_quota("acme", "aws", "nvidia-t4", 1)
    write(project, endpoint("one"))
    applied(project)
    write(project, endpoint("one"), endpoint("two"))
    plan = project.run("plan")
    assert "over quota: aws us-east-1 nvidia-t4 x1 needs 1 accelerators, and 0 of 1 are free" in plan.out
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    assert "Quota exceeded for aws nvidia-t4" in ran.out
    write(project, endpoint("one"), endpoint("two", compute={"instanceType": "nvidia-a10"}))
    wrong = project.run("plan")
    assert wrong.code == 1
    assert "nearest: aws us-east-1 nvidia-a10g x1 ($1/h)" in wrong.err
