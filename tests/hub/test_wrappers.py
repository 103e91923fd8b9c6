from __future__ import annotations

import threading

import pytest

from hfops.hub.errors import BadAnswer, NotSent, OfflineError
from hfops.hub.token import Token
from hfops.hub.transport import Request
from hfops.hub.wrappers import (
    Authorizing,
    Counting,
    Offline,
    ReadOnly,
    Recording,
    Redirecting,
    WriteRefused,
)
from hfops.model.call import Repeat

from .fakes import FakeTransport, answer

HUB = "https://hub.example"


def to(location, status=302):
    return answer(status, headers={"Location": location})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "OPTIONS"])
def test_the_reading_side_sends_reads_only(method):
    """Anything but GET and HEAD raises before it is sent."""
    inner = FakeTransport(answer())
    with pytest.raises(WriteRefused, match=r"/api/x on a connection that only reads"):
        ReadOnly(inner).send(Request(method, f"{HUB}/api/x"))
    assert inner.requests == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_reading_side_reads(method):
    """GET and HEAD pass."""
    assert ReadOnly(FakeTransport(answer())).send(Request(method, HUB)).status == 200


def test_recording_keeps_what_came_of_each_request():
    """Method, URL and status in order; None where no answer came."""
    recording = Recording(FakeTransport(answer(201), NotSent("no")))
    recording.send(Request("POST", f"{HUB}/a"))
    with pytest.raises(NotSent):
        recording.send(Request("GET", f"{HUB}/b"))
    assert recording.seen == [("POST", f"{HUB}/a", 201), ("GET", f"{HUB}/b", None)]


def test_counting_counts_in_all_threads():
    """No request is lost between threads, and failures count too."""
    counting = Counting(FakeTransport(answer()))
    threads = [
        threading.Thread(target=lambda: [counting.send(Request("GET", HUB)) for _ in range(200)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counting.count == 1600


def test_offline_lets_nothing_leave():
    """The message names the variables to unset."""
    with pytest.raises(OfflineError, match="HF_HUB_OFFLINE"):
        Offline().send(Request("GET", f"{HUB}/api/x"))


def test_closing_reaches_the_inside():
    """Closing the outermost wrapper closes the network."""
    inner = FakeTransport(answer())
    Redirecting(Counting(ReadOnly(inner))).close()
    assert inner.closed


def test_the_token_joins_trusted_requests_only():
    """A trusted URL gets the token; another one loses even a token that was there."""
    inner = FakeTransport(answer())
    transport = Authorizing(inner, Token("hf_x", "test"), lambda url: url.startswith(HUB))
    transport.send(Request("GET", f"{HUB}/a"))
    transport.send(Request("GET", "https://cdn.example/b", {"authorization": "Bearer hf_x", "Accept": "*/*"}))
    assert inner.requests[0].headers == {"Authorization": "Bearer hf_x"}
    assert inner.requests[1].headers == {"Accept": "*/*"}


def test_without_a_token_nothing_is_added():
    """No token, no header."""
    inner = FakeTransport(answer())
    Authorizing(inner, None, lambda url: True).send(Request("GET", HUB))
    assert inner.requests[0].headers == {}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_reads_follow_redirects(status):
    """Relative and absolute locations, at the same origin with all headers."""
    inner = FakeTransport(to("/new?a=b", status), answer(200, 1))
    response = Redirecting(inner).send(Request("GET", f"{HUB}/old", {"Authorization": "Bearer x"}))
    assert (response.url, response.json()) == (f"{HUB}/new?a=b", 1)
    assert inner.requests[1].headers == {"Authorization": "Bearer x"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://cdn.example/x",
        "https://hub.example:8443/x",
        "https://hub.example.evil.example/x",
        "//evil.example/x",
        "https://hub.example\t.evil.example/x",
    ],
)
def test_authorization_stays_at_its_origin(elsewhere):
    """Another host, port or look-alike gets the request without the token."""
    inner = FakeTransport(to(elsewhere), answer())
    Redirecting(inner).send(Request("GET", f"{HUB}/x", {"Authorization": "Bearer x", "Accept": "*/*"}))
    assert inner.requests[1].headers == {"Accept": "*/*"}


@pytest.mark.parametrize(
    "location",
    [
        "https://hub.example@evil.example/",
        "https://evil.example\\@hub.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
def test_odd_locations_are_not_followed(location):
    """What two parsers could read as two hosts, and what is no web address, ends there."""
    inner = FakeTransport(to(location), answer())
    with pytest.raises(BadAnswer):
        Redirecting(inner).send(Request("GET", f"{HUB}/x"))
    assert len(inner.requests) == 1


def test_no_step_down_to_plain_http():
    """From https a redirect to http on another machine is refused."""
    inner = FakeTransport(to("http://hub.example/x"), answer())
    with pytest.raises(BadAnswer, match="plain http"):
        Redirecting(inner).send(Request("GET", f"{HUB}/x"))


def test_redirects_end_after_five():
    """Five are followed, the sixth is an error: no loop goes on for ever."""
    inner = FakeTransport(to("/x"))
    with pytest.raises(BadAnswer, match="more than 5 redirects"):
        Redirecting(inner).send(Request("GET", f"{HUB}/x"))
    assert len(inner.requests) == 6
    patient = FakeTransport(*[to("/x")] * 5, answer())
    assert Redirecting(patient).send(Request("GET", f"{HUB}/x")).status == 200


@pytest.mark.parametrize("status", [307, 308])
def test_writes_follow_a_renamed_repository(status):
    """307 and 308 within the origin repeat the write with its body, as the Hub answers for renamed repositories."""
    inner = FakeTransport(to("/new", status), answer())
    request = Request("PUT", f"{HUB}/old", {"A": "b"}, b"{}", Repeat.SAME)
    assert Redirecting(inner).send(request).status == 200
    second = inner.requests[1]
    assert (second.method, second.url, second.body) == ("PUT", f"{HUB}/new", b"{}")
    assert (second.headers, second.repeat) == ({"A": "b"}, Repeat.SAME)


@pytest.mark.parametrize(
    ("status", "location"),
    [(301, "/new"), (302, "/new"), (303, "/new"), (307, "https://evil.example/"), (308, "//e.example/")],
)
def test_writes_go_nowhere_else(status, location):
    """A write never turns into a read, and never leaves its origin."""
    inner = FakeTransport(to(location, status), answer())
    with pytest.raises(BadAnswer, match="nothing was changed"):
        Redirecting(inner).send(Request("POST", f"{HUB}/old", body=b"{}", repeat=Repeat.ONCE))
    assert len(inner.requests) == 1


def test_doubt_survives_a_redirect():
    """If an attempt before the redirect may have worked, the final answer says so."""
    first = answer(307, headers={"Location": "/new"})
    uncertain = type(first)(first.status, first.headers, first.body, "", uncertain=True)
    inner = FakeTransport(uncertain, answer(409))
    assert Redirecting(inner).send(Request("POST", f"{HUB}/old", repeat=Repeat.CONFLICT)).uncertain


def test_a_redirect_without_a_place_is_an_answer():
    """No Location: nothing to follow."""
    assert Redirecting(FakeTransport(answer(302))).send(Request("GET", HUB)).status == 302
