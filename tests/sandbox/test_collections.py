"""Collections, judged by the official client: slugs, items and their order, who sees what."""

from __future__ import annotations

import time

import pytest
import requests
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox

PAPER = "2307.09288"


def status(call, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **kwargs)
    return caught.value.response.status_code


@pytest.fixture
def at(sandbox):
    """The client of somebody."""
    return lambda token: HfApi(endpoint=sandbox.url, token=token)


@pytest.fixture
def models(api):
    """Six models, m0 to m5."""
    return [api.create_repo(f"acme/m{n}").repo_id for n in range(6)]


@pytest.fixture
def slug(api, models):
    """A collection of acme's with all six."""
    made = api.create_collection("Our models", namespace="acme")
    for model in models:
        api.add_collection_item(made.slug, model, "model")
    return made.slug


def order(api, slug):
    items = api.get_collection(slug).items
    assert [i.position for i in items] == list(range(len(items)))
    return "".join(i.item_id[-1] for i in items)


def test_created(sandbox, api, models):
    """A collection is created with what it is told; its id says when, its owner who."""
    before = int(time.time())
    made = api.create_collection("Ünsere Modelle!", namespace="ACME", description="Why", private=True)
    text, _, uid = made.slug.rpartition("-")
    assert (text, made.title, made.description) == ("acme/unsere-modelle", "Ünsere Modelle!", "Why")
    assert before <= int(uid[:8], 16) <= time.time()
    assert (made.private, made.theme, made.upvotes, made.position, made.items) == (True, "orange", 0, 0, [])
    assert (made.owner["name"], made.owner["type"]) == ("acme", "org")
    own = api.create_collection("Mine")
    assert (own.owner["name"], own.owner["type"], own.private) == ("hfops-user", "user", False)
    assert sandbox.hub.collections[own.slug].title == "Mine"


def test_title_is_taken(sandbox, api, slug):
    """A second one of the same title and owner is refused with the first's slug; another owner may have it."""
    assert status(api.create_collection, "Our models", namespace="acme") == 409
    assert api.create_collection("Our models", namespace="acme", exists_ok=True).slug == slug
    assert api.create_collection("Our models").slug != slug
    sandbox.hub.lax_titles = True
    assert api.create_collection("Our models", namespace="acme").slug not in ("", slug)
    assert [c.title for c in api.list_collections(owner="acme")] == ["Our models"] * 2


def test_limits(api, slug):
    """Titles of 60, descriptions of 150, notes of 500 characters are the longest; a title has one at least."""
    made = api.create_collection("t" * 60, namespace="acme", description="d" * 150)
    item = api.add_collection_item(made.slug, PAPER, "paper", note="n" * 500).items[0]
    assert item.note == "n" * 500
    for title, description in (("", ""), ("t" * 61, ""), ("x", "d" * 151)):
        assert status(api.create_collection, title, namespace="acme", description=description) == 400
    assert status(api.update_collection_metadata, made.slug, title="t" * 61) == 400
    assert status(api.update_collection_item, made.slug, item.item_object_id, note="n" * 501) == 400
    assert status(api.update_collection_item, made.slug, item.item_object_id, position=-1) == 400
    assert status(api.update_collection_metadata, made.slug, theme="red") == 400


def test_renamed(api, slug):
    """A new title changes the slug's text; the old slug and the items stay."""
    before = order(api, slug)
    renamed = api.update_collection_metadata(slug, title="All of them")
    assert renamed.slug == f"acme/all-of-them-{slug[-24:]}"
    assert (api.get_collection(slug).slug, order(api, slug)) == (renamed.slug, before)
    assert status(api.get_collection, slug.replace("acme/", "hfops-user/")) == 404


def test_metadata(api, slug, http):
    """What is patched changes and nothing else; an empty description is none; null is no value."""
    before = api.get_collection(slug)
    patched = api.update_collection_metadata(slug, description="D", private=True, theme="blue", position=3)
    assert (patched.description, patched.private, patched.theme, patched.position) == ("D", True, "blue", 3)
    assert (patched.title, len(patched.items)) == (before.title, 6)
    assert patched.last_updated > before.last_updated
    assert api.update_collection_metadata(slug, description="").description is None
    answer = http("PATCH", f"/api/collections/{slug}", json={"title": None})
    assert (answer.status_code, "title" in answer.json()["error"]) == (400, True)


