"""The receiver over HTTP: who may deliver, what is taken, what is said of it."""

from __future__ import annotations

import hmac
import json
import threading

import pytest
import uvicorn

from hfops.cli.watching import secret as secrets
from hfops.cli.watching.debounce import Batch, Pace
from hfops.cli.watching.receiver import LARGEST
from hfops.cli.watching.secret import Guard
from hfops.cli.watching.server import Server
from hfops.model.address import Address
from tests.cli.conftest import until
from tests.cli.watching import SECRET, delivery, receiving

HEAD = f"POST /hooks/hf HTTP/1.1\r\nHost: x\r\nX-Webhook-Secret: {SECRET}\r\n"


def test_a_delivery_is_accepted_at_once() -> None:
    """202 while the look that it asks for has not ended; then the address was looked at."""
    go = threading.Event()

    def look(batch: Batch) -> str:
        assert go.wait(10)
        return ""

    with receiving(look) as station:
        answer = station.post()
        assert (answer.status_code, answer.json()) == (202, {"status": "queued"})
        assert station.health().json()["runs"] == 0
        go.set()
        until(lambda: station.health().json()["runs"] == 1, "the look")
        assert station.looks[0].addresses == (Address("Model", "acme", "x"),)


@pytest.mark.parametrize(
    "secret", [None, "", "a", SECRET[:-1], SECRET + "x", SECRET.upper(), "é".encode("latin-1"), "x" * 4000]
)
def test_without_the_secret(secret: str | bytes | None) -> None:
    """401 for none and for any other, and nothing is looked at: not even the body, which is no JSON."""
    with receiving() as station:
        assert station.post(b"{", secret).status_code == 401
        assert station.post(None, secret).status_code == 401
        assert station.health().json()["queued"] == 0
    assert station.looks == []


