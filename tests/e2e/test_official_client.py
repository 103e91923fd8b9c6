"""The official client is the judge: it sees what hfops wrote, and hfops sees what it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox
from tests.conftest import Project
from tests.contract import check_request, check_response

MANIFESTS = """
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/sentiment}
spec:
  visibility: public
  gated: manual
  gatedNotificationsMode: bulk
  resourceGroup: none
  branches: [{name: dev}, {name: exp/1, from: dev}]
  tags: [{name: v1.0, message: First}, {name: v1.1, revision: exp/1}]
---
apiVersion: hfops/v1
kind: Dataset
metadata: {name: acme/reviews}
spec: {visibility: private, gated: false}
dependsOn: [Model/acme/sentiment]
---
apiVersion: hfops/v1
kind: Dataset
metadata: {name: quiet}
"""


@pytest.fixture
def client(project: Project) -> Iterator[HfApi]:
    """The official client with the same token."""
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def applied(project: Project) -> Project:
    """A project whose manifests were applied."""
    project.write("hub.yaml", MANIFESTS)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.err
    return project


def planned(project: Project) -> dict[str, Any]:
    """The JSON plan, by address."""
    ran = project.run("plan", "--format", "json")
    assert ran.code == 0, ran.err
    return {c["address"]: c for c in json.loads(ran.out)["changes"] if c.get("calls")}


def test_the_client_reads_what_apply_wrote(applied: Project, client: HfApi) -> None:
    """Visibility, gating, branches, tags and the commits they point to."""
    model = client.model_info("acme/sentiment")
    assert (model.private, model.gated) == (False, "manual")
    dataset = client.dataset_info("acme/reviews")
    assert (dataset.private, dataset.gated) == (True, False)
    assert client.dataset_info("acme/quiet").private, "no visibility in the manifest: private"
    refs = client.list_repo_refs("acme/sentiment")
    assert {b.name: b.target_commit for b in refs.branches} == dict.fromkeys(
        ["main", "dev", "exp/1"], model.sha
    )
    assert {t.name: t.target_commit for t in refs.tags} == dict.fromkeys(["v1.0", "v1.1"], model.sha)


def test_plan_shows_exactly_what_the_client_changed(applied: Project, client: HfApi) -> None:
    """Each change made elsewhere is one difference with the right cause, and nothing else is."""
    client.update_repo_settings("acme/sentiment", gated="auto")
    client.delete_tag("acme/sentiment", tag="v1.0")
    client.create_branch("acme/sentiment", branch="theirs")
    client.update_repo_settings("acme/reviews", repo_type="dataset", visibility="public")
    client.create_repo("acme/unrelated")
    found = planned(applied)
    assert set(found) == {"Model/acme/sentiment", "Dataset/acme/reviews"}
    differences = {(d["path"], d["op"], d["cause"]) for d in found["Model/acme/sentiment"]["differences"]}
    assert differences == {("spec.gated", "change", "drift"), ("spec.tags[v1.0]", "add", "drift")}
    assert "left alone, not made by hfops: branches theirs" in found["Model/acme/sentiment"]["notes"]
    [difference] = found["Dataset/acme/reviews"]["differences"]
    assert (difference["path"], difference["before"], difference["after"]) == (
        "spec.visibility",
        "public",
        "private",
    )


def test_pushes_move_branches_and_no_tags(applied: Project, client: HfApi) -> None:
    """Commits on branches are nobody's drift; a tag stays on the commit it was put on."""
    before = client.model_info("acme/sentiment").sha
    for branch in ("main", "dev"):
        operations = [CommitOperationAdd("a.txt", b"hello")]
        client.create_commit("acme/sentiment", operations=operations, commit_message="push", revision=branch)
    assert planned(applied) == {}
    assert applied.run("apply", "--yes").code == 0
    assert {t.target_commit for t in client.list_repo_refs("acme/sentiment").tags} == {before}