def test_items(api, slug):
    """Items are appended with their notes, found by what they are, changed and removed, once."""
    assert order(api, slug) == "012345"
    api.create_repo("acme/d", repo_type="dataset")
    api.create_repo("acme/s", repo_type="space", space_sdk="static")
    other = api.create_collection("Other", namespace="acme").slug
    for kind, wanted in (("dataset", "acme/d"), ("space", "ACME/S"), ("paper", PAPER), ("collection", other)):
        found = api.add_collection_item(slug, wanted, kind, note=f"A <{kind}>")
    told = [(i.item_type, i.item_id, i.note) for i in found.items[6:]]
    assert told == [
        ("dataset", "acme/d", "A <dataset>"),
        ("space", "acme/s", "A <space>"),
        ("paper", PAPER, "A <paper>"),
        ("collection", other, "A <collection>"),
    ]
    item = found.items[6]
    api.update_collection_item(slug, item.item_object_id, note="New")
    assert api.get_collection(slug).items[6].note == "New"
    api.update_collection_item(slug, item.item_object_id, note="")
    assert api.get_collection(slug).items[6].note is None
    api.delete_collection_item(slug, item.item_object_id)
    assert [i.item_type for i in api.get_collection(slug).items[6:]] == ["space", "paper", "collection"]
    assert status(api.delete_collection_item, slug, item.item_object_id) == 404
    assert status(api.update_collection_item, slug, item.item_object_id, note="x") == 404


@pytest.mark.parametrize(("kind", "wanted"), [("model", "acme/m0"), ("model", "ACME/M0")])
def test_item_is_in(api, slug, kind, wanted):
    """An item is in once, however it is written, also under a name that it had."""
    assert status(api.add_collection_item, slug, wanted, kind) == 409
    api.move_repo("acme/m0", "acme/moved")
    assert status(api.add_collection_item, slug, wanted, kind) == 409
    assert len(api.add_collection_item(slug, wanted, kind, exists_ok=True).items) == 6


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("model", "acme/nothing"), ("dataset", "acme/m0"), ("collection", "acme/x-" + "0" * 24)],
)
def test_missing_target(api, slug, kind, wanted):
    """What is not there cannot be added."""
    assert status(api.add_collection_item, slug, wanted, kind) == 404


@pytest.mark.parametrize(
    ("place", "to", "after"),
    [(0, 0, "012345"), (0, 3, "123045"), (5, 0, "501234"), (2, 4, "013425"), (1, 9, "023451")],
)
def test_position(api, slug, place, to, after):
    """An item that moves lets the others close up and make room."""
    item = api.get_collection(slug).items[place].item_object_id
    api.update_collection_item(slug, item, position=to)
    assert order(api, slug) == after


def test_batch(api, slug, http):
    """A batch is done in its order, or not at all."""
    ids = [i.item_object_id for i in api.get_collection(slug).items]
    path = f"/api/collections/{slug}/items/batch"

    def entry(uid, **data):
        return {"action": "update", "_id": uid, "data": data}

    sent = [entry(uid, position=n, note=f"n{n}") for n, uid in enumerate(reversed(ids))]
    assert http("POST", path, json=sent).status_code == 200
    assert order(api, slug) == "543210"
    assert [i.note for i in api.get_collection(slug).items] == [f"n{n}" for n in range(6)]
    assert (
        http("POST", path, json=[entry(ids[0], position=0), entry("f" * 24, position=1)]).status_code == 404
    )
    assert order(api, slug) == "543210"
    for wrong in ({}, [{"action": "delete", "_id": ids[0], "data": {}}], [entry(ids[0], position="0")]):
        assert http("POST", path, json=wrong).status_code == 400


def test_repos_that_move_and_go(api, slug):
    """An item follows its repository's name, and goes with it; so does the item of a deleted collection."""
    api.move_repo("acme/m1", "acme/moved-9")
    assert order(api, slug) == "092345"
    api.delete_repo("acme/m0")
    assert order(api, slug) == "92345"
    other = api.create_collection("Other", namespace="acme").slug
    api.add_collection_item(slug, other, "collection")
    api.delete_collection(other)
    assert order(api, slug) == "92345"


