"""Revisions: deployed as the commit that the text names when the text changes, and told when it moves."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.endpoint.revision import COMMITS, FOREIGN
from hfops.model.call import Deferred
from hfops.model.change import Cause
from tests.kinds.endpoints import NEW, OTHER, SHA, Looked, live, look, merged

THIRD = "c" * 40
KEY = ("model.revision",)


def compare(
    text: str,
    names: str | None,
    known: Any = None,
    *,
    follow: bool = False,
    there: str | None = SHA,
    **more: Any,
) -> Looked:
    """A revision compared; ``names`` is the commit that it names now, ``known`` the ledger's word."""
    applied = None if known is None else {"model.revision": {"revision": known[0], "commit": known[1]}}
    spec = {"model": {"revision": text, "follow": follow, **more.pop("model", {})}}
    facts = more.pop("facts", {COMMITS: {text: names}})
    return look(spec, live(model={"revision": there}), applied, facts)


def test_the_recorded_commit_is_no_drift() -> None:
    """The live commit is the one that was deployed for this text."""
    found = compare("v1.0", SHA, ("v1.0", SHA))
    assert found.paths == []
    assert found.compared.notes == ()


def test_a_ref_that_moved_is_told_and_not_deployed() -> None:
    """Nobody's endpoint moves because main did."""
    found = compare("v1.0", OTHER, ("v1.0", SHA))
    assert found.paths == []
    assert found.compared.notes == (f"v1.0 moved {SHA[:7]} → {OTHER[:7]}, not deployed",)
    assert found.compared.settled[KEY] == {"revision": "v1.0", "commit": SHA}


def test_a_ref_that_moved_is_deployed_where_it_is_followed() -> None:
    """With follow: true the plan shows both commits, and sends the new one."""
    found = compare("v1.0", OTHER, ("v1.0", SHA), follow=True)
    assert found.only.before == {"revision": "v1.0", "commit": SHA}
    assert found.only.after == {"revision": "v1.0", "commit": OTHER}
    assert (found.only.cause, found.only.note) == (Cause.CHANGE, "v1.0 moved")
    assert found.body == {"model": {"revision": OTHER}}


def test_another_text_deploys_what_it_names_now() -> None:
    """And the same commit under another name is no change."""
    found = compare("v2.0", OTHER, ("v1.0", SHA))
    assert found.only.cause is Cause.CHANGE
    assert found.body == {"model": {"revision": OTHER}}
    assert compare("v2.0", SHA, ("v1.0", SHA)).paths == []


def test_what_somebody_else_deployed_is_drift() -> None:
    """The recorded commit is put back; what the text names meanwhile is fine, too."""
    found = compare("v1.0", THIRD, ("v1.0", OTHER))
    assert (found.only.cause, found.body) == (Cause.DRIFT, {"model": {"revision": OTHER}})
    assert compare("v1.0", SHA, ("v1.0", OTHER)).paths == []
    followed = compare("v1.0", THIRD, ("v1.0", OTHER), follow=True)
    assert followed.body == {"model": {"revision": THIRD}}


def test_an_adopted_endpoint_agrees_where_its_commit_is_the_one_named() -> None:
    """Else the manifest's is deployed; where nobody can tell, it is not compared."""
    assert compare("main", SHA).paths == []
    assert compare("main", OTHER).only.cause is Cause.NEW
    unknown = compare("main", None, facts={})
    assert unknown.paths == []
    assert unknown.compared.unverified == (KEY,)


def test_a_full_commit_needs_no_look() -> None:
    """It is what it is."""
    assert compare(SHA.upper(), None, facts={}).paths == []
    assert compare(OTHER, None, facts={}).body == {"model": {"revision": OTHER}}


def test_a_service_that_reads_the_text_back() -> None:
    """That a branch is resolved on read is not confirmed."""
    assert compare("main", SHA, there="main").paths == []


def test_a_ref_that_is_made_in_the_same_plan_is_read_while_applying() -> None:
    """The repository is there, the tag not yet."""
    found = compare("v2.0", None, ("v1.0", SHA))
    later = found.body["model"]["revision"]
    assert later == Deferred(
        "commit of v2.0 of openai-community/gpt2", "/api/models/openai-community/gpt2/revision/v2.0", ("sha",)
    )  # fmt: skip
    assert found.only.record == {"revision": "v2.0", "commit": later}


def test_a_new_endpoint_of_a_repository_out_of_sight() -> None:
    """Somebody else's repository may be seen by the service: the text is sent, and the plan says so."""
    spec = merged(NEW, {"model": {"revision": "v1.0"}, "type": "private"})
    found = look(spec, None, facts={FOREIGN: True})
    assert found.body["model"]["revision"] == "v1.0"
    assert found.compared.notes == (
        "the Hub does not show openai-community/gpt2 to this token: v1.0 is sent as it is",
    )
    record = next(d.record for d in found.acting if d.key == KEY)
    assert record == {"revision": "v1.0", "commit": None}
    assert compare("v1.0", None, ("v1.0", None), facts={FOREIGN: True}).paths == []


def test_of_main_the_service_takes_the_newest_where_nobody_says_more() -> None:
    """A repository of ours that is not there yet: null means the newest commit of main, which is what is meant."""
    spec = merged(NEW, {"model": {"revision": "main"}})
    assert look(spec, None, facts={}).body["model"]["revision"].optional
    tagged = merged(NEW, {"model": {"revision": "v1.0"}})
    assert not look(tagged, None, facts={}).body["model"]["revision"].optional


def test_another_repository_out_of_sight() -> None:
    """Its commit is not the old one's: the text is sent, and the service's own word is taken for it."""
    spec = {"model": {"repository": "other/thing", "revision": "v1.0"}}
    for applied in ({}, {"model.revision": {"revision": "v1.0", "commit": SHA}}):
        found = look(spec, live(), applied, {FOREIGN: True})
        assert found.body == {"model": {"repository": "other/thing", "revision": "v1.0"}}
        record = next(d.record for d in found.acting if d.key == KEY)
        assert record == {"revision": "v1.0", "commit": None}


@pytest.mark.parametrize("text", [None, "main"])
def test_another_repository_takes_its_own_commit(text: str | None) -> None:
    """The commit that is kept is not in it: main's is sent along, also where no revision is named."""
    model = {"repository": "acme/other", **({"revision": text} if text else {})}
    applied = {"model.revision": {"revision": "main", "commit": SHA}} if text else {}
    found = look({"model": model}, live(), applied, {COMMITS: {"main": OTHER}})
    assert found.body == {"model": {"repository": "acme/other", "revision": OTHER}}
