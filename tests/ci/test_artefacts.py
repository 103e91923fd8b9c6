"""Whose pull request it is, and the file of a plan that was reviewed: never a fork's, never another commit's."""

from __future__ import annotations

import io
import zipfile

import pytest

from hfops.cli.ci import wire, zipped
from hfops.cli.ci.forge import ForgeError, Pull, forge
from hfops.cli.ci.host import Source, detect
from tests.ci.forges import BASE, HEAD, MERGED, OLDER, GitHub, GitLab
from tests.ci.forges import zipped as zip_of
from tests.harness import FastClock

NAME, PATH = "hfops-plan", "plan.json"
OURS = Pull(7, HEAD, merged=True, title="A change")
FORK = Pull(8, HEAD, merged=True, title="A change", fork=True)


@pytest.fixture
def github(tmp_path):
    with GitHub(tmp_path) as found:
        found.add_pull(7)
        yield found


@pytest.fixture
def gitlab(tmp_path):
    with GitLab(tmp_path) as found:
        found.add_pull(7)
        yield found


def ask(there, question):
    """One question to a client as a job has it."""
    environ = there.environ()
    made = forge(detect(environ), environ, clock=FastClock())
    assert made is not None
    with made:
        return question(made)


def artefact(there, path=PATH, pull=OURS):
    """The plan's file."""
    return ask(there, lambda made: made.artefact(NAME, path, pull))


def test_the_newest_one_is_taken(github):
    """A run that was repeated made a plan of the same commit again."""
    github.add_artefact(NAME, {PATH: "old", "report.md": "x"}, created="2026-06-01T10:00:00Z")
    github.add_artefact(NAME, {PATH: "new"}, created="2026-06-01T12:00:00Z")
    github.add_artefact(NAME, {PATH: "middle"}, created="2026-06-01T11:00:00Z")
    assert artefact(github) == b"new"


def test_it_comes_from_another_host_without_the_token(github):
    """The address that GitHub gives is signed, and asked without any token."""
    github.add_artefact(NAME, {PATH: "{}"})
    assert artefact(github) == b"{}"
    assert [str(a) for a in github.storage.requests] == [f"GET /{github.artefacts[0]['id']}.zip"]
    assert github.storage.leaked() == []


@pytest.mark.parametrize(
    "more",
    [{"fork": True}, {"expired": True}, {"head": OLDER}, {"head": MERGED}],
    ids=lambda m: next(iter(m)),
)
def test_others_are_not_taken(github, more):
    """A fork's, an expired one, one of another commit: however new, and not even downloaded."""
    github.add_artefact(NAME, {PATH: "evil"}, created="2027-01-01T00:00:00Z", **more)
    assert artefact(github) is None
    assert github.storage.requests == []


def test_a_forks_does_not_hide_ours(github):
    """The same commit pushed to a fork: its newer artefact is passed over."""
    github.add_artefact(NAME, {PATH: "ours"}, created="2026-06-01T10:00:00Z")
    github.add_artefact(NAME, {PATH: "evil"}, created="2026-06-01T12:00:00Z", fork=True)
    assert artefact(github) == b"ours"


def test_a_forks_pull_request_has_no_reviewed_plan(github, gitlab):
    """Nothing is asked, although a run of this very repository claims to have made one."""
    for there in (github, gitlab):
        there.add_artefact(NAME, {PATH: "evil"})
        assert artefact(there, pull=FORK) is None
        assert there.requests == []


@pytest.mark.parametrize("gone", ["workflow_run", "expired", "name"])
def test_an_artefact_that_does_not_tell_is_not_taken(github, gone):
    """Whatever GitHub leaves out counts against it."""
    github.add_artefact(NAME, {PATH: "x"})
    github.artefacts[0][gone] = NAME if gone == "name" else None
    assert artefact(github) == (b"x" if gone == "name" else None)


def test_it_is_found_behind_many_pages(github):
    """A hundred a page, and every pull request has some."""
    github.add_artefact(NAME, {PATH: "ours"})
    for n in range(230):
        github.add_artefact(NAME, {PATH: "x"}, head=f"{n:040x}")
    assert artefact(github) == b"ours"
    assert github.count("GET", "actions/artifacts") == 4


