"""A Space over time: stages, restarts, hardware, sleep, failures. The Hub's clock is moved by hand."""

from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, Volume
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox
from tests.sandbox.clock import HandClock

ID = "acme/app"


@pytest.fixture
def clock(sandbox):
    """The sandbox's clock; a transition takes one second of it."""
    sandbox.hub.clock = HandClock()
    return sandbox.hub.clock


@pytest.fixture
def space(sandbox, clock, api):
    """A Gradio Space that has come up; its runtime as tests see it."""
    api.create_repo(ID, repo_type="space", space_sdk="gradio")
    commit(api, app=b"print(1)")
    clock.pass_(2)
    assert stage(api) == "RUNNING"
    return runtime_of(sandbox)


def runtime_of(sandbox, repo_id=ID):
    return next(r for r in sandbox.hub.repos.values() if r.id == repo_id).facets["space"]


def commit(api, repo_id=ID, **files):
    operations = [CommitOperationAdd(f"{name}.py", data) for name, data in files.items()]
    return api.create_commit(repo_id, operations, commit_message="m", repo_type="space").oid


def card(api, text, repo_id=ID):
    operation = CommitOperationAdd("README.md", f"---\nsdk: gradio\n{text}\n---\n".encode())
    return api.create_commit(repo_id, [operation], commit_message="card", repo_type="space").oid


def stage(api, repo_id=ID):
    return api.get_space_runtime(repo_id).stage


def through(api, clock, times=4):
    """The stages that are seen from now on, one look per half transition, each once."""
    seen = [stage(api)]
    for _ in range(times * 2):
        clock.pass_(0.5)
        seen += [stage(api)] if stage(api) != seen[-1] else []
    return seen


def test_first_start(sandbox, clock, api):
    """Without an app file nothing starts; the commit that brings one builds, starts, runs."""
    api.create_repo(ID, repo_type="space", space_sdk="gradio")
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.requested_hardware) == (
        "NO_APP_FILE",
        None,
        "cpu-basic",
    )
    commit(api, app=b"print(1)")
    assert api.get_space_runtime(ID).hardware is None
    assert through(api, clock) == ["BUILDING", "APP_STARTING", "RUNNING"]
    runtime = api.get_space_runtime(ID)
    assert (runtime.hardware, runtime.sleep_time, runtime.volumes) == ("cpu-basic", 172800, None)
    assert runtime.raw["domains"] == [{"domain": "acme-app.hf.space", "stage": "READY"}]
    assert (runtime_of(sandbox).restarts, runtime_of(sandbox).starts) == (0, 1)


def test_created_with_files(http, clock, api):
    """Files given at creation are in the first commit, and the Space starts from them."""
    files = [{"path": "Dockerfile", "content": "FROM scratch"}]
    body = {"name": "app", "organization": "acme", "type": "space", "sdk": "docker", "files": files}
    http("POST", "/api/repos/create", json=body)
    assert through(api, clock) == ["BUILDING", "APP_STARTING", "RUNNING"]


def test_commit_rebuilds(clock, api, space):
    """A commit to main rebuilds what runs, which goes on running meanwhile; other branches do nothing."""
    api.create_branch(ID, branch="dev", repo_type="space")
    api.upload_file(path_or_fileobj=b"2", path_in_repo="x.txt", repo_id=ID, repo_type="space", revision="dev")
    assert (stage(api), space.restarts) == ("RUNNING", 0)
    commit(api, app=b"print(2)")
    assert through(api, clock) == ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNNING"]
    assert space.restarts == 1


def test_app_file_removed(clock, api, space):
    """Without its app file a Space ends in NO_APP_FILE; the card may name another file as the app."""
    operations = [CommitOperationDelete("app.py"), CommitOperationAdd("main.py", b"print(1)")]
    api.create_commit(ID, operations, commit_message="m", repo_type="space")
    assert stage(api) == "NO_APP_FILE"
    card(api, "app_file: main.py")
    assert through(api, clock) == ["BUILDING", "APP_STARTING", "RUNNING"]
    assert space.restarts == 0


