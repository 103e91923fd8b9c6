"""``hfops explain``: every field of every document, out of the models that check them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hfops.engine.explain import documents, explain, paths
from hfops.engine.hub_calls import CALLS, LOCAL
from hfops.kinds.registry import KINDS
from hfops.model.problem import HfopsError
from tests.conftest import Project

CONTRACT = Path(__file__).parents[2] / "schemas" / "hub-api"
ALL = sorted(paths())


def test_every_field_says_what_it_is() -> None:
    """No field of any document, however deep, is without a description and a type."""
    assert len(ALL) > 400
    assert [p for p in ALL if not explain(p).description] == []
    assert [p for p in ALL if not explain(p).type] == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_names_its_call(kind: str) -> None:
    """Each field of a spec has its call, and no call is about a field that is gone."""
    names = {f.alias or n for n, f in KINDS[kind].spec.model_fields.items()}
    assert set(CALLS[kind]) == names


def test_the_calls_are_the_hubs() -> None:
    """Every call is in the Hub's own OpenAPI documents."""
    known = set()
    for name in ("openapi", "endpoints-openapi"):
        found = json.loads((CONTRACT / f"{name}.json").read_text(encoding="utf-8"))["paths"]
        known |= {f"{method.upper()} {path}" for path, methods in found.items() for method in methods}
    said = {c for fields in CALLS.values() for t in fields.values() for c in t.split(", ") if t != LOCAL}
    assert {c for c in said if not c.startswith("none:")} <= known


def test_a_field() -> None:
    """Type, values, limits, default and call, as the model has them."""
    found = explain("Space.visibility")
    assert (found.path, found.type, set(found.values)) == (
        "Space.spec.visibility", "text", {"public", "protected", "private"},
    )  # fmt: skip
    assert "PUT /api/spaces/{namespace}/{repo}/settings" in found.hub
    assert explain("Project.safety.maxDeletes").default == 5
    assert explain("Project.safety.maxDeletePercent").limits == ("at least 0", "at most 100")
    assert explain("Collection.title").limits == ("not empty", "at most 60 characters")
    assert explain("Model.gated").type == "text or false"
    assert set(explain("Project.policies.severity").values) == {"error", "warning", "off"}


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("Model.tags.revision", "Model.spec.tags.revision"),
        ("Model.spec.tags[v1.0].revision", "Model.spec.tags.revision"),
        ("model.TAGS[].Revision", "Model.spec.tags.revision"),
        ("Space.variables.description", "Space.spec.variables.description"),
        ("InferenceEndpoint.compute.scaling.minReplica", "InferenceEndpoint.spec.compute.scaling.minReplica"),
        ("Model.metadata.labels", "Model.metadata.labels"),
        ("Dataset.lifecycle.waive.until", "Dataset.lifecycle.waive.until"),
        ("Changes.allow.risk", "Changes.spec.allow.risk"),
        ("Defaults.match.kind", "Defaults.match.kind"),
        ("Project.environments.safety.maxDeletes", "Project.spec.environments.safety.maxDeletes"),
    ],
)
def test_ways_to_write_a_field(written: str, path: str) -> None:
    """With spec or without, in any case, lists and maps stepped into."""
    assert explain(written).path == path


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Modle", "nothing to explain: 'Modle' (did you mean 'Model'?)"),
        ("", "nothing to explain: ''"),
        ("Space.hardwear", "Space has no field 'hardwear' (did you mean 'hardware'?)"),
        (
            "Space.volumes.mountpaht",
            "Space.spec.volumes has no field 'mountpaht' (did you mean 'mountPath'?)",
        ),
        ("Model.gated.x", "Model.spec.gated has no field 'x'"),
    ],
)
def test_a_near_name(written: str, said: str) -> None:
    """What there is not is an error that suggests what may be meant."""
    with pytest.raises(HfopsError) as caught:
        explain(written)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("written", "sort"), [("Model.card.metadata.license", "mapping"), ("Model.visibility.x", "text")]
)
def test_what_has_no_fields(written: str, sort: str) -> None:
    """No list of nothing to choose from, but what it is."""
    with pytest.raises(HfopsError, match=rf"has no field .*, nor any other to explain: type {sort}$"):
        explain(written)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("lifecycle", "Model.lifecycle"),
        ("dependson", "Model.dependsOn"),
        ("metadata.labels", "Model.metadata.labels"),
    ],
)
def test_what_all_kinds_share(written: str, path: str) -> None:
    """No kind need be named for it."""
    assert explain(written) == explain(path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("spec", "nothing to explain: 'spec'"),
        ("sleepTime", "nothing to explain: 'sleepTime'; did you mean Space.sleepTime?"),
        ("GATED", "did you mean Model.gated or Dataset.gated or Space.gated?"),
    ],
)
def test_a_field_without_its_document(written: str, said: str) -> None:
    """Those that have it are named."""
    with pytest.raises(HfopsError) as caught:
        explain(written)
    assert said in str(caught.value)


