from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import threading

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import exceptions as urllib3_errors

from hfops.hub.config import Settings
from hfops.hub.connection import open_connections
from hfops.hub.errors import BadAnswer, CutOff, LostAnswer, NotSent
from hfops.hub.token import Token
from hfops.hub.transport import Headers, Request, RequestsTransport, Response
from hfops.hub.wire import _failure
from hfops.model.call import Repeat

from .conftest import reply, reset
from .fakes import FakeClock


@pytest.fixture
def wire():
    transport = RequestsTransport(2)
    yield transport
    transport.close()


def test_a_whole_answer_comes_back(local, wire):
    """Status, headers (names without case), body and URL of the answer; method, body and headers arrive."""
    local.routes["/x"] = lambda h: reply(h, 201, b'{"a": 1}', (("X-Error-Code", "Odd"),))
    response = wire.send(Request("POST", f"{local.url}/x?q=1", {"X-One": "1"}, b"body", Repeat.SAME))
    assert (response.status, response.json(), response.url) == (201, {"a": 1}, f"{local.url}/x?q=1")
    assert response.headers["x-error-CODE"] == "Odd"
    assert "X-ERROR-CODE" in response.headers
    seen = local.seen[0]
    assert (seen.method, seen.path, seen.body, seen.headers["X-One"]) == ("POST", "/x?q=1", b"body", "1")


def test_a_deletion_carries_its_body(local, wire):
    """The Hub's DELETE calls have JSON bodies."""
    wire.send(Request("DELETE", f"{local.url}/x", body=b'{"name": "x"}'))
    assert (local.seen[0].method, local.seen[0].body) == ("DELETE", b'{"name": "x"}')


def test_encoded_slashes_stay_encoded(local, wire):
    """Branch ``a/b`` is one segment, ``a%2Fb``, on the wire too."""
    wire.send(Request("GET", f"{local.url}/branch/a%2Fb%20c"))
    assert local.seen[0].path == "/branch/a%2Fb%20c"


def test_a_compressed_body_is_unpacked(local, wire):
    """gzip is asked for and undone."""
    local.routes["/z"] = lambda h: reply(h, 200, gzip.compress(b'{"a": 1}'), (("Content-Encoding", "gzip"),))
    assert wire.send(Request("GET", f"{local.url}/z")).json() == {"a": 1}
    assert "gzip" in local.seen[0].headers["Accept-Encoding"]


def test_connections_are_used_again(local, wire):
    """Requests one after the other share a connection, after an error status too."""
    local.routes["/no"] = lambda h: reply(h, 404, b"no")
    for path in ("/a", "/no", "/b"):
        wire.send(Request("GET", local.url + path))
    assert len({seen.port for seen in local.seen}) == 1


