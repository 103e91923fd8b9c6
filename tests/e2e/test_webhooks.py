"""Webhooks against the embedded Hub: the official client is the judge, faults and kills make none twice."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from hfops.hub.transport import Request, RequestsTransport, Response
from hfops.hub.wrappers import Wrapper
from hfops.model.problem import HfopsError
from hfops.sandbox.server import Sandbox
from hfops.sandbox.webhooks.hooks import Watch, Webhook
from tests.cli.conftest import on_the_hub
from tests.conftest import Project
from tests.contract import check_request, check_response
from tests.harness import Engine, MemoryStore
from tests.sandbox.receiver import receiver

URL = "https://ci.acme.example/hooks/hf"
LIST = "/api/settings/webhooks"
EXAMPLE = Path(__file__).parents[2] / "examples" / "webhook"
CANARY, QUERY = "CaNaRy-secret-0123", "CaNaRy-query-4567"


def manifest(name: str = "ci", **spec: Any) -> str:
    """A Webhook document."""
    body = {"url": URL, "watched": [{"type": "org", "name": "acme"}], **spec}
    return "---\n" + json.dumps(document(name, **body)) + "\n"


def document(name: str = "ci", **spec: Any) -> dict[str, Any]:
    """The same, as data."""
    metadata = {"name": f"hfops-user/{name}"}
    return {"apiVersion": "hfops/v1", "kind": "Webhook", "metadata": metadata, "spec": spec}


@pytest.fixture
def client(project: Project) -> Iterator[HfApi]:
    """The official client with the same token."""
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


def applied(project: Project, *more: str) -> None:
    """Apply, and leave nothing to do."""
    ran = project.run("apply", "--yes", *more)
    assert ran.code == 0, ran.out + ran.err
    assert project.run("plan", "--detailed-exitcode").code == 0


def planned(project: Project) -> list[dict[str, Any]]:
    """The differences that a plan shows."""
    ran = project.run("plan", "--format", "json")
    assert ran.code == 0, ran.err
    return [d for c in json.loads(ran.out)["changes"] for d in c.get("differences", ())]


def test_the_client_reads_what_apply_wrote(
    project: Project, client: HfApi, monkeypatch: pytest.MonkeyPatch, hub: Sandbox
) -> None:
    """Url, watched, domains, secret and switch; and every request kept to the contract."""
    monkeypatch.setenv("HOOK", CANARY)
    project.write(
        "a.yaml",
        manifest(domains=["discussion"], secret={"env": "HOOK"}, enabled=False)
        + manifest("all", url=f"{URL}/2"),
    )
    applied(project)
    one, other = sorted(client.list_webhooks(), key=lambda w: str(w.url))
    assert (one.url, one.secret, one.domains, one.disabled) == (URL, CANARY, ["discussion"], True)
    assert [(w.type, w.name) for w in one.watched] == [("org", "acme")]
    assert (other.domains, other.secret, other.disabled) == (["repo", "discussion"], None, False)
    assert [p for e in hub.exchanges for p in (*check_request(e), *check_response(e))] == []


def test_what_the_client_made_is_adopted_and_what_it_changed_is_seen(
    project: Project, client: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second one; each change made elsewhere is drift, and goes back."""
    monkeypatch.setenv("HOOK", CANARY)
    watched = [{"type": "org", "name": "acme"}, {"type": "user", "name": "hfops-user"}]
    made = client.create_webhook(url=URL, watched=watched, domains=["repo"], secret=CANARY)
    spec = {"watched": watched[::-1], "domains": ["repo"], "secret": {"env": "HOOK"}, "enabled": True}
    project.write("a.yaml", manifest(**spec))
    assert planned(project) == []
    applied(project)
    client.update_webhook(
        made.id, url=f"{URL}/x", watched=watched[:1], domains=["repo"], secret="another-one"
    )
    client.disable_webhook(made.id)
    found = {d["path"]: d["cause"] for d in planned(project)}
    assert found == dict.fromkeys(["spec.url", "spec.watched", "spec.enabled"], "drift") | {
        "spec.secret": "new"
    }
    applied(project)
    (hook,) = client.list_webhooks()
    assert (hook.id, hook.url, hook.secret, hook.disabled) == (made.id, URL, CANARY, False)
    client.update_webhook(made.id, watched=watched, url=URL, domains=["repo"], secret="yet-another")
    assert [(d["path"], d["cause"]) for d in planned(project)] == [("spec.secret", "drift")], (
        "sent since: known"
    )


