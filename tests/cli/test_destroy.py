"""Destroy: what the manifests name, dependents first, nothing that the ledger does not know."""

from __future__ import annotations

import json

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import exists, model, on_the_hub, writes
from tests.conftest import Project

CONSENT = ("--yes", "--allow", "data-loss")
CHAIN = (
    "---\n{apiVersion: hfops/v1, kind: Model, metadata: {name: top}, dependsOn: [Model/middle]}\n"
    "---\n{apiVersion: hfops/v1, kind: Model, metadata: {name: middle}, dependsOn: [Dataset/base]}\n"
    "---\n{apiVersion: hfops/v1, kind: Dataset, metadata: {name: base}}\n"
)


def deleted(hub: Sandbox) -> list[str]:
    """The names that were deleted, in order."""
    return [json.loads(e.body)["name"] for e in hub.exchanges if e.method == "DELETE"]


def test_dependents_first(project: Project, hub: Sandbox) -> None:
    """What needs another goes before it."""
    project.write("a.yaml", CHAIN)
    assert project.run("apply", "--yes").code == 0
    ran = project.run("destroy", *CONSENT)
    assert ran.code == 0, ran
    assert deleted(hub) == ["top", "middle", "base"]
    assert "Destroy: 3 applied." in ran.out
    assert project.run("ledger", "list").out.startswith("nothing is owned")
    again = project.run("destroy", *CONSENT)
    assert (again.code, "Nothing to delete" in again.out) == (0, True)


def test_a_failure_keeps_what_it_depends_on(project: Project, hub: Sandbox) -> None:
    """Where a dependent cannot be deleted, what it stands on stays."""
    project.write("a.yaml", CHAIN)
    assert project.run("apply", "--yes").code == 0
    hub.faults.add({"match": {"method": "DELETE"}, "nth": 1, "status": 403})
    ran = project.run("destroy", *CONSENT)
    assert ran.code == 5, ran
    assert all(exists(hub, n) for n in ("top", "middle"))
    assert "because of Model/acme/top" in ran.out
    assert project.run("destroy", *CONSENT).code == 0


def test_only_what_manifests_name(project: Project, hub: Sandbox) -> None:
    """Orphans in the ledger and strangers on the Hub stay."""
    project.write("a.yaml", model("x") + model("orphan"))
    assert project.run("apply", "--yes").code == 0
    on_the_hub(hub, "/api/repos/create", "POST", name="stranger", organization="acme", type="model")
    project.write("a.yaml", model("x"))
    assert project.run("destroy", *CONSENT).code == 0
    assert deleted(hub) == ["x"]
    assert exists(hub, "orphan")
    assert exists(hub, "stranger")


def test_what_was_never_applied_stays(project: Project, hub: Sandbox) -> None:
    """A manifest alone is no right to delete; without a ledger there is nothing else to go by."""
    on_the_hub(hub, "/api/repos/create", "POST", name="x", organization="acme", type="model")
    project.write("a.yaml", model("x"))
    ran = project.run("destroy", *CONSENT)
    assert ran.code == 0
    assert "Model/acme/x: left alone: this project never applied it" in ran.out
    assert exists(hub, "x")
    assert project.run("destroy", *CONSENT, "--no-ledger").code == 0
    assert not exists(hub, "x")


def test_adopted_goes_too(project: Project, hub: Sandbox) -> None:
    """What was adopted is owned: destroying names it, and says so by its address."""
    on_the_hub(hub, "/api/repos/create", "POST", name="x", organization="acme", type="model")
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    assert "adopted" in project.run("ledger", "list").out
    assert project.run("destroy", *CONSENT).code == 0
    assert not exists(hub, "x")


def test_a_target_is_not_what_it_depends_on(project: Project, hub: Sandbox) -> None:
    """--target names what goes; its dependencies stay. A selector narrows likewise."""
    project.write("a.yaml", CHAIN)
    assert project.run("apply", "--yes").code == 0
    assert project.run("destroy", *CONSENT, "--target", "Model/acme/top").code == 0
    assert deleted(hub) == ["top"]
    ran = project.run("destroy", *CONSENT, "--selector", "team=nlp")
    assert ran.code == 0
    assert "leave no resource to look at" in ran.err
    assert deleted(hub) == ["top"]


def test_another_one_of_that_name(project: Project, hub: Sandbox) -> None:
    """A repository that somebody made anew under the name is not the one this project owns."""
    project.write("a.yaml", model("x"))
    assert project.run("apply", "--yes").code == 0
    on_the_hub(hub, "/api/repos/delete", "DELETE", name="x", organization="acme", type="model")
    on_the_hub(hub, "/api/repos/create", "POST", name="x", organization="acme", type="model")
    ran = project.run("destroy", *CONSENT)
    assert ran.code == 1
    assert "is not the one this ledger knows" in ran.err
    assert exists(hub, "x")


def test_gone_already(project: Project, hub: Sandbox) -> None:
    """What somebody deleted is forgotten without a call."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("apply", "--yes").code == 0
    on_the_hub(hub, "/api/repos/delete", "DELETE", name="x", organization="acme", type="model")
    before = len(writes(hub))
    ran = project.run("destroy", *CONSENT, "--target", "Model/acme/x")
    assert ran.code == 0, ran
    assert len(writes(hub)) == before
    assert "Model/acme/x" not in project.run("ledger", "list").out
