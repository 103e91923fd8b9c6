"""Tokens, roles, strangers, gates."""

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError


@pytest.fixture
def at(sandbox):
    """The client of somebody: ``at("hf_ada")``; ``at(False)`` for nobody."""
    return lambda token: HfApi(endpoint=sandbox.url, token=token)


def refused(status, call, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **kwargs)
    assert caught.value.response.status_code == status
    return caught.value


def test_whoami(api, at):
    """The token says who it is, what it may, and where its user belongs."""
    me = api.whoami()
    assert (me["name"], me["auth"]["accessToken"]["role"]) == ("hfops-user", "write")
    assert [(o["name"], o["roleInOrg"]) for o in me["orgs"]] == [("acme", "admin")]
    assert at("hf_sandbox_read").whoami()["auth"]["accessToken"]["role"] == "read"
    assert at("hf_bob").whoami()["orgs"][0]["roleInOrg"] == "read"


def test_bad_token(at, api):
    """A token that nobody has is 401 with the text the client knows, wherever it is shown."""
    api.create_repo("acme/open")
    for call in (lambda a: a.whoami(), lambda a: a.model_info("acme/open")):
        error = refused(401, call, at("hf_wrong"))
        assert "Invalid" in str(error)
        assert not isinstance(error, RepositoryNotFoundError)


@pytest.mark.parametrize(("token", "status"), [("hf_mallory", 404), (False, 401)])
def test_strangers(api, at, token, status):
    """For a stranger a private repository and a missing one are the same, in status, code and text."""
    api.create_repo("acme/secret", visibility="private")
    answers = []
    for name in ("acme/secret", "acme/nothing"):
        with pytest.raises(RepositoryNotFoundError) as caught:
            at(token).model_info(name)
        response = caught.value.response
        assert response.status_code == status
        answers.append((response.headers["X-Error-Code"], response.json()))
        assert not at(token).repo_exists(name)
    assert answers[0] == answers[1]
    assert answers[0][0] == "RepoNotFound"


def test_strangers_write(api, at):
    """A stranger's write to a private repository is 404, to a public one 403, without a token 401."""
    api.create_repo("acme/secret", visibility="private")
    api.create_repo("acme/open")
    refused(404, at("hf_mallory").update_repo_settings, "acme/secret", gated="auto")
    refused(404, at("hf_mallory").delete_repo, "acme/secret")
    refused(403, at("hf_mallory").update_repo_settings, "acme/open", gated="auto")
    refused(403, at("hf_mallory").delete_repo, "acme/open")
    refused(401, at(False).create_branch, "acme/open", branch="dev")
    refused(403, at("hf_mallory").create_repo, "acme/mine")
    refused(403, at("hf_sandbox").create_repo, "nobody/mine")
    refused(401, at(False).create_repo, "acme/mine")


def test_reading_token(api, at):
    """A token that only reads sees what its user sees and is 403 on every write."""
    api.create_repo("acme/secret", visibility="private")
    reader = at("hf_sandbox_read")
    assert reader.model_info("acme/secret").private
    for write in (
        lambda: reader.create_repo("acme/other"),
        lambda: reader.delete_repo("acme/secret"),
        lambda: reader.move_repo("acme/secret", "acme/b"),
        lambda: reader.update_repo_settings("acme/secret", visibility="public"),
        lambda: reader.create_branch("acme/secret", branch="dev"),
        lambda: reader.create_tag("acme/secret", tag="v1"),
        lambda: reader.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/secret"),
        lambda: reader.super_squash_history("acme/secret"),
    ):
        refused(403, write)
    assert api.model_info("acme/secret").sha == reader.model_info("acme/secret").sha


def test_roles(api, at):
    """A reader of the organisation reads, a contributor writes to what it made, the admin to all."""
    api.create_repo("acme/secret", visibility="private")
    ada, bob = at("hf_ada"), at("hf_bob")
    assert bob.model_info("acme/secret").id == "acme/secret"
    refused(403, bob.create_repo, "acme/bobs")
    refused(403, ada.create_branch, "acme/secret", branch="dev")
    ada.create_repo("acme/adas", visibility="private")
    ada.create_branch("acme/adas", branch="dev")
    api.create_tag("acme/adas", tag="v1")


