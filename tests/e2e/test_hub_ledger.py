"""hfops with its ledger on the Hub, as users and CI jobs run it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import PATIENCE, changes, exists, model, on_the_hub, until
from tests.conftest import Project
from tests.contract import check_request, check_response
from tests.engine.ledger.hubs import FILE, HOME, Runs, runs

URL = f"hub://datasets/{HOME}"


@pytest.fixture
def project(project: Project) -> Project:
    """A project whose ledger is on the Hub."""
    return named(project, "p")


def named(project: Project, name: str, spec: str = "") -> Project:
    """The project file under another name."""
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: {name}}},"
        f" spec: {{namespace: acme, ledger: '{URL}'{spec}}}}}\n",
    )
    return project


@pytest.fixture
def home(hub: Sandbox) -> Iterator[Runs]:
    """The ledger's repository as its owner sees it."""
    with runs(hub) as made:
        yield made


def test_plan_apply_plan(project: Project, hub: Sandbox, home: Runs) -> None:
    """Planning makes nothing, applying makes the ledger, then the plan is empty; every request keeps the contract."""
    project.write("a.yaml", model("x", gated="auto", tags="[{name: v1}]"))
    assert project.run("plan", "--detailed-exitcode").code == 2
    assert {e.method for e in hub.exchanges} <= {"GET", "HEAD"}
    assert on_the_hub(hub, f"/api/datasets/{HOME}").status_code == 404
    ran = project.run("apply", "--yes")
    assert (ran.code, "warning" in ran.err) == (0, False)
    ran = project.run("plan", "--detailed-exitcode")
    assert (ran.code, "warning" in ran.err) == (0, False)
    assert list(home.file()["entries"]) == ["Model/acme/x"]
    assert "hf_sandbox" not in json.dumps(home.file())
    for exchange in hub.exchanges:
        assert check_request(exchange) == []
        assert check_response(exchange) == []


def test_an_empty_plan_takes_two_requests_for_the_ledger(project: Project, hub: Sandbox, home: Runs) -> None:
    """And an apply with nothing to do no commit."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    hub.exchanges.clear()
    assert project.run("plan").code == 0
    assert len(home.sent()) == 2
    count = len(home.commits())
    hub.exchanges.clear()
    assert project.run("apply", "--yes").code == 0
    assert len(home.commits()) == count


def test_forty_creations_are_few_commits(project: Project, home: Runs) -> None:
    """Forty independent repositories: their intentions in one commit, their outcomes in another."""
    project.write("a.yaml", "".join(model(f"m{i}") for i in range(40)))
    assert project.run("apply", "--yes").code == 0
    assert home.commits() == ["hfops apply: 40 changes to come (p)", "hfops apply: 40 changes (p)"]
    assert len(home.file()["entries"]) == 40


def test_waves_share_their_commits(project: Project, home: Runs) -> None:
    """Ten chains of three: what comes ready one by one is gathered, a commit for a wave and not for each repository."""
    text = "".join(
        model(f"m{i}-{step}").replace(
            "spec:", f"dependsOn: [{'Model/m' + str(i) + '-' + str(step - 1) if step else ''}], spec:"
        )
        for i in range(10)
        for step in range(3)
    )
    project.write("a.yaml", text)
    assert project.run("apply", "--yes").code == 0
    assert len(home.commits()) <= 2 + 3


def test_the_commit_names_the_run(project: Project, home: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI the history links to the job; a URL with a login in it is not repeated."""
    project.write("a.yaml", model("x"))
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/infra")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    assert project.run("apply", "--yes").code == 0
    rows = home.call("GET", f"/api/datasets/{HOME}/commits/main").json()
    assert "(https://github.example/acme/infra/actions/runs/42)" in rows[0]["message"]
    for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"):
        monkeypatch.delenv(f"GITHUB_{name}")
    monkeypatch.setenv("CI_JOB_URL", "https://me:secret@gitlab.example/jobs/1")
    project.write("a.yaml", model("x", gated="auto"))
    assert project.run("apply", "--yes").code == 0
    assert "gitlab" not in home.call("GET", f"/api/datasets/{HOME}/commits/main").text


