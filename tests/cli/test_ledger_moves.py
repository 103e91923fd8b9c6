"""``hfops ledger pull, push, migrate, transfer, unlock``, for ledgers in files and on the Hub."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, writes
from tests.conftest import Project
from tests.engine.ledger.hubs import FILE, HOME, Runs, address, intention, record, runs

URL = f"hub://datasets/{HOME}"
LOCAL = "file://.hfops/ledger.json"


def configured(project: Project, ledger: str, name: str = "p", more: str = "") -> None:
    """The project file: a name, and where the ledger is."""
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: {name}}},"
        f" spec: {{namespace: acme, ledger: '{ledger}'{more}}}}}\n",
    )


def patient(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """How long all of these commands wait for a ledger."""
    for module in ("ledger", "ledgers.copies", "ledgers.homes"):
        monkeypatch.setattr(f"hfops.cli.{module}.PATIENCE", seconds)


@pytest.fixture
def home(hub: Sandbox) -> Iterator[Runs]:
    """The ledger's repository as its owner sees it."""
    with runs(hub) as made:
        yield made


@pytest.fixture(params=[LOCAL, URL], ids=["file", "hub"])
def ledger(request: pytest.FixtureRequest, project: Project) -> str:
    """A project that applied a model, with its ledger in either home."""
    configured(project, request.param)
    project.write("a.yaml", model("x", gated="auto"))
    assert project.run("apply", "--yes").code == 0
    return request.param


def test_pull_and_push(project: Project, ledger: str) -> None:
    """What is pulled is what is stored; pushed again it is the ledger, one write later."""
    before = json.loads(project.run("ledger", "pull").out)
    assert project.run("ledger", "pull", "backup.json").code == 0
    assert json.loads((project.path / "backup.json").read_text()) == before
    assert (project.path / "backup.json").stat().st_mode & 0o077 == 0
    assert project.run("ledger", "forget", "Model/acme/x").code == 0
    ran = project.run("ledger", "push", "backup.json")
    assert (ran.code, "older (serial" in ran.err) == (1, True)
    assert project.run("ledger", "list").out.startswith("nothing is owned")
    ran = project.run("ledger", "push", "backup.json", "--force")
    assert (ran.code, ran.out.startswith("pushed: 1 resources, serial")) == (0, True)
    after = json.loads(project.run("ledger", "pull").out)
    assert after["entries"] == before["entries"]
    assert after["serial"] > before["serial"]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_pull_writes_over_nothing(project: Project, ledger: str) -> None:
    """A file that is there is left; where there is no ledger yet, that is said."""
    project.write("there.json", "precious")
    ran = project.run("ledger", "pull", "there.json")
    assert (ran.code, "exists; name a file that does not" in ran.err) == (1, True)
    assert (project.path / "there.json").read_text() == "precious"
    ran = project.run("ledger", "pull", "no/such/folder.json")
    assert (ran.code, "cannot be written: No such file" in ran.err) == (1, True)
    configured(project, LOCAL.replace("ledger.json", "other.json") if ledger == LOCAL else URL, "other")
    ran = project.run("ledger", "pull")
    assert (ran.code, "there is no ledger yet" in ran.err) == (1, True)
    assert project.run("ledger", "pull", "--no-ledger").code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a ledger"),
        ('{"version": 99, "project": "p"}', "upgrade hfops"),
        ('{"version": 1, "project": "q", "serial": 99}', "belongs to project 'q', not to project 'p'"),
        (
            '{"version": 1, "project": "p", "environment": "e", "serial": 99}',
            "belongs to project 'p', environment 'e'",
        ),
    ],
)
@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "force"])
def test_push_refuses(project: Project, ledger: str, text: str, said: str, force: list[str]) -> None:
    """What is no ledger, or another's, is never put in the place of ours."""
    before = project.run("ledger", "pull").out
    project.write("bad.json", text)
    ran = project.run("ledger", "push", "bad.json", *force)
    assert (ran.code, said in ran.err) == (1, True), ran.err
    assert project.run("ledger", "push", "missing.json").code == 1
    assert project.run("ledger", "pull").out == before


