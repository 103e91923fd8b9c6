"""Commits, trees, contents."""

import hashlib
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from huggingface_hub.errors import BadRequestError, EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError

lfs = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
"""The client uploads large files with an argument that its own HTTP library deprecates."""


@pytest.fixture
def repo(api):
    api.create_repo("acme/thing")
    return "acme/thing"


def add(path, data=b"x"):
    return CommitOperationAdd(path_in_repo=path, path_or_fileobj=data)


def commit(api, repo, *operations, **options):
    return api.create_commit(repo, operations, commit_message=options.pop("message", "m"), **options)


def test_commit(api, repo):
    """A commit is the new head, named by its url, with the author and the two parts of the message."""
    made = commit(api, repo, add("a.txt"), message="Title", commit_description="More\nlines")
    log = api.list_repo_commits(repo, formatted=True)
    assert made.commit_url.endswith(f"/acme/thing/commit/{made.oid}")
    assert made.oid == api.model_info(repo).sha == log[0].commit_id
    assert (log[0].title, log[0].message, log[0].authors) == ("Title", "More\nlines", ["hfops-user"])
    assert made.repo_url.repo_id == repo


def test_ids_repeat(start):
    """The same requests give the same commit ids."""
    from huggingface_hub import HfApi

    shas = []
    for _ in range(2):
        api = HfApi(endpoint=start().url, token="hf_sandbox")
        api.create_repo("acme/thing")
        shas.append(commit(api, "acme/thing", add("a.txt")).oid)
    assert shas[0] == shas[1]


def test_stale_parent(api, repo):
    """A commit on a head that has moved is 412 and changes nothing; on the true head it goes through."""
    first = api.model_info(repo).sha
    head = commit(api, repo, add("a.txt"), parent_commit=first).oid
    with pytest.raises(HfHubHTTPError, match="The branch was updated") as caught:
        commit(api, repo, add("b.txt"), parent_commit=first)
    assert caught.value.response.status_code == 412
    assert api.model_info(repo).sha == head
    commit(api, repo, add("b.txt"), parent_commit=head[:7])


def test_delete_files_and_folders(api, repo):
    """Files and whole folders go; a name that is not there is EntryNotFound and nothing happens."""
    commit(api, repo, add("a.txt"), add("d/1.txt"), add("d/e/2.txt"), add("f.txt"))
    commit(api, repo, CommitOperationDelete("a.txt"), CommitOperationDelete("d/"))
    assert api.list_repo_files(repo) == [".gitattributes", "f.txt"]
    with pytest.raises(EntryNotFoundError):
        commit(api, repo, CommitOperationDelete("f.txt"), CommitOperationDelete("none.txt"))
    assert api.file_exists(repo, "f.txt")


def test_all_delete_keys(http, api, repo):
    """The three spellings of a deletion are taken, and a move by ``oldPath``."""
    commit(api, repo, add("a"), add("b"), add("d/c"), add("e/f"), add("old", b"kept"))
    lines = [
        '{"key":"header","value":{"summary":"s"}}',
        '{"key":"deletedEntry","value":{"path":"a"}}',
        '{"key":"deletedFile","value":{"path":"b"}}',
        '{"key":"deletedFolder","value":{"path":"d/"}}',
        '{"key":"deletedEntry","value":{"path":"e"}}',
        '{"key":"file","value":{"path":"new","oldPath":"old"}}',
    ]
    headers = {"Content-Type": "application/x-ndjson"}
    answer = http("POST", f"/api/models/{repo}/commit/main", data="\n".join(lines), headers=headers)
    assert answer.status_code == 200
    assert api.list_repo_files(repo) == [".gitattributes", "new"]
    assert http("GET", f"/{repo}/resolve/main/new").text == "kept"


