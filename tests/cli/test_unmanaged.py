"""``unmanaged:``, what lives in the namespace and no manifest describes."""

from __future__ import annotations

import json

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub, writes
from tests.conftest import Project

STRAYS = ("stray-1", "stray-2")


def populate(project: Project, hub: Sandbox, setting: str = "", managed: int = 6) -> None:
    """Some models that are managed, and two that are not."""
    for name in STRAYS:
        on_the_hub(hub, "/api/repos/create", "POST", name=name, organization="acme")
        assert on_the_hub(hub, f"/api/models/acme/{name}").ok
    spec = f"spec: {{unmanaged: {setting}}}" if setting else "spec: {}"
    project.write("hfops.yaml", f"apiVersion: hfops/v1\nkind: Project\nmetadata: {{name: p}}\n{spec}\n")
    project.write("m.yaml", "".join(model(f"acme/m{i}") for i in range(managed)))


def test_reported_by_default_and_at_no_extra_request(project: Project, hub: Sandbox) -> None:
    """They were in the list that planning reads anyway."""
    populate(project, hub, "ignore")
    assert project.run("apply", "--yes").code == 0
    hub.exchanges.clear()
    quiet = project.run("plan")
    without = len(hub.exchanges)
    populate(project, hub)
    hub.exchanges.clear()
    told = project.run("plan", "--detailed-exitcode")
    assert "2 on the Hub that no manifest describes: Model/acme/: stray-1, stray-2" in told.out
    assert "stray" not in quiet.out
    assert told.code == 0, "it is a note, no change"
    assert len(hub.exchanges) == without


def test_in_json(project: Project, hub: Sandbox) -> None:
    """By address, for programs."""
    populate(project, hub)
    data = json.loads(project.run("plan", "--format", "json").out)
    assert data["unmanaged"] == [f"Model/acme/{name}" for name in STRAYS]


def test_fail_is_a_guard(project: Project, hub: Sandbox) -> None:
    """Apply is refused with exit code 3, also where few resources are managed and no list was needed."""
    populate(project, hub, "fail", managed=1)
    ran = project.run("apply", "--yes")
    assert ran.code == 3
    assert "unmanaged: fail" in ran.out
    assert [w for w in writes(hub) if "stray" not in w and "create" not in w] == []
    assert not on_the_hub(hub, "/api/models/acme/m0").ok


def test_orphans_and_what_is_renamed_are_not_strays(project: Project, hub: Sandbox) -> None:
    """The ledger knows them."""
    populate(project, hub)
    assert project.run("apply", "--yes").code == 0
    project.write("m.yaml", "".join(model(f"acme/m{i}") for i in range(1, 7)).replace("acme/m6", "acme/n0"))
    project.write("c.yaml", changes('moved: [{from: "Model/acme/m1", to: "Model/acme/k1"}]'))
    project.write("m.yaml", "".join(model(f"acme/{n}") for n in ("k1", "m2", "m3", "m4", "m5", "m6")))
    data = json.loads(project.run("plan", "--format", "json").out)
    assert data["unmanaged"] == [f"Model/acme/{name}" for name in STRAYS]
    assert [n["address"] for n in data["notices"] if n["code"] == "orphan"] == ["Model/acme/m0"]


def test_a_narrowed_run_says_nothing(project: Project, hub: Sandbox) -> None:
    """It was not asked about the namespace."""
    populate(project, hub, "fail")
    ran = project.run("plan", "--target", "Model/acme/m1", "--strict")
    assert (ran.code, "stray" in ran.out) == (0, False)


def test_fail_refuses_also_where_nothing_is_to_be_done(project: Project, hub: Sandbox) -> None:
    """A guard that only holds on busy days is none."""
    populate(project, hub)
    assert project.run("apply", "--yes").code == 0
    populate(project, hub, "fail")
    assert project.run("apply", "--yes").code == 3
