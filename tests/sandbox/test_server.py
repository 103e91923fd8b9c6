"""Starting, stopping, recording, seeding; the foreground process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
from huggingface_hub import HfApi

from hfops.model.problem import HfopsError, Problems
from hfops.sandbox.server import Sandbox, run

GROUP = "66" + "b" * 22


def test_stop_is_quick():
    """Stopping takes no longer than a blink, idle connections or not, and frees the port."""
    sandbox = Sandbox()
    with requests.Session() as session:
        with sandbox:
            assert session.get(f"{sandbox.url}/api/models", timeout=10).status_code == 200
            began = time.monotonic()
        assert time.monotonic() - began < 0.3
        with pytest.raises(requests.ConnectionError):
            session.get(f"{sandbox.url}/api/models", timeout=10)


def test_stop_with_work_in_progress():
    """A request that is being answered does not hold up the end."""
    sandbox = Sandbox(faults=[{"match": {"path": "*"}, "delay": 60}]).start()
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET /api/models HTTP/1.1\r\nHost: x\r\n\r\n")
        began = time.monotonic()
        sandbox.stop()
        sandbox.stop()
        assert time.monotonic() - began < 0.3


def test_port_in_use(start):
    """A port that is taken is an error that says which and what to do."""
    port = int(start().url.rpartition(":")[2])
    with pytest.raises(HfopsError, match=f"127.0.0.1:{port}.*--port"):
        Sandbox(port=port).start()


def test_exchanges(start):
    """Every exchange is kept in order with both sides' headers and bodies, and shown to the observer."""
    seen = []
    sandbox = start(observer=seen.append)
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    api.create_repo("acme/x")
    list(api.list_models(author="acme", limit=2))
    assert [(e.method, e.path, e.status) for e in sandbox.exchanges] == [
        ("POST", "/api/repos/create", 200),
        ("GET", "/api/models?author=acme&limit=2", 200),
    ]
    assert json.loads(sandbox.exchanges[0].body)["name"] == "x"
    assert json.loads(sandbox.exchanges[-1].response_body)[0]["id"] == "acme/x"
    assert sandbox.exchanges[0].headers["Authorization"] == "Bearer hf_sandbox"
    assert seen == list(sandbox.exchanges)
    sandbox.exchanges.clear()
    assert len(sandbox.exchanges) == 0


def test_log(start, tmp_path):
    """The log has a line per request, and neither token nor content."""
    log = tmp_path / "log.jsonl"
    sandbox = start(log=log)
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    api.create_repo("acme/x")
    api.upload_file(path_or_fileobj=b"classified", path_in_repo="x.txt", repo_id="acme/x")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [("POST", 200)] * 3
    assert set(lines[0]) == {"time", "method", "path", "status", "ms"}
    assert "hf_sandbox" not in log.read_text()