def test_json_commit(http, api, repo):
    """The older JSON body is taken too."""
    body = {"summary": "s", "files": [{"path": "a.txt", "content": "hi"}]}
    assert http("POST", f"/api/models/{repo}/commit/main", json=body).status_code == 200
    assert api.list_repo_files(repo) == [".gitattributes", "a.txt"]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], 400),
        (['{"key":"file","value":{"path":"a","content":""}}'], 400),
        (["no json"], 400),
        (['{"key":"header","value":{"summary":""}}'], 400),
        (['{"key":"header","value":{"summary":"s"}}', '{"key":"what","value":{}}'], 400),
        (
            [
                '{"key":"header","value":{"summary":"s"}}',
                '{"key":"file","value":{"path":"../a","content":""}}',
            ],
            422,
        ),
        (
            [
                '{"key":"header","value":{"summary":"s"}}',
                '{"key":"file","value":{"path":".git/a","content":""}}',
            ],
            422,
        ),
        (
            [
                '{"key":"header","value":{"summary":"s"}}',
                '{"key":"file","value":{"path":"a","encoding":"base64","content":"?"}}',
            ],
            400,
        ),
    ],
)
def test_commit_refused(http, api, repo, lines, status):
    """A body that is no commit, or a path that no repository may hold, is refused and changes nothing."""
    before = api.model_info(repo).sha
    headers = {"Content-Type": "application/x-ndjson"}
    answer = http("POST", f"/api/models/{repo}/commit/main", data="\n".join(lines), headers=headers)
    assert answer.status_code == status
    assert api.model_info(repo).sha == before


def test_commit_to_a_missing_branch(api, repo):
    """Committing to a branch that is not there is RevisionNotFound."""
    with pytest.raises(RevisionNotFoundError):
        commit(api, repo, add("a.txt"), revision="nowhere")


def test_pull_request(api, repo):
    """With ``create_pr`` main stays and the commit is on a numbered ref, whose url comes back."""
    before = api.model_info(repo).sha
    made = commit(api, repo, add("a.txt"), create_pr=True)
    assert (made.pr_num, made.pr_revision) == (1, "refs/pr/1")
    assert api.model_info(repo).sha == before
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    assert [(p.ref, p.target_commit) for p in refs.pull_requests] == [("refs/pr/1", made.oid)]
    assert api.file_exists(repo, "a.txt", revision="refs/pr/1")
    commit(api, repo, add("b.txt"), revision="refs/pr/1")
    assert api.list_repo_files(repo, revision="refs/pr/1") == [".gitattributes", "a.txt", "b.txt"]


def test_unchanged_file_skipped(api, repo):
    """Preupload tells what is there, so that the client skips an unchanged file."""
    made = commit(api, repo, add("a.txt", b"same"))
    assert commit(api, repo, add("a.txt", b"same")).oid == made.oid


def test_git_ids(api, repo):
    """A file's id is git's own: ``git hash-object`` of ``hi`` is well known."""
    commit(api, repo, add("a/b.txt", b"hi"))
    (file,) = api.get_paths_info(repo, "a/b.txt")
    assert file.blob_id == "32f95c0d1244a78b2be1bab8de17906fabb2c4a8"


def test_upload_folder(api, repo, tmp_path):
    """A folder arrives as one commit."""
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    api.upload_folder(repo_id=repo, folder_path=tmp_path, path_in_repo="up")
    assert api.list_repo_files(repo) == [".gitattributes", "up/a.txt", "up/sub/b.txt"]
    assert len(api.list_repo_commits(repo)) == 2


def test_tree(api, repo):
    """The tree shows a folder's own entries, or with ``recursive`` all; ``expand`` adds the last commit."""
    commit(api, repo, add("a.txt"), add("d/b.txt"), message="one")
    commit(api, repo, add("d/e/c.txt"), message="two")
    assert [e.path for e in api.list_repo_tree(repo)] == [".gitattributes", "a.txt", "d"]
    assert [e.path for e in api.list_repo_tree(repo, "d")] == ["d/b.txt", "d/e"]
    assert [e.path for e in api.list_repo_tree(repo, "d", recursive=True)] == ["d/b.txt", "d/e", "d/e/c.txt"]
    last = {e.path: e.last_commit.title for e in api.list_repo_tree(repo, expand=True)}
    assert last == {".gitattributes": "initial commit", "a.txt": "one", "d": "two"}
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(repo, "none"))
    assert [e.path for e in api.list_repo_tree(repo, "d/e")] == ["d/e/c.txt"]


