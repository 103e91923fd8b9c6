"""What counts as looser, and what does not: stricter, elsewhere, over, or said in other words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.model.address import Address
from hfops.review.loosened import loosened
from hfops.review.policies.recommended import RECOMMENDED
from hfops.review.rules import Rules
from hfops.review.wider import beyond, outlasts, within
from tests.review.ruling import (
    LATER,
    PAST,
    REPORT,
    SOON,
    TODAY,
    allow,
    ignoring,
    model,
    moved,
    removed,
    rules,
    waived,
)

P = {"name": "p", "deny": "after.visibility == 'public'"}
ALL = [{"use": "recommended"}]
ONE_OFF = [{"use": "recommended", "except": [RECOMMENDED[0].id]}]
ERRORS = [{"use": "recommended", "severity": "error", "except": [p.id for p in RECOMMENDED[1:]]}]

CASES: list[tuple[str, Rules, Rules, list[str]]] = [
    ("a policy removed", rules(policies=[P]), rules(), ["policy_removed"]),
    ("a policy added", rules(), rules(policies=[P]), []),
    ("another expression", rules(policies=[P]), rules(policies=[P | {"deny": "false"}]), ["policy_changed"]),
    ("require for deny", rules(policies=[P]), rules(policies=[{"name": "p", "require": P["deny"]}]), ["policy_changed"]),
    ("another match", rules(policies=[P]), rules(policies=[P | {"match": {"kind": "Model"}}]), ["policy_changed"]),
    ("labels in a match", rules(policies=[P]), rules(policies=[P | {"match": {"labels": {"a": "b"}}}]), ["policy_changed"]),
    ("other words", rules(policies=[P]), rules(policies=[P | {"message": "no", "deny": f" {P['deny']}\n"}]), []),
    ("only a warning", rules(policies=[P]), rules(policies=[P | {"severity": "warning"}]), ["policy_lowered"]),
    ("an error now", rules(policies=[P | {"severity": "warning"}]), rules(policies=[P]), []),
    ("an end", rules(policies=[P]), rules(policies=[P | {"until": SOON}]), ["policy_ends_earlier"]),
    ("earlier", rules(policies=[P | {"until": LATER}]), rules(policies=[P | {"until": SOON}]), ["policy_ends_earlier"]),
    ("later", rules(policies=[P | {"until": SOON}]), rules(policies=[P | {"until": LATER}]), []),
    ("one that ended", rules(policies=[P | {"until": PAST}]), rules(), []),
    ("the shipped set off", rules(), rules(policies=[{"use": "recommended", "severity": "off"}]), ["recommended_off"]),
    ("one of it off", rules(policies=ALL), rules(policies=ONE_OFF), ["policy_removed"]),
    ("the set only warns", rules(policies=ERRORS), rules(), ["policy_lowered"]),
    ("the set said", rules(), rules(policies=ALL), []),
    ("maxDeletes up", rules(safety={"maxDeletes": 1}), rules(safety={"maxDeletes": 2}), ["max_deletes_raised"]),
    ("maxDeletes dropped", rules(safety={"maxDeletes": 1}), rules(), ["max_deletes_raised"]),
    ("maxDeletes down", rules(), rules(safety={"maxDeletes": 0}), []),
    ("percent up", rules(), rules(safety={"maxDeletePercent": 25.5}), ["max_delete_percent_raised"]),
    ("increase up", rules(safety={"maxHourlyIncrease": 1}), rules(safety={"maxHourlyIncrease": 2}), ["max_hourly_increase_raised"]),
    ("increase dropped", rules(safety={"maxHourlyIncrease": 0}), rules(), ["max_hourly_increase_raised"]),
    ("increase set", rules(), rules(safety={"maxHourlyIncrease": 9}), []),
    ("hosts widened", rules(safety={"webhookHosts": ["a.x"]}), rules(safety={"webhookHosts": ["*.x"]}), ["webhook_hosts_widened"]),
    ("hosts narrowed", rules(safety={"webhookHosts": ["*.x"]}), rules(safety={"webhookHosts": ["A.x", "*.y.x"]}), []),
    ("hosts dropped", rules(safety={"webhookHosts": []}), rules(), ["webhook_hosts_widened"]),
    ("hosts trusted", rules(), rules(safety={"webhookHosts": ["a.x"]}), ["webhook_hosts_widened"]),
    ("no host trusted", rules(), rules(safety={"webhookHosts": []}), []),
    ("variables", rules(references={"env": ["APP_*"]}), rules(references={"env": ["APP_A", "CI"]}), ["references_widened"]),
    ("variables' case", rules(references={"env": ["APP"]}), rules(references={"env": ["app"]}), ["references_widened"]),
    ("fewer variables", rules(references={"env": ["APP_*"]}), rules(references={"env": ["APP_A"]}), []),
    ("unmanaged", rules(unmanaged="fail"), rules(unmanaged="report"), ["unmanaged_lowered"]),
    ("unmanaged, stricter", rules(unmanaged="report"), rules(unmanaged="fail"), []),
    ("prune", rules(), rules(prune=True), ["prune_on"]),
    ("no prune", rules(prune=True), rules(), []),
    ("another ledger", rules(), rules(ledger="file://other.json"), ["ledger_moved"]),
    ("another name", rules(), rules(name="other"), ["project_renamed"]),
    ("the first project", replace(rules(), absent=True), rules(name="other", ledger="file://other.json"), []),
    ("another root", rules(place=""), rules(place="x"), ["root_moved"]),
    ("ignored", rules(model(), ignore=("a",)), rules(ignore=("*.yaml", "a")), ["ignore_added"]),
    ("ignored no more", rules(ignore=("a",)), rules(), []),
    ("consent", rules(), rules(directives=allow("Model/acme/a")), ["allow_added"]),
    ("of another risk", rules(directives=allow("*/*/*")), rules(directives=allow("*/*/*", risk="cost")), ["allow_added"]),
    ("moved consent", rules(directives=allow("Model/acme/a")), rules(directives=allow("Model/ACME/a", line=7)), []),
    ("wider", rules(directives=allow("Model/acme/a")), rules(directives=allow("Model/acme/*")), ["allow_widened"]),
    ("narrower", rules(directives=allow("Model/acme/*")), rules(directives=allow("Model/acme/a", SOON)), []),
    ("longer", rules(directives=allow("Model/acme/a", SOON)), rules(directives=allow("Model/acme/a", LATER)), ["allow_prolonged"]),
    ("for ever", rules(directives=allow("Model/acme/a", SOON)), rules(directives=allow("Model/acme/a")), ["allow_prolonged"]),
    ("consent that is over", rules(), rules(directives=allow("Model/acme/a", PAST)), []),
    ("everywhere", rules(directives=allow("Model/acme/a")), rules(directives=allow(None)), ["allow_widened"]),
    ("a removal", rules(), rules(directives=removed("Model/acme/a")), ["removed_added"]),
    ("a wider one", rules(directives=removed("Model/acme/a")), rules(directives=removed("Model/acme/?")), ["removed_added"]),
    ("delete for forget", rules(directives=removed("Model/acme/a", "forget")), rules(directives=removed("Model/acme/a")), ["removed_added"]),
    ("moved removal", rules(directives=removed("Model/acme/*")), rules(directives=removed("Model/acme/a", line=7)), []),
    ("overridden", rules(directives=removed("Model/acme/a")), rules(directives=removed("Model/acme/a", override=True)), ["protection_overridden"]),
    ("protection off", rules(model(prevent_destroy=True)), rules(model()), ["protection_off"]),
    ("protection on", rules(model()), rules(model(prevent_destroy=True)), []),
    ("lost with its manifest", rules(model(prevent_destroy=True)), rules(), ["protection_lost"]),
    ("an unprotected manifest gone", rules(model()), rules(), []),
    (
        "renamed, protected", rules(model(prevent_destroy=True)),
        rules(model("b", prevent_destroy=True), directives=moved("Model/acme/a", "Model/acme/b")), [],
    ),
    (
        "renamed, not protected", rules(model(prevent_destroy=True)),
        rules(model("b"), directives=moved("Model/acme/a", "Model/acme/b")), ["protection_lost"],
    ),
    (
        "renamed, waived", rules(model(waivers=waived())),
        rules(model("b", waivers=waived()), directives=moved("Model/acme/a", "Model/acme/b")), [],
    ),
    ("a waiver", rules(model()), rules(model(waivers=waived())), ["waiver_added"]),
    ("of something new", rules(), rules(model(waivers=waived())), ["waiver_added"]),
    ("of another policy", rules(model(waivers=waived())), rules(model(waivers=waived("q"))), ["waiver_added"]),
    ("longer waived", rules(model(waivers=waived())), rules(model(waivers=waived(until=LATER))), ["waiver_prolonged"]),
    ("shorter waived", rules(model(waivers=waived(until=LATER))), rules(model(waivers=waived())), []),
    ("a waiver that is over", rules(model()), rules(model(waivers=waived(until=PAST))), []),
    ("ignoreChanges", rules(model()), rules(model(ignore_changes=ignoring("spec.tags"))), ["ignore_changes_added"]),
    ("of more", rules(model(ignore_changes=ignoring("spec.tags[a]"))), rules(model(ignore_changes=ignoring("spec.tags"))), ["ignore_changes_added"]),
    ("of less", rules(model(ignore_changes=ignoring("spec.tags"))), rules(model(ignore_changes=ignoring("spec.tags[a]"))), []),
    ("for longer", rules(model(ignore_changes=ignoring("spec.tags", until=SOON))), rules(model(ignore_changes=ignoring("spec.tags"))), ["ignore_changes_added"]),
    ("ignored from the first", rules(), rules(model(ignore_changes=ignoring("spec.tags"), on_drift=REPORT)), []),
    ("onDrift", rules(model()), rules(model(on_drift=REPORT)), ["on_drift_lowered"]),
    ("repaired again", rules(model(on_drift=REPORT)), rules(model()), []),
    ("another line", rules(model(line=1, prevent_destroy=True)), rules(model(line=9, prevent_destroy=True)), []),
    (
        "a label that a policy is about", rules(model(labels={"a": "b"}), policies=[P | {"match": {"labels": {"a": "b"}}}]),
        rules(model(), policies=[P | {"match": {"labels": {"a": "b"}}}]), ["policy_evaded"],
    ),
    ("a label that none is about", rules(model(labels={"a": "b"}), policies=[P]), rules(model(), policies=[P]), []),
    ("a policy in more words", rules(policies=[P]), rules(policies=[P | {"deny": "after.visibility\n  ==   'public'"}]), []),
    ("words in a text", rules(policies=[P | {"deny": "after.a == 'b c'"}]), rules(policies=[P | {"deny": "after.a == 'b  c'"}]), ["policy_changed"]),
    ("a policy about more kinds", rules(policies=[P | {"match": {"kind": ["Model", "Space"]}}]), rules(policies=[P | {"match": {"kind": ["Space", "Dataset", "Model"]}}]), []),
    ("about fewer kinds", rules(policies=[P | {"match": {"kind": ["Model", "Space"]}}]), rules(policies=[P | {"match": {"kind": "Space"}}]), ["policy_changed"]),
    ("about more names", rules(policies=[P | {"match": {"name": "a-b"}}]), rules(policies=[P | {"match": {"name": ["a-*", "c"]}}]), []),
    ("about fewer names", rules(policies=[P | {"match": {"name": "a-*"}}]), rules(policies=[P | {"match": {"name": ["a-b", "a-c"]}}]), ["policy_changed"]),
    ("about everything", rules(policies=[P | {"match": {"labels": {"a": "b"}, "kind": "Model"}}]), rules(policies=[P]), []),
    ("a policy renamed", rules(policies=[P]), rules(policies=[P | {"name": "q"}]), []),
    ("a policy renamed, with its waiver", rules(model(waivers=waived()), policies=[P]), rules(model(waivers=waived("q")), policies=[P | {"name": "q"}]), []),
    ("a policy renamed, waived longer", rules(model(waivers=waived()), policies=[P]), rules(model(waivers=waived("q", LATER)), policies=[P | {"name": "q"}]), ["waiver_prolonged"]),
    ("a policy renamed, ending", rules(policies=[P]), rules(policies=[P | {"name": "q", "until": SOON}]), ["policy_ends_earlier"]),
    ("one of two with one meaning removed", rules(policies=[P, P | {"name": "q"}]), rules(policies=[P]), []),
    (
        "renamed, and ignored", rules(model()),
        rules(model("b", ignore_changes=ignoring("spec.tags"), on_drift=REPORT), directives=moved("Model/acme/a", "Model/acme/b")),
        ["on_drift_lowered", "ignore_changes_added"],
    ),
    ("ignored, and nothing there", rules(model()), rules(model(), ignore=("docs/**",)), []),
    ("ignored, a manifest", rules(model()), rules(ignore=("m.*",)), ["ignore_added"]),
    ("ignored, consent and all", rules(directives=removed("Model/acme/a")), rules(ignore=("c.yaml",)), []),
    (
        "renamed out of a policy", rules(model(), policies=[P | {"match": {"name": "a"}}]),
        rules(model("b"), policies=[P | {"match": {"name": "a"}}], directives=moved("Model/acme/a", "Model/acme/b")), ["policy_evaded"],
    ),
    (
        "renamed within a policy", rules(model(), policies=[P | {"match": {"name": "*"}}]),
        rules(model("b"), policies=[P | {"match": {"name": "*"}}], directives=moved("Model/acme/a", "Model/acme/b")), [],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("base", "head", "codes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_looser(base: Rules, head: Rules, codes: list[str]) -> None:
    """Each by its code; against itself nothing is."""
    found = loosened(base, head, TODAY)
    assert [one.code for one in found] == codes
    assert loosened(base, base, TODAY) == loosened(head, head, TODAY) == ()


def test_in_words() -> None:
    """Numbers, names, and the place in the tree at hand."""
    base = rules(safety={"maxDeletes": 2, "maxHourlyIncrease": 1.5}, directives=allow("Model/acme/a"))
    head = rules(
        model(waivers=waived()), safety={"maxDeletes": 50}, directives=allow("Model/*/*", SOON, line=4)
    )
    assert [one.to_json() for one in loosened(base, head, TODAY)] == [
        {"code": "max_deletes_raised", "message": "safety.maxDeletes rises from 2 to 50"},
        {
            "code": "max_hourly_increase_raised",
            "message": "safety.maxHourlyIncrease is dropped, it was 1.5 US$/h",
        },
        {
            "code": "allow_widened",
            "message": "allow exposure at Model/*/* until 2026-07-01 covers more",
            "where": "c.yaml:4:1",
        },
        {
            "code": "waiver_added",
            "message": "Model/acme/a: the waiver of policy p until 2026-07-01 is new",
            "where": "m.yaml:9:1",
        },
    ]


GLOBS = st.text("ab*?[]!", min_size=1, max_size=5)


@given(glob=GLOBS, wider=GLOBS, name=st.text("ab", min_size=1, max_size=4))
def test_within_is_never_wrong(glob: str, wider: str, name: str) -> None:
    """What is said to lie within matches nothing that the wider one does not; at worst it is said too seldom."""
    kind = "K/n/"
    if within(kind + glob, kind + wider) and Address("K", "n", name).matches(kind + glob):
        assert Address("K", "n", name).matches(kind + wider)
    assert within(glob, glob)


@pytest.mark.parametrize(
    ("glob", "wider", "inside"),
    [
        ("Model/acme/a", "Model/acme/*", True),
        ("Model/acme/bert-*", "Model/acme/b*", True),
        ("Model/acme/*", "Model/acme/?", False),
        ("Model/acme/*", "Model/acme/a", False),
        ("*", "*/*", False),
        ("Model/*/*", "*/*/*", True),
        ("[ab]", "*", True),
        ("[ab]", "[ab]*", False),
    ],
)
def test_within(glob: str, wider: str, *, inside: bool) -> None:
    """The usual ones are told."""
    assert within(glob, wider) is inside
    assert beyond([glob], ["none", wider]) == ([] if inside else [glob])


@pytest.mark.parametrize(
    ("until", "other", "longer"),
    [(None, None, False), (None, SOON, True), (SOON, None, False), (LATER, SOON, True), (SOON, SOON, False)],
)
def test_outlasts(until: date | None, other: date | None, *, longer: bool) -> None:
    """No end is later than any."""
    assert outlasts(until, other) is longer
