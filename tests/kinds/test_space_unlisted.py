"""Lists of a Space that the Hub does not show to the token: the ledger stands in, and the calls are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hfops.kinds.base import UNLISTED
from hfops.kinds.space.live import LiveSpace, parse_secrets, parse_variables
from hfops.model.change import Cause, Op
from hfops.model.record import Origin, Record
from hfops.model.risk import RiskKind
from tests.kinds.spaces import ADDRESS, KIND, THEN, Looked, live, look

SECRET = {"hash": "#one", "updatedAt": THEN, "origin": "created"}
KNOWN: dict[str, Any] = {
    "secrets": {"A": SECRET, "B": {"origin": "adopted"}, "OLD": SECRET},
    "variables": {
        "V": {"value": "1", "origin": "created"},
        "R": {"hash": "#one", "origin": "created"},
        "OLD": {"value": "x", "origin": "created"},
    },
}
KEPT: dict[str, Any] = {
    "secrets": {"A": {"env": "ONE"}, "B": {"env": "TWO"}, "OLD": {"env": "ONE"}},
    "variables": {"V": "1", "R": {"env": "ONE"}, "OLD": "x"},
}
ENV = {"ONE": "one", "TWO": "two"}
SPECS: dict[str, dict[str, Any]] = {
    "nothing": KEPT,
    "an added secret": {"secrets": {**KEPT["secrets"], "NEW": {"env": "TWO"}}},
    "another value": {"secrets": {**KEPT["secrets"], "A": {"env": "TWO"}}},
    "a version": {"secrets": {**KEPT["secrets"], "A": {"env": "ONE", "version": "2"}}},
    "a version of an adopted one": {"secrets": {**KEPT["secrets"], "B": {"env": "TWO", "version": "2"}}},
    "a description": {"secrets": {**KEPT["secrets"], "A": {"env": "ONE", "description": "For A"}}},
    "dropped secrets": {"secrets": {"A": {"env": "ONE"}}},
    "no secret left": {"secrets": {}},
    "an exclusive list": {"secrets": {"A": {"env": "ONE"}}, "exclusive": ["secrets"]},
    "an added variable": {"variables": {**KEPT["variables"], "NEW": "1"}},
    "another variable": {"variables": {**KEPT["variables"], "V": "2"}},
    "another referred value": {"variables": {**KEPT["variables"], "R": {"env": "TWO"}}},
    "written out": {"variables": {**KEPT["variables"], "R": "two"}},
    "by reference": {"variables": {**KEPT["variables"], "V": {"env": "TWO"}}},
    "described": {"variables": {**KEPT["variables"], "R": {"value": {"env": "ONE"}, "description": "For R"}}},
    "dropped variables": {"variables": {}},
}


def seen() -> LiveSpace:
    """The Space as a token that may list everything sees it: just as the ledger has it."""
    secrets = dict.fromkeys(("A", "B", "OLD"), THEN)
    return live(secrets=secrets, variables={"V": "1", "R": "one", "OLD": "x"})


def unseen(
    spec: dict[str, Any], applied: dict[str, Any] | None, *, there: LiveSpace | None = None, **asked: Any
) -> Looked:
    """The comparison by a token that may list neither secrets nor variables."""
    found = replace(there or seen(), secrets=None, variables=None)
    return look(spec, found, applied, {UNLISTED: ("secrets", "variables")}, **asked)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("env", [ENV, {}], ids=["known", "not known"])
def test_the_calls_are_those_of_a_token_that_may_list(spec: dict[str, Any], env: dict[str, str]) -> None:
    """Where nobody else was at work, not being shown the lists changes no call, cause, record or risk."""
    one, other = look(spec, seen(), KNOWN, env=env), unseen(spec, KNOWN, env=env)
    assert other.calls == one.calls

    def told(looked: Looked) -> list[Any]:
        return [(d.key, d.op, d.cause, d.record, d.risks) for d in looked.compared.differences]

    assert told(other) == told(one)
    assert other.compared.settled == one.compared.settled
    assert other.compared.released == one.compared.released
    assert (one.calls == ()) is (spec is KEPT) or not env


@pytest.mark.parametrize("listing", ["secrets", "variables"])
def test_it_is_said(listing: str) -> None:
    """The change notes which list the token may not see, and the other is compared as ever."""
    found = replace(seen(), **{listing: None})
    looked = look(KEPT, found, KNOWN, {UNLISTED: (listing,)}, env=ENV)
    assert looked.compared.notes == (f"this token may not list its {listing}: compared with the ledger only",)
    assert looked.calls == ()


def test_nothing_is_said_of_lists_that_the_manifest_does_not_name() -> None:
    """A look that was refused and does not matter is not worth a word."""
    assert unseen({"hardware": "cpu-basic"}, KNOWN).compared.notes == ()


def test_what_nobody_knows_is_adopted_by_name() -> None:
    """Without a record nothing is sent, and all is unverified; the ledger learns names, and claims no value."""
    spec = {"secrets": {"A": {"env": "ONE"}}, "variables": {"V": {"value": "1", "description": "For V"}}}
    looked = unseen(spec, None, env=ENV)
    assert looked.calls == ()
    assert looked.compared.unverified == (("variables", "V"), ("secrets", "A"))
    assert looked.compared.settled["secrets", "A"] == {"origin": Origin.ADOPTED}
    kept = {"secrets": {"A": {"origin": "adopted"}}, "variables": {"V": {"origin": "adopted"}}}
    assert unseen(spec, kept, env=ENV).calls == ()
    later = look(spec, live(variables={"V": "2"}), kept, env=ENV)
    assert [(d.path, d.op) for d in later.compared.differences] == [
        ("spec.variables[V]", Op.CHANGE),
        ("spec.secrets[A]", Op.ADD),
    ]


def test_what_nobody_knows_is_sent_when_asked_for() -> None:
    """--send-unverified sends both lists, --rotate secrets."""
    spec = {"secrets": {"A": {"env": "ONE"}}, "variables": {"V": "1"}}
    assert unseen(spec, None, env=ENV, send_unverified=True).sent == ["POST variables", "POST secrets"]
    assert unseen(spec, None, env=ENV, rotates=lambda _: True).sent == ["POST secrets"]


@pytest.mark.parametrize("known", [{}, {"A": SECRET}], ids=["first", "another"])
def test_a_new_secret_of_an_adopted_space_may_be_there(known: dict[str, Any]) -> None:
    """It is planned, so that apply finds it reviewed; the plan says what becomes of one that is there."""
    spec = {"secrets": {**{name: {"env": "ONE"} for name in known}, "NEW": {"env": "TWO"}}}
    looked = unseen(spec, {"secrets": known} if known else {}, env=ENV)
    assert looked.sent == ["POST secrets"]
    said = looked.compared.notes[1]
    assert said.startswith("secrets that may be there already: NEW (")
    assert "written over by one that may not" in said
    assert [d.cause for d in looked.compared.differences] == [Cause.NEW]


def test_nothing_is_said_to_be_left_where_nothing_is_new() -> None:
    """The ledger knows every name: there is nothing to be found there."""
    looked = unseen({"secrets": {"A": {"env": "TWO"}}, "variables": {"V": "2"}}, KNOWN, env=ENV)
    assert not [note for note in looked.compared.notes if "may be there already" in note]


@pytest.mark.parametrize("listing", ["secrets", "variables"])
def test_a_description_of_somebody_elses_goes_along_either_way(listing: str) -> None:
    """The ledger keeps the description that it saw: the next value is sent with it by any token."""
    there = seen()
    entries = getattr(there, listing)
    name, spec = ("A", {"env": "ONE"}) if listing == "secrets" else ("V", "1")
    described = {**entries, name: replace(entries[name], description="Somebody's")}
    there = replace(there, **{listing: described})
    settled = look({listing: {name: spec}}, there, KNOWN, env=ENV).compared.settled[listing, name]
    known = {listing: {name: settled}}
    changed = {listing: {name: {"env": "TWO"} if listing == "secrets" else "2"}}
    one, other = look(changed, there, known, env=ENV), unseen(changed, known, there=there, env=ENV)
    assert one.calls == other.calls
    assert one.calls[0].body["description"] == "Somebody's"  # type: ignore[call-overload,index]
    (difference,) = one.compared.differences
    assert difference.record["description"] == "Somebody's"


@pytest.mark.parametrize("listing", ["secrets", "variables"])
@pytest.mark.parametrize(
    "recorded", [{}, {"description": ""}], ids=["none recorded", "an empty one recorded"]
)
def test_an_empty_description_is_none(listing: str, recorded: dict[str, str]) -> None:
    """Whether the Hub shows none or an empty one, and whatever the ledger keeps: the next value's call is the same."""
    there = seen()
    shown = {k: {"value": "1", "description": "", "updatedAt": THEN} for k in getattr(there, listing)}
    parse = parse_secrets if listing == "secrets" else parse_variables
    there = replace(there, **{listing: parse(shown)})
    name, value = ("A", {"env": "TWO"}) if listing == "secrets" else ("V", "2")
    known = {listing: {name: KNOWN[listing][name] | recorded}}
    spec = {listing: {name: value}}
    one, other = look(spec, there, known, env=ENV), unseen(spec, known, there=there, env=ENV)
    assert one.calls
    assert one.calls == other.calls


def test_a_space_that_becomes_static_may_have_secrets() -> None:
    """What is not shown may hold anything: becoming static is an exposure."""
    looked = unseen({"sdk": "static"}, {"sdk": "gradio"})
    assert RiskKind.EXPOSURE in {r.kind for d in looked.compared.differences for r in d.risks}


def test_what_is_not_shown_tells_nothing_of_an_interrupted_run() -> None:
    """Whether a call in doubt arrived stays open: the ledger's own word is no proof."""
    record = Record(ADDRESS, Origin.ADOPTED, None, KNOWN)
    hidden = replace(seen(), secrets=None, variables=None)
    assert KIND.arrived(record, ("secrets", "A"), SECRET, hidden) is None
    assert KIND.arrived(record, ("variables", "V"), {"value": "1"}, hidden) is None