def test_the_secret_comes_before_the_body() -> None:
    """Whoever does not know the secret is sent away before a body is read: of this one nothing ever comes."""
    with receiving() as station:
        answer = station.raw(b"POST /hooks/hf HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_the_secret_twice() -> None:
    """Two headers are not one: what stands before the receiver may have looked at the other."""
    extra = f"X-Webhook-Secret: {SECRET}\r\nContent-Length: 2\r\n\r\n{{}}"
    with receiving() as station:
        assert station.raw((HEAD + extra).encode()).startswith(b"HTTP/1.1 401 ")


def test_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is given, exactly one comparison is made, by ``compare_digest``, of two texts of one length."""
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def watched(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return real(left, right)

    monkeypatch.setattr(secrets.hmac, "compare_digest", watched)
    guard = Guard.of(SECRET)
    tried = [[], [""], ["x"], [SECRET], [SECRET[:-1]], ["\xff" * 5000], [SECRET, SECRET], ["Ω"]]
    assert [guard.admits(given) for given in tried] == [given == [SECRET] for given in tried]
    assert len(compared) == len(tried)
    assert {(len(left), len(right)) for left, right in compared} == {(32, 32)}


def test_no_secret() -> None:
    """Where none is wanted, everybody may deliver."""
    with receiving(secret=None) as station:
        assert station.post(secret=None).status_code == 202
        assert station.post(secret="any").status_code == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"7", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000, b'{"a": }'],
    ids=repr,
)
def test_bad_bodies(body: bytes) -> None:
    """400 for what is no JSON object, however deep or long; the receiver goes on."""
    with receiving() as station:
        answer = station.post(body)
        assert answer.status_code == 400
        assert answer.json()["error"] in ("not JSON", "expected a JSON object")
        assert station.post().status_code == 202


def test_too_large_by_its_own_word() -> None:
    """413 for a length above a MiB, before any of it came."""
    with receiving() as station:
        answer = station.raw(f"{HEAD}Content-Length: {LARGEST + 1}\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 413 ")


def test_too_large_in_chunks() -> None:
    """413 as soon as more than a MiB came, whatever was announced."""
    with receiving() as station:
        head = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{LARGEST * 2:x}\r\n".encode()
        assert station.raw(head, b" " * (LARGEST + 1)).startswith(b"HTTP/1.1 413 ")


def test_as_large_as_allowed() -> None:
    """A MiB is read, in one piece or in chunks."""
    body = json.dumps(delivery(padding="x" * (LARGEST - 200))).encode().ljust(LARGEST)
    with receiving() as station:
        assert station.post(body).status_code == 202
        chunked = (
            f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{LARGEST:x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        )
        assert station.raw(chunked).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/hooks/hf", 405),
        ("PUT", "/hooks/hf", 405),
        ("POST", "/healthz", 405),
        ("POST", "/hooks/hf/", 404),
        ("POST", "/", 404),
        ("GET", "/docs", 404),
    ],
)
def test_other_requests(method: str, path: str, status: int) -> None:
    """405 with what is allowed, 404 elsewhere, both with the secret and without one."""
    with receiving() as station:
        for secret in (f"X-Webhook-Secret: {SECRET}\r\n", ""):
            request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{secret}Content-Length: 0\r\n\r\n"
            answer = station.raw(request.encode()).decode()
            assert answer.startswith(f"HTTP/1.1 {status} ")
            assert ("allow:" in answer.lower()) == (status == 405)


def test_what_concerns_nothing() -> None:
    """An event that can concern no manifest is accepted, said to be so, and leads to no look."""
    with receiving() as station:
        for body in ({}, delivery("acme", "org"), delivery("gpt2"), delivery("acme/b", "bucket")):
            answer = station.post(body)
            assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
        assert station.health().json() == {
            "status": "ok",
            "queued": 0,
            "runs": 0,
            "lastRun": None,
            "lastError": None,
        }
    assert sum("nothing to do" in line for line in station.said) == 4
    assert station.looks == []


def test_the_log() -> None:
    """One line a request, with neither header nor body nor query, and none for a health check that is well."""
    with receiving() as station:
        station.post(delivery(note="in-the-body"))
        station.raw(
            f"GET /x?q=in-the-query HTTP/1.1\r\nHost: x\r\nCookie: in-a-header{SECRET}\r\n\r\n".encode()
        )
        station.health()
        until(lambda: len(station.said) == 2, "both lines")
        first, second = station.said
    assert first.startswith("127.0.0.1 POST /hooks/hf 202 ")
    assert second.startswith("127.0.0.1 GET /x 404 ")
    assert "in-" not in first + second
    assert SECRET not in first + second


def test_a_flood() -> None:
    """Hundreds of deliveries for one address are two looks at most; many addresses never queue beyond the limit."""
    busy, go = threading.Event(), threading.Event()

    def look(batch: Batch) -> str:
        busy.set()
        assert go.wait(30)
        return ""

    with receiving(look) as station:
        assert station.post().status_code == 202
        assert busy.wait(10)
        assert {station.post().status_code for _ in range(200)} == {202}
        assert station.health().json()["queued"] == 1
        go.set()
        until(lambda: station.health().json()["runs"] == 2, "the second look")
    assert [look.events for look in station.looks] == [1, 200]


def test_one_look_at_a_time() -> None:
    """What comes while a look runs is looked at after it."""
    running, most = [0], [0]
    go = threading.Event()

    def look(batch: Batch) -> str:
        running[0] += 1
        most[0] = max(most[0], running[0])
        assert go.wait(10)
        running[0] -= 1
        return ""

    with receiving(look) as station:
        for name in "abcdef":
            station.post(delivery(f"acme/{name}"))
        go.set()
        until(lambda: sum(look.events for look in station.looks) == 6, "all looks")
    assert most == [1]


def test_health_of_a_failure() -> None:
    """The last look's failure is told, until one succeeds, which looks at what is owed too."""
    errors = ["the Hub says no"]
    with receiving(lambda batch: errors.pop() if errors else "") as station:
        station.post(delivery("acme/a"))
        until(lambda: station.health().json()["runs"] == 1, "the first look")
        assert station.health().json()["lastError"] == "the Hub says no"
        station.post(delivery("acme/b"))
        until(lambda: station.health().json()["runs"] == 2, "the second look")
        health = station.health().json()
    assert (health["lastError"], health["status"]) == (None, "ok")
    assert health["lastRun"].endswith("Z")
    assert [a.name for a in station.looks[1].addresses] == ["a", "b"]


def test_stopping() -> None:
    """While the last look ends, health is 503 and nothing is taken any more; what waits is dropped."""
    busy, go = threading.Event(), threading.Event()

    def look(batch: Batch) -> str:
        busy.set()
        assert go.wait(10)
        return ""

    with receiving(look, Pace(debounce=0)) as station:
        station.post(delivery("acme/a"))
        assert busy.wait(10)
        station.post(delivery("acme/b"))
        station.worker.stop()
        assert not station.worker.join(0)
        health = station.health()
        assert (health.status_code, health.json()["status"]) == (503, "stopping")
        assert station.post(delivery("acme/c")).status_code == 503
        go.set()
        assert station.worker.join(10)
    assert len(station.looks) == 1


def test_a_server_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot go on says so to whoever waits, and keeps nobody waiting."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(uvicorn.Server, "startup", broken)
    with Server(lambda: None, "127.0.0.1", 0) as server:
        until(lambda: not server.running, "its end")
    assert isinstance(server.error, ZeroDivisionError)
