"""What endpoints serve, the hardware they run on, and endpoints that are seeded."""

from __future__ import annotations

import pytest

from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox
from tests.sandbox.clock import HandClock
from tests.sandbox.endpoints import ID, PATH, body, example, examples

HOME = "/v2/endpoint/acme"
STATES = (
    "pending",
    "initializing",
    "running",
    "updating",
    "paused",
    "scaledToZero",
    "failed",
    "updateFailed",
)


@pytest.fixture(autouse=True)
def clock(sandbox):
    sandbox.hub.clock = HandClock()
    return sandbox.hub.clock


@pytest.fixture
def up(sandbox, http, clock):
    """Creates an endpoint and lets it come up; its path below the server."""

    def make(**change):
        assert http("POST", HOME, json=body(**change)).status_code == 200
        clock.pass_(2)
        return http("GET", PATH).json()["status"]["url"].removeprefix(sandbox.url)

    return make


def test_health(http, up):
    """The health route answers 200 when it runs, anything else with what is served."""
    url = up(model={"image": {"custom": {"url": "acme/x:1", "healthRoute": "/up"}}})
    assert http("GET", f"{url}/up").json() == {"status": "up"}
    answer = http("POST", f"{url}/v1/chat", json={"inputs": "Hello"}).json()
    assert (answer["model"], answer["path"]) == ("acme/sentiment", "/v1/chat")
    assert http("POST", url).json()["path"] == "/"


def test_not_ready(http, clock, sandbox):
    """Until it is up, 503; so too when it is paused, and 404 once it is gone."""
    http("POST", HOME, json=body())
    path = f"/_endpoints/{sandbox.hub.endpoints[ID].label}/health"
    seen = []
    for _ in range(3):
        seen.append(http("GET", path).status_code)
        clock.pass_(1)
    assert seen == [503, 503, 200]
    http("POST", f"{PATH}/pause")
    assert http("GET", path).status_code == 503
    assert http("GET", PATH).json()["status"]["state"] == "paused"
    http("DELETE", PATH)
    assert http("GET", path).status_code == 404


def test_wakes(http, clock, sandbox, up):
    """A request wakes what sleeps: 503 meanwhile, the url kept, and then it serves."""
    url = up()
    http("POST", f"{PATH}/scale-to-zero")
    assert http("GET", f"{url}/health").status_code == 503
    status = http("GET", PATH).json()["status"]
    assert (status["state"], status["url"].endswith(url), status["targetReplica"]) == (
        "initializing",
        True,
        1,
    )
    clock.pass_(1)
    assert http("GET", f"{url}/health").status_code == 200
    assert sandbox.hub.endpoints[ID].starts == 2


def test_who_may_not_call_does_not_wake(http, sandbox, up):
    """A request that is not let in leaves it asleep."""
    url = up()
    sandbox.hub.endpoints[ID].idle()
    assert http("GET", f"{url}/health", token=None).status_code == 401
    assert http("GET", PATH).json()["status"]["state"] == "scaledToZero"


CALLERS = (None, "hf_mallory", "hf_bob")
LET_IN = {
    "public": (200, 200, 200),
    "authenticated": (401, 200, 200),
    "private": (401, 403, 200),
}


@pytest.mark.parametrize("kind", LET_IN)
def test_who_may_call(http, up, kind):
    """Nobody, a stranger, a member: by the endpoint's type."""
    url = up(type=kind)
    assert tuple(http("GET", f"{url}/health", token=t).status_code for t in CALLERS) == LET_IN[kind]


def test_other_answers(http, sandbox, up):
    """The health route, or everything, may be told to answer otherwise; the state does not follow."""
    url = up()
    sandbox.hub.endpoints[ID].health_status = 404
    assert [http("GET", f"{url}{path}").status_code for path in ("/health", "/x")] == [404, 200]
    sandbox.hub.endpoints[ID].answer_status = 500
    assert [http("GET", f"{url}{path}").status_code for path in ("/health", "/x")] == [500, 500]
    assert http("GET", PATH).json()["status"]["state"] == "running"


def rows(http, path="/v2/provider/acme", token="hf_sandbox"):
    vendors = http("GET", path, token=token).json()["vendors"]
    return {row["id"]: row for v in vendors for region in v["regions"] for row in region["computes"]}


def test_catalogue(http):
    """Every row of the example is there as it is there; quotas aside."""
    found = rows(http, "/v2/provider", token=None)
    shown = [c for v in example("providers")["vendors"] for r in v["regions"] for c in r["computes"]]
    for row in shown:
        del row["quota"]
        assert row.items() <= found[row["id"]].items()


