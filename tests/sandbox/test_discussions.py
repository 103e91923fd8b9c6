"""Discussions and pull requests."""

from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

REPO = "acme/thing"


@pytest.fixture
def at(sandbox, api):
    """The client of somebody, with a repository that holds ``a.txt`` and ``b.txt``."""
    api.create_repo(REPO)
    commit(api, a=b"a\n", b=b"b\n")
    return lambda token: HfApi(endpoint=sandbox.url, token=token)


def commit(api, **options):
    names = {k: options.pop(k) for k in list(options) if len(k) == 1}
    operations = [CommitOperationAdd(f"{name}.txt", data) for name, data in names.items()]
    return api.create_commit(REPO, operations, commit_message=options.pop("message", "A change"), **options)


def status(call, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **kwargs)
    return caught.value.response.status_code


def test_discussion(api, at):
    """A discussion opened by a stranger has its title, author and first comment."""
    made = at("hf_mallory").create_discussion(REPO, "  It does not work ", description="Help")
    assert (made.num, made.title, made.author, made.status) == (1, "It does not work", "mallory", "open")
    assert (made.is_pull_request, made.git_reference, made.repo_id) == (False, None, REPO)
    [first] = made.events
    assert (first.type, first.content, first.author) == ("comment", "Help", "mallory")
    assert api.get_discussion_details(REPO, 1).created_at == made.created_at


def test_numbers_are_shared(api, at):
    """Discussions and pull requests count together, and a number is never used again."""
    api.create_discussion(REPO, "One")
    assert commit(api, c=b"c", create_pr=True).pr_num == 2
    assert api.create_pull_request(REPO, "Three").num == 3


def test_deleted(api, at, http):
    """A deleted discussion is gone and its number is not used again; only who may write deletes."""
    at("hf_mallory").create_discussion(REPO, "Buy my things")
    path = f"/api/models/{REPO}/discussions/1"
    assert http("DELETE", path, token="hf_mallory").status_code == 403
    assert http("DELETE", path).status_code == 200
    assert status(api.get_discussion_details, REPO, 1) == 404
    assert api.create_discussion(REPO, "Another").num == 2


def test_comments(api, at):
    """A comment is added, edited by its author only, and hidden for good."""
    api.create_discussion(REPO, "Talk")
    made = at("hf_mallory").comment_discussion(REPO, 1, comment="First!")
    assert (made.author, made.content, made.edited) == ("mallory", "First!", False)
    assert status(api.edit_discussion_comment, REPO, 1, made.id, new_content="x") == 403
    edited = at("hf_mallory").edit_discussion_comment(REPO, 1, made.id, new_content="<b>Second</b>")
    assert (edited.content, edited.edited, edited.number_of_edits) == ("<b>Second</b>", True, 2)
    assert "&lt;b&gt;" in edited.rendered
    assert status(at("hf_bob").edit_discussion_comment, REPO, 1, made.id, new_content="x") == 403
    with pytest.warns(UserWarning, match="irreversible"):
        hidden = api.hide_discussion_comment(REPO, 1, made.id)
    assert (hidden.hidden, "Second" in str(hidden._event)) == (True, False)
    assert status(at("hf_mallory").edit_discussion_comment, REPO, 1, made.id, new_content="x") == 403
    assert status(api.edit_discussion_comment, REPO, 1, "f" * 24, new_content="x") == 404


def test_title_and_status(api, at):
    """The author and the repository's writers rename, close and open; others may not."""
    mallory = at("hf_mallory")
    mallory.create_discussion(REPO, "Old title")
    renamed = mallory.rename_discussion(REPO, 1, new_title="New title")
    assert (renamed.old_title, renamed.new_title) == ("Old title", "New title")
    assert api.change_discussion_status(REPO, 1, new_status="closed", comment="Done").new_status == "closed"
    assert status(at("hf_bob").rename_discussion, REPO, 1, new_title="Other") == 403
    assert status(at("hf_bob").change_discussion_status, REPO, 1, new_status="open") == 403
    found = api.get_discussion_details(REPO, 1)
    assert (found.title, found.status) == ("New title", "closed")
    assert [e.type for e in found.events] == ["comment", "title-change", "comment", "status-change"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"title": "ab", "description": "x"}),
        ("", {"title": "abc"}),
        ("", {"title": "x" * 201, "description": "x"}),
        ("/1/title", {"title": "x"}),
        ("/1/status", {"status": "merged"}),
        ("/1/comment", {"comment": ""}),
        ("/1/pin", {"pinned": "yes"}),
    ],
)
def test_bad_bodies(api, at, http, path, body):
    """What is too short, too long or none of the known values is 400."""
    api.create_discussion(REPO, "Talk")
    assert http("POST", f"/api/models/{REPO}/discussions{path}", json=body).status_code == 400


