"""Comparing a webhook: what differs, by whose doing, and what is sent so that nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.model.call import Deferred, Repeat
from hfops.model.change import Cause, Op
from hfops.model.late import Hashed, Hidden, Reference
from hfops.model.problem import Problems
from hfops.model.risk import RiskKind
from tests.kinds.webhooks import KIND, MODEL, NEW, ONE, ORG, URL, look, row

BOTH = ["repo", "discussion"]
SECRET = {**NEW, "secret": {"env": "HOOK"}}
HOOK = Reference(env="HOOK")
FULL: dict[str, Any] = {"url": {"value": URL}, "watched": [ORG], "secret": {"hash": "#one-secret"}}
"""What the ledger knows after an apply of SECRET with one-secret."""

QUERY = f"{URL}?token=canary-1"


def test_nothing_differs() -> None:
    """In another order, another case, another spelling of the host; no call, and all of it is noted."""
    spec = {
        "url": "https://CI.acme.example:443/hooks/hf", "watched": [MODEL, ORG], "domains": BOTH,
        "secret": {"env": "HOOK"}, "enabled": True,
    }  # fmt: skip
    there = row(watched=[{"type": "org", "name": "Acme"}, MODEL], domains=BOTH[::-1], secret="one-secret")
    looked = look(spec, there, env={"HOOK": "one-secret"})
    assert looked.compared.differences == ()
    assert set(looked.compared.settled) == {("url",), ("watched",), ("domains",), ("secret",), ("enabled",)}
    assert looked.calls == ()


def test_creation_carries_all() -> None:
    """One call that is never repeated unseen; the record keeps a hash of the secret."""
    looked = look({**SECRET, "domains": ["repo"], "enabled": True}, env={"HOOK": "one-secret"})
    (call,) = looked.calls
    assert (call.method, call.path, call.repeat) == ("POST", "/api/settings/webhooks", Repeat.ONCE)
    assert call.body == {"url": URL, "watched": [ORG], "domains": ["repo"], "secret": HOOK}
    assert set(call.achieves) == {"spec.url", "spec.watched", "spec.domains", "spec.secret", "spec.enabled"}
    records = {d.key[0]: d.record for d in looked.compared.differences}
    assert records["secret"] == {"hash": Hashed(HOOK)}
    assert all(d.op is Op.ADD and d.cause is Cause.NEW for d in looked.compared.differences)


def test_creation_without_domains_is_for_all_and_says_so() -> None:
    """As the Hub's own client does it; they stay unmanaged."""
    looked = look(NEW)
    assert looked.body["domains"] == BOTH
    assert looked.compared.notes == ("the manifest names no domains: created for all",)
    assert "domains" not in looked.paths


def test_one_that_is_to_be_off_is_created_and_switched_off() -> None:
    """By the id that the creation is answered with; after a lost answer, by the one that was found."""
    looked = look({**NEW, "enabled": False})
    create, disable = looked.calls
    assert "spec.enabled" not in create.achieves
    assert (disable.path, disable.achieves) == ("/api/settings/webhooks/{id}/disable", ("spec.enabled",))
    slot = disable.slots["id"]
    assert (slot.answer, slot.pick) == (True, ("webhook", "id"))
    live = look(NEW, row()).sight.live
    assert KIND.own(live) == {"webhook": {"id": ONE}}
    assert KIND.made({"webhook": {"id": ONE}}) == ONE
    assert [KIND.made(answer) for answer in (None, {}, {"webhook": []}, {"webhook": {"id": 1}})] == [None] * 4


@pytest.mark.parametrize(
    ("spec", "missing"), [({"url": URL}, "spec.watched"), ({"watched": [ORG]}, "spec.url")]
)
def test_what_creation_takes(spec: dict[str, Any], missing: str) -> None:
    """A manifest that leaves it out is about one that is there."""
    (problem,) = look(spec).compared.problems
    assert (problem.path, "to create it takes" in problem.message) == (missing, True)
    assert look({**spec, "id": ONE}, row()).compared.problems == ()