def test_the_way_back(project: Project, home: Runs) -> None:
    """A broken ledger on the Hub is refused with two commands, and these two bring the good one back."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    good = home.call("GET", f"/api/datasets/{HOME}").json()["sha"]
    home.put(FILE, '{"version": 1, "proj')
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert "hfops ledger pull FILE --revision COMMIT, then hfops ledger push FILE --force" in ran.err
    assert project.run("ledger", "pull").out == '{"version": 1, "proj'
    assert project.run("ledger", "pull", "good.json", "--revision", good).code == 0
    ran = project.run("ledger", "push", "good.json")
    assert (ran.code, "--force" in ran.err) == (1, True)
    assert project.run("ledger", "push", "good.json", "--force").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    ran = project.run("ledger", "pull", "--revision", "0" * 40)
    assert (ran.code, "there is no ledger at 000" in ran.err) == (1, True)
    ran = project.run("ledger", "pull", "--revision", good, "--ledger", LOCAL)
    assert (ran.code, "has no history" in ran.err) == (1, True)


def test_pull_from_the_history_of_a_public_one(project: Project, home: Runs) -> None:
    """It is refused at every commit, as it is at the head; nothing is printed or written."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    good = home.call("GET", f"/api/datasets/{HOME}").json()["sha"]
    home.call("PUT", f"/api/datasets/{HOME}/settings", json={"private": False})
    for file in ([], ["f.json"]):
        ran = project.run("ledger", "pull", *file, "--revision", good)
        assert (ran.code, ran.out, "it is public" in ran.err) == (1, "", True)
    assert not (project.path / "f.json").exists()


@pytest.mark.parametrize(
    "revision", ["", "..", ".", "a/../b", " ", "%2e%2e", "-x", "a b", "a\nb", "\x1b[31m"]
)
def test_what_is_no_revision(project: Project, home: Runs, revision: str) -> None:
    """Said so, with what is expected, and nothing of it gets into a path."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    ran = project.run("ledger", "pull", f"--revision={revision}")
    assert (ran.code, ran.out) == (1, "")
    assert f"{revision!r} is no revision: expected a commit" in ran.err
    assert "Traceback" not in ran.err
    assert project.run("ledger", "pull", "--revision", "main").code == 0


@pytest.mark.parametrize("link", [False, True], ids=["another spelling", "a link"])
def test_one_file_under_two_names(project: Project, link: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger is neither copied onto itself nor handed over to itself: that is said at once, whatever it is called."""
    patient(monkeypatch, 600.0)
    configured(project, LOCAL, more=", environments: {e: {}, f: {}}")
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes", "--env", "e").code == 0
    (project.path / "l").symlink_to(".hfops")
    same = "file://l/ledger.json" if link else f"file://{project.path}/.hfops/../.hfops/ledger.json"
    ran = project.run("ledger", "migrate", "--env", "e", "--to", same)
    assert (ran.code, "the ledger is there already" in ran.err) == (1, True), ran.err
    theirs = same.replace("ledger.json", "ledger.e.json")
    ran = project.run("ledger", "transfer", "Model/acme/x", "--env", "e", "--to", "q", "--to-ledger", theirs)
    assert (ran.code, "that is this project's own ledger" in ran.err) == (1, True), ran.err


def test_one_repository_in_two_cases(project: Project, home: Runs) -> None:
    """Names on the Hub are the same without case."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    ran = project.run("ledger", "migrate", "--to", URL.replace("acme", "ACME"))
    assert (ran.code, "the ledger is there already" in ran.err) == (1, True), ran.err


def test_push_of_what_another_project_owns(project: Project, home: Runs) -> None:
    """Also a backup cannot make a resource have two owners, or the home own itself."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    other = home.ledger("q")
    other.put(record("theirs"))
    other.save()
    for name, said in (
        ("Model/acme/theirs", "project 'q' owns it"),
        ("Dataset/acme/hfops-ledger", "live in it"),
    ):
        form = {"version": 1, "project": "p", "serial": 9, "entries": {name: {"origin": "created"}}}
        project.write("b.json", json.dumps(form))
        ran = project.run("ledger", "push", "b.json", "--force")
        assert (ran.code, said in ran.err) == (1, True), ran.err
    assert list(home.file()["entries"]) == ["Model/acme/x"]


