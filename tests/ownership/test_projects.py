"""Several projects, mistaken folders, and names that somebody else took: nothing goes that is not meant to."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from tests.cli.conftest import changes, model
from tests.conftest import Project, Ran

LEDGER = "hub://datasets/acme/hfops-ledger"
CONSENT = ("--allow", "data-loss")


@pytest.fixture
def client(project: Project) -> Iterator[HfApi]:
    """The official client with the same token."""
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def second(project: Project, tmp_path: Path) -> Callable[..., Ran]:
    """Runs hfops in another project's folder, over the same namespace."""
    folder = tmp_path / "second"
    folder.mkdir()

    def run(*arguments: str) -> Ran:
        os.chdir(folder)
        try:
            return project.run(*arguments)
        finally:
            os.chdir(project.path)

    return run


def declare(folder: Path, name: str, text: str, ledger: str = LEDGER) -> None:
    """A project of acme with these manifests."""
    spec = f"{{namespace: acme, ledger: {ledger}}}"
    (folder / "hfops.yaml").write_text(
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: {name}}}, spec: {spec}}}\n"
    )
    (folder / "m.yaml").write_text(text)


def alive(client: HfApi) -> list[str]:
    """The names of acme's models."""
    return sorted(info.id.split("/")[1] for info in client.list_models(author="acme"))


@pytest.mark.parametrize("ledger", [LEDGER, "file://.hfops/ledger.json"])
def test_two_projects_over_one_namespace(
    project: Project, second: Callable[..., Ran], tmp_path: Path, client: HfApi, ledger: str
) -> None:
    """Pruning in one leaves what the other made, and what nobody described; the other's plan stays empty."""
    client.create_repo("acme/nobodys")
    declare(project.path, "one", model("a1", tags="[{name: v1}]") + model("a2"), ledger)
    declare(tmp_path / "second", "two", model("b1", visibility="private") + model("b2"), ledger)
    assert project.run("apply", "--yes").code == 0
    assert second("apply", "--yes").code == 0
    declare(project.path, "one", model("a1", tags="[{name: v1}]"), ledger)
    ran = project.run("apply", "--yes", "--prune", *CONSENT)
    assert ran.code == 0, ran.out + ran.err
    assert alive(client) == ["a1", "b1", "b2", "nobodys"]
    assert second("plan", "--prune", "--detailed-exitcode").code == 0
    listed = project.run("ledger", "list").out
    assert ("Model/acme/a1" in listed, "b1" in listed) == (True, False)


def test_removing_by_pattern_stays_at_home(
    project: Project, second: Callable[..., Ran], tmp_path: Path, client: HfApi
) -> None:
    """``removed: Model/acme/*`` is about what this project owns, whoever shares the namespace and the ledger's home."""
    declare(project.path, "one", model("a1"))
    declare(tmp_path / "second", "two", model("b1"))
    assert (project.run("apply", "--yes").code, second("apply", "--yes").code) == (0, 0)
    text = changes("removed: [{address: 'Model/acme/*', action: delete}]")
    declare(project.path, "one", text)
    assert project.run("apply", "--yes").code == 0
    assert alive(client) == ["b1"]


def test_a_model_in_both_projects(
    project: Project, second: Callable[..., Ran], tmp_path: Path, client: HfApi
) -> None:
    """With one home for their ledgers, the second to describe it is told whose it is; nothing is sent."""
    declare(project.path, "one", model("shared", visibility="private"))
    declare(tmp_path / "second", "two", model("own") + model("Shared", visibility="public"))
    assert project.run("apply", "--yes").code == 0
    for command in (("plan",), ("apply", "--yes", "--allow", "exposure")):
        ran = second(*command)
        assert ran.code == 1
        assert re.search(r"m\.yaml:4.*Model/acme/Shared: project 'one' owns it", ran.err), ran.err
    assert client.model_info("acme/shared").private
    assert alive(client) == ["shared"], "what is not shared waits, too: a plan is whole or it is none"


def test_both_say_removed(
    project: Project, second: Callable[..., Ran], tmp_path: Path, client: HfApi
) -> None:
    """A ``removed`` entry about another project's resource deletes nothing, also with consent for the very address."""
    declare(project.path, "one", model("theirs"))
    removal = changes("removed: [{address: Model/acme/theirs, action: delete}]")
    declare(tmp_path / "second", "two", model("own") + removal)
    assert project.run("apply", "--yes").code == 0
    assert second("apply", "--yes").code == 0
    assert second("apply", "--yes", "--allow", "data-loss=Model/acme/theirs").code == 1
    assert alive(client) == ["own", "theirs"]


@pytest.fixture
def twelve(project: Project) -> Project:
    """A project with two folders of manifests, applied."""
    project.write("models/m.yaml", "".join(model(f"m{i}") for i in range(6)))
    project.write("others/o.yaml", "".join(model(f"o{i}") for i in range(6)))
    assert project.run("apply", "--yes").code == 0
    return project


