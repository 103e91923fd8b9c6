"""A collection's manifest: what can be written, and what is wrong offline."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.collection.slug import made_at, parse_slug, tail
from hfops.kinds.collection.spec import CollectionSpec
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.model.address import Address
from tests.kinds.collections import KIND, UID, ask


def problems(**spec: Any) -> list[str]:
    """What the schema has to say, without the place."""
    found = bind(CollectionSpec, Document("m.yaml", 0, {"spec": {"title": "X", **spec}}), ("spec",))
    return [str(p).split(": ", 1)[1] for p in found] if isinstance(found, list) else []


@pytest.mark.parametrize(
    ("field", "at_most"), [("title", 60), ("description", 150)]
)  # fmt: skip
def test_limits_of_texts(field: str, at_most: int) -> None:
    """As long as the Hub allows, and no longer."""
    assert problems(**{field: "x" * at_most}) == []
    (said,) = problems(**{field: "x" * (at_most + 1)})
    assert f"at most {at_most} characters" in said


def test_limits_count_what_is_sent() -> None:
    """A block of YAML ends with a line end, which is not sent and does not count; the count that is told is of the rest."""
    assert problems(description="x" * 150 + "\n") == []
    assert problems(items=[{"type": "model", "id": "acme/x", "note": "\n" + "x" * 500 + "\n"}]) == []
    (said,) = problems(description="x" * 151 + "\n")
    assert said.endswith("spec.description: expected at most 150 characters, found 151")
    (title,) = problems(title="x" * 60 + "\n")
    assert "spaces at an end of a title" in title, "and not its length"


def test_the_limit_of_a_note() -> None:
    """500 characters, at the item's own line."""
    item = {"type": "model", "id": "acme/x"}
    assert problems(items=[{**item, "note": "x" * 500}]) == []
    (said,) = problems(items=[{**item, "note": "x" * 501}])
    assert said.startswith("spec.items[0].note: expected at most 500 characters")


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("model", "acme/x"),
        ("model", "gpt2"),
        ("dataset", "squad"),
        ("space", "acme/demo"),
        ("bucket", "acme/cache"),
        ("paper", "2307.09288"),
        ("paper", "hep-th/9901001"),
        ("collection", f"acme/x-{UID}"),
        ("collection", f"acme/{UID}"),
    ],
)
def test_good_ids(kind: str, target: str) -> None:
    """What each type of item is called on the Hub."""
    assert problems(items=[{"type": kind, "id": target}]) == []


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("model", "acme/x/y", "expected namespace/name"),
        ("model", "acme/--", "holds '--'"),
        ("space", "demo", "expected namespace/name"),
        ("bucket", "cache", "expected namespace/name"),
        ("paper", "2307.09288v2", "without its version"),
        ("paper", "https://arxiv.org/abs/2307.09288", "an arXiv id"),
        ("collection", "acme/x", "expected a slug"),
        ("collection", f"x-{UID}", "expected a slug"),
    ],
)
def test_bad_ids(kind: str, target: str, said: str) -> None:
    """What cannot be the id of anything of that type is said at the id."""
    (found,) = problems(items=[{"type": kind, "id": target}])
    assert found.startswith("spec.items[0].id: bad id")
    assert said in found


def test_a_paper_written_as_a_number_is_told_to_be_quoted() -> None:
    """YAML takes 2307.09288 for a number."""
    (found,) = problems(items=[{"type": "paper", "id": 2307.09288}])
    assert "expected a string, found the number 2307.09288" in found


@pytest.mark.parametrize("title", [" x", "x ", "x\n"])
def test_titles_have_no_spaces_at_their_ends(title: str) -> None:
    """The Hub may not keep them, and then the title would never be found."""
    (found,) = problems(title=title)
    assert "spaces at an end of a title" in found


@pytest.mark.parametrize(
    "gating",
    [False, "auto", "manual", {"mode": "auto"}, {"mode": "manual"},
     {"mode": "manual", "notifications": {"mode": "bulk", "email": "a@acme.example"}}],
)  # fmt: skip
def test_forms_of_gating(gating: Any) -> None:
    """The API's forms and their words."""
    assert problems(gating=gating) == []


def test_bad_gating() -> None:
    """Notifications are for manual; an address must be one."""
    (auto,) = problems(gating={"mode": "auto", "notifications": {"mode": "bulk"}})
    assert "spec.gating.notifications: notifications with mode: auto" in auto
    assert problems(gating={"mode": "manual", "notifications": {"email": "nobody"}})
    assert problems(gating=True)


def test_slugs() -> None:
    """A pin is the slug, its part behind the slash, or the id alone."""
    for text in (f"acme/x-{UID}", f"x-{UID}", UID, UID.upper()):
        found = parse_slug(text)
        assert found is not None
        assert found.id == UID
        assert problems(slug=text) == []
    for text in ("x", f"{UID}0", f"a/b/{UID}", f"acme/ x-{UID}"):
        (said,) = problems(slug=text)
        assert "is no slug" in said


def test_the_text_of_a_slug_is_made_up_where_it_is_not_known() -> None:
    """The Hub goes by the id; the text is the title's, as well as it can be guessed."""
    assert tail(UID, None, "My  Models!") == f"my-models-{UID}"
    assert tail(UID, "old", "My Models") == f"old-{UID}"
    assert tail(UID, None, "…") == tail(UID, None, None) == f"collection-{UID}"


def test_an_id_tells_when_it_was_made() -> None:
    """Its first eight digits are seconds."""
    made = made_at("65920080" + "0" * 16)
    assert made is not None
    assert made.isoformat() == "2024-01-01T00:00:00+00:00"


def test_what_a_collection_refers_to() -> None:
    """Repositories are made before they are listed; papers, buckets and other collections are nobody's here."""
    items = [
        {"type": "model", "id": "acme/a"},
        {"type": "dataset", "id": "acme/b"},
        {"type": "space", "id": "acme/c"},
        {"type": "model", "id": "gpt2"},
        {"type": "paper", "id": "2307.09288"},
        {"type": "bucket", "id": "acme/d"},
        {"type": "collection", "id": f"acme/e-{UID}"},
    ]
    resource = ask(items=items).resource
    assert resource is not None
    assert [str(a) for a in KIND.refers(resource)] == ["Model/acme/a", "Dataset/acme/b", "Space/acme/c"]


def test_names() -> None:
    """The namespace is the Hub's, the name hfops's own."""
    assert KIND.bad_name(Address.parse("Collection/acme/short-name")) is None
    assert KIND.bad_name(Address.parse("Collection/-acme/x")) is not None
    assert KIND.bad_name(Address.parse("Collection/acme/a b")) is not None


def test_a_slug_without_a_title_is_enough() -> None:
    """What is pinned need not manage its title."""
    resource = ask(title=None, slug=UID).resource
    assert resource is not None
    assert list(KIND.check(resource, None)) == []  # type: ignore[arg-type]