def test_moving_between_namespaces(api, at):
    """Out of the organisation only by its admin, into it with a role that writes, never to somebody else."""
    at("hf_ada").create_repo("acme/a")
    refused(403, at("hf_ada").move_repo, "acme/a", "ada/a")
    at("hf_ada").create_repo("ada/b")
    at("hf_ada").move_repo("ada/b", "acme/b")
    api.move_repo("acme/b", "hfops-user/b")
    refused(403, api.move_repo, "hfops-user/b", "ada/b")
    refused(403, at("hf_mallory").move_repo, "acme/a", "mallory/a")


def test_auth_check(api, at):
    """The check answers as reading, or with ``write`` as writing, would."""
    api.create_repo("acme/secret", visibility="private")
    api.auth_check("acme/secret", write=True)
    at("hf_bob").auth_check("acme/secret")
    refused(403, at("hf_bob").auth_check, "acme/secret", write=True)
    with pytest.raises(RepositoryNotFoundError):
        at("hf_mallory").auth_check("acme/secret")


@pytest.mark.parametrize(("token", "status"), [("hf_mallory", 403), (False, 401)])
def test_gated(api, at, tmp_path, token, status):
    """A gated repository is seen by all, its files are read by members and those let in only."""
    api.create_repo("acme/gated")
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/gated")
    api.update_repo_settings("acme/gated", gated="manual")
    assert at(token).model_info("acme/gated").gated == "manual"
    for read in (
        lambda a: a.hf_hub_download("acme/gated", "x.txt", local_dir=tmp_path / "no"),
        lambda a: a.auth_check("acme/gated"),
    ):
        with pytest.raises(GatedRepoError) as caught:
            read(at(token))
        assert caught.value.response.status_code == status
    at("hf_bob").hf_hub_download("acme/gated", "x.txt", local_dir=tmp_path / "yes")


def test_gated_for_members(api, at, http):
    """With orgMembersGated a mere member is outside too, until let in."""
    api.create_repo("acme/gated")
    http("PUT", "/api/models/acme/gated/settings", json={"gated": "auto", "orgMembersGated": True})
    api.auth_check("acme/gated")
    with pytest.raises(GatedRepoError):
        at("hf_bob").auth_check("acme/gated")


def test_redirect_hides_private(api, at):
    """The old name of a private repository tells a stranger nothing."""
    api.create_repo("acme/old", visibility="private")
    api.move_repo("acme/old", "acme/new")
    with pytest.raises(RepositoryNotFoundError):
        at("hf_mallory").model_info("acme/old")
    assert at("hf_bob").model_info("acme/old").id == "acme/new"


def test_pull_request_by_a_reader(api, at):
    """Who may read may propose, and no more."""
    api.create_repo("acme/open")
    made = at("hf_bob").upload_file(
        path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/open", create_pr=True
    )
    assert made.pr_num == 1
    refused(403, at("hf_bob").upload_file, path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/open")


def test_org_listing(at):
    """The organisation's own listings are for members."""
    refused(403, lambda: list(at("hf_mallory").list_user_repos(namespace="acme")))
    assert list(at("hf_bob").list_user_repos(namespace="acme")) == []
    refused(404, at("hf_bob").get_organization_overview, "nobody")


def test_every_answer_has_manners(sandbox, api, http):
    """Rate limit and request id are on every answer, error text in header and body."""
    for method, path in [
        ("GET", "/api/models"),
        ("GET", "/nowhere"),
        ("DELETE", "/api/nowhere"),
        ("GET", "/api/models/a/b"),
    ]:
        answer = http(method, path)
        assert answer.headers["RateLimit"].startswith('"')
        assert "q=" in answer.headers["RateLimit-Policy"]
        assert answer.headers["X-Request-Id"].startswith("Root=1-")
        if answer.status_code >= 400:
            assert answer.json()["error"] == answer.headers["X-Error-Message"]
    assert http("GET", "/nowhere").status_code == 404