PRICES = {
    "aws-us-east-1-intel-spr-x16": 0.536,
    "azure-eastus-intel-xeon-x8": 0.48,
    "gcp-us-east4-intel-spr-x1": 0.05,
    "aws-us-east-2-intel-icl-x8": 0.256,
    "aws-eu-west-1-nvidia-t4-x4": 3,
    "aws-us-west-2-nvidia-l4-x4": 3.8,
    "aws-eu-west-1-nvidia-a10g-x1": 1,
    "aws-us-east-1-nvidia-l40s-x8": 23.5,
    "aws-us-east-1-nvidia-a100-x8": 20,
    "aws-us-east-1-nvidia-h100-x8": 36,
    "aws-us-east-1-nvidia-h200-x8": 40,
    "aws-us-east-1-nvidia-b200-x8": 74,
    "gcp-us-east4-nvidia-t4-x1": 0.5,
    "gcp-us-east4-nvidia-l4-x1": 0.7,
    "gcp-us-east4-nvidia-a100-x8": 28.8,
    "gcp-us-east4-nvidia-h100-x8": 80,
    "aws-us-east-1-inf2-x12": 12,
}


def test_prices(http):
    """Prices, statuses of every sort, and the regions."""
    found = rows(http)
    assert {key: found[key]["pricePerHour"] for key in PRICES} == PRICES
    assert {row["status"] for row in found.values()} == {
        "available", "deprecated", "not_available", "reserved", "low_availability",
    }  # fmt: skip
    assert found["aws-us-east-1-nvidia-a10g-x4"].items() >= {"memoryGb": 120, "gpuMemoryGb": 96}.items()


def used(http, row="aws-us-east-1-nvidia-t4-x1"):
    return rows(http)[row]["quota"]["usedAccelerators"]


def test_quota_counts(http, up, sandbox):
    """Live endpoints use accelerators, sleeping ones as well, paused ones not; in every region of the vendor."""
    up(scaling={"minReplica": 2})
    assert (
        used(http),
        used(http, "aws-eu-west-1-nvidia-t4-x4"),
        used(http, "gcp-us-east4-nvidia-t4-x1"),
    ) == (2, 2, 0)
    sandbox.hub.endpoints[ID].idle()
    assert used(http) == 2
    http("POST", f"{PATH}/pause")
    assert used(http) == 0
    http("POST", f"{PATH}/resume")
    http("PUT", PATH, json={"compute": {"instanceSize": "x4", "scaling": {"minReplica": 0}}})
    assert used(http) == 4
    quotas = http("GET", "/v2/provider/quotas/acme").json()["vendors"]
    of_aws = next(vendor["quotas"] for vendor in quotas if vendor["name"] == "aws")
    assert next(q for q in of_aws if q["instanceType"] == "nvidia-t4")["usedAccelerators"] == 4
    assert (
        rows(http, "/v2/provider/hfops-user")["aws-us-east-1-nvidia-t4-x1"]["quota"]["usedAccelerators"] == 0
    )


def test_quota_refuses(http, sandbox, up):
    """More than the quota is a 400: at creation, at resuming, at an update."""
    sandbox.hub.endpoints.set_quota("acme", "aws", "nvidia-t4", 2)
    up()
    http("POST", f"{PATH}/pause")
    assert http("POST", HOME, json=body(name="two", scaling={"minReplica": 2})).status_code == 200
    refused = http("POST", f"{PATH}/resume")
    assert (refused.status_code, "2 of 2 accelerators are in use" in refused.json()["error"]) == (400, True)
    assert http("POST", HOME, json=body(name="three")).status_code == 400
    assert http("POST", HOME, json=body(name="two")).status_code == 409
    more = {"compute": {"scaling": {"minReplica": 3, "maxReplica": 3}}}
    assert http("PUT", f"{HOME}/two", json=more).status_code == 400
    assert http("PUT", PATH, json=more).status_code == 200


SPEC = {
    "model": {
        "repository": "acme/sentiment",
        "revision": "v1.0",
        "follow": False,
        "task": "text-classification",
        "framework": "pytorch",
        "image": {
            "custom": {
                "url": "ghcr.io/acme/server:1.4",
                "port": 8080,
                "healthRoute": "/up",
                "credentials": {"username": "ci", "password": {"env": "REGISTRY_PASSWORD"}},
            }
        },
        "command": [],
        "args": [],
        "env": {"MAX_INPUT_LENGTH": "1024"},
        "secrets": {"API_KEY": {"env": "API_KEY"}},
    },
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-a10g",
        "instanceSize": "x1",
        "scaling": {
            "minReplica": 0,
            "maxReplica": 3,
            "scaleToZeroTimeout": "1h",
            "measure": {"pendingRequests": 1.5},
        },
    },
    "type": "authenticated",
    "route": {"domain": "api.acme.example", "path": "/sentiment"},
    "cacheHttpResponses": False,
    "tags": ["prod"],
    "state": "running",
    "wait": {"timeout": "30m", "health": True, "onTimeout": "leave"},
}


def seeded(start, spec, **seed):
    resource = {"kind": "InferenceEndpoint", "metadata": {"name": ID}, "spec": spec}
    return start(seed | {"resources": [resource]})


