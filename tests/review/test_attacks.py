"""Ways round the base branch's rules that a pull request might take, through the whole of ``plan --base``."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfops.engine import base_files
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub
from tests.cli.test_base_gate import GATED, HEAD, PROTECTED, merged, planned, refused, repo, slack, spec
from tests.cli.test_changed import commit, git
from tests.conftest import Project

__all__ = ["repo"]

BARE = f"{{{HEAD}, spec: {{namespace: acme}}}}\n"
NO_DELETION = "policies: [{name: kept, match: {labels: {tier: prod}}, deny: \"change.action in ('delete', 'forget')\", message: stays}]"
LABELLED = "{apiVersion: hfops/v1, kind: Model, metadata: {name: a, labels: {tier: prod}}, spec: {}}\n"


def test_a_folder_that_became_a_link(repo: Project) -> None:
    """The base's rules are those of the folder that was named, wherever the head lets that name lead."""
    spec(repo, GATED, "hub/")
    repo.write("hub/a.yaml", model("a", gated="manual"))
    merged(repo)
    git(repo.path, "mv", "hub", "evil")
    (repo.path / "hub").symlink_to("evil")
    spec(repo, "", "evil/")
    repo.write("evil/a.yaml", model("a", gated="auto"))
    said = planned(repo, "hub")
    assert (refused(said), slack(said)) == (["policy*"], ["policy_removed", "root_moved"])


def test_a_folder_that_is_a_link_in_both(repo: Project) -> None:
    """Then nothing has moved."""
    spec(repo, GATED, "real/")
    repo.write("real/a.yaml", model("a", gated="manual"))
    (repo.path / "hub").symlink_to("real")
    merged(repo)
    said = planned(repo, "hub", code=0)
    assert (refused(said), slack(said)) == ([], [])


def test_a_folder_that_became_a_submodule(repo: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Another repository's branch of the same name says nothing of this pull request."""
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "-q")
    (other / "hfops.yaml").write_text(BARE)
    (other / "a.yaml").write_text(model("a", gated="auto"))
    commit(other)
    git(other, "branch", "base")
    spec(repo, GATED, "hub/")
    repo.write("hub/a.yaml", model("a", gated="manual"))
    merged(repo)
    git(repo.path, "rm", "-q", "-r", "hub")
    git(repo.path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "hub")
    git(repo.path / "hub", "branch", "base")
    ran = repo.run("plan", "--strict", "--base", "base", "hub")
    assert (ran.code, "a submodule" in ran.err) == (1, True), ran


def test_a_file_of_variables_that_became_a_link(repo: Project) -> None:
    """Variables of the base come from the file that was named."""
    spec(repo, "vars: {open: '*/*/*'}")
    repo.write("vars.yaml", "open: Model/acme/none\n")
    repo.write("allow.yaml.j2", changes("allow: [{risk: exposure, address: '{{ vars.open }}', reason: r}]"))
    repo.write("a.yaml", model("a", visibility="private"))
    merged(repo)
    assert repo.run("apply", "--yes", "--var-file", "vars.yaml").code == 0
    repo.write("a.yaml", model("a", visibility="public"))
    (repo.path / "vars.yaml").unlink()
    repo.write("more.txt", "open: Model/acme/a\n")
    (repo.path / "vars.yaml").symlink_to("more.txt")
    assert refused(planned(repo, "--var-file", "vars.yaml")) == ["exposure*"]


def test_a_project_file_that_is_a_link(repo: Project) -> None:
    """Several projects may share one file beside them: its rules of the base hold."""
    repo.write("shared/common.yaml", f"{{{HEAD}, spec: {{namespace: acme, {GATED}}}}}\n")
    repo.write("team/a.yaml", model("a", gated="manual"))
    (repo.path / "team/hfops.yaml").symlink_to("../shared/common.yaml")
    merged(repo)
    repo.write("shared/common.yaml", BARE)
    repo.write("team/a.yaml", model("a", gated="auto"))
    said = planned(repo, "team")
    assert (refused(said), slack(said)) == (["policy*"], ["policy_removed"])
    assert [n["code"] for n in said["notices"]] == []


