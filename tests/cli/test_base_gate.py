"""A pull request cannot weaken its own gate: ``plan --base`` holds it against the rules of the branch it goes into."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, writes
from tests.cli.test_changed import commit, git
from tests.conftest import Project

HEAD = "apiVersion: hfops/v1, kind: Project, metadata: {name: test}"
GATED = "policies: [{name: gated, match: {kind: Model}, require: after.gated == 'manual', message: models are gated}]"


def spec(project: Project, text: str = "", folder: str = "") -> None:
    """The project file, with more in its spec."""
    project.write(f"{folder}hfops.yaml", f"{{{HEAD}, spec: {{namespace: acme, {text}}}}}\n")


@pytest.fixture
def repo(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in Git."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(project.path, "init", "-q")
    project.write(".gitignore", ".hfops/\n")
    return project


def merged(repo: Project, *, apply: bool = False) -> None:
    """What stands there now is the base branch; ``apply``: and was applied."""
    commit(repo.path)
    git(repo.path, "branch", "-f", "base")
    if apply:
        ran = repo.run("apply", "--yes", "--allow", "exposure", "--allow", "data-loss")
        assert ran.code == 0, ran


def planned(repo: Project, *options: str, code: int = 3, rev: str = "base") -> dict[str, Any]:
    """The report of a strict plan against the base branch."""
    ran = repo.run("plan", "--strict", "--format", "json", "--base", rev, *options)
    assert ran.code == code, ran
    said: dict[str, Any] = json.loads(ran.out)
    return said


def refused(said: dict[str, Any]) -> list[str]:
    """The codes of what refuses it, with a star where the base does."""
    return [r["code"] + ("*" if r.get("base") else "") for r in said["refusals"]]


def slack(said: dict[str, Any]) -> list[str]:
    """The codes of what became looser."""
    return [one["code"] for one in said.get("guardLoosened", ())]


def test_the_hostile_pull_request(repo: Project, hub: Sandbox) -> None:
    """It deletes a policy, raises maxDeletes and removes manifests: refused by the base branch's rules, in words."""
    spec(repo, f"safety: {{maxDeletes: 1}}, {GATED}")
    repo.write("a.yaml", model("a", gated="manual") + model("b", gated="manual"))
    repo.write("c.yaml", model("c", gated="manual"))
    merged(repo, apply=True)
    spec(repo, "safety: {maxDeletes: 50}, prune: true")
    (repo.path / "a.yaml").unlink()
    repo.write("c.yaml", model("c", gated="auto"))
    before = writes(hub)
    said = planned(repo, "--allow", "exposure", "--allow", "data-loss")
    assert refused(said) == ["max_deletes*", "policy*"]
    deletes, policy = said["refusals"]
    assert deletes["message"] == "2 resources would be deleted, the limit is 1 (base branch)"
    assert policy["message"] == "policy: Model/acme/c: gated: models are gated (base branch)"
    assert deletes["ways"] == [
        "on the pipeline's command line: `--max-deletes 2`",
        "in hfops.yaml: `safety: {maxDeletes: 2}`, in a pull request of its own, merged first",
    ]
    assert policy["ways"] == ["a waiver or another rule, in a pull request of its own, merged first"]
    assert slack(said) == ["policy_removed", "max_deletes_raised", "prune_on"]
    assert said["guardLoosened"][1]["message"] == "safety.maxDeletes rises from 1 to 50"
    assert said["guardLoosened"][1]["where"].startswith("hfops.yaml:1:")
    assert writes(hub) == before
    shown = repo.run("plan", "--strict", "--base", "base")
    assert (shown.code, shown.out.startswith("! guard-loosened: 3 rules")) == (3, True), shown
    assert repo.run("plan", "--strict", "--allow", "exposure", "--allow", "data-loss").code == 0


def _deleted(repo: Project) -> None:
    (repo.path / "a.yaml").unlink()


