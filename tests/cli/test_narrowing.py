"""``--target``, ``--exclude``, ``--selector``: what a run is about, and what it leaves alone."""

from __future__ import annotations

import json

import pytest

from hfops.engine.select import parse_selector
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model
from tests.conftest import Project


def document(name: str, labels: str = "", needs: str = "") -> str:
    """A model with labels and dependencies."""
    return (
        f"---\n{{apiVersion: hfops/v1, kind: Model, metadata: {{name: {name}, labels: {{{labels}}}}},"
        f" dependsOn: [{needs}]}}\n"
    )


FOUR = (
    document("base")
    + document("top", "team: nlp, tier: prod", "Model/base")
    + document("demo", "team: nlp")
    + document("other", "team: cv")
)
NARROWED = [
    ([], ["base", "demo", "other", "top"]),
    (["--target", "Model/acme/top"], ["base", "top"]),
    (["--target", "Model/acme/demo", "--target", "model/ACME/o*"], ["demo", "other"]),
    (["--target", "*/*/*"], ["base", "demo", "other", "top"]),
    (["--target", "Model/acme/top", "--exclude", "Model/acme/base"], ["top"]),
    (["--exclude", "Model/acme/[bd]*"], ["other", "top"]),
    (["--selector", "team=nlp"], ["demo", "top"]),
    (["-l", "team==nlp, tier=prod"], ["top"]),
    (["-l", "team=nlp", "-l", "tier!=prod"], ["demo"]),
    (["-l", "team!=nlp"], ["base", "other"]),
    (["-l", "team=nobody"], []),
]


@pytest.mark.parametrize(("options", "names"), NARROWED, ids=lambda v: " ".join(v) or "everything")
def test_narrowed(project: Project, options: list[str], names: list[str]) -> None:
    """Targets come with what they need, excludes win, labels compare whole; that nothing is left is said."""
    project.write("a.yaml", FOUR)
    ran = project.run("plan", "--format", "json", *options)
    assert ran.code == 0, ran
    assert sorted(c["address"].split("/")[2] for c in json.loads(ran.out)["changes"]) == names
    assert ("leave no resource" in ran.err) is (names == [])


@pytest.mark.parametrize(
    "text", ["", "team", "=nlp", "team=", "team=a=b", "team!nlp", "team=nlp,", "team in (a)"]
)
def test_what_is_no_selector(text: str) -> None:
    """Anything else than label=value and label!=value is an error, never a selector of nothing."""
    with pytest.raises(Exception, match="expected label=value or label!=value"):
        parse_selector(text)


def test_a_removal_can_be_targeted(project: Project) -> None:
    """A target may be what a removed entry is about, though no manifest describes it any more."""
    project.write("a.yaml", model("x") + model("y") + model("z"))
    assert project.run("apply", "--yes").code == 0
    removed = ", ".join(f"{{address: Model/acme/{n}, action: delete}}" for n in "xy")
    project.write("a.yaml", model("z") + changes(f"removed: [{removed}]"))
    ran = project.run("plan", "--target", "Model/acme/x", "--format", "json")
    assert ran.code == 0, ran
    assert [c["address"] for c in json.loads(ran.out)["changes"]] == ["Model/acme/x"]
    assert project.run("plan", "--target", "Model/acme/w").code == 1


def test_narrowed_runs_know_no_orphans(project: Project) -> None:
    """What a run does not look at is not missing."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x"))
    assert "no manifest describes it" in project.run("plan").out
    assert "no manifest describes it" not in project.run("plan", "--target", "Model/acme/x").out


def test_a_narrowed_run_takes_nothing_that_the_ledger_knows(project: Project, hub: Sandbox) -> None:
    """Collections and webhooks are found by what they hold: not those that another manifest made."""
    collection = (
        "---\n{apiVersion: hfops/v1, kind: Collection, metadata: {name: acme/%s}, spec: {title: One}}\n"
    )
    hook = (
        "---\n{apiVersion: hfops/v1, kind: Webhook, metadata: {name: hfops-user/%s}, spec: {url: 'http://127.0.0.1:9/x',"
        " watched: [{type: org, name: acme}], domains: [%s]}}\n"
    )
    project.write("a.yaml", collection % "a" + hook % ("a", "repo"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", "")
    project.write("b.yaml", collection % "b" + hook % ("b", "discussion"))
    ran = project.run("apply", "--yes", "--target", "*/*/b")
    assert "is Collection/acme/a" in ran.err, ran
    project.write("b.yaml", hook % ("b", "discussion"))
    assert project.run("apply", "--yes", "--target", "*/*/b").code == 0
    assert len(hub.hub.webhooks.all) == 2
    assert [list(w.domains) for w in hub.hub.webhooks.all.values()] == [["repo"], ["discussion"]]