def test_deleted(api, slug):
    """A deleted collection is gone, and a second deletion is told so."""
    api.delete_collection(slug)
    assert status(api.get_collection, slug) == 404
    assert status(api.delete_collection, slug) == 404
    api.delete_collection(slug, missing_ok=True)


def test_listing(api, slug, http, sandbox):
    """A list has no ranks and four items of each; it is filtered, ordered and cut into pages."""
    for n in range(12):
        api.create_collection(f"C{n}")
    [listed] = http("GET", "/api/collections?owner=ACME").json()
    assert ("position" in listed, len(listed["items"])) == (False, 4)
    assert [i["position"] for i in listed["items"]] == [0, 1, 2, 3]
    sandbox.exchanges.clear()
    mine = [c.title for c in api.list_collections(owner="hfops-user")]
    assert (mine, len(sandbox.exchanges)) == ([f"C{n}" for n in range(12)], 2)
    assert len(list(api.list_collections(owner=["acme", "hfops-user"]))) == 13
    assert [c.slug for c in api.list_collections(item="models/acme/m3")] == [slug]
    assert list(api.list_collections(item="papers/1234.56789")) == []
    assert list(api.list_collections(owner="nobody")) == []
    assert [c["title"] for c in http("GET", "/api/collections?q=c11").json()] == ["C11"]
    api.update_collection_metadata(slug, theme="pink")
    assert next(iter(api.list_collections(sort="lastModified"))).slug == slug
    assert http("GET", "/api/collections?sort=name").status_code == 400


def test_page_size():
    """A page is as long as asked."""
    seeds = [{"kind": "Collection", "metadata": {"name": f"acme/c{n}"}} for n in range(3)]
    with Sandbox({"resources": seeds}) as sandbox, requests.Session() as session:
        page = session.get(f"{sandbox.url}/api/collections?owner=acme&limit=2", timeout=10)
        assert [c["title"] for c in page.json()] == ["c0", "c1"]
        rest = session.get(page.links["next"]["url"], timeout=10)
        assert ([c["title"] for c in rest.json()], rest.links) == (["c2"], {})


def test_strangers(api, at, slug):
    """A private collection is there for members only; a reader of it cannot change it; items keep their secrets."""
    api.update_repo_settings("acme/m2", visibility="private")
    assert [i.item_id[-1] for i in at("hf_mallory").get_collection(slug).items] == list("01345")
    assert [i.position for i in at(False).get_collection(slug).items] == [0, 1, 3, 4, 5]
    assert status(at("hf_mallory").add_collection_item, slug, "acme/m2", "model") == 403
    assert status(at("hf_mallory").delete_collection, slug) == 403
    assert status(at(False).delete_collection, slug) == 401
    api.update_collection_metadata(slug, private=True)
    for token in ("hf_mallory", False):
        assert status(at(token).get_collection, slug) == 404
        assert status(at(token).update_collection_metadata, slug, title="Mine") == 404
        assert list(at(token).list_collections(owner="acme")) == []
    for token in ("hf_bob", "hf_sandbox_read"):
        assert [c.slug for c in at(token).list_collections(owner="acme")] == [slug]
        assert status(at(token).update_collection_metadata, slug, title="Mine") == 403
        assert status(at(token).create_collection, "New", namespace="acme") == 403


def test_contributors(api, at, slug):
    """A contributor changes what it made, a stranger makes nothing."""
    ada = at("hf_ada")
    own = ada.create_collection("Ada's", namespace="acme").slug
    assert ada.update_collection_metadata(own, theme="green").theme == "green"
    assert status(ada.update_collection_metadata, slug, theme="green") == 403
    assert status(at("hf_mallory").create_collection, "New", namespace="acme") == 403
    assert status(at("hf_mallory").create_collection, "New", namespace="nowhere") == 403
    assert status(at("hf_ada").add_collection_item, own, "hfops-user/none", "model") == 404


def test_private_collection_as_item(api, at, slug):
    """A private collection inside a public one is shown to members only."""
    inner = api.create_collection("Inner", namespace="acme", private=True).slug
    api.add_collection_item(slug, inner, "collection")
    assert [len(who.get_collection(slug).items) for who in (api, at("hf_mallory"))] == [7, 6]


