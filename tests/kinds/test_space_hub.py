"""Spaces against the embedded Hub: the official client sees what hfops wrote, and hfops what it wrote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import CommitOperationAdd, HfApi, Volume
from huggingface_hub.utils import close_session

from hfops.cli.main import run
from hfops.model.outcome import Status
from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from hfops.sandbox.spaces.machine import IN_PROGRESS, Space, space_of
from tests.contract import check_request, check_response
from tests.harness import Engine

ID = "acme/app"
FLEET = 12
"""Spaces whose secret is rotated together."""

EXAMPLE = Path(__file__).parents[2] / "examples" / "space"
DOCKERFILE = [{"path": "Dockerfile", "inline": "FROM scratch"}]


@pytest.fixture
def client(hub: Sandbox) -> Iterator[HfApi]:
    """The official client."""
    yield HfApi(endpoint=hub.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub in which things take a moment; at the end, nothing that was sent broke its contract."""
    seed = {
        "orgs": [{"name": "acme", "plan": "team"}],
        "resources": [space_doc(sdk="docker", state="running", files=DOCKERFILE, visibility="public")],
    }
    with Sandbox(seed, transition_time=0.15) as sandbox:
        yield sandbox
        assert [p for e in sandbox.exchanges for p in (*check_request(e), *check_response(e))] == []


def space_doc(name: str = ID, **spec: Any) -> dict[str, Any]:
    """A manifest of a Space."""
    return {"apiVersion": "hfops/v1", "kind": "Space", "metadata": {"name": name}, "spec": spec}


def machine(hub: Sandbox, name: str = ID) -> Space:
    """The Hub's own side of a Space."""
    repo = hub.hub.find(Kind.SPACE, name)
    assert repo is not None
    return space_of(repo)


def applied(engine: Engine, *docs: dict[str, Any]) -> Any:
    """Apply, which must work, and leave nothing to do."""
    prepared, result = engine.apply(docs)
    assert result.exit_code == 0, result.outcomes
    left = engine.plan(docs).plan
    assert left.empty, left.to_json()
    return prepared.plan


def test_one_batch_is_one_restart(hub: Sandbox, client: HfApi) -> None:
    """Two secrets, three variables, a volume and the hardware: the plan says one restart, and the Hub counts one."""
    engine = Engine(hub.url, environ={"A": "value-a", "B": "value-b"})
    doc = space_doc(
        hardware="t4-small", sleepTime="1h", variables={"X": "1", "Y": "2", "Z": "3"},
        secrets={"A": {"env": "A"}, "B": {"env": "B"}},
        volumes=[{"type": "bucket", "source": "acme/cache", "mountPath": "/data"}],
    )  # fmt: skip
    plan = applied(engine, doc)
    assert plan.summary()["restarts"] == 1
    assert machine(hub).restarts == 1
    runtime = client.get_space_runtime(ID)
    assert (runtime.stage, runtime.hardware, runtime.sleep_time) == ("RUNNING", "t4-small", 3600)
    assert [(v.type, v.source, v.mount_path) for v in runtime.volumes or ()] == [
        ("bucket", "acme/cache", "/data")
    ]
    assert set(client.get_space_secrets(ID)) == {"A", "B"}
    assert {k: v.value for k, v in client.get_space_variables(ID).items()} == {"X": "1", "Y": "2", "Z": "3"}


def test_a_pause_restarts_nothing(hub: Sandbox) -> None:
    """What is paused in the same run is paused first: the Hub counts no restart, and the plan says none."""
    plan = applied(Engine(hub.url), space_doc(state="paused", variables={"X": "1"}, hardware="t4-small"))
    assert plan.summary()["restarts"] == 0
    assert machine(hub).restarts == 0
    assert machine(hub).stage == "PAUSED"


def test_hfops_sees_what_the_client_wrote(hub: Sandbox, client: HfApi) -> None:
    """Each of the client's writes is one difference, as drift; applying takes them back."""
    engine = Engine(hub.url, environ={"A": "value-a"})
    doc = space_doc(
        hardware="t4-small", sleepTime="1h", variables={"X": "1"}, secrets={"A": {"env": "A"}},
        volumes=[{"type": "bucket", "source": "acme/cache", "mountPath": "/data"}], state="running",
    )  # fmt: skip
    applied(engine, doc)
    client.add_space_secret(ID, "A", "stolen")
    client.add_space_variable(ID, "X", "2")
    client.request_space_hardware(ID, "cpu-upgrade")
    client.set_space_sleep_time(ID, -1)
    client.set_space_volumes(ID, [Volume(type="bucket", source="acme/other", mount_path="/data")])
    client.pause_space(ID)
    (change,) = engine.plan([doc]).plan.changes
    assert {d.path: d.cause.value for d in change.differences} == dict.fromkeys(
        ["spec.variables[X]", "spec.secrets[A]", "spec.volumes[/data]", "spec.hardware", "spec.sleepTime",
         "spec.state"], "drift",
    )  # fmt: skip
    applied(engine, doc)
    assert machine(hub).secrets["A"].value == "value-a"