def get(sandbox, path=PATH):
    import requests

    answer = requests.get(sandbox.url + path, headers={"Authorization": "Bearer hf_sandbox"}, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_seed(start):
    """A manifest's whole spec is there at once; our own words are read, references made up."""
    sandbox = seeded(start, SPEC)
    told = get(sandbox)
    assert (told["status"]["state"], told["status"]["readyReplica"]) == ("running", 1)
    assert told["compute"]["scaling"]["scaleToZeroTimeout"] == 60
    assert (told["route"], told["tags"]) == (SPEC["route"], ["prod"])
    assert sandbox.hub.endpoints[ID].config["model"]["secrets"] == {"API_KEY": "seeded"}
    assert sandbox.hub.endpoints[ID].starts == 0
    assert get(sandbox, told["status"]["url"].removeprefix(sandbox.url) + "/up")


@pytest.mark.parametrize("state", STATES)
def test_seeded_states(start, state):
    """Each state can be seeded, with what belongs to it; those on the way go on from there."""
    sandbox = seeded(start, {"model": {"repository": "acme/sentiment"}, "state": state})
    sandbox.hub.clock = clock = HandClock()
    moves = state in ("pending", "initializing", "updating")
    if moves:  # on the new clock, too
        sandbox.hub.endpoints[ID].pass_through(state)
    status = get(sandbox)["status"]
    assert status["state"] == state
    assert bool(status.get("url")) == (state in ("running", "updating", "updateFailed", "scaledToZero"))
    assert ("errorMessage" in status) == (state in ("failed", "updateFailed"))
    clock.pass_(5)
    assert get(sandbox)["status"]["state"] == ("running" if moves else state)


@pytest.mark.parametrize("name", examples("state_"))
def test_seeded_examples(start, name):
    """The contract's endpoints, written as a manifest, read as the contract shows them."""
    shown = example(name)
    fields = ("type", "provider", "compute", "model", "tags", "experimentalFeatures")
    spec = {key: shown[key] for key in fields} | {"state": shown["status"]["state"]}
    told = get(seeded(start, spec))
    assert {key: told[key] for key in fields} == {key: shown[key] for key in fields}
    assert told["status"]["message"] == shown["status"]["message"]


def test_seeded_revision(start):
    """A revision of a seeded repository is the commit that it names."""
    model = {"kind": "Model", "metadata": {"name": "acme/sentiment"}, "spec": {"tags": [{"name": "v1.0"}]}}
    endpoint = {"kind": "InferenceEndpoint", "metadata": {"name": ID}, "spec": SPEC}
    sandbox = start({"resources": [model, endpoint]})
    head = get(sandbox, "/api/models/acme/sentiment")["sha"]
    assert get(sandbox)["model"]["revision"] == head


def test_seeded_quota(start):
    """Quotas may be seeded; deprecated hardware may be there already."""
    spec = {
        "model": {"repository": "acme/x"},
        "compute": {"accelerator": "gpu", "instanceType": "nvidia-h100", "instanceSize": "x2"},
    }
    limit = {"namespace": "acme", "instanceType": "nvidia-h100", "maxAccelerators": 3}
    sandbox = seeded(start, spec, endpointQuotas=[limit])
    quotas = get(sandbox, "/v2/provider/quotas/acme")["vendors"][0]["quotas"]
    row = next(q for q in quotas if q["instanceType"] == "nvidia-h100")
    assert (row["usedAccelerators"], row["maxAccelerators"]) == (2, 3)


BAD = {
    "state": ({"model": {"repository": "a/b"}, "state": "asleep"}, "'asleep' is none"),
    "model": ({}, "model"),
    "image": ({"model": {"repository": "a/b", "image": {"vllm": {}}}}, "unknown variant `vllm`"),
    "timeout": (
        {"model": {"repository": "a/b"}, "compute": {"scaling": {"scaleToZeroTimeout": "soon"}}},
        "'soon' is none",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_seeds(case):
    """A seed that cannot be used says why."""
    spec, text = BAD[case]
    with pytest.raises(Problems, match=text):
        Sandbox({"resources": [{"kind": "InferenceEndpoint", "metadata": {"name": ID}, "spec": spec}]})


def test_bad_seeded_quota():
    """A quota for hardware that there is not."""
    limit = {"namespace": "acme", "instanceType": "nvidia-t5", "maxAccelerators": 3}
    with pytest.raises(Problems, match="no hardware aws nvidia-t5"):
        Sandbox({"endpointQuotas": [limit]})


def test_no_transition_time(start):
    """Where transitions take no time, the answer to a creation already says how it ended."""
    import requests

    url = start(transition_time=0).url + HOME
    head = {"Authorization": "Bearer hf_sandbox"}
    states = [
        requests.post(url, json=body(name=name, model=model), headers=head, timeout=10).json()["status"][
            "state"
        ]
        for name, model in (("good", {}), ("bad", {"env": {"SANDBOX_FAIL": "oom"}}))
    ]
    assert states == ["running", "failed"]
