"""What webhooks are told: real requests to a real server, and none to any other machine."""

from __future__ import annotations

import itertools
import socket
import threading
import time

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, WebhookPayload

from hfops.sandbox.planting import plant_resource
from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.sandbox.receiver import receiver

VERSIONS = itertools.count()
ACME = {"type": "org", "name": "acme"}


@pytest.fixture
def target():
    """A server that listens for events."""
    with receiver() as server:
        yield server


@pytest.fixture
def hook(api, target):
    """A webhook on acme, for all domains, with a secret."""
    return api.create_webhook(url=target.url, watched=[ACME], secret="s3cret")


@pytest.fixture
def heard(sandbox, target):
    """What the target heard since it was asked last, when nothing is on the way any more."""

    def listen():
        assert sandbox.delivered()
        for _, _, body in target.received:
            WebhookPayload.model_validate(body)
        found = list(target.heard)
        target.received.clear()
        return found

    return listen


def put(api, path="a.txt", **options):
    operation = CommitOperationAdd(path, f"version {next(VERSIONS)}".encode())
    return api.create_commit(options.pop("repo", "acme/m"), [operation], commit_message="A change", **options)


def test_repo(api, hook, heard):
    """A repository's whole life is told, in its order; a move under the name that was left."""
    api.create_repo("acme/m", private=True)
    put(api)
    api.create_branch("acme/m", branch="dev")
    api.create_tag("acme/m", tag="v1")
    api.delete_tag("acme/m", tag="v1")
    api.update_repo_settings("acme/m", gated="manual")
    api.move_repo("acme/m", "acme/n")
    api.delete_repo("acme/n")
    assert heard() == [
        "create repo acme/m",
        *["update repo.content acme/m"] * 4,
        "update repo.config acme/m",
        "move repo acme/m",
        "delete repo acme/n",
    ]


def test_payload(sandbox, api, hook, target):
    """The payload names event, repository and webhook as the official client reads them; the secret is a header."""
    sha = api.model_info(api.create_repo("acme/m").repo_id).sha
    made = put(api)
    api.update_repo_settings("acme/m", visibility="private")
    api.move_repo("acme/m", "hfops-user/n")
    assert sandbox.delivered()
    path, headers, _ = target.received[0]
    assert (path, headers["X-Webhook-Secret"], headers["Content-Type"]) == (
        "/hook",
        "s3cret",
        "application/json",
    )
    created, content, config, moved = (WebhookPayload.model_validate(body) for _, _, body in target.received)
    uid = sandbox.hub.find(Kind.MODEL, "hfops-user/n").uid
    assert (created.repo.id, created.repo.type, created.repo.private) == (uid, "model", False)
    assert created.repo.url.web == f"{sandbox.url}/acme/m"
    assert created.repo.url.api == f"{sandbox.url}/api/models/acme/m"
    assert created.repo.owner.id == sandbox.hub.orgs["acme"].uid
    assert (created.webhook.id, created.webhook.version) == (hook.id, 3)
    [ref] = content.updatedRefs
    assert (ref.ref, ref.oldSha, ref.newSha) == ("refs/heads/main", sha, made.oid)
    assert target.received[1][2]["repo"]["headSha"] == made.oid
    assert (config.repo.private, target.received[2][2]["updatedConfig"]) == (True, {"private": True})
    assert (moved.repo.name, moved.movedTo.name) == ("acme/m", "hfops-user/n")
    assert moved.movedTo.owner.id == sandbox.hub.users["hfops-user"].uid


def test_space(api, hook, heard, target):
    """A Space's secrets, variables and hardware are configuration; no value is told."""
    api.create_repo("acme/s", repo_type="space", space_sdk="gradio")
    api.add_space_secret("acme/s", "KEY", "hidden-value")
    api.add_space_variable("acme/s", "MODE", "prod")
    api.request_space_hardware("acme/s", "t4-small")
    api.pause_space("acme/s")
    told = str(target.received)
    assert heard() == ["create repo acme/s", *["update repo.config acme/s"] * 3]
    assert "hidden-value" not in told


def test_discussions(sandbox, api, hook, target, heard):
    """Discussions, pull requests and comments are told with what was said; a hidden text is not."""
    api.create_repo("acme/m")
    heard()
    api.create_discussion("acme/m", "A title", description="The text")
    made = api.comment_discussion("acme/m", 1, comment="More")
    api.edit_discussion_comment("acme/m", 1, made.id, new_content="Better")
    with pytest.warns(UserWarning, match="irreversible"):
        api.hide_discussion_comment("acme/m", 1, made.id)
    api.change_discussion_status("acme/m", 1, new_status="closed", comment="Enough")
    put(api, create_pr=True)
    api.merge_pull_request("acme/m", 2)
    assert sandbox.delivered()
    told = [WebhookPayload.model_validate(body) for _, _, body in target.received]
    assert heard() == [
        "create discussion acme/m",
        "create discussion.comment acme/m",
        "update discussion.comment acme/m",
        "update discussion.comment acme/m",
        "update discussion acme/m",
        "create discussion acme/m",
        "update repo.content acme/m",
        "update repo.content acme/m",
        "update discussion acme/m",
    ]
    assert [t.comment.content for t in told[:5]] == ["The text", "More", "Better", None, "Enough"]
    assert [t.comment.hidden for t in told[:5]] == [False, False, False, True, False]
    first, last = told[0].discussion, told[-1].discussion
    assert (first.num, first.title, first.status, first.isPullRequest) == (1, "A title", "open", False)
    assert (last.num, last.status, last.isPullRequest, last.changes.base) == (
        2,
        "merged",
        True,
        "refs/heads/main",
    )
    assert first.url.web == f"{sandbox.url}/acme/m/discussions/1"


