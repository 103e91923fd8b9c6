"""``--changed-since``: only what changed in Git since a commit, whatever it changed through."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hfops.engine.changed import Since
from hfops.engine.changed import since as changed_since
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, exists, model, writes
from tests.conftest import Project

DEFAULTS = "{apiVersion: hfops/v1, kind: Defaults, match: {kind: Dataset}, spec: {gated: auto}}\n"
FAMILY = "{apiVersion: hfops/v1, kind: Dataset, forEach: {csv: ./names.csv}, metadata: {name: '{{ each.value.name }}'}}\n"
CARD = "{apiVersion: hfops/v1, kind: Model, metadata: {name: carded}, spec: {card: {template: card.md}}}\n"
TREE = (
    "{apiVersion: hfops/v1, kind: Model, metadata: {name: filed},"
    " spec: {files: [{path: /, from: {directory: ./tree}}]}}\n"
)


def git(folder: Path, *arguments: str) -> str:
    """Git, with an author."""
    who = ("-c", "user.name=t", "-c", "user.email=t@acme.example", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Everything, committed; the commit."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in Git, with something of everything."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(project.path, "init", "-q")
    project.write("a.yaml", model("a"))
    project.write("b.yaml", model("b"))
    project.write("data/defaults.yaml", DEFAULTS)
    project.write("data/family.yaml", FAMILY)
    project.write("data/names.csv", "name\none\ntwo\n")
    project.write("card.yaml", CARD)
    project.write("card.md", "hello\n")
    project.write("sub/filed.yaml", TREE)
    project.write("sub/tree/x.txt", "x\n")
    project.write(".gitignore", ".hfops/\nsecret.yaml\n")
    commit(project.path)
    return project


def planned(repo: Project, *options: str) -> list[str]:
    """The names that a plan is about."""
    ran = repo.run("plan", "--format", "json", "--changed-since", "HEAD", *options)
    assert ran.code == 0, ran
    return sorted(c["address"].split("/")[2] for c in json.loads(ran.out)["changes"])


def _rename(repo: Project) -> None:
    git(repo.path, "mv", "a.yaml", "z.yaml")


CHANGED: list[tuple[str, Callable[[Project], object], list[str]]] = [
    ("nothing", lambda r: None, []),
    ("a manifest", lambda r: r.write("a.yaml", model("a", gated="auto")), ["a"]),
    ("a new one, untracked", lambda r: r.write("new.yaml", model("n")), ["n"]),
    ("a new one, ignored by Git", lambda r: r.write("secret.yaml", model("n")), ["n"]),
    ("a renamed one", _rename, ["a"]),
    ("Defaults", lambda r: r.write("data/defaults.yaml", DEFAULTS.replace("auto", "manual")), ["one", "two"]),
    ("Defaults that are gone", lambda r: (r.path / "data/defaults.yaml").unlink(), ["one", "two"]),
    ("what a family is made from", lambda r: r.write("data/names.csv", "name\none\n"), ["one"]),
    ("a card's template", lambda r: r.write("card.md", "bye\n"), ["carded"]),
    ("a file in a folder", lambda r: r.write("sub/tree/x.txt", "y\n"), ["filed"]),
    ("a file gone from a folder", lambda r: r.write("sub/tree/new.txt", "y\n"), ["filed"]),
    ("something else", lambda r: r.write("README.md", "y\n"), []),
    (
        "the project file",
        lambda r: r.write("hfops.yaml", (r.path / "hfops.yaml").read_text() + "# \n"),
        ["a", "b", "carded", "filed", "one", "two"],
    ),
]


def test_what_a_submodule_holds(repo: Project, tmp_path: Path) -> None:
    """A submodule that moved changes what names its files; so does a repository within that Git only names."""
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "x.txt").write_text("1\n")
    commit(inner)
    git(
        repo.path,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(inner),
        "sub/tree/inner",
    )
    git(repo.path, "config", "diff.ignoreSubmodules", "all")
    commit(repo.path)
    assert planned(repo) == []
    one = "spec: {files: [{path: x, from: {file: ./sub/tree/inner/x.txt}}]}"
    repo.write("one.yaml", f"{{apiVersion: hfops/v1, kind: Model, metadata: {{name: one}}, {one}}}\n")
    commit(repo.path)
    (repo.path / "sub/tree/inner/x.txt").write_text("2\n")
    commit(repo.path / "sub/tree/inner")
    assert planned(repo) == ["filed", "one"]


def test_a_repository_within(repo: Project) -> None:
    """One that is no submodule: Git names its folder and no file of it."""
    repo.write("within/new.yaml", model("n"))
    git(repo.path / "within", "init", "-q")
    commit(repo.path / "within")
    assert planned(repo) == ["n"]


def test_old_defaults_of_many_files(repo: Project) -> None:
    """What changed files held is asked of Git at once, whatever they are called; what is no file any more is no matter."""
    folder = repo.path / "many"
    folder.mkdir()
    odd = {"new\nline": "o1", "sp ace": "o2", "ünï": "o3"}
    for name, about in odd.items():
        repo.write(f"{name}.yaml", DEFAULTS.replace("kind: Dataset", f"kind: Model, name: {about}"))
        repo.write(f"many/{about}.yaml", model(about))
    for i in range(300):
        repo.write(f"many/m{i}.yaml", model(f"m{i}"))
    base = commit(repo.path)
    for name in odd:
        (repo.path / f"{name}.yaml").unlink()
    for i in range(300):
        (repo.path / f"many/m{i}.yaml").unlink()
    commit(repo.path)
    began = time.perf_counter()
    found = changed_since(repo.path, base)
    assert time.perf_counter() - began < 5
    assert len(found.before) == 303
    assert planned(repo, "--changed-since", base) == ["o1", "o2", "o3"]


def test_many_changed_files_take_no_time(tmp_path: Path) -> None:
    """Each question is asked of a set: thousands of resources and of changed files are no product."""
    files = [tmp_path / f"d{i % 100}" / f"f{i}" for i in range(20_000)]
    found = Since("x", frozenset(files), tmp_path, folders=frozenset(f.parent for f in files))
    began = time.process_time()
    assert sum(found.touches(tmp_path / "e" / f"f{i}") for i in range(5_000)) == 0
    assert found.touches(files[0])
    assert found.touches(files[0].parent)
    assert found.touches(files[0] / "below")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(("change", "names"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
@pytest.mark.parametrize("committed", [False, True])
def test_what_changed(
    repo: Project, change: Callable[[Project], object], names: list[str], *, committed: bool
) -> None:
    """Through its manifest, Defaults, family, template or files; committed or not."""
    base = git(repo.path, "rev-parse", "HEAD")
    change(repo)
    if committed:
        commit(repo.path)
        if names == ["n"] and (repo.path / "secret.yaml").exists():
            return  # what Git ignores is never committed
    ran = repo.run("plan", "--format", "json", "--changed-since", base)
    assert ran.code == 0, ran
    assert sorted(c["address"].split("/")[2] for c in json.loads(ran.out)["changes"]) == names
    assert ("leave no resource" in ran.err) is (names == [])


def test_since_the_fork(repo: Project) -> None:
    """What the other branch changed meanwhile is not ours: it counts from the commit both have in common."""
    git(repo.path, "checkout", "-q", "-b", "topic")
    repo.write("a.yaml", model("a", gated="auto"))
    commit(repo.path)
    git(repo.path, "checkout", "-q", "main")
    repo.write("b.yaml", model("b", gated="auto"))
    commit(repo.path)
    git(repo.path, "checkout", "-q", "topic")
    assert planned(repo, "--changed-since", "main") == ["a"]


def test_in_a_folder_of_the_repository(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project may be part of a larger repository, and the command may be run anywhere in it."""
    base = git(repo.path, "rev-parse", "HEAD")
    repo.write("inner/hfops.yaml", (repo.path / "hfops.yaml").read_text())
    repo.write("inner/m.yaml", model("m") + model("o"))
    repo.write("inner/k.yaml", model("k"))
    here = commit(repo.path)
    monkeypatch.chdir(repo.path / "inner")
    repo.write("inner/k.yaml", model("k", gated="auto"))
    for since, names in ((base, ["k", "m", "o"]), (here, ["k"])):
        ran = repo.run("plan", "--format", "json", "--changed-since", since)
        assert sorted(c["address"].split("/")[2] for c in json.loads(ran.out)["changes"]) == names


