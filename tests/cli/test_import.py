"""``hfops import``: what is written, what is left alone, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import Terminal, on_the_hub, until, writes
from tests.conftest import Project


@pytest.fixture
def folder(project: Project) -> Path:
    """The project's folder without a project file."""
    (project.path / "hfops.yaml").unlink()
    return project.path


def seeded(hub: Sandbox, *resources: dict[str, Any]) -> None:
    """Make resources exist: kind, name, and the rest is the spec."""
    plant(hub.hub, {"resources": [
        {"kind": r["kind"], "metadata": {"name": r["name"]}, "spec": {k: v for k, v in r.items() if k not in ("kind", "name")}}
        for r in resources
    ]}, "seed")  # fmt: skip


def model(name: str, **spec: Any) -> dict[str, Any]:
    """A model of acme."""
    return {"kind": "Model", "name": f"acme/{name}", **spec}


def reads(hub: Sandbox, since: int) -> list[str]:
    """The paths that were asked for."""
    return [e.path.partition("?")[0] for e in list(hub.exchanges)[since:]]


def tree(folder: Path) -> list[str]:
    """The manifests below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.yaml"))


def test_a_model_is_four_facts(project: Project, hub: Sandbox, folder: Path) -> None:
    """Visibility and gate always, the group where there is one; nothing at its default."""
    seeded(hub, model("a", visibility="private", gated="manual"))
    ran = project.run("import", "acme")
    assert ran.code == 0
    assert ran.out == "wrote models.yaml: 1 Model\nwrote hfops.yaml\nimported 1 resource. Next: hfops plan\n"
    assert (folder / "models.yaml").read_text() == (
        "# yaml-language-server: $schema=.schemas/Model.schema.json\n"
        "apiVersion: hfops/v1\nkind: Model\nmetadata:\n  name: acme/a\nspec:\n  visibility: private\n  gated: manual\n"
    )
    assert (folder / ".gitignore").read_text() == ".hfops/\nplan.json\n.env\nhfops-report/\n"
    assert (folder / ".schemas" / "Model.schema.json").is_file()
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_importing_again_adds_what_is_missing_and_touches_nothing(
    project: Project, hub: Sandbox, folder: Path
) -> None:
    """What came since is in a file of its own; hfops.yaml and every other file stay byte for byte."""
    seeded(hub, model("a"))
    project.run("import", "acme")
    (folder / "models.yaml").write_text((folder / "models.yaml").read_text() + "# mine\n")
    (folder / "hfops.yaml").write_text((folder / "hfops.yaml").read_text() + "# mine\n")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    again = project.run("import", "acme")
    assert (again.code, again.out) == (0, "nothing to import, 1 resource described already\n")
    seeded(hub, model("b"))
    ran = project.run("import", "acme")
    assert "wrote models-2.yaml: 1 Model" in ran.out
    assert "1 described already" in ran.out
    assert {p: p.read_bytes() for p in before} == before
    assert "acme/a" not in (folder / "models-2.yaml").read_text()
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_what_has_no_name_is_known_by_its_id(project: Project, hub: Sandbox, folder: Path) -> None:
    """A collection and a webhook under names of one's own are not imported a second time."""
    seeded(
        hub,
        {"kind": "Collection", "name": "acme/x", "title": "Our models"},
        {
            "kind": "Webhook",
            "name": "hfops-user/x",
            "url": "https://ci.acme.example/hf",
            "watched": [{"type": "org", "name": "acme"}],
        },
    )
    project.write("mine.yaml", """\
        {apiVersion: hfops/v1, kind: Collection, metadata: {name: acme/other-name}, spec: {title: Our models}}
        ---
        apiVersion: hfops/v1
        kind: Webhook
        metadata: {name: hfops-user/other}
        spec: {url: "https://ci.acme.example/hf", watched: [{type: org, name: acme}]}
        """)  # fmt: skip
    ran = project.run("import", "acme")
    assert (ran.code, ran.out) == (0, "nothing to import, 2 resources described already\n")
    assert tree(folder) == ["mine.yaml"]


