"""Reading for an import: what is complete is kept; what a manifest cannot say is left out, and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hfops.engine.importing.ask import Order, matches
from hfops.engine.importing.grouping import grouped
from hfops.engine.importing.harvest import BATCH, Found, Imported, Lists, harvest
from hfops.engine.importing.judge import Unwritable, judged
from hfops.engine.importing.layout import files, labels_of
from hfops.engine.importing.target import Target
from hfops.hub.errors import Forbidden, HubError, RateLimited
from hfops.kinds.base import HubView
from hfops.kinds.collection.live import LiveCollection, LiveItem
from hfops.kinds.describe import Portrait, Sketch
from hfops.kinds.repo.live import LiveRepo
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address

UID = "66aa11bb22cc33dd44ee55ff"


def everything(_: str) -> bool:
    """Every variable may be read."""
    return True


def repo(name: str, **spec: Any) -> Imported:
    """A model with a spec."""
    return Imported(
        Address("Model", "acme", name), Portrait({"visibility": "public", "gated": False} | spec, None)
    )


def found(name: str, draw: Callable[[Address], Portrait]) -> Found:
    """A model that is about to be drawn."""
    address = Address("Model", "acme", name)
    return Found(address, Sketch(address, None, draw, 1))


def drawn(_: Address) -> Portrait:
    """A plain portrait."""
    return Portrait({"visibility": "public", "gated": False}, LiveRepo("acme/x", None, "public", gated=False))


def failing(error: BaseException) -> Callable[[Address], Portrait]:
    """A look that ends in an error."""

    def draw(_: Address) -> Portrait:
        raise error

    return draw


def refused(kind: type[HubError]) -> HubError:
    """What the Hub answers."""
    return kind("no", status=400)  # type: ignore[call-arg]


@pytest.fixture
def hub() -> HubView:
    """A view without a Hub."""
    return HubView(None, lambda _: True, lambda f, items: [f(i) for i in items], NOWHERE)  # type: ignore[arg-type]


def test_what_is_complete_is_kept_when_the_quota_ends(hub: HubView) -> None:
    """The batch in which it ends counts as far as it came; what follows is not asked for."""
    asked: list[str] = []

    def noted(address: Address) -> Portrait:
        asked.append(address.name)
        return drawn(address)

    some = [found(f"m{i}", noted) for i in range(3 * BATCH)]
    some[BATCH + 1] = found("last", failing(refused(RateLimited)))
    out = harvest(Lists(found=some), everything, hub)
    assert isinstance(out.stopped, RateLimited)
    assert len(out.done) == 2 * BATCH - 1
    assert len(asked) == len(out.done)


def test_what_is_complete_is_kept_at_ctrl_c(hub: HubView) -> None:
    """The batches before it are written."""
    some = [found(f"m{i}", drawn) for i in range(BATCH)] + [found("x", failing(KeyboardInterrupt()))]
    out = harvest(Lists(found=some), everything, hub)
    assert isinstance(out.stopped, KeyboardInterrupt)
    assert len(out.done) == BATCH


def test_one_that_cannot_be_read_does_not_stop_the_others(hub: HubView) -> None:
    """It is named, with the Hub's words."""
    some = [found("a", failing(refused(Forbidden))), found("b", drawn)]
    out = harvest(Lists(found=some), everything, hub)
    assert [str(i.address) for i in out.done] == ["Model/acme/b"]
    assert [str(a) for a in out.failed] == ["Model/acme/a"]
    assert out.stopped is None


def test_a_name_that_no_manifest_can_have_is_said() -> None:
    """Old repositories have names that the rules of today refuse."""
    with pytest.raises(Unwritable, match="--"):
        judged(Address("Model", "acme", "a--b"), drawn(Address("Model", "acme", "a--b")), everything)


def test_values_that_this_version_does_not_know_are_left_out() -> None:
    """A gate of a new sort is a comment, and the rest stays."""
    live = LiveRepo("acme/x", None, "public", gated="by-invitation")
    out = judged(
        Address("Model", "acme", "x"),
        Portrait({"visibility": "public", "gated": "by-invitation"}, live),
        everything,
    )
    assert out.spec == {"visibility": "public"}
    assert out.comments[("gated",)].startswith("left out: ")


