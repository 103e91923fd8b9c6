"""Inference Endpoints over time, with the official client as the judge. The clock is moved by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from huggingface_hub import _inference_endpoints, constants
from huggingface_hub.errors import HfHubHTTPError, InferenceEndpointError, InferenceEndpointTimeoutError

from tests.sandbox.clock import HandClock
from tests.sandbox.endpoints import ID, NEW, OLD, PATH, body, failing

TOKEN = "hf_sandbox"
HARDWARE = {
    "accelerator": "gpu",
    "instance_type": "nvidia-t4",
    "instance_size": "x1",
    "vendor": "aws",
    "region": "us-east-1",
}


@pytest.fixture
def clock(sandbox, monkeypatch):
    """The sandbox's clock, which is also the client's."""
    sandbox.hub.clock = HandClock()
    patched = SimpleNamespace(time=sandbox.hub.clock, sleep=sandbox.hub.clock.pass_)
    monkeypatch.setattr(_inference_endpoints, "time", patched)
    return sandbox.hub.clock


@pytest.fixture
def client(sandbox, api, clock, monkeypatch):
    """The official client, with the sandbox for its Endpoints API."""
    monkeypatch.setattr(constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{sandbox.url}/v2")
    return api


def create(client, name="prod", **options):
    options = HARDWARE | {"min_replica": 0, "max_replica": 2} | options
    return client.create_inference_endpoint(
        name, namespace="acme", repository="acme/sentiment", framework="pytorch", token=TOKEN,
        type=options.pop("type", "authenticated"), **options,
    )  # fmt: skip


def put(http, data):
    answer = http("PUT", PATH, json=data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def act(http, action, status=200):
    answer = http("POST", f"{PATH}/{action}")
    assert answer.status_code == status, answer.text
    return answer.json()


def state(http):
    return http("GET", PATH).json()["status"]["state"]


def through(http, clock, times=4):
    """The states that are seen from now on, one look per half transition, each once."""
    seen = [state(http)]
    for _ in range(times * 2):
        clock.pass_(0.5)
        seen += [state(http)] if state(http) != seen[-1] else []
    return seen


@pytest.fixture
def endpoint(sandbox, http, clock):
    """An endpoint that has come up, as the sandbox holds it."""
    assert http("POST", "/v2/endpoint/acme", json=body()).status_code == 200
    clock.pass_(2)
    assert state(http) == "running"
    return sandbox.hub.endpoints[ID]


def test_client_life(client, clock):
    """The client creates, waits for, finds, pauses, resumes, scales to zero, updates and deletes an endpoint."""
    made = create(
        client, task="text-classification", env={"A": "1"}, secrets={"KEY": "s3cret"}, tags=["prod"]
    )
    assert (made.status, made.url, made.raw["status"]["message"]) == (
        "pending",
        None,
        "Endpoint waiting to be scheduled",
    )
    made.wait(timeout=10, refresh_every=1)
    assert (made.status, made.task, clock.now) == ("running", "text-classification", 2)
    assert [e.name for e in client.list_inference_endpoints("acme", token=TOKEN)] == ["prod"]
    assert made.pause().status == "paused"
    assert (made.url, made.raw["status"]["url"]) == (None, None)
    assert made.resume().status == "pending"
    made.wait(timeout=10, refresh_every=1)
    url = made.url
    assert (made.scale_to_zero().status, made.url) == ("scaledToZero", url)
    assert made.update(min_replica=1, revision=NEW).status == "scaledToZero"
    assert (made.resume().status, made.wait(refresh_every=1).revision) == ("pending", NEW)
    assert made.update(instance_size="x4").status == "updating"
    made.wait(timeout=10, refresh_every=1)
    made.delete()
    with pytest.raises(HfHubHTTPError) as caught:
        made.fetch()
    assert caught.value.response.status_code == 404


def test_client_resumes_what_runs(client, clock):
    """Resuming a running endpoint is a 400 that the client takes for good, and not when told otherwise."""
    made = create(client).wait(refresh_every=1)
    assert made.resume().status == "running"
    with pytest.raises(HfHubHTTPError, match="already running"):
        made.resume(running_ok=False)


def test_client_waits_for_failures(client, clock):
    """The client's wait ends with a failure of a start and of an update, and in time where nothing moves."""
    with pytest.raises(InferenceEndpointError, match="failed to deploy"):
        create(client, env={"SANDBOX_FAIL": "oom"}).wait(refresh_every=1)
    create(client, "good").wait(refresh_every=1)
    good = client.update_inference_endpoint(
        "good", namespace="acme", env={"SANDBOX_FAIL": "exit"}, token=TOKEN
    )
    with pytest.raises(InferenceEndpointError, match="failed to update"):
        good.wait(refresh_every=1)
    with pytest.raises(InferenceEndpointTimeoutError):
        create(client, "stuck", env={"SANDBOX_FAIL": "capacity"}).wait(timeout=60, refresh_every=1)