def test_either_or(project: Project) -> None:
    """Where one of two forms is written, each is listed with what it requires itself."""
    rule, use = explain("Project.policies").either
    assert ({"name", "require", "severity"} <= set(rule), "use" in rule) == (True, False)
    assert set(use) == {"use", "severity", "except"}
    assert explain("Space.volumes").either == ()
    lines = project.run("explain", "Project.policies").out.splitlines()
    first, second = lines.index("either"), lines.index("or")
    assert (lines[first + 1].split()[0], lines[second + 1].split()[0]) == ("name", "use")
    data = json.loads(project.run("explain", "Project.policies", "--format", "json").out)
    assert data["either"] == [list(rule), list(use)]


def test_the_command(project: Project) -> None:
    """Alone it lists documents, and each form says the same."""
    listed = project.run("explain")
    assert [line.split()[0] for line in listed.out.splitlines()] == [d.name for d in documents()]
    assert [d["name"] for d in json.loads(project.run("explain", "--format", "json").out)] == [
        *KINDS, "Changes", "Defaults", "Project",
    ]  # fmt: skip
    shown = project.run("explain", "Space.sleepTime")
    assert shown.code == 0
    assert "Hub      POST /api/repos/create, POST /api/spaces/{namespace}/{repo}/sleeptime" in shown.out
    data = json.loads(project.run("explain", "Space.volumes", "--format", "json").out)
    assert [f["name"] for f in data["fields"] if f["required"]] == ["type", "source", "mountPath"]
    wrong = project.run("explain", "Spce")
    assert (wrong.code, "did you mean 'Space'?" in wrong.err) == (1, True)


def shell(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What a shell is told for these words, of which the last is not at its end."""

    def completed(words: str) -> list[str]:
        monkeypatch.setenv("_HFOPS_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", f"hfops {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
        with pytest.raises(SystemExit):
            project.run()
        return [line.partition(",")[2] for line in project.capture.readouterr().out.splitlines() if line]

    return completed


def test_completion_with_environments(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names; and addresses as in the one that was named, else in the first."""
    project.write(
        "hfops.yaml",
        "{apiVersion: hfops/v1, kind: Project, metadata: {name: p},"
        " spec: {environments: {staging: {namespace: low}, prod: {namespace: acme}}}}\n",
    )
    project.write("a.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: one}}\n")
    completed = shell(project, monkeypatch)
    assert completed("plan --env p") == ["prod"]
    assert completed("plan --target Mod") == ["Model/low/one"]
    assert completed("plan --env prod --target Mod") == ["Model/acme/one"]
    assert completed("plan --env nowhere --target Mod") == []
    project.write("hfops.yaml", "kind: [")
    assert (completed("plan --env p"), completed("plan --target Mod")) == ([], [])


def test_completion_of_risks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that want consent; after the sign, addresses."""
    project.write("a.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: one}}\n")
    completed = shell(project, monkeypatch)
    assert completed("plan --allow d") == ["data-loss"]
    assert completed("apply --allow o") == ["outage"]
    assert completed("plan --allow exposure=mod") == ["exposure=Model/acme/one"]


def test_completion(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell completes commands, fields one step at a time, and addresses of the manifests here."""
    project.write(
        "a.yaml",
        "{apiVersion: hfops/v1, kind: Model, metadata: {name: one}}\n---\n{apiVersion: hfops/v1, kind: Space, metadata: {name: two}}\n",
    )

    completed = shell(project, monkeypatch)
    assert "graph" in completed("gr")
    assert completed("explain Spa") == ["Space"]
    assert "Space.spec" in completed("explain Space.sp")
    assert completed("explain Space.spec.sleep") == ["Space.spec.sleepTime"]
    assert completed("explain Space.sleep") == ["Space.sleepTime"]
    assert completed("explain space.volumes.mount") == ["Space.volumes.mountPath"]
    assert completed("plan --target Mod") == ["Model/acme/one"]
    project.write("a.yaml", "kind: [")
    assert completed("plan --target Mod") == []
