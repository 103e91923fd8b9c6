"""The project as a commit has it: read like any other, whatever is in the tree, and nothing of it run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hfops.engine import base_files
from hfops.engine.base_tree import Around, BaseTree, place_of, read_base
from hfops.engine.git import Git
from hfops.model.problem import HfopsError

PROJECT = "{apiVersion: hfops/v1, kind: Project, spec: {namespace: acme, safety: {maxDeletes: %d}}}\n"
MODEL = "{apiVersion: hfops/v1, kind: Model, metadata: {namespace: acme, name: %s}, spec: {%s}}\n"
SECRET = "s3cr3t-of-the-machine"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, with something beside it that is nobody's business."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.yaml").write_text(SECRET)
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def git(folder: Path, *arguments: str, given: str = "") -> str:
    """Git, with an author."""
    who = ("-c", "user.name=t", "-c", "user.email=t@acme.example", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True, input=given
    )
    return done.stdout.strip()


def write(repo: Path, **files: str) -> None:
    """Files by name; two underscores are a slash, one is a dot."""
    for name, text in files.items():
        path = repo / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def commit(repo: Path) -> str:
    """Everything, committed."""
    git(repo, "add", "-A", "-f")
    git(repo, "commit", "-q", "--allow-empty", "-m", "x")
    return git(repo, "rev-parse", "HEAD")


def names(tree: BaseTree) -> list[str]:
    """What it describes."""
    return [r.address.name for r in tree.inventory.resources]


def test_as_it_was(repo: Path) -> None:
    """The files of the commit count, not those of the working tree, nor the index; names are shown from the root."""
    write(repo, hfops_yaml=PROJECT % 7, a_yaml=MODEL % ("a", ""), sub__b_yaml=MODEL % ("b", ""))
    base = commit(repo)
    write(repo, hfops_yaml=PROJECT % 9, a_yaml="broken: [", c_yaml=MODEL % ("c", ""))
    git(repo, "add", "-A")
    tree = read_base(repo, base, Around())
    assert (tree.commit, tree.place, tree.unreadable) == (base, "", "")
    assert (tree.settings.safety.max_deletes, names(tree)) == (7, ["a", "b"])
    assert [r.where.file for r in tree.inventory.resources] == ["a.yaml", "sub/b.yaml"]


def test_a_root_below_the_top(repo: Path) -> None:
    """Only the project's own folder is read; the nearest project file of the commit says which that is."""
    write(repo, hub__hfops_yaml=PROJECT % 3, hub__x__a_yaml=MODEL % ("a", ""), other__b_yaml="broken: [")
    base = commit(repo)
    for root in ("hub", "hub/x"):
        tree = read_base(repo / root, base, Around())
        assert (tree.place, tree.settings.safety.max_deletes, names(tree)) == ("hub", 3, ["a"])
    write(repo, hub__x__hfops_yaml=PROJECT % 99)
    assert (place_of(repo / "hub/x"), read_base(repo / "hub/x", base, Around()).place) == ("hub/x", "hub")


def test_a_root_that_was_not_there(repo: Path) -> None:
    """A project that is new has a base without rules of its own."""
    base = commit(repo)
    write(repo, new__hfops_yaml=PROJECT % 3)
    tree = read_base(repo / "new", base, Around())
    assert (tree.unreadable, tree.settings.safety.max_deletes, names(tree)) == ("", 5, [])


def test_a_root_that_was_a_link(repo: Path) -> None:
    """A folder put in the place of a link to it does not hide the project that the link led to."""
    write(repo, infra__hub__hfops_yaml=PROJECT % 2, infra__hub__a_yaml=MODEL % ("a", ""))
    (repo / "hub").symlink_to("infra/hub")
    base = commit(repo)
    (repo / "hub").unlink()
    write(repo, hub__hfops_yaml=PROJECT % 50)
    tree = read_base(repo / "hub", base, Around())
    assert (tree.place, tree.settings.safety.max_deletes, names(tree)) == ("infra/hub", 2, ["a"])


@pytest.mark.parametrize("target", ["../outside", "/", "hub", "..", "a/../../x"])
def test_a_root_that_was_a_link_to_elsewhere(repo: Path, target: str) -> None:
    """Out of the repository, or in a circle: an error, and never what is there."""
    (repo / "hub").symlink_to(target)
    base = commit(repo)
    (repo / "hub").unlink()
    (repo / "hub").mkdir()
    with pytest.raises(HfopsError, match="outside the repository, or in a circle"):
        read_base(repo / "hub", base, Around())


def _link(target: str, name: str) -> Callable[[Path], None]:
    def make(repo: Path) -> None:
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).symlink_to(target)

    return make


