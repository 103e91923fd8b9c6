"""``Defaults``: many resources, and live ones without a manifest, in ten lines."""

from __future__ import annotations

import json

from hfops.sandbox.seed import plant
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import changes, model, on_the_hub, writes
from tests.conftest import Project


def defaults(match: str, spec: str, more: str = "") -> str:
    """One document."""
    head = f"apiVersion: hfops/v1, kind: Defaults, match: {{{match}}}, spec: {{{spec}}}"
    return f"---\n{{{head}{', ' + more if more else ''}}}\n"


def populate(hub: Sandbox, *names: str, kind: str = "dataset") -> None:
    """Repositories that nobody manages."""
    for name in names:
        made = on_the_hub(hub, "/api/repos/create", "POST", name=name, organization="acme", type=kind)
        assert made.ok, made.text


def gate(hub: Sandbox, name: str, kind: str = "datasets") -> object:
    """How a repository is gated now."""
    return on_the_hub(hub, f"/api/{kind}/acme/{name}").json()["gated"]


def test_a_manifest_beats_defaults_and_null_cancels(project: Project, hub: Sandbox) -> None:
    """Three models, one rule: inherited, overruled, cancelled."""
    project.write("d.yaml", defaults("kind: Model", "gated: manual"))
    project.write("m.yaml", model("acme/a") + model("acme/b", gated="auto") + model("acme/c", gated="null"))
    assert project.run("apply", "--yes").code == 0
    assert [gate(hub, n, "models") for n in "abc"] == ["manual", "auto", False]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_the_higher_priority_wins_and_equals_may_not_differ(project: Project) -> None:
    """The error names both lines."""
    project.write("m.yaml", model("acme/a"))
    project.write("d1.yaml", defaults("kind: Model", "gated: manual"))
    project.write("d2.yaml", defaults('kind: Model, name: "acme/*"', "gated: auto", "priority: 1"))
    data = json.loads(project.run("plan", "--format", "json").out)
    assert [d["after"] for d in data["changes"][0]["differences"] if d["path"] == "spec.gated"] == ["auto"]
    project.write("d2.yaml", defaults('kind: Model, name: "acme/*"', "gated: auto"))
    ran = project.run("validate")
    assert ran.code == 1
    assert "two Defaults of the same priority say different things" in ran.err
    assert "d1.yaml:2:" in ran.err
    assert "d2.yaml:2:" in ran.err


def test_maps_and_keyed_lists_merge_by_key(project: Project) -> None:
    """A card's keys and branches add up; of the same key, the manifest's stays."""
    project.write(
        "d.yaml",
        defaults(
            "kind: Model", "card: {metadata: {license: mit, tags: [x]}}, branches: [{name: dev}, {name: qa}]"
        ),
    )
    project.write(
        "m.yaml",
        "{apiVersion: hfops/v1, kind: Model, metadata: {name: acme/a}, "
        "spec: {card: {metadata: {license: apache-2.0}}, branches: [{name: prod}, {name: dev, from: main}]}}",
    )
    ran = project.run("show", "Model/acme/a", "--format", "json")
    spec = json.loads(ran.out)["spec"]
    assert spec["card"]["metadata"] == {"license": "apache-2.0", "tags": ["x"]}
    assert [b["name"] for b in spec["branches"]] == ["prod", "dev", "qa"]


def test_errors_point_at_the_defaults(project: Project) -> None:
    """What is wrong was written there, not in the manifest."""
    project.write("m.yaml", model("acme/a"))
    project.write("d.yaml", defaults("kind: Model", "gated: maybe"))
    ran = project.run("validate")
    assert (ran.code, "d.yaml:2:" in ran.err, "Model/acme/a" in ran.err) == (1, True, True)
    project.write("d.yaml", defaults("kind: Model", "gaited: auto"))
    assert "a Model has no field 'gaited' (did you mean 'gated'?)" in project.run("validate").err
    project.write("d.yaml", defaults("kind: Modle", "gated: auto"))
    assert "unknown kind 'Modle' (did you mean 'Model'?)" in project.run("validate").err
    project.write("d.yaml", defaults("kind: Space", "sdk: gradio"))
    assert "these Defaults are about no resource here" in project.run("plan").err