WAIVED = (
    "{apiVersion: hfops/v1, kind: Model, metadata: {name: a}, spec: {gated: auto},"
    " lifecycle: {waive: [{policy: gated, reason: r, until: 2999-12-31}]}}\n"
)
PROTECTED = "{apiVersion: hfops/v1, kind: Model, metadata: {name: a}, spec: {gated: manual}, lifecycle: {preventDestroy: true}}\n"
REMOVED = "removed: [{address: Model/acme/a, action: delete%s}]"


def test_its_own_consent_does_not_count(repo: Project) -> None:
    """``allow`` for its own exposure; merged first, or on the command line, it does."""
    repo.write("a.yaml", model("a", visibility="private"))
    merged(repo, apply=True)
    repo.write("a.yaml", model("a", visibility="public"))
    repo.write("allow.yaml", changes("allow: [{risk: exposure, address: Model/acme/a, reason: launch}]"))
    said = planned(repo)
    assert (refused(said), slack(said)) == (["exposure*"], ["allow_added"])
    assert said["guardLoosened"][0]["where"].startswith("allow.yaml:2:")
    assert repo.run("plan", "--strict").code == 0
    assert refused(planned(repo, "--allow", "exposure=Model/acme/a", code=0)) == []
    repo.write("a.yaml", model("a", visibility="private"))
    merged(repo)
    repo.write("a.yaml", model("a", visibility="public"))
    assert slack(planned(repo, code=0)) == []


def test_its_own_removal_does_not_count(repo: Project) -> None:
    """``removed: delete`` consents to nothing yet; and ``overrideProtection`` overrides nothing yet."""
    repo.write("a.yaml", PROTECTED)
    merged(repo, apply=True)
    _deleted(repo)
    repo.write("gone.yaml", changes(REMOVED % ", overrideProtection: true"))
    said = planned(repo)
    assert refused(said) == ["prevent_destroy*", "data_loss*"]
    assert slack(said) == ["removed_added", "protection_overridden", "protection_lost"]
    assert repo.run("plan", "--strict").code == 0


def test_a_removal_that_the_base_has(repo: Project) -> None:
    """It counts wherever it stands now: the file and the line may be others."""
    repo.write("a.yaml", model("a"))
    merged(repo, apply=True)
    _deleted(repo)
    repo.write("gone.yaml", changes("removed: [{address: 'Model/acme/*', action: delete}]"))
    merged(repo)
    (repo.path / "gone.yaml").unlink()
    repo.write("deeper/gone.yaml", f"# moved\n{changes(REMOVED % '')}")
    said = planned(repo, code=0)
    assert (refused(said), slack(said), [c["action"] for c in said["changes"]]) == ([], [], ["delete"])


def test_its_own_waiver_does_not_count(repo: Project) -> None:
    """``lifecycle.waive`` counts as the base has it."""
    spec(repo, GATED)
    repo.write("a.yaml", model("a", gated="manual"))
    merged(repo)
    repo.write("a.yaml", WAIVED)
    said = planned(repo)
    assert (refused(said), slack(said), said["notices"]) == (["policy*"], ["waiver_added"], [])
    assert repo.run("plan", "--strict").code == 0
    merged(repo)
    said = planned(repo, code=0)
    assert (refused(said), [n["code"] for n in said["notices"]]) == ([], ["policy_waived"])


def test_a_label_does_not_get_round_a_policy(repo: Project) -> None:
    """A policy that is about a label holds for what had it, and for what gets it."""
    labelled = (
        "{apiVersion: hfops/v1, kind: Model, metadata: {name: a, labels: {tier: %s}}, spec: {gated: %s}}\n"
    )
    spec(repo, GATED.replace("kind: Model", "labels: {tier: prod}"))
    repo.write("a.yaml", labelled % ("prod", "manual"))
    merged(repo)
    repo.write("a.yaml", labelled % ("test", "auto"))
    said = planned(repo)
    assert (refused(said), slack(said)) == (["policy*"], ["policy_evaded"])
    repo.write("a.yaml", labelled % ("test", "manual"))
    assert refused(planned(repo, code=0)) == []


