"""What an expression sees: every field of the spec before and after, null where nobody knows."""

from __future__ import annotations

import pytest

from hfops.kinds.registry import KINDS
from hfops.model.change import Action
from hfops.model.cost import Bill, Cost
from hfops.model.late import Reference
from hfops.model.plan import Plan
from hfops.review.policies.facts import facts, states
from tests.review.policies.making import change, differs, record, resource


def test_a_creation() -> None:
    """Before: nothing. After: the manifest, and what is set without it."""
    about = resource(gated="auto")
    before, after = states(change(about, Action.CREATE, differs("visibility", None, "private")), about)
    assert set(before.values()) == {None}
    assert (after["visibility"], after["gated"], after["card"]) == ("private", "auto", None)


def test_an_update() -> None:
    """What differs is as it is live before, and as wanted after; what agrees is both."""
    about = resource(visibility="public", gated="auto")
    before, after = states(change(about, Action.UPDATE, differs("visibility", "private", "public")), about)
    assert (before["visibility"], after["visibility"]) == ("private", "public")
    assert (before["gated"], after["gated"]) == ("auto", "auto")


def test_what_is_held_stays() -> None:
    """A difference that is left alone is no news after the plan, either."""
    about = resource(visibility="private")
    made = change(about, Action.NONE, differs("visibility", "public", "private", held="ignored"))
    before, after = states(made, about)
    assert (before["visibility"], after["visibility"]) == ("public", "public")


def test_what_the_hub_does_not_show() -> None:
    """An unverified field is not known before."""
    about = resource(orgMembersGated=True)
    before, after = states(change(about, unverified=(("orgMembersGated",),)), about)
    assert (before["orgMembersGated"], after["orgMembersGated"]) == (None, True)


def test_entries_of_maps() -> None:
    """Variables are as they are live, key by key."""
    about = resource("Space", variables={"A": "1", "B": "2"})
    made = change(
        about, Action.UPDATE, differs("variables/A", None, "1"), differs("variables/B", "0", "2"),
        differs("variables/C", "9", None),
    )  # fmt: skip
    before, after = states(made, about)
    assert before["variables"] == {"B": "0", "C": "9"}
    assert after["variables"] == {"A": "1", "B": "2"}


def test_entries_of_lists() -> None:
    """A list of which an entry differs is not known before: the differences have it."""
    about = resource(tags=[{"name": "v1"}])
    made = change(about, Action.UPDATE, differs("tags/v1", "3f2a91c", "9b01c77"))
    before, after = states(made, about)
    assert before["tags"] is None
    assert after["tags"] == [{"name": "v1", "revision": "main", "message": None}]
    assert facts(made, about, Plan(()))["change"]["differences"][0]["path"] == "spec.tags[v1]"


def test_fields_within_fields() -> None:
    """A dotted field is found where the manifest has it."""
    about = resource("InferenceEndpoint", compute={"scaling": {"minReplica": 2}})
    made = change(
        about, Action.UPDATE, differs("compute.scaling.minReplica", 0, 2), differs("state", None, "running")
    )
    before, after = states(made, about)
    assert before["compute"]["scaling"]["minReplica"] == 0
    assert after["compute"]["scaling"]["minReplica"] == 2
    assert (before["state"], after["state"]) == (None, "running")


@pytest.mark.parametrize("action", [Action.DELETE, Action.FORGET])
def test_what_goes(action: Action) -> None:
    """Before: what was applied last, as far as it is plain. After: nothing."""
    about = resource()
    made = change(about, action, record=record(about, visibility="public", tags={"v1": {}}, gone="x"))
    before, after = states(made, None)
    assert before["visibility"] == "public"
    assert before["tags"] is None
    assert "gone" not in before
    assert set(after.values()) == {None}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_there(kind: str) -> None:
    """Null, where the manifest says nothing, and where only other kinds have it: a rule may be about all kinds."""
    about = resource(kind)
    names = {f.alias or n for k in KINDS.values() for n, f in k.spec.model_fields.items()}
    before, after = states(change(about, Action.CREATE), about)
    assert set(before) == set(after) == names
    assert set(after.values()) == {None}


def test_the_rest() -> None:
    """resource, change and cost."""
    about = resource(name="y", labels={"env": "prod"})
    bill = Bill(Cost(0.0, 1.0), Cost(0.5, 3.0))
    seen = facts(
        change(about, Action.UPDATE, differs("visibility", "private", "public"), bill=bill),
        about,
        Plan((), project="hub", environment="prod"),
    )
    assert seen["resource"] == {
        "address": "Model/acme/y", "kind": "Model", "namespace": "acme", "name": "y", "id": "acme/y",
        "labels": {"env": "prod"}, "preventDestroy": False, "manifest": True, "project": "hub",
        "environment": "prod",
    }  # fmt: skip
    assert (seen["change"]["action"], seen["change"]["fields"]) == ("update", ["spec.visibility"])
    assert seen["cost"]["after"] == {"low": 0.5, "high": 3.0}
    assert (seen["cost"]["increase"], seen["cost"]["known"]) == (2.0, True)
    assert facts(change(about), about, Plan(()))["cost"]["known"] is False


def test_values_by_name_stay_names() -> None:
    """A reference is seen as what it is, never as its value."""
    about = resource("Space", secrets={"T": {"env": "T"}})
    made = change(about, Action.UPDATE, differs("secrets/T", None, Reference(env="T")))
    assert facts(made, about, Plan(()))["change"]["differences"][0]["after"] == {"$reference": {"env": "T"}}
