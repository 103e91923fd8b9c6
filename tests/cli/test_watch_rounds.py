"""One round of ``hfops watch``: what is looked at, what is told, and what a failure leaves behind."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hfops.cli.options import Options
from hfops.cli.output import redact
from hfops.cli.watching import rounds as rounding
from hfops.cli.watching.debounce import Batch
from hfops.cli.watching.events import read_event
from hfops.cli.watching.looking import Project as Watched
from hfops.cli.watching.looking import check
from hfops.cli.watching.rounds import Rounds
from hfops.cli.watching.sending import Sender, Target
from hfops.model.address import Address
from hfops.model.problem import HfopsError
from hfops.sandbox.exchange import Exchange
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub, writes
from tests.cli.watching import delivery
from tests.conftest import Project
from tests.hub.fakes import FakeTransport, answer

TARGET = Target("https://ci.acme.example/drift")


@dataclass
class Watch:
    """Rounds over a project, with a collector that takes everything, and what they said."""

    project: Project
    options: Options = field(default_factory=Options)
    paths: tuple[Path, ...] = ()
    as_json: bool = True
    said: list[str] = field(default_factory=list)
    collector: FakeTransport = field(default_factory=lambda: FakeTransport(answer(200)))

    def __post_init__(self) -> None:
        watched = Watched(self.paths, self.options, threading.Event())
        self.sender = Sender(TARGET, self.collector, lambda _: True)
        self.rounds = Rounds(watched, self.sender, self.said.append, self.as_json)
        self.error = ""

    def __call__(self, batch: Batch) -> list[dict[str, Any]]:
        """Make a round; the events it printed."""
        return [json.loads(line) for line in self.text(batch).splitlines()]

    def text(self, batch: Batch) -> str:
        """Make a round; what it printed."""
        self.project.capture.readouterr()
        self.error = self.rounds(batch)
        return self.project.capture.readouterr().out

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The reports so far."""
        return [json.loads(r.body or b"") for r in self.collector.requests]


def about(*names: str, **more: Any) -> Batch:
    """A batch about acme's models of these names."""
    event = read_event(delivery(f"acme/{names[0]}", **more))
    return Batch(tuple(Address("Model", "acme", n) for n in names), frozenset(), event, 1)


EVERYTHING = Batch(full=True)


