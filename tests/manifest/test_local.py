"""The project's own files: named from the root, never outside it."""

import hashlib
import io
import os
import posixpath
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.manifest import local
from hfops.manifest.local import NOWHERE, Digest, Local, LocalError, check_written, digest_of, located

SEGMENTS = st.lists(st.sampled_from(["a", "b", ".", "..", "~", "", "x y", "\\", "..."]), max_size=8)
WRITTEN = st.builds(
    lambda start, parts: start + "/".join(parts), st.sampled_from(["", "./", "../", "/"]), SEGMENTS
)
FOLDERS = st.lists(st.sampled_from(["a", "b", "c d"]), max_size=3).map("/".join)


@pytest.fixture
def root(tmp_path):
    """An empty project beside a file that is none of its business."""
    (tmp_path / "outside").write_text("SECRET OUTSIDE")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def put(root, *names, text="x"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@given(WRITTEN, FOLDERS)
def test_located_never_leaves_the_root(written, folder):
    """Every path is refused, or normal, relative and without a ``..``; what it names is named the same again."""
    try:
        name = located(written, folder)
    except LocalError:
        return
    assert not name.startswith("/")
    assert ".." not in name.split("/")
    assert name == posixpath.normpath(name)
    assert located(f"./{name}", "") == name


@given(WRITTEN, FOLDERS)
def test_what_is_refused_anywhere_is_refused_here(written, folder):
    """``check_written`` refuses nothing that some folder could mean, and only what this one refuses too."""
    try:
        check_written(written)
    except LocalError:
        with pytest.raises(LocalError):
            located(written, folder)
        return
    assert located(written, "/".join("abcdefghij"))


@pytest.mark.parametrize(
    ("written", "folder", "name"),
    [
        ("a/b.txt", "deep/down", "a/b.txt"),
        ("./b.txt", "deep/down", "deep/down/b.txt"),
        ("../b.txt", "deep/down", "deep/b.txt"),
        ("../../b.txt", "deep/down", "b.txt"),
        ("./b.txt", "", "b.txt"),
        ("a//./b/", "", "a/b"),
        (".", "deep", "deep"),
        ("./", "", "."),
        (".hidden", "deep", ".hidden"),
        ("...", "deep", "..."),
        ("a\\b", "", "a\\b"),
        ("./~x", "", "~x"),
    ],
)
def test_a_dot_means_beside_the_manifest(written, folder, name):
    """``./`` and ``../`` start from the manifest's folder, everything else from the root."""
    assert located(written, folder) == name


@pytest.mark.parametrize(
    "written", ["", "/etc/passwd", "//x", "~", "~/x", "~root/x", "..", "../../x", "a/../../x", "a\0b"]
)
def test_paths_that_no_project_has_are_refused_with_a_reason(written):
    """Absolute, home, empty, NUL, and out of the root."""
    with pytest.raises(LocalError) as refused:
        located(written, "")
    assert str(refused.value)
    assert "\0" not in str(refused.value)


def test_a_file_is_read_by_its_name(root):
    """Bytes, text without its byte order mark, and whether it is there."""
    put(root, "a/b.txt", text="\ufeffhé")
    files = Local(root)
    assert files.read("a/b.txt") == "\ufeffhé".encode()
    assert files.text("a/b.txt") == "hé"
    assert files.path("a/b.txt") == (root / "a/b.txt").resolve()
    assert [files.exists(n) for n in ("a", "a/b.txt", "b", "a/b.txt/c", "../outside", "a\0")] == [
        True,
        True,
    ] + 4 * [False]
    assert [files.is_folder(n) for n in (".", "a", "a/b.txt", "b")] == [True, True, False, False]


def test_a_missing_file_says_where_was_looked(root):
    """And how to name one beside the manifest."""
    with pytest.raises(LocalError, match=r"^no such file: a/x\.txt$") as missing:
        Local(root).path("a/x.txt")
    assert missing.value.missing
    assert (
        missing.value.hint == f"looked at {root.resolve()}/a/x.txt; write ./x for a file beside the manifest"
    )


def test_symlinks_may_not_lead_out(root):
    """Within the root they are followed; out of it, nowhere and in circles they are errors that show no content."""
    put(root, "a/b.txt")
    (root / "in").symlink_to("a/b.txt")
    (root / "out").symlink_to("../outside")
    (root / "up").symlink_to("..")
    (root / "gone").symlink_to("nothing")
    (root / "loop").symlink_to("loop")
    files = Local(root)
    assert files.read("in") == b"x"
    for name, why in (
        ("out", "outside"),
        ("up/outside", "outside"),
        ("gone", "nowhere"),
        ("loop", "loop: cannot be read"),
    ):
        assert not files.exists(name)
        for act in (files.path, files.read, files.text, files.digest):
            with pytest.raises(LocalError, match=why) as refused:
                act(name)
            assert "SECRET" not in str(refused.value)


def test_only_regular_files_are_opened(root):
    """A pipe would block and a folder has no bytes."""
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    files = Local(root)
    for act in (files.read, files.text, files.digest):
        with pytest.raises(LocalError, match="neither a regular file nor a folder"):
            act("pipe")
        with pytest.raises(LocalError, match="a folder, expected a file"):
            act("folder")


def test_sizes_are_limited_and_text_is_utf8(root):
    """The limit itself is allowed; one byte more is not."""
    put(root, "a", text="12345")
    (root / "b").write_bytes(b"\xff\xfe\xfd")
    files = Local(root)
    assert files.read("a", 5) == b"12345"
    with pytest.raises(LocalError, match="a: too large, at most 4 bytes are read"):
        files.read("a", 4)
    with pytest.raises(LocalError, match="not UTF-8"):
        files.text("b")


@given(data=st.binary(max_size=300))
def test_digests_are_gits_and_sha256(tmp_path_factory, data):
    """The blob id is what ``git hash-object`` would print."""
    root = tmp_path_factory.mktemp("d")
    (root / "f").write_bytes(data)
    blob = hashlib.sha1(b"blob " + str(len(data)).encode() + b"\0" + data).hexdigest()
    assert Local(root).digest("f") == Digest(len(data), blob, hashlib.sha256(data).hexdigest())


def test_git_gives_the_same_blob_id(root):
    """Asked itself, for a file larger than one piece."""
    put(root, "f", text="0123456789" * 300_000)
    listed = subprocess.run(["git", "hash-object", root / "f"], check=True, capture_output=True, text=True)
    assert Local(root).digest("f").blob_id == listed.stdout.strip()


def test_a_digest_is_made_once_and_again_after_a_write(root, monkeypatch):
    """Counted by looking at who computes; eight threads get the same answer."""
    put(root, "f", text="one")
    made = []
    monkeypatch.setattr(local, "digest_of", lambda file, name: made.append(name) or digest_of(file, name))
    files = Local(root)
    first = files.digest("f")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(files.digest, ["f"] * 8)) == {first}
    assert made == ["f"]
    put(root, "f", text="three")
    assert files.digest("f") != first
    assert made == ["f", "f"]