def test_tree_pages(api, repo):
    """A large tree comes in pages, each entry once, in order."""
    commit(api, repo, *[add(f"f{n:04}.txt") for n in range(250)])
    paths = [e.path for e in api.list_repo_tree(repo, expand=True)]
    assert paths == [".gitattributes", *(f"f{n:04}.txt" for n in range(250))]


def test_paths_info(api, http, repo):
    """Paths that exist come back, files and folders, from a form and from JSON; too many are 413."""
    commit(api, repo, add("d/b.txt", b"hi"))
    found = api.get_paths_info(repo, ["d/b.txt", "d", "none"], expand=True)
    assert [(f.path, type(f).__name__) for f in found] == [("d/b.txt", "RepoFile"), ("d", "RepoFolder")]
    path = f"/api/models/{repo}/paths-info/main"
    assert http("POST", path, json={"paths": ["d/b.txt"]}).json()[0]["size"] == 2
    assert http("POST", path, json={"paths": ["x"] * 2001}).status_code == 413
    assert http("POST", path, json={}).status_code == 400


def test_download(api, repo, tmp_path):
    """A downloaded file has the bytes that were uploaded, at any revision."""
    first = commit(api, repo, add("a/b.txt", "hé".encode()))
    commit(api, repo, add("a/b.txt", b"changed"))
    for revision, data in ((first.oid, "hé".encode()), ("main", b"changed")):
        path = api.hf_hub_download(repo, "a/b.txt", revision=revision, local_dir=tmp_path / revision)
        assert Path(path).read_bytes() == data
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(repo, "none.txt", local_dir=tmp_path)
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download(repo, "a/b.txt", revision="nowhere", local_dir=tmp_path)


