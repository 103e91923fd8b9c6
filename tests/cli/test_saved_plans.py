"""A saved plan is compared with, never executed: nothing in its file can make hfops do what manifests do not say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, exists, model, on_the_hub, writes
from tests.conftest import Project

Edit = Callable[[dict[str, Any]], Any]
FORGED = {
    "method": "DELETE",
    "path": "/api/repos/delete",
    "body": {"name": "y", "organization": "acme", "type": "model"},
}


@pytest.fixture
def saved(project: Project) -> Path:
    """A plan for one new gated model; nothing of it is done."""
    project.write("a.yaml", model("x", gated="manual"))
    ran = project.run("plan", "-o", "plan.json")
    assert ran.code == 0, ran
    assert "`hfops apply plan.json`" in ran.err
    return project.path / "plan.json"


def edit(path: Path, change: Edit) -> None:
    """Change the file as somebody with an editor would."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def calls(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of the file's only change."""
    found = data["plan"]["changes"][0]["calls"]
    assert isinstance(found, list)
    return found


def stamp(**delta: float) -> str:
    """A moment from now."""
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


def test_the_same_calls_are_made(project: Project, hub: Sandbox, saved: Path) -> None:
    """Planned, saved, applied: exactly the calls that the file holds, in its order."""
    planned = [f"{c['method']} {c['path']}" for c in calls(json.loads(saved.read_text()))]
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 0, ran
    assert writes(hub) == planned
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_used_once(project: Project, hub: Sandbox, saved: Path) -> None:
    """A second apply of the same plan is refused, also when the Hub was set back meanwhile."""
    assert project.run("apply", "plan.json", "--yes").code == 0
    on_the_hub(hub, "/api/models/acme/x/settings", "PUT", gated="auto")
    before = writes(hub)
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 1
    assert "was used at" in ran.err
    assert writes(hub) == before


def test_used_without_a_ledger(project: Project, saved: Path) -> None:
    """Without a ledger, that the plan was used cannot be known, and this is said."""
    for _ in range(2):
        ran = project.run("apply", "plan.json", "--yes", "--no-ledger")
        assert ran.code == 0
        assert "cannot tell whether this plan was used before" in ran.err


FEWER: dict[str, Edit] = {
    "a call removed": lambda d: calls(d).pop(),
    "a body changed": lambda d: calls(d)[1]["body"].update(gated="auto"),
    "a path changed": lambda d: calls(d)[1].update(path="/api/models/acme/y/settings"),
    "a method changed": lambda d: calls(d)[1].update(method="PATCH"),
    "an address changed": lambda d: d["plan"]["changes"][0].update(address="Model/acme/y"),
    "a kind changed": lambda d: d["plan"]["changes"][0].update(address="Dataset/acme/x"),
    "all changes removed": lambda d: d["plan"].update(changes=[]),
    "a service changed": lambda d: calls(d)[1].update(api="endpoints"),
}


@pytest.mark.parametrize("change", FEWER.values(), ids=FEWER)
def test_a_call_that_the_file_does_not_hold(
    project: Project, hub: Sandbox, saved: Path, change: Edit
) -> None:
    """Exit code 4 before the first write, with the call in question shown."""
    edit(saved, change)
    ran = project.run("apply", "plan.json", "--yes", "--allow", "exposure")
    assert ran.code == 4, ran
    assert "that the saved plan does not hold" in ran.err
    assert "/api/" in ran.err
    assert writes(hub) == []


MORE: dict[str, Edit] = {
    "a call added": lambda d: calls(d).append(FORGED),
    "a call twice": lambda d: calls(d).append(calls(d)[0]),
    "a change added": lambda d: d["plan"]["changes"].append(
        {"address": "Model/acme/y", "action": "delete", "calls": [FORGED]}
    ),
    "words changed": lambda d: calls(d)[0].update(summary="nothing at all"),
}


@pytest.mark.parametrize("change", MORE.values(), ids=MORE)
def test_what_is_added_by_hand_is_never_done(
    project: Project, hub: Sandbox, saved: Path, change: Edit
) -> None:
    """The file can only take away: calls that the manifests do not ask for are not made."""
    on_the_hub(hub, "/api/repos/create", "POST", name="y", organization="acme", type="model")
    before = writes(hub)
    edit(saved, change)
    assert project.run("apply", "plan.json", "--yes", "--allow", "data-loss").code == 0
    assert writes(hub) == [*before, "POST /api/repos/create", "PUT /api/models/acme/x/settings"]
    assert exists(hub, "y")


