"""Whatever stands anywhere in a body: it is taken, and then the contract has it, or it is a 400, never a 500."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.sandbox.endpoints import PATH, body

JUNK = [None, 7, -1, 1.5, "", "x", True, [], [1], {}, {"x": 1}]


def full():
    """A creation with something of everything."""
    image = {
        "custom": {
            "url": "acme/server:1",
            "port": 8080,
            "healthRoute": "/up",
            "credentials": {"username": "ci", "password": "p"},
        }
    }
    model = {"image": image, "task": "fill-mask", "env": {"A": "1"}, "secrets": {"S": "1"}}
    return body(
        model | {"command": ["serve"], "args": ["x"], "revision": "v1"},
        {"scaleToZeroTimeout": 15, "measure": {"pendingRequests": 2}},
        tags=["a"],
        route={"domain": "api.acme.example", "path": "/p"},
        cacheHttpResponses=False,
        experimentalFeatures={"skipRepoDownload": True},
        privateService={"accountId": "1", "region": "us-east-1"},
        customRouter={"tag": "acme/router:1", "env": {"A": "1"}, "port": 3000},
    )


def places(data, path=()):
    for key, value in data.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def with_junk(data, path, junk):
    data = deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return data


@pytest.mark.parametrize("path", list(places(full())), ids=".".join)
def test_junk(http, path):
    """At creation and in an update; what is accepted is held against the contract when the test ends."""
    home, _, _ = PATH.rpartition("/")
    for junk in JUNK:
        data = with_junk(full(), path, junk)
        made = http("POST", home, json=data)
        assert made.status_code in (200, 400), (junk, made.text)
        if made.status_code == 200:
            assert http("DELETE", f"{home}/{data['name']}").status_code == 200
    assert http("POST", home, json=full()).status_code == 200
    for junk in JUNK:
        data = with_junk(full(), path, junk)
        changed = http("PUT", PATH, json={k: v for k, v in data.items() if k not in ("name", "provider")})
        assert changed.status_code in (200, 400), (junk, changed.text)