def test_listing(api, at, http):
    """The list is filtered by type, status and author, comes in pages, and shows pinned ones first."""
    for n in range(24):
        api.create_discussion(REPO, f"Number {n}")
    at("hf_mallory").create_discussion(REPO, "By a stranger")
    api.create_pull_request(REPO, "A draft")
    api.change_discussion_status(REPO, 3, new_status="closed")
    http("POST", f"/api/models/{REPO}/discussions/5/pin", json={"pinned": True})
    assert [d.num for d in api.get_repo_discussions(REPO)] == [5, *range(26, 5, -1), 4, 3, 2, 1]

    def nums(**filters):
        return [d.num for d in api.get_repo_discussions(REPO, **filters)]

    assert nums(discussion_type="pull_request") == [26]
    assert nums(author="mallory") == [25]
    assert nums(discussion_status="closed") == [3]
    assert len(nums(discussion_status="open", discussion_type="discussion")) == 24
    assert http("GET", f"/api/models/{REPO}/discussions?type=all&search=stranger").json()["count"] == 1
    assert http("GET", f"/api/models/{REPO}/discussions?status=maybe").status_code == 400


def test_pull_request_by_commit(api, at):
    """A commit with ``create_pr`` opens a pull request with its title, description, author, commit and diff."""
    made = commit(at("hf_mallory"), a=b"new\n", message="Mend a", commit_description="Why", create_pr=True)
    found = api.get_discussion_details(REPO, made.pr_num)
    assert (found.title, found.author, found.status) == ("Mend a", "mallory", "open")
    assert (found.is_pull_request, found.target_branch, found.conflicting_files) == (
        True,
        "refs/heads/main",
        [],
    )
    assert [e.type for e in found.events] == ["comment", "commit"]
    assert (found.events[0].content, found.events[1].oid) == ("Why", made.oid)
    assert "--- a/a.txt\n+++ b/a.txt\n" in found.diff
    assert "-a\n+new\n" in found.diff


def test_pull_request_ref(api, at):
    """The ref of a pull request is read and written like a branch, by its author and by writers."""
    mallory = at("hf_mallory")
    head = commit(mallory, a=b"1", create_pr=True).oid
    head = commit(mallory, c=b"2", revision="refs/pr/1", parent_commit=head).oid
    assert api.model_info(REPO, revision="refs/pr/1").sha == head
    assert api.list_repo_files(REPO, revision="refs/pr/1")[1:] == ["a.txt", "b.txt", "c.txt"]
    assert [c.title for c in api.list_repo_commits(REPO, revision="refs/pr/1")][:2] == ["A change"] * 2
    assert status(commit, mallory, c=b"3", revision="refs/pr/1", parent_commit="0" * 40) == 412
    assert status(commit, at("hf_ada"), c=b"3", revision="refs/pr/1") == 403
    commit(api, c=b"3", revision="refs/pr/1")
    refs = api.list_repo_refs(REPO, include_pull_requests=True).pull_requests
    assert [r.ref for r in refs] == ["refs/pr/1"]
    assert api.list_repo_refs(REPO).pull_requests is None


