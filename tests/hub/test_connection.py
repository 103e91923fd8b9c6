from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest

from hfops import __version__
from hfops.hub.config import Settings
from hfops.hub.connection import Reader, Writer, open_connections
from hfops.hub.errors import (
    BadAnswer,
    Conflict,
    Forbidden,
    Interrupted,
    LostAnswer,
    NotFound,
    OfflineError,
    ServerError,
)
from hfops.hub.throttling import Quota
from hfops.hub.token import Token
from hfops.hub.transport import Request
from hfops.hub.wrappers import WriteRefused
from hfops.model.call import Api, Repeat
from hfops.model.problem import HfopsError

from .conftest import reply
from .fakes import FakeClock, FakeTransport, answer

HUB = Settings(endpoint="https://hub.example", endpoints_api="https://endpoints.example/v2")
TOKEN = Token("hf_secret", "test")


def connect(*script, settings=HUB, token=TOKEN, **more):
    inner = FakeTransport(*script)
    return open_connections(
        settings, token, transport=inner, clock=more.pop("clock", FakeClock()), **more
    ), inner


def test_reading_json():
    """Path, parameters (lists repeat the key), the token, who we are."""
    both, inner = connect(answer(200, {"id": "acme/x"}))
    got = both.reader.get("/api/models/acme/x", {"expand": ["private", "sha"], "full": "true"})
    assert got == {"id": "acme/x"}
    sent = inner.requests[0]
    assert (sent.method, sent.body, sent.repeat) == ("GET", None, Repeat.SAFE)
    assert sent.url == "https://hub.example/api/models/acme/x?expand=private&expand=sha&full=true"
    assert sent.headers["Authorization"] == "Bearer hf_secret"
    assert sent.headers["User-Agent"].startswith(f"hfops/{__version__}; python/3.")


def test_parameters_join_a_query():
    """A path that has a query keeps it."""
    both, inner = connect(answer(200, []))
    both.reader.get("/api/x?a=b", {"c": "d e"})
    assert inner.requests[0].url == "https://hub.example/api/x?a=b&c=d+e"


def test_the_other_service():
    """Paths of the Endpoints API are relative to its base."""
    both, inner = connect(answer(200, {"items": []}))
    both.reader.get("/endpoint/acme", api=Api.ENDPOINTS)
    both.writer().send("POST", "/endpoint/acme", {"name": "x"}, Repeat.CONFLICT, Api.ENDPOINTS)
    assert [r.url for r in inner.requests] == ["https://endpoints.example/v2/endpoint/acme"] * 2


@pytest.mark.parametrize("path", ["//evil.example/x", "/api/../x", "https://evil.example/"])
def test_a_path_cannot_leave_the_service(path):
    """It is refused before anything is sent, for reads and writes."""
    both, inner = connect(answer())
    with pytest.raises(ValueError, match="API path"):
        both.reader.get(path)
    with pytest.raises(ValueError, match="API path"):
        both.writer().send("PUT", path, None, Repeat.SAME)
    assert inner.requests == []


def test_a_404_is_none_and_nothing_else_is():
    """Missing (or invisible) is an answer; a refusal or a failure is an error."""
    both, _ = connect(answer(404), answer(404), answer(403), answer(401), answer(200, {"a": 1}))
    assert both.reader.get_or_none("/api/x") is None
    with pytest.raises(NotFound):
        both.reader.get("/api/x")
    with pytest.raises(Forbidden):
        both.reader.get_or_none("/api/x")
    with pytest.raises(HfopsError, match="hf auth login"):
        both.reader.get_or_none("/api/x")
    assert both.reader.get_or_none("/api/x") == {"a": 1}


def test_an_answer_that_is_not_json():
    """A login page instead of the API is named as such."""
    both, _ = connect(answer(200, body=b"<html>"))
    with pytest.raises(BadAnswer, match="expected JSON"):
        both.reader.get("/api/x")


def page(data, link=None):
    return answer(200, data, headers={"Link": link} if link else {})