@pytest.mark.parametrize(
    ("domains", "expected"),
    [(["repo"], ["create repo acme/m"]), (["discussion"], ["create discussion acme/m"])],
)
def test_domains(api, target, heard, domains, expected):
    """A webhook hears of its domains only."""
    api.create_webhook(url=target.url, watched=[ACME], domains=domains)
    api.create_repo("acme/m")
    api.create_discussion("acme/m", "A title", description="The text")
    assert heard() == expected


def test_watched(api, target, heard):
    """A repository that is watched is told of under every name, and no other one, nor one that takes its old name."""
    api.create_repo("acme/m")
    watched = [{"type": "model", "name": "ACME/m"}, {"type": "dataset", "name": "acme/later"}]
    api.create_webhook(url=target.url, watched=watched)
    api.create_repo("acme/m", repo_type="dataset")
    put(api)
    api.move_repo("acme/m", "acme/n")
    api.create_repo("acme/m")
    put(api)
    put(api, repo="acme/n")
    api.create_repo("acme/later", repo_type="dataset")
    api.delete_repo("acme/n")
    assert heard() == [
        "update repo.content acme/m",
        "move repo acme/m",
        "update repo.content acme/n",
        "create repo acme/later",
        "delete repo acme/n",
    ]


def test_user_and_both_ends_of_a_move(api, target, heard):
    """Whose repository leaves hears of it, and so does who gets it; each webhook once."""
    api.create_webhook(url=target.url, watched=[{"type": "user", "name": "HFops-User"}])
    api.create_webhook(url=target.url, watched=[ACME, {"type": "model", "name": "hfops-user/m"}])
    api.create_repo("m")
    heard()
    api.move_repo("hfops-user/m", "acme/m")
    assert heard() == ["move repo hfops-user/m"] * 2


def test_only_what_the_owner_may_see(sandbox, api, target, heard):
    """A private repository is told of to members, not to strangers."""
    stranger = HfApi(endpoint=sandbox.url, token="hf_mallory")
    stranger.create_webhook(url=target.url, watched=[ACME])
    api.create_repo("acme/m", visibility="private")
    api.update_repo_settings("acme/m", visibility="public")
    put(api)
    assert heard() == ["update repo.config acme/m", "update repo.content acme/m"]


def test_disabled(sandbox, api, hook, heard):
    """A disabled webhook hears nothing, also later."""
    api.disable_webhook(hook.id)
    api.create_repo("acme/m")
    api.enable_webhook(hook.id)
    put(api)
    assert heard() == ["update repo.content acme/m"]
    assert len(sandbox.hub.webhooks.deliveries(hook.id)) == 1


def test_suspended(sandbox, api, hook, target, heard):
    """What fails ten times in a row is suspended; a success in between begins anew, and so does enabling."""
    target.status = 500
    api.create_repo("acme/m")
    for _ in range(8):
        put(api)
    assert len(heard()) == 9
    target.status = 204
    put(api)
    heard()
    target.status = 301
    for _ in range(9):
        put(api)
    heard()
    assert api.get_webhook(hook.id).disabled is False
    put(api)
    heard()
    assert api.get_webhook(hook.id).disabled == "suspended-after-failure"
    put(api)
    assert heard() == []
    target.status = 200
    api.enable_webhook(hook.id)
    put(api)
    assert len(heard()) == 1
    assert [d.status for d in sandbox.hub.webhooks.deliveries(hook.id)][-2:] == [301, 200]


