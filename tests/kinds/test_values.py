"""Fields whose values are named, not written: what they take, what they say, and how they are found."""

import jsonschema
import pytest
from pydantic import Field

from hfops.kinds.base import Spec
from hfops.kinds.values import ReferenceValue, Secrets, SecretValue, Text, references, text_or_reference
from hfops.manifest.bind import bind
from hfops.manifest.yaml import parse
from hfops.model.address import Address
from hfops.model.late import Reference
from hfops.model.resource import Resource
from hfops.model.source import Mark

CANARY = "s3cr3t-canary"
TOKEN = "hf_" + "a1B2" * 9


class Inner(Spec):
    registry_password: SecretValue | None = None
    url: Text | None = None


class Example(Spec):
    secrets: Secrets | None = None
    secret: SecretValue | None = None
    variables: dict[str, Text] | None = None
    custom_image: Inner | None = None
    items: tuple[Inner, ...] = ()
    url: Text | None = Field(default=None, description="A url.")


def bound(text):
    documents, problems = parse(text + "\n", "m.yaml")
    assert problems == []
    return bind(Example, documents[0])


def wrong(text):
    """The problems, as shown; none of them shows the canary."""
    found = bound(text)
    assert isinstance(found, list)
    shown = "\n".join(map(str, found))
    assert CANARY not in shown
    assert TOKEN not in shown
    return shown


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("{env: A}", Reference(env="A")),
        ("{file: a/b}", Reference(file="a/b")),
        ("{file: ./b}", Reference(file="team/x/b")),
        ("{file: ../b, version: '2'}", Reference(file="team/b")),
        ("{command: [op, read, x], description: y}", Reference(command=("op", "read", "x"))),
        ("{resource: Space/acme/demo, field: url}", Reference(resource="Space/acme/demo", field="url")),
    ],
)
def test_the_forms_of_a_reference(text, reference):
    """Each of the four, with paths named from the root."""
    assert bound(f"secret: {text}").secret.reference("team/x") == reference


def test_a_file_that_leaves_the_root_keeps_its_name():
    """Whether ``../`` leaves the root depends on the folder; whoever reads the file says so."""
    assert bound("secret: {file: ../../x}").secret.reference("team").file == "../../x"


@pytest.mark.parametrize(
    "text",
    [
        f"secrets: {{A: {CANARY}}}",
        f"secret: {CANARY}",
        f"secret: [{CANARY}]",
        f"secret: {{value: {CANARY}}}",
        f"customImage: {{registryPassword: {CANARY}}}",
        f"items: [{{registryPassword: {CANARY}}}]",
        "secret: 123456",
        "secrets: {A: true}",
        "secrets: {A: null}",
    ],
)
def test_a_literal_secret_is_refused_unseen(text):
    """Whatever stands there, the message names the three forms and not the thing."""
    shown = wrong(text)
    assert "secrets are never written down" in shown
    assert "{env: NAME}, {file: path} or {command: [prog, arg]}" in shown
    assert "123456" not in shown


