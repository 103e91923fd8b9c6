from __future__ import annotations

import io
import json
import shlex

import pytest

from hfops.hub.debugging import Debugging, curl
from hfops.hub.redact import Redactor
from hfops.hub.transport import Request

from .fakes import FakeTransport, answer

URL = "https://hub.example/api/spaces/acme/x/secrets"


def test_a_request_is_shown_as_curl_without_its_token():
    """One line that a shell would read, the token masked, before the request leaves."""
    out = io.StringIO()
    inner = FakeTransport(answer())
    headers = {"authorization": "Bearer hf_secret", "Content-Type": "application/json"}
    Debugging(inner, out=out).send(
        Request("POST", "https://hub.example/api/x?a=b", headers, b'{"a": "it\'s"}')
    )
    words = shlex.split(out.getvalue())
    assert words[:3] == ["curl", "-X", "POST"]
    assert "authorization: Bearer <TOKEN>" in words
    assert words[words.index("-d") + 1] == '{"a": "it\'s"}'
    assert words[-1] == "https://hub.example/api/x?a=b"
    assert inner.requests[0].headers == headers


def test_stderr_is_the_place(capsys):
    """Nothing on stdout."""
    Debugging(FakeTransport(answer())).send(Request("GET", "https://hub.example/api/x"))
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "curl -X GET https://hub.example/api/x\n")


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (URL, {"key": "API_KEY", "value": "s3cret", "description": "d"}),
        ("https://h/api/repos/create", {"name": "x", "secrets": [{"key": "K", "value": "s3cret"}]}),
        ("https://h/v2/endpoint/acme", {"model": {"secrets": {"API_KEY": "s3cret"}}}),
        (
            "https://h/v2/endpoint/acme",
            {"model": {"image": {"custom": {"credentials": {"password": "s3cret"}}}}},
        ),
        ("https://h/api/settings/webhooks", {"url": "https://ci", "secret": "s3cret"}),
        ("https://h/oauth/token", {"subject_token": "s3cret", "resource": "acme/x"}),
    ],
)
def test_secret_fields_are_masked_by_name(url, body):
    """Even a value that nobody registered, in every call that carries one."""
    shown = curl(Request("POST", url, body=json.dumps(body).encode()))
    assert "s3cret" not in shown
    assert "***" in shown


def test_names_of_secrets_stay_readable():
    """Key and description help to debug; the value does not."""
    body = {"key": "API_KEY", "value": "s3cret", "description": "for ci"}
    shown = curl(Request("POST", URL, body=json.dumps(body).encode()))
    assert "API_KEY" in shown
    assert "for ci" in shown


def test_registered_secrets_are_masked_in_any_body():
    """Also where no field gives them away: a commit's file, a header, a URL."""
    redact = Redactor()
    redact.add("s3cret-value")
    body = (
        b'{"key": "header"}\n{"key": "file", "value": {"content": "a s3cret-value"}}\nnot json s3cret-value'
    )
    shown = curl(Request("POST", "https://h/s3cret-value", {"X": "s3cret-value"}, body), redact)
    assert "s3cret" not in shown


def test_a_long_body_is_cut_after_masking():
    """A secret across the cut does not stay in half."""
    redact = Redactor()
    redact.add("s3cret-value" * 3)
    body = ("x" * 985 + "s3cret-value" * 3 + "y" * 500).encode()
    shown = curl(Request("POST", "https://h/x", body=body), redact)
    assert "s3cret" not in shown
    assert len(shown) < 1200


def test_binary_and_deep_bodies_are_no_problem():
    """Anything can be shown."""
    for body in (b"\xff\x00\xfe", b"[" * 100_000, b""):
        assert curl(Request("POST", "https://h/x", body=body)).startswith("curl -X POST")