def test_names_that_are_taken_get_a_number(project: Project, hub: Sandbox, folder: Path) -> None:
    """Two collections of titles that make one name."""
    seeded(
        hub,
        {"kind": "Collection", "name": "acme/x", "title": "Models!"},
        {"kind": "Collection", "name": "acme/y", "title": "Models?"},
    )
    assert project.run("import", "acme").code == 0
    assert re.findall("name: (.*)", (folder / "collections.yaml").read_text()) == [
        "acme/models",
        "acme/models-2",
    ]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_one_resource_by_its_address_and_one_by_its_url(project: Project, hub: Sandbox, folder: Path) -> None:
    """One request each; the old name of one that was renamed leads to its new one."""
    seeded(hub, model("a"), model("b"), {"kind": "Space", "name": "acme/s", "sdk": "static"})
    on_the_hub(hub, "/api/repos/move", "POST", fromRepo="acme/b", toRepo="acme/c", type="model")
    before = len(hub.exchanges)
    ran = project.run("import", "Model/acme/b", f"{hub.url}/spaces/acme/s", "--split", "resource")
    assert ran.code == 0
    assert tree(folder) == ["hfops.yaml", "models/c.yaml", "spaces/s.yaml"]
    assert "/api/models" not in reads(hub, before)


def test_one_that_is_not_there_is_an_error(project: Project, hub: Sandbox, folder: Path) -> None:
    """Nothing is written; beside others, the others are."""
    seeded(hub, model("a"))
    ran = project.run("import", "Model/acme/nope")
    assert ran.code == 1
    assert "Model/acme/nope" in ran.err
    assert tree(folder) == []
    ran = project.run("import", "Model/acme/nope", "Model/acme/a")
    assert ran.code == 5
    assert tree(folder) == ["hfops.yaml", "models.yaml"]


def test_a_namespace_that_shows_nothing_is_an_error(project: Project, folder: Path) -> None:
    """More likely a typing error than an empty organisation."""
    ran = project.run("import", "acmee")
    assert ran.code == 1
    assert "nothing to import: acmee" in ran.err
    assert tree(folder) == []


def test_narrowing(project: Project, hub: Sandbox, folder: Path) -> None:
    """By kind, by name, by address."""
    seeded(hub, model("bert-a"), model("bert-b"), model("x"), {"kind": "Dataset", "name": "acme/bert-d"})
    before = len(hub.exchanges)
    assert (
        project.run("import", "acme", "--kind", "Model", "--only", "bert-*", "--skip", "Model/acme/*-b").code
        == 0
    )
    assert re.findall("name: acme/(.*)", (folder / "models.yaml").read_text()) == ["bert-a"]
    assert tree(folder) == ["hfops.yaml", "models.yaml"]
    assert reads(hub, before) == ["/api/models"]
    assert project.run("import", "acme", "--kind", "model").code == 1


