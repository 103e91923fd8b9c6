"""What still names a repository that is renamed is said before it happens, managed or not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from huggingface_hub import HfApi

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub
from tests.conftest import Project

MOVED = changes("moved: [{from: Model/acme/old, to: Model/acme/new}]")
FOLLOWING = """
---
apiVersion: hfops/v1
kind: Collection
metadata: {name: acme/ours}
spec:
  title: Ours
  items: [{type: model, id: acme/%s}]
"""


def created(hub: Sandbox, path: str, **body: Any) -> dict[str, Any]:
    """Something that somebody made on the Hub."""
    answer = on_the_hub(hub, path, "POST", **body)
    assert answer.ok, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


def readme(hub: Sandbox, kind: str, name: str, text: str) -> None:
    """A repository that nobody here manages, with a card."""
    sdk = {"sdk": "static"} if kind == "space" else {}
    created(hub, "/api/repos/create", name=name, organization="acme", type=kind, **sdk)
    HfApi(endpoint=hub.url, token="hf_sandbox").upload_file(
        path_or_fileobj=text.encode(), path_in_repo="README.md", repo_id=f"acme/{name}", repo_type=kind
    )


@pytest.fixture
def renamed(project: Project, hub: Sandbox) -> Project:
    """A model that is applied, and a rename that is not."""
    project.write("m.yaml", model("acme/old"))
    assert project.run("apply", "--yes").code == 0
    project.write("m.yaml", model("acme/new") + MOVED)
    return project


def named(project: Project) -> dict[str, str]:
    """The notices, by address."""
    data = json.loads(project.run("plan", "--format", "json").out)
    return {n["address"]: n["message"] for n in data["notices"] if n["code"] == "still_named"}


def test_live_things_that_nobody_here_manages(renamed: Project, hub: Sandbox) -> None:
    """Collections, webhooks, cards of models and of Spaces, each under its own name."""
    made = created(hub, "/api/collections", title="Theirs", namespace="acme", private=False)
    created(hub, f"/api/collections/{made['slug']}/items", item={"type": "model", "id": "acme/old"})
    watched = [{"type": "model", "name": "acme/old"}]
    hook = created(
        hub, "/api/settings/webhooks", url="http://127.0.0.1:9/x", watched=watched, domains=["repo"]
    )
    readme(hub, "model", "child", "---\nbase_model: acme/old\n---\n")
    readme(hub, "space", "demo", "---\nsdk: static\nmodels: [acme/old]\n---\n")
    readme(hub, "space", "other", "---\nsdk: static\nmodels: [acme/older]\n---\n")
    found = named(renamed)
    assert set(found) == {
        f"Collection/{made['slug']}",
        f"Webhook/hfops-user/{hook['webhook']['id']}",
        "Model/acme/child",
        "Space/acme/demo",
    }
    assert all("still names acme/old" in message for message in found.values())


def test_a_manifest_that_names_it_is_said_with_its_line(renamed: Project) -> None:
    """The author can follow, here and now."""
    renamed.write("c.yaml", FOLLOWING % "old-not")
    renamed.write(
        "s.yaml",
        "{apiVersion: hfops/v1, kind: Space, metadata: {name: acme/app}, "
        "spec: {sdk: static, variables: {MODEL: acme/old}}}",
    )
    found = named(renamed)
    assert set(found) == {"Space/acme/app"}
    assert "spec.variables.MODEL still names acme/old" in found["Space/acme/app"]
    assert "s.yaml:1:" in found["Space/acme/app"]


def test_what_the_same_plan_corrects_is_not_listed(project: Project, hub: Sandbox) -> None:
    """A managed collection whose manifest names the new id is found under its slug, and is no news."""
    project.write("m.yaml", model("acme/old") + FOLLOWING % "old")
    assert project.run("apply", "--yes").code == 0
    project.write("m.yaml", model("acme/new") + MOVED + FOLLOWING % "new")
    assert named(project) == {}
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_no_rename_no_question(project: Project, hub: Sandbox) -> None:
    """Without a rename, nobody is asked about names; with many, neither, and that is said."""
    project.write("m.yaml", "".join(model(f"acme/a{i}") for i in range(11)))
    assert project.run("apply", "--yes").code == 0
    project.write(
        "m.yaml",
        "".join(model(f"acme/b{i}") for i in range(11))
        + changes('moved: [{from: "Model/acme/a*", to: "Model/acme/b*"}]'),
    )
    hub.exchanges.clear()
    data = json.loads(project.run("plan", "--format", "json").out)
    assert [n["code"] for n in data["notices"]] == ["not_looked_up"]
    assert not any("collections" in e.path for e in hub.exchanges)