def test_a_new_url_is_a_new_host() -> None:
    """An exposure that names the host; a path on the same host is none."""
    looked = look({**NEW, "url": "https://elsewhere.example/x"}, row(), applied={"url": {"value": URL}})
    assert (looked.only.before, looked.only.after) == (URL, "https://elsewhere.example/x")
    (risk,) = looked.only.risks
    assert (risk.kind, risk.host) == (RiskKind.EXPOSURE, "elsewhere.example")
    assert look({**NEW, "url": f"{URL}/2"}, row(), known=ONE).only.risks == ()
    assert [r.host for d in look(NEW).compared.differences for r in d.risks] == ["ci.acme.example"]


def test_a_url_of_which_not_all_is_shown() -> None:
    """In plan, body and record only what may be seen; that the rest differs is said."""
    looked = look({**NEW, "url": QUERY}, row(url=f"{URL}?token=canary-2"), known=ONE)
    hidden = Hidden(f"{URL}?***", QUERY)
    assert looked.body["url"] == hidden
    assert looked.only.before == f"{URL}?***"
    assert looked.only.note == "they differ in what is not shown"
    assert looked.only.record == {"shown": f"{URL}?***", "hash": Hashed(hidden)}
    assert looked.only.risks == ()
    told = [
        looked.only.to_json(),
        *(c.to_json() for c in looked.calls),
        repr(looked.sight),
        repr(looked.only),
    ]
    assert "canary" not in str(told)
    same = look({**NEW, "url": QUERY}, row(url=QUERY), applied={"url": {"shown": "x", "hash": f"#{QUERY}"}})
    assert same.compared.settled[("url",)] == {"shown": f"{URL}?***", "hash": f"#{QUERY}"}


@pytest.mark.parametrize(
    ("known", "live", "cause"),
    [
        (f"#{QUERY}", f"{URL}?token=other", Cause.DRIFT),
        ("#https://old.example/?a", "https://old.example/?a", Cause.CHANGE),
        ("#https://old.example/?a", "https://new.example/?b", Cause.BOTH),
    ],
)
def test_who_changed_a_hidden_url(known: str, live: str, cause: Cause) -> None:
    """The ledger's hash tells, of the manifest's as of the live one."""
    applied = {"url": {"shown": "x", "hash": known}, "watched": [ORG]}
    assert look({**NEW, "url": QUERY}, row(url=live), applied=applied).only.cause is cause


def test_a_url_by_reference() -> None:
    """Its path may be the secret: of the live one only the host is shown. Not known now: not compared."""
    spec, applied = {**NEW, "url": {"env": "APP_URL"}}, {"url": {"hash": f"#{URL}"}, "watched": [ORG]}
    looked = look(spec, row(), applied=applied, env={"APP_URL": "https://ci.acme.example/other"})
    assert (looked.only.before, looked.only.cause) == ("https://ci.acme.example/***", Cause.CHANGE)
    assert looked.only.after == Reference(env="APP_URL")
    unknown = look(spec, row(), applied=applied)
    assert unknown.compared.differences == ()
    assert unknown.compared.notes == ("url not compared (env APP_URL)",)
    written = look(spec, row(), applied={**applied, "url": {"value": URL}})
    assert written.only.cause is Cause.CHANGE
    assert [r.host for r in written.only.risks] == ["?"]


def test_a_value_that_came_by_reference_must_be_a_url() -> None:
    """And what it is instead is not quoted."""
    for text in ("canary nonsense", "https://canary.example\\@ci.acme.example/x", "https://canary.example;/"):
        looked = look({**NEW, "url": {"env": "APP_URL"}}, env={"APP_URL": text})
        (problem,) = looked.compared.problems
        assert problem.path == "spec.url"
        assert "canary" not in str(problem)