def test_what_would_be_changed_at_once_is_left_out() -> None:
    """The plan is the judge: a portrait that is not what is live loses that field."""
    live = LiveRepo("acme/x", None, "private", gated=False)
    out = judged(
        Address("Model", "acme", "x"), Portrait({"visibility": "public", "gated": False}, live), everything
    )
    assert out.spec == {"gated": False}


def collection(**spec: Any) -> Portrait:
    """A collection whose items are as the spec says."""
    items = tuple(LiveItem(f"{i:024}", e["type"], e["id"], i) for i, e in enumerate(spec.get("items", ())))
    live = LiveCollection(f"acme/t-{UID}", UID, spec.get("title", "T"), "public", items=items)
    return Portrait({"title": "T", **spec}, live, {}, ("title",), ("slug", live.id))


def test_an_item_of_an_unknown_sort_does_not_take_the_others_along() -> None:
    """It stays on the Hub, and a comment names it."""
    drawn = collection(items=[{"type": "post", "id": "acme/hello"}, {"type": "model", "id": "acme/x"}])
    out = judged(Address("Collection", "acme", "t"), drawn, everything)
    assert out.spec["items"] == [{"type": "model", "id": "acme/x"}]
    assert "post acme/hello" in out.comments[("items",)]


def test_what_cannot_be_found_by_its_title_is_pinned() -> None:
    """A title that cannot be written leaves the slug."""
    out = judged(Address("Collection", "acme", "t"), collection(title="t" * 61), everything)
    assert out.spec["slug"] == f"acme/t-{UID}"
    assert "title" not in out.spec


def test_a_variable_that_may_not_be_read_is_not_named() -> None:
    """The comment has the line to add."""
    live = LiveRepo("acme/x", None, "public", gated=False)
    drawn = Portrait({"visibility": "public"}, live, reads_env={("visibility",): "WHO"})
    out = judged(Address("Model", "acme", "x"), drawn, lambda _: False)
    assert out.spec == {}
    assert "references: {env: [WHO]}" in out.comments[("visibility",)]


@pytest.mark.parametrize(
    ("glob", "hit"),
    [
        ("bert-*", True),
        ("acme/bert-*", True),
        ("Model/acme/bert-*", True),
        ("Dataset/acme/*", False),
        ("other/*", False),
    ],
)
def test_globs_are_of_names_or_addresses(glob: str, hit: bool) -> None:
    """One part is a name, two are with the namespace, three with the kind."""
    assert matches(Address("Model", "acme", "BERT-base"), glob) is hit


def test_groups_that_differ_have_files_that_differ() -> None:
    """Whatever their names are made of; what is in none has a file, too."""
    order = Order((Target("acme"),), split="group")
    some = [
        repo("a", resourceGroup="x/y"),
        repo("b", resourceGroup="x y"),
        repo("c"),
        repo("d", resourceGroup="ungrouped"),
    ]
    assert [f.stem for f in files(some, order)] == ["ungrouped", "ungrouped-2", "x-y", "x-y-2"]


def test_each_of_several_namespaces_has_a_folder() -> None:
    """One namespace alone has none."""
    several = Order((Target("acme"), Target("CON")))
    assert [f.stem for f in files([repo("a")], several)] == ["acme/models"]
    assert [f.stem for f in files([repo("a")], Order((Target("acme"),)))] == ["models"]


def test_labels_come_from_fields() -> None:
    """A field that is not there gives none."""
    wanted = (
        ("team", "resourceGroup"),
        ("seen", "visibility"),
        ("what", "kind"),
        ("x", "card.metadata"),
        ("gate", "gated"),
    )
    one = repo("a", resourceGroup="nlp")
    assert labels_of(one, wanted) == {"team": "nlp", "seen": "public", "what": "Model", "gate": "false"}


def test_what_most_have_is_said_once() -> None:
    """Where one has no such field, or too few share it, nothing is said: it would be managed from then on."""
    some = [repo("a", resourceGroup="x"), repo("b"), repo("c"), repo("d", gated="manual")]
    lean, defaults = grouped(some, [], [])
    assert [one.portrait.spec for one in lean] == [{"resourceGroup": "x"}, {}, {}, {"gated": "manual"}]
    (only,) = defaults
    assert only.text == (
        "apiVersion: hfops/v1\nkind: Defaults\nmatch:\n  kind: Model\n  name: acme/*\n"
        "spec:  # what most of 4 have; a manifest that says something else wins\n  visibility: public\n  gated: false\n"
    )
    assert grouped(some[:2], [], [])[1] == []
