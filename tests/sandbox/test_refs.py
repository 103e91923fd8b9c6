"""Branches, tags, squashing."""

import pytest
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError


@pytest.fixture
def repo(api):
    api.create_repo("acme/thing")
    return "acme/thing"


def heads(api, repo):
    return {b.name: b.target_commit for b in api.list_repo_refs(repo).branches}


def tags(api, repo):
    return {t.name: t.target_commit for t in api.list_repo_refs(repo).tags}


def status(caught):
    return caught.value.response.status_code


def test_fresh(api, repo):
    """A new repository has main and nothing else, at the sha that info gives."""
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    assert [(b.name, b.ref) for b in refs.branches] == [("main", "refs/heads/main")]
    assert refs.branches[0].target_commit == api.model_info(repo).sha
    assert (refs.tags, refs.converts, refs.pull_requests) == ([], [], [])


def test_branch(api, repo):
    """A branch starts where it is told to; one with a slash is one name."""
    first = api.model_info(repo).sha
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo)
    api.create_branch(repo, branch="feature/a", revision=first)
    api.create_branch(repo, branch="b")
    assert heads(api, repo) == {
        "main": api.model_info(repo).sha,
        "feature/a": first,
        "b": api.model_info(repo).sha,
    }
    assert api.model_info(repo, revision="feature/a").sha == first
    assert api.list_repo_files(repo, revision="feature/a") == [".gitattributes"]


def test_branch_twice(api, repo):
    """A second creation is 409 that names the reference, for main too; ``exist_ok`` takes it."""
    api.create_branch(repo, branch="dev")
    for name in ("dev", "main"):
        with pytest.raises(HfHubHTTPError, match=f"Reference refs/heads/{name} already exists") as caught:
            api.create_branch(repo, branch=name)
        assert status(caught) == 409
        api.create_branch(repo, branch=name, exist_ok=True)


def test_branch_from_nowhere(api, repo):
    """A starting point that is not there is RevisionNotFound."""
    with pytest.raises(RevisionNotFoundError):
        api.create_branch(repo, branch="dev", revision="nowhere")


@pytest.mark.parametrize("name", ["refs/pr/7", "refs/heads/x", "a b", "a..b", "a.lock", "-a", "a~1"])
def test_branch_badly_named(http, repo, name):
    """A name that git does not take, or that is the service's own, is 400."""
    from urllib.parse import quote

    answer = http("POST", f"/api/models/{repo}/branch/{quote(name, safe='')}", json={})
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid reference for a branch")


def test_branch_overwrite(api, http, repo):
    """``overwrite`` with a starting point resets a branch; alone it changes nothing."""
    first = api.model_info(repo).sha
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo)
    api.create_branch(repo, branch="dev")
    path = f"/api/models/{repo}/branch/dev"
    assert http("POST", path, json={"overwrite": True}).status_code == 200
    assert heads(api, repo)["dev"] != first
    assert http("POST", path, json={"overwrite": True, "startingPoint": first}).status_code == 200
    assert heads(api, repo)["dev"] == first


def test_empty_branch(api, http, repo):
    """An empty branch has no commits and no files, and takes a first commit."""
    http("POST", f"/api/models/{repo}/branch/blank", json={"emptyBranch": True})
    assert api.list_repo_files(repo, revision="blank") == []
    assert api.list_repo_commits(repo, revision="blank") == []
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo, revision="blank")
    assert api.list_repo_files(repo, revision="blank") == ["x.txt"]
    assert len(api.list_repo_commits(repo, revision="blank")) == 1


def test_branch_deleted(api, repo):
    """A deleted branch is gone, main stays, a missing one is RevisionNotFound."""
    api.create_branch(repo, branch="dev")
    api.delete_branch(repo, branch="dev")
    assert list(heads(api, repo)) == ["main"]
    with pytest.raises(RevisionNotFoundError, match="Invalid rev id"):
        api.delete_branch(repo, branch="dev")
    with pytest.raises(HfHubHTTPError, match="Cannot delete refs/heads/main") as caught:
        api.delete_branch(repo, branch="main")
    assert status(caught) == 403


def test_tag(api, repo):
    """A tag stays on its commit while main goes on; a short sha can be tagged."""
    first = api.model_info(repo).sha
    api.create_tag(repo, tag="v1", tag_message="First")
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo)
    api.create_tag(repo, tag="v1-again", revision=first[:7])
    assert tags(api, repo) == {"v1": first, "v1-again": first}
    assert api.model_info(repo, revision="v1").sha == first


def test_tag_twice(api, repo):
    """A second creation is 409 even on the same commit; ``exist_ok`` takes it; a branch may share the name."""
    api.create_branch(repo, branch="v1")
    api.create_tag(repo, tag="v1")
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_tag(repo, tag="v1")
    assert status(caught) == 409
    api.create_tag(repo, tag="v1", exist_ok=True)


def test_tag_nothing(api, repo):
    """Tagging a revision that is not there, or with a bad name, is refused."""
    with pytest.raises(RevisionNotFoundError):
        api.create_tag(repo, tag="v1", revision="nowhere")
    with pytest.raises(HfHubHTTPError, match="Invalid tag name"):
        api.create_tag(repo, tag="a b")


def test_tag_deleted(api, repo):
    """A deleted tag is gone; a second deletion is RevisionNotFound; a branch's name is the service's own 500."""
    api.create_tag(repo, tag="v1")
    api.delete_tag(repo, tag="v1")
    assert tags(api, repo) == {}
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag(repo, tag="v1")
    with pytest.raises(HfHubHTTPError) as caught:
        api.delete_tag(repo, tag="main")
    assert status(caught) == 500


def test_squashed(api, repo):
    """Squashing leaves one commit with the same files."""
    for n in range(3):
        api.upload_file(path_or_fileobj=b"x", path_in_repo=f"{n}.txt", repo_id=repo)
    before = api.model_info(repo)
    api.super_squash_history(repo, commit_message="All in one")
    after = api.model_info(repo)
    assert after.sha != before.sha
    assert [s.rfilename for s in after.siblings] == [s.rfilename for s in before.siblings]
    assert [c.title for c in api.list_repo_commits(repo)] == ["All in one"]


def test_missing_revision(api, repo):
    """A revision that is not there is RevisionNotFound wherever one is read."""
    for read in (
        api.model_info,
        api.list_repo_commits,
        lambda r, revision: list(api.list_repo_tree(r, revision=revision)),
    ):
        with pytest.raises(RevisionNotFoundError):
            read(repo, revision="nowhere")
    assert not api.revision_exists(repo, "nowhere")