def test_one_that_expired_meanwhile_is_none(github):
    """410 instead of a zip."""
    github.add_artefact(NAME, {PATH: "x"})
    github.fault("GET", "/zip", 410)
    assert artefact(github) is None


@pytest.mark.parametrize("name", ["Plan.json", "./plan.json", "x/plan.json", "/plan.json", "plan.json/"])
def test_the_files_name_is_matched_exactly(github, name):
    """No other file of the zip stands for it."""
    github.add_artefact(NAME, {name: "x"})
    assert artefact(github) is None


def test_a_bomb_is_refused_while_it_is_read(github, monkeypatch):
    """A small zip that unpacks to more than it may."""
    monkeypatch.setattr(zipped, "MAX_FILE", 100_000)
    github.add_artefact(NAME, {PATH: b"0" * 100_001})
    with pytest.raises(ForgeError, match="larger than 100,000 bytes unpacked"):
        artefact(github)


def test_a_zip_of_countless_files_is_refused(github, monkeypatch):
    """Its table of contents alone would fill the memory."""
    monkeypatch.setattr(zipped, "MAX_FILES", 3)
    github.add_artefact(NAME, {PATH: "x", "a": "", "b": ""})
    assert artefact(github) == b"x"
    github.add_artefact(NAME, {PATH: "x", "a": "", "b": "", "c": ""})
    with pytest.raises(ForgeError, match="more than 3 files"):
        artefact(github)