def test_a_secret_of_the_clients_is_adopted(hub: Sandbox, client: HfApi) -> None:
    """A key that the client set is left alone; one that hfops does not name is reported."""
    client.add_space_secret(ID, "A", "theirs")
    client.add_space_secret(ID, "B", "theirs")
    engine = Engine(hub.url, environ={"A": "ours"})
    (change,) = engine.plan([space_doc(secrets={"A": {"env": "A"}})]).plan.changes
    assert change.unverified == (("secrets", "A"),)
    assert change.notes == ("left alone, not made by hfops: secrets B",)
    applied(engine, space_doc(secrets={"A": {"env": "A"}}))
    assert machine(hub).secrets["A"].value == "theirs"


def test_another_value_is_sent(hub: Sandbox) -> None:
    """The ledger's hash tells that the value is another one; the value itself is not in the ledger."""
    doc = space_doc(secrets={"A": {"env": "A"}})
    engine = Engine(hub.url, environ={"A": "first-value"})
    applied(engine, doc)
    engine.environ = {"A": "second-value"}
    (change,) = engine.plan([doc]).plan.changes
    assert [d.cause.value for d in change.differences] == ["change"]
    applied(engine, doc)
    assert machine(hub).secrets["A"].value == "second-value"
    assert engine.store.text is not None
    assert "-value" not in engine.store.text


def test_a_failed_start_ends_the_wait_with_its_last_words(hub: Sandbox) -> None:
    """A Space that does not come up is a failure that quotes the Hub and the app."""
    hub.hub.fail_starts[ID] = [("RUNTIME_ERROR", "no such module: numpy")]
    _, result = Engine(hub.url).apply([space_doc(variables={"X": "1"})])
    (outcome,) = result.outcomes
    assert outcome.status is Status.FAILED
    assert "no such module: numpy" in outcome.message
    assert "  | no such module: numpy" in outcome.message


def test_what_is_building_is_waited_for(hub: Sandbox, client: HfApi) -> None:
    """Without a call of ours, a Space on its way up is waited for."""
    machine(hub).start(rebuild=True)
    prepared, result = Engine(hub.url).apply([space_doc(sdk="docker")])
    assert [c.starting for c in prepared.plan.changes] == ["RUNNING_BUILDING"]
    assert result.exit_code == 0
    assert client.get_space_runtime(ID).stage == "RUNNING"


def test_a_new_space_comes_up_from_its_files(hub: Sandbox, client: HfApi) -> None:
    """One call creates it with files, secrets and hardware; apply returns when it runs on that hardware."""
    doc = space_doc(
        "acme/new", sdk="docker", hardware="t4-small", visibility="private",
        files=[{"path": "Dockerfile", "from": {"inline": "FROM scratch"}}], variables={"X": "1"},
    )  # fmt: skip
    plan = applied(Engine(hub.url), doc)
    assert [c.path for c in plan.calls()] == ["/api/repos/create"]
    runtime = client.get_space_runtime("acme/new")
    assert (runtime.stage, runtime.hardware) == ("RUNNING", "t4-small")
    assert (machine(hub, "acme/new").starts, machine(hub, "acme/new").restarts) == (1, 0)


def test_a_new_space_without_files_is_ready_as_it_is(hub: Sandbox, client: HfApi) -> None:
    """Somebody else brings its files: NO_APP_FILE is no failure then."""
    engine = Engine(hub.url)
    applied(engine, space_doc("acme/new", sdk="gradio"))
    assert client.get_space_runtime("acme/new").stage == "NO_APP_FILE"
    commit = CommitOperationAdd("app.py", b"print()")
    client.create_commit("acme/new", [commit], commit_message="app", repo_type="space")
    applied(engine, space_doc("acme/new", sdk="gradio", state="running"))


def test_few_reads(hub: Sandbox) -> None:
    """Only what the manifest speaks of is read: a repository's fields take one request."""
    engine = Engine(hub.url)
    reads: dict[str, int] = {}
    for name, spec in {
        "info": {"visibility": "public", "sdk": "docker", "hardware": "cpu-basic", "state": "running"},
        "runtime": {"sleepTime": 172800, "devMode": False},
        "both": {"variables": {}, "secrets": {}},
    }.items():
        hub.exchanges.clear()
        engine.plan([space_doc(**spec)])
        reads[name] = len([e for e in hub.exchanges if "whoami" not in e.path])
    assert reads == {"info": 1, "runtime": 2, "both": 3}