def test_two_projects_in_one_home(project: Project, hub: Sandbox, home: Runs) -> None:
    """A model in both is an error that names the other, before anything is sent; so are renaming and deleting it."""
    project.write("a.yaml", model("shared") + model("mine"))
    assert project.run("apply", "--yes").code == 0
    named(project, "q")
    hub.exchanges.clear()
    for text in (
        model("shared"),
        model("other") + changes("moved: [{from: Model/acme/shared, to: Model/acme/other}]"),
        changes("removed: [{address: Model/acme/shared, action: delete}]"),
    ):
        project.write("a.yaml", text)
        for command in (["plan"], ["apply", "--yes", "--allow", "data-loss=Model/acme/shared"]):
            ran = project.run(
                *command, *(["--allow", "data-loss=Model/acme/shared"] if command == ["plan"] else [])
            )
            assert ran.code == 1, ran
            assert "Model/acme/shared: project 'p' owns it, by the same ledger" in ran.err
            assert "hfops ledger transfer Model/acme/shared --to q" in ran.err
    assert {e.method for e in hub.exchanges} <= {"GET", "HEAD"}
    assert exists(hub, "shared")
    project.write("a.yaml", model("theirs"))
    assert project.run("apply", "--yes").code == 0
    assert list(home.file("ledgers/q.json")["entries"]) == ["Model/acme/theirs"]
    assert len(home.file()["entries"]) == 2


def test_environments_are_owners_of_their_own(project: Project, home: Runs) -> None:
    """Two environments that mean the same repository: the second is told."""
    named(project, "p", ", environments: {staging: {}, prod: {}}")
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes", "--env", "staging").code == 0
    ran = project.run("plan", "--env", "prod")
    assert (ran.code, "project 'p', environment 'staging' owns it" in ran.err) == (1, True)
    assert home.file("ledgers/p.staging.json")["environment"] == "staging"


def test_the_home_is_no_resource(project: Project) -> None:
    """A manifest that describes the repository of the ledger is refused."""
    project.write("a.yaml", "{apiVersion: hfops/v1, kind: Dataset, metadata: {name: ACME/hfops-ledger}}\n")
    for command in (["plan"], ["apply", "--yes"]):
        ran = project.run(*command)
        assert ran.code == 1
        assert "a.yaml:1:1: Dataset/ACME/hfops-ledger: the ledger lives in it" in ran.err


def test_addresses_of_ledgers(project: Project, hub: Sandbox) -> None:
    """What is no home is refused with what is expected; a project without a name cannot share one."""
    project.write("a.yaml", model("x"))
    for url, said in (
        ("hub://datasets/acme/a/b", "expected hub://datasets/NAMESPACE/NAME and no more"),
        ("hub://datasets/acme", "expected hub://datasets/NAMESPACE/NAME"),
        ("hub://datasets/acme/--x", "bad name"),
        ("hub://models/acme/x", "not a ledger's address"),
        ("s3://x", "not a ledger's address"),
        ("file://", "not a ledger's address"),
    ):
        ran = project.run("plan", "--ledger", url)
        assert (ran.code, said in ran.err) == (1, True), ran.err
    assert project.run("plan", "--ledger", URL + "/").code == 0
    project.write(
        "hfops.yaml", f"{{apiVersion: hfops/v1, kind: Project, spec: {{namespace: acme, ledger: '{URL}'}}}}\n"
    )
    ran = project.run("plan")
    assert (ran.code, "needs a project with a name" in ran.err) == (1, True)
    hub.exchanges.clear()
    ran = project.run("plan", "--ledger", URL, "--no-ledger")
    assert (ran.code, list(hub.exchanges)) == (1, [])


def test_a_token_that_only_reads(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can plan; applying ends before the first write, that of the ledger included, and says which right is missing."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x", gated="auto"))
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox_read")
    assert project.run("plan", "--detailed-exitcode").code == 2
    hub.exchanges.clear()
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert "repo.write on acme" in ran.err
    assert [e.path for e in hub.exchanges if e.method not in ("GET", "HEAD")] == []
    assert on_the_hub(hub, "/api/models/acme/x").json()["gated"] is False


def test_offline_and_without_a_token(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both say what is missing."""
    project.write("a.yaml", model("x"))
    with monkeypatch.context() as patched:
        patched.setenv("HF_HUB_OFFLINE", "1")
        ran = project.run("plan")
        assert (ran.code, "HF_HUB_OFFLINE" in ran.err) == (1, True)
    monkeypatch.delenv("HF_TOKEN")
    ran = project.run("plan")
    assert (ran.code, "the ledger needs a token" in ran.err) == (1, True)


def test_no_warning_in_ci(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger on the Hub is what the warning about local files asks for."""
    project.write("a.yaml", model("x"))
    monkeypatch.setenv("CI", "true")
    assert "warning" not in project.run("plan").err


def test_not_held_while_asking(project: Project, home: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads the plan another run applies; the first then hears that its plan is not good any more."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x", gated="auto") + model("y"))

    def meanwhile(*_: object) -> str:
        done = project.start("apply", "--yes")
        assert done.communicate(timeout=PATIENCE)[1] is not None
        assert done.returncode == 0
        return "yes\n"

    monkeypatch.setattr("hfops.cli.applying.is_terminal", lambda: True)
    monkeypatch.setattr("hfops.cli.applying._ask", meanwhile)
    ran = project.run("apply")
    assert ran.code == 1
    assert "another run changed the ledger since this plan was made (Model/acme/x" in ran.err
    assert home.file()["lease"]["expires"] is None