def test_resolve(api, http, repo):
    """Contents carry commit, ETag and length; ranges and ETags are honoured; slashes of a PR's ref may stay."""
    made = commit(api, repo, add("a.txt", b"0123456789"), create_pr=True)
    for rev in ("refs%2Fpr%2F1", "refs/pr/1"):
        answer = http("GET", f"/{repo}/resolve/{rev}/a.txt")
        assert (answer.content, answer.headers["X-Repo-Commit"]) == (b"0123456789", made.oid)
    path = f"/{repo}/resolve/{made.oid}/a.txt"
    head = http("HEAD", path)
    assert (head.headers["Content-Length"], head.content) == ("10", b"")
    assert http("GET", path, headers={"If-None-Match": head.headers["ETag"]}).status_code == 304
    part = http("GET", path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert http("GET", path, headers={"Range": "bytes=-2"}).content == b"89"
    assert http("GET", path, headers={"Range": "bytes=20-"}).status_code == 416


@lfs
def test_large_file(api, http, repo, tmp_path):
    """A binary goes through LFS: stored once, listed with its sha256, downloaded whole, raw shows the pointer."""
    data = b"\0" * 1000
    api.upload_file(path_or_fileobj=data, path_in_repo="w.bin", repo_id=repo)
    commit(api, repo, add("copy.bin", data))
    (file,) = api.get_paths_info(repo, "w.bin")
    assert (file.size, file.lfs.sha256) == (1000, hashlib.sha256(data).hexdigest())
    assert Path(api.hf_hub_download(repo, "w.bin", local_dir=tmp_path)).read_bytes() == data
    assert http("GET", f"/{repo}/raw/main/w.bin").text.startswith("version https://git-lfs")
    commit(api, repo, CommitOperationCopy("w.bin", "third.bin"))
    assert api.get_paths_info(repo, "third.bin")[0].lfs == file.lfs
    siblings = {s.rfilename: s for s in api.model_info(repo, files_metadata=True).siblings}
    assert siblings["w.bin"].lfs.sha256 == file.lfs.sha256


@lfs
@pytest.mark.parametrize("kind", ["dataset", "space"])
def test_large_file_elsewhere(api, tmp_path, kind):
    """The prefixed URLs of datasets and Spaces carry large files too."""
    api.create_repo("acme/d", repo_type=kind, space_sdk="static" if kind == "space" else None)
    api.upload_file(path_or_fileobj=b"\0x", path_in_repo="w.bin", repo_id="acme/d", repo_type=kind)
    assert (
        Path(api.hf_hub_download("acme/d", "w.bin", repo_type=kind, local_dir=tmp_path)).read_bytes()
        == b"\0x"
    )


def test_storage_checks(http):
    """The store takes only what its address says."""
    assert http("PUT", "/_storage/" + "0" * 64, data=b"x").status_code == 400
    assert http("GET", "/_storage/" + "0" * 64).status_code == 404


def test_gitignore(http, api, repo):
    """Preupload says which files the repository ignores."""
    files = [{"path": p, "size": 1, "sample": "eA=="} for p in ("a.log", "keep.log", "b.txt", "out/c.txt")]
    body = {"files": files, "gitIgnore": "*.log\n!keep.log\n# no\nout/\n"}
    rows = http("POST", f"/api/models/{repo}/preupload/main", json=body).json()["files"]
    assert {r["path"]: r["shouldIgnore"] for r in rows} == {
        "a.log": True,
        "keep.log": False,
        "b.txt": False,
        "out/c.txt": True,
    }
    assert (
        http(
            "POST", f"/api/models/{repo}/preupload/main", json={"files": [files[0] | {"path": "../x"}]}
        ).status_code
        == 422
    )


def test_card(api, repo):
    """The front matter on main is the card: cardData, tags, pipeline tag and library follow it."""
    readme = "---\nlicense: mit\nlanguage: [en]\npipeline_tag: text-classification\nlibrary_name: keras\ntags: [x]\n---\n# Hi\n"
    commit(api, repo, add("README.md", readme.encode()))
    info = api.model_info(repo)
    assert info.card_data.license == "mit"
    assert set(info.tags) == {"x", "en", "license:mit", "text-classification", "keras", "region:us"}
    assert (info.pipeline_tag, info.library_name) == ("text-classification", "keras")


def test_card_refused(api, http, repo):
    """A card with a license that nobody knows is refused before the commit, and by the commit itself."""
    with pytest.raises(ValueError, match="license"):
        commit(api, repo, add("README.md", b"---\nlicense: free-beer\n---\n"))
    body = {"summary": "s", "files": [{"path": "README.md", "content": "---\n[\n---\n"}]}
    assert http("POST", f"/api/models/{repo}/commit/main", json=body).status_code == 400
    answer = http("POST", "/api/validate-yaml", json={"content": "no card", "repoType": "model"}).json()
    assert answer["warnings"] == [{"message": "empty or missing yaml metadata in repo card"}]


def test_log_pages(api, repo):
    """A long log comes in pages, newest first, each commit once."""
    titles = [f"c{n}" for n in range(105)]
    for title in titles:
        _fast_commit(api, repo, title)
    assert [c.title for c in api.list_repo_commits(repo)] == [*reversed(titles), "initial commit"]


def _fast_commit(api, repo, title):
    """A commit without the client's checks before it."""
    import requests

    body = {"summary": title, "files": [{"path": "n.txt", "content": title}]}
    headers = {"Authorization": "Bearer hf_sandbox"}
    requests.post(f"{api.endpoint}/api/models/{repo}/commit/main", json=body, headers=headers, timeout=10)


def test_expand_with_blobs(http, repo):
    """``expand`` does not go with ``blobs``."""
    assert http("GET", f"/api/models/{repo}?expand=sha&blobs=true").status_code == 400


def test_unknown_expand(api, repo):
    """A key that a type does not have is 400 with all keys that it has."""
    with pytest.raises(BadRequestError, match=r"must be one of .*cardData.*widgetData"):
        api.model_info(repo, expand=["nonsense"])


def test_expand(api, repo):
    """With ``expand`` only the asked keys come back, beside the id."""
    info = api.model_info(repo, expand=["sha", "private", "gated"])
    assert (info.sha, info.private, info.gated) == (api.model_info(repo).sha, False, False)
    assert (info.author, info.tags, info.siblings) == (None, None, None)
