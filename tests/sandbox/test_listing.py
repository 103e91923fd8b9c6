"""The lists: filters, order, pages, who sees what."""

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import BadRequestError

MANIFESTS = [
    {"kind": "Model", "metadata": {"name": "acme/bert"}, "spec": {"card": {"metadata": {"license": "mit"}}}},
    {"kind": "Model", "metadata": {"name": "acme/secret"}, "spec": {"visibility": "private"}},
    {"kind": "Model", "metadata": {"name": "acme/gated"}, "spec": {"gated": "auto"}},
    {"kind": "Model", "metadata": {"name": "other/bert"}},
    {"kind": "Model", "metadata": {"name": "other/hidden"}, "spec": {"visibility": "private"}},
    {"kind": "Dataset", "metadata": {"namespace": "acme", "name": "reviews"}},
    {"kind": "Space", "metadata": {"name": "acme/app"}, "spec": {"sdk": "gradio"}},
]


@pytest.fixture
def hub(start):
    return start({"resources": MANIFESTS})


@pytest.fixture
def user(hub):
    return HfApi(endpoint=hub.url, token="hf_sandbox")


def ids(items):
    return [item.id for item in items]


def test_author(user):
    """One namespace's models, datasets and Spaces, each list its own type; the oldest first."""
    assert ids(user.list_models(author="acme")) == ["acme/bert", "acme/secret", "acme/gated"]
    assert ids(user.list_datasets(author="ACME")) == ["acme/reviews"]
    assert ids(user.list_spaces(author="acme")) == ["acme/app"]


def test_private_ones(hub, user):
    """Private repositories show to members only."""
    nobody = HfApi(endpoint=hub.url, token=False)
    assert ids(user.list_models()) == ["acme/bert", "acme/secret", "acme/gated", "other/bert"]
    assert ids(nobody.list_models()) == ["acme/bert", "acme/gated", "other/bert"]


def test_filters(user):
    """Search is in the id, filter is on tags, gated is yes or no."""
    assert ids(user.list_models(search="BERT")) == ["acme/bert", "other/bert"]
    assert ids(user.list_models(filter="license:mit")) == ["acme/bert"]
    assert ids(user.list_models(author="acme", gated=True)) == ["acme/gated"]
    assert ids(user.list_models(author="acme", gated=False)) == ["acme/bert", "acme/secret"]
    assert ids(user.list_datasets(search="rev", filter="region:us")) == ["acme/reviews"]


def test_order(user):
    """By date the newest comes first; limit cuts."""
    assert ids(user.list_models(author="acme", sort="created_at"))[0] == "acme/gated"
    user.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/bert")
    assert ids(user.list_models(author="acme", sort="last_modified", limit=1)) == ["acme/bert"]


def test_expand(user):
    """A listing with ``expand`` tells of each repository what its info tells."""
    keys = ["private", "gated", "sha", "cardData", "siblings", "resourceGroup", "lastModified", "tags"]
    for listed in user.list_models(author="acme", expand=keys):
        assert listed == user.model_info(listed.id, expand=keys)
    with pytest.raises(BadRequestError, match="must be one of"):
        list(user.list_spaces(expand=["gated"]))


def test_full(user):
    """``full`` adds sha and files."""
    (plain, *_), (full, *_) = user.list_models(author="acme"), user.list_models(author="acme", full=True)
    assert (plain.sha, full.sha) == (None, user.model_info("acme/bert").sha)
    assert "README.md" in [s.rfilename for s in full.siblings]


def test_pages(start):
    """More repositories than a page holds come in pages, each once, and the client follows the links."""
    names = [f"acme/m{n:03}" for n in range(510)]
    sandbox = start({"resources": [{"kind": "Model", "metadata": {"name": n}} for n in names]})
    api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    assert ids(api.list_models(author="acme")) == names
    first, second = sandbox.exchanges
    assert first.response_headers["Link"].startswith(f"<{sandbox.url}/api/models?author=acme&cursor=")
    assert "Link" not in second.response_headers


def test_page_survives_a_deletion(hub, user, http):
    """A repository that goes between two pages takes no other one with it."""
    import requests

    first = requests.get(f"{hub.url}/api/models?limit=1", timeout=10)
    user.delete_repo("acme/bert")
    rest = requests.get(first.links["next"]["url"].replace("limit=1", "limit=9"), timeout=10)
    assert [m["id"] for m in rest.json()] == ["acme/gated", "other/bert"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=%21", "sort=colour", "expand=sha&full=true"])
def test_bad_query(http, query):
    """A query that makes no sense is 400."""
    assert http("GET", f"/api/models?{query}").status_code == 400


def test_all_types_in_one(hub, user):
    """The settings listing has every repository of a namespace with its visibility."""
    rows = list(user.list_user_repos(namespace="acme"))
    assert {(r.type, r.id, r.visibility) for r in rows} == {
        ("model", "acme/bert", "public"),
        ("model", "acme/secret", "private"),
        ("model", "acme/gated", "public"),
        ("dataset", "acme/reviews", "public"),
        ("space", "acme/app", "public"),
    }
    user.create_repo("mine")
    assert [(r.type, r.id) for r in user.list_user_repos()] == [("model", "hfops-user/mine")]


def test_profiles(hub, user):
    """The profiles count what is public."""
    org = user.get_organization_overview("acme")
    assert (org.name, org.plan, org.num_models, org.num_spaces, org.num_users) == ("acme", "team", 2, 1, 1)
    assert user.get_user_overview("hfops-user").username == "hfops-user"
    assert [m.username for m in user.list_organization_members("acme")] == ["hfops-user"]
