"""Webhooks as objects, judged by the official client."""

from __future__ import annotations

import time

import pytest
from huggingface_hub import HfApi, WebhookWatchedItem
from huggingface_hub.errors import HfHubHTTPError

from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox

URL = "https://ci.example.com/hook"
ALL = "/api/settings/webhooks"
ACME = {"type": "org", "name": "acme"}
JOB = {"flavor": "cpu-basic", "dockerImage": "python:3.12", "command": ["true"], "secrets": {"A": "1"}}


def status(call, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **kwargs)
    return caught.value.response.status_code


@pytest.fixture
def hook(api):
    """A webhook on acme, with a secret."""
    return api.create_webhook(url=URL, watched=[ACME], domains=["repo"], secret="s3cret")


def test_created(sandbox, api, hook):
    """A webhook is read back as it was created, with its secret; its id says when that was."""
    assert abs(int(hook.id[:8], 16) - time.time()) < 60
    assert (hook.url, hook.domains, hook.secret, hook.disabled) == (URL, ["repo"], "s3cret", False)
    assert (hook.watched, hook.job) == ([WebhookWatchedItem(type="org", name="acme")], None)
    assert api.get_webhook(hook.id) == hook
    assert api.list_webhooks() == [hook]
    assert sandbox.hub.webhooks[hook.id].owner == "hfops-user"


def test_again_is_another(api, hook):
    """The same creation makes a second webhook; one without a secret says nothing of one."""
    again = api.create_webhook(url=URL, watched=[ACME])
    assert ([h.id for h in api.list_webhooks()], again.secret) == ([hook.id, again.id], None)
    assert again.domains == ["repo", "discussion"]


def test_updated(api, hook):
    """An update replaces the whole object: what it does not say is gone."""
    watched = [ACME, {"type": "user", "name": "ada"}]
    found = api.update_webhook(hook.id, url=URL + "2", watched=watched, domains=["discussion"], secret="new")
    assert (found.url, found.domains, found.secret, len(found.watched)) == (
        URL + "2",
        ["discussion"],
        "new",
        2,
    )
    found = api.update_webhook(hook.id, url=URL, watched=[ACME], domains=["repo"])
    assert (found.secret, found.watched, api.get_webhook(hook.id)) == (None, hook.watched, found)


@pytest.mark.parametrize(
    "partial",
    [
        {"url": URL},
        {"url": URL, "watched": []},
        {"url": URL, "watched": [ACME]},
        {"watched": [ACME], "domains": ["repo"]},
        {"url": URL, "watched": [ACME], "domains": []},
        {"url": URL, "job": JOB, "watched": [ACME], "domains": ["repo"]},
        {"url": URL, "watched": [ACME], "domains": ["repo"], "secret": None},
        {"url": URL, "watched": [ACME], "domains": ["repo"], "secret": "gehäim"},
        {"url": URL, "watched": [ACME], "domains": ["repo"], "secrets": {"A": "1"}},
        {"url": "ci.example.com", "watched": [ACME], "domains": ["repo"]},
        {"url": URL, "watched": [{"type": "repo", "name": "acme/x"}], "domains": ["repo"]},
        {"url": URL, "watched": [ACME], "domains": ["repos"]},
        {"job": JOB | {"flavor": "h100"}, "watched": [ACME], "domains": ["repo"]},
    ],
)
def test_refused(http, api, hook, partial):
    """What is not a whole webhook is refused, at creation and in an update, which changes nothing then."""
    assert http("POST", ALL, json=partial).status_code == 400
    assert http("POST", f"{ALL}/{hook.id}", json=partial).status_code == 400
    assert api.list_webhooks() == [hook]


def test_partial_client_update(api, hook):
    """The official client's update without what is watched is refused."""
    assert status(api.update_webhook, hook.id, url=URL + "2") == 400


def test_enabled(api, hook, sandbox):
    """Disabling and enabling can be repeated; an update leaves it; enabling ends a suspension."""
    for _ in range(2):
        assert api.disable_webhook(hook.id).disabled is True
    assert api.update_webhook(hook.id, url=URL, watched=[ACME], domains=["repo"]).disabled is True
    for _ in range(2):
        assert api.enable_webhook(hook.id).disabled is False
    sandbox.hub.webhooks.suspend(hook.id)
    assert api.list_webhooks()[0].disabled == "suspended-after-failure"
    assert api.enable_webhook(hook.id).disabled is False


def test_deleted(api, hook):
    """A deleted webhook is gone; a second deletion is told so."""
    api.delete_webhook(hook.id)
    assert api.list_webhooks() == []
    for call in (api.delete_webhook, api.get_webhook, api.enable_webhook):
        assert status(call, hook.id) == 404