def test_apply_and_its_saved_plan(repo: Project, hub: Sandbox) -> None:
    """Only the changed are made, from manifests and from a saved plan, which remembers how it was narrowed."""
    base = git(repo.path, "rev-parse", "HEAD")
    repo.write("a.yaml", model("a", gated="auto"))
    assert repo.run("plan", "--changed-since", base, "-o", "plan.json").code == 0
    assert repo.run("apply", "--yes", "plan.json").code == 0
    assert (exists(hub, "a"), exists(hub, "b")) == (True, False)
    before = writes(hub)
    assert repo.run("apply", "--yes", "--changed-since", base).code == 0
    assert writes(hub) == before


def test_it_narrows_further(repo: Project) -> None:
    """Together with other ways to narrow, all must hold."""
    repo.write("a.yaml", model("a", gated="auto"))
    repo.write("b.yaml", model("b", gated="auto"))
    assert planned(repo, "--target", "Model/acme/b") == ["b"]
    assert planned(repo, "--exclude", "Model/acme/b") == ["a"]


def test_removed_entries_count_where_they_changed(repo: Project, hub: Sandbox) -> None:
    """A removal that was written since is part of the run; an old one is not."""
    assert repo.run("apply", "--yes").code == 0
    (repo.path / "b.yaml").unlink()
    base = commit(repo.path)
    repo.write("gone.yaml", changes("removed: [{address: Model/acme/b, action: delete}]"))
    new = commit(repo.path)
    ran = repo.run("plan", "--format", "json", "--changed-since", new)
    assert json.loads(ran.out)["changes"] == []
    ran = repo.run("plan", "--format", "json", "--changed-since", base)
    assert [(c["address"], c["action"]) for c in json.loads(ran.out)["changes"]] == [
        ("Model/acme/b", "delete")
    ]