class Growing(io.FileIO):
    """A file that somebody appends to while it is read."""

    def read(self, size=-1):
        data = super().read(size)
        with Path(self.name).open("ab") as other:
            other.write(b"more" if data else b"")
        return data


def test_a_file_that_changes_meanwhile_has_no_digest(root):
    """A digest of half the old and half the new content would be a lie."""
    put(root, "f")
    with Growing(root / "f") as file, pytest.raises(LocalError, match="f: changed while it was being read"):
        digest_of(file, "f")


def test_a_walk_gives_paths_and_names_in_order(root):
    """The path in the folder, and the name from the root; never git's and hfops's own folders."""
    put(root, "m/b", "m/a/c", "m/a-b", "m/.git/x", "m/.hfops/x", "m/a/.git", "other", "m/.dot")
    assert list(Local(root).walk("m").items()) == [
        (".dot", "m/.dot"), ("a-b", "m/a-b"), ("a/c", "m/a/c"), ("b", "m/b"),
    ]  # fmt: skip
    assert Local(root).walk(".")["m/a/c"] == "m/a/c"


def test_gitignore_holds_from_the_root_down(root):
    """Rules above the folder, in it and below it; the nearest that speaks decides."""
    put(root, "m/a.log", "m/b.txt", "m/keep.log", "m/tmp/x", "m/n/tmp/y", "m/n/z.tmp")
    put(root, ".gitignore", text="*.log\n/m/tmp\n")
    put(root, "m/.gitignore", text="!keep.log\n")
    put(root, "m/n/.gitignore", text="*.tmp\n")
    assert list(Local(root).walk("m")) == [".gitignore", "b.txt", "keep.log", "n/.gitignore", "n/tmp/y"]