def test_a_tag_moves_when_its_text_changes(applied: Project, client: HfApi) -> None:
    """Changing the revision in the manifest moves the tag to the commit that the new text names now."""
    commit = client.create_commit(
        "acme/sentiment",
        operations=[CommitOperationAdd("a.txt", b"hello")],
        commit_message="push",
        revision="dev",
    ).oid
    applied.write(
        "hub.yaml", MANIFESTS.replace("{name: v1.0, message", "{name: v1.0, revision: dev, message")
    )
    calls = [f"{c['method']} {c['path']}" for c in planned(applied)["Model/acme/sentiment"]["calls"]]
    assert calls == [
        "DELETE /api/models/acme/sentiment/tag/v1.0",
        f"POST /api/models/acme/sentiment/tag/{commit}",
    ]
    assert applied.run("apply", "--yes").code == 0
    assert {t.name: t.target_commit for t in client.list_repo_refs("acme/sentiment").tags}["v1.0"] == commit


def test_renamed_by_the_client(applied: Project, client: HfApi) -> None:
    """A repository renamed elsewhere is neither created anew nor guessed at: the error has the line to add."""
    client.move_repo("acme/sentiment", "acme/mood")
    ran = applied.run("plan")
    assert ran.code == 1
    assert 'moved: [{from: "Model/acme/sentiment", to: "Model/acme/mood"}]' in ran.err
    applied.write("hub.yaml", MANIFESTS.replace("sentiment", "mood"))
    applied.write(
        "changes.yaml",
        """
        kind: Changes
        spec: {moved: [{from: Model/acme/sentiment, to: Model/acme/mood}]}
    """,
    )
    assert applied.run("plan", "--detailed-exitcode").code == 0
    assert applied.run("apply", "--yes").code == 0
    assert "Model/acme/mood" in applied.run("ledger", "list").out


def test_renamed_by_hfops(applied: Project, client: HfApi) -> None:
    """``moved`` renames: same id, same history, the old name redirects, the ledger follows."""
    before = client.model_info("acme/sentiment")
    applied.write("hub.yaml", MANIFESTS.replace("sentiment", "mood"))
    applied.write(
        "changes.yaml",
        """
        apiVersion: hfops/v1
        kind: Changes
        spec: {moved: [{from: Model/acme/sentiment, to: Model/acme/mood}]}
    """,
    )
    ran = applied.run("apply", "--yes")
    assert ran.code == 0, ran.err
    after = client.model_info("acme/mood")
    assert (after.id, after.sha) == ("acme/mood", before.sha)
    assert client.model_info("acme/sentiment").id == "acme/mood"
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_deleted_by_the_client(applied: Project, client: HfApi) -> None:
    """Gone from the Hub, seen by a token that sees the whole namespace: planned anew, and said."""
    client.delete_repo("acme/reviews", repo_type="dataset")
    change = planned(applied)["Dataset/acme/reviews"]
    assert change["action"] == "create"
    assert "it was applied before and is gone from the Hub: created again" in change["notes"]


def test_every_exchange_keeps_the_contract(applied: Project, client: HfApi, hub: Sandbox) -> None:
    """Requests are valid against the strict contract, answers against the open one; plan sends GET and HEAD only."""
    applied.write(
        "changes.yaml",
        """
        kind: Changes
        spec:
          moved: [{from: Model/acme/sentiment, to: Model/acme/mood}]
          removed: [{address: Dataset/acme/quiet, action: delete}]
    """,
    )
    text = (
        MANIFESTS.replace("sentiment", "mood")
        .replace("gated: manual", "gated: auto")
        .replace("resourceGroup: none", "discussionsDisabled: true\n  exclusive: [tags]")
        .replace(", {name: v1.1, revision: exp/1}", ", {name: v1.2, revision: main}")
    )
    applied.write("hub.yaml", text.rsplit("---", 1)[0])
    hub.exchanges.clear()
    assert applied.run("plan").code == 0
    assert {e.method for e in hub.exchanges} <= {"GET", "HEAD"}
    ran = applied.run("apply", "--yes", "--allow", "exposure", "--allow", "data-loss")
    assert ran.code == 0, ran.out + ran.err
    exchanges = list(hub.exchanges)
    assert {e.method for e in exchanges} == {"GET", "POST", "PUT", "DELETE"}
    assert [problem for e in exchanges for problem in check_request(e)] == []
    assert [problem for e in exchanges for problem in check_response(e)] == []