def test_two_broken_ledgers_can_both_be_put_right(project: Project, home: Runs) -> None:
    """While a neighbour's file says nothing, a backup of what is ours goes in, and --force puts back what may be theirs."""
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    assert project.run("ledger", "pull", "good.json").code == 0
    home.put("ledgers/q.json", "[]")
    assert project.run("ledger", "push", "good.json", "--force").code == 0
    home.put(FILE, "{")
    ran = project.run("ledger", "push", "good.json", "--force")
    assert (ran.code, "warning: Model/acme/x: it may be another project's" in ran.err) == (0, True), ran.err
    assert list(home.file()["entries"]) == ["Model/acme/x"]
    more = home.file() | {"serial": 99, "entries": {"Model/acme/y": {"origin": "created"}}}
    project.write("more.json", json.dumps(more))
    ran = project.run("ledger", "push", "more.json")
    assert (ran.code, "Model/acme/y: it may be another project's" in ran.err) == (1, True), ran.err


@pytest.mark.parametrize(("source", "target"), [(LOCAL, URL), (URL, LOCAL)], ids=["to the hub", "to a file"])
def test_migrate(project: Project, home: Runs, source: str, target: str) -> None:
    """The copy is the ledger, the old one stays, and what is left to do is said; a second time there is one already."""
    configured(project, source)
    project.write("a.yaml", model("x") + model("y"))
    ran = project.run("ledger", "migrate", "--to", target)
    assert (ran.code, "there is no ledger yet" in ran.err) == (1, True)
    assert project.run("apply", "--yes").code == 0
    before = project.run("ledger", "pull").out
    ran = project.run("ledger", "migrate", "--to", source)
    assert (ran.code, "the ledger is there already" in ran.err) == (1, True)
    ran = project.run("ledger", "migrate", "--to", target)
    assert ran.code == 0
    assert f"Now set spec.ledger: {target} in hfops.yaml" in ran.out
    assert json.loads(project.run("ledger", "pull").out)["entries"] == json.loads(before)["entries"]
    ran = project.run("ledger", "migrate", "--to", target)
    assert (ran.code, "there is a ledger of project 'p' already" in ran.err) == (1, True)
    configured(project, target)
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.run("ledger", "list").out.count("created") == 2


def test_migrate_of_an_environment(project: Project, home: Runs) -> None:
    """The files of environments are named as hfops.yaml will have them."""
    environments = ", environments: {prod: {}}"
    configured(project, URL, more=environments)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes", "--env", "prod").code == 0
    assert project.run("ledger", "migrate", "--to", LOCAL, "--env", "prod").code == 0
    assert (project.path / ".hfops/ledger.prod.json").is_file()
    configured(project, LOCAL, more=environments)
    assert project.run("plan", "--detailed-exitcode", "--env", "prod").code == 0


def test_transfer_on_the_hub(project: Project, home: Runs, hub: Sandbox) -> None:
    """Both ledgers change in one commit; the resource is untouched, and the new owner's plan is empty."""
    configured(project, URL, "q")
    project.write("a.yaml", model("other"))
    assert project.run("apply", "--yes").code == 0
    configured(project, URL)
    project.write("a.yaml", model("x", gated="auto") + model("y"))
    assert project.run("apply", "--yes").code == 0
    count, entry = len(home.commits()), home.file()["entries"]["Model/acme/x"]
    hub.exchanges.clear()
    ran = project.run("ledger", "transfer", "model/acme/X", "--to", "q")
    assert (ran.code, ran.out) == (0, f"transferred: Model/acme/x to project 'q' ({URL})\n")
    assert writes(hub) == [f"POST /api/datasets/{HOME}/commit/main"]
    assert home.commits()[count:] == ["hfops ledger transfer: Model/acme/x to q (p)"]
    assert list(home.file()["entries"]) == ["Model/acme/y"]
    assert home.file("ledgers/q.json")["entries"]["Model/acme/x"] == entry
    ran = project.run("plan")
    assert (ran.code, "Model/acme/x: project 'q' owns it" in ran.err) == (1, True)
    configured(project, URL, "q")
    project.write("a.yaml", model("x", gated="auto") + model("other"))
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_transfer_refuses(project: Project, home: Runs) -> None:
    """To oneself, to nobody, of what is not ours or not settled; nothing is changed."""
    configured(project, URL)
    project.write("a.yaml", model("sentiment"))
    assert project.run("apply", "--yes").code == 0
    other = home.ledger("q", "prod")
    other.put(record("w"))
    other.save()
    open_ = home.ledger()
    open_.intend([intention("sentiment", "update")])
    open_.save(last=True)
    before = home.file()
    for arguments, said in (
        (["Model/acme/sentiment", "--to", "p"], "that is this project"),
        (["Model/acme/sentiment", "--to", "q/"], "expected PROJECT or PROJECT/ENVIRONMENT"),
        (["Model/acme/sentimnet", "--to", "q/prod"], "did you mean 'Model/acme/sentiment'?"),
        (["sentiment", "--to", "q/prod"], "not an address"),
        (["Model/acme/sentiment", "--to", "q"], "project 'q' has no ledger here (there are q/prod)"),
        (["Model/acme/sentiment", "--to", "q/prod"], "let hfops apply settle that first"),
        (["Model/acme/sentiment", "--to", "q", "--no-ledger"], "nothing to transfer"),
    ):
        ran = project.run("ledger", "transfer", *arguments)
        assert (ran.code, said in ran.err) == (1, True), ran.err
    assert home.file() == before
    assert project.run("apply", "--yes").code == 0
    assert project.run("ledger", "transfer", "Model/acme/sentiment", "--to", "new", "--create").code == 0
    assert list(home.file("ledgers/new.json")["entries"]) == ["Model/acme/sentiment"]


