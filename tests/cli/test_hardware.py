"""``hfops hardware``: what the Hub offers, as a table and for programs."""

from __future__ import annotations

import json

from hfops.sandbox.server import Sandbox
from tests.conftest import Project


def test_both_lists_with_prices_by_the_hour(project: Project) -> None:
    ran = project.run("hardware")
    assert ran.code == 0
    space, _, endpoint = ran.out.partition("Endpoint hardware, US$ an hour\n")
    assert "t4-small         0.400" in space
    rows = [line.split() for line in endpoint.splitlines()]
    assert ["aws", "us-east-1", "gpu", "nvidia-l4", "x1", "available", "1000", "0.800"] in rows


def test_the_namespace_s_quota_is_what_is_free(project: Project, hub: Sandbox) -> None:
    with hub.hub.lock:
        hub.hub.endpoints.set_quota("acme", "aws", "nvidia-l4", 3)
    found = json.loads(project.run("hardware", "--endpoint", "--format", "json").out)
    assert list(found) == ["endpoint"]
    row = next(r for r in found["endpoint"] if (r["instanceType"], r["instanceSize"]) == ("nvidia-l4", "x1"))
    assert (row["free"], row["price"]) == (3, 0.8)


def test_it_needs_no_project(project: Project) -> None:
    """Outside any project, with what anybody may see."""
    (project.path / "hfops.yaml").unlink()
    ran = project.run("hardware", "--endpoint")
    assert ran.code == 0
    assert "nvidia-h200" in ran.out