def test_gate_all_but_some_of_what_lives(project: Project, hub: Sandbox) -> None:
    """No manifest, no import: a true plan, no creation, no deletion; the excepted ones stay as they are."""
    populate(hub, *(f"d{i}" for i in range(8)), "demo-1", "tiny")
    populate(hub, "m1", kind="model")
    rule = 'existing: true, except: ["acme/demo-*", Dataset/acme/tiny]'
    project.write("d.yaml", defaults('kind: Dataset, name: "acme/*"', "gated: manual", rule))
    hub.exchanges.clear()
    ran = project.run("apply", "--yes", "--prune")
    assert ran.code == 0, ran
    assert {gate(hub, f"d{i}") for i in range(8)} == {"manual"}
    assert [gate(hub, "demo-1"), gate(hub, "tiny"), gate(hub, "m1", "models")] == [False, False, False]
    assert all(w.startswith("PUT /api/datasets/acme/d") for w in writes(hub))
    hub.exchanges.clear()
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert len(hub.exchanges) <= 10, [e.path for e in hub.exchanges]


def test_what_exists_is_never_created_and_never_deleted(project: Project, hub: Sandbox) -> None:
    """Gone, it stays gone; dropped from the rules, it stays as it is, also with --prune."""
    populate(hub, "a", "b")
    text = defaults('kind: Dataset, name: "acme/*"', "gated: manual", "existing: true")
    project.write("d.yaml", text)
    assert project.run("apply", "--yes").code == 0
    gone = on_the_hub(hub, "/api/repos/delete", "DELETE", name="a", organization="acme", type="dataset")
    assert gone.ok
    hub.exchanges.clear()
    assert project.run("apply", "--yes", "--prune").code == 0
    project.write("d.yaml", text.replace("acme/*", "acme/zzz*") + model("acme/x"))
    assert project.run("apply", "--yes", "--prune").code == 0
    assert [w for w in writes(hub) if "dataset" in w] == []
    assert gate(hub, "b") == "manual"


def test_a_manifest_of_its_own_takes_over(project: Project, hub: Sandbox) -> None:
    """The same resource, now with a document: the rule still lies below it."""
    populate(hub, "a", "b")
    project.write("d.yaml", defaults('kind: Dataset, name: "acme/*"', "gated: manual", "existing: true"))
    project.write("a.yaml", model("acme/a", gated="auto").replace("kind: Model", "kind: Dataset"))
    assert project.run("apply", "--yes").code == 0
    assert [gate(hub, "a"), gate(hub, "b")] == ["auto", "manual"]


def test_destroy_is_about_manifests(project: Project, hub: Sandbox) -> None:
    """What no manifest describes is not what ``destroy`` deletes."""
    populate(hub, "a")
    project.write("d.yaml", defaults('kind: Dataset, name: "acme/*"', "gated: manual", "existing: true"))
    project.write("m.yaml", model("acme/m"))
    assert project.run("apply", "--yes").code == 0
    assert project.run("destroy", "--yes", "--allow", "data-loss").code == 0
    assert gate(hub, "a") == "manual"


def test_bad_rules_for_what_exists(project: Project) -> None:
    """No namespace, labels, a kind that is no repository: each says so."""
    for match, message in (
        ("kind: Dataset", "existing: true needs names in a namespace"),
        ('kind: Dataset, name: "acme/*", labels: {team: x}', "what lives on the Hub has no labels"),
        ('kind: InferenceEndpoint, name: "acme/*"', "existing: true is about Model, Dataset, Space"),
    ):
        project.write(
            "d.yaml", defaults(match, "tags: []" if "Endpoint" in match else "gated: auto", "existing: true")
        )
        assert message in project.run("validate").err, match


def test_show_origin(project: Project) -> None:
    """Each value with its source and line; a member of a family says which one."""
    project.write("d.yaml", defaults("kind: Model", "gated: manual, card: {metadata: {license: mit}}"))
    project.write(
        "m.yaml",
        "{apiVersion: hfops/v1, kind: Model, forEach: [a], metadata: {name: 'acme/{{ each }}'}, "
        "spec: {visibility: private, card: {metadata: {tags: [x]}}}}",
    )
    ran = project.run("show", "Model/acme/a", "--origin")
    assert ran.code == 0, ran
    lines = {line.split(":")[0]: line for line in ran.out.splitlines()}
    assert "Defaults, d.yaml:2:" in lines["gated"]
    assert "forEach, entry 0, m.yaml:1:" in lines["visibility"]
    assert "Defaults, d.yaml:2:" in lines["card.metadata.license"]
    assert "forEach, entry 0, m.yaml:1:" in lines["card.metadata.tags[0]"]