def test_many_are_listed(hub: Sandbox) -> None:
    """Forty Spaces are one list call, stages and hardware included."""
    docs = [space_doc(f"acme/s{n}", sdk="static", visibility="public") for n in range(40)]
    engine = Engine(hub.url)
    applied(engine, *docs)
    hub.exchanges.clear()
    assert engine.plan([space_doc(f"acme/s{n}", sdk="static", state="running") for n in range(40)]).plan.empty
    assert len([e for e in hub.exchanges if "whoami" not in e.path]) == 1


def test_values_of_a_space_for_others(hub: Sandbox) -> None:
    """Another Space's variable takes the app's address."""
    engine = Engine(hub.url)
    front = space_doc(
        "acme/front", sdk="static", variables={"BACKEND": {"resource": f"Space/{ID}", "field": "host"}}
    )
    applied(engine, space_doc(visibility="public"), front)
    assert machine(hub, "acme/front").variables["BACKEND"].value == "https://acme-app.hf.space"


def test_the_example_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What examples/space promises: validate is quiet, apply creates and waits, the second plan is empty."""
    shutil.copytree(EXAMPLE, tmp_path / "space")
    with Sandbox({"orgs": [{"name": "acme", "plan": "team"}]}, transition_time=0.05) as sandbox:
        monkeypatch.chdir(tmp_path / "space")
        monkeypatch.setenv("HF_ENDPOINT", sandbox.url)
        monkeypatch.delenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", raising=False)
        monkeypatch.setenv("HF_TOKEN", "hf_sandbox")
        monkeypatch.setenv("SENTIMENT_KEY", "canary-of-the-example")
        assert run(["validate"]) == 0
        assert run(["apply", "--yes"]) == 0
        assert run(["plan", "--detailed-exitcode"]) == 0
        demo = machine(sandbox, "acme/sentiment-demo")
        assert (demo.stage, demo.current, demo.secrets["SENTIMENT_KEY"].value) == (
            "RUNNING", "cpu-upgrade", "canary-of-the-example",
        )  # fmt: skip
        page = machine(sandbox, "acme/sentiment-page")
        assert page.variables["BACKEND"].value == "https://acme-sentiment-demo.hf.space"
    said = capsys.readouterr()
    written = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "space" / ".hfops").rglob("*.json"))
    assert "canary-of-the-example" not in said.out + said.err + written


def test_a_rotation_goes_in_batches_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most three restart at a time, the first failure stops the rest, and the next run goes on from there."""
    names = [f"acme/s{n:02}" for n in range(FLEET)]
    docs = [space_doc(n, secrets={"TOKEN": {"env": "TOKEN", "version": "2"}}) for n in names]
    there = [
        space_doc(n, sdk="docker", state="running", files=DOCKERFILE, secrets={"TOKEN": "x"}) for n in names
    ]
    most = 0
    with Sandbox({"resources": there}, transition_time=0.1) as sandbox:

        def count(event: object) -> None:
            nonlocal most
            del event
            most = max(most, sum(machine(sandbox, n).stage in IN_PROGRESS for n in names))

        (tmp_path / "hfops.yaml").write_text(
            "{apiVersion: hfops/v1, kind: Project, metadata: {name: fleet}}\n"
        )
        manifest = tmp_path / "fleet.yaml"
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", raising=False)
        for name, value in {
            "HF_ENDPOINT": sandbox.url,
            "HF_TOKEN": "hf_sandbox",
            "TOKEN": "rotated-value",
        }.items():
            monkeypatch.setenv(name, value)
        manifest.write_text(yaml.safe_dump_all(docs).replace("'2'", "'1'"))
        assert run(["apply", "--yes"]) == 0, "adopted by name"
        assert {machine(sandbox, n).secrets["TOKEN"].value for n in names} == {"x"}
        manifest.write_text(yaml.safe_dump_all(docs))
        sandbox.hub.watchers.append(count)
        sandbox.hub.fail_starts[names[1]] = [("RUNTIME_ERROR", "no")]
        assert run(["apply", "--yes", "--batch", "3", "--max-failures", "1"]) == 5
        rotated = [n for n in names if machine(sandbox, n).restarts]
        assert 1 <= most <= 3
        assert names[1] in rotated
        assert len(rotated) <= 6
        assert run(["apply", "--yes", "--batch", "3"]) == 0
        assert 1 <= most <= 3
        assert [machine(sandbox, n).restarts for n in names] == [1] * FLEET
        assert {machine(sandbox, n).secrets["TOKEN"].value for n in names} == {"rotated-value"}
