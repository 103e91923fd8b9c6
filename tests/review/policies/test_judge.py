"""Policies, held against plans: who is meant, what counts as violated, what it does, and until when."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest

from hfops.model.change import Action
from hfops.model.plan import Plan
from hfops.model.resource import Waiver
from hfops.model.source import Mark
from hfops.review.policies.checker import Checker
from hfops.review.policies.judge import judged
from hfops.review.policies.policy import Severity
from tests.review.policies.making import TODAY, change, differs, record, resource, rule, verdict, violates

DAY = timedelta(days=1)
PUBLIC = resource(visibility="public")
PLAIN = change(PUBLIC)
SEEN: dict[str, Any] = {
    "resource": {"labels": {"team": "nlp"}},
    "before": {},
    "after": {"x": 1},
    "change": {},
    "cost": {"after": {"high": 0.1}},
}


@pytest.mark.parametrize(
    ("expression", "denies", "violated"),
    [
        ("after.visibility == 'public'", False, False),
        ("after.visibility == 'public'", True, True),
        ("after.visibility == 'private'", False, True),
        ("after.visibility == 'private'", True, False),
        ("resource.name is string and 'x' in resource.id", True, True),
        ("after.card", True, False),
        ("after.card", False, True),
    ],
)
def test_require_and_deny(expression: str, *, denies: bool, violated: bool) -> None:
    """What is required must hold, what is denied must not; anything that is not empty counts as true."""
    assert violates(rule(expression, denies=denies), PUBLIC, PLAIN) is violated


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("after.visiblity == 'public'", "after has no 'visiblity' (did you mean 'visibility'?)"),
        ("after.card.metadata.license", "null has no field 'metadata'"),
        ("after.visibility > 3", "not supported between"),
        ("cost.after.high / 0", "division by zero"),
        ("''.__class__", "not allowed"),
        ("range(10**9) | list", "stopped: a width or count"),
        ("'x' * 10**9", "stopped: a value of more than 1,000,000"),
        ("after.clear()", "not allowed"),
    ],
)
@pytest.mark.parametrize("denies", [True, False])
def test_what_cannot_be_told_is_violated(expression: str, why: str, *, denies: bool) -> None:
    """An expression that fails, or is stopped, counts as violated either way, and says why."""
    (refusal,) = verdict(rule(expression, denies=denies, message="hm"), PUBLIC, PLAIN).refusals
    assert refusal.reason.startswith("p: hm (could not be told: ")
    assert why in refusal.reason


@pytest.mark.parametrize(
    "expression",
    [
        "('a' * 900000) | wordwrap(1)",
        "range(99999) | map('center', 900000) | map('length') | sum",
        "('a' * 900000) | replace('a', 'b' * 900000)",
        "('a' * 900000).replace('a', 'b' * 900000)",
        "'%*d' % (99999999, 1)",
        "('{0}' * 1000).format('a' * 900000)",
        "[[[[after] * 1000] * 1000] * 1000] | string",
        "(range(99999) | list * 50) | sort",
        "range(99999) | select('in', range(9999) | list) | list",
        "(2 ** 5000) ** 5000",
        "['a' * 900000] * 900000",
        "'x'.join(['a' * 9000] * 9000)",
        "'a'.ljust(5000000)",
    ],
)
def test_bombs(expression: str) -> None:
    """What would take minutes or gigabytes is stopped at once, for all resources of a plan together."""
    checker = Checker(rule(expression, denies=True))
    began = time.process_time()
    for _ in range(500):
        why = checker.violated(SEEN)
        assert why is not None
        assert "could not be told" in why
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "expression",
    [
        "100000 * 100000 == 10000000000",
        "cost.after.high * 730 < 100",
        "'license: mit' in (after.card.template | replace('MIT', 'mit'))",
        "change.differences | selectattr('path', 'equalto', 'spec.x') | list | length == 3000",
        "'spec.x' in change.fields",
        "resource.labels | dictsort | map('first') | join(',') == 'team'",
        "(after.tags or []) | length == 0",
    ],
)
def test_what_rules_do_is_within_the_limits(expression: str) -> None:
    """Also over a long card and over thousands of differences."""
    one = {"path": "spec.x", "op": "change", "before": "a" * 40, "after": "b" * 40, "cause": "change"}
    seen = SEEN | {
        "after": {"card": {"template": "license: MIT " + "x" * 100_000}, "tags": None},
        "change": {"differences": [dict(one) for _ in range(3000)], "fields": ["spec.x"] * 3000},
    }
    assert Checker(rule(expression)).violated(seen) is None


@pytest.mark.parametrize("name", ["env", "vars", "each", "self", "os"])
def test_nothing_else_is_to_be_seen(name: str) -> None:
    """Neither variables nor the machine's environment: the name is not defined."""
    (refusal,) = verdict(rule(f"{name}.HOME"), PUBLIC, PLAIN).refusals
    assert "is not defined" in refusal.reason or "has no" in refusal.reason


def test_one_expression_does_not_tire() -> None:
    """The limit on steps is for one resource, not for all of a plan together."""
    many = [resource(name=f"m{i}", visibility="public") for i in range(60)]
    policy = rule("range(9000) | map('abs') | select | list | length > 0 and after.visibility == 'public'")
    found = judged(Plan(tuple(map(change, many))), {r.address: r for r in many}, [policy], TODAY)
    assert found.refusals == ()


