"""Creating, changing, moving and deleting repositories."""

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import BadRequestError, HfHubHTTPError, RepositoryNotFoundError

TYPES = ["model", "dataset", "space"]


def create(api, repo_id, repo_type="model", **options):
    sdk = {"space_sdk": "static"} if repo_type == "space" else {}
    return api.create_repo(repo_id, repo_type=repo_type, **sdk, **options)


@pytest.mark.parametrize("kind", TYPES)
def test_created(api, kind):
    """A created repository exists under the id and url that the answer gives, with one commit."""
    url = create(api, "acme/thing", kind, visibility="private")
    info = api.repo_info("acme/thing", repo_type=kind)
    assert (url.repo_id, url.repo_type) == ("acme/thing", kind)
    assert (info.id, info.private, info.author) == ("acme/thing", True, "acme")
    assert ".gitattributes" in api.list_repo_files("acme/thing", repo_type=kind)
    assert [c.title for c in api.list_repo_commits("acme/thing", repo_type=kind)] == ["initial commit"]


def test_own_namespace(api):
    """Without an organisation the repository is the caller's own."""
    assert create(api, "mine").repo_id == "hfops-user/mine"


def test_default_visibility(api, sandbox):
    """Nothing said is public, unless the organisation's default is private."""
    create(api, "acme/a")
    sandbox.hub.orgs["acme"].default_private = True
    create(api, "acme/b")
    assert [api.model_info(f"acme/{n}").private for n in "ab"] == [False, True]


@pytest.mark.parametrize("kind", TYPES)
def test_created_twice(api, http, kind):
    """A second creation is 409 with the url of the first; ``exist_ok`` takes that for an answer."""
    url = create(api, "acme/thing", kind)
    with pytest.raises(HfHubHTTPError) as caught:
        create(api, "acme/thing", kind)
    assert caught.value.response.status_code == 409
    assert caught.value.response.json() == {"error": f"You already created this {kind} repo", "url": str(url)}
    assert create(api, "acme/THING", kind, exist_ok=True) == url


def test_types_are_apart(api):
    """One id may name a model, a dataset and a Space."""
    for kind in TYPES:
        create(api, "acme/thing", kind)
    assert [api.repo_info("acme/thing", repo_type=k).id for k in TYPES] == ["acme/thing"] * 3


def test_create_with_everything(http):
    """License, files and the card of a Space are there from the first commit on."""
    body = {
        "name": "app",
        "organization": "acme",
        "type": "space",
        "sdk": "gradio",
        "license": "mit",
        "short_description": "An app",
        "secrets": [{"key": "A", "value": "s3cret"}],
        "files": [
            {"path": "app.py", "content": "print(1)"},
            {"path": "b", "content": "aGk=", "encoding": "base64"},
        ],
    }
    assert http("POST", "/api/repos/create", json=body).status_code == 200
    info = http("GET", "/api/spaces/acme/app").json()
    assert info["sdk"] == "gradio"
    assert info["cardData"] == {
        "title": "app",
        "sdk": "gradio",
        "short_description": "An app",
        "license": "mit",
    }
    assert http("GET", "/spaces/acme/app/resolve/main/b").text == "hi"
    assert len(http("GET", "/api/spaces/acme/app/commits/main").json()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"type": "robot"},
        {"type": "space"},
        {"type": "space", "sdk": "streamlit"},
        {"visibility": "hidden"},
        {"visibility": "protected"},
        {"visibility": "private", "private": True},
        {"license": "free-beer"},
        {"name": "a--b"},
        {"name": 5},
        {"resourceGroupId": "short"},
    ],
)
def test_create_refused(http, change):
    """What the contract does not have is 400 with a text in body and header, and nothing is made."""
    answer = http("POST", "/api/repos/create", json={"name": "x", "organization": "acme"} | change)
    assert answer.status_code == 400
    assert answer.json()["error"] == answer.headers["X-Error-Message"]
    assert http("GET", "/api/models?author=acme").json() == []


def test_unknown_keys_pass(http):
    """Unknown keys are no error: the service's behaviour is open there, the sandbox lets them pass."""
    assert http("POST", "/api/repos/create", json={"name": "x", "organization": "acme"}).status_code == 200


def test_plan(start):
    """On a free plan a Gradio Space, and a protected one, are 402; a static one is free."""
    sandbox = start({"orgs": [{"name": "acme", "plan": "free"}]})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    for options in ({"space_sdk": "gradio"}, {"space_sdk": "static", "visibility": "protected"}):
        with pytest.raises(HfHubHTTPError, match="402"):
            api.create_repo("acme/app", repo_type="space", **options)
    assert api.create_repo("acme/app", repo_type="space", space_sdk="static").repo_id == "acme/app"


@pytest.mark.parametrize("kind", TYPES)
def test_deleted(api, kind):
    """A deleted repository is gone; a second deletion is 404 RepoNotFound; ``missing_ok`` takes it."""
    create(api, "acme/thing", kind)
    api.delete_repo("acme/thing", repo_type=kind)
    assert not api.repo_exists("acme/thing", repo_type=kind)
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo("acme/thing", repo_type=kind)
    api.delete_repo("acme/thing", repo_type=kind, missing_ok=True)


@pytest.mark.parametrize("kind", TYPES)
def test_moved(api, kind):
    """A move keeps ``_id`` and history; the old name leads to the new one, for reads and writes."""
    create(api, "acme/old", kind)
    before = api.repo_info("acme/old", repo_type=kind)
    api.move_repo("acme/old", "acme/new", repo_type=kind)
    after = api.repo_info("acme/old", repo_type=kind)
    assert (after.id, after.sha, after._id) == ("acme/new", before.sha, before._id)
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/old", repo_type=kind)
    assert api.file_exists("acme/new", "x.txt", repo_type=kind)
    assert api.file_exists("acme/old", "x.txt", repo_type=kind)