def test_client_sets_parallelism(client, clock):
    """The client reads the image, adds the parallel sizes and sends it back; a masked login it does not touch."""
    image = {"vLLM": {"url": "vllm/vllm-openai:v0.23.0", "port": 8000}}
    made = create(client, custom_image=image).wait(refresh_every=1)
    made.update(tensor_parallel_size=1)
    assert made.raw["model"]["image"] == {"vLLM": {**image["vLLM"], "tensorParallelSize": 1}}
    login = {"url": "ghcr.io/acme/x:1", "credentials": {"username": "ci", "password": "p"}}
    private = create(client, "private", custom_image={"custom": login})
    with pytest.raises(ValueError, match="registry credentials"):
        private.update(tensor_parallel_size=1)


def test_client_hardware(client):
    """The client's list of hardware is the catalogue with regions."""
    rows = client.list_inference_endpoints_hardware(namespace="acme", token=TOKEN)
    assert "aws-us-east-1-nvidia-l4-x1" in [row.id for row in rows]


def test_first_start(sandbox, http, clock):
    """Created: pending, initializing, running; replicas and url come with it."""
    made = http("POST", "/v2/endpoint/acme", json=body(scaling={"minReplica": 2})).json()["status"]
    assert (made["readyReplica"], made["targetReplica"], "url" in made) == (0, 2, False)
    assert through(http, clock) == ["pending", "initializing", "running"]
    up = http("GET", PATH).json()["status"]
    assert (up["readyReplica"], up["targetReplica"], up["message"]) == (2, 2, "Endpoint is ready")
    assert up["url"].startswith(f"{sandbox.url}/_endpoints/")
    assert (sandbox.hub.endpoints[ID].starts, sandbox.hub.endpoints[ID].rollouts) == (1, 0)


ROLLING = {
    "revision": {"model": {"revision": NEW}},
    "image": {"model": {"image": {"tgi": {"url": "ghcr.io/tgi:3"}}}},
    "env": {"model": {"env": {"A": "1"}}},
    "secrets": {"model": {"secrets": {"A": "1"}}},
    "args": {"model": {"args": ["--verbose"]}},
    "size": {"compute": {"instanceSize": "x4"}},
    "router": {"customRouter": {"tag": "acme/router:1"}},
}


@pytest.mark.parametrize("data", ROLLING.values(), ids=ROLLING)
def test_update_rolls_out(http, clock, endpoint, data):
    """What needs other containers: updating, under the old url and replicas, then running."""
    before = http("GET", PATH).json()["status"]
    answer = put(http, data)["status"]
    assert (answer["state"], answer["url"], answer["readyReplica"]) == ("updating", before["url"], 1)
    assert answer["updatedAt"] > before["updatedAt"]
    assert through(http, clock) == ["updating", "running"]
    assert (endpoint.starts, endpoint.rollouts) == (1, 1)


QUIET = {
    "scaling": {"compute": {"scaling": {"minReplica": 2}}},
    "tags": {"tags": ["x"]},
    "type": {"type": "public"},
    "route": {"route": {"path": "/x"}},
    "nothing": {},
}


@pytest.mark.parametrize("data", QUIET.values(), ids=QUIET)
def test_update_without_rollout(sandbox, http, clock, endpoint, data):
    """Scaling, tags, type and route leave it running, unless the knob says that they roll out too."""
    before = http("GET", PATH).json()["status"]["updatedAt"]
    answer = put(http, data)["status"]
    assert (answer["state"], endpoint.rollouts, answer["updatedAt"] > before) == ("running", 0, True)
    sandbox.hub.endpoints.scaling_rolls_out = True
    assert put(http, data)["status"]["state"] == "updating"


def test_replicas_grow(http, clock, endpoint):
    """More replicas are wanted at once and ready one transition later."""
    status = put(http, {"compute": {"scaling": {"minReplica": 2}}})["status"]
    assert (status["readyReplica"], status["targetReplica"]) == (1, 2)
    clock.pass_(1)
    assert http("GET", PATH).json()["status"]["readyReplica"] == 2