CHANGES = {
    "secret": lambda api: api.add_space_secret(ID, "A", "1"),
    "variable": lambda api: api.add_space_variable(ID, "B", "1"),
    "volumes": lambda api: api.set_space_volumes(
        ID, [Volume(type="bucket", source="acme/b", mount_path="/d")]
    ),
    "hardware": lambda api: api.request_space_hardware(ID, "t4-small"),
    "restart": lambda api: api.restart_space(ID),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_restart(clock, api, space, change):
    """Each change of what an app is given restarts it once, without a build."""
    change(api)
    assert through(api, clock) == ["RUNNING_APP_STARTING", "RUNNING"]
    assert (space.restarts, space.starts) == (1, 2)


def test_deletions_restart_if_there_was_something(clock, api, space):
    """Deleting a key that is there restarts, one that is not does nothing."""
    api.delete_space_secret(ID, "NONE")
    api.delete_space_variable(ID, "NONE")
    assert space.restarts == 0
    for change in (api.add_space_secret, api.add_space_variable):
        change(ID, "A", "1")
        clock.pass_()
    api.delete_space_secret(ID, "A")
    clock.pass_()
    api.delete_space_variable(ID, "A")
    clock.pass_()
    assert (stage(api), space.restarts) == ("RUNNING", 4)


def test_changes_fold(clock, api, space):
    """Changes that arrive while it starts are one restart, and the start begins anew with each."""
    for change in CHANGES.values():
        change(api)
        clock.pass_(0.75)
        assert stage(api) == "RUNNING_APP_STARTING"
    clock.pass_(0.25)
    assert (stage(api), space.restarts) == ("RUNNING", 1)


def test_change_during_a_build(clock, api, space):
    """A change in the middle of a build does not lose the build."""
    commit(api, app=b"print(2)")
    clock.pass_(0.5)
    api.add_space_secret(ID, "A", "1")
    assert through(api, clock) == ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNNING"]
    assert space.restarts == 1


def test_factory_restart(clock, api, space):
    """A factory restart builds again, also when a change arrives in the middle of that build."""
    api.restart_space(ID, factory_reboot=True)
    clock.pass_(0.5)
    api.add_space_secret(ID, "A", "1")
    assert through(api, clock) == ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNNING"]


def test_hardware(clock, api, space):
    """The new hardware is requested at once and current when the app runs; the same again does nothing."""
    runtime = api.request_space_hardware(ID, "t4-small", sleep_time=3600)
    assert (runtime.hardware, runtime.requested_hardware) == ("cpu-basic", "t4-small")
    clock.pass_()
    runtime = api.request_space_hardware(ID, "t4-small")
    assert (runtime.stage, runtime.hardware, runtime.sleep_time) == ("RUNNING", "t4-small", 3600)
    assert space.restarts == 1


def test_sleep_time(api, http, space):
    """Free hardware sleeps after two days whatever one asks; paid hardware as one likes, -1 for never."""
    with pytest.raises(BadRequestError, match="cpu-basic is 172800 seconds"):
        api.set_space_sleep_time(ID, 3600)
    assert api.request_space_hardware(ID, "t4-small").sleep_time is None
    assert api.set_space_sleep_time(ID, 3600).sleep_time == 3600
    assert api.set_space_sleep_time(ID, -1).sleep_time is None
    assert http("POST", f"/api/spaces/{ID}/sleeptime", json={"seconds": 0}).status_code == 400
    assert http("POST", f"/api/spaces/{ID}/sleeptime", json={"seconds": -2}).status_code == 400
    assert space.restarts == 1, "the hardware alone"


def test_unknown_hardware(api, http, space):
    """A flavor that is none is refused and nothing changes; ZeroGPU is for Gradio."""
    answer = http("POST", f"/api/spaces/{ID}/hardware", json={"flavor": "t4-smal"})
    assert (answer.status_code, "t4-small" in answer.json()["error"]) == (400, True)
    assert space.requested == "cpu-basic"
    assert api.request_space_hardware(ID, "zero-a10g").requested_hardware == "zero-a10g"


def test_paused(clock, api, space):
    """A paused Space keeps what it is told and starts with it; neither changes nor commits wake it."""
    assert api.pause_space(ID).stage == "PAUSED"
    for name in ("secret", "variable", "volumes", "hardware"):
        CHANGES[name](api)
    commit(api, app=b"print(2)")
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.requested_hardware) == (
        "PAUSED",
        "cpu-basic",
        "t4-small",
    )
    assert api.restart_space(ID).stage == "BUILDING", "main has moved since the last build"
    clock.pass_(2)
    assert api.get_space_runtime(ID).hardware == "t4-small"
    assert (space.restarts, space.starts) == (0, 2)


def test_pause_while_starting(clock, api, space):
    """A pause ends a start."""
    api.restart_space(ID)
    api.pause_space(ID)
    clock.pass_(9)
    assert stage(api) == "PAUSED"


@pytest.mark.parametrize("wake", ["visit", "restart", "commit"])
def test_sleeping(clock, api, http, space, wake):
    """A sleeping Space keeps what it is told; a visit, a restart or a commit wakes it, which is no restart."""
    space.fall_asleep()
    api.add_space_secret(ID, "A", "1")
    assert stage(api) == "SLEEPING"
    if wake == "visit":
        assert http("GET", f"/spaces/{ID}").status_code == 200
    elif wake == "restart":
        api.restart_space(ID)
    else:
        commit(api, app=b"print(2)")
    assert through(api, clock)[-2:] == ["APP_STARTING", "RUNNING"]
    assert (space.restarts, space.starts) == (0, 2)