def test_a_base_of_too_many_files(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then its manifests are not looked at, and its project file is."""
    spec(repo, GATED)
    repo.write("a.yaml", model("a", gated="manual"))
    merged(repo)
    spec(repo)
    repo.write("a.yaml", model("a", gated="auto"))
    monkeypatch.setattr(base_files, "MOST_FILES", 1)
    assert refused(planned(repo)) == ["policy*"]


def test_labels_of_what_goes_away(repo: Project) -> None:
    """What is deleted has the labels that its manifest in the base gives it."""
    spec(repo, f"prune: true, {NO_DELETION}")
    repo.write("a.yaml", LABELLED)
    repo.write("b.yaml", model("b"))
    merged(repo, apply=True)
    (repo.path / "a.yaml").unlink()
    assert refused(planned(repo, "--allow", "data-loss")) == ["policy*"]
    repo.write("gone.yaml", changes("removed: [{address: Model/acme/a, action: forget}]"))
    assert refused(planned(repo)) == ["policy*"]


def test_a_waiver_of_what_goes_away(repo: Project) -> None:
    """A waiver that the base has counts for the deletion, too."""
    spec(repo, f"prune: true, {NO_DELETION}")
    waived = "lifecycle: {waive: [{policy: kept, reason: r, until: 2999-12-31}]}"
    repo.write("a.yaml", LABELLED.replace("spec: {}", f"spec: {{}}, {waived}"))
    repo.write("b.yaml", model("b"))
    merged(repo, apply=True)
    (repo.path / "a.yaml").unlink()
    assert refused(planned(repo, "--allow", "data-loss", code=0)) == []


@pytest.mark.parametrize(
    ("address", "refuses"), [("Model/acme/demo-*", ["exposure*"]), ("Model/acme/demo-a", [])]
)
def test_renamed_into_the_reach_of_consent(repo: Project, address: str, refuses: list[str]) -> None:
    """A glob of the base consents to what it covers there; a name alone that is spelt out is meant."""
    repo.write("a.yaml", model("a", visibility="private"))
    repo.write("allow.yaml", changes(f"allow: [{{risk: exposure, address: '{address}', reason: demos}}]"))
    merged(repo, apply=True)
    repo.write("a.yaml", model("demo-a", visibility="public"))
    repo.write("moved.yaml", changes("moved: [{from: Model/acme/a, to: Model/acme/demo-a}]"))
    assert refused(planned(repo, code=3 if refuses else 0)) == refuses
    assert refused(planned(repo, "--allow", "exposure=Model/acme/demo-*", code=0)) == []


def test_renamed_to_what_the_base_describes(repo: Project, hub: Sandbox) -> None:
    """A name that the base has a manifest for does not hide where a resource comes from."""
    del hub
    spec(repo, GATED.replace("kind: Model", "name: acme/prod-*"))
    repo.write("a.yaml", model("prod-a", gated="manual"))
    merged(repo, apply=True)
    repo.write("b.yaml", model("b", gated="auto"))
    merged(repo)
    (repo.path / "a.yaml").unlink()
    repo.write("moved.yaml", changes("moved: [{from: Model/acme/prod-a, to: Model/acme/b}]"))
    said = planned(repo, "--allow", "exposure")
    assert (refused(said), slack(said)) == (["policy*"], ["policy_evaded"])


def test_a_project_under_another_name(repo: Project) -> None:
    """A policy of the base that asks for the project's name is asked with the base's."""
    spec(
        repo,
        GATED.replace("after.gated == 'manual'", "resource.project != 'test' or after.gated == 'manual'"),
    )
    repo.write("a.yaml", model("a", gated="manual"))
    merged(repo)
    repo.write("a.yaml", model("a", gated="auto"))
    text = Path(repo.path / "hfops.yaml").read_text()
    repo.write("hfops.yaml", text.replace("name: test", "name: other"))
    assert refused(planned(repo)) == ["policy*"]


def test_a_policy_of_the_base_that_cannot_be_understood(repo: Project) -> None:
    """It takes no other policy of the base away."""
    bad = "{name: bad, match: {kind: Modell}, deny: 'true'}"
    spec(repo, GATED.replace("[", f"[{bad}, ", 1))
    repo.write("a.yaml", model("a", gated="auto"))
    merged(repo)
    spec(repo)
    assert refused(planned(repo)) == ["policy*"]


def test_a_project_in_another_namespace(repo: Project) -> None:
    """A policy of the base about names in the project's namespace is about them in the head's, too."""
    spec(repo, GATED.replace("kind: Model", "name: prod-*"))
    repo.write("a.yaml", model("prod-a", gated="manual"))
    merged(repo)
    text = Path(repo.path / "hfops.yaml").read_text()
    repo.write("hfops.yaml", text.replace("namespace: acme", "namespace: hfops-user"))
    repo.write("a.yaml", model("prod-a", gated="auto"))
    assert refused(planned(repo)) == ["policy*"]
    spec(repo)
    repo.write("a.yaml", model("hfops-user/prod-a", gated="auto"))
    assert refused(planned(repo, code=0)) == []
    text = "environments: {new: {namespace: hfops-user}}"
    spec(repo, text)
    repo.write("a.yaml", model("prod-a", gated="auto"))
    assert refused(planned(repo, "--env", "new")) == ["policy*"]


def forged(repo: Project) -> str:
    """The ledger as the author of a pull request would have it: nothing is protected."""
    text = (repo.path / ".hfops/ledger.json").read_text()
    assert '"preventDestroy": true' in text
    return text.replace('"preventDestroy": true', '"preventDestroy": false')


@pytest.fixture
def orphan(repo: Project) -> Project:
    """A model that the ledger alone protects, in a project that prunes."""
    spec(repo, "prune: true")
    repo.write("a.yaml", PROTECTED)
    repo.write("b.yaml", model("b"))
    merged(repo, apply=True)
    (repo.path / "a.yaml").unlink()
    merged(repo)
    return repo


LOSS = ("--allow", "data-loss")


def test_a_ledger_of_its_own(orphan: Project) -> None:
    """A ledger that the head brings says what its author likes: nothing goes by its word."""
    assert refused(planned(orphan, *LOSS)) == ["prevent_destroy*"]
    orphan.write("evil.json", forged(orphan))
    spec(orphan, "prune: true, ledger: 'file://evil.json'")
    said = planned(orphan, *LOSS)
    assert (refused(said), slack(said)) == (["ledger_moved*"], ["ledger_moved"])
    assert (
        "Model/acme/a: deleted, replaced or forgotten, and the ledger is file://evil.json"
        in said["refusals"][0]["message"]
    )


def test_a_ledger_in_its_own_place(orphan: Project) -> None:
    """Nor by a committed file that is not the base's, nor where a link leads to one."""
    honest = (orphan.path / ".hfops/ledger.json").read_text()
    orphan.write(".hfops/ledger.json", forged(orphan))
    git(orphan.path, "add", "-f", ".hfops/ledger.json")
    assert refused(planned(orphan, *LOSS)) == ["ledger_moved*"]
    git(orphan.path, "commit", "-q", "-m", "x")
    git(orphan.path, "branch", "-f", "base")
    assert refused(planned(orphan, *LOSS, code=0)) == []
    git(orphan.path, "mv", ".hfops", "evil")
    (orphan.path / ".hfops").symlink_to("evil")
    assert refused(planned(orphan, *LOSS, code=0)) == []
    orphan.write("evil/ledger.json", honest.replace('"preventDestroy": true', '"preventDestroy":  false'))
    assert refused(planned(orphan, *LOSS)) == ["ledger_moved*"]


def test_another_ledger_takes_nothing_from_what_stays(repo: Project) -> None:
    """To move the ledger, or to rename the project, is no reason to refuse anything else; nor is the command line's."""
    repo.write("a.yaml", model("a", gated="auto"))
    merged(repo, apply=True)
    spec(repo, "ledger: 'file://.hfops/other.json'")
    repo.write("a.yaml", model("a", gated="manual"))
    assert refused(planned(repo, code=0)) == []
    (repo.path / "a.yaml").unlink()
    repo.write("gone.yaml", changes("removed: [{address: Model/acme/a, action: delete}]"))
    assert refused(planned(repo, *LOSS, "--ledger", "file://.hfops/ledger.json", code=0)) == []


COLLECTION = (
    "{apiVersion: hfops/v1, kind: Collection, metadata: {name: %s}, spec: {title: T, visibility: %s%s}}\n"
)


@pytest.fixture
def pinned(repo: Project, hub: Sandbox) -> str:
    """A collection that a policy is about by its name, which is of the project's own making; its slug."""
    rule = GATED.replace("kind: Model", "name: acme/prod").replace(
        "after.gated == 'manual'", "after.visibility == 'private'"
    )
    spec(repo, rule)
    repo.write("c.yaml", COLLECTION % ("prod", "private", ""))
    merged(repo, apply=True)
    slug: str = on_the_hub(hub, "/api/collections?owner=acme").json()[0]["slug"]
    return f", slug: '{slug}'"


def test_forgotten_and_taken_up_again(repo: Project, pinned: str) -> None:
    """Under another name, it is the same one: policies, and the reach of consent, go by the name that it had."""
    repo.write(
        "allow.yaml", changes("allow: [{risk: exposure, address: 'Collection/acme/other*', reason: r}]")
    )
    merged(repo)
    repo.write("c.yaml", COLLECTION % ("other", "public", pinned))
    assert refused(planned(repo)) == ["exposure*", "policy*"]
    repo.write("d.yaml", changes("removed: [{address: Collection/acme/prod, action: forget}]"))
    said = planned(repo)
    assert (refused(said), slack(said)) == (["exposure*", "policy*"], ["removed_added"])


def test_taken_up_by_another_ledger(repo: Project, pinned: str) -> None:
    """A ledger of the head's own does not know what it had been called."""
    text = (repo.path / "hfops.yaml").read_text()
    repo.write(
        "hfops.yaml", text.replace("namespace: acme,", "namespace: acme, ledger: 'file://.hfops/new.json',")
    )
    repo.write("c.yaml", COLLECTION % ("other", "public", pinned))
    said = planned(repo, "--allow", "exposure")
    assert (refused(said), slack(said)) == (["ledger_moved*"], ["ledger_moved"])