def test_what_is_no_mapping_of_secrets_is_refused_unseen():
    """A string, a list or a number where names are expected may be a secret too."""
    for text in (CANARY, f"[{CANARY}]", "123456"):
        shown = wrong(f"secrets: {text}")
        assert "expected a mapping of names to secrets" in shown
        assert "123456" not in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("secret: {env: A, file: b}", "secret: env and file at once (a value comes from one place: keep env or file)"),
        ("secret: {}", "secret: does not say where the value is (write {env: NAME}"),
        ("secret: {version: '1'}", "secret: does not say where the value is"),
        ("secret: {field: url}", "m.yaml:1:17: secret.field: field without resource"),
        ("secret: {env: A, field: url}", "secret.field: field without resource"),
        ("secret: {resource: Space/a/b}", "secret: resource without field"),
        ("secret: {resource: a/b, field: url}", "m.yaml:1:20: secret.resource: not an address: 'a/b'"),
        ("secret: {resource: Space/a/*, field: url}", "expected one resource's address"),
        (f"secret: {{env: {TOKEN}}}", "m.yaml:1:15: secret.env: a token stands here, expected the name of a variable"),
        ("secret: {file: /etc/passwd}", "m.yaml:1:16: secret.file: an absolute path: /etc/passwd"),
        ("secret: {file: ~/x}", "secret.file: a home folder is no place of this project"),
        ("secret: {file: a/../../x}", "secret.file: a path that leaves the project's root"),
        ("secret: {command: []}", "secret.command: an empty list"),
        ("secret: {command: ['']}", "m.yaml:1:20: secret.command[0]: must not be empty"),
        ("secret: {command: op read}", "secret.command: expected a list"),
        ("secret: {evn: A}", "unknown field 'evn' (did you mean 'env'?)"),
        ("secret: {env: A, version: 2}", 'secret.version: expected a string, found the number 2 (write it in quotes: "2")'),
        ("variables: {A: 1.10}", 'variables.A: expected a string or a mapping, found the number 1.10 (write it in quotes: "1.10")'),
        ("variables: {A: true}", 'found true (write it in quotes: "true")'),
        ("variables: {A: {env: X, version: '1'}}", "unknown field 'version'"),
        ("variables: {A: {file: b, env: X}}", "env and file at once"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(text, said):
    """One problem each, with the way out."""
    shown = wrong(text)
    assert said in shown
    assert "\n" not in shown


def test_text_is_a_string_or_a_reference():
    """``text_or_reference`` gives what a plan holds."""
    found = bound("variables: {A: plain, B: {env: X}, C: {file: ./f}}").variables
    assert [text_or_reference(v, "d") for v in found.values()] == [
        "plain",
        Reference(env="X"),
        Reference(file="d/f"),
    ]
    assert isinstance(found["B"], ReferenceValue)
    assert not isinstance(found["B"], SecretValue)


def test_every_reference_of_a_spec_is_found():
    """In fields, maps and lists, by the path that the manifest writes, with its place and whether it is secret."""
    spec = bound(
        "{secrets: {KEY: {env: K}}, url: {env: U}, variables: {V: {file: ./v}, W: plain},"
        " customImage: {registryPassword: {command: [p]}, url: x}, items: [{}, {registryPassword: {env: P}}]}"
    )
    marks = {("spec", "secrets", "KEY"): Mark("m.yaml", 7, 3)}
    resource = Resource(Address("Space", "acme", "x"), spec, Mark("m.yaml"), marks=marks, folder="team")
    found = list(references(resource))
    assert found == [
        (("spec", "secrets", "KEY"), Reference(env="K"), True),
        (("spec", "variables", "V"), Reference(file="team/v"), False),
        (("spec", "customImage", "registryPassword"), Reference(command=("p",)), True),
        (("spec", "items", 1, "registryPassword"), Reference(env="P"), True),
        (("spec", "url"), Reference(env="U"), False),
    ]
    assert found[0][1].where == Mark("m.yaml", 7, 3)
    assert found[4][1].where == Mark("m.yaml")


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({"secret": {"env": "A"}}, True),
        ({"secret": {"command": ["op"], "version": "1"}}, True),
        ({"secret": {"resource": "Space/a/b", "field": "url"}}, True),
        ({"secrets": {"A": {"file": "x"}}, "variables": {"A": "plain", "B": {"env": "X"}}}, True),
        ({"secret": CANARY}, False),
        ({"secret": {}}, False),
        ({"secret": {"command": []}}, False),
        ({"secret": {"env": ""}}, False),
        ({"secret": {"env": "A", "file": "x"}}, False),
        ({"secret": {"resource": "Space/a/b"}}, False),
        ({"secret": {"env": "A", "unknown": 1}}, False),
        ({"variables": {"A": {"env": "X", "version": "1"}}}, False),
        ({"variables": {"A": 1}}, False),
    ],
)
def test_the_schema_takes_what_the_model_takes(data, valid):
    """Editors and hfops agree."""
    schema = Example.model_json_schema(by_alias=True, mode="validation")
    assert jsonschema.Draft202012Validator(schema).is_valid(data) is valid


def test_the_schema_tells_each_form():
    """Every form and every field of it has a description, for editors to show."""
    forms = Example.model_json_schema(by_alias=True)["$defs"]["SecretValue"]["oneOf"]
    assert [f["title"] for f in forms] == ["env", "file", "command", "resource"]
    assert all(f["description"] and all(p["description"] for p in f["properties"].values()) for f in forms)
    assert forms[0]["properties"]["env"] == {
        "type": "string",
        "minLength": 1,
        "description": "The variable's name.",
    }