def test_a_secret_that_hfops_does_not_manage_survives_an_update_of_the_url(
    project: Project, client: HfApi
) -> None:
    """It is read right before it is sent back, and shown nowhere; so is a query that no manifest names."""
    made = client.create_webhook(url=URL, watched=[{"type": "org", "name": "acme"}], secret=CANARY)
    project.write("a.yaml", manifest())
    applied(project)
    project.write("a.yaml", manifest(url=f"{URL}/new?token={QUERY}"))
    ran = project.run("plan")
    assert "(present secret)" in ran.out or "present secret" in ran.out
    applied(project)
    assert client.get_webhook(made.id).url == f"{URL}/new?token={QUERY}"
    project.write("a.yaml", "---\n" + json.dumps(document(id=made.id, domains=["repo"])))
    applied(project)
    hook = client.get_webhook(made.id)
    assert (hook.secret, hook.url, hook.domains) == (CANARY, f"{URL}/new?token={QUERY}", ["repo"])


def test_what_is_suspended_is_told_and_enabled_again(project: Project, hub: Sandbox) -> None:
    """hfops drift ends in 2 and names it; one call brings it back."""
    project.write("a.yaml", manifest(enabled=True))
    applied(project)
    with hub.hub.lock:
        (hook,) = hub.hub.webhooks.all.values()
        hub.hub.webhooks.suspend(hook.uid)
    ran = project.run("drift")
    assert ran.code == 2
    assert "suspended-after-failure" in ran.out
    hub.exchanges.clear()
    applied(project)
    assert [e.path for e in hub.exchanges if e.method == "POST"] == [f"{LIST}/{hook.uid}/enable"]


def test_a_new_host_needs_consent(project: Project) -> None:
    """Of one that exists; hosts that the project trusts need none, and then all others do."""
    project.write("a.yaml", manifest())
    applied(project)
    project.write("a.yaml", manifest(url="https://elsewhere.example/x"))
    refused = project.run("apply", "--yes")
    assert refused.code == 3
    assert "a new host gets to know what happens: elsewhere.example" in refused.out
    trusting = "safety: {webhookHosts: ['*.acme.example', elsewhere.example]}"
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: test}}, spec: {{namespace: acme, {trusting}}}}}",
    )
    applied(project)
    project.write("b.yaml", manifest("strange", url="https://strange.example/x"))
    assert project.run("apply", "--yes").code == 3
    applied(project, "--allow", "exposure=Webhook/hfops-user/strange")


