"""Collections through the command line, with the official client as the other hand and the judge."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import Collection, HfApi
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import writes
from tests.cli.test_signals import Trap, start
from tests.conftest import Project
from tests.contract import check_request, check_response

EXAMPLE = Path(__file__).parents[2] / "examples" / "collection"
MODELS = ("a", "b", "c")
PAPER = "2307.09288"
SPEC: dict[str, Any] = {
    "title": "Sentiment models",
    "description": "What the sentiment service runs on",
    "visibility": "public",
    "theme": "blue",
    "items": [
        {"type": "model", "id": "acme/b", "note": "The production model"},
        {"type": "paper", "id": PAPER},
        {"type": "model", "id": "acme/a"},
    ],
}


@pytest.fixture
def trap() -> Trap:
    """Kills an apply while the Hub does what it was told."""
    return Trap(signal.SIGKILL)


@pytest.fixture
def hub(trap: Trap) -> Iterator[Sandbox]:
    """A Hub with three models."""
    seed = [{"kind": "Model", "metadata": {"name": f"acme/{name}"}} for name in MODELS]
    with Sandbox({"resources": seed}, observer=trap) as sandbox:
        yield sandbox


@pytest.fixture
def client(project: Project) -> Iterator[HfApi]:
    """The official client with the same token."""
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


def collection(name: str = "sentiment", **spec: Any) -> dict[str, Any]:
    """A manifest: the common spec with other values in it; ``...`` takes a key out."""
    merged = {k: v for k, v in {**SPEC, **spec}.items() if v is not ...}
    outer = {"apiVersion": "hfops/v1", "kind": "Collection", "metadata": {"name": f"acme/{name}"}}
    return {**outer, "spec": merged}


def write(project: Project, *documents: Mapping[str, Any]) -> None:
    """The project's only manifests."""
    project.write("collections.yaml", yaml.safe_dump_all(documents))


def applied(project: Project) -> None:
    """Apply ends well, and leaves nothing to do."""
    ran = project.run("apply", "--yes", "--allow", "exposure")
    assert ran.code == 0, ran.out + ran.err
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again.out + again.err


def planned(project: Project) -> dict[str, Any]:
    """The one change of the JSON plan."""
    ran = project.run("plan", "--format", "json")
    assert ran.code == 0, ran.out + ran.err
    (change,) = [c for c in json.loads(ran.out)["changes"] if c.get("calls")]
    return change


def the_one(client: HfApi) -> Collection:
    """The only collection of acme's, whole."""
    (found,) = client.list_collections(owner="acme")
    return client.get_collection(found.slug)


def listed(found: Collection) -> list[tuple[str, str | None]]:
    """Items and notes, in order."""
    return [(item.item_id, item.note) for item in found.items]


def keeps_the_contract(hub: Sandbox) -> None:
    """Every request and every answer is as the Hub's contract has it."""
    assert [p for e in hub.exchanges for p in (*check_request(e), *check_response(e))] == []


def test_the_client_reads_what_apply_wrote(project: Project, hub: Sandbox, client: HfApi) -> None:
    """Title, description, theme, visibility, and the items in order with their notes."""
    write(project, collection())
    applied(project)
    found = the_one(client)
    assert (found.title, found.description, found.theme, found.private) == (
        SPEC["title"], SPEC["description"], "blue", False,
    )  # fmt: skip
    assert listed(found) == [("acme/b", "The production model"), (PAPER, None), ("acme/a", None)]
    keeps_the_contract(hub)


def test_apply_takes_over_what_the_client_wrote(project: Project, hub: Sandbox, client: HfApi) -> None:
    """A collection made with the client is adopted as it is: order and notes included, nothing is sent."""
    made = client.create_collection(
        SPEC["title"], namespace="acme", description=SPEC["description"], private=False
    )
    client.update_collection_metadata(made.slug, theme="blue")
    for item in SPEC["items"]:
        client.add_collection_item(made.slug, item["id"], item["type"], note=item.get("note"))
    write(project, collection())
    hub.exchanges.clear()
    applied(project)
    assert writes(hub) == []
    assert the_one(client).slug == made.slug