def test_nobody_listens(sandbox, api, target):
    """A target that is not there is a failed delivery, with the reason, and the next webhook hears all the same."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sandbox.hub.webhooks.patience = 1
    hook = api.create_webhook(url=f"http://localhost:{port}/", watched=[ACME])
    api.create_webhook(url=target.url, watched=[ACME])
    api.create_repo("acme/m")
    assert sandbox.delivered()
    [delivery] = sandbox.hub.webhooks.deliveries(hook.id)
    assert (delivery.sent, delivery.status, delivery.ok) == (True, None, False)
    assert delivery.error.startswith("no answer: ")
    assert api.get_webhook(hook.id).disabled == "suspended-after-failure"
    assert target.heard == ["create repo acme/m"]


@pytest.mark.parametrize(
    "host", ["ci.example.com", "127.0.0.2", "localhost.example.com", "[fe80::1]", "10.0.0.1"]
)
def test_no_other_machine(sandbox, api, host, monkeypatch):
    """No other host is contacted or even looked up; that is logged, and is no failure."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    sandbox.hub.webhooks.patience = 1
    with sandbox.hub.lock:
        spec = {"url": f"http://{host}:9/", "watched": [ACME], "id": "0c" * 12}
        seed = {"kind": "Webhook", "metadata": {"name": "hfops-user/x"}, "spec": spec}
        assert plant_resource(sandbox.hub, seed, "x", "x") == []
        repo = {"kind": "Model", "metadata": {"name": "acme/m"}}
        assert plant_resource(sandbox.hub, repo, "x", "x") == []
    [delivery] = sandbox.hub.webhooks.deliveries("0c" * 12)
    assert (delivery.sent, delivery.error) == (False, "not delivered: the sandbox contacts no other machine")
    assert sandbox.hub.webhooks["0c" * 12].disabled is False


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_names_of_this_machine(sandbox, api, target, name, heard):
    """This machine is reached under its name and its address, query included."""
    api.create_webhook(url=f"http://{name}:{target.server_port}/a%20b?token=x y", watched=[ACME])
    api.create_repo("acme/m")
    assert sandbox.delivered()
    assert [path for path, _, _ in target.received] == ["/a%20b?token=x%20y"]


def test_job(sandbox, api):
    """A job's events are recorded, and the job is not run."""
    hook = api.create_webhook(job_id="j1", watched=[ACME])
    api.create_repo("acme/m")
    [delivery] = sandbox.hub.webhooks.deliveries(hook.id)
    assert (delivery.sent, delivery.error) == (False, "not delivered: jobs are recorded, not run")
    assert delivery.payload["repo"]["name"] == "acme/m"


def test_replay(sandbox, api, http, hook, target, heard):
    """A delivery is sent once more, the answer its status; also while disabled; each is in the log."""
    api.create_repo("acme/m")
    assert heard() == ["create repo acme/m"]
    [first] = sandbox.hub.webhooks.deliveries(hook.id)
    path = f"/api/settings/webhooks/{hook.id}/replay"
    api.disable_webhook(hook.id)
    target.status = 503
    answer = http("POST", f"{path}/{first.id}")
    assert (answer.status_code, answer.json()) == (200, {"status": 503})
    assert heard() == ["create repo acme/m"]
    assert [d.status for d in sandbox.hub.webhooks.deliveries(hook.id)] == [200, 503]
    assert http("POST", f"{path}/{'f' * 24}").status_code == 404
    assert http("POST", f"{path}/{first.id}", token="hf_ada").status_code == 404
    job = api.create_webhook(job_id="j1", watched=[ACME])
    put(api)
    [told] = sandbox.hub.webhooks.deliveries(job.id)
    replayed = http("POST", f"/api/settings/webhooks/{job.id}/replay/{told.id}")
    assert replayed.json() == {"status": 0}


def test_silent_target(sandbox, api, target):
    """A target that never answers is given up after the time that is allowed; the Hub answers meanwhile."""
    sandbox.hub.webhooks.courier.seconds = 0.05
    hook = api.create_webhook(url=target.url, watched=[ACME])
    target.gate.clear()
    api.create_repo("acme/m")
    assert target.reached.wait(10)
    assert api.model_info("acme/m").id == "acme/m"
    assert sandbox.delivered()
    [delivery] = sandbox.hub.webhooks.deliveries(hook.id)
    assert delivery.error == "no answer within 0.05 seconds"


def test_waiting_has_an_end(sandbox, api, hook, target):
    """Waiting for what is not delivered yet ends when its time is over."""
    target.gate.clear()
    api.create_repo("acme/m")
    assert target.reached.wait(10)
    assert sandbox.delivered(0.01) is False
    target.gate.set()
    assert sandbox.delivered() is True


def test_stop(target):
    """A sandbox that stops gives up what is on the way at once, and leaves no thread behind."""
    before = set(threading.enumerate())
    spec = {"url": target.url, "watched": [ACME]}
    with Sandbox(
        {"resources": [{"kind": "Webhook", "metadata": {"name": "hfops-user/x"}, "spec": spec}]}
    ) as sandbox:
        names = {t.name for t in set(threading.enumerate()) - before}
        assert "hfops-sandbox-webhooks" not in names
        target.gate.clear()
        api = HfApi(endpoint=sandbox.url, token="hf_sandbox")
        api.create_repo("acme/m")
        api.create_repo("acme/n")
        assert target.reached.wait(10)
        assert "hfops-sandbox-webhooks" in {t.name for t in threading.enumerate()}
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert sandbox.delivered(0)
    left = {t.name for t in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith("hfops-sandbox")}
    assert target.heard == ["create repo acme/m"]


def test_seeds_are_no_news(start, target):
    """What a seed makes was there before: nobody is told."""
    spec = {"url": target.url, "watched": [ACME]}
    seeds = [
        {"kind": "Webhook", "metadata": {"name": "hfops-user/x"}, "spec": spec},
        {"kind": "Model", "metadata": {"name": "acme/m"}},
    ]
    sandbox = start({"resources": seeds})
    assert sandbox.delivered()
    assert target.received == []
    [hook] = sandbox.hub.webhooks.all.values()
    assert hook.log == []