def test_visit_wakes_nothing_else(api, http, space):
    """A visit to a paused Space leaves it paused."""
    api.pause_space(ID)
    http("GET", f"/spaces/{ID}")
    assert stage(api) == "PAUSED"


@pytest.mark.parametrize(
    ("wanted", "seen", "log"),
    [
        ("BUILD_ERROR", ["RUNNING_BUILDING", "BUILD_ERROR"], "build"),
        ("CONFIG_ERROR", ["RUNNING_BUILDING", "CONFIG_ERROR"], "build"),
        ("RUNTIME_ERROR", ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNTIME_ERROR"], "run"),
    ],
)
def test_card_makes_it_fail(clock, api, space, wanted, seen, log):
    """The card can say how a start ends; the log has the lines, and a card without it starts well."""
    card(api, f"sandbox: {{stage: {wanted}, log: [one, two]}}")
    assert through(api, clock) == seen
    assert api.get_space_runtime(ID).raw["errorMessage"] == "two"
    lines = list(api.fetch_space_logs(ID, build=log == "build"))
    assert lines[-2:] == ["one\n", "two\n"]
    card(api, "title: Mended")
    assert through(api, clock)[-2:] == ["APP_STARTING", "RUNNING"]
    assert "errorMessage" not in api.get_space_runtime(ID).raw


def test_unknown_stages():
    """A start can end in a stage that no contract knows; a change leaves it there, a restart does not."""
    with Sandbox(transition_time=0) as sandbox:
        api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
        api.create_repo(ID, repo_type="space", space_sdk="gradio")
        runtime_of(sandbox).fail_with = ("ON_HOLIDAY", "back soon")
        commit(api, app=b"print(1)")
        api.add_space_secret(ID, "A", "1")
        assert (stage(api), runtime_of(sandbox).starts) == ("ON_HOLIDAY", 1)
        runtime_of(sandbox).fail_with = None
        assert api.restart_space(ID).stage == "RUNNING"
        close_session()


def test_a_change_retries_what_failed(clock, api, space):
    """In an error stage any change starts it again, and that counts as a restart."""
    space.fail_with = ("RUNTIME_ERROR", "no luck")
    api.restart_space(ID)
    clock.pass_()
    assert api.get_space_runtime(ID).raw["errorMessage"] == "no luck"
    api.add_space_variable(ID, "A", "1")
    clock.pass_()
    assert (stage(api), space.restarts) == ("RUNTIME_ERROR", 2)
    space.fail_with = None
    api.add_space_variable(ID, "A", "2")
    assert through(api, clock) == ["APP_STARTING", "RUNNING"]
    assert space.restarts == 3


def test_next_starts_fail(sandbox, clock, api):
    """The Hub can be told how the next starts of a Space end, also before it is there; then they end well."""
    sandbox.hub.fail_starts[ID] = [("BUILD_ERROR", "pip"), ("RUNTIME_ERROR", "oom")]
    api.create_repo(ID, repo_type="space", space_sdk="gradio")
    commit(api, app=b"print(1)")
    assert through(api, clock) == ["BUILDING", "BUILD_ERROR"]
    api.add_space_secret(ID, "A", "1")
    assert through(api, clock) == ["BUILDING", "APP_STARTING", "RUNTIME_ERROR"]
    api.restart_space(ID)
    assert through(api, clock) == ["APP_STARTING", "RUNNING"]


def test_static(api, http, clock):
    """A static Space runs at once, on nothing; it takes secrets and variables and no runtime changes."""
    api.create_repo(ID, repo_type="space", space_sdk="static")
    assert stage(api) == "NO_APP_FILE"
    api.upload_file(path_or_fileobj=b"hi", path_in_repo="index.html", repo_id=ID, repo_type="space")
    runtime = api.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.requested_hardware) == ("RUNNING", None, None)
    assert runtime.sleep_time is None
    api.add_space_secret(ID, "A", "1")
    assert api.add_space_variable(ID, "B", "1").keys() == {"B"}
    for refused in (
        lambda: api.request_space_hardware(ID, "t4-small"),
        lambda: api.set_space_sleep_time(ID, 3600),
        lambda: api.pause_space(ID),
        lambda: api.restart_space(ID),
        lambda: api.enable_space_dev_mode(ID),
        lambda: api.set_space_volumes(ID, [Volume(type="bucket", source="acme/b", mount_path="/d")]),
        lambda: api.delete_space_volumes(ID),
    ):
        with pytest.raises(BadRequestError, match="static Space"):
            refused()
    assert stage(api) == "RUNNING"