def test_others_work_elsewhere_is_no_reason_to_stop(
    project: Project, home: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two halves of a project applied at once: the second finishes, and the ledger holds both."""
    project.write("models/a.yaml", model("a"))
    project.write("more/b.yaml", model("b"))
    project.write("more/c.yaml", model("c"))
    assert project.run("apply", "--yes", "more/c.yaml").code == 0

    def meanwhile(*_: object) -> str:
        done = project.start("apply", "--yes", "more/b.yaml")
        done.communicate(timeout=PATIENCE)
        assert done.returncode == 0
        return "yes\n"

    monkeypatch.setattr("hfops.cli.applying.is_terminal", lambda: True)
    monkeypatch.setattr("hfops.cli.applying._ask", meanwhile)
    assert project.run("apply", "models").code == 0
    assert [a.rpartition("/")[2] for a in home.file()["entries"]] == ["a", "b", "c"]


def test_not_held_while_waiting(project: Project, hub: Sandbox, home: Runs) -> None:
    """Once its calls are made, a run that waits for a Space to come up holds nothing: another one applies meanwhile."""
    hub.hub.orgs["acme"].plan, hub.hub.transition_time = "team", 600.0
    project.write(
        "s.yaml", "{apiVersion: hfops/v1, kind: Space, metadata: {name: app}, spec: {sdk: docker}}\n"
    )
    waiting = project.start("apply", "--yes", "s.yaml")
    try:
        until(lambda: len(home.sent()) > 1 and "Space/acme/app" in _entries(home), "the Space to be made")
        project.write("a.yaml", model("x"))
        assert project.run("apply", "--yes", "a.yaml", "--lock-timeout", "0").code == 0
        assert waiting.poll() is None
        assert set(_entries(home)) == {"Space/acme/app", "Model/acme/x"}
    finally:
        waiting.kill()
        waiting.communicate()


def _entries(home: Runs) -> list[str]:
    """What is owned, nothing where there is no ledger yet."""
    answer = home.call("GET", f"/datasets/{HOME}/resolve/main/{FILE}")
    return list(answer.json()["entries"]) if answer.status_code == 200 else []


def test_a_killed_run(project: Project, hub: Sandbox, home: Runs) -> None:
    """Its lease keeps others out for a minute at most, and who it was can be read and ended; then all is settled."""
    project.write("a.yaml", model("x", visibility="private", tags="[{name: v1}]"))
    hub.faults.add({"match": {"method": "POST", "path": "/api/models/acme/x/tag/*"}, "delay": 300, "nth": 1})
    counted = hub.faults._faults[-1]
    first = project.start("apply", "--yes")
    until(lambda: counted.seen > 0, "the first run to set the tag")
    first.kill()
    first.communicate()
    ran = project.run("apply", "--yes", "--lock-timeout", "0")
    assert ran.code == 1
    assert f"the ledger is held by process {first.pid} on " in ran.err
    assert "hfops ledger unlock" in ran.err
    assert f"lease: held by process {first.pid} on " in project.run("ledger", "list").out
    ran = project.run("ledger", "unlock")
    assert (ran.code, "no --yes: the lease stands" in ran.err) == (1, True)
    ran = project.run("ledger", "unlock", "--yes")
    assert (ran.code, ran.out.startswith(f"ended: the lease of process {first.pid} on ")) == (0, True)
    assert project.run("ledger", "unlock").out.startswith("nothing to end: nobody holds the lease")
    ran = project.run("apply", "--yes", "--lock-timeout", "0")
    assert (ran.code, "an earlier run was interrupted in its create of this" in ran.out) == (0, True)
    assert home.file()["entries"]["Model/acme/x"]["origin"] == "created"
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_nothing_to_do_beside_a_run(project: Project, home: Runs) -> None:
    """While another run holds the lease, an apply without calls is done; one with calls is not, and says how long to wait."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    other = home.ledger()
    other.intend([])
    count = len(home.commits())
    ran = project.run("apply", "--yes", "--lock-timeout", "0")
    assert (ran.code, "the ledger is held by process" in ran.err) == (0, True), ran.err
    project.write("a.yaml", model("x") + model("y"))
    ran = project.run("apply", "--yes", "--lock-timeout", "0")
    assert (ran.code, "wait for it: --lock-timeout 90;" in ran.err.splitlines()[-1]) == (1, True), ran.err
    assert len(home.commits()) == count
    other.save(last=True)
    assert project.run("apply", "--yes", "--lock-timeout", "0").code == 0


def test_a_broken_neighbour(project: Project, hub: Sandbox, home: Runs) -> None:
    """What is surely ours is planned and applied; what is new might be theirs, and is refused at its line."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    on_the_hub(hub, "/api/repos/create", "POST", name="stray", organization="acme", private=True)
    home.put("ledgers/o.json", '{"project": "o", "intentions": 5}')
    named(project, "p", ", unmanaged: fail")
    project.write("a.yaml", model("x", gated="auto"))
    assert project.run("plan").code == 0
    ran = project.run("apply", "--yes")
    assert (ran.code, ran.err.count("ledgers/o.json: not a ledger")) == (0, 1), ran.err
    assert home.file()["entries"]["Model/acme/x"]["applied"]["gated"] == "auto"
    project.write("a.yaml", model("x", gated="auto") + model("new"))
    for command in (["plan"], ["apply", "--yes"]):
        ran = project.run(*command)
        assert ran.code == 1
        assert "a.yaml:4:1: Model/acme/new: it may be another project's: hub://" in ran.err, ran.err
        assert "ledgers/o.json: not a ledger (no version in it)" in ran.err
    assert not exists(hub, "new")


def test_processes_at_once(project: Project, hub: Sandbox, home: Runs) -> None:
    """Real processes on one ledger, each with its own part: all finish or hear why not, and nothing is lost or made twice."""
    project.write("z.yaml", model("start"))
    assert project.run("apply", "--yes", "z.yaml").code == 0
    for i in range(3):
        project.write(f"m{i}.yaml", "".join(model(f"m{i}-{j}") for j in range(3)))
    started = [project.start("apply", "--yes", f"m{i}.yaml", "--lock-timeout", "60") for i in range(3)]
    ended = [(p.communicate(timeout=90)[1], p.returncode) for p in started]
    for err, code in ended:
        assert code == 0 or "held by process" in err or "another run" in err, err
    made = {f"Model/acme/m{i}-{j}" for i, (_, code) in enumerate(ended) if code == 0 for j in range(3)}
    assert made
    assert set(home.file()["entries"]) == made | {"Model/acme/start"}
    assert home.file()["intentions"] == []
    assert project.run("apply", "--yes").code == 0
    assert len(home.file()["entries"]) == 10
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_the_same_work_at_once(project: Project, hub: Sandbox) -> None:
    """Two runs of the same manifests: the work is done once, and the other finishes or says why it did not."""
    project.write("a.yaml", "".join(model(f"m{i}") for i in range(3)))
    started = [project.start("apply", "--yes", "--lock-timeout", "60") for _ in range(2)]
    ended = [(p.communicate(timeout=90)[1], p.returncode) for p in started]
    codes = sorted(code for _, code in ended)
    assert codes in ([0, 0], [0, 1]), ended
    assert all(code == 0 or "held by" in err or "another run" in err for err, code in ended), ended
    made = [
        json.loads(e.body)["name"] for e in hub.exchanges if e.path == "/api/repos/create" and e.status == 200
    ]
    assert sorted(made) == ["hfops-ledger", "m0", "m1", "m2"]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_interrupted(project: Project, hub: Sandbox, home: Runs) -> None:
    """Ctrl-C: what was done is written, the lease is given back, and the next run need not wait."""
    project.write("a.yaml", model("x") + model("y").replace("spec:", "dependsOn: [Model/x], spec:"))
    hub.faults.add({"match": {"path": "/api/repos/create"}, "nth": 2, "delay": 0.5})
    counted = hub.faults._faults[-1]
    run = project.start("apply", "--yes")
    until(lambda: counted.seen >= 2, "the model to be created")
    run.send_signal(2)
    assert run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == 130
    assert list(home.file()["entries"]) == ["Model/acme/x"]
    assert home.file()["intentions"] == []
    assert home.file()["lease"]["expires"] is None


def test_a_saved_plan_is_used_once(project: Project, home: Runs) -> None:
    """Which plans were used is in the ledger, so every machine knows; it takes no commit of its own."""
    project.write("a.yaml", model("x"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert project.run("apply", "--yes", "plan.json").code == 0
    assert len(home.commits()) == 2
    ran = project.run("apply", "--yes", "plan.json")
    assert (ran.code, "was used at" in ran.err) == (1, True)
