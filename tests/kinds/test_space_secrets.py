"""Secrets: adopted by name, sent when there is a reason, never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfops.kinds.space.live import LiveSecret
from hfops.model.call import Deferred, jsonable
from hfops.model.change import Cause, Op
from hfops.model.late import Hashed, Reference
from hfops.model.record import Origin, Record
from hfops.model.risk import RiskKind
from tests.kinds.spaces import ADDRESS, KIND, NOW, THEN, live, look

A = {"secrets": {"A": {"env": "TOKEN_A"}}}
OURS = {"hash": "#one", "updatedAt": THEN, "origin": "created"}


def test_a_key_that_is_there_is_adopted_by_name() -> None:
    """Without a ledger entry a live secret is not sent, and is said to be unverified."""
    looked = look(A, live(secrets={"A": THEN}), env={"TOKEN_A": "one"})
    assert looked.calls == ()
    assert looked.compared.unverified == (("secrets", "A"),)
    assert looked.compared.settled["secrets", "A"] == {"origin": Origin.ADOPTED}


def test_a_version_at_adoption_is_noted_and_not_sent() -> None:
    """What the manifest says at adoption is the base for later changes."""
    spec = {"secrets": {"A": {"env": "TOKEN_A", "version": "1"}}}
    looked = look(spec, live(secrets={"A": THEN}))
    assert looked.calls == ()
    assert looked.compared.settled["secrets", "A"] == {"version": "1", "origin": Origin.ADOPTED}


def test_a_missing_key_is_sent_by_name() -> None:
    """The call holds the reference, the ledger will hold its hash and the Hub's date."""
    looked = look(A, live(), env={"TOKEN_A": "one"})
    (call,) = looked.calls
    assert call.body == {"key": "A", "value": Reference(env="TOKEN_A")}
    (difference,) = looked.compared.differences
    assert (difference.op, difference.before) == (Op.ADD, None)
    assert difference.record["hash"] == Hashed(Reference(env="TOKEN_A"))
    assert isinstance(difference.record["updatedAt"], Deferred)
    assert difference.record["origin"] is Origin.CREATED


@pytest.mark.parametrize(
    ("spec", "known", "env", "more", "cause", "note"),
    [
        ({}, {}, {"TOKEN_A": "two"}, {}, Cause.CHANGE, ""),
        ({"version": "2"}, {"version": "1"}, {"TOKEN_A": "one"}, {}, Cause.CHANGE, "version 1 → 2"),
        ({"version": "2"}, {}, {}, {}, Cause.CHANGE, "version 2"),
        ({"description": "new"}, {"description": "old"}, {"TOKEN_A": "one"}, {}, Cause.BOTH, "description"),
        ({}, {}, {"TOKEN_A": "one"}, {"rotates": lambda k: k == "A"}, Cause.CHANGE, "rotation"),
        ({}, {"updatedAt": "2026-04-01T00:00:00Z"}, {"TOKEN_A": "one"}, {}, Cause.DRIFT, "somebody set it"),
        ({}, {"updatedAt": "2026-04-01T00:00:00Z"}, {"TOKEN_A": "two"}, {}, Cause.BOTH, "somebody set it"),
    ],
)
def test_reasons_to_send_again(
    spec: dict[str, Any],
    known: dict[str, Any],
    env: dict[str, str],
    more: dict[str, Any],
    cause: Cause,
    note: str,
) -> None:
    """Another value, version or description, a rotation, and a date newer than ours: each sends, by its cause."""
    wanted = {"secrets": {"A": {"env": "TOKEN_A", **spec}}}
    looked = look(wanted, live(secrets={"A": THEN}), {"secrets": {"A": {**OURS, **known}}}, env=env, **more)
    (difference,) = looked.compared.differences
    assert difference.cause is cause
    assert note in difference.note
    assert looked.sent == ["POST secrets"]


def test_what_is_as_sent_is_left() -> None:
    """The hash and the date of the last time are those of now: nothing to do, and no word about it."""
    looked = look(A, live(secrets={"A": THEN}), {"secrets": {"A": OURS}}, env={"TOKEN_A": "one"})
    assert looked.compared.differences == ()
    assert looked.compared.notes == ()
    assert looked.compared.unverified == ()


def test_what_cannot_be_resolved_is_not_compared() -> None:
    """A reference without a value now is never an error: one note names all such secrets."""
    spec = {"secrets": {"A": {"env": "TOKEN_A"}, "B": {"command": ["op", "read", "x"]}}}
    both = {"A": OURS, "B": OURS}
    looked = look(spec, live(secrets={"A": THEN, "B": THEN}), {"secrets": both})
    assert looked.compared.differences == ()
    assert looked.compared.notes == ("secrets not compared: A (env TOKEN_A), B (command op)",)


def test_an_interrupted_run_is_made_good() -> None:
    """What hfops made and has no hash of may hold an older value: it is sent again."""
    looked = look(A, live(secrets={"A": THEN}), {"secrets": {"A": {"origin": "created"}}})
    (difference,) = looked.compared.differences
    assert "interrupted" in difference.note


