"""Finding collections: by id, by title, with how many requests, and what is not concluded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from hfops.engine.view import hub_view
from hfops.hub.config import Settings
from hfops.hub.connection import Connections, open_connections
from hfops.hub.errors import BadAnswer
from hfops.hub.token import Token
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.collection.live import parse_collection
from hfops.kinds.collection.observe import observe_collections
from hfops.kinds.collection.spec import CollectionSpec
from hfops.model.address import Address
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.model.source import Mark
from hfops.sandbox.server import Sandbox
from tests.kinds.collections import papers


def uid(number: int) -> str:
    return f"66aa11bb{number:016x}"


def seed(number: int, title: str | None = None, count: int = 0) -> dict[str, Any]:
    """A collection of acme's that exists."""
    spec = {"title": title or f"Title {number}", "slug": f"acme/t-{uid(number)}"}
    return {
        "kind": "Collection",
        "metadata": {"name": f"acme/c{number}"},
        "spec": {**spec, "items": papers(*range(count))},
    }


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A Hub that holds what the test's parameter says."""
    with Sandbox({"resources": getattr(request, "param", [])}) as sandbox:
        yield sandbox


@pytest.fixture
def connections(hub: Sandbox) -> Iterator[Connections]:
    """To it."""
    settings = Settings.from_env({"HF_ENDPOINT": hub.url})
    with open_connections(settings, Token("hf_sandbox", "test")) as opened:
        yield opened


@pytest.fixture
def view(connections: Connections) -> HubView:
    """Its read side."""
    return hub_view(connections.reader, 2)


def one(number: int, *, known: bool = True, **more: Any) -> Ask:
    """One to look for, by its id or by its title."""
    address = Address.parse(f"Collection/acme/c{number}")
    spec = CollectionSpec.model_validate({"title": f"Title {number}", **more})
    record = Record(address, Origin.CREATED, uid(number), {"title": spec.title}) if known else None
    return Ask(address, Resource(address, spec, Mark("m.yaml")), record)


def look(view: HubView, hub: Sandbox, *asks: Ask) -> tuple[list[Sight], list[str]]:
    """What was seen, and the requests that it took."""
    hub.exchanges.clear()
    found = observe_collections(asks, view)
    paths = [e.path for e in hub.exchanges if not e.path.startswith("/api/whoami")]
    return [found[a.address] for a in asks], sorted(paths)


def listing(limit: int = 100) -> str:
    return f"/api/collections?owner=acme&limit={limit}"


def whole(number: int) -> str:
    return f"/api/collections/acme/title-{number}-{uid(number)}"


@pytest.mark.parametrize("hub", [[seed(n) for n in range(1, 9)]], indirect=True)
def test_few_are_read_one_by_one_and_many_by_the_list(view: HubView, hub: Sandbox) -> None:
    """Up to five known ones take a request each, more take one for all."""
    _, few = look(view, hub, *(one(n) for n in range(1, 6)))
    assert few == [whole(n) for n in range(1, 6)]
    seen, many = look(view, hub, *(one(n) for n in range(1, 7)))
    assert many == [listing()]
    assert [s.live.hub_id for s in seen if s.live] == [uid(n) for n in range(1, 7)]


@pytest.mark.parametrize("hub", [[seed(1), seed(2), seed(3)]], indirect=True)
def test_the_list_that_a_title_needs_serves_the_known_ones_too(view: HubView, hub: Sandbox) -> None:
    """One request finds all three."""
    seen, paths = look(view, hub, one(1), one(2), one(3, known=False))
    assert paths == [listing()]
    assert [s.live.title for s in seen if s.live] == ["Title 1", "Title 2", "Title 3"]


@pytest.mark.parametrize("hub", [[seed(1, count=6), seed(2, count=6), seed(3, count=2)]], indirect=True)
def test_a_whole_collection_is_read_only_where_the_list_lacks_what_is_managed(
    view: HubView, hub: Sandbox
) -> None:
    """A list cuts items to four and leaves out the position: nobody asks further who manages neither."""
    new = {"known": False}
    seen, paths = look(
        view, hub, one(1, items=papers(0), **new), one(2, **new), one(3, items=papers(0), **new)
    )
    assert paths == [whole(1), listing()]
    assert [s.live.items and len(s.live.items) for s in seen if s.live] == [6, None, 2]
    seen, paths = look(view, hub, one(2, position=0, **new))
    assert paths == [whole(2), listing()]
    assert seen[0].live is not None
    assert seen[0].live.position == 0


@pytest.mark.parametrize("hub", [[seed(n, count=6) for n in range(1, 8)]], indirect=True)
def test_no_list_is_read_that_cannot_help(view: HubView, hub: Sandbox) -> None:
    """Where every one has to be read whole, the list would be one request too many."""
    _, paths = look(view, hub, *(one(n, items=papers(*range(6))) for n in range(1, 8)))
    assert paths == [whole(n) for n in range(1, 8)]