def test_validate_and_drift(repo: Project) -> None:
    """They look at the changed ones, too."""
    assert repo.run("apply", "--yes").code == 0
    commit(repo.path)
    repo.write("a.yaml", model("a", gated="auto"))
    assert "valid: 1 resource in 1 file" in repo.run("validate", "--changed-since", "HEAD").out
    assert repo.run("drift", "--changed-since", "HEAD").code == 0


@pytest.mark.parametrize("ref", ["nope", "--all", "-x", "HEAD~99", "main:a.yaml"])
def test_no_such_commit(repo: Project, ref: str) -> None:
    """What names no commit is an error, and is never taken for an option of git."""
    ran = repo.run("plan", f"--changed-since={ref}")
    assert (ran.code, "no such branch, tag or commit" in ran.err) == (1, True), ran


def test_unrelated_history(repo: Project) -> None:
    """Without a common commit nobody can tell, which is an error."""
    git(repo.path, "checkout", "-q", "--orphan", "other")
    repo.write("README.md", "another beginning\n")
    commit(repo.path)
    ran = repo.run("plan", "--changed-since", "main")
    assert (ran.code, "no commit in common with HEAD" in ran.err) == (1, True), ran


def test_no_repository(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside Git it is an error."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.path.parent))
    project.write("a.yaml", model("a"))
    ran = project.run("plan", "--changed-since", "main")
    assert (ran.code, "needs a Git repository" in ran.err) == (1, True), ran


def test_no_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor can it be told without git."""
    monkeypatch.setenv("PATH", "")
    project.write("a.yaml", model("a"))
    ran = project.run("plan", "--changed-since", "main")
    assert (ran.code, "there is none on this machine" in ran.err) == (1, True), ran


def test_no_pruning(repo: Project) -> None:
    """A narrowed run sees no orphans: with --prune it is a usage error."""
    ran = repo.run("plan", "--prune", "--changed-since", "HEAD")
    assert (ran.code, "--changed-since" in ran.err) == (1, True), ran