def test_send_unverified_sends_what_was_adopted() -> None:
    """--send-unverified takes adopted secrets over; afterwards they have a hash, and are left."""
    looked = look(
        A, live(secrets={"A": THEN}), {"secrets": {"A": {"origin": "adopted"}}}, send_unverified=True
    )
    assert looked.sent == ["POST secrets"]
    settled = look(
        A, live(secrets={"A": THEN}), {"secrets": {"A": OURS}}, env={"TOKEN_A": "one"}, send_unverified=True
    )
    assert settled.calls == ()


@pytest.mark.parametrize(("origin", "sent"), [("created", ["DELETE secrets"]), ("adopted", [])])
def test_a_dropped_key_goes_if_hfops_made_it(origin: str, sent: list[str]) -> None:
    """What hfops made is deleted, at the risk of data loss; what it adopted is released; what it never knew stays."""
    known = {"secrets": {"A": {**OURS, "origin": origin}}}
    looked = look({"secrets": {}}, live(secrets={"A": THEN, "Z": THEN}), known)
    assert looked.sent == sent
    risks = [r.kind for d in looked.compared.differences for r in d.risks]
    assert (RiskKind.DATA_LOSS in risks) is bool(sent)
    assert looked.compared.foreign == (("secrets", "Z"),)
    assert looked.compared.released == (() if sent else (("secrets", "A"),))


def test_an_exclusive_list_deletes_what_others_made() -> None:
    """exclusive makes the manifest the whole truth."""
    looked = look({"secrets": {}, "exclusive": ["secrets"]}, live(secrets={"Z": THEN}))
    assert [c.body for c in looked.calls] == [{"key": "Z"}]


def test_a_static_space_shows_its_secrets() -> None:
    """Each secret sent to a static Space is an exposure, also at creation, and also when the Space becomes static."""
    created = look({**A, "sdk": "static"}, None)
    assert [d.path for d in created.compared.differences if d.risks] == ["spec.secrets[A]"]
    sent = look(A, live("RUNNING", sdk="static", hardware=None))
    assert [r.kind for d in sent.compared.differences for r in d.risks] == [RiskKind.EXPOSURE]


def test_a_description_that_the_manifest_leaves_out_is_kept() -> None:
    """A value is sent with the description that is there: the Hub might drop it else."""
    there = live(secrets={"A": THEN})
    there.secrets["A"] = LiveSecret("Reads the model", THEN)  # type: ignore[index]
    looked = look(A, there, {"secrets": {"A": OURS}}, env={"TOKEN_A": "two"})
    assert looked.calls[0].body["description"] == "Reads the model"  # type: ignore[call-overload,index]


def test_no_value_and_no_hash_is_in_a_plan() -> None:
    """Whatever the difference, its JSON holds names and dates only."""
    known = {"secrets": {"A": {**OURS, "hash": "#canary", "updatedAt": "2026-04-01T00:00:00Z"}}}
    looked = look(A, live(secrets={"A": THEN}), known, env={"TOKEN_A": "canary"})
    told = json.dumps(
        [d.to_json() for d in looked.compared.differences] + [c.to_json() for c in looked.calls]
    )
    assert looked.calls
    assert "canary" not in told


@pytest.mark.parametrize(
    ("known", "date", "expected"),
    [
        ({}, NOW, {"hash": "#one", "origin": "created", "updatedAt": NOW}),
        ({**OURS, "hash": "#old"}, NOW, {"hash": "#one", "origin": "created", "updatedAt": NOW}),
        ({**OURS, "hash": "#old"}, THEN, {**OURS, "hash": "#old"}),
    ],
)
def test_a_doubtful_call_is_told_by_the_date(
    known: dict[str, Any], date: str, expected: dict[str, Any]
) -> None:
    """A date later than the recorded one is that of the call in doubt; else the record stands."""
    record = Record(ADDRESS, Origin.ADOPTED, None, {"secrets": {"A": known}} if known else {})
    meant = {"hash": "#one", "updatedAt": date, "origin": "created"}
    arrived = KIND.arrived(record, ("secrets", "A"), meant, live(secrets={"A": date}))
    assert arrived is not None
    assert arrived.get(("secrets", "A")) == expected


def test_a_secret_that_is_gone_is_forgotten() -> None:
    """Nothing there, nothing remembered; and what was not read tells nothing."""
    record = Record(ADDRESS, Origin.ADOPTED, None, {"secrets": {"A": OURS}})
    gone = KIND.arrived(record, ("secrets", "A"), None, live())
    assert gone is not None
    assert gone.applied["secrets"] == {}
    unread = live()
    object.__setattr__(unread, "secrets", None)
    assert KIND.arrived(record, ("secrets", "A"), None, unread) is None


def test_references_stay_names_in_json() -> None:
    """A body's JSON form names the reference."""
    looked = look(A, live())
    assert jsonable(looked.calls[0].body)["value"] == {"$reference": {"env": "TOKEN_A"}}