@pytest.mark.parametrize(
    "link",
    [
        '<https://hub.example/api/models?cursor=a%3D%3D&limit=2>; rel="next"',
        '</api/models?cursor=a%3D%3D&limit=2>; rel="next"',
        '<https://hub.example/api/models>; rel="first", <https://hub.example/api/models?cursor=a%3D%3D&limit=2>; rel=next',
        '<https://hub.example/api/models?cursor=a%3D%3D&limit=2>; title="x"; rel="next"',
    ],
)
def test_pages_are_followed_as_linked(link):
    """The link's URL is complete: its parameters are taken, ours are not added again."""
    both, inner = connect(page([1, 2], link), page([3]))
    assert list(both.reader.pages("/api/models", {"author": "acme"})) == [[1, 2], [3]]
    assert inner.requests[1].url == "https://hub.example/api/models?cursor=a%3D%3D&limit=2"
    assert inner.requests[1].headers["Authorization"] == "Bearer hf_secret"


def test_pages_are_read_as_needed():
    """Who has found everything reads no further page."""
    both, inner = connect(page([1], '</api/models?p=2>; rel="next"'), page([2]))
    next(both.reader.pages("/api/models"))
    assert len(inner.requests) == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/api/models?p=2",
        "http://hub.example/api/models?p=2",
        "https://hub.example:444/api",
        "//evil.example/x",
        "https://hub.example@evil.example/",
        "http://[",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for(target):
    """Neither with the token nor without."""
    both, inner = connect(page([1], f'<{target}>; rel="next"'), page([2]))
    with pytest.raises(BadAnswer, match="another host"):
        list(both.reader.pages("/api/models"))
    assert len(inner.requests) == 1


@pytest.mark.parametrize(
    "link", ['</api/models>; rel="prev"', "</api/models>", '</x>; rel="nextish"', "nonsense", ""]
)
def test_no_next_page(link):
    """Other links end the list."""
    both, _ = connect(page([1], link))
    assert list(both.reader.pages("/api/models")) == [[1]]


def test_a_circle_of_pages_ends():
    """A page that was read already is an error, not an endless run."""
    both, inner = connect(page([1], '</api/models?p=2>; rel="next"'))
    with pytest.raises(BadAnswer, match="already"):
        list(both.reader.pages("/api/models"))
    assert len(inner.requests) == 2


def test_a_page_must_be_a_list():
    """An object where a list belongs is an error that says so."""
    both, _ = connect(page({"items": []}))
    with pytest.raises(BadAnswer, match="expected a list, got dict"):
        list(both.reader.pages("/api/models"))


def test_files_are_text_or_bytes_or_none():
    """UTF-8 text, any bytes, None for a 404; text that is no text is an error."""
    both, _ = connect(
        answer(200, body="é".encode()), answer(404), answer(200, body=b"\xff"), answer(200, body=b"\xff")
    )
    path = "/acme/x/resolve/main/README.md"
    assert both.reader.text(path) == "é"
    assert both.reader.text(path) is None
    assert both.reader.content(path) == b"\xff"
    with pytest.raises(BadAnswer, match="not UTF-8"):
        both.reader.text(path)


def test_the_reader_cannot_write():
    """It has no method for it, and what it holds refuses to."""
    both, inner = connect(answer())
    assert not [
        name for name in dir(both.reader) if name in {"send", "post", "put", "delete", "patch", "write"}
    ]
    with pytest.raises(WriteRefused):
        both.reader._line.transport.send(Request("POST", "https://hub.example/api/x"))
    assert inner.requests == []


def test_the_writer_cannot_read():
    """No GET through the writer, and no method to read."""
    both, inner = connect(answer())
    writer = both.writer()
    assert [name for name in dir(writer) if not name.startswith("_")] == ["send"]
    for method in ("GET", "HEAD", "get", "OPTIONS"):
        with pytest.raises(ValueError, match="no write"):
            writer.send(method, "/api/x", None, Repeat.SAFE)
    assert inner.requests == []


def test_a_writer_is_made_on_purpose():
    """Opening connections makes a reader; a writer only ``writer()`` makes."""
    both, _ = connect(answer())
    assert isinstance(both.reader, Reader)
    assert isinstance(both.writer(), Writer)
    assert not [v for v in vars(both).values() if isinstance(v, Writer)]


