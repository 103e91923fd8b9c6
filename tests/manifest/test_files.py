"""Finding and reading manifest files."""

import os

import pytest

from hfops.manifest.files import discover, find_root, scan
from hfops.manifest.globs import covers, matches
from hfops.manifest.reading import MAX_BYTES, decode, read_text
from hfops.model.problem import Problem, Problems


def tree(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a: 1\n")


def names(root, paths=(), ignore=()):
    return [p.relative_to(root).as_posix() for p in discover([root / p for p in paths], root, ignore)]


def test_the_root_is_the_nearest_folder_with_a_project_file(tmp_path):
    """Nearest at or above the path, else the path, else a file's folder."""
    tree(tmp_path, "hfops.yaml", "a/b/x.yaml", "a/hfops.yaml", "c/y.yaml")
    assert find_root(tmp_path / "a/b/x.yaml") == tmp_path / "a"
    assert find_root(tmp_path / "a/b") == tmp_path / "a"
    assert find_root(tmp_path / "c") == tmp_path
    (tmp_path / "hfops.yaml").unlink()
    assert find_root(tmp_path / "c") == tmp_path / "c"
    assert find_root(tmp_path / "c/y.yaml") == tmp_path / "c"


def test_manifests_are_found_in_order(tmp_path):
    """All four endings, in posix order, no dotted names, no project file, nothing else."""
    tree(
        tmp_path, "b.yml", "a/z.yaml", "a.yaml.j2", "a-b/x.yml.j2", "hfops.yaml", ".x.yaml", ".git/x.yaml", "r.md",
        "a/.hidden/x.yaml", "x.json", "c.yaml/d.yaml",
    )  # fmt: skip
    assert names(tmp_path) == ["a-b/x.yml.j2", "a.yaml.j2", "a/z.yaml", "b.yml", "c.yaml/d.yaml"]


def test_ignore_globs_are_from_the_root(tmp_path):
    """A folder's glob prunes all of it; a file named outright is read nevertheless."""
    tree(tmp_path, "vendor/a.yaml", "vendor/b/c.yaml", "x/vendor/d.yaml", "x/e.test.yaml", "f.yaml")
    assert names(tmp_path, ignore=["vendor/**", "**/*.test.yaml"]) == ["f.yaml", "x/vendor/d.yaml"]
    assert names(tmp_path, ignore=["**/vendor"]) == ["f.yaml", "x/e.test.yaml"]
    assert names(tmp_path, ["vendor/a.yaml", "x"], ["vendor/**"]) == [
        "vendor/a.yaml",
        "x/e.test.yaml",
        "x/vendor/d.yaml",
    ]


def test_files_named_are_read_whatever_their_name(tmp_path):
    """Except the project file, which a shell's ``*.yaml`` would name too."""
    tree(tmp_path, "hfops.yaml", ".x.yaml", "notes.txt")
    assert names(tmp_path, ["hfops.yaml", ".x.yaml", "notes.txt"]) == [".x.yaml", "notes.txt"]


def test_a_file_reached_twice_is_read_once(tmp_path):
    """Overlapping paths and symlinks to the same file count once, under the real name."""
    tree(tmp_path, "b/x.yaml", "c/y.yaml")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b/x.yaml")
    (tmp_path / "d").symlink_to(tmp_path / "c")
    assert names(tmp_path, ["b", "b/x.yaml", ".", "a.yaml"]) == ["b/x.yaml", "c/y.yaml"]
    assert names(tmp_path, ["d"]) == ["d/y.yaml"]


def test_missing_paths_are_all_reported(tmp_path):
    """One missing path does not hide the other, or the files that exist."""
    tree(tmp_path, "a.yaml")
    found = scan([tmp_path / "x", tmp_path / "a.yaml", tmp_path / "y\0"], tmp_path, [])
    assert [p.message for p in found.problems] == ["no such file or folder"] * 2
    assert found.files == [tmp_path / "a.yaml"]
    with pytest.raises(Problems, match="no such file or folder"):
        discover([tmp_path / "x"], tmp_path, [])


def test_symlink_loops_end(tmp_path):
    """Folders that lead to each other are walked once."""
    tree(tmp_path, "a/x.yaml", "b/y.yaml")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/b").symlink_to(tmp_path / "b")
    (tmp_path / "b/a").symlink_to(tmp_path / "a")
    assert names(tmp_path) == ["a/x.yaml", "b/y.yaml"]


def test_symlinks_outside_the_root_are_problems(tmp_path):
    """Manifests come from the project: a link out of it, a broken one and a circle are said, not followed."""
    tree(tmp_path, "out/x.yaml", "in/ok.yaml")
    root = tmp_path / "in"
    (root / "file.yaml").symlink_to(tmp_path / "out/x.yaml")
    (root / "folder").symlink_to(tmp_path / "out")
    (root / "broken.yaml").symlink_to("nowhere.yaml")
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "readme.md").symlink_to("nowhere.md")
    found = scan([root], root, [])
    assert found.files == [root / "ok.yaml"]
    assert sorted(p.message for p in found.problems) == [
        "a symlink that leads nowhere, or in a circle",
        "a symlink that leads nowhere, or in a circle",
        "a symlink that leads outside the project's root",
        "a symlink that leads outside the project's root",
    ]
    assert [p.message for p in scan([tmp_path / "out"], root, []).problems] == [
        f"outside the project's root, {root}"
    ]


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.yaml", "a.yaml", True), ("*.yaml", "x/a.yaml", False), ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "x/y/a.yaml", True), ("x/**", "x/y/z", True), ("x/**/z", "x/z", True), ("x/**/z", "x/y/y/z", True),
        ("a?c", "abc", True), ("a?c", "a/c", False), ("[ab].yaml", "b.yaml", True), ("[!ab].yaml", "b.yaml", False),
        ("a.c", "abc", False), ("[z-a]", "[z-a]", True), ("[", "[", True), ("A", "a", False), ("**", "a/b", True),
        ("acme/bert-*", "acme/bert-base", True), ("(a|b)", "a", False),
    ],
)  # fmt: skip
def test_globs(pattern, name, expected):
    """``*`` stays within one part, ``**`` does not, and nothing else of a regular expression means anything."""
    assert matches(pattern, name) is expected