def test_another_branch(project: Project, hub: Sandbox, saved: Path) -> None:
    """A plan that was made from other manifests: every difference is named, nothing is sent."""
    project.write("a.yaml", model("x", gated="auto") + model("z"))
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 4
    assert "2 calls would be made" in ran.err
    assert 'Model/acme/x: PUT /api/models/acme/x/settings {"gated":"auto"}' in ran.err
    assert "Model/acme/z: POST /api/repos/create" in ran.err
    assert writes(hub) == []


def test_the_hub_changed(project: Project, hub: Sandbox, saved: Path) -> None:
    """What was planned and is done already is left out, and said."""
    on_the_hub(hub, "/api/repos/create", "POST", name="x", organization="acme", type="model")
    before = writes(hub)
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 0, ran
    assert "1 call of the saved plan not planned any more" in ran.err
    assert writes(hub)[len(before) :] == ["PUT /api/models/acme/x/settings"]


STALE: dict[str, tuple[Edit, str]] = {
    "expired": (lambda d: d.update(created=stamp(hours=-30), expires=stamp(hours=-6)), "expired at"),
    "expiry pushed": (lambda d: d.update(expires=stamp(days=30)), "times cannot be"),
    "made tomorrow": (
        lambda d: d.update(created=stamp(hours=23), expires=stamp(hours=47)),
        "times cannot be",
    ),
    "expires before it was made": (lambda d: d.update(expires=stamp(seconds=-1)), "expired at"),
    "another endpoint": (lambda d: d.update(endpoint="https://huggingface.co"), "https://huggingface.co"),
}


@pytest.mark.parametrize(("change", "said"), STALE.values(), ids=STALE)
def test_stale(project: Project, hub: Sandbox, saved: Path, change: Edit, said: str) -> None:
    """What was made too long ago or for another Hub is refused before anything is read from this one."""
    edit(saved, change)
    asked = len(hub.exchanges)
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 1
    assert said in ran.err
    assert "plan again" in ran.err
    assert len(hub.exchanges) == asked


def test_consent_is_not_in_the_file(project: Project, hub: Sandbox) -> None:
    """--allow while planning consents to nothing when applying, and neither does the file's own word."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("x", gated=False))
    assert project.run("plan", "-o", "plan.json", "--allow", "exposure").code == 0
    edit(project.path / "plan.json", lambda d: d["scope"].update(allow=["exposure"], yes=True))
    before = writes(hub)
    assert project.run("apply", "plan.json", "--yes").code == 3
    assert writes(hub) == before
    assert project.run("apply", "plan.json", "--yes", "--allow", "exposure").code == 0


def test_scope_goes_along(project: Project, hub: Sandbox) -> None:
    """A plan for one target applies to that target, also when there is more to do."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("plan", "--target", "Model/acme/x", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json", "--yes").code == 0
    assert (exists(hub, "x"), exists(hub, "y")) == (True, False)