def test_writing():
    """The body as JSON; the answer with its data and the server's clock."""
    date = {"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}
    both, inner = connect(answer(200, {"url": "u"}, headers=date))
    got = both.writer().send("POST", "/api/repos/create", {"name": "é\ud800"}, Repeat.CONFLICT)
    assert (got.status, got.data, got.uncertain) == (200, {"url": "u"}, False)
    assert got.date == datetime(2030, 1, 1, tzinfo=UTC)
    sent = inner.requests[0]
    assert (sent.method, sent.url, sent.repeat) == (
        "POST",
        "https://hub.example/api/repos/create",
        Repeat.CONFLICT,
    )
    assert sent.headers["Content-Type"] == "application/json"
    assert json.loads(sent.body) == {"name": "é\ud800"}


@pytest.mark.parametrize(("body", "data"), [(b"OK", "OK"), (b"", None), (b"{}", {}), (b'{"cut', '{"cut')])
def test_what_a_write_is_answered(body, data):
    """Text, nothing, JSON: the call is done in any case."""
    both, _ = connect(answer(200, body=body))
    assert both.writer().send("DELETE", "/api/repos/delete", {"name": "x"}, Repeat.CONFLICT).data == data


def test_a_write_without_a_body():
    """No body, no content type (pause, resume)."""
    both, inner = connect(answer(200, {}))
    both.writer().send("POST", "/api/x/pause", None, Repeat.SAME)
    assert inner.requests[0].body is None
    assert "Content-Type" not in inner.requests[0].headers


def test_a_commit_is_ndjson():
    """A list of bodies is one JSON object a line."""
    both, inner = connect(answer(200, {}))
    lines = [{"key": "header", "value": {"summary": "s"}}, {"key": "file", "value": {"path": "a"}}]
    both.writer().send("POST", "/api/models/acme/x/commit/main", lines, Repeat.ONCE)
    sent = inner.requests[0]
    assert sent.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in sent.body.decode().splitlines()] == lines


def test_a_lost_write_that_was_done_is_told_by_the_conflict():
    """Lost answer, repeat, 409: the conflict says that it may be our own doing, and names the object."""
    both, inner = connect(LostAnswer("reset"), answer(409, {"error": "exists", "url": "u"}))
    with pytest.raises(Conflict) as caught:
        both.writer().send("POST", "/api/repos/create", {"name": "x"}, Repeat.CONFLICT)
    assert caught.value.uncertain
    assert caught.value.data["url"] == "u"
    assert len(inner.requests) == 2


def test_a_one_time_write_is_sent_once():
    """Whatever happens to the answer."""
    for outcome, error in ((LostAnswer("reset"), LostAnswer), (answer(502), ServerError)):
        both, inner = connect(outcome)
        with pytest.raises(error) as caught:
            both.writer().send("POST", "/api/settings/webhooks", {}, Repeat.ONCE)
        assert caught.value.uncertain
        assert len(inner.requests) == 1


def test_both_share_counter_and_quota():
    """Requests of both, repeats and redirects count; the quota is the last one told, less what was sent since."""
    headers = {"RateLimit": '"api";r=990;t=100', "RateLimit-Policy": '"fixed window";"api";q=1000;w=300'}
    both, inner = connect(
        answer(502), answer(307, headers={"Location": "/api/y"}), answer(200, 1, headers=headers)
    )
    both.reader.get("/api/x")
    both.writer().send("PUT", "/api/x", {}, Repeat.SAME)
    assert both.reader.requests == len(inner.requests) == 4
    assert both.reader.quota == {"api": Quota(1000, 989, 100.0)}


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://hub.example/x", True),
        ("https://endpoints.example/v2/x", True),
        ("https://abc.us-east-1.aws.endpoints.huggingface.cloud/health", True),
        ("http://abc.us-east-1.aws.endpoints.huggingface.cloud/health", False),
        ("https://abc.endpoints.huggingface.cloud:8443/health", False),
        ("https://endpoints.huggingface.cloud.evil.example/health", False),
        ("https://evilendpoints.huggingface.cloud/health", False),
        ("http://hub.example/x", False),
        ("https://hub.example:444/x", False),
        ("https://huggingface.co/x", False),
        ("http://127.0.0.1/x", False),
    ],
)
def test_where_the_token_goes(url, sent):
    """To the two services' origins and to running endpoints over https, nowhere else."""
    both, inner = connect(answer(200, 1))
    assert both.reader.probe(url) == 200
    assert ("Authorization" in inner.requests[0].headers) is sent