def _through_another(repo: Path) -> None:
    """Inside by its words, outside by where it leads: through a link to a folder further up."""
    (repo / "deep/er").mkdir(parents=True)
    (repo / "deep/er/up").symlink_to("../..")
    (repo / "deep/er/out.yaml").symlink_to("up/../outside/secret.yaml")


OUT = [
    ("absolute", _link("/etc/passwd", "x.yaml"), "x.yaml"),
    ("upwards", _link("../outside/secret.yaml", "x.yaml"), "x.yaml"),
    ("the project file", _link("../outside/secret.yaml", "hfops.yaml"), "hfops.yaml"),
    ("through another", _through_another, "deep/er/out.yaml"),
]


@pytest.mark.parametrize(("make", "named"), [o[1:] for o in OUT], ids=[o[0] for o in OUT])
def test_manifests_that_lead_out(repo: Path, make: Callable[[Path], None], named: str) -> None:
    """A manifest that is a link out of the project is an error, and nothing of where it leads is read."""
    make(repo)
    tree = read_base(repo, commit(repo), Around())
    assert f"{named}: a symlink that leads outside the " in tree.unreadable
    assert SECRET not in repr(tree)


def test_other_links(repo: Path) -> None:
    """Within the project they are followed; out of it they are not there, and nothing is written through them."""
    write(repo, a_yaml=MODEL % ("a", ""), real__b_yaml=MODEL % ("b", ""))
    (repo / "again").symlink_to("real")
    (repo / "out").symlink_to("../outside")
    (repo / "notes").symlink_to("/etc/passwd")
    base = commit(repo)
    before = sorted((repo.parent / "outside").iterdir())
    tree = read_base(repo, base, Around())
    assert (tree.unreadable, names(tree)) == ("", ["a", "b"])
    assert sorted((repo.parent / "outside").iterdir()) == before


def _tree(repo: Path, *entries: str) -> str:
    """A commit of a tree that no ``git add`` would make."""
    tree = git(repo, "mktree", "--missing", given="".join(f"{e}\n" for e in entries))
    return git(repo, "commit-tree", "-m", "x", tree)


def test_a_link_and_a_folder_of_one_name(repo: Path) -> None:
    """A tree that has both is refused, or at least nothing is written where the link leads."""
    link = git(repo, "hash-object", "-w", "--stdin", given="../outside")
    blob = git(repo, "hash-object", "-w", "--stdin", given="x")
    inner = git(repo, "mktree", given=f"100644 blob {blob}\tplanted\n")
    base = _tree(repo, f"120000 blob {link}\tx", f"040000 tree {inner}\tx")
    write(repo, a_yaml=MODEL % ("a", ""))
    tree = read_base(repo, base, Around())
    assert "cannot be written" in tree.unreadable
    assert not (repo.parent / "outside/planted").exists()


@pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT"])
def test_names_that_no_tree_has(repo: Path, name: str) -> None:
    """What would be written elsewhere, or be taken for a repository, is refused."""
    blob = git(repo, "hash-object", "-w", "--stdin", given="x")
    inner = git(repo, "mktree", given=f"100644 blob {blob}\tplanted\n")
    raw = b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner)
    done = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        cwd=repo, input=raw, capture_output=True, check=True,
    )  # fmt: skip
    base = git(repo, "commit-tree", "-m", "x", done.stdout.decode().strip())
    assert "no path that Git would make" in read_base(repo, base, Around()).unreadable


def test_no_filter_hook_or_driver_is_run(repo: Path) -> None:
    """Attributes of the tree and settings of the clone name programs, which would leave a trace; the bytes are Git's."""
    trace = repo.parent / "trace"
    program = f"sh -c 'touch {trace}; cat'"
    for key in ("filter.x.smudge", "filter.x.clean", "filter.x.process", "diff.x.textconv", "core.fsmonitor"):
        git(repo, "config", key, program)
    git(repo, "config", "filter.x.required", "true")
    hooks = repo / ".git/hooks"
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {trace}\n")
        (hooks / hook).chmod(0o755)
    text = MODEL % ("a", "")
    blob = git(repo, "hash-object", "-w", "--no-filters", "--stdin", given=text)
    attributes = git(
        repo, "hash-object", "-w", "--no-filters", "--stdin",
        given="*.yaml filter=x diff=x export-ignore export-subst ident working-tree-encoding=UTF-16\n",
    )  # fmt: skip
    base = _tree(repo, f"100644 blob {blob}\ta.yaml", f"100644 blob {attributes}\t.gitattributes")
    trace.unlink(missing_ok=True)
    tree = read_base(repo, base, Around())
    assert (tree.unreadable, names(tree), trace.exists()) == ("", ["a"], False)