def test_its_own_references_do_not_count(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the pipeline may be read outside secret fields once the base branch says so."""
    monkeypatch.setenv("APP_URL", "https://app.acme.example")
    monkeypatch.setenv("CI_JOB", "secret-of-the-pipeline")
    spec(repo, 'references: {env: ["APP_*"]}')
    space = "{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: gradio, variables: {U: {env: %s}}}}\n"
    repo.write("s.yaml", space % "APP_URL")
    merged(repo)
    assert refused(planned(repo, code=0)) == []
    spec(repo, 'references: {env: ["*"]}')
    said = planned(repo, code=0)
    assert slack(said) == ["references_widened"]
    repo.write("s.yaml", space % "CI_JOB")
    ran = repo.run("plan", "--base", "base")
    assert (ran.code, "the base branch's hfops.yaml does not allow it yet" in ran.err) == (1, True), ran
    assert "secret-of-the-pipeline" not in ran.out + ran.err
    assert repo.run("plan").code == 0


def test_cost_and_hosts_are_weighed_by_both(repo: Project) -> None:
    """A risk that the base sees is there, and refused as its own."""
    spec(repo, "safety: {maxHourlyIncrease: 0.1, webhookHosts: [ci.acme.example]}")
    repo.write("a.yaml", model("a"))
    merged(repo)
    spec(repo, "safety: {webhookHosts: ['*.acme.example', evil.example]}")
    repo.write("s.yaml", "{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: gradio, hardware: t4-small, sleepTime: 1h}}\n")  # fmt: skip
    hook = "{apiVersion: hfops/v1, kind: Webhook, metadata: {name: hfops-user/h}, spec: {url: 'https://evil.example/x', watched: [{type: org, name: acme}], domains: [repo]}}\n"
    repo.write("w.yaml", hook)
    said = planned(repo)
    assert refused(said) == ["exposure*", "cost*"]
    assert all(r["message"].endswith(" (base branch)") for r in said["refusals"])
    risks = {c["address"]: [r["risk"] for r in c.get("risks", ())] for c in said["changes"]}
    assert (risks["Space/acme/s"], risks["Webhook/hfops-user/h"]) == (["cost"], ["exposure"])
    assert slack(said) == ["max_hourly_increase_raised", "webhook_hosts_widened"]


def test_what_only_tightens_passes(repo: Project) -> None:
    """Stricter rules hold at once, and are no news of this sort; nor is what only moved."""
    spec(repo, "safety: {maxDeletes: 5, webhookHosts: ['*.acme.example']}, references: {env: ['APP_*']}")
    repo.write("a.yaml", model("a", gated="manual"))
    repo.write("b.yaml", changes("allow: [{risk: cost, address: 'Model/acme/*', reason: r}]"))
    merged(repo)
    spec(
        repo,
        "safety: {maxDeletes: 1, maxHourlyIncrease: 1, webhookHosts: [ci.acme.example]}, unmanaged: ignore,"
        f" references: {{env: [APP_URL]}}, {GATED}",
    )
    (repo.path / "a.yaml").rename(repo.path / "moved.yaml")
    (repo.path / "b.yaml").unlink()
    repo.write("c.yaml", "# here now\n" + changes("allow: [{risk: cost, address: Model/acme/a, reason: r}]"))
    said = planned(repo, code=0)
    assert (refused(said), slack(said), "guardLoosened" in said) == ([], [], False)
    repo.write("moved.yaml", model("a", gated="auto"))
    assert refused(planned(repo)) == ["policy"]


def test_unmanaged_is_the_stricter(repo: Project) -> None:
    """What the base forbids is looked for, though the head would not look."""
    spec(repo, "unmanaged: fail")
    repo.write("a.yaml", model("a"))
    merged(repo, apply=True)
    repo.write("b.yaml", model("b"))
    assert repo.run("apply", "--yes").code == 0
    (repo.path / "b.yaml").unlink()
    assert repo.run("ledger", "forget", "Model/acme/b").code == 0
    spec(repo, "unmanaged: ignore")
    said = planned(repo)
    assert (refused(said), slack(said)) == (["unmanaged*"], ["unmanaged_lowered"])


def test_no_project_file_in_the_base(repo: Project) -> None:
    """Then its rules are the defaults; what is new in every sense has neither another name nor another ledger."""
    (repo.path / "hfops.yaml").unlink()
    repo.write("README.md", "x\n")
    merged(repo)
    spec(repo, "safety: {maxDeletes: 9}, prune: true, ledger: 'file://.hfops/other.json'")
    repo.write("a.yaml", model("a"))
    said = planned(repo, code=0)
    assert (refused(said), slack(said)) == ([], ["max_deletes_raised", "prune_on"])


def test_shipped_rules_that_the_first_project_file_leaves_out(repo: Project) -> None:
    """Nobody took them away: the file that brings hfops here does not ask for them."""
    (repo.path / "hfops.yaml").unlink()
    repo.write("README.md", "x\n")
    merged(repo)
    spec(repo, "policies: [{use: recommended, except: [recommended/no-public-endpoints]}]")
    repo.write("a.yaml", model("a"))
    said = planned(repo, code=0)["guardLoosened"]
    assert [one["code"] for one in said] == ["policy_removed"]
    assert said[0]["message"].startswith("hfops.yaml leaves out recommended/no-public-endpoints: ")


def test_protection_goes_in_two_steps(repo: Project) -> None:
    """A protected manifest that is removed: no rule of this pull request changes, and the way says what goes first."""
    repo.write("a.yaml", PROTECTED)
    merged(repo, apply=True)
    _deleted(repo)
    repo.write("gone.yaml", changes(REMOVED % ""))
    stop = next(r for r in planned(repo)["refusals"] if r["code"] == "prevent_destroy")
    (way,) = stop["ways"]
    assert way.startswith("in two steps: first take `preventDestroy` out of its manifest")


def test_manifests_without_a_project_file_in_the_base(repo: Project) -> None:
    """They were applied under a name, and noted in a ledger."""
    (repo.path / "hfops.yaml").unlink()
    repo.write("a.yaml", model("acme/a"))
    merged(repo)
    spec(repo, "ledger: 'file://.hfops/other.json'")
    assert slack(planned(repo, code=0)) == ["ledger_moved", "project_renamed"]


def test_no_such_environment_in_the_base(repo: Project) -> None:
    """What all its environments have in common holds."""
    spec(repo, f"environments: {{staging: {{}}}}, {GATED}")
    repo.write("a.yaml", model("a", gated="auto"))
    merged(repo)
    spec(repo, "environments: {prod: {safety: {maxDeletes: 9}}}")
    said = planned(repo, "--env", "prod")
    assert (refused(said), slack(said)) == (["policy*"], ["policy_removed", "max_deletes_raised"])


@pytest.mark.parametrize(
    ("file", "text", "refuses"),
    [
        (
            "broken.yaml",
            "{apiVersion: hfops/v1, kind: Model, metadata: {name: a/b/c}}\n",
            ["exposure*", "policy*"],
        ),
        ("hfops.yaml", "{apiVersion: hfops/v1, kind: Project, spec: {sfaety: {}}}\n", ["exposure*"]),
    ],
)
def test_a_broken_base(repo: Project, file: str, text: str, refuses: list[str]) -> None:
    """Closed, not open: nothing it consents to counts, its project file does if that can be read; it is said."""
    spec(repo, GATED)
    good = (repo.path / "hfops.yaml").read_text()
    repo.write("a.yaml", model("a", gated="manual"))
    repo.write("allow.yaml", changes("allow: [{risk: exposure, address: '*/*/*', reason: r}]"))
    merged(repo, apply=True)
    repo.write(file, text)
    merged(repo)
    repo.write("hfops.yaml", good.replace(GATED, ""))
    (repo.path / "broken.yaml").unlink(missing_ok=True)
    repo.write("a.yaml", model("a", gated="auto"))
    said = planned(repo)
    assert refused(said) == refuses
    (notice,) = [n for n in said["notices"] if n["code"] == "base_unreadable"]
    assert f"first: {file}:1:" in notice["message"]


def test_in_a_folder_of_the_repository(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project may be part of a repository; a project file nearer by does not hide the one that rules."""
    spec(repo, GATED, "inner/")
    repo.write("inner/deep/a.yaml", model("a", gated="manual"))
    merged(repo)
    monkeypatch.chdir(repo.path / "inner")
    repo.write("inner/deep/a.yaml", model("a", gated="auto"))
    spec(repo, "", "inner/")
    assert refused(planned(repo)) == ["policy*"]
    spec(repo, "", "inner/deep/")
    said = planned(repo, "deep")
    assert (refused(said), slack(said)) == (["policy*"], ["policy_removed", "root_moved"])


def test_variables_are_the_bases_own(repo: Project) -> None:
    """What a template of the base consents to, a file of variables of the head does not widen."""
    repo.write("a.yaml", model("a", visibility="private"))
    repo.write("vars.yaml", "open: Model/acme/none\n")
    repo.write("allow.yaml.j2", changes("allow: [{risk: exposure, address: '{{ vars.open }}', reason: r}]"))
    merged(repo)
    assert repo.run("apply", "--yes", "--var-file", "vars.yaml").code == 0
    repo.write("a.yaml", model("a", visibility="public"))
    repo.write("vars.yaml", "open: Model/acme/a\n")
    said = planned(repo, "--var-file", "vars.yaml")
    assert (refused(said), slack(said)) == (["exposure*"], ["allow_added"])


@pytest.mark.parametrize("rev", ["nope", "--all", "-x", "HEAD~99", "main:a.yaml"])
def test_no_such_commit(repo: Project, rev: str) -> None:
    """A commit that the clone does not hold is an error that says how to fetch it; no option gets through to git."""
    repo.write("a.yaml", model("a"))
    merged(repo)
    ran = repo.run("plan", f"--base={rev}")
    assert (ran.code, f"--base {rev}: no such branch, tag or commit here" in ran.err) == (1, True), ran
    assert "fetch-depth: 0" in ran.err


def test_where_it_stands(repo: Project) -> None:
    """An environment's own limit is pointed at; what is nowhere any more, at what it stood in."""
    lines = "apiVersion: hfops/v1\nkind: Project\nmetadata: {name: test}\nspec:\n  namespace: acme\n  safety:\n    maxDeletes: 3\n"
    repo.write(
        "hfops.yaml",
        f"{lines}    maxHourlyIncrease: 1\n  environments: {{prod: {{safety: {{maxDeletes: 1}}}}}}\n",
    )
    repo.write("a.yaml", model("a"))
    merged(repo)
    repo.write("hfops.yaml", f"{lines}  environments:\n    prod:\n      safety: {{maxDeletes: 2}}\n")
    said = planned(repo, "--env", "prod", code=0)
    assert [(one["code"], one["where"]) for one in said["guardLoosened"]] == [
        ("max_deletes_raised", "hfops.yaml:10:28"),
        ("max_hourly_increase_raised", "hfops.yaml:7:5"),
    ]


def test_what_makes_no_difference(repo: Project) -> None:
    """Against itself, a plan is the plan, byte for byte, but for what it took."""
    spec(repo, f"safety: {{maxDeletes: 1, maxHourlyIncrease: 0}}, {GATED}")
    repo.write("a.yaml", model("a", gated="auto"))
    repo.write("s.yaml", "{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: gradio, hardware: t4-small}}\n")  # fmt: skip
    merged(repo)
    alone = json.loads(repo.run("plan", "--format", "json").out)
    with_base = planned(repo)
    assert refused(with_base) == [f"{code}*" for code in refused(alone)]
    same = ("changes", "notices", "summary")
    assert [with_base[k] for k in same] == [alone[k] for k in same]
