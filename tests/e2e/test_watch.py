"""A change made by the official client arrives at ``hfops watch`` as an event, and yields the right report."""

from __future__ import annotations

import contextlib
import email
import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from hfops.sandbox.exchange import Exchange
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import until
from tests.cli.watching import SECRET, Collector, Received
from tests.conftest import Project

MANIFESTS = """
apiVersion: hfops/v1
kind: Model
metadata: {name: sentiment}
spec: {visibility: private, gated: manual, tags: [{name: v1.0}]}
---
apiVersion: hfops/v1
kind: Dataset
metadata: {name: reviews}
spec: {visibility: private}
---
apiVersion: hfops/v1
kind: Space
metadata: {name: demo}
spec: {sdk: static, visibility: private, variables: {MODEL_ID: acme/sentiment}}
"""
ACME = [{"type": "org", "name": "acme"}]

Start = Callable[..., "Watching"]


class Watching:
    """``hfops watch`` in a process, and the Hub's webhook that leads there."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.hook = ""

    def line(self) -> str:
        """The next line of the report."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def event(self, kind: str) -> dict[str, Any]:
        """The next report of a kind; others may come before."""
        while (found := json.loads(self.line()))["type"] != kind:
            assert found["type"] in ("agrees", "drift", "resolved"), found
        return dict(found)

    def end(self) -> str:
        """Stop it, in order; what it said that nobody has read."""
        self.process.terminate()
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        return out + err


