"""The Endpoints API: what it takes and refuses, what it reads back, lists, rights."""

from __future__ import annotations

import re

import pytest

from hfops.sandbox.server import Sandbox
from tests.contract import check_response
from tests.sandbox.clock import HandClock
from tests.sandbox.endpoints import ID, NEW, PATH, body, example, examples

HOME = "/v2/endpoint/acme"


@pytest.fixture(autouse=True)
def clock(sandbox):
    sandbox.hub.clock = HandClock()
    return sandbox.hub.clock


@pytest.fixture
def post(http):
    """Create; the endpoint, or the text of the refusal."""

    def send(data, status=200):
        answer = http("POST", HOME, json=data)
        assert answer.status_code == status, answer.text
        return answer.json() if status == 200 else answer.text

    return send


@pytest.fixture
def put(http):
    """Update; the endpoint, or the text of the refusal."""

    def send(data, status=200, path=PATH):
        answer = http("PUT", path, json=data)
        assert answer.status_code == status, answer.text
        return answer.json() if status == 200 else answer.text

    return send


def without(data, *path):
    """The body without one of its fields."""
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return data


@pytest.mark.parametrize("name", examples("create_"))
def test_examples_can_be_created(post, name):
    """Every creation of the contract is taken as it stands, and read back as it was sent."""
    sent = example(name)
    made = post(sent)
    assert made["model"]["image"] == sent["model"]["image"]
    assert (
        made["compute"]["scaling"].items() >= {"minReplica": sent["compute"]["scaling"]["minReplica"]}.items()
    )


def test_examples_can_be_sent_as_updates(post, put):
    """Every update of the contract is taken."""
    made = post(example("create_full"))
    path = f"{HOME}/{made['name']}"
    assert put(example("update_scale"), path=path)["compute"]["scaling"] == {
        "minReplica": 2,
        "maxReplica": 6,
        "scaleToZeroTimeout": 30,
        "measure": {"pendingRequests": 2},
        "metric": "pendingRequests",
    }
    assert (
        put(example("update_image"), path=path)["model"]["image"] == example("update_image")["model"]["image"]
    )


@pytest.mark.parametrize("name", examples("state_"))
def test_examples_of_states_can_be_created(post, name):
    """What the contract shows as an answer makes the same endpoint when it is sent, its state aside."""
    shown = example(name)
    made = post(shown)
    del shown["status"], made["status"]
    assert made == shown


MISSING = {
    ("name",): "VALIDATION_FAILED: missing field `name`",
    ("compute", "scaling", "maxReplica"): "VALIDATION_FAILED: compute.scaling: missing field `maxReplica`",
    ("model", "image"): "VALIDATION_FAILED: model: missing field `image`",
    ("provider", "region"): "VALIDATION_FAILED: provider: missing field `region`",
}


@pytest.mark.parametrize("path", MISSING)
def test_missing_fields(post, path):
    """What is missing is named, with where."""
    assert MISSING[path] in post(without(body(), *path), 400)


