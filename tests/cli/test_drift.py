"""``hfops drift``: what moved on the Hub since the last apply, and nothing else."""

from __future__ import annotations

import json

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub, writes
from tests.conftest import Project

NO_DRIFT = "No drift: nothing that hfops applied was changed on the Hub."


@pytest.fixture
def applied(project: Project, hub: Sandbox) -> Project:
    """One model, applied."""
    project.write("a.yaml", model("acme/a", visibility="private", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    hub.exchanges.clear()
    return project


def gate(hub: Sandbox, value: object) -> None:
    """Somebody changes the gate by hand."""
    answer = on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated=value)
    assert answer.status_code == 200


def test_nothing_moved(applied: Project, hub: Sandbox) -> None:
    """Exit code 0, and nothing is written."""
    ran = applied.run("drift")
    assert (ran.code, writes(hub)) == (0, [])
    assert NO_DRIFT in ran.out


def test_what_somebody_changed_on_the_hub(applied: Project, hub: Sandbox) -> None:
    """Exit code 2; the value on the Hub, and the manifest's. No call is shown: making it is apply's."""
    gate(hub, "auto")
    ran = applied.run("drift")
    assert ran.code == 2
    assert "gated: auto on the Hub, manual in the manifest" in ran.out
    assert "PUT" not in ran.out


def test_what_the_author_changed_is_no_drift(applied: Project, hub: Sandbox) -> None:
    """The plan has a change, and the Hub did not move."""
    applied.write("a.yaml", model("acme/a", visibility="public", gated="auto"))
    assert applied.run("plan", "--detailed-exitcode").code == 2
    ran = applied.run("drift")
    assert (ran.code, NO_DRIFT in ran.out, writes(hub)) == (0, True, [])


def test_both_moved(applied: Project, hub: Sandbox) -> None:
    """All three values are there."""
    gate(hub, "auto")
    applied.write("a.yaml", model("acme/a", visibility="private", gated=False))
    ran = applied.run("drift")
    assert ran.code == 2
    assert "gated: auto on the Hub, false in the manifest   [last applied: manual]" in ran.out


def test_a_resource_that_is_gone(applied: Project, hub: Sandbox) -> None:
    """Its fields are not listed: it is gone as a whole."""
    assert (
        on_the_hub(
            hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model"
        ).status_code
        == 200
    )
    ran = applied.run("drift", "--format", "json")
    (change,) = json.loads(ran.out)["changes"]
    assert ran.code == 2
    assert change == {
        "address": "Model/acme/a",
        "action": "none",
        "where": change["where"],
        "drift": "gone from the Hub",
    }


def test_a_resource_that_was_renamed(applied: Project, hub: Sandbox) -> None:
    """For a plan that is an error; for drift it is the finding."""
    moved = on_the_hub(hub, "/api/repos/move", "POST", fromRepo="acme/a", toRepo="acme/b", type="model")
    assert moved.status_code == 200
    assert applied.run("plan").code == 1
    ran = applied.run("drift")
    assert (ran.code, "renamed to acme/b on the Hub" in ran.out) == (2, True)


def test_ignored_is_no_drift_and_reported_is(project: Project, hub: Sandbox) -> None:
    """``ignoreChanges`` says that nobody wants to know; ``onDrift: report`` says the opposite."""
    for name, lifecycle in (("i", "{ignoreChanges: [spec.gated]}"), ("r", "{onDrift: report}")):
        text = model(f"acme/{name}", gated="manual").replace("spec:", f"lifecycle: {lifecycle}, spec:")
        project.write(f"{name}.yaml", text)
    assert project.run("apply", "--yes").code == 0
    for name in "ir":
        on_the_hub(hub, f"/api/models/acme/{name}/settings", "PUT", gated="auto")
    ran = project.run("drift")
    assert ran.code == 2
    assert "Model/acme/r" in ran.out
    assert "Model/acme/i" not in ran.out


def test_removed_and_moved_entries_are_no_drift(applied: Project) -> None:
    """What Git asks for is the author's."""
    applied.write("a.yaml", changes("removed: [{address: Model/acme/a, action: delete, reason: old}]"))
    assert applied.run("drift").code == 0


def test_without_a_ledger_there_is_no_drift_to_see(applied: Project) -> None:
    """That is an error with its reason, not a clean bill of health."""
    ran = applied.run("drift", "--no-ledger")
    assert (ran.code, "which only a ledger knows" in ran.err) == (1, True)


def test_narrowed_to_some(applied: Project, hub: Sandbox) -> None:
    """``--target`` looks at part of it."""
    gate(hub, "auto")
    applied.write("b.yaml", model("acme/b", gated="auto"))
    assert applied.run("drift", "--target", "Model/acme/b").code == 0
    assert applied.run("drift", "--target", "Model/acme/a").code == 2


def test_adopt_writes_the_manifest(applied: Project, hub: Sandbox) -> None:
    """The diff is shown, comments stay, and afterwards there is neither drift nor a plan."""
    text = "# ours\napiVersion: hfops/v1\nkind: Model\nmetadata: {name: acme/a}\nspec:\n  visibility: private\n  gated: manual  # ask us\n"
    applied.write("a.yaml", text)
    gate(hub, "auto")
    hub.exchanges.clear()
    ran = applied.run("drift", "--adopt")
    assert (ran.code, writes(hub)) == (0, [])
    assert "-  gated: manual  # ask us" in ran.out
    assert "+  gated: auto  # ask us" in ran.out
    assert (applied.path / "a.yaml").read_text() == text.replace("manual", "auto")
    assert applied.run("drift").code == 0
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_what_cannot_be_adopted_is_left_with_its_reason(applied: Project, hub: Sandbox) -> None:
    """Exit code 2 while something is left."""
    assert on_the_hub(hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model").ok
    ran = applied.run("drift", "--adopt")
    assert ran.code == 2
    assert "left: " in ran.err
    data = json.loads(applied.run("drift", "--adopt", "--format", "json").out)
    assert [row["address"] for row in data["adopted"]["left"]] == ["Model/acme/a"]


def test_a_ledger_that_is_not_there_is_no_clean_bill_of_health(applied: Project) -> None:
    """A job that lost its ledger must not stay green."""
    (applied.path / ".hfops" / "ledger.json").unlink()
    ran = applied.run("drift")
    assert (ran.code, "what was applied is unknown" in ran.err) == (1, True)


def test_pruning_without_a_single_manifest_is_refused(applied: Project, hub: Sandbox) -> None:
    """A folder deleted by mistake: nothing is sent, exit code 3, and the number is named."""
    (applied.path / "a.yaml").unlink()
    ran = applied.run("apply", "--prune", "--yes")
    assert (ran.code, writes(hub)) == (3, [])
    assert "this project owns 1" in ran.err
    assert applied.run("apply", "--yes").code == 1


def test_a_rename_by_hand_that_the_manifest_follows(applied: Project, hub: Sandbox) -> None:
    """One thing stays one entry of the ledger, created as it was; pruning has nothing to do with it."""
    moved = on_the_hub(hub, "/api/repos/move", "POST", fromRepo="acme/a", toRepo="acme/b", type="model")
    assert moved.ok
    applied.write("a.yaml", model("acme/b", visibility="private", gated="manual"))
    hub.exchanges.clear()
    ran = applied.run("apply", "--yes", "--prune")
    assert (ran.code, writes(hub)) == (0, [])
    assert "renamed on the Hub from acme/a, and here: the same one" in ran.out
    entries = json.loads(applied.run("ledger", "list", "--format", "json").out)
    assert [(e["address"], e["origin"]) for e in entries] == [("Model/acme/b", "created")]
    assert applied.run("plan", "--detailed-exitcode").code == 0