def test_redirect_keeps_the_request(api, http):
    """The redirect keeps method, query and the rest of the path, and stays on this origin."""
    create(api, "acme/old")
    api.move_repo("acme/old", "acme/new")
    answer = http("GET", "/api/models/acme/old/tree/a%2Fb?recursive=true")
    assert (answer.status_code, answer.headers["Location"]) == (
        307,
        "/api/models/acme/new/tree/a%2Fb?recursive=true",
    )
    assert (
        http("PUT", "/api/models/ACME/Old/settings", json={}).headers["Location"]
        == "/api/models/acme/new/settings"
    )


def test_old_name_reused(api):
    """A new repository may take an old name, and then it is the one that answers there."""
    create(api, "acme/old")
    api.move_repo("acme/old", "acme/new")
    create(api, "acme/old")
    assert api.model_info("acme/old").id == "acme/old"
    api.delete_repo("acme/old")
    assert not api.repo_exists("acme/old")
    assert api.repo_exists("acme/new")


def test_moved_there_and_back(api):
    """Moving back makes the first name the true one, the second the old one."""
    create(api, "acme/a")
    api.move_repo("acme/a", "acme/b")
    api.move_repo("acme/b", "acme/a")
    assert [api.model_info(f"acme/{n}").id for n in "ab"] == ["acme/a", "acme/a"]


def test_move_to_a_taken_name(api):
    """A taken target is an error that names it; nothing moves."""
    create(api, "acme/a")
    create(api, "acme/b")
    with pytest.raises(HfHubHTTPError, match="A model repository called acme/b already exists"):
        api.move_repo("acme/a", "acme/b")
    assert api.model_info("acme/a").id == "acme/a"


def test_settings(api, http):
    """Only what is sent changes, and is echoed; gating and visibility are read back."""
    create(api, "acme/thing")
    api.update_repo_settings("acme/thing", gated="manual")
    api.update_repo_settings("acme/thing", visibility="private")
    info = api.model_info("acme/thing")
    assert (info.gated, info.private) == ("manual", True)
    sent = {
        "gatedNotificationsMode": "real-time",
        "gatedNotificationsEmail": "a@x.org",
        "discussionsDisabled": True,
    }
    assert http("PUT", "/api/models/acme/thing/settings", json=sent).json() == sent
    api.update_repo_settings("acme/thing", gated=False)
    assert api.model_info("acme/thing").gated is False


@pytest.mark.parametrize(
    "sent",
    [{"gated": True}, {"gated": None}, {"visibility": "protected"}, {"gatedNotificationsMode": "never"}],
)
def test_settings_refused(api, http, sent):
    """A value that is none of the known ones is 400 and changes nothing."""
    create(api, "acme/thing")
    before = http("GET", "/api/models/acme/thing").json()
    assert http("PUT", "/api/models/acme/thing/settings", json=sent).status_code == 400
    assert http("GET", "/api/models/acme/thing").json() == before


def test_protected_space(api, http):
    """A Space can be protected: its source is private; its gating shows in the plain answer only."""
    create(api, "acme/app", "space")
    api.update_repo_settings("acme/app", repo_type="space", visibility="protected", gated="auto")
    assert http("GET", "/api/spaces/acme/app").json()["gated"] == "auto"
    assert http("GET", "/api/spaces/acme/app").json()["private"] is True
    assert http("GET", "/api/settings/repositories").json() == []
    rows = http("GET", "/api/organizations/acme/settings/repositories").json()
    assert [(r["id"], r["type"], r["visibility"]) for r in rows] == [("acme/app", "space", "protected")]
    with pytest.raises(BadRequestError):
        api.space_info("acme/app", expand=["gated"])


def test_resource_group(start):
    """A repository is put into a group at creation or later, and taken out with null."""
    group = "66" + "a" * 22
    sandbox = start({"orgs": [{"name": "acme", "resourceGroups": [{"name": "nlp", "id": group}]}]})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    api.create_repo("acme/a", resource_group_id=group)
    shown = api.model_info("acme/a", expand=["resourceGroup"]).resource_group
    assert (shown["id"], shown["name"]) == (group, "nlp")
    with pytest.raises(HfHubHTTPError, match="404"):
        api.create_repo("acme/b", resource_group_id="f" * 24)


def test_resource_group_changed(start):
    """The group of a repository is read, set and cleared by its own route; the group lists its repositories."""
    import requests

    group = "66" + "a" * 22
    sandbox = start({"orgs": [{"name": "acme", "resourceGroups": [{"name": "nlp", "id": group}]}]})
    HfApi(endpoint=sandbox.url, token="hf_sandbox").create_repo("acme/a")
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer hf_sandbox"
        url = f"{sandbox.url}/api/models/acme/a/resource-group"
        assert session.get(url).json() is None
        assert session.post(url, json={"resourceGroupId": group}).json()["name"] == "acme/a"
        assert session.get(url).json()["name"] == "nlp"
        listed = session.get(f"{sandbox.url}/api/organizations/acme/resource-groups").json()
        assert [r["name"] for r in listed[0]["repos"]] == ["acme/a"]
        session.post(url, json={"resourceGroupId": None})
        assert session.get(url).json() is None
        assert session.post(url, json={}).status_code == 400


def test_id_in_any_case(api):
    """Ids compare without case; the answer carries the true spelling."""
    create(api, "acme/Thing")
    assert api.model_info("ACME/thing").id == "acme/Thing"
