"""Guards, risks and protection as users meet them: refused with the exact words that let it through."""

from __future__ import annotations

import json
from datetime import date

import pytest

from hfops.cli.session import Session
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, exists, model, on_the_hub, writes
from tests.conftest import Project

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "today", TODAY)


def applied(project: Project, text: str, *more: str) -> None:
    """A project whose manifests were applied."""
    project.write("a.yaml", text)
    ran = project.run("apply", "--yes", *more)
    assert ran.code == 0, ran


EXPOSED = "allow: [{risk: exposure, address: %s, reason: launch%s}]"
CONSENTS = [
    ("nothing", (), "", 3),
    ("--allow", ("--allow", "exposure"), "", 0),
    ("--allow by address", ("--allow", "exposure=Model/acme/x"), "", 0),
    ("--allow by glob", ("--allow", "exposure=Model/*/x*"), "", 0),
    ("--allow in any case", ("--allow", "exposure=model/ACME/X"), "", 0),
    ("--allow another address", ("--allow", "exposure=Model/acme/y"), "", 3),
    ("--allow another kind", ("--allow", "exposure=Dataset/acme/x"), "", 3),
    ("--allow another risk", ("--allow", "data-loss"), "", 3),
    ("--yes is no consent", ("--yes",), "", 3),
    ("Changes", (), EXPOSED % ("Model/acme/x", ""), 0),
    ("Changes by glob", (), EXPOSED % ('"Model/acme/*"', ""), 0),
    ("Changes about another", (), EXPOSED % ("Model/acme/y", ""), 3),
    ("Changes until tomorrow", (), EXPOSED % ("Model/acme/x", ", until: 2026-06-16"), 0),
    ("Changes until today", (), EXPOSED % ("Model/acme/x", ", until: 2026-06-15"), 0),
    ("Changes until yesterday", (), EXPOSED % ("Model/acme/x", ", until: 2026-06-14"), 3),
]


@pytest.mark.parametrize(("options", "said", "code"), [c[1:] for c in CONSENTS], ids=[c[0] for c in CONSENTS])
def test_exposure(project: Project, hub: Sandbox, options: tuple[str, ...], said: str, code: int) -> None:
    """A gate is opened only by whoever consents to this risk at this address on this day."""
    applied(project, model("x", gated="manual"))
    before = writes(hub)
    project.write("a.yaml", model("x", gated="auto") + (changes(said) if said else ""))
    ran = project.run("apply", "--yes", *options)
    assert ran.code == code, ran
    assert (writes(hub) == before) is (code == 3)
    if code == 3:
        assert "--allow exposure=Model/acme/x" in ran.out
        assert "refused: nothing was sent" in ran.err


RISKS = [
    ("visibility", "visibility: private", "visibility: public", "exposure"),
    ("gate opened", "gated: auto", "gated: false", "exposure"),
    ("gate loosened", "gated: manual", "gated: auto", "exposure"),
    ("members let in", "orgMembersGated: true", "orgMembersGated: false", "exposure"),
]


@pytest.mark.parametrize(("before", "after", "risk"), [r[1:] for r in RISKS], ids=[r[0] for r in RISKS])
def test_each_risk_needs_its_own_word(project: Project, before: str, after: str, risk: str) -> None:
    """Refused without, done with the line that the refusal names; never a risk the other way round."""
    document = "{apiVersion: hfops/v1, kind: Model, metadata: {name: x}, spec: {%s}}\n"
    applied(project, document % before)
    project.write("a.yaml", document % after)
    refused = project.run("apply", "--yes")
    assert refused.code == 3, refused
    assert refused.out.startswith(f"! {risk}: Model/acme/x\n")
    line = next(x for x in refused.out.splitlines() if "to go on: " in x).partition("to go on: ")[2]
    assert project.run("apply", "--yes", *line.split()).code == 0
    project.write("a.yaml", document % before)
    assert project.run("apply", "--yes").code == 0


def test_the_line_for_git_works_too(project: Project) -> None:
    """The Changes entry that a refusal shows can be pasted."""
    applied(project, model("x", gated="manual"))
    project.write("a.yaml", model("x", gated=False))
    refused = project.run("apply", "--yes")
    entry = next(x for x in refused.out.splitlines() if "or in a Changes document: " in x).partition(
        "document: "
    )[2]
    project.write("a.yaml", model("x", gated=False) + changes(entry))
    assert project.run("apply", "--yes").code == 0


def test_creating_as_written_is_no_exposure(project: Project) -> None:
    """What is made public from the start was never private."""
    applied(project, model("x", visibility="public", gated=False))


def many(count: int, start: int = 0) -> str:
    """Documents m0, m1, …"""
    return "".join(model(f"m{i}") for i in range(start, count))


def gone(count: int) -> str:
    """A Changes document that removes m0 to m{count-1}."""
    return changes(
        f"removed: [{', '.join(f'{{address: Model/acme/m{i}, action: delete}}' for i in range(count))}]"
    )


