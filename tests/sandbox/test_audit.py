"""The audit log of an organisation: what is in it, and for whom."""

from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

PATH = "/api/organizations/acme/audit-log/export"


@pytest.fixture
def log(http):
    """The events so far, the oldest first."""

    def read(**query):
        answer = http("GET", PATH, params=query)
        assert answer.status_code == 200
        assert "acme-audit-log.json" in answer.headers["Content-Disposition"]
        return answer.json()[::-1]

    return read


def types(events):
    return [e["type"] for e in events]


def test_repositories(api, log):
    """What happens to an organisation's repositories is there with who did it, when, to what."""
    api.create_repo("acme/m")
    api.create_commit("acme/m", [CommitOperationAdd("a.txt", b"x")], commit_message="One")
    api.update_repo_settings("acme/m", visibility="private", gated="auto")
    api.create_branch("acme/m", branch="dev")
    api.delete_branch("acme/m", branch="dev")
    api.create_tag("acme/m", tag="v1")
    api.delete_tag("acme/m", tag="v1")
    api.super_squash_history("acme/m")
    api.delete_repo("acme/m")
    events = log()
    assert types(events) == [
        "repo.create",
        "repo.commit",
        "repo.update_settings",
        "repo.create_branch",
        "repo.delete_branch",
        "repo.create_tag",
        "repo.delete_tag",
        "repo.super_squash",
        "repo.delete",
    ]
    assert {e["author"]["user"] for e in events} == {"hfops-user"}
    assert {e["data"]["repo"]["name"] for e in events} == {"acme/m"}
    assert [e["createdAt"] for e in events] == sorted(e["createdAt"] for e in events)
    assert (events[2]["data"]["visibility"], events[2]["data"]["gated"]) == ("private", "auto")
    assert (events[3]["data"]["ref"], events[2]["message"]) == (
        "refs/heads/dev",
        "update settings: model acme/m",
    )


def test_spaces(api, log):
    """Secrets, variables and hardware of a Space are there by name, no value is."""
    secret = [{"key": "AT_BIRTH", "value": "value-one"}]
    api.create_repo("acme/s", repo_type="space", space_sdk="gradio", space_secrets=secret)
    for value in ("value-two", "value-three"):
        api.add_space_secret("acme/s", "KEY", value)
        api.add_space_variable("acme/s", "MODE", value)
    api.delete_space_secret("acme/s", "KEY")
    api.delete_space_variable("acme/s", "MODE")
    api.request_space_hardware("acme/s", "t4-small")
    api.set_space_sleep_time("acme/s", 3600)
    api.pause_space("acme/s")
    api.restart_space("acme/s")
    events = log()
    assert types(events) == [
        "repo.create",
        "repo.add_secret",
        "repo.add_variable",
        "repo.update_secret",
        "repo.update_variable",
        "repo.remove_secret",
        "repo.remove_variable",
        "spaces.update_hardware",
        "spaces.update_sleep_time",
        "spaces.pause",
        "spaces.restart",
    ]
    assert (events[1]["data"]["key"], events[7]["data"]["hardware"]) == ("KEY", "t4-small")
    assert "value-" not in str(events)


def test_collections(api, log):
    """Collections are there too."""
    made = api.create_collection("Ours", namespace="acme").slug
    item = api.add_collection_item(made, "2307.09288", "paper").items[0].item_object_id
    api.update_collection_metadata(made, theme="blue")
    api.update_collection_item(made, item, note="N")
    api.delete_collection_item(made, item)
    api.delete_collection(made)
    events = log()
    assert types(events) == [
        f"collection.{did}"
        for did in ("create", "add_item", "update", "update_item", "remove_item", "delete")
    ]
    assert {e["data"]["collection"]["slug"] for e in events} == {made}
    assert (events[1]["data"]["item"]["type"], events[2]["data"]["theme"]) == ("paper", "blue")


def test_moves(api, log):
    """A repository that comes or leaves is there; what happens in a user's own namespace is not."""
    api.create_repo("m")
    api.create_collection("Mine")
    assert log() == []
    api.move_repo("hfops-user/m", "acme/m")
    api.move_repo("acme/m", "acme/n")
    api.move_repo("acme/n", "hfops-user/n")
    events = log()
    assert [(e["data"]["from"], e["data"]["to"]) for e in events] == [
        ("hfops-user/m", "acme/m"),
        ("acme/m", "acme/n"),
        ("acme/n", "hfops-user/n"),
    ]


def test_who(sandbox, api, log):
    """Each event has the author that sent the request; what was refused is not there."""
    HfApi(endpoint=sandbox.url, token="hf_ada").create_repo("acme/a")
    api.create_repo("acme/b", exist_ok=True)
    api.create_repo("acme/b", exist_ok=True)
    bad = [CommitOperationDelete("nothing.txt")]
    with pytest.raises(Exception, match=r"nothing\.txt"):
        api.create_commit("acme/b", bad, commit_message="Impossible")
    assert [(e["author"]["user"], e["data"]["repo"]["name"]) for e in log()] == [
        ("ada", "acme/a"),
        ("hfops-user", "acme/b"),
    ]
    assert [e["data"]["repo"]["name"] for e in log(q="ADA create")] == ["acme/a"]
    assert log(q="bob") == []


def test_admins_only(http):
    """Admins read it, with either token; nobody else does."""
    assert http("GET", PATH, token="hf_sandbox_read").json() == []
    assert {http("GET", PATH, token=token).status_code for token in ("hf_ada", "hf_bob", "hf_mallory")} == {
        403
    }
    assert http("GET", PATH, token=None).status_code == 401
    assert http("GET", PATH.replace("acme", "nowhere")).status_code == 404


def test_seeds_are_not_in_it(start):
    """What a seed makes, nobody did."""
    sandbox = start({"resources": [{"kind": "Model", "metadata": {"name": "acme/m"}}]})
    assert list(sandbox.hub.audit.entries) == []