def test_a_folder_deleted_by_mistake(twelve: Project, client: HfApi) -> None:
    """``--prune --yes`` ends with 3, names both guards and the ways past them, and deletes nothing."""
    shutil.rmtree(twelve.path / "models")
    ran = twelve.run("apply", "--prune", "--yes", *CONSENT)
    assert ran.code == 3
    assert "6 resources would be deleted, the limit is 5" in ran.out
    assert "6 of 12 resources (50 %) would be deleted, the limit is 25 %" in ran.out
    assert "--max-deletes 6" in ran.out
    assert "--max-delete-percent 50" in ran.out
    assert len(alive(client)) == 12
    assert twelve.run("apply", "--prune", "--yes", *CONSENT, "--max-deletes", "6").code == 3
    assert len(alive(client)) == 12
    assert twelve.run("apply", "--yes").code == 0, "without --prune they are orphans, and left alone"
    assert len(alive(client)) == 12


def test_all_folders_deleted_by_mistake(twelve: Project, client: HfApi) -> None:
    """No manifests at all: refused, whatever the guards."""
    shutil.rmtree(twelve.path / "models")
    shutil.rmtree(twelve.path / "others")
    options = ("--max-deletes", "99", "--max-delete-percent", "100", *CONSENT)
    assert twelve.run("apply", "--prune", "--yes", *options).code == 3
    assert len(alive(client)) == 12


def test_a_folder_that_cannot_be_read_in_full(twelve: Project, client: HfApi) -> None:
    """An error in one manifest is no reason to take the others' absence for a wish."""
    (twelve.path / "models" / "m.yaml").write_text(model("m0") + "---\nkind: Modle\n")
    ran = twelve.run("apply", "--prune", "--yes", "--max-deletes", "99", *CONSENT)
    assert (ran.code, len(alive(client))) == (1, 12)


@pytest.mark.parametrize(
    "narrowed", [("models/",), ("--target", "Model/acme/m*"), ("--selector", "a=b")], ids=" ".join
)
def test_prune_takes_the_whole_project(twelve: Project, client: HfApi, narrowed: tuple[str, ...]) -> None:
    """Narrowed by a path or a flag, ``--prune`` is a usage error, and not half a wish."""
    shutil.rmtree(twelve.path / "others")
    ran = twelve.run("apply", *narrowed, "--prune", "--yes", "--max-deletes", "99", *CONSENT)
    assert ran.code == 1
    assert "--prune needs a run over the whole project" in ran.err
    assert len(alive(client)) == 12


def test_a_narrowed_run_sees_no_orphans(twelve: Project, client: HfApi) -> None:
    """``prune: true`` in the project file is about runs over the root: one over a folder deletes nothing."""
    project_file = (
        "{apiVersion: hfops/v1, kind: Project, metadata: {name: test}, spec: {namespace: acme, prune: true}}"
    )
    twelve.write("hfops.yaml", project_file)
    shutil.rmtree(twelve.path / "others")
    assert twelve.run("apply", "models/", "--yes", *CONSENT).code == 0
    assert len(alive(client)) == 12


def test_made_anew_by_somebody_is_not_deleted(project: Project, client: HfApi) -> None:
    """The Hub's id tells: pruning forgets what it does not know, ``removed`` says so and sends nothing."""
    project.write("m.yaml", model("keep") + model("pruned") + model("removed"))
    assert project.run("apply", "--yes").code == 0
    for name in ("pruned", "removed"):
        client.delete_repo(f"acme/{name}")
        client.create_repo(f"acme/{name}")
    project.write(
        "m.yaml",
        model("keep") + model("pruned") + changes("removed: [{address: Model/acme/removed, action: delete}]"),
    )
    ran = project.run("apply", "--yes", *CONSENT)
    assert ran.code == 1
    assert "is not the one this ledger knows" in ran.err
    assert "hfops ledger forget Model/acme/removed" in ran.err
    project.write("m.yaml", model("keep"))
    ran = project.run("apply", "--yes", "--prune", *CONSENT)
    assert ran.code == 0, ran.out + ran.err
    assert alive(client) == ["keep", "pruned", "removed"]
    assert "Model/acme/keep" in (listed := project.run("ledger", "list").out)
    assert "pruned" not in listed


def test_pruning_releases_what_was_adopted(project: Project, client: HfApi) -> None:
    """It stays on the Hub and leaves the ledger, its protection with it; the plan says why, and the next one is empty."""
    client.create_repo("acme/adopted")
    protected = "---\n{kind: Model, apiVersion: hfops/v1, metadata: {name: adopted}, lifecycle: {preventDestroy: true}}\n"
    project.write("m.yaml", model("keep") + protected)
    assert project.run("apply", "--yes").code == 0
    project.write("m.yaml", model("keep"))
    ran = project.run("apply", "--yes", "--prune")
    assert ran.code == 0, ran.out + ran.err
    assert "released: it was there before hfops" in ran.out
    assert alive(client) == ["adopted", "keep"]
    assert "adopted" not in project.run("ledger", "list").out
    assert project.run("plan", "--prune", "--detailed-exitcode").code == 0