@pytest.mark.parametrize(
    ("hub", "endpoints", "sent"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/v2", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v2", True),
        ("https://huggingface.co", "http://127.0.0.1:9000/v2", False),
    ],
)
def test_an_endpoints_api_on_this_machine(hub, endpoints, sent):
    """It gets the token only where the Hub is here too."""
    both, inner = connect(answer(200, {}), settings=Settings(endpoint=hub, endpoints_api=endpoints))
    both.reader.get("/endpoint/acme", api=Api.ENDPOINTS)
    assert ("Authorization" in inner.requests[0].headers) is sent


def test_a_probe_asks_once():
    """A loading endpoint's 503 is a status to look at, not to wait for here."""
    clock = FakeClock()
    both, inner = connect(answer(503), clock=clock)
    assert both.reader.probe("https://a.endpoints.huggingface.cloud/health") == 503
    assert (len(inner.requests), clock.slept) == (1, [])


@pytest.mark.parametrize("field", ["endpoint", "endpoints_api"])
def test_no_token_over_plain_http(field):
    """A plain address on another machine is refused where there is a token, with what to do."""
    settings = Settings(**{field: "http://hub.example"})
    with pytest.raises(HfopsError, match=r"hub\.example over plain http.*HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        open_connections(settings, TOKEN)
    both, _ = connect(answer(200, 1), settings=settings, token=None)
    assert both.reader.get("/api/x", api=Api.HUB if field == "endpoint" else Api.ENDPOINTS) == 1


def test_offline():
    """Nothing leaves, neither reads nor writes, also with a transport given."""
    both, inner = connect(answer(), settings=Settings(offline=True))
    with pytest.raises(OfflineError):
        both.reader.get("/api/x")
    with pytest.raises(OfflineError):
        both.writer().send("PUT", "/api/x", {}, Repeat.SAME)
    assert inner.requests == []


def test_debugging_shows_the_request_as_sent(capsys):
    """HF_DEBUG: the curl line says that a token goes along, and not which."""
    both, _ = connect(answer(200, 1), settings=Settings(endpoint="https://hub.example", debug=True))
    both.reader.get("/api/x")
    shown = capsys.readouterr().err
    assert "Authorization: Bearer <TOKEN>" in shown
    assert "hf_secret" not in shown


def test_the_token_is_masked_in_errors():
    """A service that repeats the token in its answer does not make us show it."""
    both, _ = connect(answer(403, {"error": "token hf_secret lacks the right"}))
    with pytest.raises(Forbidden, match=r"token \*\*\* lacks"):
        both.reader.get("/api/x")


def test_a_stop_ends_a_wait():
    """The event given at opening ends the wait for a rate limit."""
    stop = threading.Event()
    stop.set()
    inner = FakeTransport(answer(429, headers={"Retry-After": "300"}))
    both = open_connections(HUB, TOKEN, stop=stop, transport=inner)
    with pytest.raises(Interrupted):
        both.reader.get("/api/x")


def test_closing_closes_the_network():
    """Also at the end of a ``with`` block."""
    both, inner = connect(answer())
    with both:
        assert not inner.closed
    assert inner.closed


def test_over_the_network(local):
    """Reader and writer on the real transport: a renamed repository, pages, one kept connection."""
    local.routes["/api/models/acme/old"] = lambda h: reply(
        h, 307, b"", (("Location", "/api/models/acme/new"),)
    )
    local.routes["/api/models/acme/new"] = lambda h: reply(h, 200, b'{"id": "acme/new"}')

    def listing(handler):
        last = "cursor" in handler.path
        links = () if last else (("Link", f'<{local.url}/api/models?cursor=x>; rel="next"'),)
        reply(handler, 200, b"[2]" if last else b"[1]", links)

    local.routes["/api/models"] = listing
    settings = Settings(endpoint=local.url, endpoints_api=f"{local.url}/v2")
    with open_connections(settings, TOKEN) as both:
        assert both.reader.get("/api/models/acme/old") == {"id": "acme/new"}
        assert list(both.reader.pages("/api/models")) == [[1], [2]]
        both.writer().send("PUT", "/api/models/acme/new/settings", {"gated": "auto"}, Repeat.SAME)
        assert both.reader.requests == 5
    assert {seen.headers["Authorization"] for seen in local.seen} == {"Bearer hf_secret"}
    assert len({seen.port for seen in local.seen}) == 1
    assert local.seen[-1].body == b'{"gated":"auto"}'