def test_a_wider_scope_by_hand_needs_more_calls(project: Project, hub: Sandbox) -> None:
    """Taking the target out of the file shows calls that it does not hold."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("plan", "--target", "Model/acme/x", "-o", "plan.json").code == 0
    edit(project.path / "plan.json", lambda d: d["scope"].update(target=[]))
    assert project.run("apply", "plan.json", "--yes").code == 4
    assert writes(hub) == []


def test_variables_are_given_again(project: Project, hub: Sandbox) -> None:
    """Variables may be secret and are not in the file: another value is another plan."""
    project.write("a.yaml.j2", "{apiVersion: hfops/v1, kind: Model, metadata: {name: '{{ vars.name }}'}}\n")
    assert project.run("plan", "--var", "name=one", "-o", "plan.json").code == 0
    assert '"name=one"' not in (project.path / "plan.json").read_text()
    assert project.run("apply", "plan.json", "--yes").code == 1
    assert project.run("apply", "plan.json", "--yes", "--var", "name=two").code == 4
    assert writes(hub) == []
    assert project.run("apply", "plan.json", "--yes", "--var", "name=one").code == 0


def test_another_environment(project: Project, hub: Sandbox) -> None:
    """A plan for staging is not a plan for prod; without --env it knows its own."""
    project.write(
        "hfops.yaml",
        "{apiVersion: hfops/v1, kind: Project, metadata: {name: test},"
        " spec: {environments: {staging: {namespace: hfops-user}, prod: {namespace: acme}}}}\n",
    )
    project.write("a.yaml", model("x"))
    assert project.run("plan", "--env", "staging", "-o", "plan.json").code == 0
    assert project.run("apply", "plan.json", "--yes", "--env", "prod").code == 4
    assert writes(hub) == []
    assert project.run("apply", "plan.json", "--yes").code == 0
    assert on_the_hub(hub, "/api/models/hfops-user/x").status_code == 200


def test_by_the_name_of_a_manifest(project: Project, saved: Path) -> None:
    """A plan that somebody renamed to *.yaml is still known by its first words."""
    saved.rename(project.path / "plan.yaml")
    assert project.run("apply", "plan.yaml", "--yes").code == 1  # hfops would also find it as a manifest
    (project.path / "sub").mkdir()
    (project.path / "plan.yaml").rename(project.path / ".plan.yaml")
    assert project.run("apply", ".plan.yaml", "--yes").code == 0


def test_stands_alone(project: Project, hub: Sandbox, saved: Path) -> None:
    """A plan file beside a path is a mistake that is named."""
    ran = project.run("apply", "plan.json", "a.yaml", "--yes")
    assert ran.code == 1
    assert "plan.json: a saved plan stands alone" in ran.err
    assert writes(hub) == []


DEEP = "[" * 100_000
BAD: dict[str, str | bytes] = {
    "empty": "",
    "garbage": "\x00\x01garbage",
    "not text": b"\xff\xfe\x00plan",
    "a list": "[]",
    "a number": "1e999",
    "null": "null",
    "a string": '"hfops-saved-plan/1"',
    "an object": "{}",
    "another format": '{"format": "hfops-saved-plan/99"}',
    "a format that is no text": '{"format": {"a": 1}}',
    "a plan's report": '{"format": "hfops-plan/1", "changes": []}',
    "terraform's": '{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}}',
    "nothing but the format": '{"format": "hfops-saved-plan/1"}',
    "deep": DEEP,
    "deep in an object": '{"format": "hfops-saved-plan/1", "plan": ' + DEEP,
    "50 MB of blanks": " " * 50_000_000,
    "65 MB": " " * 68_000_000,
    "a huge number": '{"format": ' + "9" * 10_000 + "}",
    "half a character": '{"format": "\\ud800"}',
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "command", [["apply", "--yes"], ["show"], ["show", "--format", "json"]], ids=" ".join
)
def test_what_is_no_plan(project: Project, hub: Sandbox, content: str | bytes, command: list[str]) -> None:
    """Any other file is refused with its name and what to do; never a traceback, nothing sent."""
    path = project.path / "plan.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = project.run(*command, "plan.json")
    assert ran.code == 1
    assert ran.err.startswith("error: plan.json: not a saved plan")
    assert "hfops plan -o FILE" in ran.err
    assert "Traceback" not in ran.err
    assert list(hub.exchanges) == []


def test_truncated_anywhere(project: Project, hub: Sandbox, saved: Path) -> None:
    """A plan file cut off at any place is refused."""
    whole = saved.read_text().rstrip()
    for end in range(0, len(whole), 37):
        saved.write_text(whole[:end])
        assert project.run("apply", "plan.json", "--yes").code == 1
    assert writes(hub) == []


WRONG: list[Any] = [
    None,
    5,
    -1.5,
    True,
    "x",
    [],
    {},
    [5],
    ["x"],
    {"x": 1},
    [[]],
    [{}],
    "2026-01-01T00:00:00",
    "\x1b[31m",
]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for k, v in items for p in ((*path, k), *_paths(v, (*path, k)))]


def test_any_value_changed_by_hand(project: Project, hub: Sandbox) -> None:
    """Whatever is written in whatever place: show and apply end in order, and nothing unplanned is sent."""
    project.write("a.yaml", model("x", gated="manual", tags="[{name: v1}]", branches="[{name: dev}]"))
    assert project.run("plan", "-o", "plan.json").code == 0
    path = project.path / "plan.json"
    good = json.loads(path.read_text())
    places = _paths(good)
    assert len(places) > 60
    for number, place in enumerate(places):
        for wrong in (WRONG[number % len(WRONG)], WRONG[(number * 5 + 3) % len(WRONG)]):
            data = json.loads(json.dumps(good))
            target = data
            for part in place[:-1]:
                target = target[part]
            target[place[-1]] = wrong
            path.write_text(json.dumps(data))
            shown = project.run("show", "plan.json")
            assert shown.code in (0, 1), (place, wrong)
            assert "Traceback" not in shown.err, (place, wrong)
            assert "\x1b" not in shown.out + shown.err, (place, wrong)
            ran = project.run("apply", "plan.json")  # no terminal: goes as far as the question
            assert ran.code in (1, 4), (place, wrong)
            assert "Traceback" not in ran.err, (place, wrong, ran.err)
    assert writes(hub) == []


def test_show(project: Project, hub: Sandbox, saved: Path) -> None:
    """What was planned, for whom, and until when; offline."""
    asked = len(hub.exchanges)
    ran = project.run("show", "plan.json")
    assert ran.code == 0
    assert f"for {hub.url}; expires 20" in ran.out
    assert "+ Model/acme/x  (create)" in ran.out
    assert "Plan: 1 to create; 2 calls." in ran.out
    assert json.loads(project.run("show", "plan.json", "--format", "json").out) == json.loads(
        saved.read_text()
    )
    assert len(hub.exchanges) == asked


def test_show_counts_for_itself(project: Project, saved: Path) -> None:
    """A summary written by hand hides nothing."""
    edit(saved, lambda d: d["plan"].update(summary={"create": 0, "calls": 0}))
    edit(
        saved,
        lambda d: d["plan"]["changes"].append(
            {"address": "Model/acme/y", "action": "delete", "calls": [FORGED]}
        ),
    )
    assert "Plan: 1 to create, 1 to delete; 3 calls." in project.run("show", "plan.json").out


def test_removals_are_planned_too(project: Project, hub: Sandbox) -> None:
    """A saved plan with a deletion: the consent is the manifest's, and the plan is gone with the entry."""
    project.write("a.yaml", model("x") + model("y"))
    assert project.run("apply", "--yes").code == 0
    project.write("a.yaml", model("y") + changes("removed: [{address: Model/acme/x, action: delete}]"))
    assert project.run("plan", "-o", "plan.json").code == 0
    project.write("a.yaml", model("y"))
    ran = project.run("apply", "plan.json", "--yes")
    assert ran.code == 0
    assert exists(hub, "x")