def test_sdk_changed_by_the_card(api, clock, space):
    """The card's sdk is the Space's: a commit can make it static."""
    operations = [
        CommitOperationAdd("README.md", b"---\nsdk: static\n---\n"),
        CommitOperationAdd("index.html", b""),
    ]
    api.create_commit(ID, operations, commit_message="m", repo_type="space")
    assert (stage(api), api.get_space_runtime(ID).hardware) == ("RUNNING", None)


def test_dev_mode(start):
    """Dev mode needs a paid plan to be switched on, none to be switched off."""
    resources = [{"kind": "Space", "metadata": {"name": ID}, "spec": {"sdk": "docker", "devMode": True}}]
    sandbox = start({"orgs": [{"name": "acme", "plan": "free"}], "resources": resources})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    assert api.get_space_runtime(ID).dev_mode
    assert not api.disable_space_dev_mode(ID).dev_mode
    with pytest.raises(HfHubHTTPError, match="402"):
        api.enable_space_dev_mode(ID)
    sandbox.hub.orgs["acme"].plan = "team"
    assert api.enable_space_dev_mode(ID).dev_mode


def test_replicas_and_storage(api, http, clock, space):
    """More than one replica needs paid hardware; the legacy storage is read back."""
    path = f"/api/spaces/{ID}"
    assert http("POST", f"{path}/replicas", json={"replicas": 2}).status_code == 400
    api.request_space_hardware(ID, "t4-small")
    assert http("POST", f"{path}/replicas", json={"replicas": 2}).json()["replicas"]["requested"] == 2
    assert http("POST", f"{path}/storage", json={"tier": "small"}).json()["storage"] == "small"
    assert http("POST", f"{path}/storage", json={"tier": "huge"}).status_code == 400
    assert http("DELETE", f"{path}/storage").json()["storage"] is None


def test_strangers(sandbox, api, http, space):
    """Everybody sees a public Space's runtime; only who may write changes it."""
    reader = HfApi(endpoint=sandbox.url, token="hf_bob")
    assert reader.get_space_runtime(ID).stage == "RUNNING"
    for change in CHANGES.values():
        with pytest.raises(HfHubHTTPError, match="403"):
            change(reader)
    with pytest.raises(HfHubHTTPError, match="403"):
        reader.get_space_secrets(ID)
    assert reader.get_space_variables(ID) == {}
    api.update_repo_settings(ID, repo_type="space", visibility="private")
    assert http("GET", f"/api/spaces/{ID}/runtime", token="hf_mallory").status_code == 404
    assert http("GET", f"/api/spaces/{ID}/runtime", token=None).status_code == 401
    assert space.restarts == 0


def test_runtime_in_infos(api, space):
    """The plain info has stage and hardware, and so has ``expand=runtime``, in lists too."""
    infos = [api.space_info(ID), api.space_info(ID, expand=["runtime"])]
    infos += api.list_spaces(author="acme", expand=["runtime"])
    assert [(i.runtime.stage, i.runtime.hardware) for i in infos] == [("RUNNING", "cpu-basic")] * 3


def test_catalogue(api):
    """Every flavor has a price per minute; t4-small is 40 cents an hour."""
    found = {h.name: h for h in api.list_spaces_hardware()}
    assert found["cpu-basic"].unit_cost_usd == 0
    assert round(found["t4-small"].unit_cost_usd * 60, 2) == 0.40
    assert (found["t4-small"].accelerator.model, found["t4-small"].unit_label) == ("T4", "minute")
    assert found["cpu-upgrade"].accelerator is None


def test_templates(api, http, clock):
    """A Space made from a template has its files and starts."""
    listed = {t.sdk: t.repo_id for t in api.list_space_templates()}
    assert listed.keys() == {"gradio", "docker", "static"}
    api.create_repo(ID, repo_type="space", space_sdk="docker", space_template=listed["docker"])
    assert stage(api) == "BUILDING"
    body = {"name": "b", "type": "space", "sdk": "gradio", "template": listed["docker"]}
    assert "needs sdk docker" in http("POST", "/api/repos/create", json=body).json()["error"]
    assert (
        "must be one of" in http("POST", "/api/repos/create", json=body | {"template": "a/b"}).json()["error"]
    )


def test_moved(api, space):
    """A renamed Space keeps its runtime under its new name."""
    api.move_repo(ID, "acme/other", repo_type="space")
    runtime = api.get_space_runtime("acme/other")
    assert (runtime.stage, runtime.raw["domains"][0]["domain"]) == ("RUNNING", "acme-other.hf.space")
    assert space.restarts == 0


def test_transitions_take_time(start):
    """On the real clock a Space comes up by itself."""
    sandbox = start(transition_time=0.01)
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    api.create_repo(ID, repo_type="space", space_sdk="gradio")
    commit(api, app=b"print(1)")
    assert api.wait_for_space(ID, timeout=10, poll_interval=0.01).stage == "RUNNING"