@pytest.fixture
def client(project: Project) -> Iterator[HfApi]:
    """The official client with the same token."""
    yield HfApi(endpoint=project.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def watch(project: Project, hub: Sandbox, client: HfApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Applies the manifests, starts the receiver, and makes the webhook with the official client."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    project.write("hub.yaml", MANIFESTS)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.err
    hub.exchanges.clear()
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, form: str = "json", secret: str = SECRET) -> Watching:
            words = (
                "watch",
                "--secret-env",
                "HOOK_SECRET",
                "--debounce",
                "0.2",
                "--format",
                form,
                *arguments,
            )
            process = stack.enter_context(project.start(*words))
            stack.callback(process.kill)
            watching = Watching(process)
            first = watching.line()
            url = json.loads(first)["url"] if form == "json" else first.split()[-1]
            hook = client.create_webhook(url=url, watched=ACME, domains=["repo", "discussion"], secret=secret)
            watching.hook = hook.id
            return watching

        yield start


def statuses(hub: Sandbox, hook: str) -> list[int | None]:
    """What the receiver answered to the Hub."""
    assert hub.delivered()
    return [d.status for d in hub.hub.webhooks.deliveries(hook)]


def ours(hub: Sandbox) -> list[Exchange]:
    """What hfops asked the Hub for, as against the official client."""
    return [e for e in hub.exchanges if e.headers.get("User-Agent", "").startswith("hfops")]


def test_text(watch: Start, client: HfApi, hub: Sandbox) -> None:
    """The report in words: when, what, why, and the lines of ``hfops drift``."""
    watching = watch(form="text")
    client.update_repo_settings("acme/sentiment", gated="auto")
    assert watching.line().endswith(
        " drift: Model/acme/sentiment (update of repo.config in model acme/sentiment)\n"
    )
    assert watching.line() == "~ Model/acme/sentiment\n"
    assert watching.line().startswith("    hub.yaml:")
    assert watching.line() == "    gated: auto on the Hub, manual in the manifest\n"
    assert statuses(hub, watching.hook) == [202]
    err = watching.end()
    assert "127.0.0.1 POST /hooks/hf 202" in err
    assert SECRET not in err


def test_json(watch: Start, client: HfApi, hub: Sandbox) -> None:
    """The report as data, for each kind that has events; and it is told when drift is gone."""
    watching = watch()
    client.update_repo_settings("acme/sentiment", gated="auto")
    found = watching.event("drift")
    assert found["addresses"] == ["Model/acme/sentiment"]
    assert found["event"] == {
        "action": "update", "scope": "repo.config", "repo": {"type": "model", "name": "acme/sentiment"},
    }  # fmt: skip
    assert [d["path"] for d in found["drift"]["changes"][0]["differences"]] == ["spec.gated"]
    client.update_repo_settings("acme/sentiment", gated="manual")
    assert watching.event("resolved")["addresses"] == ["Model/acme/sentiment"]
    client.update_repo_settings("acme/reviews", repo_type="dataset", private=False)
    assert watching.event("drift")["addresses"] == ["Dataset/acme/reviews"]
    client.add_space_variable("acme/demo", "MODEL_ID", "acme/other")
    found = watching.event("drift")
    assert found["addresses"] == ["Space/acme/demo"]
    assert [d["path"] for d in found["drift"]["changes"][0]["differences"]] == ["spec.variables[MODEL_ID]"]
    client.delete_tag("acme/sentiment", tag="v1.0")
    found = watching.event("drift")
    assert [d["path"] for d in found["drift"]["changes"][0]["differences"]] == ["spec.tags[v1.0]"]
    watching.end()
    assert set(statuses(hub, watching.hook)) == {202}
    assert {e.method for e in ours(hub)} == {"GET"}


def test_moved_and_deleted(watch: Start, client: HfApi) -> None:
    """A rename on the Hub is drift of the address that the manifest names; so is a repository that is gone."""
    watching = watch()
    client.move_repo("acme/sentiment", "acme/mood")
    found = watching.event("drift")
    assert (found["addresses"], found["event"]["action"]) == (["Model/acme/sentiment"], "move")
    client.delete_repo("acme/reviews", repo_type="dataset")
    found = watching.event("drift")
    assert (found["addresses"], found["event"]["action"]) == (["Dataset/acme/reviews"], "delete")
    watching.end()


def test_put(watch: Start, client: HfApi) -> None:
    """With --report-method PUT the report is the body of a PUT, the same object as on standard output."""
    with Collector() as collector:
        watching = watch("--report", collector.url, "--report-method", "PUT")
        client.update_repo_settings("acme/sentiment", gated="auto")
        found = watching.event("drift")
        until(lambda: bool(collector.received), "the report")
        watching.end()
    (got,) = collector.received
    assert (got.method, json.loads(got.body)) == ("PUT", found)
    assert "hf_sandbox" not in str(got)
    assert SECRET not in str(got)


def test_post_form(watch: Start, client: HfApi) -> None:
    """With --report-field the report is the last field of a form that is posted; drift, and once that it is gone."""
    with Collector() as collector:
        watching = watch(
            "--report", collector.url, "--report-field", "ref=main", "--report-as", "file"
        )  # fmt: skip
        client.update_repo_settings("acme/sentiment", gated="auto")
        drift = watching.event("drift")
        client.update_repo_settings("acme/sentiment", gated="manual")
        resolved = watching.event("resolved")
        until(lambda: len(collector.received) == 2, "both reports")
        watching.end()
    assert [fields(got) for got in collector.received] == [
        [("ref", "main"), ("file", drift)],
        [("ref", "main"), ("file", resolved)],
    ]


def fields(got: Received) -> list[tuple[str, Any]]:
    """The form's fields, the last one parsed."""
    assert got.method == "POST"
    head = f"Content-Type: {got.headers['Content-Type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + got.body).get_payload()
    assert isinstance(parts, list)
    named = [
        (str(p.get_param("name", header="Content-Disposition")), p.get_payload(decode=True).decode())
        for p in parts
    ]
    return [*named[:-1], (named[-1][0], json.loads(named[-1][1]))]


def test_what_is_not_managed(watch: Start, client: HfApi, hub: Sandbox) -> None:
    """Events of a repository that no manifest describes, and of discussions, are accepted, and nothing is read for them."""
    watching = watch()
    client.create_repo("acme/somebody-elses")
    client.create_discussion("acme/sentiment", title="Hello", description="there")
    assert set(statuses(hub, watching.hook)) == {202}
    client.update_repo_settings("acme/sentiment", gated="auto")
    assert watching.event("drift")["addresses"] == ["Model/acme/sentiment"]
    said = watching.end()
    assert {"/".join(e.path.split("?")[0].split("/")[:5]) for e in ours(hub)} == {
        "/api/models/acme/sentiment"
    }
    assert "nothing to do: no manifest describes Model/acme/somebody-elses" in said
    assert "nothing to do: discussions change nothing that hfops manages" in said


def test_a_webhook_with_another_secret(watch: Start, client: HfApi, hub: Sandbox) -> None:
    """The Hub is told 401, and nothing is looked at."""
    watching = watch(secret="another-secret")
    client.update_repo_settings("acme/sentiment", gated="auto")
    assert statuses(hub, watching.hook) == [401]
    assert '"type": "drift"' not in watching.end()
    assert ours(hub) == []