def test_a_live_url_that_leads_elsewhere_than_it_seems_is_not_shown() -> None:
    """It goes back as it is with an update of something else; another one in its place is a new host."""
    odd = "https://canary.example\\@ci.acme.example/x"
    kept = look({"id": ONE, "domains": ["repo"]}, row(url=odd))
    assert isinstance(kept.body["url"], Deferred)
    changed = look({**NEW, "id": ONE}, row(url=odd))
    assert (changed.only.before, changed.only.risks[0].host) == ("***", "ci.acme.example")
    assert "canary" not in f"{kept.sight} {kept.calls} {changed.compared} {changed.calls}"


def test_what_is_watched_is_a_set() -> None:
    """Shown whole, sent whole; the ledger tells who changed it."""
    spec, applied = {**NEW, "watched": [ORG, MODEL]}, {"url": {"value": URL}, "watched": [MODEL, ORG]}
    looked = look(spec, row(), applied=applied)
    assert (looked.only.before, looked.only.after, looked.only.cause) == ([ORG], [ORG, MODEL], Cause.DRIFT)
    assert looked.body == {"url": URL, "watched": [ORG, MODEL], "domains": BOTH}
    assert look(spec, row(), applied={**applied, "watched": [ORG]}).only.cause is Cause.CHANGE
    assert look(spec, row(), known=ONE).only.risks == ()


def test_domains_are_a_set() -> None:
    """One that somebody took away comes back."""
    applied = {"url": {"value": URL}, "watched": [ORG], "domains": BOTH}
    looked = look({**NEW, "domains": BOTH[::-1]}, row(domains=["repo"]), applied=applied)
    assert (looked.only.before, looked.only.cause) == (["repo"], Cause.DRIFT)
    assert looked.body["domains"] == BOTH[::-1]


def test_an_update_sends_back_what_the_manifest_does_not_manage() -> None:
    """Watched, domains and an open URL as they are; a hidden one and the secret by a read while applying."""
    there = row(url=QUERY, watched=[MODEL], domains=["discussion"], secret="canary-secret")
    looked = look({"id": ONE, "domains": BOTH}, there)
    body = looked.body
    assert (body["watched"], body["domains"]) == ([MODEL], BOTH)
    for name in ("url", "secret"):
        late = body[name]
        assert isinstance(late, Deferred)
        assert (late.read, late.pick, late.secret) == (
            f"/api/settings/webhooks/{ONE}",
            ("webhook", name),
            True,
        )
    assert "canary" not in repr(looked.calls)
    open_one = look({"id": ONE, "domains": ["repo"]}, row())
    assert open_one.body == {"url": URL, "watched": [ORG], "domains": ["repo"]}


def test_an_update_keeps_a_secret_that_nobody_here_knows() -> None:
    """Left out, it would be gone."""
    looked = look({**NEW, "url": f"{URL}/2"}, row(secret="theirs"), known=ONE)
    assert looked.paths == ["url"]
    assert looked.body["secret"].secret


def test_an_update_sends_the_agreed_secret_by_reference_else_the_live_one() -> None:
    """It is the same value; only where it is not known now, it is read."""
    spec, there = {**SECRET, "url": f"{URL}/2"}, row(secret="one-secret")
    assert look(spec, there, applied=FULL, env={"HOOK": "one-secret"}).body["secret"] == HOOK
    blind = look(spec, there, applied=FULL)
    assert isinstance(blind.body["secret"], Deferred)
    assert "secret" not in blind.paths


def test_a_difference_that_is_left_alone_is_sent_back_as_it_is() -> None:
    """ignoreChanges of one field must not be undone by the update of another."""
    spec = {**SECRET, "url": f"{URL}/2", "watched": [MODEL], "domains": ["repo"]}
    looked = look(spec, row(secret="theirs"), known=ONE, env={"HOOK": "one-secret"})
    (call,) = looked.calls_but("spec.watched", "spec.secret")
    assert isinstance(call.body, dict)
    assert call.body["watched"] == [ORG]
    assert isinstance(call.body["secret"], Deferred)
    assert (call.body["url"], call.body["domains"]) == (f"{URL}/2", ["repo"])
    (call,) = looked.calls_but("spec.url", "spec.secret")
    assert isinstance(call.body, dict)
    assert call.body["url"] == URL