REFUSED = {
    "capitals": (body(name="Prod"), "name"),
    "long": (body(name="a" * 33), "name"),
    "type": (body(type="verified"), "type"),
    "framework": (body({"framework": "vllm"}), "model.framework"),
    "image key": (
        body({"image": {"vllm": {"url": "x"}}}),
        "unknown variant `vllm`, expected one of `huggingface`",
    ),
    "no image": (body({"image": {}}), "expected one variant"),
    "url": (body({"image": {"vLLM": {"tensorParallelSize": 8}}}), "model.image.vLLM: missing field `url`"),
    "port": (body({"image": {"custom": {"url": "x", "port": "80"}}}), "model.image.custom.port"),
    "env": (body({"env": {"A": 1}}), "model.env.A"),
    "replicas": (body(scaling={"minReplica": 3, "maxReplica": 2}), "greater than maxReplica"),
    "measure": (body(scaling={"measure": {"cpu": 1}}), "compute.scaling.measure"),
    "two measures": (
        body(scaling={"measure": {"hardwareUsage": 1, "pendingRequests": 1}}),
        "measure: expected one",
    ),
    "route": (body(route={"path": "x"}), "route.path"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(post, case):
    """A value that cannot be is a 400 that names its field."""
    data, text = REFUSED[case]
    refused = post(data, 400)
    assert "VALIDATION_FAILED" in refused
    assert text in refused


def test_unreadable(post, http):
    """A null task, and what is no JSON object, is refused in plain text with the place."""
    text = post(body({"task": None}), 400)
    assert re.fullmatch(
        r"Failed to parse the request body as JSON: model\.task: expected value at line 1 column \d+", text
    )
    kind = {"Content-Type": "application/json"}
    for data in (b"{", b"[]"):
        answer = http("POST", HOME, data=data, headers=kind)
        assert (answer.status_code, "Failed to parse" in answer.text) == (400, True)


HARDWARE = {
    "none": ({"instanceType": "nvidia-t5"}, "no hardware gpu nvidia-t5 x1 in aws us-east-1"),
    "size": ({"instanceSize": "x2"}, "no hardware gpu nvidia-t4 x2"),
    "accelerator": ({"accelerator": "cpu"}, "no hardware cpu nvidia-t4"),
    "deprecated": ({"instanceType": "nvidia-h100"}, "aws-us-east-1-nvidia-h100-x1 is deprecated"),
}


@pytest.mark.parametrize("case", HARDWARE)
def test_hardware_refused(post, case):
    """Hardware that there is not, or not any more."""
    change, text = HARDWARE[case]
    data = body()
    data["compute"] |= change
    assert text in post(data, 400)


def test_hardware_elsewhere(post):
    """What one region has another may not."""
    data = body(provider={"vendor": "aws", "region": "eu-west-1"})
    data["compute"]["instanceType"] = "nvidia-h200"
    assert "is not_available" in post(data, 400)
    assert post(data | {"provider": {"vendor": "aws", "region": "us-east-1"}})["compute"]["id"] == (
        "aws-us-east-1-nvidia-h200-x1"
    )


@pytest.mark.parametrize(
    ("sizes", "status"),
    [
        ({}, 400),
        ({"tensorParallelSize": 3}, 400),
        ({"tensorParallelSize": 4}, 200),
        ({"tensorParallelSize": 2, "dataParallelSize": 2}, 200),
    ],
)
def test_parallelism(post, sizes, status):
    """On several accelerators an engine has to be told how to use them, and the parts have to fit."""
    data = body({"image": {"vLLM": {"url": "vllm/vllm-openai:v0.23.0"} | sizes}})
    data["compute"]["instanceSize"] = "x4"
    post(data, status)


URL = {"url": "acme/server:1"}
IMAGES = {
    "huggingface": {},
    "huggingfaceNeuron": {"neuronCache": "acme/cache"},
    "custom": URL | {"healthRoute": "/up"},
    "tgi": URL | {"quantize": "awq"},
    "tgiNeuron": URL | {"hfAutoCastType": "bf16"},
    "tei": URL | {"pooling": "cls"},
    "llamacpp": URL | {"modelPath": "m.gguf", "ctxSize": 4096, "nParallel": 2},
    "vLLM": URL | {"maxNumSeqs": 4},
    "vLLMOmni": URL,
    "vLLMNeuron": URL,
    "sGLang": URL | {"chunkedPrefillSize": -1},
    "hfServe": URL | {"port": 8000},
}


@pytest.mark.parametrize("key", IMAGES)
def test_images(post, key):
    """Every variant is taken; nulls and fields that it does not have are dropped, defaults filled in."""
    sent = IMAGES[key] | {"health_route": "/x", "surprise": 1, "port": IMAGES[key].get("port")}
    made = post(body({"image": {key: sent}}))
    filled = {"port": 80, "disableCustomKernels": False} if key == "tgi" else {}
    assert made["model"]["image"] == {key: IMAGES[key] | filled}
    assert made["healthRoute"] == IMAGES[key].get("healthRoute", "/health")


def test_read_back(sandbox, post, http):
    """What the service fills in, and what it hides."""
    login = {"username": "ci", "password": "p4ss"}
    image = {"custom": URL | {"credentials": login}}
    post(body({"image": image, "secrets": {"KEY": "s3cret"}, "env": {"A": "1"}}))
    read = http("GET", PATH)
    assert "s3cret" not in read.text
    assert "p4ss" not in read.text
    told = read.json()
    assert told["model"]["image"]["custom"]["credentials"] == {"username": "", "password": None}
    assert (told["model"]["secrets"], told["model"]["env"]) == ({"KEY": None}, {"A": "1"})
    assert sandbox.hub.endpoints[ID].config["model"]["secrets"] == {"KEY": "s3cret"}
    assert (told["compute"]["id"], told["healthRoute"]) == ("aws-us-east-1-nvidia-t4-x1", "/health")
    assert told["compute"]["scaling"] == {
        "minReplica": 0,
        "maxReplica": 2,
        "scaleToZeroTimeout": 15,
        "measure": {"hardwareUsage": None},
        "metric": "hardwareUsage",
    }
    assert (told["model"]["task"], told["tags"], told["status"]["private"]) == (None, [], None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", told["status"]["updatedAt"])
    assert told["status"]["updatedBy"]["name"] == "hfops-user"


def test_revision_and_task(api, post, put, http):
    """A revision reads back as the commit that it names now, a task as the card's; later moves are not followed."""
    card = b"---\npipeline_tag: text-classification\n---\n"
    api.create_repo("acme/sentiment")
    head = api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id="acme/sentiment").oid
    made = post(body())["model"]
    assert (made["revision"], made["task"]) == (head, "text-classification")
    api.create_tag("acme/sentiment", tag="v1")
    later = api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/sentiment").oid
    assert http("GET", PATH).json()["model"]["revision"] == head
    assert put({"model": {"revision": "main"}})["model"]["revision"] == later
    assert put({"model": {"revision": "v1"}})["model"]["revision"] == head
    assert put({"model": {"revision": None}})["model"]["revision"] == head
    assert "no revision v9" in put({"model": {"revision": "v9"}}, 400)


def test_revision_of_unknown_repository(post, put):
    """A repository that the sandbox does not know has a made-up commit, the same for the same text."""
    first = post(body())["model"]["revision"]
    assert re.fullmatch("[0-9a-f]{40}", first)
    assert put({"model": {"revision": "v1"}})["model"]["revision"] != first
    assert put({"model": {"revision": "main"}})["model"]["revision"] == first
    assert put({"model": {"revision": NEW.upper()}})["model"]["revision"] == NEW
    assert put({"model": {"repository": "acme/other"}})["model"]["revision"] not in (NEW, first)


@pytest.mark.parametrize("sent", ["protected", "authenticated"])
def test_old_word_for_authenticated(sent):
    """The old ``protected`` is taken and reads back as authenticated; the contract has it no more."""
    import requests

    with Sandbox() as sandbox:
        head = {"Authorization": "Bearer hf_sandbox"}
        url = sandbox.url + HOME
        made = requests.post(url, json=body(type=sent), headers=head, timeout=10)
        assert made.json()["type"] == "authenticated"
        kept = requests.put(f"{url}/prod", json={"type": sent}, headers=head, timeout=10)
        assert kept.json()["type"] == "authenticated"
        assert [problem for e in sandbox.exchanges for problem in check_response(e)] == []


def test_name_taken(post, http):
    """A second one of the name is a 409; another namespace may have it."""
    post(body())
    assert "already exists" in post(body(), 409)
    assert http("POST", "/v2/endpoint/hfops-user", json=body()).status_code == 200


def test_partial_update(post, put):
    """Only what is named changes; null keeps; name and provider are ignored."""
    post(
        body(
            {"env": {"A": "1", "B": "2"}, "args": ["x"], "task": "fill-mask"},
            tags=["a"],
            route={"path": "/p"},
        )
    )
    told = put(
        {
            "name": "other",
            "provider": {"vendor": "gcp"},
            "tags": None,
            "compute": {"instanceSize": None, "scaling": {"maxReplica": 5, "minReplica": None}},
            "model": {"task": None, "args": []},
            "route": {"domain": "api.acme.example"},
        }
    )
    assert (told["name"], told["provider"]["vendor"], told["tags"]) == ("prod", "aws", ["a"])
    assert (told["compute"]["instanceSize"], told["compute"]["scaling"]["maxReplica"]) == ("x1", 5)
    assert (told["model"]["args"], told["model"]["task"]) == ([], "fill-mask")
    assert told["model"]["env"] == {"A": "1", "B": "2"}
    assert told["route"] == {"domain": "api.acme.example", "path": "/p"}
    assert "route" not in put({"route": {}})


def test_whole_values(post, put):
    """Maps, lists and the image are replaced whole, and a measure by the other."""
    model = {
        "env": {"A": "1", "B": "2"},
        "secrets": {"S": "1", "T": "2"},
        "image": {"tei": URL | {"port": 1}},
    }
    post(body(model, tags=["a", "b"], scaling={"measure": {"pendingRequests": 2}}))
    told = put(
        {
            "model": {"env": {"A": "3"}, "secrets": {"S": "3"}, "image": {"tei": URL}},
            "tags": ["c"],
            "compute": {"scaling": {"measure": {"hardwareUsage": 70}}},
        }
    )
    assert (told["model"]["env"], told["model"]["secrets"]) == ({"A": "3"}, {"S": None})
    assert (told["model"]["image"], told["tags"]) == ({"tei": URL}, ["c"])
    assert told["compute"]["scaling"]["measure"] == {"hardwareUsage": 70}
    refused = put({"model": {"image": {"vLLM": {"tensorParallelSize": 8}}}}, 400)
    assert "VALIDATION_FAILED: model.image.vLLM: missing field `url`" in refused


def test_old_form_of_measure(post, put):
    """metric and threshold still set the measure."""
    told = post(body(scaling={"metric": "pendingRequests", "threshold": 3}))
    assert told["compute"]["scaling"]["measure"] == {"pendingRequests": 3}
    told = put({"compute": {"scaling": {"metric": "hardwareUsage", "threshold": 60}}})
    assert told["compute"]["scaling"]["measure"] == {"hardwareUsage": 60}


def test_refused_update_changes_nothing(post, put, http):
    """A 400 leaves the endpoint and its time alone."""
    made = post(body())
    put({"tags": ["x"], "compute": {"instanceSize": "x3"}}, 400)
    assert http("GET", PATH).json() == made


def test_router(post, put):
    """A router comes with its default port and goes with an empty object."""
    post(body(experimentalFeatures={"skipRepoDownload": True}, cacheHttpResponses=True))
    told = put({"customRouter": {"tag": "acme/router:1"}})
    assert told["customRouter"] == {"tag": "acme/router:1", "port": 3000}
    assert told["experimentalFeatures"] == {"cacheHttpResponses": True, "skipRepoDownload": True}
    assert "customRouter" not in put({"customRouter": {}})


def test_private_service(post):
    """An endpoint with PrivateLink tells the service to connect to."""
    link = {"accountId": "1234", "region": "us-east-1"}
    told = post(body(type="private", privateService=link))
    assert told["privateService"] == link
    assert told["status"]["private"]["serviceName"].startswith("com.amazonaws.vpce")


def test_list(post, http):
    """Pages by name, each once; tags and search narrow the list and its total."""
    for number in range(23):
        post(body(name=f"e-{number:02}", tags=["even"] * (number % 2 == 0) + ["all"]))
    first = http("GET", HOME).json()
    assert (len(first["items"]), first["totalItems"]) == (20, 23)
    rest = http("GET", f"{HOME}?cursor={first['nextCursor']}").json()
    names = [e["name"] for e in first["items"] + rest["items"]]
    assert (names, rest["nextCursor"]) == ([f"e-{n:02}" for n in range(23)], None)
    assert http("GET", f"{HOME}?tags=even,all&limit=2").json()["totalItems"] == 12
    assert [e["name"] for e in http("GET", f"{HOME}?search=-1&limit=100").json()["items"]] == names[10:20]
    assert http("GET", "/v2/endpoint/hfops-user").json() == {"items": [], "nextCursor": None, "totalItems": 0}


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=%21"])
def test_list_refused(http, query):
    """A limit and a cursor that are none."""
    assert http("GET", f"{HOME}?{query}").status_code == 400


def test_delete(post, http):
    """Deleted: an empty object, then 404 everywhere; the name is free again, under another url."""
    post(body())
    answer = http("DELETE", PATH)
    assert (answer.status_code, answer.json()) == (200, {})
    for method, path in (("GET", PATH), ("DELETE", PATH), ("PUT", PATH), ("POST", f"{PATH}/pause")):
        missing = http(method, path, **({"json": {}} if method == "PUT" else {}))
        assert (missing.status_code, "not found" in missing.json()["error"]) == (404, True)
    post(body())


RIGHTS = [
    (None, 401, 401),
    ("hf_nobody", 401, 401),
    ("hf_sandbox_read", 200, 403),
    ("hf_bob", 200, 403),
    ("hf_ada", 200, 403),
    ("hf_mallory", 403, 403),
]


@pytest.mark.parametrize(("token", "reads", "writes"), RIGHTS)
def test_rights(post, http, token, reads, writes):
    """A token is needed, one that may write to write, and the namespace has to be one's own."""
    post(body())
    for path in (PATH, HOME, f"{PATH}/logs", "/v2/provider/acme", "/v2/provider/quotas/acme"):
        answer = http("GET", path, token=token)
        assert answer.status_code == reads
        assert reads == 200 or "error" in answer.json()
    tries = [("POST", HOME, body(name="x")), ("PUT", PATH, {"tags": []}), ("DELETE", PATH, None)]
    tries += [("POST", f"{PATH}/{action}", None) for action in ("pause", "resume", "scale-to-zero")]
    for method, path, data in tries:
        answer = http(method, path, token=token, **({"json": data} if data is not None else {}))
        assert (answer.status_code, "error" in answer.json()) == (writes, True)


def test_unknown_namespace(http):
    """A namespace that there is not is a 404."""
    assert http("GET", "/v2/endpoint/nobody").status_code == 404


def test_logs(post, http, clock):
    """The log tells what happened, the last lines first cut by tail, as text and as events; v3 is not there."""
    post(body())
    clock.pass_(2)
    lines = http("GET", f"{PATH}/logs").text.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == ["pending", "initializing", "running"]
    assert http("GET", f"{PATH}/logs?tail=1").text.splitlines() == lines[-1:]
    assert http("GET", f"{PATH}/logs?tail=1&line_max_length=4").text == lines[-1][:4] + "\n"
    assert http("GET", f"{PATH}/logs/sse?tail=1").text == f"data: {lines[-1]}\n\n"
    assert http("GET", f"/v3{PATH.removeprefix('/v2')}/logs").status_code == 501
    assert http("GET", f"/v3{PATH.removeprefix('/v2')}/logs/sse").status_code == 501


def test_replicas(post, http, clock):
    """Replicas are there from initializing on, and their logs under their names."""
    post(body(scaling={"minReplica": 2}))
    assert http("GET", f"{PATH}/replica").json() == {"items": []}
    clock.pass_(2)
    items = http("GET", f"{PATH}/replica").json()["items"]
    assert [item["status"]["live"] for item in items] == [True, True]
    assert http("GET", f"{PATH}/logs?replica={items[0]['id']}").text
    assert http("GET", f"{PATH}/logs?replica=none").text == ""


def test_metrics(post, http):
    """Graphs without points, open metrics with the replicas, one event with the endpoint."""
    post(body())
    window = {"start": "2026-01-01T00:00:00Z", "stop": "2026-01-01T01:00:00Z"}
    assert http("POST", f"{PATH}/metrics", json=window).json()["hardwareGpu"] == {"series": []}
    assert http("POST", f"{PATH}/metrics/hardware-cpu", json=window).json() == {"series": []}
    assert http("POST", f"{PATH}/metrics", json={"start": "x"}).status_code == 400
    assert "target_replicas 1\n" in http("GET", f"{PATH}/open-metrics").text
    assert '"name": "prod"' in http("GET", f"{PATH}/sse").text


def test_ids_differ(post, http):
    """Two endpoints have two urls, of the length that the service's labels have."""
    labels = set()
    for name in ("one", "two"):
        post(body(name=name))
        http("POST", f"{HOME}/{name}/scale-to-zero")
        url = http("GET", f"{HOME}/{name}").json()["status"]["url"]
        labels.add(url.rpartition("/")[2])
    assert [len(label) for label in labels] == [16, 16]