def test_550_live_repositories_take_few_requests(project: Project, hub: Sandbox) -> None:
    """At most 10, however many there are in a page or two; nothing but settings is planned."""
    rows = [
        {"kind": "Dataset", "metadata": {"name": f"acme/d{i}"}, "spec": {"visibility": "private"}}
        for i in range(550)
    ]
    plant(hub.hub, {"resources": rows}, "seed")
    rule = 'existing: true, except: ["acme/d1?", Dataset/acme/d7, "acme/d5"]'
    project.write("d.yaml", defaults('kind: Dataset, name: "acme/*"', "gated: manual", rule))
    hub.exchanges.clear()
    data = json.loads(project.run("plan", "--format", "json").out)
    assert len(hub.exchanges) <= 10, [e.path for e in hub.exchanges]
    assert (data["summary"]["update"], data["summary"]["calls"]) == (538, 538)
    assert sum(data["summary"][a] for a in ("create", "replace", "move", "delete", "forget")) == 0


def test_references_and_forms_are_whole_values(project: Project) -> None:
    """Two halves of different references make none: the manifest's is the one."""
    project.write(
        "d.yaml", defaults("kind: Space", "secrets: {A: {env: A}, B: {env: B}}, variables: {env: x, k: y}")
    )
    project.write("s.txt", "long-enough-secret")
    project.write(
        "m.yaml",
        "{apiVersion: hfops/v1, kind: Space, metadata: {name: acme/s}, "
        "spec: {sdk: gradio, secrets: {A: {file: s.txt}}, variables: {env: z}}}",
    )
    spec = json.loads(project.run("show", "Space/acme/s", "--format", "json").out)["spec"]
    assert spec["secrets"] == {"A": {"file": "s.txt"}, "B": {"env": "B"}}
    assert spec["variables"] == {"env": "z", "k": "y"}


def test_what_is_half_inherited_says_so(project: Project) -> None:
    """Two fields that exclude each other, one of them from Defaults: the way out is in the hint."""
    project.write("d.yaml", defaults("kind: Webhook", "url: http://127.0.0.1:1/x"))
    project.write(
        "m.yaml",
        "{apiVersion: hfops/v1, kind: Webhook, metadata: {name: hfops-user/w}, "
        "spec: {jobSourceId: 6600aa11bb22cc33dd44ee61, watched: [{type: org, name: acme}]}}",
    )
    ran = project.run("validate")
    assert ran.code == 1
    assert "inherited from Defaults; null in the manifest cancels a value" in ran.err


def test_two_entries_of_one_name_are_two(project: Project) -> None:
    """Neither is dropped without a word."""
    project.write(
        "m.yaml",
        "{apiVersion: hfops/v1, kind: Model, forEach: [{n: a, g: auto}, {n: A, g: manual}], "
        "metadata: {name: 'acme/{{ each.n }}'}, spec: {gated: '{{ each.g }}'}}",
    )
    ran = project.run("validate")
    assert ran.code == 1
    assert "described twice, first at m.yaml:1:1 (forEach, entry 1)" in ran.err


def test_rules_for_what_exists_and_changes_of_it(project: Project, hub: Sandbox) -> None:
    """``removed`` and ``moved`` meet a rule, not a manifest, and the hint is about the rule."""
    populate(hub, "a")
    project.write("d.yaml", defaults('kind: Dataset, name: "acme/*"', "gated: manual", "existing: true"))
    assert project.run("apply", "--yes").code == 0
    project.write("c.yaml", changes("removed: [{address: Dataset/acme/a, action: delete}]"))
    assert "add it to except in the Defaults at d.yaml:2:1" in project.run("plan").err
    project.write("c.yaml", changes("moved: [{from: Dataset/acme/a, to: Dataset/acme/b}]"))
    ran = project.run("plan")
    assert (ran.code, "only Defaults are about it" in ran.err) == (1, True)