def test_gating(api, at, slug, http):
    """An organisation's collection can be gated; who stands outside hears only that it is."""
    path = f"/api/collections/{slug}"
    gate = {"mode": "manual", "notifications": {"mode": "bulk", "email": "a@example.com"}}
    assert http("PATCH", path, json={"gating": gate}).json()["data"]["gating"] == gate
    assert http("GET", path).json()["gating"] == gate
    assert http("GET", path, token=None).json()["gating"] is True
    assert http("PATCH", path, json={"gating": False}).json()["data"]["gating"] is False
    for wrong in ({"gating": True}, {"gating": {"mode": "manual"}}, {"gating": "auto"}):
        assert http("PATCH", path, json=wrong).status_code == 400
    own = api.create_collection("Mine").slug
    assert http("PATCH", f"/api/collections/{own}", json={"gating": {"mode": "auto"}}).status_code == 400


def test_resource_group(start):
    """A collection is created in a group, taken out and put in again; a group that is not there is told so."""
    group = "66" + "b" * 22
    sandbox = start({"orgs": [{"name": "lab", "plan": "free", "resourceGroups": [{"name": "nlp", "id": group}]}],
                     "users": [{"name": "ada", "token": "hf_ada", "orgs": ["lab"]}]})  # fmt: skip
    api = HfApi(endpoint=sandbox.url, token="hf_ada")
    slug = api.create_collection("X", namespace="lab", resource_group_id=group).slug
    found = sandbox.hub.collections[slug]
    assert found.group == group
    api.update_collection_resource_group(slug, None)
    assert found.group is None
    api.update_collection_resource_group(slug, group)
    assert found.group == group
    assert status(api.update_collection_resource_group, slug, "0" * 24) == 404
    assert status(api.create_collection, "Y", namespace="ada", resource_group_id=group) == 404


def test_first_item(http, models):
    """A creation may carry the first item; without it there is no collection."""
    body = {"title": "T", "namespace": "acme", "item": {"type": "model", "id": "acme/nothing"}}
    assert http("POST", "/api/collections", json=body).status_code == 404
    assert http("GET", "/api/collections?owner=acme").json() == []
    body["item"]["id"] = models[0]
    assert [i["id"] for i in http("POST", "/api/collections", json=body).json()["items"]] == models[:1]


def test_seed(start):
    """A seed's collection has its fields, group, items in order and, if it says so, its slug's id."""
    spec = {
        "title": "Seeded", "description": "D", "visibility": "private", "theme": "pink", "position": 2,
        "gating": "manual", "resourceGroup": "nlp", "slug": "acme/any-text-" + "0a" * 12,
        "items": [{"type": "paper", "id": PAPER}, {"type": "model", "id": "acme/m", "note": "N"}],
    }  # fmt: skip
    model = {"kind": "Model", "metadata": {"name": "acme/m"}, "spec": {"visibility": "private"}}
    seeds = [model] + [
        {"kind": "Collection", "metadata": {"name": "acme/short"}, "spec": s} for s in (spec, {})
    ]
    sandbox = start({"resources": seeds})
    found, named = HfApi(endpoint=sandbox.url, token="hf_sandbox").list_collections(owner="acme")
    assert (found.slug, found.private, found.theme) == ("acme/seeded-" + "0a" * 12, True, "pink")
    assert [(i.item_id, i.note) for i in found.items] == [(PAPER, None), ("acme/m", "N")]
    assert sandbox.hub.collections[found.slug].gating["mode"] == "manual"
    assert sandbox.hub.orgs["acme"].groups[sandbox.hub.collections[found.slug].group].name == "nlp"
    assert named.title == "short"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"title": "t" * 61}, "title"),
        ({"theme": "red"}, "theme"),
        ({"visibility": "protected"}, "protected"),
        ({"items": [{"type": "model", "id": "acme/none"}]}, "No model acme/none"),
        ({"items": [{"type": "paper", "id": "1"}] * 2}, "already"),
    ],
)
def test_bad_seed(spec, text):
    """A seed that cannot be is a Problem that names it."""
    with pytest.raises(Problems, match=f"Collection/acme/x.*{text}"):
        Sandbox({"resources": [{"kind": "Collection", "metadata": {"name": "acme/x"}, "spec": spec}]})