@pytest.mark.parametrize("old_time", [False, True])
def test_stale_running(sandbox, http, clock, endpoint, old_time):
    """The knob: reads after an update still say running for a while, under the new time or the old one."""
    sandbox.hub.endpoints.stale_running = 3
    sandbox.hub.endpoints.stale_updated_at = old_time
    before = http("GET", PATH).json()["status"]["updatedAt"]
    answer = put(http, {"model": {"revision": NEW}})
    assert (answer["status"]["state"], answer["model"]["revision"]) == ("running", NEW)
    read = http("GET", PATH).json()["status"]["updatedAt"]
    assert (read == before, answer["status"]["updatedAt"] > before) == (old_time, True)
    clock.pass_(2.5)
    assert through(http, clock) == ["running", "updating", "running"]
    assert http("GET", PATH).json()["status"]["updatedAt"] == answer["status"]["updatedAt"]


@pytest.mark.parametrize("action", ["pause", "scale-to-zero"])
def test_update_of_what_is_stopped(http, clock, endpoint, action):
    """A stopped endpoint keeps its state, and starts with what it was told meanwhile."""
    stopped = act(http, action)["status"]
    assert (stopped["readyReplica"], stopped["targetReplica"]) == (0, 0)
    answer = put(http, {"model": {"revision": NEW}})
    assert answer["status"]["state"] == stopped["state"]
    assert act(http, "resume")["status"]["state"] == "pending"
    clock.pass_(2)
    assert (state(http), endpoint.starts, endpoint.rollouts) == ("running", 2, 0)


def test_update_while_starting(http, clock, sandbox):
    """A change while it starts begins that start anew; it is one start."""
    http("POST", "/v2/endpoint/acme", json=body())
    clock.pass_(1.5)
    assert put(http, {"model": {"revision": NEW}})["status"]["state"] == "pending"
    assert through(http, clock) == ["pending", "initializing", "running"]
    assert sandbox.hub.endpoints[ID].starts == 1


def test_pause_from_anywhere(http, clock, sandbox):
    """Pausing is taken in every state, twice as well, and the endpoint stays there."""
    http("POST", "/v2/endpoint/acme", json=body(failing("oom")))
    first = act(http, "pause")["status"]
    assert (first["state"], first["url"]) == ("paused", None)
    assert act(http, "pause")["status"] == first
    assert through(http, clock) == ["paused"]
    act(http, "resume")
    clock.pass_(2)
    assert state(http) == "failed"
    assert act(http, "pause")["status"]["state"] == "paused"


def test_resume_refused(http, clock, endpoint):
    """What is on its way or up is already running; what has failed cannot be resumed."""
    assert "already running" in act(http, "resume", 400)["error"]
    act(http, "pause")
    act(http, "resume")
    assert "already running" in act(http, "resume", 400)["error"]
    endpoint.die()
    assert "has failed" in act(http, "resume", 400)["error"]


def test_scale_to_zero_refused(http, clock, endpoint):
    """What is paused or has failed cannot be scaled to zero; asking twice changes nothing."""
    first = act(http, "scale-to-zero")["status"]
    assert act(http, "scale-to-zero")["status"] == first
    act(http, "pause")
    assert "is paused" in act(http, "scale-to-zero", 400)["error"]
    endpoint.die()
    act(http, "scale-to-zero", 400)


def test_scale_to_zero_from_running_only(sandbox, http, clock):
    """The knob narrows the states that scale-to-zero is taken in."""
    sandbox.hub.endpoints.scalable = ("running",)
    http("POST", "/v2/endpoint/acme", json=body())
    assert "is pending" in act(http, "scale-to-zero", 400)["error"]


def test_idle(http, clock, endpoint):
    """With minReplica 0 it sleeps after its timeout without requests; a request puts that off."""
    put(http, {"compute": {"scaling": {"scaleToZeroTimeout": 1}}})
    clock.pass_(59)
    http("GET", f"/_endpoints/{endpoint.label}/health")
    clock.pass_(59)
    assert state(http) == "running"
    clock.pass_(1)
    slept = http("GET", PATH).json()["status"]
    assert (slept["state"], slept["targetReplica"], slept["url"].endswith(endpoint.label)) == (
        "scaledToZero",
        0,
        True,
    )