def test_transfer_waits_for_the_others_run(
    project: Project, home: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the other project writes, nothing is put into its ledger."""
    patient(monkeypatch, 0.05)
    configured(project, URL)
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    other = home.ledger("q")
    other.intend([intention("w")])
    ran = project.run("ledger", "transfer", "Model/acme/x", "--to", "q")
    assert (ran.code, "ledgers/q.json: the ledger is held by" in ran.err) == (1, True)
    other.save(last=True)
    assert project.run("ledger", "transfer", "Model/acme/x", "--to", "q").code == 0
    for name in ("forget", "transfer", "migrate", "push"):
        holder = home.ledger()
        holder.intend([intention("z")])
        project.write("f.json", json.dumps({"version": 1, "project": "p", "serial": 999}))
        arguments = {"forget": ["Model/acme/y"], "transfer": ["Model/acme/y", "--to", "q"],
                     "migrate": ["--to", LOCAL], "push": ["f.json"]}[name]  # fmt: skip
        holder.put(record("y"))
        holder.save()
        ran = project.run("ledger", name, *arguments)
        assert (ran.code, "held by process" in ran.err) == (1, True), (name, ran.err)
        holder.settle(address("z"))
        holder.save(last=True)


def test_transfer_between_files(project: Project) -> None:
    """To another environment's file by its name, to another project's by its URL; cut off half-way it can be finished."""
    configured(project, LOCAL, more=", environments: {staging: {}, prod: {}}")
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes", "--env", "staging").code == 0
    to = ["ledger", "transfer", "Model/acme/x", "--env", "staging", "--to"]
    ran = project.run(*to, "p/prod")
    assert (ran.code, "has no ledger there" in ran.err) == (1, True)
    ran = project.run(*to, "q")
    assert (ran.code, "name it with --to-ledger URL" in ran.err) == (1, True)
    backup = (project.path / ".hfops/ledger.staging.json").read_text()
    for _ in range(2):
        assert project.run(*to, "p/prod", "--create").code == 0
        assert project.run("ledger", "list", "--env", "staging").out.startswith("nothing is owned")
        assert project.run("plan", "--env", "prod", "--detailed-exitcode").code == 0
        (project.path / ".hfops/ledger.staging.json").write_text(
            backup
        )  # as if the second write had not come
    theirs = "file://../q/ledger.json"
    assert project.run(*to, "q", "--to-ledger", theirs, "--create").code == 0
    stored = json.loads((project.path / "../q/ledger.json").read_text())
    assert (stored["project"], list(stored["entries"])) == ("q", ["Model/acme/x"])
    (project.path / ".hfops/ledger.staging.json").write_text(backup)
    ran = project.run(*to, "r", "--to-ledger", theirs)
    assert (ran.code, "belongs to project 'q', not to project 'r'" in ran.err) == (1, True)


def test_unlock_of_a_file(project: Project) -> None:
    """The lock of a file needs no ending: that is said, and nothing is asked."""
    configured(project, LOCAL)
    ran = project.run("ledger", "unlock")
    assert (ran.code, ran.out.startswith("nothing to end: the lock of a file goes with the process")) == (
        0,
        True,
    )