def test_no_secret_is_written(project: Project, hub: Sandbox, folder: Path) -> None:
    """Neither values, nor what is in a URL, nor a token in a variable; the references are there, and the date."""
    token = "hf_" + "s3cr3t" * 6
    seeded(
        hub,
        {"kind": "Space", "name": "acme/s", "sdk": "docker", "secrets": {"API_KEY": "s3cr3t", "HF_TOKEN": "s3cr3t"},
         "variables": {"OOPS": token, "MODE": "prod"}},
        {"kind": "Webhook", "name": "hfops-user/h", "url": "https://ci.acme.example/x?token=s3cr3t-value", "secret": "s3cr3t-hook",
         "watched": [{"type": "org", "name": "acme"}]},
        {"kind": "InferenceEndpoint", "name": "acme/e", "model": {"repository": "acme/m", "secrets": {"KEY": "s3cr3t"}, "framework": "custom",
         "image": {"custom": {"url": "ghcr.io/a/b:1", "credentials": {"username": "s3cr3t-user", "password": "s3cr3t-word"}}}}},
    )  # fmt: skip
    ran = project.run("import", "acme")
    assert ran.code == 0
    text = "".join(p.read_text() for p in folder.rglob("*.yaml"))
    assert "s3cr3t" not in text + ran.out + ran.err
    today = hub.hub.now().strftime("%Y-%m-%d")
    for line in (
        f"API_KEY: {{env: API_KEY}}  # value not readable; last set {today}",
        f"HF_TOKEN: {{env: S_HF_TOKEN}}  # value not readable; last set {today}",
        "url: {env: CI_ACME_EXAMPLE_URL}  # https://ci.acme.example/x?***: the rest may be secret",
        "secret: {env: CI_ACME_EXAMPLE_SECRET}",
        "username: {env: E_REGISTRY_USERNAME}",
        "env: [CI_ACME_EXAMPLE_URL, E_REGISTRY_USERNAME]",
        "# OOPS: left out:",
    ):
        assert line in text
    plan = project.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.err
    assert project.run("apply", "--yes").code == 0
    assert writes(hub) == []


def test_a_project_that_forbids_a_variable_gets_a_comment(project: Project, hub: Sandbox) -> None:
    """hfops.yaml is not touched: the webhook is pinned by its id, and the plan is empty."""
    seeded(hub, {"kind": "Webhook", "name": "hfops-user/h", "url": "https://ci.acme.example/?token=s3cr3t-value",
                 "watched": [{"type": "org", "name": "acme"}]})  # fmt: skip
    before = (project.path / "hfops.yaml").read_text()
    assert project.run("import", "acme").code == 0
    text = (project.path / "webhooks.yaml").read_text()
    assert "\n  id: " in text
    assert "url: left out" in text
    assert "references: {env: [CI_ACME_EXAMPLE_URL]}" in text
    assert (project.path / "hfops.yaml").read_text() == before
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_webhooks_of_the_user_that_watch_something_else_are_left_out(
    project: Project, hub: Sandbox, folder: Path
) -> None:
    """Unless they are asked for."""
    seeded(hub, model("a"), {"kind": "Webhook", "name": "hfops-user/h", "url": "https://me.example/x",
                             "watched": [{"type": "user", "name": "hfops-user"}]})  # fmt: skip
    ran = project.run("import", "acme")
    assert "1 webhook of yours" in ran.err
    assert tree(folder) == ["hfops.yaml", "models.yaml"]
    assert project.run("import", "acme", "--kind", "Webhook").code == 0
    assert tree(folder) == ["hfops.yaml", "models.yaml", "webhooks.yaml"]


def test_the_ledgers_own_repository_is_left_out(project: Project, hub: Sandbox, folder: Path) -> None:
    """The project's, wherever it is, and what is called like one."""
    seeded(hub, model("a"), {"kind": "Dataset", "name": "acme/hfops-ledger", "visibility": "private"},
           {"kind": "Dataset", "name": "acme/state", "visibility": "private"})  # fmt: skip
    project.write("hfops.yaml", """\
        apiVersion: hfops/v1
        kind: Project
        metadata: {name: acme}
        spec: {namespace: acme, ledger: hub://datasets/acme/state}
        """)  # fmt: skip
    ran = project.run("import", "acme")
    assert ran.code == 0
    assert tree(folder) == ["hfops.yaml", "models.yaml"]
    assert ran.err.count("a ledger's own repository") == 2


def test_several_namespaces_have_a_folder_each(project: Project, hub: Sandbox, folder: Path) -> None:
    """And the project file names none."""
    seeded(hub, model("a"), {"kind": "Model", "name": "lab/b"})
    assert project.run("import", "acme", "lab", "-o", "hub").code == 0
    assert tree(folder) == ["hub/acme/models.yaml", "hub/hfops.yaml", "hub/lab/models.yaml"]
    assert "namespace:" not in (folder / "hub" / "hfops.yaml").read_text()
    assert "$schema=../.schemas/Model.schema.json" in (folder / "hub" / "lab" / "models.yaml").read_text()


