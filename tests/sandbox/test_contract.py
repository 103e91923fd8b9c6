"""The judge judged: the checker finds what is wrong with an exchange."""

import json
from dataclasses import dataclass, field

import pytest

from tests.contract import check_request, check_response


@dataclass
class Fake:
    method: str = "GET"
    path: str = "/api/models"
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    status: int = 200
    response_headers: dict = field(default_factory=dict)
    response_body: bytes = b"[]"


def post(path, data, kind="application/json"):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Fake("POST", path, body, {"content-type": kind})


HEADER = b'{"key":"header","value":{"summary":"s"}}\n'


@pytest.mark.parametrize(
    "exchange",
    [
        Fake(),
        Fake(path="/api/models?author=acme&expand=sha&expand=private&limit=5&full=true"),
        Fake(path="/api/models/acme/x/tree/refs%2Fpr%2F1/a%2Fb?recursive=true"),
        Fake(path="/datasets/acme/x/resolve/main/a/b/c.txt"),
        post("/api/repos/create", {"name": "x", "organization": "acme", "visibility": "private"}),
        post("/api/repos/create", {"name": "x", "type": "space", "sdk": "docker", "hardware": "t4-small"}),
        post("/api/models/acme/x/commit/main", HEADER, "application/x-ndjson"),
        post(
            "/api/models/acme/x/paths-info/main",
            b"paths=a&paths=b&expand=false",
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_good_requests(exchange):
    """What the contract has passes."""
    assert check_request(exchange) == []


@pytest.mark.parametrize(
    ("exchange", "text"),
    [
        (Fake(path="/api/nothing"), "not in the contract"),
        (Fake("PUT"), "not in the contract"),
        (Fake(path="/api/models?autor=acme"), "unknown query key 'autor'"),
        (Fake(path="/api/models?limit=0"), "query limit"),
        (Fake(path="/api/models?limit=many"), "query limit"),
        (Fake(path="/api/models?expand=shaa"), "query expand"),
        (Fake(body=b'{"a":1}'), "a body where"),
        (post("/api/repos/create", b""), "the body is missing"),
        (post("/api/repos/create", {"name": "x", "visibillity": "private"}), "visibillity"),
        (post("/api/repos/create", {"name": "x", "type": "space"}), "body"),
        (post("/api/repos/create", {"name": "x"}, "text/plain"), "content type"),
        (post("/api/repos/create", b"{", "application/json"), "body"),
        (
            post("/api/models/acme/x/commit/main", HEADER * 2 + b'{"key":"what"}', "application/x-ndjson"),
            "line 3",
        ),
        (
            post(
                "/api/models/acme/x/commit/main",
                b'{"key":"deletedFile","value":{"path":"a"}}',
                "application/x-ndjson",
            ),
            "no header",
        ),
    ],
)
def test_bad_requests(exchange, text):
    """What it does not have is told."""
    assert text in " ".join(check_request(exchange))


LIMITS = {"RateLimit": '"api";r=1;t=1', "RateLimit-Policy": "q=1;w=1", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, ""),
        ({"response_headers": {}}, "no RateLimit header"),
        ({"response_body": b'[{"_id":"x"}]'}, "'id' is a required property"),
        ({"response_headers": LIMITS | {"content-type": "text/html"}}, "content type"),
        ({"status": 201}, "status 201 is not in the contract"),
        ({"status": 404, "response_body": b'{"error":"no"}'}, ""),
        ({"status": 404, "response_body": b'{"error":5}'}, "5"),
        ({"path": "/api/nothing"}, "not in the contract"),
        ({"status": 0, "response_headers": {}}, ""),
    ],
)
def test_answers(change, text):
    """An answer is held against its schema, an error against the schema of errors."""
    found = " ".join(check_response(Fake(**{"response_headers": LIMITS} | change)))
    assert text in found
    assert bool(text) == bool(found)