@pytest.mark.parametrize(
    ("mine", "live", "cause"),
    [
        ("two-secret", "one-secret", Cause.CHANGE),
        ("one-secret", "stranger", Cause.DRIFT),
        ("two-secret", "stranger", Cause.BOTH),
        ("one-secret", None, Cause.DRIFT),
    ],
)
def test_a_secret_is_compared_as_it_is(mine: str, live: str | None, cause: Cause) -> None:
    """The Hub shows it to its owner: an author's change and a stranger's are told apart, and neither is shown."""
    looked = look(SECRET, row(secret=live or ...), applied=FULL, env={"HOOK": mine})
    difference = looked.only
    assert (difference.key, difference.cause, difference.after) == (("secret",), cause, HOOK)
    assert difference.before == ("***" if live else None)
    assert ("somebody set another one" in difference.note) is (live == "stranger")
    assert looked.body["secret"] == HOOK
    assert difference.risks == ()
    shown = f"{difference} {looked.sight} {looked.calls} {difference.to_json()}"
    assert mine not in shown
    assert live is None or live not in shown


def test_a_secret_that_is_there_and_equal_is_adopted_without_a_call() -> None:
    """Nothing was ever sent: there is no hash to keep, and a stale one is dropped."""
    looked = look(SECRET, row(secret="one-secret"), env={"HOOK": "one-secret"})
    assert looked.compared.settled[("secret",)] == {}
    stale = look(SECRET, row(secret="two-secret"), applied=FULL, env={"HOOK": "two-secret"})
    assert stale.compared.settled[("secret",)] == {}
    assert stale.calls == ()


def test_a_secret_that_is_not_known_now_is_not_compared_but_its_drift_is_seen() -> None:
    """The ledger's hash and the live value are enough to see somebody else's doing."""
    quiet = look(SECRET, row(secret="one-secret"), applied=FULL)
    assert quiet.compared.differences == ()
    assert quiet.compared.notes == ("secret not compared (env HOOK)",)
    drifted = look(SECRET, row(secret="stranger"), applied=FULL)
    assert (drifted.only.cause, drifted.body["secret"]) == (Cause.DRIFT, HOOK)


def test_versions_and_rotation() -> None:
    """A new version is sent where it may be another value; the same value needs no call. --rotate always sends."""
    spec = {**NEW, "secret": {"env": "HOOK", "version": "2"}}
    applied = {**FULL, "secret": {"hash": "#one-secret", "version": "1"}}
    there = row(secret="one-secret")
    same = look(spec, there, applied=applied, env={"HOOK": "one-secret"})
    assert same.compared.settled[("secret",)] == {"hash": "#one-secret", "version": "2"}
    assert same.calls == ()
    blind = look(spec, there, applied=applied)
    assert (blind.only.note, blind.only.cause) == ("version 1 → 2", Cause.CHANGE)
    rotated = look(
        SECRET, there, applied=FULL, env={"HOOK": "one-secret"}, rotates=lambda key: key == "secret"
    )
    assert rotated.only.note == "rotation asked for"


def test_a_secret_goes_into_a_header() -> None:
    """ASCII only, and the value is not quoted."""
    (problem,) = look(SECRET, env={"HOOK": "gehe\u00efmnis"}).compared.problems
    assert "beyond ASCII" in problem.message
    assert "gehe" not in str(problem)


def test_a_masked_secret_is_taken_at_the_ledgers_word() -> None:
    """Should the Hub mask it: unverified until sent, never sent back as a mask."""
    there = row(secret="*****")
    assert look(SECRET, there, env={"HOOK": "x"}).compared.unverified == (("secret",),)
    assert look(SECRET, there, env={"HOOK": "x"}, send_unverified=True).paths == ["secret"]
    assert look(SECRET, there, applied=FULL, env={"HOOK": "one-secret"}).compared.differences == ()
    assert look(SECRET, there, applied=FULL, env={"HOOK": "two-secret"}).only.cause is Cause.CHANGE
    agreed = look({**SECRET, "domains": ["repo"]}, there, applied=FULL, env={"HOOK": "one-secret"})
    assert agreed.body["secret"] == HOOK
    unknown = look({**NEW, "domains": ["repo"]}, there)
    assert any("does not show" in note for note in unknown.compared.notes)
    with pytest.raises(Problems, match="would take it away"):
        _ = unknown.calls


