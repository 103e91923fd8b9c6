"""What a Space is given: secrets, variables, volumes, at creation and later; logs; duplicates; seeds."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, Volume
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox
from tests.sandbox.clock import HandClock
from tests.sandbox.test_spaces import runtime_of

ID = "acme/app"


@pytest.fixture
def space(sandbox, api):
    """A Gradio Space that is up."""
    sandbox.hub.clock = HandClock()
    api.create_repo(ID, repo_type="space", space_sdk="gradio")
    api.upload_file(path_or_fileobj=b"1", path_in_repo="app.py", repo_id=ID, repo_type="space")
    sandbox.hub.clock.pass_(2)
    return runtime_of(sandbox)


def test_secrets(sandbox, api, space):
    """A secret's name, description and time are read back, its value never; each set moves the time."""
    api.add_space_secret(ID, "API_KEY", "v-e-r-y-secret", description="A key")
    before = api.get_space_secrets(ID)
    assert (before.keys(), before["API_KEY"].description) == ({"API_KEY"}, "A key")
    api.add_space_secret(ID, "API_KEY", "v-e-r-y-secret")
    after = api.get_space_secrets(ID)["API_KEY"]
    assert after.updated_at > before["API_KEY"].updated_at
    assert after.description is None
    assert space.secrets["API_KEY"].value == "v-e-r-y-secret"
    api.delete_space_secret(ID, "API_KEY")
    assert api.get_space_secrets(ID) == {}
    assert not [e for e in sandbox.exchanges if b"v-e-r-y-secret" in e.response_body]


def test_variables(api, space):
    """A variable is read back whole; every write answers with all that are left."""
    api.add_space_variable(ID, "B", "2", description="Two")
    assert api.add_space_variable(ID, "A", "1").keys() == {"A", "B"}
    found = api.get_space_variables(ID)
    assert (found["B"].value, found["B"].description, found["A"].description) == ("2", "Two", None)
    assert api.delete_space_variable(ID, "NONE").keys() == {"A", "B"}
    assert api.delete_space_variable(ID, "A").keys() == {"B"}


@pytest.mark.parametrize("where", ["secrets", "variables"])
@pytest.mark.parametrize("key", ["", "1A", "A-B", "_A", "A B", 5])
def test_bad_keys(http, space, where, key):
    """A key that no environment could hold is 400 and nothing is set."""
    answer = http("POST", f"/api/spaces/{ID}/{where}", json={"key": key, "value": "x"})
    assert answer.status_code == 400
    assert http("GET", f"/api/spaces/{ID}/{where}").json() == {}
    assert space.restarts == 0


def test_volumes(api, http, space):
    """Repositories are mounted read-only whatever is asked, buckets as asked; a PUT replaces all."""
    api.set_space_volumes(
        ID,
        [
            Volume(type="bucket", source="acme/b", mount_path="/b"),
            Volume(type="bucket", source="acme/c", mount_path="/c", read_only=True),
            Volume(type="model", source="acme/m", mount_path="/m", revision="v1", path="sub"),
        ],
    )
    found = api.get_space_runtime(ID).volumes
    assert [(v.source, v.read_only, v.revision, v.path) for v in found] == [
        ("acme/b", False, None, None),
        ("acme/c", True, None, None),
        ("acme/m", True, "v1", "sub"),
    ]
    api.set_space_volumes(ID, [Volume(type="dataset", source="acme/d", mount_path="/d", read_only=False)])
    assert [(v.source, v.read_only) for v in api.get_space_runtime(ID).volumes] == [("acme/d", True)]
    twice = [{"type": "bucket", "source": "acme/b", "mountPath": "/b"}] * 2
    assert http("PUT", f"/api/spaces/{ID}/volumes", json={"volumes": twice}).status_code == 400
    assert http("PUT", f"/api/spaces/{ID}/volumes", json={"volumes": []}).status_code == 400
    api.delete_space_volumes(ID)
    assert api.get_space_runtime(ID).volumes is None
    with pytest.raises(BadRequestError):
        api.delete_space_volumes(ID)


def test_private_sources_are_masked(sandbox, api, space):
    """Who cannot see a private source does not learn its name from the Space that mounts it."""
    api.create_repo("acme/m", visibility="private")
    api.set_space_volumes(ID, [Volume(type="model", source="acme/m", mount_path="/m")])
    seen = {t: HfApi(endpoint=sandbox.url, token=t).get_space_runtime(ID) for t in ("hf_bob", "hf_mallory")}
    assert [r.volumes[0].source for r in seen.values()] == ["acme/m", "****/******"]