def test_what_is_not_in_the_plan_says_why(project: Project, hub: Sandbox, saved: Path) -> None:
    """Each call that was not reviewed is named with what changed since: the manifest, or something else."""
    project.write("b.yaml", model("y"))
    project.write("a.yaml", model("x", gated="auto"))
    ran = project.run("apply", "plan.json", "--yes")
    assert (ran.code, writes(hub)) == (4, [])
    assert "[its manifest was changed]" in ran.err
    assert "[its manifest is new]" in ran.err


def test_a_change_on_the_hub_is_told_from_one_of_the_manifest(project: Project, hub: Sandbox) -> None:
    """The manifest is what it was, so the Hub is not."""
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    project.write("b.yaml", model("y"))
    assert project.run("plan", "-o", "plan.json").code == 0
    assert on_the_hub(hub, "/api/models/acme/x/settings", "PUT", gated="auto").ok
    ran = project.run("apply", "plan.json", "--yes")
    assert (ran.code, "[the Hub, a file or a value changed]" in ran.err) == (4, True)


def test_another_version_is_said(project: Project, saved: Path) -> None:
    """It is no reason to refuse: what differs is refused call by call."""
    edit(saved, lambda data: data.update(hfops="0.0.9"))
    ran = project.run("apply", "plan.json", "--yes")
    assert (ran.code, "made by hfops 0.0.9" in ran.err) == (0, True)


def test_the_digests_hold_no_words(saved: Path) -> None:
    """A short digest for each manifest, and nothing of what is in it."""
    (digest,) = json.loads(saved.read_text())["resources"].values()
    assert len(digest) == 16
    assert set(digest) <= set("0123456789abcdef")