def test_owner_only(sandbox, api, hook):
    """Webhooks are their user's: nobody else sees them, a token that reads changes nothing."""
    ada = HfApi(endpoint=sandbox.url, token="hf_ada")
    assert (ada.list_webhooks(), status(ada.get_webhook, hook.id), status(ada.delete_webhook, hook.id)) == (
        [],
        404,
        404,
    )
    reader = HfApi(endpoint=sandbox.url, token="hf_sandbox_read")
    assert reader.get_webhook(hook.id) == hook
    assert status(reader.create_webhook, url=URL, watched=[ACME]) == 403
    assert {status(call, hook.id) for call in (reader.delete_webhook, reader.disable_webhook)} == {403}
    anonymous = HfApi(endpoint=sandbox.url, token=False)
    assert (status(anonymous.list_webhooks), status(anonymous.get_webhook, hook.id)) == (401, 401)


def test_job(api, http, sandbox):
    """A job's secrets are kept, merged in updates and never told; a job gives way to a URL."""
    whole = {"watched": [ACME], "domains": ["repo"]}
    made = http("POST", ALL, json={"job": JOB} | whole).json()["webhook"]
    assert made["job"] == {k: v for k, v in JOB.items() if k != "secrets"}
    assert api.get_webhook(made["id"]).job.docker_image == "python:3.12"
    kept = sandbox.hub.webhooks[made["id"]]
    http(
        "POST", f"{ALL}/{made['id']}", json={"job": {"flavor": "cpu-upgrade", "secrets": {"B": "2"}}} | whole
    )
    assert (kept.job, kept.job_secrets) == ({"flavor": "cpu-upgrade"}, {"A": "1", "B": "2"})
    found = api.update_webhook(
        made["id"], job_id="j1", watched=[ACME], domains=["repo"], secrets={"A": "", "C": "3"}
    )
    assert (kept.job_secrets, found.job.secrets, found.url) == ({"B": "2", "C": "3"}, None, None)
    api.update_webhook(made["id"], url=URL, watched=[ACME], domains=["repo"])
    assert (kept.job, kept.job_secrets) == (None, {})


def test_watched_repo_moves(api):
    """A watched repository is told under the name that it has now; one that is not there, as it was written."""
    watched = [{"type": "model", "name": "acme/later"}, {"type": "kernel", "name": "acme/k"}]
    hook = api.create_webhook(url=URL, watched=watched)
    assert [w.name for w in hook.watched] == ["acme/later", "acme/k"]
    api.create_repo("acme/later")
    api.get_webhook(hook.id)
    api.move_repo("acme/later", "acme/moved")
    assert [w.name for w in api.get_webhook(hook.id).watched] == ["acme/moved", "acme/k"]
    api.delete_repo("acme/moved")
    assert [w.name for w in api.get_webhook(hook.id).watched] == ["acme/moved", "acme/k"]


def test_seed(start):
    """A seed's webhook has its fields; a secret that is a reference gets a made-up value."""
    spec = {"url": URL, "watched": [ACME], "domains": ["discussion"], "secret": "literal"}
    more = {"id": "0b" * 12, "secret": {"env": "X"}, "enabled": "suspended-after-failure"}
    job = JOB | {"secrets": {"A": {"env": "X"}}}
    specs = [spec, spec | more, {"job": job, "watched": [ACME], "enabled": False}]
    seeds = [{"kind": "Webhook", "metadata": {"name": "hfops-user/ci"}, "spec": s} for s in specs]
    sandbox = start({"resources": seeds})
    found = HfApi(endpoint=sandbox.url, token="hf_sandbox").list_webhooks()
    assert [h.secret for h in found] == ["literal", "seeded", None]
    assert [h.disabled for h in found] == [False, "suspended-after-failure", True]
    assert sandbox.hub.webhooks[found[2].id].job_secrets == {"A": "seeded"}
    assert (found[1].id, found[2].domains) == ("0b" * 12, ["repo", "discussion"])


@pytest.mark.parametrize(
    ("name", "spec", "text"),
    [
        ("acme/x", {"url": URL, "watched": [ACME]}, "belong to users"),
        ("hfops-user/x", {"watched": [ACME]}, "exactly one of"),
        ("hfops-user/x", {"url": URL, "watched": [ACME], "enabled": "no"}, "enabled: expected true"),
    ],
)
def test_bad_seed(name, spec, text):
    """A seed that cannot be is a Problem that names it."""
    with pytest.raises(Problems, match=f"Webhook/{name}.*{text}"):
        Sandbox({"resources": [{"kind": "Webhook", "metadata": {"name": name}, "spec": spec}]})