def test_a_glob_covers_what_is_below_it():
    """As people write ignore lists: with and without the slash, the dot and the stars."""
    for pattern in ("vendor", "vendor/", "./vendor", "vendor/**"):
        assert covers(pattern, "vendor/a/b.yaml")
        assert not covers(pattern, "my-vendor/b.yaml")


def test_reading_text(tmp_path):
    """UTF-8 with and without a byte order mark."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert read_text(tmp_path / "a") == "a: é\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a: 1\nb: \xff\n", "f:2:4: not UTF-8: byte 0xFF at offset 8 (save it as UTF-8)"),
        (b"\xef\xbb\xbfb: \xe9\n", "f:1:4: not UTF-8: byte 0xE9 at offset 6 (save it as UTF-8)"),
        (b"a: \xc3\xa9\r\nb: \xc3", "f:2:4: not UTF-8: byte 0xC3 at offset 10 (save it as UTF-8)"),
        ("a: 1".encode("utf-16"), "f:1:1: not UTF-8: this is a UTF-16 file (save it as UTF-8)"),
        (
            "a: 1".encode("utf-16-be"),
            "f:1:1: a NUL byte at offset 0 (save it as UTF-8; is this a text file?)",
        ),
        (b"a: 1\nb: \0", "f:2:4: a NUL byte at offset 8 (save it as UTF-8; is this a text file?)"),
        (b"\xed\xa0\x80", "f:1:1: not UTF-8: byte 0xED at offset 0 (save it as UTF-8)"),
    ],
)
def test_bytes_that_are_no_text(data, problem):
    """The byte, its offset, and its line and column."""
    assert str(decode(data, "f")) == problem


def test_files_that_cannot_be_read(tmp_path):
    """A folder, a pipe, a vanished file and a huge one are problems; none is opened first."""
    os.mkfifo(tmp_path / "pipe.yaml")
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    expected = {
        "": "not a regular file",
        "pipe.yaml": "not a regular file",
        "gone.yaml": "cannot be read: No such file or directory",
        "huge.yaml": "too large: 10.0 MB, at most 10 MB are read",
    }
    for name, message in expected.items():
        problem = read_text(tmp_path / name, "shown")
        assert isinstance(problem, Problem)
        assert (problem.message, problem.where.file) == (message, "shown")