@pytest.mark.parametrize(
    ("wanted", "disabled", "recorded", "before", "cause"),
    [
        (True, True, True, False, Cause.DRIFT),
        (True, "suspended-after-failure", True, "suspended-after-failure", Cause.DRIFT),
        (True, "suspended-after-failure", None, "suspended-after-failure", Cause.NEW),
        (True, True, False, False, Cause.CHANGE),
        (False, False, False, True, Cause.DRIFT),
    ],
)
def test_the_switch(wanted: bool, disabled: Any, recorded: Any, before: Any, cause: Cause) -> None:
    """Only that is called; a suspension is shown as what it is."""
    applied = {} if recorded is None else {"enabled": recorded}
    looked = look({**NEW, "enabled": wanted}, row(disabled=disabled), applied=applied)
    assert (looked.only.before, looked.only.after, looked.only.cause) == (before, wanted, cause)
    assert looked.sent == [f"POST /{ONE}/{'enable' if wanted else 'disable'}"]


def test_a_suspension_is_off_and_is_told() -> None:
    """Where it is to be off, that will do; where nothing is said, it is mentioned."""
    there = row(disabled="suspended-after-failure")
    off = look({**NEW, "enabled": False}, there)
    assert (off.calls, off.compared.notes) == (
        (),
        ("suspended-after-failure by the Hub: it delivers nothing, as the manifest wants it",),
    )
    (note,) = look(NEW, there).compared.notes
    assert "enabled: true would end that" in note
    assert look({**NEW, "enabled": True}, row(disabled="some-new-word")).only.before == "some-new-word"


def test_update_and_switch_are_two_calls() -> None:
    """Each closes its own."""
    looked = look({**NEW, "domains": ["repo"], "enabled": False}, row())
    assert looked.sent == [f"POST /{ONE}", f"POST /{ONE}/disable"]
    assert [c.achieves for c in looked.calls] == [("spec.domains",), ("spec.enabled",)]


def test_fields_that_the_manifest_names_no_more_are_released() -> None:
    """No call; the secret stays where it is."""
    looked = look(NEW, row(secret="one-secret"), applied={**FULL, "enabled": True, "domains": BOTH})
    assert looked.compared.released == (("domains",), ("enabled",), ("secret",))
    assert looked.calls == ()


def test_deletion_warns_of_a_secret_that_only_the_hub_has() -> None:
    """One of the manifest's, or that was sent from here, is set again with it."""
    calls, risks = KIND.delete(look(NEW, row()).ask.address, look(NEW, row(secret="theirs")).sight.live)
    assert [f"{c.method} {c.path}" for c in calls] == [f"DELETE /api/settings/webhooks/{ONE}"]
    assert [r.kind for r in risks] == [RiskKind.DATA_LOSS]
    for known in (look(SECRET, row(secret="x")), look(NEW, row(secret="x"), applied=FULL), look(NEW, row())):
        assert KIND.delete(known.ask.address, known.sight.live)[1] == ()


def test_replacing_when_asked_for() -> None:
    """There is no other reason to."""
    assert look(NEW, row(), replace=True).compared.replace == ("asked for (--replace)",)
    assert look(NEW, row()).compared.replace == ()


def test_the_moment_of_creation_stands_in_the_id() -> None:
    """Its first eight digits are seconds; what is no such id tells nothing."""
    live = look(NEW, row()).sight.live
    assert live is not None
    assert live.created_at is not None
    assert int(live.created_at.timestamp()) == 0x6600AA11
    assert look(NEW, row("odd")).sight.live.created_at is None
