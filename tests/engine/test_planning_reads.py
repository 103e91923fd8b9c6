"""Planning cannot write: every request of it is seen at the transport, below everything that hfops wraps around it."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.hub.transport import Request, RequestsTransport
from hfops.hub.wrappers import Recording, WriteRefused
from hfops.sandbox.server import Sandbox
from tests.harness import Engine

DOCS: list[dict[str, Any]] = [
    {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "acme/m"},
     "spec": {"visibility": "public", "gated": "auto", "resourceGroup": "red", "branches": [{"name": "dev"}],
              "tags": [{"name": "v1", "revision": "refs/pr/1"}], "exclusive": ["tags"]}},
    {"apiVersion": "hfops/v1", "kind": "Dataset", "metadata": {"name": "acme/new"}, "spec": {}},
    {"kind": "Changes", "spec": {"removed": [{"address": "Model/acme/old", "action": "delete"}],
                                 "moved": [{"from": "Model/acme/a", "to": "Model/acme/b"}]}},
]  # fmt: skip
SEED = {
    "orgs": [{"name": "acme", "resourceGroups": [{"name": "red"}]}],
    "resources": [
        {
            "kind": "Model",
            "metadata": {"name": "acme/m"},
            "spec": {"branches": [{"name": "x"}], "tags": [{"name": "t"}]},
        },
    ],
}


def test_get_and_head_only() -> None:
    """A plan full of changes, problems included, sends nothing but reads."""
    with Sandbox(SEED) as sandbox:
        seen = Recording(RequestsTransport())
        engine = Engine(sandbox.url, wrap=lambda: seen)
        docs = [
            {**d, "spec": {**d["spec"], "tags": [{"name": "v1"}]}} if d["kind"] == "Model" else d
            for d in DOCS
        ]
        assert not engine.plan(docs).plan.empty
        assert len(seen.seen) > 3
        assert {entry[0] for entry in seen.seen} <= {"GET", "HEAD"}


def test_the_read_side_refuses_to_write() -> None:
    """Not by a flag: the connection that planning is given raises on anything but a read."""
    with Sandbox(SEED) as sandbox, Engine(sandbox.url).connect() as connections:
        stack = connections.reader._line.transport
        with pytest.raises(WriteRefused):
            stack.send(Request("DELETE", f"{sandbox.url}/api/repos/delete"))
        assert not hasattr(connections.reader, "send")
        assert not hasattr(connections.writer(), "get")
