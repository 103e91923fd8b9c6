from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hfops.hub.clock import Clock
from hfops.hub.errors import BadAnswer, CutOff, Interrupted, LostAnswer, NotSent, OfflineError
from hfops.hub.retrying import Retrying
from hfops.hub.transport import Request
from hfops.model.call import Repeat

from .fakes import FakeClock, FakeTransport, answer

EVERY = list(Repeat)
REPEATABLE = [Repeat.SAFE, Repeat.SAME, Repeat.CONFLICT]
BUSY = answer(409, {"error": "Cannot create repo: another conflicting operation is in progress"})
DONE = answer(200, "done")


def request(repeat):
    return Request("GET" if repeat is Repeat.SAFE else "POST", "https://hub.example/api/x", repeat=repeat)


def run(repeat, *script, clock=None):
    """The answer (or the error), how many requests it took, and the clock."""
    clock = clock or FakeClock()
    inner = FakeTransport(*script)
    try:
        outcome = Retrying(inner, clock).send(request(repeat))
    except Exception as error:  # noqa: BLE001 (the test looks at it)
        outcome = error
    return outcome, len(inner.requests), clock


@pytest.mark.parametrize("repeat", EVERY)
@pytest.mark.parametrize(
    "first",
    [NotSent("refused"), answer(429), answer(503, headers={"Retry-After": "3"}), BUSY],
    ids=["not sent", "429", "503 with a time", "409 busy"],
)
def test_what_surely_had_no_effect_is_repeated_for_every_request(repeat, first):
    """Also for calls that must not happen twice, and without any doubt left over."""
    outcome, tries, _ = run(repeat, first, DONE)
    assert (outcome.status, outcome.uncertain, tries) == (200, False, 2)


@pytest.mark.parametrize("repeat", REPEATABLE)
@pytest.mark.parametrize(
    "first",
    [LostAnswer("reset"), CutOff("half"), *(answer(s) for s in (408, 500, 502, 503, 504))],
    ids=["lost", "cut", "408", "500", "502", "503", "504"],
)
def test_an_unknown_effect_is_repeated_where_that_is_safe(repeat, first):
    """The second answer says whether the first attempt may have worked; a read has no effect to doubt."""
    outcome, tries, _ = run(repeat, first, answer(409))
    assert (outcome.status, tries) == (409, 2)
    assert outcome.uncertain is (repeat is not Repeat.SAFE)


@pytest.mark.parametrize("lost", [LostAnswer("reset"), CutOff("half")])
def test_a_lost_answer_to_a_one_time_call_is_not_repeated(lost):
    """A second one could make a second object: it is handed up, uncertain, at once."""
    outcome, tries, clock = run(Repeat.ONCE, lost, DONE)
    assert outcome is lost
    assert (outcome.uncertain, tries, clock.slept) == (True, 1, [])


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_error_to_a_one_time_call_is_not_repeated(status):
    """The answer itself comes back."""
    outcome, tries, _ = run(Repeat.ONCE, answer(status), DONE)
    assert (outcome.status, tries) == (status, 1)


@pytest.mark.parametrize("repeat", EVERY)
@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 402, 403, 404, 409, 412, 422, 501])
def test_everything_else_is_an_answer(repeat, status):
    """Success and refusals are not repeated."""
    outcome, tries, _ = run(repeat, answer(status), DONE)
    assert (outcome.status, tries) == (status, 1)


@pytest.mark.parametrize(
    "error", [OfflineError("off"), BadAnswer("odd"), NotSent("bad certificate", lasting=True)]
)
def test_what_will_not_change_is_not_repeated(error):
    """Offline mode, unusable answers and lasting failures come up at once."""
    outcome, tries, clock = run(Repeat.SAFE, error, DONE)
    assert outcome is error
    assert (tries, clock.slept) == (1, [])


@pytest.mark.parametrize("failure", [NotSent("refused"), LostAnswer("reset")])
def test_five_attempts_and_then_the_error(failure):
    """Exponential backoff between them, between half a second and eight."""
    outcome, tries, clock = run(Repeat.SAME, failure)
    assert outcome is failure
    assert (tries, clock.slept) == (5, [1.0, 2.0, 4.0, 8.0])


