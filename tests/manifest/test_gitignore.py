"""``.gitignore`` rules: what git says is what holds."""

import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfops.manifest.gitignore import Rules, lines_of
from hfops.manifest.local import Local

NAMES = ("a", "b", "ab", "a.txt", "b.log", "[x]", "-", "!a", "#a", "a b")
WILD = (
    "*",
    "**",
    "***",
    "?",
    "*.txt",
    "a*",
    "[ab]",
    "[!a]",
    "[^a]",
    "[a-c]*",
    "[]x]",
    "[[:alpha:]]",
    "[[:no:]]",
)
ODD = ("[a--]", "[z-ab]", "[", "[a-", "\\", "[\\-]", "\\!a", "\\#a", "a\\ b", "\\[x\\]")
PARTS = st.sampled_from((*NAMES, *WILD, *ODD))
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
PATTERNS = st.builds(
    lambda start, parts, end: start + "/".join(parts) + end,
    st.sampled_from(("", "", "", "/", "!", "!/")),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(("", "", "/", "  ", "\r", "\t")),
)
FILES = st.lists(PATTERNS, min_size=1, max_size=4).map("\n".join)


def put(root, name, text):
    """Write a file unless another stands in its way."""
    path = root / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    paths=st.lists(PATHS, min_size=3, max_size=14),
    ignores=st.dictionaries(st.just("") | PATHS, FILES, max_size=4),
)
def test_git_lists_the_same_files(tmp_path_factory, paths, ignores):
    """A walk finds what ``git ls-files --others`` finds, whatever the patterns, at every level."""
    root = tmp_path_factory.mktemp("walk")
    subprocess.run(["git", "init", "-q", root], check=True)
    for path in paths:
        put(root, path, "x")
    for folder, text in ignores.items():
        if (root / folder).is_dir():
            put(root, f"{folder}/.gitignore".lstrip("/"), text)
    command = ["git", "-C", root, "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    assert list(Local(root).walk(".")) == sorted(filter(None, listed.split("\0")))


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.log", "a/b.log", True),
        ("/*.log", "a/b.log", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/*/b", "a/x/y/b", False),
        ("data/**", "data/x/y", True),
        ("data/**", "data", False),
        ("build/", "build", False),
        ("[a-", "[a-", False),
    ],
)
def test_a_pattern_speaks_of_the_entry_itself(pattern, path, fits):
    """A rule fits an entry, not what lies below it, and folder rules fit no file."""
    assert bool(Rules([pattern]).check(path, folder=False)) is fits


def test_the_last_rule_that_fits_decides():
    """``!`` takes back, comments and blank lines say nothing, and no rule at all is None."""
    rules = Rules(["# all", "", "*.bin", "!keep.bin", "\\#a"])
    assert rules.check("x/y.bin", folder=False) is True
    assert rules.check("x/keep.bin", folder=False) is False
    assert rules.check("#a", folder=False) is True
    assert rules.check("# all", folder=False) is None


def test_lines_are_those_of_git():
    """A byte order mark and CRs are no part of a pattern; bytes that are not UTF-8 are those of the name."""
    assert lines_of(b"\xef\xbb\xbfa\r\nb\n") == ["a", "b", ""]
    assert Rules(lines_of(b"\xff*")).check("\udcffx", folder=False) is True