GUARDS = [
    ("six of thirty", 30, 6, (), "", 3, "max_deletes"),
    ("five of thirty", 30, 5, (), "", 0, None),
    ("six, allowed on the command line", 30, 6, ("--max-deletes", "6"), "", 0, None),
    ("six, allowed by the project", 30, 6, (), "safety: {maxDeletes: 6}", 0, None),
    (
        "the command line beats the project",
        30,
        3,
        ("--max-deletes", "2"),
        "safety: {maxDeletes: 9}",
        3,
        "max_deletes",
    ),
    ("one, none allowed", 12, 1, ("--max-deletes", "0"), "", 3, "max_deletes"),
    ("a third of nine is no guard's business", 9, 3, (), "", 0, None),
    ("three of ten", 10, 3, (), "", 3, "max_delete_percent"),
    ("two of ten", 10, 2, (), "", 0, None),
    ("a quarter is within the quarter", 12, 3, (), "", 0, None),
    ("three of ten, allowed", 10, 3, ("--max-delete-percent", "30"), "", 0, None),
    ("three of ten, allowed by the project", 10, 3, (), "safety: {maxDeletePercent: 30}", 0, None),
    ("three of ten, 29.9 allowed", 10, 3, ("--max-delete-percent", "29.9"), "", 3, "max_delete_percent"),
]


@pytest.mark.parametrize(
    ("owned", "deleted", "options", "safety", "code", "guard"),
    [g[1:] for g in GUARDS],
    ids=[g[0] for g in GUARDS],
)
def test_guards(
    project: Project,
    owned: int,
    deleted: int,
    options: tuple[str, ...],
    safety: str,
    code: int,
    guard: str | None,
) -> None:
    """Too many deletions at once are refused, however well each is justified."""
    applied(project, many(owned))
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: test}}, spec: {{namespace: acme, {safety}}}}}\n",
    )
    project.write("a.yaml", many(owned, deleted) + gone(deleted))
    planned = json.loads(project.run("plan", "--format", "json", *options).out)
    assert [r["code"] for r in planned["refusals"]] == ([guard] if guard else [])
    ran = project.run("apply", "--yes", *options)
    assert ran.code == code, ran
    if guard:
        way = next(x for x in ran.out.splitlines() if "to go on: " in x).partition("to go on: ")[2].split()
        assert project.run("apply", "--yes", *options, *way).code == 0


def test_a_guard_cannot_be_typed_away(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal nobody is asked about a guard."""
    applied(project, many(10))
    project.write("a.yaml", many(10, 6) + gone(6))
    monkeypatch.setattr("hfops.cli.applying.is_terminal", lambda: True)
    monkeypatch.setattr("hfops.cli.applying._ask", lambda _: pytest.fail("asked"))
    assert project.run("apply").code == 3


PROTECTED = (
    "---\n{apiVersion: hfops/v1, kind: Model, metadata: {name: x}, lifecycle: {preventDestroy: true}}\n"
)
REMOVED = "removed: [{address: Model/acme/x, action: delete%s}]"


def test_protection_outlives_its_block(project: Project, hub: Sandbox) -> None:
    """preventDestroy is remembered in the ledger: the manifest's going does not lift it, consent neither."""
    applied(project, PROTECTED + model("y"))
    project.write("a.yaml", model("y") + changes(REMOVED % ""))
    ran = project.run("apply", "--yes", "--allow", "data-loss")
    assert ran.code == 3, ran
    assert "Model/acme/x is protected by lifecycle.preventDestroy" in ran.out
    assert exists(hub, "x")
    project.write("a.yaml", model("y"))
    assert project.run("apply", "--yes", "--prune", "--allow", "data-loss").code == 3
    assert exists(hub, "x")


@pytest.mark.parametrize("way", ["lift", "override", "forget"])
def test_ways_around_protection(project: Project, hub: Sandbox, way: str) -> None:
    """Each way that is offered works."""
    applied(project, PROTECTED + model("y"))
    if way == "lift":
        applied(project, model("x") + model("y"))
    entry = {"lift": REMOVED % "", "override": REMOVED % ", overrideProtection: true"}
    forget = "removed: [{address: Model/acme/x, action: forget}]"
    project.write("a.yaml", model("y") + changes(entry.get(way, forget)))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran
    assert exists(hub, "x") is (way == "forget")


def test_destroy_meets_the_same_gate(project: Project, hub: Sandbox) -> None:
    """Destroy asks for data-loss, counts, and respects protection, in the manifest or only in the ledger."""
    applied(project, PROTECTED + many(3))
    consent = ("--allow", "data-loss")
    assert project.run("destroy", "--yes").code == 3
    ran = project.run("destroy", "--yes", *consent)
    assert ran.code == 3
    assert "preventDestroy" in ran.out
    project.write("a.yaml", model("x") + many(3))
    assert project.run("destroy", "--yes", *consent).code == 3
    assert (
        project.run("destroy", "--yes", *consent, "--max-deletes", "2", "--exclude", "Model/acme/x").code == 3
    )
    assert project.run("destroy", "--yes", *consent, "--exclude", "Model/acme/x").code == 0
    assert [n for n in ("x", "m0", "m1", "m2") if exists(hub, n)] == ["x"]


def test_prune_deletes_what_it_created_only(project: Project, hub: Sandbox) -> None:
    """Adopted resources, and ones that other projects made, survive a prune."""

    on_the_hub(hub, "/api/repos/create", "POST", name="adopted", organization="acme", type="model")
    on_the_hub(hub, "/api/repos/create", "POST", name="foreign", organization="acme", type="model")
    applied(project, model("adopted") + model("made") + model("stays"))
    project.write("a.yaml", model("stays"))
    without = project.run("plan", "--detailed-exitcode")
    assert without.code == 0
    assert "Model/acme/made: in the ledger (created), and no manifest describes it: left alone" in without.out
    assert project.run("apply", "--yes", "--prune").code == 3
    assert project.run("apply", "--yes", "--prune", "--allow", "data-loss=Model/acme/made").code == 0
    assert [n for n in ("adopted", "made", "stays", "foreign") if exists(hub, n)] == [
        "adopted",
        "stays",
        "foreign",
    ]