def test_five_attempts_and_then_the_answer():
    """The last answer comes back as it is."""
    outcome, tries, _ = run(Repeat.SAFE, answer(502))
    assert (outcome.status, tries) == (502, 5)


def test_jitter_spreads_between_half_a_second_and_the_ceiling():
    """The real clock draws within the bounds, and not always the same."""
    drawn = [Clock().jitter(0.5, 8.0) for _ in range(200)]
    assert all(0.5 <= d <= 8.0 for d in drawn)
    assert len(set(drawn)) > 100


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0", "RateLimit": '"api";r=0;t=55'}, 56.0),
        ({"RateLimit": '"api";r=0;t=299'}, 300.0),
        ({"Retry-After": "12", "RateLimit": '"api";r=4;t=55'}, 12.0),
        ({"RateLimit": '"api";r=4;t=55'}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "-3"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_429_waits_as_told(headers, waited):
    """An exhausted window: its end and a second. Else Retry-After. Else the backoff."""
    _, tries, clock = run(Repeat.ONCE, answer(429, headers=headers), DONE)
    assert (clock.slept, tries) == ([waited], 2)


def test_retry_after_may_be_a_date():
    """It is read against the server's own clock, so that a wrong local clock does no harm."""
    server_now = datetime(2030, 1, 1, tzinfo=UTC)
    headers = {
        "Date": format_datetime(server_now, usegmt=True),
        "Retry-After": format_datetime(server_now + timedelta(seconds=42), usegmt=True),
    }
    assert run(Repeat.SAME, answer(503, headers=headers), DONE)[2].slept == [42.0]


def test_a_date_without_the_servers_clock_is_read_by_ours():
    """A date in the past means now."""
    clock = FakeClock(start=datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    later = format_datetime(datetime(2030, 1, 1, 0, 1, tzinfo=UTC), usegmt=True)
    run(Repeat.SAME, answer(429, headers={"Retry-After": later}), DONE, clock=clock)
    assert clock.slept == [60.0]
    past = format_datetime(datetime(2029, 1, 1, tzinfo=UTC), usegmt=True)
    outcome, tries, clock = run(
        Repeat.SAME, answer(429, headers={"Retry-After": past}), DONE, clock=FakeClock(start=clock.time)
    )
    assert (outcome.status, tries, clock.slept) == (200, 2, [])


@pytest.mark.parametrize("status", [429, 503])
def test_nobody_waits_an_hour(status):
    """A time beyond five and a half minutes is an answer, not a wait."""
    outcome, tries, clock = run(Repeat.SAFE, answer(status, headers={"Retry-After": "3600"}), DONE)
    assert (outcome.status, tries, clock.slept) == (status, 1, [])


def test_doubt_is_kept_to_the_end():
    """An attempt that may have worked, then one that surely did not: still uncertain."""
    outcome, _, _ = run(Repeat.CONFLICT, LostAnswer("reset"), answer(429), answer(404))
    assert (outcome.status, outcome.uncertain) == (404, True)
    outcome, _, _ = run(Repeat.SAME, LostAnswer("reset"), NotSent("refused"))
    assert isinstance(outcome, NotSent)
    assert outcome.uncertain


def test_a_lost_read_leaves_no_doubt():
    """Reads change nothing, however they fail."""
    outcome, _, _ = run(Repeat.SAFE, LostAnswer("reset"))
    assert not outcome.uncertain


def test_stopping_ends_the_wait_at_once():
    """A five-minute wait ends when the run is stopped, with the exit code of an interrupt; nothing more is sent."""
    stop = threading.Event()
    clock = Clock(stop)
    inner = FakeTransport(answer(429, headers={"Retry-After": "300"}))
    caught: list[BaseException] = []

    def ask():
        try:
            Retrying(inner, clock).send(request(Repeat.ONCE))
        except Interrupted as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert caught[0].exit_code == 130
    assert not caught[0].uncertain
    assert len(inner.requests) == 1


def test_stopping_after_a_lost_answer_stays_uncertain():
    """Whoever interrupts then must still look."""
    stop = threading.Event()
    stop.set()
    outcome, tries, _ = run(Repeat.SAME, LostAnswer("reset"), clock=FakeClock(stop))
    assert isinstance(outcome, Interrupted)
    assert (outcome.uncertain, tries) == (True, 1)