def test_created_with_everything(sandbox, api, http):
    """Creation takes hardware, sleep time, secrets, variables and volumes, and nothing restarts for them."""
    sandbox.hub.clock = HandClock()
    url = api.create_repo(
        ID,
        repo_type="space",
        space_sdk="docker",
        space_hardware="t4-small",
        space_sleep_time=3600,
        space_secrets=[{"key": "A", "value": "1", "description": "d"}],
        space_variables=[{"key": "B", "value": "2"}],
        space_volumes=[Volume(type="bucket", source="acme/b", mount_path="/b")],
    )
    assert url.repo_id == ID
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.requested_hardware) == ("NO_APP_FILE", None, "t4-small")
    assert (runtime.sleep_time, runtime.volumes[0].source) == (3600, "acme/b")
    assert api.get_space_secrets(ID)["A"].description == "d"
    assert api.get_space_variables(ID)["B"].value == "2"
    api.upload_file(path_or_fileobj=b"FROM x", path_in_repo="Dockerfile", repo_id=ID, repo_type="space")
    sandbox.hub.clock.pass_(2)
    assert api.get_space_runtime(ID).hardware == "t4-small"
    assert runtime_of(sandbox).restarts == 0


def test_logs(sandbox, api, http, space):
    """The logs are events that end; ``tail`` gives the last ones; without a token there are none."""
    assert list(api.fetch_space_logs(ID, build=True)) == [
        f"Building {api.space_info(ID).sha[:7]}\n",
        "Build done\n",
    ]
    answer = http("GET", f"/api/spaces/{ID}/logs/build?tail=1")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    [event] = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert json.loads(event).keys() == {"data", "timestamp"}
    assert json.loads(event)["data"] == "Build done\n"
    assert http("GET", f"/api/spaces/{ID}/logs/run?tail=0").text == ""
    assert http("GET", f"/api/spaces/{ID}/logs/run", token=None).status_code == 401
    assert http("GET", f"/api/spaces/{ID}/logs/walk").status_code == 404


def test_duplicate_space(sandbox, api, space):
    """A copy has the files and the variables, no secrets, the free hardware; the body changes that."""
    api.add_space_secret(ID, "S", "1")
    api.add_space_variable(ID, "A", "1", description="d")
    api.add_space_variable(ID, "B", "2")
    api.request_space_hardware(ID, "t4-small")
    url = api.duplicate_repo(ID, "acme/copy", repo_type="space", space_variables=[{"key": "B", "value": "3"}])
    assert (url.repo_id, url.files_copy_pending) == ("acme/copy", False)
    assert api.list_repo_files("acme/copy", repo_type="space") == api.list_repo_files(ID, repo_type="space")
    found = api.get_space_variables("acme/copy")
    assert {k: (v.value, v.description) for k, v in found.items()} == {"A": ("1", "d"), "B": ("3", None)}
    assert api.get_space_secrets("acme/copy") == {}
    runtime = api.get_space_runtime("acme/copy")
    assert (runtime.stage, runtime.requested_hardware) == ("BUILDING", "cpu-basic")
    api.duplicate_repo(
        ID,
        "ada-copy",
        repo_type="space",
        space_hardware="l4x1",
        space_sleep_time=60,
        space_secrets=[{"key": "S", "value": "2"}],
        visibility="private",
    )
    mine = api.get_space_runtime("hfops-user/ada-copy")
    assert (mine.requested_hardware, mine.sleep_time) == ("l4x1", 60)
    assert api.get_space_secrets("hfops-user/ada-copy").keys() == {"S"}
    assert api.space_info("hfops-user/ada-copy").private


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_duplicate_repo(api, sandbox, kind):
    """Files, large ones too, arrive in one commit under the source's visibility; a taken name is 409 with the url."""
    api.create_repo("acme/a", repo_type=kind, visibility="private")
    operations = [CommitOperationAdd("w.bin", b"\0" * 100), CommitOperationAdd("a.txt", b"x")]
    api.create_commit("acme/a", operations, commit_message="m", repo_type=kind)
    url = api.duplicate_repo("acme/a", "acme/b", repo_type=kind)
    assert url.files_copy_pending
    assert api.list_repo_files("acme/b", repo_type=kind) == [".gitattributes", "a.txt", "w.bin"]
    assert api.get_paths_info("acme/b", "w.bin", repo_type=kind)[0].lfs.size == 100
    assert api.repo_info("acme/b", repo_type=kind).private
    assert len(api.list_repo_commits("acme/b", repo_type=kind)) == 1
    with pytest.raises(HfHubHTTPError) as caught:
        api.duplicate_repo("acme/a", "acme/b", repo_type=kind)
    assert (caught.value.response.status_code, caught.value.response.json()["url"]) == (409, str(url))
    assert api.duplicate_repo("acme/a", "acme/b", repo_type=kind, exist_ok=True) == url
    with pytest.raises(HfHubHTTPError, match="403"):
        HfApi(endpoint=sandbox.url, token="hf_bob").duplicate_repo("acme/a", "acme/c", repo_type=kind)