def test_it_is_really_told(project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook of this plan hears of a repository that the next apply makes, with its secret."""
    monkeypatch.setenv("HOOK", CANARY)
    with receiver() as target:
        project.write("a.yaml", manifest(url=target.url, secret={"env": "HOOK"}))
        applied(project)
        project.write("b.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: acme/fresh}, spec: {}}")
        applied(project)
        assert hub.delivered(10)
        assert "create repo acme/fresh" in target.heard
        assert {headers["X-Webhook-Secret"] for _, headers, _ in target.received} == {CANARY}


def test_the_example(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples/webhook promises: validate is quiet, apply makes all three, the second plan is empty."""
    monkeypatch.setenv("HOOK_SECRET", "anything")
    for path in EXAMPLE.iterdir():
        project.write(path.name, path.read_text(encoding="utf-8"))
    checked = project.run("validate")
    assert (checked.code, "warning" in checked.out + checked.err) == (0, False)
    applied(project)
    moved = (
        "kind: Changes", "apiVersion: hfops/v1",
        "spec: {moved: [{from: Webhook/hfops-user/ci, to: Webhook/hfops-user/build}]}",
    )  # fmt: skip
    text = (
        (EXAMPLE / "webhooks.yaml").read_text(encoding="utf-8").replace("hfops-user/ci}", "hfops-user/build}")
    )
    project.write("webhooks.yaml", text + "---\n" + "\n".join(moved) + "\n")
    applied(project)
    ran = project.run("ledger", "list")
    assert "Webhook/hfops-user/build" in ran.out
    assert "Webhook/hfops-user/ci" not in ran.out


def test_made_anew_when_asked_for(project: Project, client: HfApi) -> None:
    """Another id, switched off as wanted, and only one of it."""
    project.write("a.yaml", manifest(enabled=False))
    applied(project)
    (first,) = client.list_webhooks()
    applied(project, "--replace", "Webhook/hfops-user/ci")
    (second,) = client.list_webhooks()
    assert second.id != first.id
    assert second.disabled is True


@pytest.mark.parametrize("effect", ["drop-response", "reset"])
def test_a_lost_creation_whose_url_only_apply_knows(
    project: Project, client: HfApi, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    """A command's value cannot be looked for while planning; what watches the same and was made then is it."""
    monkeypatch.setattr("hfops.hub.retrying.Retrying.ATTEMPTS", 1)
    project.write("a.yaml", manifest(url={"command": ["printf", f"{URL}/printed"]}))
    hub.faults.add({"match": {"method": "POST", "path": LIST}, "nth": 1, effect: True})
    ran = project.run("apply", "--yes")
    assert ran.code == 5, ran.out + ran.err
    applied(project)
    assert [w.url for w in client.list_webhooks()] == [f"{URL}/printed"]
    ran = project.run("plan", "--no-ledger")
    assert ran.code == 1
    assert "may be it already" in ran.err


ENDPOINT: dict[str, Any] = {
    "apiVersion": "hfops/v1",
    "kind": "InferenceEndpoint",
    "metadata": {"name": "acme/listener"},
    "spec": {
        "model": {"repository": "openai-community/gpt2"},
        "provider": {"vendor": "aws", "region": "us-east-1"},
        "compute": {"accelerator": "gpu", "instanceType": "nvidia-l4", "instanceSize": "x1"},
    },
}


def served_at(hub: Sandbox) -> str:
    """Where the endpoint answers."""
    return str(on_the_hub(hub, "/v2/endpoint/acme/listener").json()["status"]["url"])


def test_the_url_of_an_endpoint_of_the_same_plan(project: Project, client: HfApi, hub: Sandbox) -> None:
    """Created once the endpoint has its url; made anew, its new one is told in the same apply."""
    told = {"resource": "InferenceEndpoint/acme/listener", "field": "url"}
    project.write("a.yaml", manifest(url=told))
    project.write("b.yaml", json.dumps(ENDPOINT))
    ran = project.run("plan")
    assert "(url of InferenceEndpoint/acme/listener)" in ran.out
    applied(project)
    (hook,) = client.list_webhooks()
    first = served_at(hub)
    assert hook.url == first
    applied(
        project, "--replace", "InferenceEndpoint/acme/listener", "--allow", "outage", "--allow", "exposure"
    )
    (again,) = client.list_webhooks()
    assert again.id == hook.id
    assert again.url == served_at(hub)
    assert again.url != first


TROUBLE: dict[str, dict[str, Any]] = {
    "none": {},
    "400 that quotes": {"status": 400, "body": {"error": f"bad url {URL}?token={QUERY} or secret {CANARY}"}},
    "500 that quotes": {"status": 500, "body": f"<html>{CANARY} {QUERY}</html>"},
    "a lost answer": {"drop-response": True},
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_secrets_show_nowhere(
    project: Project, hub: Sandbox, client: HfApi, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Neither a webhook's secret nor its query: mine or live, in no output, event, ledger or plan file."""
    monkeypatch.setenv("HOOK", CANARY)
    monkeypatch.setenv("HF_DEBUG", "1")
    monkeypatch.setattr("hfops.hub.retrying.Retrying.ATTEMPTS", 1)
    client.create_webhook(
        url=f"{URL}/theirs?token={QUERY}", watched=[{"type": "org", "name": "acme"}], secret=CANARY
    )
    path = project.path / "a.yaml"
    versions = [
        manifest(url=f"{URL}?token={QUERY}", secret={"env": "HOOK"}) + manifest("theirs", url=f"{URL}/theirs?token={QUERY}"),
        manifest(url=f"{URL}/2?token={QUERY}&more=1", secret={"env": "HOOK"}, domains=["repo"])
        + manifest("theirs", url=f"{URL}/theirs?token={QUERY}", domains=["repo"]),
    ]  # fmt: skip
    for text in versions:
        path.write_text(text, encoding="utf-8")
        if TROUBLE[trouble]:
            hub.faults.add({"match": {"method": "POST", "path": f"{LIST}*"}, "nth": 1, **TROUBLE[trouble]})
        for command in (
            ["validate"], ["plan", "-o", "plan.json"], ["plan", "--format", "json"], ["show", "plan.json"],
            ["drift"], ["apply", "--yes", "--json"], ["apply", "--yes"], ["plan"], ["ledger", "show"],
        ):  # fmt: skip
            ran = project.run(*command)
            _clean(project.path, path, ran.out, ran.err)
        hub.faults.clear()
        applied(project)
    assert len(client.list_webhooks()) == 2


def _clean(folder: Path, manifests: Path, *texts: str) -> None:
    for text in texts:
        assert CANARY not in text, text
        assert QUERY not in text, text
    for path in folder.rglob("*"):
        if path.is_file() and path != manifests:
            data = path.read_bytes()
            assert CANARY.encode() not in data, path
            assert QUERY.encode() not in data, path


class Killed(BaseException):
    """The process is gone."""


class Killing(Wrapper):
    """Kills the process at the n-th request: before it is sent, or after it had its effect."""

    def __init__(self, nth: int, *, after: bool, store: MemoryStore) -> None:
        super().__init__(RequestsTransport())
        self.left, self.after, self.store = nth, after, store

    def send(self, request: Request) -> Response:
        self.left -= 1
        if self.left > 0:
            return self._inner.send(request)
        if self.left == 0 and self.after:
            self._inner.send(request)
        self.store.dead = True
        raise Killed


ORG, USER = {"type": "org", "name": "acme"}, {"type": "user", "name": "hfops-user"}
JOB = {"dockerImage": "python:3.12", "command": ["python"], "flavor": "cpu-basic"}
BEFORE = [document("old", url=f"{URL}/old", watched=[ORG], domains=["repo"], secret={"env": "HOOK"})]
AFTER = [
    document("old", url=f"{URL}/old?token={QUERY}", watched=[ORG], domains=["repo"], secret={"env": "HOOK"}),
    document("new", url=f"{URL}?token={QUERY}", watched=[ORG], enabled=False, secret={"env": "HOOK"}),
    document("same", url=f"{URL}?token={QUERY}", watched=[USER]),
    document("plain", url=URL, watched=[ORG, USER], domains=["discussion"]),
    document("job", job=JOB, watched=[ORG], domains=["repo"]),
    document("copied", jobSourceId="job-1", watched=[USER], domains=["repo"]),
]
"""Two with one url and different watched; one that is switched off; jobs; one whose url changes."""

EDITED = [
    *AFTER[:3],
    document("plain", url=f"{URL}/edited", watched=[ORG, USER], domains=["discussion"]),
    *AFTER[4:],
]


@contextlib.contextmanager
def prepared_hub() -> Iterator[tuple[Sandbox, Engine]]:
    """A Hub in which BEFORE was applied."""
    with Sandbox() as sandbox:
        engine = Engine(sandbox.url, parallelism=1, environ={"HOOK": CANARY})
        assert engine.apply(BEFORE)[1].exit_code == 0
        sandbox.exchanges.clear()
        yield sandbox, engine


def state(sandbox: Sandbox) -> list[str]:
    """What there is, without what each run makes anew."""
    hooks = sandbox.hub.webhooks.all.values()
    told = [
        (str(h.url), [(w.type, w.name) for w in h.watched], h.domains, h.secret, str(h.disabled), str(h.job))
        for h in hooks
    ]
    return sorted(map(str, told))


def arrives(
    engine: Engine, sandbox: Sandbox, wanted: list[str], docs: list[dict[str, Any]], where: Any
) -> None:
    """One quiet apply reaches it, and nothing is left to do."""
    _, again = engine.apply(docs)
    assert again.exit_code == 0, (where, again)
    assert engine.plan(docs).plan.empty, where
    assert state(sandbox) == wanted, where


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """Requests and end states of the runs without a fault."""
    out: dict[str, Any] = {}
    for name, docs in (("after", AFTER), ("edited", EDITED)):
        with prepared_hub() as (sandbox, engine):
            assert engine.apply(docs)[1].exit_code == 0
            out[name] = state(sandbox)
            out["count"] = len(list(sandbox.exchanges))
            assert engine.plan(docs).plan.empty
            assert len(out[name]) == len(docs)
    return out


FAULTS: dict[str, dict[str, Any]] = {
    "500 without effect": {"status": 500},
    "500 after the effect": {"status": 500, "after": True},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "reset": {"reset": True},
    "answer dropped": {"drop-response": True},
    "answer cut off": {"truncate": True},
    "answers dropped for good": {"drop-response": True, "always": True},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere(fault: str, undisturbed: dict[str, Any]) -> None:
    """After the fault, one quiet apply reaches the same Hub: none is there twice, and none is missing."""
    for nth in range(1, undisturbed["count"] + 1):
        with prepared_hub() as (sandbox, engine):
            effect = {k: v for k, v in FAULTS[fault].items() if k != "always"}
            last = nth + 40 if "always" in FAULTS[fault] else nth + 1
            for n in range(nth, last):
                sandbox.faults.add({"match": {}, "nth": n, **effect})
            with contextlib.suppress(HfopsError):
                engine.apply(AFTER)
            sandbox.faults.clear()
            where = (fault, nth, [(e.method, e.path, e.status) for e in sandbox.exchanges])
            arrives(engine, sandbox, undisturbed["after"], AFTER, where)


@pytest.mark.parametrize("docs", ["after", "edited"])
@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after its effect"])
def test_killed_anywhere(after: bool, docs: str, undisturbed: dict[str, Any]) -> None:
    """A process killed at any request leaves none that the next run does not find, its url edited or not."""
    for nth in range(1, undisturbed["count"] + 1):
        with prepared_hub() as (sandbox, engine):
            engine.wrap = lambda nth=nth, engine=engine: Killing(nth, after=after, store=engine.store)
            with pytest.raises(Killed):
                engine.apply(AFTER)
            engine.wrap, engine.store.dead = None, False
            arrives(engine, sandbox, undisturbed[docs], {"after": AFTER, "edited": EDITED}[docs], nth)


REMOVED = {
    "apiVersion": "hfops/v1",
    "kind": "Changes",
    "spec": {"removed": [{"address": "Webhook/hfops-user/old", "action": "delete"}]},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_deletion(fault: str) -> None:
    """It is gone after the next run, from the Hub and from the ledger; it is not forgotten while it is there."""
    with prepared_hub() as (sandbox, engine):
        effect = {k: v for k, v in FAULTS[fault].items() if k != "always"}
        for n in range(1, 40):
            sandbox.faults.add({"match": {"method": "DELETE"}, "nth": n, **effect})
        _, result = engine.apply([REMOVED])
        sandbox.faults.clear()
        entries = json.loads(str(engine.store.text))["entries"]
        gone = not sandbox.hub.webhooks.all
        assert gone or "Webhook/hfops-user/old" in entries
        assert (result.exit_code == 0) is gone, "a lost answer is followed by a look"
        assert engine.apply([REMOVED])[1].exit_code == 0
        assert json.loads(str(engine.store.text))["entries"] == {}
        assert not sandbox.hub.webhooks.all


def test_no_event_holds_a_secret() -> None:
    """Nor does the plan's JSON: what progress and --json are made of."""
    with prepared_hub() as (sandbox, engine):
        prepared, _ = engine.apply(AFTER)
        texts = [repr(prepared.plan), json.dumps(prepared.plan.to_json()), str(engine.store.text)]
        texts += [json.dumps(e.to_json()) for e in engine.events]
        assert CANARY in str(state(sandbox))
        assert QUERY in str(state(sandbox))
        assert not [t for t in texts if CANARY in t or QUERY in t]


class Stillborn(Wrapper):
    """Kills the process before it sends the first POST."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(RequestsTransport())
        self.store = store

    def send(self, request: Request) -> Response:
        if request.method == "POST":
            self.store.dead = True
        if self.store.dead:
            raise Killed
        return self._inner.send(request)


HOOKED: dict[str, Any] = {"env": "APP_URL"}
STRANGERS: dict[str, tuple[Any, str]] = {
    "by reference, another host": (HOOKED, "https://foreign.example/x"),
    "by reference, another path": (HOOKED, f"{URL}/theirs"),
    "another query": (f"{URL}?token={QUERY}", f"{URL}?token=of-somebody-else"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_after_an_interruption_nobody_elses_webhook_is_taken(name: str) -> None:
    """Made in the same minute, watching the same: its url stays, ours is made, and the ledger knows ours alone."""
    ours, theirs = STRANGERS[name]
    docs = [document("ci", url=ours, watched=[ORG])]
    with Sandbox() as sandbox:
        engine = Engine(sandbox.url, environ={"APP_URL": f"{URL}?token={QUERY}"})
        foreign = Webhook(
            sandbox.hub.dated_id(), "hfops-user", [Watch("org", "acme")], ["repo", "discussion"], theirs
        )
        sandbox.hub.webhooks.all[foreign.uid] = foreign
        engine.wrap = lambda: Stillborn(engine.store)
        with pytest.raises(Killed):
            engine.apply(docs)
        engine.wrap, engine.store.dead = None, False
        assert QUERY not in str(engine.store.text)
        prepared, result = engine.apply(docs)
        assert result.exit_code == 0
        assert [n.message for n in prepared.plan.notices if n.code == "settled"] == [
            "an earlier run was interrupted in its create of this: it did not happen"
        ]
        assert foreign.url == theirs
        (made,) = [h for h in sandbox.hub.webhooks.all.values() if h is not foreign]
        assert made.url == f"{URL}?token={QUERY}"
        entry = json.loads(str(engine.store.text))["entries"]["Webhook/hfops-user/ci"]
        assert (entry["origin"], entry["hubId"]) == ("created", made.uid)
        assert engine.plan(docs).plan.empty


def test_after_an_interruption_what_is_found_by_the_edited_url_is_adopted_only() -> None:
    """It was not made by that run, whatever its age: the ledger must not say that it may be pruned."""
    with Sandbox() as sandbox:
        engine = Engine(sandbox.url)
        foreign = Webhook(
            sandbox.hub.dated_id(), "hfops-user", [Watch("org", "acme")], ["repo", "discussion"], f"{URL}/2"
        )
        sandbox.hub.webhooks.all[foreign.uid] = foreign
        engine.wrap = lambda: Stillborn(engine.store)
        with pytest.raises(Killed):
            engine.apply([document("ci", watched=[ORG], url=URL)])
        engine.wrap, engine.store.dead = None, False
        prepared, result = engine.apply([document("ci", watched=[ORG], url=f"{URL}/2")])
        assert result.exit_code == 0
        (notice,) = [n.message for n in prepared.plan.notices if n.code == "settled"]
        assert notice.endswith("it did not happen, and what is there like it was not made by that run")
        entry = json.loads(str(engine.store.text))["entries"]["Webhook/hfops-user/ci"]
        assert (entry["origin"], entry["hubId"]) == ("adopted", foreign.uid)


ODD = "https://evil.example\\@ci.acme.example/hooks"
TRUSTING = json.dumps(
    {
        "apiVersion": "hfops/v1",
        "kind": "Project",
        "metadata": {"name": "test"},
        "spec": {"safety": {"webhookHosts": ["*.acme.example"]}, "references": {"env": ["APP_*"]}},
    }
)


def test_a_url_that_leads_elsewhere_than_it_seems_is_never_sent(
    project: Project, client: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written or by reference, an error at its place; a live one is never shown, and replaced as any other."""
    project.write("hfops.yaml", TRUSTING)
    monkeypatch.setenv("APP_URL", ODD)
    for url in (ODD, {"env": "APP_URL"}):
        project.write("a.yaml", manifest(url=url))
        ran = project.run("apply", "--yes")
        assert ran.code == 1
        assert "spec.url: the URL holds a backslash" in ran.err
        assert "evil" not in ran.out + ran.err
    assert client.list_webhooks() == []
    live = client.create_webhook(url=ODD, watched=[ORG], domains=["repo"])
    project.write("a.yaml", manifest(id=live.id))
    ran = project.run("apply", "--yes")
    assert ran.code == 0
    assert f"url: *** → {URL}" in ran.out
    assert "evil" not in ran.out + ran.err


def test_an_unverified_secret_of_a_job_stays(
    project: Project, hub: Sandbox, client: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update of something else leaves what the Hub has of that name; --send-unverified sends and records it."""
    monkeypatch.setenv("KEY", CANARY)
    keyed = {**JOB, "secrets": {"KEY": {"env": "KEY"}}}
    project.write("a.yaml", json.dumps(document(job=keyed, watched=[ORG], domains=["repo"])))
    body = {
        "job": {**JOB, "secrets": {"KEY": "theirs", "MORE": "more"}},
        "watched": [ORG],
        "domains": ["repo"],
    }
    assert on_the_hub(hub, LIST, method="POST", **body).ok
    (live,) = hub.hub.webhooks.all.values()
    applied(project)
    project.write("a.yaml", json.dumps(document(job=keyed, watched=[ORG], domains=["discussion"])))
    applied(project)
    assert (live.domains, live.job_secrets) == (["discussion"], {"KEY": "theirs", "MORE": "more"})
    applied(project, "--send-unverified")
    assert live.job_secrets == {"KEY": CANARY, "MORE": "more"}


def test_a_copied_job_is_adopted_and_deleted_by_consent_only(
    project: Project, hub: Sandbox, client: HfApi
) -> None:
    """What fits may be anybody's: its id must be said, and its deletion loses what no manifest has."""
    body = {"job": {**JOB, "labels": {"team": "nlp"}}, "watched": [ORG], "domains": ["repo", "discussion"]}
    assert on_the_hub(hub, LIST, method="POST", **body).ok
    (live,) = client.list_webhooks()
    copied = {"jobSourceId": "job-1", "watched": [ORG]}
    project.write("a.yaml", json.dumps(document(**copied)))
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert f"spec.id: {live.id}" in ran.err
    project.write("a.yaml", json.dumps(document(**copied, id=live.id)))
    applied(project)
    ran = project.run("destroy", "--yes")
    assert ran.code == 3
    assert "data-loss" in ran.out + ran.err
    assert len(client.list_webhooks()) == 1
    assert project.run("destroy", "--yes", "--allow", "data-loss").code == 0
    assert client.list_webhooks() == []