def test_a_project_without_a_file_keeps_its_ledger(project: Project, hub: Sandbox, folder: Path) -> None:
    """No hfops.yaml is written: with a name, the project would be refused the ledger that it has without one."""
    seeded(hub, model("a"), model("b"))
    project.write(
        "mine.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: acme/a}, spec: {gated: false}}\n"
    )
    assert project.run("apply", "--yes").code == 0
    assert project.run("import", "acme").code == 0
    assert tree(folder) == ["mine.yaml", "models.yaml"]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_names_are_spelt_as_the_hub_spells_them(project: Project, hub: Sandbox, folder: Path) -> None:
    """Whatever the command line's letters."""
    seeded(
        hub, model("A"), {"kind": "InferenceEndpoint", "name": "acme/e", "model": {"repository": "acme/A"}}
    )
    assert project.run("import", "ACME").code == 0
    text = "".join(p.read_text() for p in folder.glob("*.yaml"))
    assert "ACME" not in text
    assert "name: acme/e\n" in text
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_labels_and_defaults(project: Project, hub: Sandbox, folder: Path) -> None:
    """Labels from fields; what most have is in Defaults, and the plan is as empty."""
    seeded(hub, *(model(f"m{i}", gated="manual") for i in range(4)), model("open", gated=False))
    assert project.run("import", "acme", "--label", "seen=visibility", "--group").code == 0
    assert "gated: manual" in (folder / "defaults.yaml").read_text()
    text = (folder / "models.yaml").read_text()
    assert text.count("gated") == 1
    assert text.count("seen: public") == 5
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.run("import", "acme", "--label", "seen").code == 1


def test_what_was_complete_is_written_when_the_hub_says_no(
    project: Project, hub: Sandbox, folder: Path
) -> None:
    """Running it again goes on with what is missing."""
    seeded(hub, model("a"), *({"kind": "Space", "name": f"acme/s{i}", "sdk": "docker"} for i in range(40)))
    limit = {"match": {"path": "*/s39/variables"}, "status": 429, "headers": {"Retry-After": "0"}}
    hub.faults.add(limit)
    ran = project.run("import", "acme")
    assert ran.code == 1
    assert "run the same command again to go on" in ran.err
    assert "acme/s39\n" not in (folder / "spaces.yaml").read_text()
    assert "acme/s10\n" in (folder / "spaces.yaml").read_text()
    hub.faults.clear()
    assert project.run("import", "acme").code == 0
    assert re.findall("name: acme/(.*)", (folder / "spaces-2.yaml").read_text()) == ["s39"]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_budget_is_shown_before_it_starts(project: Project, hub: Sandbox) -> None:
    """What was needed, what is needed at least, and what is left."""
    seeded(
        hub,
        model("a"),
        {"kind": "Space", "name": "acme/s", "sdk": "docker"},
        {"kind": "Space", "name": "acme/t", "sdk": "static"},
    )
    ran = project.run("import", "acme", "--refs", "tags")
    assert re.search(
        r"3 resources to import, found in 7 requests; at least 8 more; [\d,]+ of [\d,]+ are left", ran.err
    )


def test_manifests_that_are_wrong_are_said_first(project: Project, hub: Sandbox) -> None:
    """What they describe cannot be known: nothing is read, nothing written."""
    seeded(hub, model("a"))
    project.write("x.yaml", "{apiVersion: hfops/v1, kind: Modell, metadata: {name: acme/x}}\n")
    before = len(hub.exchanges)
    ran = project.run("import", "acme")
    assert ran.code == 1
    assert "did you mean 'Model'" in ran.err
    assert reads(hub, before) == []


