"""The schemas that ship are the models that check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from hfops.cli.demo import example
from hfops.cli.schema import schema_text
from hfops.engine.schema import schemas
from hfops.kinds.registry import KINDS
from tests.conftest import Project

SHIPPED = Path(__file__).parents[2] / "schemas"


def validator(name: str) -> jsonschema.Draft202012Validator:
    """A schema that finds the others beside it."""
    found = schemas()
    registry: Registry[Any] = Registry().with_resources(
        (f"{key}.schema.json", Resource.from_contents(schema)) for key, schema in found.items()
    )
    return jsonschema.Draft202012Validator(found[name], registry=registry)


def test_shipped_files_are_current() -> None:
    """schemas/*.schema.json are what ``hfops schema -o schemas`` writes; run it where this fails."""
    stored = {
        p.name.removesuffix(".schema.json"): p.read_text(encoding="utf-8")
        for p in SHIPPED.glob("*.schema.json")
    }
    assert stored == {name: schema_text(schema) for name, schema in schemas().items()}


def test_one_for_every_document() -> None:
    """Every kind has one, and so have Changes, Project, the ledger and any manifest."""
    assert set(schemas()) >= {*KINDS, "Changes", "Project", "ledger", "manifest"}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_is_a_schema(name: str) -> None:
    """Each is a valid schema of its draft."""
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def test_the_example_is_valid() -> None:
    """The quickstart's documents, against their own schema and the manifest's."""
    seen = 0
    for path in sorted(example().rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            validator(document["kind"]).validate(document)
            if document["kind"] != "Project":
                validator("manifest").validate(document)
            seen += 1
    assert seen == 4


WRONG = [
    {"kind": "Model"},
    {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {}},
    {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "x"}, "spec": {"gated": "maybe"}},
    {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "x"}, "spec": {"gatd": "auto"}},
    {"apiVersion": "hfops/v1", "kind": "Modle", "metadata": {"name": "x"}},
    {"apiVersion": "hfops/v1", "kind": "Model", "metadata": {"name": "x"}, "surprise": 1},
]


@pytest.mark.parametrize("document", WRONG, ids=json.dumps)
def test_an_editor_sees_errors(document: dict[str, Any]) -> None:
    """What hfops refuses, the manifest's schema refuses."""
    assert not validator("manifest").is_valid(document)


def test_the_command(project: Project) -> None:
    """It lists, prints and writes the same schemas, and suggests where a name is misspelt."""
    assert set(project.run("schema").out.split()) == set(schemas())
    assert json.loads(project.run("schema", "Model").out) == schemas()["Model"]
    ran = project.run("schema", "modl")
    assert (ran.code, "did you mean 'Model'?" in ran.err) == (1, True)
    assert project.run("schema", "-o", "out/schemas").code == 0
    written = {p.name: json.loads(p.read_text()) for p in (project.path / "out/schemas").iterdir()}
    assert written == {f"{k}.schema.json": v for k, v in schemas().items()}