@pytest.fixture
def applied(project: Project, hub: Sandbox) -> Project:
    """Three models in two files, applied."""
    project.write("a.yaml", model("a", gated="manual") + model("b", gated="manual"))
    project.write("more/c.yaml", model("c", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    hub.exchanges.clear()
    return project


def gate(hub: Sandbox, name: str, value: object = "auto") -> None:
    """Somebody changes a gate by hand."""
    assert on_the_hub(hub, f"/api/models/acme/{name}/settings", "PUT", gated=value).status_code == 200


def reads(hub: Sandbox) -> list[str]:
    """What was read of models."""
    return [e.path for e in hub.exchanges if e.path.startswith("/api/models/")]


def test_drift(applied: Project, hub: Sandbox) -> None:
    """One object with the report, what it is about, and the event that led to it; the same goes out over HTTP."""
    gate(hub, "a")
    hub.exchanges.clear()
    watch = Watch(applied)
    (found,) = watch(about("a"))
    assert (found["type"], found["addresses"], found["resolved"]) == ("drift", ["Model/acme/a"], [])
    assert found["event"] == {
        "action": "update",
        "scope": "repo.config",
        "repo": {"type": "model", "name": "acme/a"},
    }
    (change,) = found["drift"]["changes"]
    (difference,) = change["differences"]
    assert (difference["path"], difference["before"], difference["after"], difference["cause"]) == (
        "spec.gated",
        "auto",
        "manual",
        "drift",
    )
    assert watch.sent == [found]
    assert (writes(hub), watch.error) == ([], "")
    assert {path.split("?")[0] for path in reads(hub)} == {"/api/models/acme/a"}, "nothing else was read"


def test_text(applied: Project, hub: Sandbox) -> None:
    """The lines are those of ``hfops drift``, under one that says when, what and why."""
    gate(hub, "a")
    lines = Watch(applied, as_json=False).text(about("a")).splitlines()
    assert lines[0].endswith("Z drift: Model/acme/a (update of repo.config in model acme/a)")
    shown = applied.run("drift", "--target", "Model/acme/a").out.splitlines()
    assert lines[1:] == shown
    assert "    gated: auto on the Hub, manual in the manifest" in lines


def test_all_agrees(applied: Project) -> None:
    """Without drift there is one line or object, and no report goes out."""
    watch = Watch(applied)
    (found,) = watch(about("a"))
    assert (found["type"], found["addresses"], found["drift"]["changes"]) == ("agrees", ["Model/acme/a"], [])
    assert watch.sent == []
    (line,) = Watch(applied, as_json=False).text(about("a")).splitlines()
    assert "no drift: Model/acme/a" in line


def test_resolved(applied: Project, hub: Sandbox) -> None:
    """Drift is reported each time it is seen, and once when it is gone."""
    watch = Watch(applied)
    gate(hub, "a")
    watch(about("a"))
    watch(about("a"))
    watch(about("b"))
    gate(hub, "a", "manual")
    (found,) = watch(about("a"))
    watch(about("a"))
    assert (found["type"], found["addresses"], found["resolved"]) == ("resolved", ["Model/acme/a"],
                                                                       ["Model/acme/a"])  # fmt: skip
    assert [r["type"] for r in watch.sent] == ["drift", "drift", "resolved"]


def test_one_resolved_and_one_drifting(applied: Project, hub: Sandbox) -> None:
    """A look at everything says both."""
    watch = Watch(applied)
    gate(hub, "a")
    watch(about("a"))
    gate(hub, "a", "manual")
    gate(hub, "c")
    (found,) = watch(EVERYTHING)
    assert (found["type"], found["addresses"], found["resolved"]) == (
        "drift",
        ["Model/acme/c"],
        ["Model/acme/a"],
    )
    assert (found["event"], found["events"]) == (None, 0)


def test_what_is_not_ours_any_more_is_resolved(applied: Project, hub: Sandbox) -> None:
    """An address that manifests and ledger have forgotten drifts no longer, whichever look finds out."""
    watch = Watch(applied)
    gate(hub, "c")
    watch(about("c"))
    applied.write("more/c.yaml", changes("removed: [{address: Model/acme/c, action: forget}]"))
    assert applied.run("apply", "--yes").code == 0
    (found,) = watch(about("a"))
    assert (found["type"], found["addresses"]) == ("resolved", ["Model/acme/c"])


def test_nothing_that_is_managed(applied: Project, hub: Sandbox) -> None:
    """An event about a repository that no manifest describes is logged, and asks the Hub for nothing."""
    watch = Watch(applied)
    assert watch(about("elsewhere")) == []
    (said,) = watch.said
    assert said.startswith("update of repo.config in model acme/elsewhere: nothing to do: ")
    assert said.endswith("no manifest describes Model/acme/elsewhere")
    assert list(hub.exchanges) == []
    assert watch.error == ""


def test_some_of_it_is_managed(applied: Project) -> None:
    """What no manifest describes does not keep the rest from being looked at."""
    watch = Watch(applied)
    (found,) = watch(about("a", "elsewhere"))
    assert found["addresses"] == ["Model/acme/a"]
    assert watch.said == ["nothing to do: no manifest describes Model/acme/elsewhere"]


def test_manifests_are_read_anew(applied: Project, hub: Sandbox) -> None:
    """A file that came with the last pull is known in the next round."""
    watch = Watch(applied)
    assert watch(about("new")) == []
    applied.write("new.yaml", model("new", gated="manual"))
    assert applied.run("apply", "--yes").code == 0
    gate(hub, "new")
    (found,) = watch(about("new"))
    assert found["addresses"] == ["Model/acme/new"]


def test_case_does_not_matter(applied: Project) -> None:
    """The Hub's spelling of a name need not be the manifest's."""
    (found,) = Watch(applied)(about("A"))
    assert found["addresses"] == ["Model/acme/a"]


@pytest.mark.parametrize(
    ("options", "paths", "looked"),
    [
        (Options(target=("Model/acme/a",)), (), ["a"]),
        (Options(exclude=("Model/acme/[bc]",)), (), ["a"]),
        (Options(), (Path("more"),), ["c"]),
        (Options(), (), ["a", "b", "c"]),
    ],
)
def test_the_command_line_narrows(
    applied: Project, hub: Sandbox, options: Options, paths: tuple[Path, ...], looked: list[str]
) -> None:
    """What the command line leaves out is looked at in no round, asked for by an event or not."""
    watch = Watch(applied, options, paths)
    for name in "abc":
        gate(hub, name)
    for batch in (about("a", "b", "c"), EVERYTHING):
        (found,) = watch(batch)
        assert found["addresses"] == [f"Model/acme/{name}" for name in looked]
    for name in {"a", "b", "c"} - set(looked):
        assert watch(about(name)) == []


def test_moved_on_the_hub(applied: Project, hub: Sandbox) -> None:
    """An event under the new name alone finds the manifest by the id in the ledger."""
    uid = on_the_hub(hub, "/api/models/acme/a").json()["_id"]
    answered = on_the_hub(hub, "/api/repos/move", "POST", fromRepo="acme/a", toRepo="acme/z", type="model")
    assert answered.status_code == 200
    event = read_event(
        delivery("acme/z", action="move") | {"repo": {"type": "model", "name": "acme/z", "id": uid}}
    )
    assert event.hub_id == uid
    (found,) = Watch(applied)(Batch(event.addresses, frozenset({uid}), event, 1))
    assert (found["type"], found["addresses"]) == ("drift", ["Model/acme/a"])


def test_moved_by_a_manifest(applied: Project, hub: Sandbox) -> None:
    """An event about a repository under its old name is about the resource that is to take it over."""
    applied.write("more/c.yaml", model("z") + changes("moved: [{from: Model/acme/c, to: Model/acme/z}]"))
    (found,) = Watch(applied)(about("c"))
    assert found["type"] in ("agrees", "drift")
    assert found["drift"]["project"] == "test"


def test_deleted_on_the_hub(applied: Project, hub: Sandbox) -> None:
    """What is gone is drift."""
    assert on_the_hub(hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="model").ok
    (found,) = Watch(applied)(about("a", action="delete"))
    assert (found["type"], found["addresses"]) == ("drift", ["Model/acme/a"])


@pytest.mark.parametrize("status", [401, 403, 500])
def test_the_hubs_refusals(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """They are said, the round counts as failed, and the next one is as good as any."""
    monkeypatch.setattr("hfops.hub.clock.Clock.sleep", lambda *_: None)
    hub.faults.add({"match": {"path": "/api/models/*"}, "status": status})
    watch = Watch(applied)
    (event,) = watch(about("a"))
    assert (event["type"], event["addresses"]) == ("error", ["Model/acme/a"])
    assert str(status) in event["errors"][0]
    assert str(status) in watch.error
    assert watch.said[0].startswith("error: Model/acme/a: ")
    assert watch.sent == []
    hub.faults.clear()
    (found,) = watch(about("a"))
    assert (found["type"], watch.error) == ("agrees", "")


def test_manifests_that_are_wrong(applied: Project) -> None:
    """Every problem is said with its place; once they are right again, all is as before."""
    watch = Watch(applied)
    applied.write("bad.yaml", "kind: Modle\nmetadata: {name: x}\n---\nkind: Model\nmetadata: {nam: x}\n")
    (event,) = watch(about("a"))
    assert event["type"] == "error"
    assert len(event["errors"]) >= 2
    assert all(error.startswith("bad.yaml:") for error in event["errors"])
    assert watch.error.startswith("bad.yaml:")
    (applied.path / "bad.yaml").unlink()
    (found,) = watch(about("a"))
    assert found["type"] == "agrees"


def test_a_bug_ends_one_round(applied: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is reported as such, without the receiver's end."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("hf_sandbox")

    watch = Watch(applied)
    with monkeypatch.context() as patch:
        patch.setattr(rounding, "look", broken)
        applied.capture.readouterr()
        assert watch.rounds(about("a")) == "a bug in hfops: ZeroDivisionError"
        err = applied.capture.readouterr().err
    assert "This is a bug in hfops" in err
    assert "hf_sandbox" not in err
    assert watch(about("a"))[0]["type"] == "agrees"


def test_nobody_reads(applied: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard output is no failed round: the worker has to know."""

    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(rounding, "out_json", closed)
    with pytest.raises(BrokenPipeError):
        Watch(applied).rounds(about("a"))


def test_a_report_that_nobody_takes(applied: Project, hub: Sandbox) -> None:
    """It is logged and makes the round a failed one; what is resolved is reported once it can be."""
    watch = Watch(applied)
    gate(hub, "a")
    watch(about("a"))
    gate(hub, "a", "manual")
    watch.collector.script = [answer(404), answer(200)]
    watch(about("a"))
    assert watch.error == "report not delivered to https://ci.acme.example:443: it answered 404"
    assert watch.said == [f"error: {watch.error}; it goes out again with the next event"]
    watch(about("a"))
    watch(about("a"))
    assert [r["type"] for r in watch.sent] == ["drift", "resolved", "resolved"]


def test_text_of_the_hub(applied: Project, hub: Sandbox) -> None:
    """What the Hub says can neither move the cursor nor end a line."""
    evil = "x\x1b[2J\u202e\nfake"
    hub.faults.add(
        {"match": {"path": "/api/models/*"}, "status": 403, "headers": {"X-Error-Message": "no\x1b[2J"}}
    )
    watch = Watch(applied)
    out = watch.text(about("a"))
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert evil not in out
    assert "\x1b" not in watch.error


def test_secrets_are_masked(applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in what is printed, in no report, not with HF_DEBUG: neither the token nor what this process was told."""
    monkeypatch.setenv("HF_DEBUG", "1")
    redact.add("canary-of-the-webhook")
    gate(hub, "a")
    monkeypatch.setattr("hfops.report.drift.NONE", "canary-of-the-webhook hf_sandbox")
    watch = Watch(applied)
    applied.capture.readouterr()
    for name in ("a", "b"):
        watch.rounds(about(name))
    hub.faults.add(
        {
            "match": {"path": "/api/models/*"},
            "status": 403,
            "headers": {"X-Error-Message": "canary-of-the-webhook"},
        }
    )
    watch.rounds(about("a"))
    shown = applied.capture.readouterr()
    everything = shown.out + shown.err + "".join(str(r.body) for r in watch.collector.requests)
    assert "curl" in shown.err
    assert "canary" not in everything
    assert "hf_sandbox" not in everything


@pytest.mark.parametrize(
    ("options", "secret", "said"),
    [
        (Options(no_ledger=True), None, "leave out --no-ledger"),
        (Options(target=("Model/acme/nope",)), None, "no manifest describes such an address"),
        (Options(), "hf_sandbox", "the token that hfops itself uses"),
    ],
)
def test_what_could_never_work(
    applied: Project, hub: Sandbox, options: Options, secret: str | None, said: str
) -> None:
    """It is refused before anything listens, without a word to the Hub."""
    with pytest.raises(HfopsError, match=said):
        check(Watched((), options, threading.Event()), secret)
    check(Watched((), Options(), threading.Event()), "another")
    assert list(hub.exchanges) == []


def test_an_apply_in_the_middle(applied: Project, hub: Sandbox) -> None:
    """What hfops itself changes is no drift in the round that its events lead to."""
    watch = Watch(applied)
    applied.write("a.yaml", model("a", gated="auto") + model("b", gated="manual"))
    looks: list[str] = []
    threads: list[threading.Thread] = []

    def look_at_once(exchange: Exchange) -> None:
        if exchange.method == "PUT":
            thread = threading.Thread(target=lambda: looks.append(watch.rounds(about("a"))))
            thread.start()
            threads.append(thread)

    hub._recorder._observer = look_at_once
    ran = applied.run("apply", "--yes", "--allow", "exposure")
    assert ran.code == 0, ran
    for thread in threads:
        thread.join(20)
    assert looks == [""]
    assert watch.sent == []
