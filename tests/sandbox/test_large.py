"""Large files: uploads are checked, listed, and deleted for good."""

from __future__ import annotations

import hashlib

import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
REPO = "acme/thing"


@pytest.fixture
def repo(api):
    """Three commits: a text, a binary, another text."""
    api.create_repo(REPO)
    for path, data in (("a.txt", b"a"), ("w.bin", b"\0" * 99), ("b.txt", b"b")):
        api.upload_file(path_or_fileobj=data, path_in_repo=path, repo_id=REPO)
    return REPO


def test_upload_is_verified(sandbox, repo):
    """The client verifies what it uploaded, and the store says yes."""
    path = f"/_storage/{hashlib.sha256(bytes(99)).hexdigest()}/verify"
    assert [e.status for e in sandbox.exchanges if e.path == path] == [200]


def test_verification_fails(http):
    """What did not arrive is 422."""
    sha256 = hashlib.sha256(b"x").hexdigest()
    assert http("POST", f"/_storage/{sha256}/verify", json={"oid": sha256, "size": 1}).status_code == 422
    http("PUT", f"/_storage/{sha256}", data=b"x")
    assert http("POST", f"/_storage/{sha256}/verify", json={"oid": sha256, "size": 2}).status_code == 422
    assert http("POST", f"/_storage/{sha256}/verify", json={"oid": sha256, "size": 1}).status_code == 200


def test_upload_folder_with_binaries(api, repo, tmp_path):
    """A folder of texts and binaries arrives whole, and again without sending anything twice."""
    for name, data in {"x.txt": b"x", "m/y.safetensors": b"\1" * 50, "m/z.bin": b"\0z"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    for _ in range(2):
        api.upload_folder(repo_id=repo, folder_path=tmp_path)
    assert {"x.txt", "m/y.safetensors", "m/z.bin"} < set(api.list_repo_files(repo))
    assert api.get_paths_info(repo, "m/y.safetensors")[0].lfs.size == 50


def test_listed(api, repo):
    """Every large object of every commit is listed once."""
    api.delete_file("w.bin", repo)
    [found] = api.list_lfs_files(repo)
    assert (found.filename, found.size, found.file_oid) == (
        "w.bin",
        99,
        hashlib.sha256(bytes(99)).hexdigest(),
    )


def test_deleted_for_good(api, http, repo):
    """A deletion takes the file out of every commit and the object out of the store; the rest stays."""
    first, head = api.list_repo_commits(repo)[-1].commit_id, api.model_info(repo).sha
    api.create_tag(repo, tag="v1")
    api.permanently_delete_lfs_files(repo, api.list_lfs_files(repo))
    assert list(api.list_lfs_files(repo)) == []
    assert api.list_repo_files(repo) == [".gitattributes", "a.txt", "b.txt"]
    titles = [c.title for c in api.list_repo_commits(repo)]
    assert (len(titles), api.list_repo_commits(repo)[-1].commit_id) == (4, first)
    assert api.model_info(repo).sha == api.model_info(repo, revision="v1").sha != head
    assert http("GET", f"/_storage/{hashlib.sha256(bytes(99)).hexdigest()}").status_code == 404


def test_deleted_but_still_pointed_to(api, repo, tmp_path):
    """Without rewriting history the pointers stay and lead nowhere."""
    head = api.model_info(repo).sha
    api.permanently_delete_lfs_files(repo, api.list_lfs_files(repo), rewrite_history=False)
    assert api.model_info(repo).sha == head
    assert "w.bin" in api.list_repo_files(repo)
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(repo, "w.bin", local_dir=tmp_path)


def test_what_others_hold_stays(api, repo, tmp_path):
    """An object that another repository holds too is not lost to it."""
    api.create_repo("acme/other")
    api.create_commit("acme/other", [CommitOperationAdd("v.bin", bytes(99))], commit_message="m")
    api.permanently_delete_lfs_files(repo, api.list_lfs_files(repo))
    assert api.hf_hub_download("acme/other", "v.bin", local_dir=tmp_path)


def test_nothing_to_delete(http, repo):
    """An object that the repository does not hold is 404."""
    body = {"deletions": {"sha": ["0" * 64], "rewriteHistory": True}}
    assert http("POST", f"/api/models/{repo}/lfs-files/batch", json=body).status_code == 404
    assert (
        http("POST", f"/api/models/{repo}/lfs-files/batch", json={"deletions": {"sha": []}}).status_code
        == 400
    )


def test_only_writers_delete(api, sandbox, repo):
    """A reader neither lists nor deletes."""
    files = list(api.list_lfs_files(repo))
    with pytest.raises(HfHubHTTPError, match="403"):
        list(api.list_lfs_files(repo, token="hf_bob"))
    with pytest.raises(HfHubHTTPError, match="403"):
        api.permanently_delete_lfs_files(repo, files, token="hf_bob")