def test_threads_share_a_transport(local, wire):
    """Many threads at once get each their own answer."""

    def echo(handler):
        reply(handler, 200, handler.path.encode())

    for n in range(40):
        local.routes[f"/{n}"] = echo
    got: dict[int, bytes] = {}

    def ask(n):
        got[n] = wire.send(Request("GET", f"{local.url}/{n}")).body

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {n: f"/{n}".encode() for n in range(40)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_refused_connection_was_surely_not_sent(wire):
    """Nothing listens: ``NotSent``, which names the place and says what to check."""
    with pytest.raises(NotSent, match=r"127\.0\.0\.1.*refused.*HF_ENDPOINT") as caught:
        wire.send(Request("POST", f"http://127.0.0.1:{free_port()}/x", body=b"{}"))
    assert not caught.value.uncertain
    assert not caught.value.lasting


def test_an_impossible_address_is_not_tried_again(wire):
    """A URL that no library can send is a lasting ``NotSent``, not a crash."""
    for url in ("http://[::1", "ftp://127.0.0.1/x", "http:///x"):
        with pytest.raises(NotSent) as caught:
            wire.send(Request("GET", url))
        assert caught.value.lasting


def test_a_header_with_a_line_break_is_not_sent(local, wire):
    """No header can smuggle in another."""
    with pytest.raises(NotSent):
        wire.send(Request("GET", local.url, {"X": "a\r\nY: b"}))
    assert local.seen == []


def test_a_reset_loses_the_answer(local, wire):
    """The request arrived and the connection broke: the effect is unknown."""
    local.routes["/x"] = reset
    with pytest.raises(LostAnswer) as caught:
        wire.send(Request("POST", f"{local.url}/x", body=b"{}"))
    assert caught.value.uncertain
    assert not isinstance(caught.value, CutOff)
    assert len(local.seen) == 1


def test_silence_loses_the_answer(local, wire):
    """No answer within the read time-out: the effect is unknown."""
    local.routes["/slow"] = lambda h: local.release.wait(30)
    with pytest.raises(LostAnswer, match="no answer within"):
        wire.send(Request("POST", f"{local.url}/slow", body=b"{}", timeout=(5, 0.05)))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_cut_body_is_noticed(local, wire, chunked):
    """Half a body with the full length, or without the last chunk, is ``CutOff``, never half a JSON text."""

    def half(handler):
        handler.send_response(200)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"5\r\n[1, 2\r\n")
        else:
            handler.send_header("Content-Length", "20")
            handler.end_headers()
            handler.wfile.write(b"[1, 2")
        handler.close_connection = True

    local.routes["/half"] = half
    with pytest.raises(CutOff):
        wire.send(Request("GET", f"{local.url}/half"))


def test_a_body_that_stalls_is_cut_off(local, wire):
    """Headers came, the body does not: ``CutOff`` after the read time-out."""

    def stall(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "20")
        handler.end_headers()
        handler.wfile.write(b"[1")
        handler.wfile.flush()
        local.release.wait(30)

    local.routes["/stall"] = stall
    with pytest.raises(CutOff):
        wire.send(Request("GET", f"{local.url}/stall", timeout=(5, 0.05)))


def test_an_endless_body_ends(local, wire, monkeypatch):
    """A body beyond any sense is refused instead of filling the memory."""
    monkeypatch.setattr("hfops.hub.wire.MAX_BODY", 1000)
    local.routes["/big"] = lambda h: reply(h, 200, b"x" * 200_000)
    with pytest.raises(BadAnswer, match="larger than 1,000 bytes"):
        wire.send(Request("GET", f"{local.url}/big"))


def test_a_trickle_ends(local, wire, monkeypatch):
    """A body that always goes on just in time is ended by the clock over all of it."""
    monkeypatch.setattr("hfops.hub.wire.MAX_SECONDS", -1.0)
    local.routes["/drip"] = lambda h: reply(h, 200, b"x" * 10)
    with pytest.raises(CutOff, match="still coming"):
        wire.send(Request("GET", f"{local.url}/drip"))


def test_redirects_are_not_followed_here(local, wire):
    """The transport answers with the redirect; following it is a wrapper's business."""
    local.routes["/old"] = lambda h: reply(h, 307, b"", (("Location", "/new"),))
    assert wire.send(Request("GET", f"{local.url}/old")).status == 307
    assert [seen.path for seen in local.seen] == ["/old"]


def test_no_password_from_netrc_and_no_cookie(local, wire, tmp_path, monkeypatch):
    """A .netrc entry for the host is never sent, and a cookie that the server sets is not sent back."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    local.routes["/c"] = lambda h: reply(h, 200, b"{}", (("Set-Cookie", "a=b; Path=/"),))
    wire.send(Request("GET", f"{local.url}/c"))
    wire.send(Request("GET", f"{local.url}/c"))
    for seen in local.seen:
        assert not {"authorization", "cookie"} & {name.lower() for name in seen.headers}


def test_a_proxy_is_used_but_not_for_this_machine(local, elsewhere, wire, monkeypatch):
    """HTTP_PROXY serves other hosts; loopback is reached directly."""
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    wire.send(Request("GET", f"{local.url}/direct"))
    wire.send(Request("GET", "http://hub.example/api/x"))
    assert [seen.path for seen in local.seen] == ["/direct"]
    assert [seen.path for seen in elsewhere.seen] == ["http://hub.example/api/x"]


def test_a_dead_proxy_is_named(wire, monkeypatch):
    """A proxy that does not answer is ``NotSent`` and says where proxies come from."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NotSent, match="HTTPS_PROXY"):
        wire.send(Request("GET", "http://hub.example/api/x"))