def test_submodules_are_not_looked_into(repo: Path) -> None:
    """They are other repositories: no part of the tree."""
    blob = git(repo, "hash-object", "-w", "--stdin", given=MODEL % ("a", ""))
    base = _tree(repo, f"160000 commit {'1' * 40}\tvendor", f"100644 blob {blob}\ta.yaml")
    assert names(read_base(repo, base, Around())) == ["a"]


def test_replaced_objects_do_not_count(repo: Path) -> None:
    """What a clone puts in the place of a commit is not the commit."""
    write(repo, a_yaml=MODEL % ("a", ""))
    base = commit(repo)
    write(repo, a_yaml=MODEL % ("b", ""))
    git(repo, "replace", base, commit(repo))
    assert names(read_base(repo, base, Around())) == ["a"]


def test_large_files(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large to be a manifest costs nothing; too much in all is an error."""
    monkeypatch.setattr(base_files, "MAX_BYTES", 1_000)
    write(
        repo, a_yaml=MODEL % ("a", "files: [{path: big.bin, from: {file: ./big.bin}}]"), big_bin="x" * 5_000
    )
    base = commit(repo)
    monkeypatch.setattr(base_files, "MOST_BYTES", 1_000)
    assert names(read_base(repo, base, Around())) == ["a"]
    monkeypatch.setattr(base_files, "MOST_BYTES", 10)
    assert "are looked at" in read_base(repo, base, Around()).unreadable
    monkeypatch.setattr(base_files, "MOST_FILES", 1)
    assert "2 files" in read_base(repo, base, Around()).unreadable


def test_many_files(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are asked for some at a time, and each is what it was, whatever its bytes."""
    monkeypatch.setattr(base_files, "_GULP", 3_000)
    texts = {f"d{i % 7}/m{i}.bin": os.urandom(i * 7 % 1_000) + b"\n0 blob 3\n" * (i % 3) for i in range(60)}
    for name, data in texts.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_bytes(data)
    base, target = commit(repo), repo.parent / "target"
    target.mkdir()
    base_files.lay_out(Git(repo, "--base"), base, "", target)
    found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}
    assert found == texts


def test_content_that_a_build_makes(repo: Path) -> None:
    """Files that manifests publish need not be in Git: no rule hangs on them."""
    spec = "card: {template: ./made.md}, files: [{path: /, from: {directory: ./dist}}]"
    defaults = (
        "{apiVersion: hfops/v1, kind: Defaults, match: {kind: Model}, spec: {card: {template: gone.md}}}\n"
    )
    write(repo, a_yaml=MODEL % ("a", spec), d_yaml=defaults)
    tree = read_base(repo, commit(repo), Around())
    assert (tree.unreadable, names(tree)) == ("", ["a"])


def test_only_what_the_run_looks_at(repo: Path) -> None:
    """Without a project file a run over some paths is about these: the base alike, as far as they were there."""
    write(repo, x__a_yaml=MODEL % ("a", ""), y__b_yaml=MODEL % ("b", ""))
    base = commit(repo)
    write(repo, z__c_yaml=MODEL % ("c", ""))
    for paths, found in ((["x"], ["a"]), (["x", "z"], ["a"]), (["z"], []), (["../outside"], [])):
        around = Around(tuple(repo / p for p in paths), whole=False)
        assert names(read_base(repo, base, around)) == found


def test_what_cannot_be_loaded(repo: Path) -> None:
    """The project file's settings stand where only the manifests are broken; nothing consents."""
    allow = (
        "{apiVersion: hfops/v1, kind: Changes, spec: {allow: [{risk: cost, address: '*/*/*', reason: r}]}}\n"
    )
    write(repo, hfops_yaml=PROJECT % 3, a_yaml="a: [", b_yaml=allow)
    tree = read_base(repo, commit(repo), Around())
    assert (tree.settings.safety.max_deletes, tree.inventory.directives.allow) == (3, ())
    assert tree.unreadable.startswith("a.yaml:")
    write(repo, hfops_yaml="{", a_yaml=MODEL % ("a", ""))
    tree = read_base(repo, commit(repo), Around())
    assert (tree.settings.safety.max_deletes, tree.unreadable.startswith("hfops.yaml:")) == (5, True)


def test_nothing_stays_behind(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is gone when it has been read."""
    folder = repo.parent / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    write(repo, a_yaml=MODEL % ("a", ""))
    assert names(read_base(repo, commit(repo), Around())) == ["a"]
    assert list(folder.iterdir()) == []
