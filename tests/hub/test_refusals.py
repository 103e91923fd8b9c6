from __future__ import annotations

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.errors import (
    Conflict,
    Forbidden,
    HubError,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ServerError,
    StatusError,
    Unauthorized,
)
from hfops.hub.redact import Redactor
from hfops.hub.refusals import LONGEST, explanation, refused
from hfops.hub.transport import Headers, Request, Response
from hfops.model.problem import HfopsError

from .fakes import answer

ASK = Request("GET", "https://hub.example/api/models/acme/x?author=acme&token=hf_secret")
WRITE = Request("POST", "https://hub.example/api/repos/create")


@pytest.mark.parametrize(
    ("status", "kind", "way_out"),
    [
        (400, StatusError, "wrong"),
        (401, Unauthorized, "hf auth login"),
        (402, StatusError, "billing"),
        (403, Forbidden, "settings/tokens"),
        (404, NotFound, "may not see it"),
        (409, Conflict, "plan again"),
        (412, PreconditionFailed, "plan again"),
        (429, RateLimited, "--parallelism"),
        (500, ServerError, "status.huggingface.co"),
        (599, ServerError, "status.huggingface.co"),
        (302, StatusError, "did not expect"),
    ],
)
def test_each_status_is_an_error_with_a_way_out(status, kind, way_out):
    """The class by status; the message has the request, the status, the Hub's words and what to do."""
    error = refused(ASK, answer(status, {"error": "Because of this."}))
    assert type(error) is kind
    assert isinstance(error, HubError)
    assert isinstance(error, HfopsError)
    assert str(error).startswith(f"GET /api/models/acme/x?author=acme&token=***: {status}")
    assert "Because of this." in str(error)
    assert way_out in str(error)


def test_an_error_carries_what_the_service_said():
    """Code, request id, words and JSON body (whose ``slug`` or ``url`` names the existing object)."""
    headers = {"X-Error-Code": "RepoNotFound", "X-Request-Id": "Root=1-2;3"}
    error = refused(WRITE, answer(409, {"error": "Exists", "slug": "acme/c-1"}, headers=headers))
    assert (error.status, error.method, error.url) == (409, "POST", "/api/repos/create")
    assert (error.code, error.request_id, error.said) == ("RepoNotFound", "Root=1-2;3", "Exists")
    assert error.data == {"error": "Exists", "slug": "acme/c-1"}


def test_no_token_and_no_such_repository_are_told_apart():
    """401 with RepoNotFound is not a bad token: there is none, or the repository is private."""
    error = refused(ASK, answer(401, headers={"X-Error-Code": "RepoNotFound"}))
    assert "missing, or private" in str(error)
    gated = refused(ASK, answer(403, headers={"X-Error-Code": "GatedRepo"}))
    assert "gated" in str(gated)


@pytest.mark.parametrize(
    ("request_", "status", "uncertain"),
    [(WRITE, 500, True), (WRITE, 504, True), (WRITE, 409, False), (WRITE, 501, False), (ASK, 500, False)],
)
def test_a_server_error_leaves_a_write_uncertain(request_, status, uncertain):
    """A 5xx does not tell whether the write happened; a refusal does, and a read changes nothing."""
    assert refused(request_, answer(status)).uncertain is uncertain


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"error": "text"}, "text"),
        ({"error": ["one", "two"]}, "one; two"),
        ({"error": ["one", 2, None]}, "one"),
        ({"error": {"message": "deep"}}, "deep"),
        ({"errors": [{"message": "first"}, {"message": "second"}, "third"]}, "first; second; third"),
        ({"error": "invalid_grant", "error_description": "expired"}, "invalid_grant; expired"),
        ({"error": "same", "message": "same"}, "same"),
        ("only a string", "only a string"),
        ({"error": {}}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_known_shapes_of_json(data, said):
    """Strings, lists, nested messages; a shape that says nothing stays silent."""
    assert explanation({}, json.dumps(data).encode()) == said


def test_the_header_stands_in_for_the_body():
    """An empty body, or one that says nothing, leaves the word to X-Error-Message."""
    headers = {"X-Error-Message": "Invalid credentials in Authorization header"}
    assert explanation(headers, b"") == headers["X-Error-Message"]
    assert explanation(headers, b"{}") == headers["X-Error-Message"]


def test_a_proxys_page_is_read_as_text():
    """HTML loses its tags, scripts, styles and entities."""
    page = b"<!DOCTYPE html><html><head><style>p {x}</style></head><body><script>no()</script><h1>502</h1><p>Bad &amp; gone"
    assert explanation({}, page) == "502 Bad & gone"


def test_plain_text_is_taken_as_it_is():
    """The Endpoints API answers so at times."""
    text = b"Failed to parse the request body as JSON: model.task: expected value at line 1 column 257"
    assert explanation({}, text) == text.decode()


def test_terminal_codes_are_removed():
    """No colour, title, cursor or bidirectional trick gets from a body to the terminal."""
    body = json.dumps({"error": "a\x1b[31mred\x1b[0m\x1b]0;title\x07b\x9b\u202ec\u200bd\ne\x00\x07"}).encode()
    assert explanation({}, body) == "aredbcd e"


def test_secrets_in_an_answer_are_masked():
    """A service that repeats a value back does not make us show it, in its words or in the URL."""
    request = Request("DELETE", "https://hub.example/api/x/s3cret")
    error = refused(request, answer(400, {"error": "bad value s3cret"}), lambda t: t.replace("s3cret", "***"))
    assert "s3cret" not in str(error)
    assert "s3cret" not in error.said


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace"))))
def test_any_body_gives_one_short_clean_line(body):
    """Never an exception, no control character, at most 300 characters."""
    assert_clean(explanation({}, body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "message", "error_description", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(JSON, st.text(max_size=50))
def test_any_json_gives_one_short_clean_line(data, header):
    """Also through the whole error, whatever the headers hold."""
    body = json.dumps(data).encode()
    assert_clean(explanation({"X-Error-Message": header}, body))
    error = refused(ASK, answer(400, body=body, headers={"X-Error-Code": header, "X-Request-Id": header}))
    assert not any(unicodedata.category(c) == "Cc" for c in str(error))


def assert_clean(line):
    assert len(line) <= LONGEST
    assert line == line.strip()
    assert not [c for c in line if unicodedata.category(c)[0] == "C"]


@pytest.mark.parametrize(
    "body", [b"<" * 5_000_000, b"<style" * 500_000, b"[" * 1_000_000, b"\x1b]" * 1_000_000]
)
def test_a_hostile_body_takes_no_time(body):
    """Megabytes that are made to make patterns backtrack are over at once."""
    started = time.perf_counter()
    assert_clean(explanation({}, body))
    assert time.perf_counter() - started < 2


def test_a_secret_is_masked_before_a_long_text_is_cut() -> None:
    """Half a secret is a secret too, and nothing would know it again: echoed at the cut, or longer than the cut."""
    for secret in ("s3cr3t-canary-value", "L0ng" * 300):
        redactor = Redactor()
        redactor.add(secret)
        for body in (
            json.dumps({"error": "x" * 290 + secret}).encode(),
            ("y" * 1990 + secret).encode(),
            json.dumps({"error": [{"message": "z" * 295 + secret}]}).encode(),
        ):
            error = refused(
                Request("POST", "https://hub/x"), Response(400, Headers(), body, "https://hub/x"), redactor
            )
            assert secret[:4] not in str(error)
            assert secret[:4] not in error.said