@pytest.mark.parametrize(
    ("match", "meant"),
    [
        ({}, True),
        ({"kinds": ("Model",)}, True),
        ({"kinds": ("Space", "Model")}, True),
        ({"kinds": ("Space",)}, False),
        ({"names": ("acme/*",)}, True),
        ({"names": ("ACME/X",)}, True),
        ({"names": ("other/*", "acme/y")}, False),
        ({"labels": {"tier": "prod"}}, True),
        ({"labels": {"tier": "dev"}}, False),
        ({"labels": {"team": "nlp"}}, False),
        ({"kinds": ("Model",), "names": ("acme/y",)}, False),
    ],
)
def test_who_is_meant(match: dict[str, object], *, meant: bool) -> None:
    """Kind, name and labels must all be as the policy says."""
    about = resource(labels={"tier": "prod"})
    assert violates(rule("false", **match), about, change(about)) is meant


def test_severity() -> None:
    """An error refuses, and names the ways out; a warning is a notice with a stable code."""
    error = verdict(rule("false", message="no"), PUBLIC, PLAIN)
    (refusal,), notices = error.refusals, error.notices
    assert (refusal.code, str(refusal.address), refusal.reason, notices) == (
        "policy", "Model/acme/x", "p: no", (),
    )  # fmt: skip
    assert any("waive: [{policy: p, reason: …, until: …}]" in way for way in refusal.ways)
    warning = verdict(rule("false", message="no", severity=Severity.WARNING), PUBLIC, PLAIN)
    (notice,), refusals = warning.notices, warning.refusals
    assert (notice.code, notice.message, str(notice.address), refusals) == (
        "policy", "p: no", "Model/acme/x", (),
    )  # fmt: skip


def test_without_a_message() -> None:
    """The rule speaks for itself."""
    assert verdict(rule("false"), PUBLIC, PLAIN).refusals[0].reason == "p: require: false"
    assert verdict(rule("true", denies=True), PUBLIC, PLAIN).refusals[0].reason == "p: deny: true"
    longer = rule("after.gated == 'x'")
    assert verdict(longer, PUBLIC, PLAIN).refusals[0].reason == "p: require: `after.gated == 'x'`"


@pytest.mark.parametrize(("days", "holds"), [(-1, False), (0, True), (1, True)])
def test_until(days: int, *, holds: bool) -> None:
    """A policy holds through its last day; after it, that is said once."""
    found = verdict(rule("false", until=TODAY + days * DAY), PUBLIC, PLAIN)
    assert (len(found.refusals), [n.code for n in found.notices]) == (
        (1, []) if holds else (0, ["policy_ended"])
    )


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize(("policy", "days", "waived"), [("p", 0, True), ("p", -1, False), ("q", 9, False)])
def test_a_waiver(severity: Severity, policy: str, days: int, *, waived: bool) -> None:
    """It takes a violation back through its last day, for its own policy, and reports keep saying so."""
    waiver = Waiver(policy, "old contract", TODAY + days * DAY, Mark("m.yaml", 9))
    about = resource(waivers=(waiver,))
    found = verdict(rule("false", severity=severity), about, change(about))
    codes = [n.code for n in found.notices]
    if waived:
        assert (found.refusals, codes) == ((), ["policy_waived"])
        assert "old contract" in found.notices[0].message
    else:
        assert len(found.refusals) + codes.count("policy") == 1
        said = found.refusals[0].reason if found.refusals else found.notices[0].message
        assert ("the waiver at m.yaml:9:1 ended on 2026-06-14" in said) is (days < 0)


@pytest.mark.parametrize(
    ("expression", "held_against"),
    [
        ("after.visibility == 'private'", False),
        ("before.visibility == 'private'", True),
        ("change.action != 'delete'", True),
        ("after.card or change.action == 'none'", True),
        ("resource.name == 'y'", True),
    ],
)
def test_what_goes_away(expression: str, *, held_against: bool) -> None:
    """A rule on what will be says nothing of what is deleted, unless it looks at the change."""
    made = change(PUBLIC, Action.DELETE, record=record(PUBLIC, visibility="public"))
    assert violates(rule(expression), PUBLIC, made) is held_against


def test_a_rise_is_told_from_a_state() -> None:
    """before and after together: what is created public is no rise, what becomes public is."""
    policy = rule("before.visibility == 'private' and after.visibility == 'public'", denies=True)
    assert not violates(policy, PUBLIC, change(PUBLIC, Action.CREATE))
    assert not violates(policy, PUBLIC, PLAIN)
    rises = change(PUBLIC, Action.UPDATE, differs("visibility", "private", "public"))
    assert violates(policy, PUBLIC, rises)


def test_a_freeze() -> None:
    """A rule about the action itself, for a time."""
    freeze = rule("change.action not in ('none',)", denies=True, until=date(2026, 6, 30))
    assert not violates(freeze, PUBLIC, PLAIN)
    assert violates(freeze, PUBLIC, change(PUBLIC, Action.UPDATE))
