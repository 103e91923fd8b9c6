from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.errors import Interrupted, NotSent
from hfops.hub.limits import MAX_WAIT, Limit, parse_limits
from hfops.hub.throttling import Quota, Throttling, bucket
from hfops.hub.transport import Request

from .fakes import FakeClock, FakeTransport, answer

HUB = "https://hub.example"
API = Request("GET", f"{HUB}/api/models")


def stated(left, reset, limit=1000, name="api"):
    return answer(
        headers={
            "RateLimit": f'"{name}";r={left};t={reset}',
            "RateLimit-Policy": f'"fixed window";"{name}";q={limit};w=300',
        }
    )


class Server:
    """Counts like the Hub: a fixed window, 429 beyond it."""

    def __init__(self, clock, limit, window=300, left=None):
        self.clock, self.limit, self.window = clock, limit, window
        self.left = limit if left is None else left
        self.ends = clock.now() + window
        self.times: list[float] = []
        self.refused = 0

    def __call__(self, request):
        now = self.clock.now()
        if now >= self.ends:
            self.left, self.ends = self.limit, now + self.window
        self.times.append(now)
        if self.left == 0:
            self.refused += 1
            return answer(429, headers=stated(0, int(self.ends - now), self.limit).headers)
        self.left -= 1
        return stated(self.left, int(self.ends - now), self.limit)


def throttle(*script, clock=None):
    clock = clock or FakeClock()
    inner = FakeTransport(*script)
    return Throttling(inner, HUB, clock), inner, clock


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        (f"{HUB}/api/models/a/b", HUB, "api"),
        (f"{HUB}/a/b/resolve/main/README.md", HUB, "resolvers"),
        (f"{HUB}/datasets/a/b/resolve/main/x", HUB, "resolvers"),
        (f"{HUB}/a/b", HUB, "pages"),
        (f"{HUB}/apiary", HUB, "pages"),
        (f"{HUB}/api/resolve/x", HUB, "api"),
        (f"{HUB}/hub/api/models", f"{HUB}/hub", "api"),
        ("https://cdn.example/api/x", HUB, None),
        ("https://api.endpoints.huggingface.cloud/v2/endpoint/a", HUB, None),
    ],
)
def test_what_counts_against_which_quota(url, base, expected):
    """By path on the Hub; other services have no bucket here."""
    assert bucket(url, base) == expected


def test_plenty_left_costs_no_wait():
    """A normal run is never slowed."""
    transport, inner, clock = throttle(stated(900, 200))
    for _ in range(50):
        transport.send(API)
    assert clock.slept == []
    assert len(inner.requests) == 50


def test_little_left_is_spread_over_the_window():
    """Below 5 % the rest goes out evenly: 40 left for 200 seconds is one in five seconds."""
    clock = FakeClock()
    transport, _, _ = throttle(Server(clock, limit=1000, window=200, left=41), clock=clock)
    for _ in range(6):
        transport.send(API)
    assert clock.slept == [pytest.approx(5, abs=0.5)] * 4


def test_nothing_left_waits_for_the_next_window():
    """r=0: the reset and a second, before the request and not after a 429."""
    transport, inner, clock = throttle(stated(0, 120), stated(999, 300))
    transport.send(API)
    transport.send(API)
    assert clock.slept == [121.0]
    assert len(inner.requests) == 2


def test_a_run_over_the_quota_sees_no_429():
    """350 requests against 100 in five minutes: not one is refused, and all arrive."""
    clock = FakeClock()
    server = Server(clock, limit=100)
    transport, _, _ = throttle(server, clock=clock)
    for _ in range(350):
        transport.send(API)
    assert server.refused == 0
    assert len(server.times) == 350


def test_other_quotas_are_not_slowed():
    """An empty ``api`` bucket does not hold up files, pages or other services."""
    transport, inner, clock = throttle(stated(0, 120))
    transport.send(API)
    for url in (f"{HUB}/a/b/resolve/main/x", f"{HUB}/a", "https://cdn.example/api/x"):
        transport.send(Request("GET", url))
    assert clock.slept == []
    assert len(inner.requests) == 4


def test_other_services_do_not_touch_the_hubs_quota():
    """A RateLimit header of another host says nothing about the Hub."""
    transport, _, _ = throttle(stated(0, 120))
    transport.send(Request("GET", "https://cdn.example/api/x"))
    assert transport.quota == {}