def test_a_missing_ca_file_is_an_error_of_ours(monkeypatch):
    """REQUESTS_CA_BUNDLE that leads nowhere: a lasting ``NotSent``, not a traceback."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    transport = RequestsTransport(1)
    with pytest.raises(NotSent) as caught:
        transport.send(Request("GET", "https://127.0.0.1:1/x"))
    assert caught.value.lasting


def test_a_bad_certificate_is_not_tried_again():
    """``requests`` wraps the TLS error twice; it is found, nothing was sent, and trying again is no use."""
    cause = urllib3_errors.SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed"))
    error = requests.exceptions.SSLError(urllib3_errors.MaxRetryError(None, "/x", cause))
    found = _failure(Request("POST", "https://hub.example/x"), error)
    assert isinstance(found, NotSent)
    assert found.lasting
    assert "self-signed" in str(found)
    assert "REQUESTS_CA_BUNDLE" in str(found)


def test_another_tls_failure_is_in_doubt():
    """A TLS error that is not about the certificate may come after the request: the effect is unknown."""
    error = requests.exceptions.SSLError(urllib3_errors.SSLError(ssl.SSLError(1, "bad record mac")))
    assert isinstance(_failure(Request("POST", "https://hub.example/x"), error), LostAnswer)


def test_the_token_stays_behind_at_another_origin(local, elsewhere):
    """Over the real network: a redirect to another port carries no token, the first request does."""
    local.routes["/api/x"] = lambda h: reply(h, 302, b"", (("Location", f"{elsewhere.url}/cdn"),))
    settings = Settings(endpoint=local.url, endpoints_api=f"{local.url}/v2")
    with open_connections(settings, Token("hf_secret", "test"), clock=FakeClock()) as both:
        assert both.reader.get("/api/x") == {}
    assert local.seen[0].headers["Authorization"] == "Bearer hf_secret"
    assert elsewhere.seen[0].path == "/cdn"
    assert "Authorization" not in elsewhere.seen[0].headers


def test_a_repr_shows_no_secret():
    """Requests and responses in a log or a traceback show neither token nor body nor signed query."""
    request = Request(
        "PUT", "https://h/x?sig=abc&a=b", {"Authorization": "Bearer hf_secret"}, b'{"value": "s3cret"}'
    )
    response = Response(200, Headers({"Set-Cookie": "s3cret"}), b"s3cret", "https://h/x?token=hf_secret")
    for shown in (repr(request), repr(response), f"{request}", repr(response.headers)):
        assert "s3cret" not in shown
        assert "hf_secret" not in shown
    assert repr(request) == "<Request PUT /x?sig=***&a=b>"


@given(st.binary(max_size=200))
def test_json_is_read_or_refused(body):
    """Whatever the body, ``json`` gives data or ``BadAnswer``."""
    response = Response(200, Headers(), body, "https://h/x")
    try:
        response.json()
    except BadAnswer as error:
        assert "expected JSON" in str(error)  # noqa: PT017 (both outcomes are right)


def test_deep_json_is_refused():
    """A body of a hundred thousand brackets is a ``BadAnswer``, not a crash."""
    with pytest.raises(BadAnswer):
        Response(200, Headers(), b"[" * 100_000, "https://h/x").json()


def test_the_http_library_is_loaded_only_to_connect():
    """Importing errors, or the whole client, does not load ``requests``: ``--help`` stays fast."""
    code = "import sys, hfops.hub.errors, hfops.hub.connection, hfops.hub.token; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