def test_a_symlink_leads_nowhere_else(project: Project, hub: Sandbox, folder: Path, tmp_path: Path) -> None:
    """A folder of the output that is a link out of it is not written through."""
    seeded(hub, model("a"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "out").mkdir()
    (folder / "out" / "models").symlink_to(elsewhere)
    assert project.run("import", "acme", "-o", "out", "--split", "resource").code == 1
    assert list(elsewhere.iterdir()) == []


def test_without_a_token_what_everybody_sees_is_imported(
    project: Project, hub: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public repositories; of a Space, what cannot be read is a comment."""
    monkeypatch.delenv("HF_TOKEN")
    seeded(
        hub,
        model("a"),
        model("b", visibility="private"),
        {"kind": "Space", "name": "acme/s", "sdk": "docker"},
    )
    ran = project.run("import", "acme")
    assert ran.code == 0
    assert "there is no token" in ran.err
    assert "acme/b" not in (folder / "models.yaml").read_text()
    assert "# secrets: not readable: " in (folder / "spaces.yaml").read_text()
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_terminal_shows_how_far_it_is(
    hub: Sandbox, folder: Path, terminal: Callable[..., Terminal]
) -> None:
    """A bar, with the requests used against the quota."""
    seeded(hub, *({"kind": "Space", "name": f"acme/s{i}", "sdk": "docker"} for i in range(40)))
    shown = terminal("import", "acme")
    shown.expect("resources")
    shown.expect("left")
    shown.expect("imported 40 resources")
    assert shown.end() == 0


def test_ctrl_c_keeps_what_is_complete(
    project: Project, hub: Sandbox, folder: Path, terminal: Callable[..., Terminal]
) -> None:
    """Exit code 130, the files whole, and the next run goes on."""
    seeded(hub, *({"kind": "Space", "name": f"acme/s{i:02}", "sdk": "docker"} for i in range(40)))
    hub.faults.add({"match": {"path": "*/s35/variables"}, "delay": 2.0})
    shown = terminal("import", "acme")
    until(lambda: any("/s35/secrets" in e.path for e in list(hub.exchanges)), "the second batch")
    shown.type("\x03")
    assert shown.end() == 130
    hub.faults.clear()
    assert (folder / "spaces.yaml").read_text().count("kind: Space\n") == 32
    assert "interrupted: what was complete is written" in shown.seen
    assert project.run("import", "acme").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert [p.name for p in folder.glob(".hfops-*")] == []


@pytest.fixture(scope="module")
def crowd() -> Iterator[Sandbox]:
    """A Hub with 1,000 repositories and ten Spaces in one organisation."""
    kinds = ["Model"] * 600 + ["Dataset"] * 400
    with Sandbox() as sandbox:
        seeded(sandbox, *({"kind": k, "name": f"acme/r{i}", "gated": "auto"} for i, k in enumerate(kinds)),
               *({"kind": "Space", "name": f"acme/s{i}", "sdk": "docker"} for i in range(10)),
               *({"kind": "Collection", "name": "acme/c", "title": f"C{n}", "items": [
                   {"type": "paper", "id": f"2301.{i:05}"} for i in range(n)]} for n in (3, 5, 500)))  # fmt: skip
        yield sandbox


@pytest.mark.parametrize(("refs", "more"), [("none", 0), ("tags", 1010)])
def test_a_thousand_repositories_take_few_lists(
    crowd: Sandbox, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, refs: str, more: int
) -> None:
    """At most 20 list requests, three for each Space, one for each collection of more than 4 items, one for refs."""
    monkeypatch.setenv("HF_ENDPOINT", crowd.url)
    before = len(crowd.exchanges)
    assert project.run("import", "acme", "--refs", refs).code == 0
    made = reads(crowd, before)
    closer = [p for p in made if p.startswith(("/api/spaces/", "/api/collections/")) or p.endswith("/refs")]
    assert len(closer) == 3 * 10 + 2 + more
    assert len(made) - len(closer) <= 20
    assert (folder / "models.yaml").read_text().count("kind: Model\n") == 600