def test_a_zip_that_lies_about_a_size_is_refused(github):
    """The size in its headers is not believed."""
    data = bytearray(zip_of({PATH: b"0" * 5000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    github.add_artefact(NAME, bytes(data))
    with pytest.raises(ForgeError, match="cannot be unpacked"):
        artefact(github)


def test_a_file_that_is_there_twice_is_refused(github):
    """Readers differ in which of the two they take."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(PATH, "good")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(PATH, "evil")
    github.add_artefact(NAME, out.getvalue())
    with pytest.raises(ForgeError, match="2 times"):
        artefact(github)


@pytest.mark.parametrize(
    "data", [b"", b"no zip", zip_of({PATH: "x" * 99})[:-30]], ids=["nothing", "text", "cut off"]
)
def test_what_is_no_zip_is_refused(github, data):
    """An error that names the artefact, no traceback."""
    github.add_artefact(NAME, data)
    with pytest.raises(ForgeError, match=r"artefact hfops-plan of aaaaaaa: plan\.json cannot be unpacked"):
        artefact(github)


def test_a_large_zip_is_not_downloaded(github):
    """GitHub tells the size beforehand."""
    github.add_artefact(NAME, {PATH: "x"})
    github.artefacts[0]["size_in_bytes"] = wire.MAX_DOWNLOAD + 1
    with pytest.raises(ForgeError, match="67,108,865 bytes"):
        artefact(github)
    assert github.storage.requests == []


def test_a_download_that_is_too_large_is_refused(github, monkeypatch):
    """Whatever was told beforehand."""
    monkeypatch.setattr(wire, "MAX_DOWNLOAD", 50)
    github.add_artefact(NAME, {PATH: "x"})
    github.artefacts[0]["size_in_bytes"] = 1
    with pytest.raises(ForgeError, match="an artefact may have 50"):
        artefact(github)


def test_the_permission_is_named(github):
    """Reading artefacts takes one of its own."""
    github.fault("GET", "artifacts", 403)
    with pytest.raises(ForgeError, match=r"403 not today; the token needs `permissions: \{actions: read\}`"):
        artefact(github)


def test_the_pull_requests_of_a_commit(github, gitlab):
    """Those that brought it into this repository, with what they were merged at."""
    for there in (github, gitlab):
        there.pulls.clear()
        there.add_pull(7, state="merged", commits=(MERGED,))
        there.add_pull(8, source="mallory/hub", state="closed", head=OLDER, commits=(MERGED,))
        there.add_pull(9, into_repository="mallory/hub", state="merged", commits=(MERGED,))
        found = ask(there, lambda made: made.pulls_of(MERGED))
        assert found == (
            Pull(7, HEAD, merged=True, title="A change", base_branch="main", fork=False),
            Pull(8, OLDER, merged=False, title="A change", base_branch="main", fork=True),
        )
        assert ask(there, lambda made: made.pulls_of(BASE)) == ()


SOURCE = Source("mallory", "change", HEAD, 4141, "mallory/hub", "pull_request")


def test_the_pull_request_of_a_run(github):
    """Owner, branch and commit, all three, as GitHub tells them."""
    github.add_pull(8, source="mallory/hub")
    found = ask(github, lambda made: made.pull_for(SOURCE))
    assert found == Pull(8, HEAD, merged=False, title="A change", base_branch="main", fork=True)


@pytest.mark.parametrize(
    "more",
    [
        {"head": OLDER},
        {"branch": "other"},
        {"state": "closed"},
        {"source": "eve/hub"},
        {"source": "mallory/elsewhere"},
        {"into_repository": "eve/hub"},
    ],
    ids="-".join,
)
def test_a_pull_request_that_moved_on_is_not_the_runs(github, more):
    """What the run looked at is not what is there now."""
    github.add_pull(8, **({"source": "mallory/hub"} | more))
    assert ask(github, lambda made: made.pull_for(SOURCE)) is None


def test_two_pull_requests_of_one_head_are_none(github):
    """It could be either of them."""
    github.add_pull(8, source="mallory/hub")
    github.add_pull(9, source="mallory/hub", into="release")
    assert ask(github, lambda made: made.pull_for(SOURCE)) is None


def test_gitlab_has_no_run_after_a_run(gitlab):
    """Nothing is asked."""
    assert ask(gitlab, lambda made: made.pull_for(SOURCE)) is None
    assert gitlab.requests == []


@pytest.mark.parametrize("redirect", [True, False])
def test_a_file_of_a_job(gitlab, redirect):
    """Out of the newest pipeline that has the job; from object storage without the token."""
    gitlab.redirect = redirect
    gitlab.add_artefact(NAME, {"hfops-report/plan.json": "old"})
    gitlab.add_artefact(NAME, {"hfops-report/plan.json": "new"})
    gitlab.add_artefact("lint", {"hfops-report/plan.json": "other"})
    assert artefact(gitlab, "hfops-report/plan.json") == b"new"
    assert len(gitlab.storage.requests) == redirect


def test_a_merged_results_commit_has_the_head_as_a_parent(gitlab):
    """Its pipeline counts; one for an older head, or for a commit that is gone, does not."""
    gitlab.add_artefact(NAME, {PATH: "ours"}, sha=MERGED)
    gitlab.add_artefact(NAME, {PATH: "older"}, sha="e" * 40)
    gitlab.add_artefact(NAME, {PATH: "gone"}, sha="f" * 40)
    gitlab.parents = {MERGED: [BASE, HEAD], "e" * 40: [BASE, OLDER]}
    assert artefact(gitlab) == b"ours"


@pytest.mark.parametrize("more", [{"project": 99}, {"source": "push"}, {"sha": OLDER}, {"number": 9}])
def test_other_pipelines_are_not_taken(gitlab, more):
    """A fork's, one of a branch, one of an older commit, one of another request."""
    gitlab.add_artefact(NAME, {PATH: "evil"}, **more)
    assert artefact(gitlab) is None
    assert gitlab.storage.requests == []


def test_a_job_without_that_file_is_none(gitlab):
    """404 on the file."""
    gitlab.add_artefact(NAME, {"report.md": "x"})
    assert artefact(gitlab) is None


@pytest.mark.parametrize("path", ["../plan.json", "a/../../plan.json", "/plan.json", "", "a//b", "./x"])
def test_a_path_that_climbs_is_refused(gitlab, path):
    """It would become another call of the API."""
    gitlab.add_artefact(NAME, {PATH: "x"})
    with pytest.raises(ForgeError, match="expected a file's path"):
        artefact(gitlab, path)


def test_a_path_with_marks_is_one_file(gitlab):
    """Question marks and blanks end no address."""
    gitlab.add_artefact(NAME, {"a b/c?d#e.json": "x"})
    gitlab.redirect = False
    assert artefact(gitlab, "a b/c?d#e.json") == b"x"