def test_a_folder_that_is_named_is_walked_though_git_ignores_it(root):
    """``dist/`` in .gitignore is how build results are kept out of git, not off the Hub."""
    put(root, "dist/a", "dist/b.log")
    put(root, ".gitignore", text="dist/\n*.log\n")
    assert list(Local(root).walk("dist")) == ["a"]
    assert "dist/a" not in Local(root).walk(".")


def test_include_and_ignore_are_patterns_of_the_same_form(root):
    """A folder includes all below it; ``!`` takes back, and in ``ignore`` overrules .gitignore."""
    put(root, "m/a.json", "m/d/b.json", "m/d/c.bin", "m/e/f.txt", "m/model.bin")
    put(root, "m/.gitignore", text="*.bin\n")
    walk = Local(root).walk
    assert list(walk("m", ["*.json"])) == ["a.json", "d/b.json"]
    assert list(walk("m", ["/*.json", "e/"])) == ["a.json", "e/f.txt"]
    assert list(walk("m", ["d", "!*.json"], ["!*.bin"])) == ["d/c.bin"]
    assert list(walk("m", ignore=["d", "/.gitignore", "!model.bin"])) == ["a.json", "e/f.txt", "model.bin"]


def test_symlinked_folders_are_followed_and_loops_end(root):
    """A link shows what it leads to under its own name; one that leads back up shows nothing."""
    put(root, "shared/x", "m/v1/f")
    (root / "m/latest").symlink_to("v1")
    (root / "m/shared").symlink_to("../shared")
    (root / "m/v1/up").symlink_to("..")
    (root / "shared/again").symlink_to("../m")
    assert list(Local(root).walk("m")) == ["latest/f", "shared/x", "v1/f"]


def test_a_walk_does_not_pass_what_it_may_not_read(root):
    """Links out of the root and pipes are errors, unless they are ignored or not included."""
    put(root, "m/a")
    (root / "m/out").symlink_to("../../outside")
    with pytest.raises(LocalError, match="m/out: a symlink that leads outside"):
        Local(root).walk("m")
    assert list(Local(root).walk("m", ignore=["out"])) == ["a"]
    assert list(Local(root).walk("m", ["a"])) == ["a"]
    os.mkfifo(root / "m/pipe")
    with pytest.raises(LocalError, match="m/pipe: neither a regular file"):
        Local(root).walk("m", ignore=["out"])


def test_a_walk_needs_a_folder_and_has_an_end(root, monkeypatch):
    """A file, nothing at all, and more entries than anybody means to publish."""
    put(root, "m/a", "m/b")
    with pytest.raises(LocalError, match="m/a: a file, expected a folder"):
        Local(root).walk("m/a")
    with pytest.raises(LocalError, match="no such file: n"):
        Local(root).walk("n")
    monkeypatch.setattr(local, "MAX_ENTRIES", 1)
    with pytest.raises(LocalError, match="m: more than 1 files and folders"):
        Local(root).walk("m")


def test_nowhere_holds_nothing():
    """Every access is an error, the root's own too."""
    for act in (NOWHERE.path, NOWHERE.read, NOWHERE.text, NOWHERE.digest, NOWHERE.walk):
        for name in ("x", ".", "a/b"):
            with pytest.raises(LocalError):
                act(name)
    assert not NOWHERE.exists(".")