def test_merge(api, at):
    """Merging brings the changes of the pull request onto main, beside what main got meanwhile."""
    operations = [CommitOperationAdd("a.txt", b"theirs"), CommitOperationDelete("b.txt")]
    at("hf_mallory").create_commit(REPO, operations, commit_message="Mend a", create_pr=True)
    commit(api, c=b"ours")
    assert status(at("hf_mallory").merge_pull_request, REPO, 1) == 403
    api.merge_pull_request(REPO, 1, comment="Thanks")
    assert api.list_repo_files(REPO) == [".gitattributes", "a.txt", "c.txt"]
    found = api.get_discussion_details(REPO, 1)
    assert (found.status, found.merge_commit_oid) == ("merged", api.model_info(REPO).sha)
    assert [e.type for e in found.events] == ["comment", "commit", "comment", "status-change"]
    assert api.list_repo_commits(REPO)[0].title == "Mend a (#1)"
    with pytest.raises(BadRequestError):
        api.merge_pull_request(REPO, 1)
    with pytest.raises(BadRequestError):
        api.change_discussion_status(REPO, 1, new_status="open")


def test_conflict(api, at):
    """What both sides changed in two ways is a conflict: named, and never merged; one way is none."""
    commit(at("hf_mallory"), a=b"theirs", b=b"same", create_pr=True)
    head = commit(api, a=b"ours", b=b"same").oid
    assert api.get_discussion_details(REPO, 1).conflicting_files == ["a.txt"]
    assert status(api.merge_pull_request, REPO, 1) == 409
    assert api.model_info(REPO).sha == head
    assert api.get_discussion_details(REPO, 1).status == "open"
    commit(at("hf_mallory"), a=b"ours", revision="refs/pr/1")
    api.merge_pull_request(REPO, 1)


def test_draft(api, at, http):
    """A pull request made without a commit is an empty draft, merged only when opened; its ref goes when it is over."""
    made = api.create_pull_request(REPO, "Later")
    assert (made.status, made.git_reference, made.diff) == ("draft", "refs/pr/1", "")
    commit(api, a=b"x", revision="refs/pr/1")
    with pytest.raises(BadRequestError, match="draft"):
        api.merge_pull_request(REPO, 1)
    path = f"/api/models/{REPO}/discussions/1/ref"
    assert http("DELETE", path).status_code == 400
    api.change_discussion_status(REPO, 1, new_status="open")
    api.merge_pull_request(REPO, 1)
    assert http("DELETE", path).status_code == 200
    assert http("DELETE", path).status_code == 404
    assert api.get_discussion_details(REPO, 1).status == "merged"


def test_merging_restarts_a_space(start):
    """A merge is a commit on main: a Space follows it."""
    spec = {"sdk": "docker", "files": [{"path": "Dockerfile", "inline": "FROM a"}]}
    sandbox = start({"resources": [{"kind": "Space", "metadata": {"name": "acme/app"}, "spec": spec}]})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    operations = [CommitOperationAdd("Dockerfile", b"FROM b")]
    api.create_commit("acme/app", operations, commit_message="b", repo_type="space", create_pr=True)
    assert api.get_space_runtime("acme/app").stage == "RUNNING"
    api.merge_pull_request("acme/app", 1, repo_type="space")
    assert api.get_space_runtime("acme/app").stage == "RUNNING_BUILDING"


def test_disabled(api, at, http):
    """Where discussions are disabled nothing is opened or said, by commit neither."""
    api.create_discussion(REPO, "Talk")
    http("PUT", f"/api/models/{REPO}/settings", json={"discussionsDisabled": True})
    assert status(api.create_discussion, REPO, "More") == 403
    assert status(api.comment_discussion, REPO, 1, comment="x") == 403
    assert status(commit, api, a=b"x", create_pr=True) == 403
    assert api.list_repo_refs(REPO, include_pull_requests=True).pull_requests == []


def test_private(api, at):
    """Of a private repository's discussions a stranger sees nothing; a token that only reads says nothing."""
    api.update_repo_settings(REPO, visibility="private")
    api.create_discussion(REPO, "Talk")
    assert status(at("hf_mallory").get_discussion_details, REPO, 1) == 404
    assert status(at("hf_mallory").create_discussion, REPO, "Talk") == 404
    reader = at("hf_sandbox_read")
    assert reader.get_discussion_details(REPO, 1).num == 1
    assert status(reader.comment_discussion, REPO, 1, comment="x") == 403
