"""Faults, quotas, latency, overlapping creations."""

import threading
import time

import pytest
import requests
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox

CREATE = {"method": "POST", "path": "/api/repos/create"}


def post(sandbox, name="x"):
    body = {"name": name, "organization": "acme"}
    headers = {"Authorization": "Bearer hf_sandbox"}
    return requests.post(f"{sandbox.url}/api/repos/create", json=body, headers=headers, timeout=10)


def made(sandbox):
    return [repo.id for repo in sandbox.hub.repos.values()]


def test_status(start):
    """A status fault answers in the Hub's place: no effect, the headers and body asked for, and only the nth time."""
    fault = {
        "match": CREATE,
        "nth": 2,
        "status": 503,
        "headers": {"Retry-After": 3},
        "body": {"error": "later"},
    }
    sandbox = start(faults=[fault])
    assert [post(sandbox, n).status_code for n in "abc"] == [200, 503, 200]
    assert made(sandbox) == ["acme/a", "acme/c"]
    refused = sandbox.exchanges[1]
    assert (refused.response_headers["Retry-After"], refused.response_body) == ("3", b'{"error": "later"}')


def test_every_time(start):
    """Without ``nth`` every matching request meets the fault, and no other."""
    sandbox = start(faults=[{"match": {"path": "/api/models/*"}, "status": 500}])
    assert requests.get(f"{sandbox.url}/api/models/a/b", timeout=10).status_code == 500
    assert requests.get(f"{sandbox.url}/api/models/c/d/refs", timeout=10).status_code == 500
    assert requests.get(f"{sandbox.url}/api/datasets", timeout=10).status_code == 200


def test_status_after(start):
    """With ``after`` the Hub does the work and the answer lies about it."""
    sandbox = start(faults=[{"match": CREATE, "status": 504, "after": True}])
    assert post(sandbox).status_code == 504
    assert made(sandbox) == ["acme/x"]


@pytest.mark.parametrize(("fault", "effect"), [({"reset": True}, []), ({"drop-response": True}, ["acme/x"])])
def test_dropped(start, fault, effect):
    """A dropped connection gives no answer, before the work or after it; the next request is served."""
    sandbox = start(faults=[{"match": CREATE, "nth": 1, **fault}])
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    assert made(sandbox) == effect
    assert sandbox.exchanges[0].status == 0
    assert post(sandbox, "y").status_code == 200


def test_truncated(start):
    """A cut-off answer promises its full length and sends half; the work is done."""
    sandbox = start(faults=[{"match": CREATE, "nth": 1, "truncate": True}])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post(sandbox)
    assert made(sandbox) == ["acme/x"]
    assert sandbox.exchanges[0].response_body.startswith(b'{"url":')
    assert post(sandbox, "y").status_code == 200


def test_delay(start):
    """A delay is a delay: the answer comes whole, later."""
    sandbox = start(faults=[{"match": CREATE, "delay": 0.2}])
    began = time.monotonic()
    assert post(sandbox).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_delay_past_a_timeout(start):
    """A client that leaves before the delay is over does not stop the work: a time-out before the answer."""
    sandbox = start(faults=[{"match": CREATE, "delay": 0.3}])
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{sandbox.url}/api/repos/create",
            json={"name": "x", "organization": "acme"},
            headers={"Authorization": "Bearer hf_sandbox"},
            timeout=0.1,
        )
    deadline = time.monotonic() + 5
    while not made(sandbox) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert made(sandbox) == ["acme/x"]


def test_extra_headers(start):
    """Headers alone are added to the Hub's own answer."""
    sandbox = start(faults=[{"match": {"path": "/api/models"}, "headers": {"X-HF-Warning": "a; b"}}])
    assert requests.get(f"{sandbox.url}/api/models", timeout=10).headers["X-HF-Warning"] == "a; b"


def test_added_while_running(start):
    """Faults come and go while the sandbox runs; a new one counts from then on."""
    sandbox = start()
    assert post(sandbox, "a").status_code == 200
    sandbox.faults.add({"match": CREATE, "nth": 1, "status": 500})
    assert [post(sandbox, n).status_code for n in "bc"] == [500, 200]
    sandbox.faults.clear()


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"status": 200}, r"faults:1:1: \[0\].status"),
        ({"nth": 0, "reset": True}, "nth"),
        ({"reset": True, "status": 500}, "only one of"),
        ({"match": CREATE}, "does nothing"),
        ({"resset": True}, "resset"),
    ],
)
def test_bad_fault(fault, text):
    """A fault that cannot be meant is a Problem that names the entry and the field."""
    with pytest.raises(Problems, match=text):
        Sandbox(faults=[fault])


def test_two_creations_at_once(start):
    """Two creations by one user at once: one is made, the other is told that an operation is in progress."""
    sandbox = start(create_time=0.2)
    answers = [None, None]
    ready = threading.Barrier(2)

    def create(n):
        ready.wait()
        answers[n] = post(sandbox, f"r{n}")

    threads = [threading.Thread(target=create, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200, 409]
    (refused,) = [a for a in answers if a.status_code == 409]
    assert refused.json() == {"error": "Cannot create repo: another conflicting operation is in progress"}
    assert len(made(sandbox)) == 1


def test_creations_by_two_users(start):
    """The slot is each user's own, and free again after the creation."""
    sandbox = start({"users": [{"name": "ada", "token": "hf_ada"}]}, create_time=0.1)
    mine, hers = (HfApi(endpoint=sandbox.url, token=t) for t in ("hf_sandbox", "hf_ada"))
    thread = threading.Thread(target=mine.create_repo, args=("a",))
    thread.start()
    hers.create_repo("a")
    thread.join()
    mine.create_repo("b")
    assert sorted(made(sandbox)) == ["ada/a", "hfops-user/a", "hfops-user/b"]


def test_quota(start):
    """A seeded quota is counted down per user and bucket; over it is 429 with r=0."""
    sandbox = start({"quota": {"api": 3, "window": 60}})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    for _ in range(3):
        assert not api.repo_exists("acme/x")
    with pytest.raises(HfHubHTTPError, match="you have reached your 'api' rate limit") as caught:
        api.model_info("acme/x")
    headers = caught.value.response.headers
    assert headers["RateLimit"].startswith('"api";r=0;t=')
    assert headers["RateLimit-Policy"] == '"fixed window";"api";q=3;w=60'
    assert requests.get(f"{sandbox.url}/api/models", timeout=10).status_code == 200
    assert (
        requests.get(f"{sandbox.url}/acme/x/resolve/main/a", timeout=10)
        .headers["RateLimit"]
        .startswith('"resolvers"')
    )


def test_quota_resets():
    """A window ends, and the count begins anew."""
    from hfops.sandbox.quota import Limits, Quota

    quota = Quota(Limits(api=1, window=10))
    assert [quota.take("ada", "/api/x").over for _ in range(2)] == [False, True]
    quota._began -= 10
    assert not quota.take("ada", "/api/x").over


def test_latency(start):
    """Every answer takes the latency."""
    sandbox = start(latency=0.1)
    began = time.monotonic()
    requests.get(f"{sandbox.url}/api/models", timeout=10)
    assert time.monotonic() - began >= 0.1