def test_the_quota_is_told():
    """Limit, left and seconds to the reset, counting down; after the reset all of it is left again."""
    transport, _, clock = throttle(stated(998, 187))
    transport.send(API)
    assert transport.quota == {"api": Quota(1000, 998, 187.0)}
    clock.time += 100
    assert transport.quota == {"api": Quota(1000, 998, 87.0)}
    clock.time += 100
    assert transport.quota == {"api": Quota(1000, 1000, 0.0)}


def test_a_late_answer_does_not_raise_the_count():
    """Answers overtake each other; within a window the lower number is the truth."""
    transport, _, _ = throttle(stated(500, 100), stated(700, 100), stated(990, 300))
    transport.send(API)
    transport.send(API)
    assert transport.quota["api"].left <= 500
    transport.send(API)
    assert transport.quota["api"].left == 990


def test_a_mad_reset_is_not_waited_for():
    """A window that claims to end in a year is waited for as long as a real one at most."""
    transport, _, clock = throttle(stated(0, 31_000_000), stated(9, 300))
    transport.send(API)
    transport.send(API)
    assert sum(clock.slept) <= MAX_WAIT + 1


def test_stopping_ends_the_wait_and_sends_nothing():
    """An interrupt while waiting for the window leaves the request unsent."""
    stop = threading.Event()
    transport, inner, _ = throttle(stated(0, 120), clock=FakeClock(stop))
    transport.send(API)
    stop.set()
    with pytest.raises(Interrupted):
        transport.send(API)
    assert len(inner.requests) == 1


def test_failures_do_not_stay_in_flight():
    """Requests that fail give their place back: later ones are not slowed for them."""
    transport, _, clock = throttle(stated(900, 200), *[NotSent("refused")] * 600, stated(290, 150))
    transport.send(API)
    for _ in range(600):
        with pytest.raises(NotSent):
            transport.send(API)
    transport.send(API)
    assert clock.slept == []


def test_many_requests_in_flight_slow_each_other():
    """With few left for those already on the way, the next waits although 5 % is far away."""
    clock = FakeClock()
    inner = FakeTransport(stated(6, 100, limit=10))
    transport = Throttling(inner, HUB, clock)
    transport.send(API)
    started, release = threading.Semaphore(0), threading.Event()

    def hold(request):
        started.release()
        release.wait(30)
        return stated(1, 100, limit=10)

    inner.script = [hold]
    threads = [threading.Thread(target=transport.send, args=(API,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in threads:
        started.acquire(timeout=30)
    release.set()
    for thread in threads:
        thread.join()
    assert clock.slept
    assert all(pause <= 101 for pause in clock.slept)


def test_threads_share_one_count():
    """Eight threads against a small quota: nobody is refused."""
    clock = FakeClock()
    server = Server(clock, limit=50)
    lock = threading.Lock()

    def one_by_one(request):
        with lock:
            return server(request)

    transport = Throttling(FakeTransport(one_by_one), HUB, clock)
    transport.send(API)
    threads = [threading.Thread(target=lambda: [transport.send(API) for _ in range(5)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.refused, len(server.times)) == (0, 41)


def test_the_hubs_own_headers_are_read():
    """The documented form, blanks and several buckets."""
    headers = {
        "RateLimit": '"api";r=998;t=187, "resolvers" ; r = 5 ; t = 6',
        "RateLimit-Policy": '"fixed window";"api";q=1000;w=300',
    }
    assert parse_limits(headers) == (Limit("api", 998, 187, 1000), Limit("resolvers", 5, 6))


@pytest.mark.parametrize(
    "text", ["", "api;r=1;t=2", '"api"', '"api";r=x;t=2', '"api";t=2', '"api";r=-1;t=2', ";;;", '"']
)
def test_other_headers_are_left_alone(text):
    """What does not fit says nothing."""
    assert parse_limits({"RateLimit": text}) == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_reading_limits_never_fails(limit, policy):
    """Any header text gives limits with sane numbers, or none."""
    for found in parse_limits({"RateLimit": limit, "RateLimit-Policy": policy}):
        assert found.left >= 0
        assert found.reset_seconds >= 0


@given(
    st.from_regex(r"[a-z]{1,10}", fullmatch=True),
    st.integers(0, 999_999_999),
    st.integers(0, 999_999_999),
    st.integers(0, 999_999_999),
)
def test_what_is_stated_is_read(name, left, reset, quota):
    """Every number comes back as stated."""
    headers = stated(left, reset, quota, name).headers
    assert parse_limits(headers) == (Limit(name, left, reset, quota),)