def test_not_idle(http, clock, endpoint):
    """With a replica at least, or a timeout of none, it never sleeps."""
    put(http, {"compute": {"scaling": {"minReplica": 1}}})
    clock.pass_(10_000)
    assert state(http) == "running"
    put(http, {"compute": {"scaling": {"minReplica": 0, "scaleToZeroTimeout": 0}}})
    clock.pass_(10_000)
    assert state(http) == "running"


STUCK = {"capacity": "pending", "health": "initializing"}
ENDS = {
    "oom": "Memory limit exceeded (15.0G)",
    "image-pull": "Failed to pull image the huggingface image",
    "cuda": "CUDA out of memory",
    "storage": "Workload evicted, storage limit exceeded",
    "exit": "Container exited",
    "something else": "something else",
}


@pytest.mark.parametrize("word", STUCK)
def test_stuck(http, clock, word):
    """Without capacity it stays pending, without a healthy answer initializing; an update gets it out."""
    http("POST", "/v2/endpoint/acme", json=body(failing(word)))
    clock.pass_(10_000)
    assert state(http) == STUCK[word]
    put(http, {"model": {"env": {}}})
    clock.pass_(2)
    assert state(http) == "running"


@pytest.mark.parametrize("word", ENDS)
def test_failed_start(http, clock, word):
    """A start that fails says why, in the status and in the log; an update starts it again."""
    http("POST", "/v2/endpoint/acme", json=body(failing(word)))
    assert through(http, clock) == ["pending", "initializing", "failed"]
    status = http("GET", PATH).json()["status"]
    assert (status["errorMessage"], status["message"]) == (ENDS[word], "Endpoint failed to deploy")
    assert (status["readyReplica"], status["targetReplica"], "url" in status) == (0, 1, False)
    assert ENDS[word] in http("GET", f"{PATH}/logs").text
    assert put(http, {"model": {"env": {}}})["status"]["state"] == "pending"
    clock.pass_(2)
    status = http("GET", PATH).json()["status"]
    assert (status["state"], "errorMessage" in status) == ("running", False)


@pytest.mark.parametrize("word", ["oom", "updateFailed"])
def test_failed_update(http, clock, endpoint, word):
    """A failed update leaves the old version serving; the next one goes on from there."""
    put(http, {"model": failing(word)})
    clock.pass_(1)
    status = http("GET", PATH).json()["status"]
    assert (status["state"], bool(status["errorMessage"]), status["readyReplica"]) == (
        "updateFailed",
        True,
        1,
    )
    assert http("GET", f"/_endpoints/{endpoint.label}/health").status_code == 200
    assert put(http, {"model": {"env": {}}})["status"]["state"] == "updating"
    clock.pass_(1)
    assert state(http) == "running"


@pytest.mark.parametrize("word", STUCK)
def test_stuck_update(http, clock, endpoint, word):
    """An update that finds no capacity, or no healthy answer, stays updating while the old version serves."""
    put(http, {"model": failing(word)})
    clock.pass_(100)
    assert state(http) == "updating"
    assert http("GET", f"/_endpoints/{endpoint.label}/health").status_code == 200


def test_updates_only(http, clock):
    """updateFailed lets a start pass; the word may stand in a tag."""
    http("POST", "/v2/endpoint/acme", json=body(tags=["sandbox-fail:updateFailed"]))
    clock.pass_(2)
    assert state(http) == "running"
    put(http, {"model": {"revision": OLD}})
    clock.pass_(1)
    assert state(http) == "updateFailed"


def test_failures_by_hook(sandbox, http, clock):
    """Whoever tests plans the next failures, or all of them."""
    sandbox.hub.endpoints.fail_next[ID] = ["oom", None, "exit"]
    http("POST", "/v2/endpoint/acme", json=body())
    clock.pass_(2)
    assert state(http) == "failed"
    put(http, {})
    clock.pass_(2)
    assert state(http) == "running"
    for times in range(2):
        put(http, {"model": {"revision": (OLD, NEW)[times]}})
        clock.pass_(1)
        assert state(http) == ("updateFailed", "running")[times]
    sandbox.hub.endpoints[ID].fail_with = "capacity"
    put(http, {"model": {"args": ["x"]}})
    clock.pass_(9)
    assert state(http) == "updating"


def test_hooks(sandbox, http, clock, endpoint):
    """A test may end what is under way, put to sleep and let die."""
    put(http, {"model": {"revision": NEW}})
    endpoint.arrive()
    assert state(http) == "running"
    endpoint.idle()
    assert state(http) == "scaledToZero"
    endpoint.die("cuda")
    assert http("GET", PATH).json()["status"]["errorMessage"] == "CUDA out of memory"