def test_seed(start):
    """A seed adds people, organisations, groups and repositories with their refs, files and settings."""
    sandbox = start(
        {
            "users": [{"name": "ada", "token": "hf_ada", "fullname": "Ada L.", "orgs": ["lab"]}],
            "orgs": [{"name": "lab", "fullname": "The Lab", "plan": "enterprise", "defaultPrivate": True}],
            "resources": [
                {
                    "apiVersion": "hfops/v1",
                    "kind": "Model",
                    "metadata": {"name": "lab/thing"},
                    "spec": {
                        "visibility": "private",
                        "gated": "manual",
                        "resourceGroup": "nlp",
                        "branches": [{"name": "dev", "from": "main"}],
                        "tags": [{"name": "v1", "revision": "dev", "message": "First"}],
                        "card": {"metadata": {"license": "mit"}},
                        "files": [{"path": "config.json", "inline": "{}"}],
                    },
                }
            ],
        }
    )
    api = HfApi(endpoint=sandbox.url, token="hf_ada")
    info = api.model_info("lab/thing")
    group = api.model_info("lab/thing", expand=["resourceGroup"]).resource_group
    refs = api.list_repo_refs("lab/thing")
    assert (info.private, info.gated, group["name"], info.card_data.license) == (True, "manual", "nlp", "mit")
    assert [s.rfilename for s in info.siblings] == [".gitattributes", "README.md", "config.json"]
    assert {b.name: b.target_commit for b in refs.branches} == {"main": info.sha, "dev": info.sha}
    assert [(t.name, t.target_commit) for t in refs.tags] == [("v1", info.sha)]
    assert [o["name"] for o in api.whoami()["orgs"]] == ["lab"]
    api.create_repo("lab/new")
    assert api.model_info("lab/new").private


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        ({"userz": []}, "userz"),
        (
            {"users": [{"name": "ada", "role": "boss"}]},
            r"seed:1:1: users\[0\].role: .*'write', 'read' or 'fineGrained', found 'boss'",
        ),
        (
            {"users": [{"name": "ada", "orgs": ["nowhere"]}]},
            r"users\[0\].orgs: no organization 'nowhere' \(.*acme",
        ),
        ({"users": [{"name": "ada", "token": "hf_sandbox"}]}, "token is hfops-user's"),
        ({"quota": {"api": 0}}, "quota.api"),
        ({"resources": [{"kind": "Robot"}]}, "one of Model, Dataset, Space"),
        ({"resources": [{"kind": "Model", "metadata": {"name": "thing"}}]}, "namespace/name"),
        (
            {"resources": [{"kind": "Model", "metadata": {"name": "a/b"}, "spec": {"gated": "maybe"}}]},
            "Model/a/b: .*gated",
        ),
        (
            {
                "resources": [
                    {
                        "kind": "Model",
                        "metadata": {"name": "a/b"},
                        "spec": {"tags": [{"name": "v1", "revision": "x"}]},
                    }
                ]
            },
            "Invalid rev id: x",
        ),
    ],
)
def test_bad_seed(seed, text):
    """A seed that cannot be used is a Problem with file, place, what was found and expected."""
    with pytest.raises(Problems, match=text):
        Sandbox(seed)


def test_all_problems_at_once():
    """Problems of a seed come together."""
    users = [{"name": "ada", "orgs": ["one"]}, {"name": "bob", "orgs": ["two"]}]
    with pytest.raises(Problems) as caught:
        Sandbox({"users": users, "resources": [{"kind": "Robot"}]})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_foreground(tmp_path, stop):
    """In the foreground it says where it listens, how to use it, and ends with 0 on a signal."""
    seed = tmp_path / "seed.yaml"
    seed.write_text("resources:\n- {kind: Dataset, metadata: {name: acme/reviews}}\n")
    code = (
        "from pathlib import Path; from hfops.sandbox.server import run; "
        f"run(host='127.0.0.1', port=0, seed_path=Path({str(seed)!r}), latency_ms=0, faults_path=None, log_path=None)"
    )
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    line = process.stdout.readline()
    assert line.startswith("hfops sandbox listening on http://127.0.0.1:")
    url = line.split()[-1]
    assert requests.get(f"{url}/api/datasets", timeout=10).json()[0]["id"] == "acme/reviews"
    process.send_signal(stop)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines() == [f"export HF_ENDPOINT={url}", "export HF_TOKEN=hf_sandbox"]


@pytest.mark.parametrize(
    ("option", "content", "text"),
    [
        ("seed_path", "users: {", r"seed_path.yaml:\d+:\d+: not YAML"),
        ("seed_path", "[]", "seed_path.yaml.*valid dictionary"),
        ("seed_path", "users: [{name: 7}]", r"seed_path.yaml:1:1: users\[0\].name"),
        ("faults_path", "{}", "faults_path.yaml:1:1: expected a list of faults"),
        ("faults_path", "- {reset: maybe}", r"faults_path.yaml:1:1: \[0\].reset"),
        ("faults_path", None, "faults_path.yaml:1:1: cannot be read"),
    ],
)
def test_bad_files(start, tmp_path, option, content, text):
    """A file that cannot be used is named, before anything listens: the port given is taken."""
    port = int(start().url.rpartition(":")[2])
    path = tmp_path / f"{option}.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Problems, match=text):
        run(port=port, **{option: path})


def test_date_is_true():
    """Each answer carries one Date, which is not behind the clock."""
    with Sandbox() as sandbox, requests.Session() as session:
        for _ in range(2):
            before = int(time.time())
            dates = session.get(f"{sandbox.url}/api/models", timeout=10).raw.headers.getlist("Date")
            assert [before <= parsedate_to_datetime(d).timestamp() <= time.time() for d in dates] == [True]
