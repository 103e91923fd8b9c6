"""Access to gated repositories: asking, answering, letting in; and likes."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

REPO = "acme/gated"


@pytest.fixture(params=["model", "dataset"])
def kind(request):
    return request.param


@pytest.fixture
def gated(api, kind):
    """A repository behind a gate that somebody watches."""
    api.create_repo(REPO, repo_type=kind)
    api.update_repo_settings(REPO, repo_type=kind, gated="manual")
    return {"repo_id": REPO, "repo_type": kind}


@pytest.fixture
def ask(http, kind):
    """Ask for access as somebody."""
    prefix = "" if kind == "model" else "datasets/"
    return lambda token, **fields: http("POST", f"/{prefix}{REPO}/ask-access", token=token, data=fields)


def status(call, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **kwargs)
    return caught.value.response.status_code


def test_accepted(sandbox, api, gated, ask):
    """Who asked is listed with what it wrote, and is let in when accepted, out again when put back."""
    mallory = HfApi(endpoint=sandbox.url, token="hf_mallory")
    answer = ask("hf_mallory", Company="X")
    assert (answer.status_code, answer.headers["Location"].endswith(REPO)) == (303, True)
    [found] = api.list_pending_access_requests(**gated)
    assert (found.username, found.fields, found.email) == ("mallory", {"Company": "X"}, "mallory@example.com")
    with pytest.raises(GatedRepoError):
        mallory.auth_check(**gated)
    api.accept_access_request(user="mallory", **gated)
    mallory.auth_check(**gated)
    assert [r.username for r in api.list_accepted_access_requests(**gated)] == ["mallory"]
    assert list(api.list_pending_access_requests(**gated)) == []
    assert status(api.accept_access_request, user="mallory", **gated) == 404
    api.cancel_access_request(request_id=found.request_id, **gated)
    with pytest.raises(GatedRepoError):
        mallory.auth_check(**gated)
    assert [r.username for r in api.list_pending_access_requests(**gated)] == ["mallory"]


def test_rejected(api, gated, ask):
    """Who was rejected stays out and cannot ask again."""
    ask("hf_mallory")
    api.reject_access_request(user="mallory", rejection_reason="No", **gated)
    assert [r.status for r in api.list_rejected_access_requests(**gated)] == ["rejected"]
    assert ask("hf_mallory").status_code == 403


def test_automatic(sandbox, api, gated, ask):
    """Behind an automatic gate who asks is in."""
    api.update_repo_settings(**gated, gated="auto")
    ask("hf_mallory")
    HfApi(endpoint=sandbox.url, token="hf_mallory").auth_check(**gated)
    assert [r.username for r in api.list_accepted_access_requests(**gated)] == ["mallory"]


def test_granted(sandbox, api, gated):
    """Somebody can be let in without asking, once; the list has no email then."""
    api.grant_access(user="mallory", **gated)
    HfApi(endpoint=sandbox.url, token="hf_mallory").auth_check(**gated)
    [found] = api.list_accepted_access_requests(**gated)
    assert (found.email, found.fields) == (None, None)
    assert status(api.grant_access, user="mallory", **gated) == 400
    assert status(api.grant_access, user="nobody", **gated) == 404


def test_own_request_cancelled(api, http, kind, gated, ask):
    """A pending request can be taken back by who sent it, and nothing else."""
    path = f"/api/{kind}s/{REPO}/user-access-request/cancel"
    ask("hf_mallory")
    assert http("POST", path, token="hf_mallory").status_code == 200
    assert http("POST", path, token="hf_mallory").status_code == 404
    assert list(api.list_pending_access_requests(**gated)) == []


def test_batch(api, http, kind, gated, ask):
    """A batch answers for each request by itself."""
    ask("hf_mallory")
    body = {"status": "accepted", "requests": [{"user": "mallory"}, {"user": "ada"}, {"user": "nobody"}]}
    rows = http("POST", f"/api/{kind}s/{REPO}/user-access-request/batch", json=body).json()
    assert [(r["user"], r["success"]) for r in rows] == [("mallory", True), ("ada", False), ("nobody", False)]
    prefix = "" if kind == "model" else "datasets/"
    [row] = http("GET", f"/{prefix}{REPO}/user-access-report").json()
    assert (row["user"], row["status"]) == ("mallory", "accepted")


def test_refusals(sandbox, api, gated, ask):
    """Requests are for writers' eyes; where there is no gate, there are none; nobody is not somebody."""
    ask("hf_mallory")
    assert ask(None).status_code == 401
    bob = HfApi(endpoint=sandbox.url, token="hf_bob")
    assert status(list, bob.list_pending_access_requests(**gated)) == 403
    assert status(bob.accept_access_request, user="mallory", **gated) == 403
    assert status(api.accept_access_request, user="nobody", **gated) == 404
    assert status(api.accept_access_request, request_id="f" * 24, **gated) == 404
    assert status(api.accept_access_request, user="ada", **gated) == 404
    api.update_repo_settings(**gated, gated=False)
    assert status(list, api.list_pending_access_requests(**gated)) == 400
    assert ask("hf_ada").status_code == 400


def test_likes(sandbox, api, http):
    """Likes are counted once a user, listed both ways, and taken back; private ones stay unseen."""
    for name, visibility in (("a", "public"), ("b", "private")):
        api.create_repo(f"acme/{name}", visibility=visibility)
        for _ in range(2):
            assert http("POST", f"/api/models/acme/{name}/like").status_code == 200
    http("POST", "/api/models/acme/a/like", token="hf_ada")
    assert api.model_info("acme/a").likes == 2
    assert [u.username for u in api.list_repo_likers("acme/a")] == ["ada", "hfops-user"]
    assert api.list_liked_repos().models == ["acme/a", "acme/b"]
    assert HfApi(endpoint=sandbox.url, token=False).list_liked_repos("hfops-user").models == ["acme/a"]
    assert [m.id for m in api.list_models(author="acme", sort="likes")] == ["acme/a", "acme/b"]
    api.unlike("acme/a")
    assert api.model_info("acme/a").likes == 1
    assert http("GET", "/api/users/nobody/likes").status_code == 404