@pytest.mark.parametrize("hub", [[seed(n) for n in range(1, 131)]], indirect=True)
def test_a_title_is_looked_for_on_every_page(view: HubView, hub: Sandbox) -> None:
    """Two of one title may be far apart."""
    seen, paths = look(view, hub, one(130, known=False))
    assert len(paths) == 2
    assert seen[0].live is not None
    twin = next(c for c in hub.hub.collections.all.values() if c.uid == uid(1))
    twin.title = "Title 130"
    (sight,), _ = look(view, hub, one(130, known=False))
    assert sight.problem is not None
    assert sight.problem.count("acme/title-130-") == 2
    assert sight.hint == f"say which one is meant: spec.slug: acme/title-130-{uid(1)}"


@pytest.mark.parametrize("hub", [[seed(1, "Same"), seed(2, "Same")]], indirect=True)
def test_the_twin_of_a_known_one_is_free(view: HubView, hub: Sandbox) -> None:
    """Of two of one title, the ledger's is the ledger's, and the other one is found."""
    seen, _ = look(view, hub, one(1, title="Same"), one(9, known=False, title="Same"))
    assert [s.live.hub_id for s in seen if s.live] == [uid(1), uid(2)]


@pytest.mark.parametrize("hub", [[seed(1)]], indirect=True)
def test_what_the_ledger_knows_under_another_name_is_not_adopted(view: HubView, hub: Sandbox) -> None:
    """A new manifest of the same title is told whose it is."""
    orphan = replace(one(1), resource=None)
    (_, sight), _ = look(view, hub, orphan, one(9, known=False, title="Title 1"))
    assert sight.live is None
    assert sight.problem == f"the collection of its title, acme/title-1-{uid(1)}, is Collection/acme/c1"


@pytest.mark.parametrize("hub", [[seed(1, "Meant then"), seed(2, "Title 2")]], indirect=True)
def test_an_interrupted_creation_is_found_by_what_it_was_called(view: HubView, hub: Sandbox) -> None:
    """Before the manifest's title of today; with a record, by its id alone."""
    asked = replace(one(2, known=False), intended={("title",): "Meant then"})
    (sight,), _ = look(view, hub, asked)
    assert sight.live is not None
    assert sight.live.hub_id == uid(1)
    gone = replace(asked, resource=None)
    assert look(view, hub, gone)[0][0].live == sight.live
    (by_id,), _ = look(view, hub, replace(one(2), intended={("title",): "Meant then"}))
    assert by_id.live is not None
    assert by_id.live.hub_id == uid(2)


@pytest.mark.parametrize("hub", [[seed(1, "Another by now")]], indirect=True)
def test_the_text_of_a_slug_does_not_matter(view: HubView, hub: Sandbox) -> None:
    """The ledger keeps the id: a collection that somebody renamed is found with one request."""
    (sight,), paths = look(view, hub, one(1))
    assert paths == [whole(1)]
    assert sight.live is not None
    assert sight.live.title == "Another by now"


@pytest.mark.parametrize("hub", [[seed(1, "Another by now")]], indirect=True)
def test_a_hub_that_wants_the_very_slug_gets_it_from_the_list(view: HubView, hub: Sandbox) -> None:
    """A 404 under a text that was made up is no absence while the list has the id."""
    hub.faults.add({"match": {"path": whole(1)}, "status": 404})
    (sight,), paths = look(view, hub, one(1))
    assert paths == [f"/api/collections/acme/another-by-now-{uid(1)}", whole(1), listing()]
    assert sight.live is not None


@pytest.mark.parametrize("hub", [[seed(1)]], indirect=True)
def test_what_cannot_be_listed_is_not_absent(view: HubView, hub: Sandbox) -> None:
    """A refused list is a problem for whoever is looked for by title, and for nobody else."""
    hub.faults.add({"match": {"path": "/api/collections"}, "status": 403})
    (known, new), _ = look(view, hub, one(1), one(2, known=False))
    assert known.live is not None
    assert new.problem is not None
    assert "cannot be listed" in new.problem


def test_answers_that_cannot_be_compared_with() -> None:
    """A collection without its privacy is not a public one."""
    good = {"slug": f"acme/x-{uid(1)}", "title": "X", "private": False, "items": []}
    assert parse_collection(good).visibility == "public"
    for broken in (
        [], {**good, "private": None}, {**good, "slug": "acme/x"}, {**good, "slug": uid(1)},
        {**good, "items": None}, {**good, "title": ""}, {**good, "items": [{"type": "model", "id": "a/b"}]},
    ):  # fmt: skip
        with pytest.raises(BadAnswer):
            parse_collection(broken)


def test_four_listed_items_may_be_more() -> None:
    """A list's row with four items tells nothing of a fifth; one with three tells all."""
    item = {"_id": uid(2), "type": "paper", "id": "2307.09288", "position": 0}
    row = {"slug": f"acme/x-{uid(1)}", "title": "X", "private": False}
    assert parse_collection({**row, "items": [item] * 4}, listed=True).items is None
    three = parse_collection({**row, "items": [item] * 3}, listed=True).items
    assert three is not None
    assert len(three) == 3