def test_plan_shows_what_the_client_changed(project: Project, hub: Sandbox, client: HfApi) -> None:
    """Each is drift; apply puts it right and leaves what others added where it is."""
    write(project, collection())
    applied(project)
    slug = the_one(client).slug
    client.add_collection_item(slug, "acme/c", "model", note="theirs")
    first, paper, _, _ = client.get_collection(slug).items
    client.update_collection_item(slug, first.item_object_id, note="better", position=2)
    client.delete_collection_item(slug, paper.item_object_id)
    client.update_collection_metadata(slug, theme="pink")
    change = planned(project)
    assert {d["path"]: d["cause"] for d in change["differences"]} == {
        "spec.theme": "drift",
        "spec.items[model/acme/b]": "drift",
        f"spec.items[paper/{PAPER}]": "drift",
        "spec.items.order": "drift",
    }
    assert change["notes"] == ["left alone, not made by hfops: items model/acme/c"]
    assert [c["method"] for c in change["calls"]] == ["PATCH", "POST", "POST"]
    applied(project)
    found = the_one(client)
    assert found.theme == "blue"
    assert listed(found) == [
        ("acme/b", "The production model"), (PAPER, None), ("acme/c", "theirs"), ("acme/a", None),
    ]  # fmt: skip
    keeps_the_contract(hub)


def test_a_new_title_keeps_id_items_and_place(project: Project, hub: Sandbox, client: HfApi) -> None:
    """The text of the slug follows the title; everything else stays, and the next plan finds it."""
    write(project, collection("other", title="Other", items=...), collection(position=3))
    applied(project)
    before = client.get_collection(hub.hub.collections.titled("acme", SPEC["title"]).slug)
    hub.exchanges.clear()
    write(project, collection("other", title="Other", items=...), collection(title="Moods", position=3))
    applied(project)
    assert writes(hub) == [f"PATCH /api/collections/{before.slug}"]
    after = client.get_collection(before.slug)
    assert (after.title, after.slug) == ("Moods", f"acme/moods-{before.slug[-24:]}")
    assert after.position == before.position == 3
    assert [i.item_object_id for i in after.items] == [i.item_object_id for i in before.items]
    assert len(list(client.list_collections(owner="acme"))) == 2


def test_what_this_plan_makes_is_listed_after_it(project: Project, client: HfApi) -> None:
    """A repository is there before the collection that lists it."""
    model = {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "acme/new"}}
    write(project, collection(items=[{"type": "model", "id": "acme/new"}]), model)
    applied(project)
    assert listed(the_one(client)) == [("acme/new", None)]


def test_a_repository_renamed_on_the_hub_stays_the_item_that_it_is(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """The plan says the new name and sends nothing, with the ledger and without; once it is written, it is still ours."""
    items = [{"type": "model", "id": "acme/a"}, {"type": "model", "id": "acme/b"}]
    write(project, collection(items=items))
    applied(project)
    before = [(i.item_object_id, i.item_id) for i in the_one(client).items]
    ledger = json.loads((project.path / ".hfops" / "ledger.json").read_text(encoding="utf-8"))
    entries = ledger["entries"]["Collection/acme/sentiment"]["applied"]["items"]
    assert {(e["_id"], key.removeprefix("model/")) for key, e in entries.items()} == set(before)
    client.move_repo("acme/a", "acme/renamed")
    hub.exchanges.clear()
    applied(project)
    assert writes(hub) == []
    for flags in ((), ("--no-ledger",)):
        ran = project.run("plan", "--detailed-exitcode", *flags)
        assert ran.code == 0, ran.out + ran.err
        assert "model acme/a is called acme/renamed now" in ran.out
    write(project, collection(items=[{"type": "model", "id": "acme/renamed"}, *items[1:]]))
    applied(project)
    assert writes(hub) == []
    assert [i.item_object_id for i in the_one(client).items] == [uid for uid, _ in before]
    write(project, collection(items=items[1:]))
    applied(project)
    assert listed(the_one(client)) == [("acme/b", None)], "it was added by hfops, under its old name"
    keeps_the_contract(hub)


@pytest.mark.parametrize("foreign", [False, True], ids=["ours", "somebody else's"])
def test_an_item_follows_its_repository(project: Project, hub: Sandbox, client: HfApi, foreign: bool) -> None:
    """A rename by the plan moves the item along with its note: the rename is the only call."""
    model = {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "acme/a"}}
    there = {"type": "model", "id": "acme/b"}
    before = [there] if foreign else [there, {"type": "model", "id": "acme/a"}]
    write(project, collection(items=before), model)
    applied(project)
    slug = the_one(client).slug
    if foreign:
        client.add_collection_item(slug, "acme/a", "model")
    (item,) = [i for i in the_one(client).items if i.item_id == "acme/a"]
    client.update_collection_item(slug, item.item_object_id, note="humans wrote this")
    changes = {"moved": [{"from": "Model/acme/a", "to": "Model/acme/renamed"}]}
    write(
        project,
        collection(items=[there, {"type": "model", "id": "acme/renamed"}]),
        {**model, "metadata": {"name": "acme/renamed"}},
        {"apiVersion": "hfops/v1", "kind": "Changes", "spec": changes},
    )
    hub.exchanges.clear()
    applied(project)
    assert writes(hub) == ["POST /api/repos/move"]
    assert listed(the_one(client)) == [("acme/b", None), ("acme/renamed", "humans wrote this")]


