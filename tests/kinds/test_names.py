"""Names, with git as the judge of refs where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hfops.kinds.repo.names import bad_id_part, bad_ref, is_full_commit, looks_like_commit

GIT = shutil.which("git")
NASTY = st.text(alphabet="aZ9./-_@{}~^:?*[]\\ \t\x7f\x01é#lockHEAD", min_size=1, max_size=8)
PIECES = st.lists(
    st.sampled_from(
        ["a", "v1", ".", "..", "/", "//", ".lock", "@", "@{", "-", "HEAD", "refs", "é", "~", " "]
    ),
    min_size=1,
    max_size=5,
).map("".join)


def legal(text: str) -> bool:
    """git-check-ref-format's rules, one by one, for a branch or tag on one level or more."""
    return not any(
        [
            any(part.startswith(".") or part.endswith(".lock") for part in text.split("/")),
            ".." in text,
            any(ord(c) < 0o40 or ord(c) == 0o177 or c in " ~^:?*[\\" for c in text),
            text.startswith("/") or text.endswith("/") or "//" in text,
            text.endswith("."),
            "@{" in text,
            text in ("@", "HEAD"),
            text.startswith("-"),
        ]
    )


def git_says(text: str) -> bool:
    """git's own word: legal as a name, and as a branch."""
    assert GIT is not None
    asked = (["--allow-onelevel", f"{text}"], ["--branch", text])
    return all(
        subprocess.run([GIT, "check-ref-format", *a], cwd="/", capture_output=True, check=False).returncode
        == 0
        for a in asked
    )


@settings(max_examples=150, deadline=None)
@given(NASTY | PIECES)
@example("HEAD")
@example("@")
@example("-x")
@example("a/.b")
@example("a.lock/b")
@example("feature/a@b")
def test_refs_are_what_git_allows(text: str) -> None:
    """A name is taken exactly where git takes it, but for refs/…, which the Hub keeps to itself."""
    if GIT is not None:
        assert legal(text) is git_says(text)
    assert (bad_ref(text) is None) is (legal(text) and not text.startswith("refs/"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("refs/heads/a", "'refs/'"),
        ("a\0b", "control character"),
        ("a b", "a space"),
        ("HEAD", "'HEAD'"),
        ("x.lock", "'.lock'"),
    ],
)
def test_a_bad_ref_says_why(text: str, why: str) -> None:
    """The reason names the rule that is broken."""
    assert why in str(bad_ref(text))


PART = re.compile(r"(?!.*(?:--|\.\.))(?!.*\.git\Z)(?![-.])[A-Za-z0-9_.-]{1,96}(?<![-.])")


@given(
    st.text(alphabet="aB0_.-/ é", max_size=8)
    | st.sampled_from(["a" * 96, "a" * 97, "x.git", ".git", "x.gitx", "a\n"])
)
def test_id_parts(text: str) -> None:
    """A part of an id is what the Hub's own client takes: 96 of A-Z a-z 0-9 _ . -, no -- or .., not at its ends, no .git."""
    assert (bad_id_part(text) is None) is (PART.fullmatch(text) is not None)


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [
        ("3f2a91c", True, False),
        ("3F2A91C", True, False),
        ("3f2a91", False, False),
        ("0" * 40, True, True),
        ("0" * 64, True, True),
        ("0" * 65, False, False),
        ("release", False, False),
        ("main", False, False),
    ],
)
def test_commits(text: str, short: bool, full: bool) -> None:
    """Seven hex digits or more may be a commit; forty, or sixty-four, are a whole one."""
    assert (looks_like_commit(text), is_full_commit(text)) == (short, full)
