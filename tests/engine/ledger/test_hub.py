"""The ledger on the Hub: private, one file for each project, few commits, nothing lost between runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from hfops.engine.ledger.format import Owner
from hfops.engine.ledger.neighbours import file_name
from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import LedgerError
from hfops.hub.transport import RequestsTransport
from hfops.model.address import Address
from hfops.sandbox.server import Sandbox
from tests.contract import check_request
from tests.engine.ledger.hubs import FILE, HOME, PACE, Runs, address, intention, record, runs


@pytest.fixture
def home(hub: Sandbox) -> Iterator[Runs]:
    """Runs against a Hub on which there is no ledger yet."""
    with runs(hub) as made:
        yield made


def applied(ledger: Ledger, *names: str) -> None:
    """What a run does that makes these models."""
    with ledger.lock(0):
        ledger.intend([intention(n) for n in names])
        for name in names:
            ledger.put(record(name))
            ledger.settle(address(name))
        ledger.save(last=True)


def test_made_on_demand_and_private(home: Runs) -> None:
    """Reading makes nothing; the first write makes a private repository that says what it is; the contract holds."""
    ledger = home.ledger()
    assert ledger.records == {}
    assert home.sent() == [f"GET /api/datasets/{HOME}?blobs=true"]
    applied(ledger, "x")
    info = home.call("GET", f"/api/datasets/{HOME}").json()
    assert info["private"] is True
    assert "hfops ledger" in home.call("GET", f"/datasets/{HOME}/resolve/main/README.md").text
    assert list(home.ledger().records) == [address("x")]
    assert [f for e in home.hub.exchanges for f in check_request(e)] == []


def test_reading_takes_two_requests(home: Runs) -> None:
    """One tells private, head and blobs, one gives the file; a second look costs one; no whoami, no tree."""
    applied(home.ledger(), "x")
    home.hub.exchanges.clear()
    ledger = home.ledger()
    sha = home.call("GET", f"/api/datasets/{HOME}").json()["sha"]
    first = [f"GET /api/datasets/{HOME}?blobs=true", f"GET /datasets/{HOME}/resolve/{sha}/{FILE}"]
    assert home.sent()[:2] == first
    home.hub.exchanges.clear()
    assert ledger.unchanged()
    assert home.sent() == [f"GET /api/datasets/{HOME}?blobs=true"]


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_public_one_is_refused(home: Runs, when: str) -> None:
    """Before the first read and before every write; nothing is written into it."""
    ledger = home.ledger()
    applied(ledger, "x")
    home.call("PUT", f"/api/datasets/{HOME}/settings", json={"private": False})
    count = len(home.commits())
    does = home.ledger if when == "reading" else partial(applied, ledger, "y")
    with pytest.raises(LedgerError, match=r"hub://datasets/acme/hfops-ledger: it is public"):
        does()
    assert len(home.commits()) == count


def test_a_renamed_one_is_refused(home: Runs) -> None:
    """The old name still answers; the error names the new one."""
    applied(home.ledger(), "x")
    home.call("POST", "/api/repos/move", json={"fromRepo": HOME, "toRepo": "acme/other", "type": "dataset"})
    with pytest.raises(LedgerError, match=r"renamed to acme/other; write that into spec\.ledger"):
        home.ledger()


def test_missing_or_out_of_sight(home: Runs) -> None:
    """A token that might not see it is warned once; when it writes, the Hub says that it exists, and nothing is lost."""
    applied(home.ledger(), "x")
    home.hub.hub.add_token("hf_stranger", home.hub.hub.add_user("stranger"), "write")
    home.token, home.sees = "hf_stranger", False
    ledger = home.ledger()
    assert ledger.records == {}
    assert ledger.unchanged()
    assert len(home.warnings) == 1
    assert "this token may not see it" in home.warnings[0]
    with pytest.raises(LedgerError, match=r"cannot be created: .*rights"):
        applied(ledger, "y")
    assert list(home.file()["entries"]) == ["Model/acme/x"]


def test_without_a_token(hub: Sandbox) -> None:
    """Nothing is asked; the message names the ways to a token."""
    with runs(hub) as home:
        store = home.store()
        object.__setattr__(store.repo._reads._line, "authenticated", False)
        with pytest.raises(LedgerError, match=r"needs a token: set HF_TOKEN"):
            store.read()
        assert home.sent() == []


def test_few_commits(home: Runs) -> None:
    """Forty independent creations are two commits: what is to come, and what came of it; their titles say so."""
    applied(home.ledger(), "before")
    count = len(home.commits())
    applied(home.ledger(), *(f"m{i}" for i in range(40)))
    assert home.commits()[count:] == ["hfops apply: 40 changes to come (p)", "hfops apply: 40 changes (p)"]


def test_nothing_to_write_is_no_commit(home: Runs) -> None:
    """A run that learnt nothing leaves no trace, not even a lease."""
    applied(home.ledger(), "x")
    count = len(home.commits())
    ledger = home.ledger()
    with ledger.lock(0):
        assert ledger.catch_up([address("x")]) == ()
        ledger.put(record("x"))
        ledger.save(last=True)
    assert len(home.commits()) == count


def test_calls_that_need_no_intention_take_the_lease(home: Runs) -> None:
    """Also a run that only sends what can be repeated is seen by others while it does."""
    ledger = home.ledger()
    with ledger.lock(0):
        ledger.intend([])
        assert home.file()["lease"]["expires"] is not None
        assert home.commits() == ["hfops apply: lease (p)"]
    assert home.file()["lease"]["expires"] is None


def test_outcomes_are_gathered(home: Runs) -> None:
    """During a run saves wait for their time; before it and at its end they do not."""
    home.pace = replace(PACE, gather=1000.0, every=1000.0)
    ledger = home.ledger()
    with ledger.lock(0):
        ledger.intend([intention("a"), intention("b")])
        assert ledger.gathering
        ledger.put(record("a"))
        ledger.save()
        assert not ledger.due()
        assert home.file()["entries"] == {}
        ledger.save(last=True)
    assert list(home.file()["entries"]) == ["Model/acme/a"]
    assert not ledger.gathering


def test_the_lease_is_renewed_with_time(home: Runs) -> None:
    """Once half of its life has passed it is due, and a save renews it, though nothing was learnt."""
    home.pace = replace(PACE, life=0.0)
    ledger = home.ledger()
    with ledger.lock(0):
        ledger.intend([])
        assert ledger.due()
        before = home.file()["serial"]
        ledger.save()
        assert home.file()["serial"] == before + 1


def test_not_held_while_waiting(home: Runs) -> None:
    """A run that rests gives the lease back with what it learnt, another may write, and the next intention takes it again."""
    first = home.ledger()
    with first.lock(0):
        first.intend([intention("a")])
        first.put(record("a"))
        first.settle(address("a"))
        first.rest()
        applied(home.ledger(), "b")
        first.intend([intention("c")])
        first.put(record("c"))
        first.settle(address("c"))
        first.save(last=True)
    assert list(home.file()["entries"]) == ["Model/acme/a", "Model/acme/b", "Model/acme/c"]
    assert home.file()["intentions"] == []


def test_a_second_run_hears_who(home: Runs) -> None:
    """While one holds the lease, another gives up in time and says who and until when; a plan reads all the same."""
    first = home.ledger()
    with first.lock(0):
        first.intend([intention("a")])
        second = home.store()
        with (
            pytest.raises(
                LedgerError,
                match=r"held by process \d+ on a-host until \d\d:\d\d:\d\d UTC on .*--lock-timeout",
            ),
            second.lock(0.05),
        ):
            pytest.fail("two at once")
        assert len(home.ledger().intentions) == 1
        first.save(last=True)
    with second.lock(0):
        assert second.read() is not None


def test_a_second_run_waits(home: Runs) -> None:
    """It gets in as soon as the first has given the lease back, long before that would have ended."""
    first = home.ledger()
    first.intend([intention("a")])
    inside = threading.Event()
    second = home.store()

    def enter() -> None:
        with second.lock(30):
            inside.set()

    thread = threading.Thread(target=enter)
    thread.start()
    assert not inside.wait(0.1)
    first.save(last=True)
    thread.join(30)
    assert inside.is_set()


def test_a_wait_can_be_stopped(home: Runs) -> None:
    """Ctrl-C ends the wait for a lease at once, with the exit code of an interrupt."""
    home.ledger().intend([intention("a")])
    store = home.store()
    store._around = replace(store._around, wait=lambda _: True)
    with (
        pytest.raises(LedgerError, match="stopped while waiting for the ledger, held by") as caught,
        store.lock(600),
    ):
        pytest.fail("two at once")
    assert caught.value.exit_code == 130


def test_a_lease_ends_by_itself(home: Runs) -> None:
    """What a killed run leaves behind blocks nobody for longer than the lease's life; its intentions stay."""
    home.pace = replace(PACE, life=0.0)
    home.ledger().intend([intention("a")])
    applied(home.ledger(), "b")
    assert [i["address"] for i in home.file()["intentions"]] == ["Model/acme/a"]


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)])
def test_clocks_that_are_apart(home: Runs, monkeypatch: pytest.MonkeyPatch, skew: timedelta) -> None:
    """A machine whose clock is hours off neither takes a live lease for ended nor writes one that lasts for hours."""
    applied(home.ledger(), "x")

    class Off(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + skew

    first = home.ledger()
    first.intend([intention("a")])
    with monkeypatch.context() as patched:
        patched.setattr("hfops.engine.ledger.hub.datetime", Off)
        with pytest.raises(LedgerError, match="held by"), home.store().lock(0.05):
            pytest.fail("two at once")
        first.save(last=True)
        home.ledger().intend([intention("b")])
    expires = datetime.fromisoformat(home.file()["lease"]["expires"])
    assert timedelta(0) < expires - datetime.now(UTC) < timedelta(minutes=2)


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)])
@pytest.mark.parametrize("there", [False, True], ids=["no repository", "another project's"])
def test_the_first_lease_is_by_the_hubs_clock(
    home: Runs, monkeypatch: pytest.MonkeyPatch, skew: timedelta, there: bool
) -> None:
    """Where there is no file yet to ask for the time, too: a run on such a machine that is killed blocks for a minute."""
    if there:
        applied(home.ledger("q"), "theirs")

    class Off(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + skew

    monkeypatch.setattr("hfops.engine.ledger.hub.datetime", Off)
    home.ledger().intend([intention("a")])
    expires = datetime.fromisoformat(home.file()["lease"]["expires"])
    assert timedelta(seconds=30) < expires - datetime.now(UTC) < timedelta(seconds=70)
    with pytest.raises(LedgerError, match="held by"), home.store().lock(0):
        pytest.fail("two at once")


@pytest.mark.parametrize(("seconds", "held"), [(55, True), (110, False), (10**9, False)])
def test_a_lease_longer_than_any_holds_nobody_up(home: Runs, seconds: int, held: bool) -> None:
    """What a wrong clock or a hand wrote into the file is no lease: readers go on, writers write their own."""
    applied(home.ledger(), "x")
    expires = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    lease = {"holder": "somebody", "host": "b-host", "pid": 7, "run": None, "expires": expires}
    home.put(FILE, json.dumps(home.file() | {"lease": lease}))
    assert (home.store().others_lease() is not None) is held
    if held:
        with pytest.raises(LedgerError, match="held by process 7 on b-host"):
            applied(home.ledger(), "y")
    else:
        applied(home.ledger(), "y")
        assert home.file()["lease"]["holder"] != "somebody"
    assert ("Model/acme/y" in home.file()["entries"]) is not held


@pytest.mark.parametrize(
    ("verb", "timeout", "said"),
    [
        ("apply", 0.01, r"; wait for it: --lock-timeout 90; or, .* hfops ledger unlock$"),
        ("ledger push", 0.01, r"; run again once that run has ended \(.* 90 seconds\); or, "),
    ],
)
def test_how_long_to_wait_is_said(home: Runs, verb: str, timeout: float, said: str) -> None:
    """A lease that nobody renews is over by then; a command without that option is not told of it."""
    home.ledger().intend([intention("a")])
    store = home.store()
    store.verb = verb
    with pytest.raises(LedgerError, match=said), store.lock(timeout):
        pytest.fail("two at once")


def test_who_waited_as_long_as_that_hears_that_it_was_renewed(
    home: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the other run goes on, and the same advice again would not help."""
    home.ledger().intend([intention("a")])
    clock = SimpleNamespace(monotonic=iter([0.0, 91.0]).__next__)
    monkeypatch.setattr("hfops.engine.ledger.hub.time", clock)
    with pytest.raises(LedgerError, match="it was renewed meanwhile"), home.store().lock(90):
        pytest.fail("two at once")


def test_who_waited_in_vain_does_not_wait_again(home: Runs) -> None:
    """The time a user gives is spent once: the second try of the same run is answered at once."""
    home.ledger().intend([intention("a")])
    store, waits = home.store(), list[float]()
    store._around = replace(store._around, wait=lambda s: bool(waits.append(s)))
    for _ in range(2):
        with pytest.raises(LedgerError, match="held by"), store.lock(0.05):
            pytest.fail("two at once")
        count = len(waits)
        store._around = replace(store._around, wait=lambda _: pytest.fail("waited again"))
    assert count > 0


def test_a_lost_lease_stops_calls_and_loses_nothing(home: Runs) -> None:
    """A run that was asleep for longer than its lease: no new calls while another writes; what it did is still noted."""
    sleepy = home.ledger(pace=replace(PACE, life=0.0))
    with sleepy.lock(0):
        sleepy.intend([intention("a")])
        awake = home.ledger()
        with awake.lock(0):
            awake.intend([intention("b")])
            with pytest.raises(LedgerError, match="held by"):
                sleepy.intend([intention("c")])
            sleepy.put(record("a"))
            sleepy.settle(address("a"))
            sleepy.save(last=True)
            assert home.file()["lease"]["holder"] == awake.store.lease().holder
            awake.put(record("b"))
            awake.settle(address("b"))
            awake.save(last=True)
    assert list(home.file()["entries"]) == ["Model/acme/a", "Model/acme/b"]
    assert home.file()["intentions"] == []


def test_what_both_changed_is_refused(home: Runs) -> None:
    """The same address, differently: an error that names it, and what the other wrote stands."""
    applied(home.ledger(), "x", "y")
    first, second = home.ledger(), home.ledger()
    second.put(record("x", gated="auto"))
    second.save()
    first.put(record("x", gated="manual"))
    first.put(record("z"))
    with pytest.raises(LedgerError, match=r"changed Model/acme/x too; nothing of it was overwritten"):
        first.save()
    assert home.file()["entries"]["Model/acme/x"]["applied"] == {"gated": "auto"}
    assert "Model/acme/z" not in home.file()["entries"]


def test_catching_up(home: Runs) -> None:
    """Before a run sends anything: others' work elsewhere is taken in, on what it is about it is told."""
    applied(home.ledger(), "x", "y")
    ledger = home.ledger()
    applied(home.ledger(), "new")
    with ledger.lock(0):
        assert ledger.catch_up([address("x")]) == ()
    assert address("new") in ledger.records
    other = home.ledger()
    other.drop(address("x"))
    other.save()
    with ledger.lock(0):
        assert ledger.catch_up([address("X")]) == ("Model/acme/x",)
        assert ledger.catch_up(None) == ("Model/acme/x",)
    assert address("x") in ledger.records


FAULTS: list[dict[str, Any]] = [
    {"status": 500}, {"status": 500, "after": True}, {"status": 503, "headers": {"Retry-After": "0"}},
    {"reset": True}, {"drop-response": True}, {"truncate": True}, {"status": 412},
    {"status": 409, "body": {"error": "another conflicting operation is in progress"}},
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("lasting", [False, True])
def test_faults(home: Runs, fault: dict[str, Any], lasting: bool) -> None:
    """Whatever goes wrong with a request to the ledger's repository: it is written once and whole, or not, and said so."""
    applied(home.ledger(), "x")
    for nth in range(1, 9):
        with runs(home.hub) as now:
            ledger, serial = now.ledger(), home.file()["serial"]
            for n in range(nth, nth + (60 if lasting else 1)):
                home.hub.faults.add({"match": {"path": f"/*datasets/{HOME}*"}, "nth": n, **fault})
            try:
                applied(ledger, f"m{nth}")
            except LedgerError:
                assert lasting or fault == {"status": 412}
            home.hub.faults.clear()
            after = home.file()
            assert after["serial"] - serial in ((0, 1, 2) if lasting or "412" in str(fault) else (2,))
            assert "Model/acme/x" in after["entries"]
            again = now.ledger(pace=replace(PACE, life=0.0))
            known = {str(a) for a in again.records} | {i.address for i in again.intentions}
            assert f"Model/acme/m{nth}" in known or after["serial"] == serial
        with runs(home.hub) as clean:  # the lease of a run that could not give it back
            lease = clean.store().others_lease()
            if lease:
                clean.store().end_lease(lease)


def test_the_hub_lags(home: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that still shows the commit before ours is no reason to start from it."""
    applied(home.ledger(), "x")
    ledger = home.ledger()
    reader = ledger.store.repo._reads
    stale = reader.get(f"/api/datasets/{HOME}", {"blobs": "true"})
    monkeypatch.setattr(reader, "get", lambda *_, **__: stale)
    applied(ledger, "y")
    assert list(home.file()["entries"]) == ["Model/acme/x", "Model/acme/y"]
    assert [e.status for e in home.hub.exchanges if "/commit/" in e.path].count(412) == 0


def test_broken_files_are_left(home: Runs) -> None:
    """What is no ledger is refused with the way back, by readers and writers, and stays as it is."""
    ledger = home.ledger()
    applied(ledger, "x")
    for text in ("", "{", '{"version": 99}', '{"version": 1, "project": "other"}', "[]"):
        home.put(FILE, text)
        with pytest.raises(
            LedgerError, match=r"ledgers/p\.json: .*(pull FILE --revision COMMIT|upgrade hfops)"
        ):
            home.ledger()
        with pytest.raises(LedgerError, match=r"ledgers/p\.json: "):
            applied(ledger, "y")
        assert home.call("GET", f"/datasets/{HOME}/resolve/main/{FILE}").text == text


def test_too_large(home: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the Hub takes in a commit is an error before it is sent."""
    monkeypatch.setattr("hfops.engine.ledger.repo.LARGEST", 500)
    with pytest.raises(LedgerError, match="split the project"):
        applied(home.ledger(), *(f"model-number-{i}" for i in range(10)))
    assert home.commits() == []


def test_used_plans_of_both(home: Runs) -> None:
    """A plan that another run used is used for this one, too, from its next write on."""
    first, second = home.ledger(), home.ledger()
    now = datetime(2026, 6, 1, tzinfo=UTC)
    first.use("a", now)
    first.save()
    second.use("b", now)
    second.save()
    assert second.used("a") == now
    assert set(home.file()["usedPlans"]) == {"a", "b"}


# Several projects in one home


def test_what_others_own(home: Runs) -> None:
    """Each project and environment has a file; an address of another's, done or to come, is told with its owner."""
    applied(home.ledger("q", "prod"), "theirs")
    with home.store("r").lock(0):
        home.ledger("r").intend([intention("to-come")])
    applied(home.ledger(), "ours")
    ledger = home.ledger()
    assert list(ledger.records) == [address("ours")]
    assert ledger.foreign(Address("Model", "ACME", "Theirs")) == "project 'q', environment 'prod'"
    assert ledger.foreign(address("to-come")) == "project 'r'"
    assert ledger.foreign(address("ours")) is None
    assert ledger.foreign(address("nobodys")) is None
    assert ledger.home == Address("Dataset", "acme", "hfops-ledger")


def test_what_others_own_costs_one_read_each(home: Runs) -> None:
    """And only where somebody asks about what is not ours; a second question costs nothing."""
    for project in ("q", "r", "s"):
        applied(home.ledger(project), f"of-{project}")
    applied(home.ledger(), "ours")
    ledger = home.ledger()
    home.hub.exchanges.clear()
    assert ledger.foreign(address("ours")) is None
    assert home.sent() == []
    for name in ("a", "b", "of-q"):
        ledger.foreign(address(name))
    assert len(home.sent()) == 3


def test_two_projects_claim_one_address(home: Runs) -> None:
    """Both planned when nobody had it: the second is told before it sends anything, and has written nothing."""
    first, second = home.ledger("q"), home.ledger()
    assert second.foreign(address("x")) is None
    applied(first, "x")
    with pytest.raises(LedgerError, match=r"Model/acme/x: project 'q' owns it by now"):
        applied(second, "x")
    assert FILE not in [f["rfilename"] for f in home.call("GET", f"/api/datasets/{HOME}").json()["siblings"]]


def test_projects_do_not_block_each_other(home: Runs) -> None:
    """The lease is the project's own; a commit of another project is a reason to try again, no more."""
    first, second = home.ledger("q"), home.ledger()
    with first.lock(0):
        first.intend([intention("a")])
        applied(second, "b")
        first.put(record("a"))
        first.settle(address("a"))
        first.save(last=True)
    assert list(home.file("ledgers/q.json")["entries"]) == ["Model/acme/a"]
    assert list(home.file()["entries"]) == ["Model/acme/b"]


def test_a_newer_neighbour_is_understood(home: Runs) -> None:
    """What a newer hfops wrote for another project still tells whose an address is."""
    applied(home.ledger(), "x")
    newer = {"version": 9, "project": "q", "entries": {"Model/acme/theirs": {"novel": 1}}, "intentions": "?"}
    home.put("ledgers/q.json", json.dumps(newer | {"intentions": []}))
    assert home.ledger().foreign(address("theirs")) == "project 'q'"


NO_LEDGERS = [
    "", "{", "[]", "{}", "5", '"x"', "null", '{"hello": 1}', '{"version": 1}', '{"version": 1, "project": 5}',
    '{"version": 1, "project": "o", "intentions": 5}', '{"version": 1, "project": "o", "intentions": [5]}',
    '{"version": 1, "project": "o", "intentions": [{}]}', '{"version": 1, "project": "o", "entries": [1]}',
    '{"version": 1, "project": "o", "entries": null}', '{"version": "1", "project": "o"}', "[" * 10_000, "\ufffd",
    '{"version": 1, "project": "o", "environment": 5}', '{"project": "o", "intentions": 5}',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_LEDGERS, ids=lambda text: text[:60])
def test_a_broken_neighbour(home: Runs, text: str) -> None:
    """Whatever is wrong with it: an error where it might own what is asked for, and no obstacle where somebody surely does."""
    applied(home.ledger("q"), "theirs")
    applied(home.ledger(), "ours")
    home.put("ledgers/broken.json", text)
    ledger = home.ledger()
    assert ledger.owner_of(address("ours")) is None
    assert ledger.owner_of(address("theirs")) == Owner("q")
    said = r"ledgers/broken\.json: not a ledger .*nobody knows what its project owns"
    with pytest.raises(LedgerError, match=said):
        ledger.owner_of(address("new"))
    with pytest.raises(LedgerError, match=said):
        applied(home.ledger(), "new")
    with ledger.lock(0):
        ledger.intend([intention("ours", "update")])
        ledger.put(record("ours", gated="auto"))
        ledger.settle(address("ours"))
        ledger.save(last=True)
    assert home.file()["entries"]["Model/acme/ours"]["applied"] == {"gated": "auto"}
    assert home.warnings == []


def test_what_may_be_a_broken_neighbours_is_left_alone(home: Runs) -> None:
    """Where a resource would only be reported, it counts as theirs, and that is said once."""
    applied(home.ledger(), "ours")
    home.put("ledgers/broken.json", "{}")
    ledger = home.ledger()
    assert [ledger.foreign(address(n)) for n in ("a", "b", "ours")] == ["perhaps another project"] * 2 + [
        None
    ]
    assert len(home.warnings) == 1
    assert "ledgers/broken.json: not a ledger" in home.warnings[0]


def test_file_names() -> None:
    """Safe, and never the same for two owners."""
    owners = [
        Owner("p"), Owner("p", "prod"), Owner("p.prod"), Owner("P~2e"), Owner("p/prod"), Owner("../p"), Owner("größer"),
        Owner("x" * 300), Owner("x" * 300, "e"), Owner("x" * 299 + "y"), Owner("a b", "c\nd"), Owner("half\ud800"),
    ]  # fmt: skip
    names = [file_name(o) for o in owners]
    assert names[:3] == ["ledgers/p.json", "ledgers/p.prod.json", "ledgers/p~2eprod.json"]
    assert len(set(names)) == len(owners)
    for name in names:
        inner = name.removeprefix("ledgers/").removesuffix(".json")
        assert set(inner) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")
        assert ".." not in inner
        assert len(name) < 200


# Two at once


def test_a_hundred_rounds(hub: Sandbox) -> None:
    """Two runs on one ledger, a hundred times: each finishes or hears who holds the lease; no entry is lost."""
    wanted: set[str] = set()
    with runs(hub) as home:
        applied(home.ledger(), "start")
        connections = [home.connect(RequestsTransport()) for _ in range(2)]
        for number in range(100):
            ends: dict[str, str] = {}
            together = threading.Barrier(2)

            def run(name: str, side: int, ends: dict[str, str], together: threading.Barrier) -> None:
                ledger = home.ledger(connections=connections[side])
                together.wait()
                try:
                    applied(ledger, name)
                except LedgerError as error:
                    ends[name] = str(error)
                else:
                    ends[name] = ""

            names = [f"m{number}-{side}" for side in range(2)]
            threads = [threading.Thread(target=run, args=(n, i, ends, together)) for i, n in enumerate(names)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert set(ends) == set(names)
            assert all(not said or "the ledger is held by process" in said for said in ends.values()), ends
            assert "" in ends.values()
            wanted |= {f"Model/acme/{n}" for n, said in ends.items() if not said}
        end = home.file()
        assert set(end["entries"]) == wanted | {"Model/acme/start"}
        assert end["intentions"] == []
        assert end["lease"]["expires"] is None