def test_a_new_name_that_no_manifest_describes_is_there_before_it_is_listed(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """The rename of what only the ledger knows comes first, and what is listed under the new name after it."""
    model = {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "acme/a"}}
    write(project, model)
    applied(project)
    changes = {"moved": [{"from": "Model/acme/a", "to": "Model/acme/renamed"}]}
    hub.faults.add({"match": {"method": "POST", "path": "/api/repos/move"}, "delay": 0.3})
    write(
        project,
        collection(items=[{"type": "model", "id": "acme/b"}, {"type": "model", "id": "acme/renamed"}]),
        {"apiVersion": "hfops/v1", "kind": "Changes", "spec": changes},
    )
    applied(project)
    assert listed(the_one(client)) == [("acme/b", None), ("acme/renamed", None)]


def test_new_items_find_their_places_whatever_their_spelling(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """An id in another case, a slug with the text of before: both are put before what was there, without a read."""
    other = client.create_collection("Other", namespace="acme", private=True).slug
    client.update_collection_metadata(other, title="Renamed")
    write(project, collection(items=[{"type": "model", "id": "acme/a"}]))
    applied(project)
    odd = [{"type": "model", "id": "ACME/C"}, {"type": "collection", "id": other}]
    write(project, collection(items=[*odd, {"type": "model", "id": "acme/a"}]))
    hub.exchanges.clear()
    applied(project)
    methods = [e.method for e in hub.exchanges]
    first, last = methods.index("POST"), len(methods) - methods[::-1].index("POST")
    assert methods[first:last] == ["POST", "POST", "POST"], "what the additions answered is all that it takes"
    found = client.get_collection(hub.hub.collections.titled("acme", SPEC["title"]).slug)
    assert [i.item_id for i in found.items] == ["acme/c", f"acme/renamed-{other[-24:]}", "acme/a"]


def test_a_title_that_is_given_up_is_free_one_apply_later(project: Project, client: HfApi) -> None:
    """The problem says which one to rename first, and with that done, both are as they are written."""
    write(project, collection("old", items=...))
    applied(project)
    write(project, collection("old", title="Moods", items=...), collection("new"))
    ran = project.run("apply", "--yes", "--allow", "exposure")
    assert ran.code == 1
    assert "rename that one first: hfops apply --target Collection/acme/old" in ran.err
    ran = project.run("apply", "--yes", "--target", "Collection/acme/old")
    assert ran.code == 0, ran.out + ran.err
    applied(project)
    assert {c.title for c in client.list_collections(owner="acme")} == {"Moods", SPEC["title"]}


@pytest.mark.parametrize("lax", [False, True], ids=["titles are unique", "titles are not"])
def test_two_new_ones_of_one_title_are_refused(project: Project, hub: Sandbox, lax: bool) -> None:
    """Nothing is sent: the Hub would refuse one, or the next run could take one for the other."""
    hub.hub.lax_titles = lax
    write(project, collection("one"), collection("two", description="another"))
    ran = project.run("apply", "--yes", "--allow", "exposure")
    assert ran.code == 1
    assert "Collection/acme/two has the title 'Sentiment models', too, and this one is new" in ran.err
    assert writes(hub) == []


@pytest.mark.parametrize("lax", [False, True], ids=["titles are unique", "titles are not"])
@pytest.mark.parametrize("fault", [{"drop-response": True}, {"truncate": True}, {"status": 502, "after": True}],
                         ids=lambda f: next(iter(f)))  # fmt: skip
def test_a_lost_answer_makes_no_second_one(
    project: Project, hub: Sandbox, client: HfApi, fault: dict[str, Any], lax: bool
) -> None:
    """What was created is looked for before anything is sent again; the rest follows in the same run."""
    hub.hub.lax_titles = lax
    hub.faults.add({"match": {"method": "POST", "path": "/api/collections"}, "nth": 1, **fault})
    write(project, collection())
    applied(project)
    assert [w for w in writes(hub) if w == "POST /api/collections"] == ["POST /api/collections"]
    assert len(the_one(client).items) == 3


@pytest.mark.parametrize("lax", [False, True], ids=["titles are unique", "titles are not"])
@pytest.mark.parametrize("title", [SPEC["title"], "Another by now"], ids=["as it was", "edited"])
def test_killed_right_after_the_creation(
    project: Project, hub: Sandbox, trap: Trap, client: HfApi, title: str, lax: bool
) -> None:
    """kill -9 before the answer is in: the next apply finds the one that there is, also under a title of before."""
    hub.hub.lax_titles = lax
    write(project, collection())
    process = start(project, trap)
    process.communicate(timeout=60)
    trap.process = None
    assert trap.sprung
    assert process.returncode == -signal.SIGKILL
    made = the_one(client)
    assert made.title == SPEC["title"]
    write(project, collection(title=title))
    applied(project)
    found = the_one(client)
    assert (found.slug[-24:], found.title) == (made.slug[-24:], title)
    assert len(found.items) == 3
    hub.exchanges.clear()
    write(project, collection(title=title, items=[]))
    applied(project)
    assert the_one(client).items == [], "all of them are known to be ours"


def test_two_of_one_title_are_told_apart_by_a_slug(project: Project, hub: Sandbox, client: HfApi) -> None:
    """The problem names both, and the line to write; with it, the right one is taken."""
    hub.hub.lax_titles = True
    slugs = sorted(client.create_collection(SPEC["title"], namespace="acme").slug for _ in range(2))
    write(project, collection())
    ran = project.run("plan")
    assert ran.code == 1
    assert f"2 collections have the title 'Sentiment models': {slugs[0]}, {slugs[1]}" in ran.err
    assert f"spec.slug: {slugs[0]}" in ran.err
    write(project, collection(slug=slugs[1]))
    applied(project)
    assert len(client.get_collection(slugs[1]).items) == 3
    write(project, collection())
    applied(project)
    assert client.get_collection(slugs[0]).items == [], "the ledger knows which one it is by now"


def test_deleting_asks_first(project: Project, client: HfApi) -> None:
    """Its slug and its upvotes do not come back: destroy wants consent, and then it is gone."""
    write(project, collection())
    applied(project)
    refused = project.run("destroy", "--yes")
    assert refused.code == 3
    assert "data-loss" in refused.err + refused.out
    ran = project.run("destroy", "--yes", "--allow", "data-loss")
    assert ran.code == 0, ran.out + ran.err
    assert list(client.list_collections(owner="acme")) == []


def test_the_example(project: Project, client: HfApi) -> None:
    """What examples/collection promises: validate is quiet, apply makes all three, the second plan is empty."""
    for path in EXAMPLE.iterdir():
        project.write(path.name, path.read_text(encoding="utf-8"))
    checked = project.run("validate")
    assert (checked.code, "warning" in checked.out + checked.err) == (0, False)
    applied(project)
    assert [item for item, _ in listed(the_one(client))] == ["acme/sentiment", "acme/reviews", PAPER]