def seeded(start, spec, **options):
    resource = {"kind": "Space", "metadata": {"name": ID}, "spec": spec}
    sandbox = start({"resources": [resource]}, **options)
    sandbox.hub.clock = HandClock()
    return sandbox, HfApi(endpoint=sandbox.url, token="hf_sandbox")


def test_seed_with_everything(start):
    """A seeded Space is what its manifest says, at rest from the start."""
    spec = {
        "sdk": "gradio",
        "visibility": "protected",
        "hardware": "t4-small",
        "sleepTime": "1h",
        "storage": "small",
        "devMode": True,
        "volumes": [{"type": "bucket", "source": "acme/b", "mountPath": "/b"}],
        "variables": {"A": "1", "B": {"value": "2", "description": "two"}, "C": 3},
        "secrets": {"S": "1", "T": {"value": "2", "description": "d"}, "U": {"env": "X"}},
        "files": [{"path": "app.py", "inline": "print(1)"}, {"path": "b", "from": {"inline": "b"}}],
    }
    sandbox, api = seeded(start, spec)
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.sleep_time) == ("RUNNING", "t4-small", 3600)
    assert (runtime.storage, runtime.dev_mode, runtime.volumes[0].mount_path) == ("small", True, "/b")
    found = api.get_space_variables(ID)
    assert {k: (v.value, v.description) for k, v in found.items()} == {
        "A": ("1", None),
        "B": ("2", "two"),
        "C": ("3", None),
    }
    assert {k: v.description for k, v in api.get_space_secrets(ID).items()} == {
        "S": None,
        "T": "d",
        "U": None,
    }
    held = runtime_of(sandbox)
    assert [held.secrets[k].value for k in "ST"] == ["1", "2"]
    assert held.secrets["U"].value
    assert (held.repo.visibility, held.starts) == ("protected", 0)


@pytest.mark.parametrize(
    ("spec", "stage", "hardware"),
    [
        ({}, "NO_APP_FILE", None),
        ({"state": "running"}, "RUNNING", "cpu-basic"),
        ({"state": "paused"}, "PAUSED", "cpu-basic"),
        ({"stage": "SLEEPING", "hardware": "t4-small"}, "SLEEPING", "t4-small"),
        ({"stage": "BUILD_ERROR"}, "BUILD_ERROR", None),
        ({"stage": "BUILDING"}, "BUILDING", None),
        ({"sdk": "static"}, "NO_APP_FILE", None),
        ({"sdk": "static", "files": [{"path": "index.html", "inline": ""}]}, "RUNNING", None),
    ],
)
def test_seeded_stages(start, spec, stage, hardware):
    """A seed rests in the stage that it names or that follows from state and files, however long one waits."""
    sandbox, api = seeded(start, {"sdk": "docker"} | spec)
    sandbox.hub.clock.pass_(99)
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware) == (stage, hardware)


def test_seeded_without_files_restarts(start):
    """A Space that was seeded as running comes up again after a change, its app file or not."""
    sandbox, api = seeded(start, {"sdk": "docker", "state": "running"})
    api.add_space_secret(ID, "A", "1")
    assert api.get_space_runtime(ID).stage == "RUNNING_APP_STARTING"
    sandbox.hub.clock.pass_()
    assert api.get_space_runtime(ID).stage == "RUNNING"
    assert runtime_of(sandbox).restarts == 1


def test_seeded_error_is_retried(start):
    """A seeded build error goes away with the next change, unless the card brings it back."""
    failing = {"sandbox": {"stage": "BUILD_ERROR", "log": ["pip"]}}
    sandbox, api = seeded(
        start, {"sdk": "docker", "stage": "BUILD_ERROR", "card": {"metadata": failing}}, transition_time=0
    )
    assert api.get_space_runtime(ID).raw["errorMessage"] == "pip"
    assert api.restart_space(ID).stage == "BUILD_ERROR"
    readme = b"---\nsdk: docker\n---\n"
    api.upload_file(path_or_fileobj=readme, path_in_repo="README.md", repo_id=ID, repo_type="space")
    assert api.get_space_runtime(ID).stage == "RUNNING"
    assert runtime_of(sandbox).restarts == 2


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"hardware": "t4-smal"}, "hardware"),
        ({"sleepTime": "soon"}, "sleepTime"),
        ({"variables": {"1A": "x"}}, "key"),
        ({"volumes": [{"type": "bucket", "source": "a/b", "mountPath": "data"}]}, "mountPath"),
        ({"hardware": "zero-a10g"}, "needs sdk gradio"),
    ],
)
def test_bad_seeds(spec, text):
    """What a Space cannot be is said, with the address."""
    resource = {"kind": "Space", "metadata": {"name": ID}, "spec": {"sdk": "docker"} | spec}
    with pytest.raises(Problems) as caught:
        Sandbox({"resources": [resource]})
    [problem] = caught.value.problems
    assert problem.address == f"Space/{ID}"
    assert text in problem.message
