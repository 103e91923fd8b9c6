"""bind: strict models, and errors in plain words at the right line."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hfops.manifest.bind import Complaint, bind, suggest
from hfops.manifest.document import Document
from hfops.manifest.strict import StrictModel, none_as
from hfops.manifest.yaml import parse


class Visibility(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


class FromEnv(StrictModel):
    env: str
    version: str | None = None


class FromFile(StrictModel):
    file: str

    @model_validator(mode="after")
    def _exists(self):
        if self.file == "gone":
            raise Complaint("no such file", "make it", ("file",))
        return self


class FromCommand(StrictModel):
    command: tuple[str, ...]


class Cat(StrictModel):
    type: Literal["cat"]
    lives: int


class Dog(StrictModel):
    type: Literal["dog"]


class Spec(StrictModel):
    title: str = "t"
    max_count: int = Field(default=1, ge=0, le=5)
    ratio: float = 1.0
    enabled: bool = False
    visibility: Visibility = Visibility.PRIVATE
    gated: Literal["auto", "manual", False] | None = None
    risk: Literal["data-loss", "outage"] = "outage"
    sleep: int | Literal["never"] | None = None
    until: date | None = None
    tags: Annotated[tuple[str, ...], Field(max_length=2)] = ()
    values: dict[str, str | FromEnv | FromFile | FromCommand] = Field(default_factory=dict)
    pets: list[Annotated[Cat | Dog, Field(discriminator="type")]] = Field(default_factory=list)
    child: "Spec | None" = None
    code: str = Field(default="x", min_length=1, pattern="^x")
    either: str | FromEnv | None = None
    anything: Any = None

    @field_validator("title")
    @classmethod
    def _polite(cls, value):
        if value == "rude":
            raise ValueError("be polite")
        return value

    @field_validator("tags", mode="before")
    @classmethod
    def _null_is_empty(cls, value):
        return none_as(list)(value)


def document(text):
    documents, problems = parse(text, "m.yaml")
    assert problems == []
    return documents[0]


def said(text, model=Spec):
    problems = bind(model, document(text))
    assert isinstance(problems, list), problems
    return [str(p) for p in problems]


def test_good_data_is_the_model():
    """Camel case in, snake case out; lists are tuples' form, strings enums' and dates'."""
    spec = bind(
        Spec, document("maxCount: 3\nratio: 1\nvisibility: public\nuntil: 2026-12-31\ntags: [a, b]\n")
    )
    assert (spec.max_count, spec.ratio, spec.visibility) == (3, 1, Visibility.PUBLIC)
    assert (spec.until, spec.tags) == (date(2026, 12, 31), ("a", "b"))
    assert bind(Spec, document("tags: ~\n")).tags == ()
    assert bind(Spec, document("gated: false\nsleep: never\npets: [{type: cat, lives: 9}]\n")).gated is False


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: 1.10", '1:8: title: expected a string, found the number 1.10 (write it in quotes: "1.10")'),
        ("title: 1e3", '1:8: title: expected a string, found the number 1e3 (write it in quotes: "1e3")'),
        ("title: True", '1:8: title: expected a string, found true (write it in quotes: "True")'),
        ("title: ~", "1:8: title: expected a string, found null (give it a value, or leave it out)"),
        ("title: [a]", "1:8: title: expected a string, found a list"),
        ("title: {a: b}", "1:8: title: expected a string, found a mapping"),
        ("title: rude", "1:8: title: be polite"),
        ("maxCount: 1.5", "1:11: maxCount: expected a whole number, found the number 1.5"),
        ('maxCount: "3"', '1:11: maxCount: expected a whole number, found "3" (write it without quotes: 3)'),
        ("maxCount: 0x1f", '1:11: maxCount: expected a whole number, found "0x1f" (write it in decimal digits only)'),
        ("maxCount: 1_000", '1:11: maxCount: expected a whole number, found "1_000" (write it in decimal digits only)'),
        ("maxCount: true", "1:11: maxCount: expected a whole number, found true"),
        ("maxCount: 9", "1:11: maxCount: expected at most 5, found the number 9"),
        ("maxCount: -1", "1:11: maxCount: expected at least 0, found the number -1"),
        ("ratio: .5", '1:8: ratio: expected a number, found ".5" (write it in decimal digits only)'),
        ("enabled: no", '1:10: enabled: expected true or false, found "no" (write false)'),
        ("enabled: On", '1:10: enabled: expected true or false, found "On" (write true)'),
        ("enabled: 'true'", '1:10: enabled: expected true or false, found "true" (write it without quotes: true)'),
        ("enabled: 1", "1:10: enabled: expected true or false, found the number 1 (write true)"),
        ("enabled: 2", "1:10: enabled: expected true or false, found the number 2"),
        ("enabled: maybe", '1:10: enabled: expected true or false, found "maybe"'),
        ("visibility: privat", "1:13: visibility: unknown value 'privat' (did you mean 'private'?)"),
        ("visibility: PUBLIC", "1:13: visibility: unknown value 'PUBLIC' (did you mean 'public'?)"),
        ("visibility: secret", "1:13: visibility: unknown value 'secret' (expected private or public)"),
        ("visibility: 3", "1:13: visibility: expected private or public, found the number 3"),
        ("gated: no", '1:8: gated: expected auto, manual or false, found "no" (write false)'),
        ("gated: true", "1:8: gated: expected auto, manual or false, found true"),
        ("gated: manul", "1:8: gated: unknown value 'manul' (did you mean 'manual'?)"),
        ("risk: data_loss", "1:7: risk: unknown value 'data_loss' (did you mean 'data-loss'?)"),
        ("sleep: nevr", "1:8: sleep: unknown value 'nevr' (did you mean 'never'?)"),
        ("sleep: [1]", "1:8: sleep: expected a whole number or never, found a list"),
        ("until: 2026-02-30", '1:8: until: expected a date like 2026-12-31, found "2026-02-30"'),
        ("until: 20261231", "1:8: until: expected a date like 2026-12-31, found the number 20261231"),
        ('until: "1767225600"', '1:8: until: expected a date like 2026-12-31, found "1767225600"'),
        ("until: 2026-1-1", '1:8: until: expected a date like 2026-12-31, found "2026-1-1"'),
        ("tags: nlp", '1:7: tags: expected a list, found "nlp" (write it as a list: [nlp])'),
        ("tags: {a: b}", "1:7: tags: expected a list, found a mapping"),
        ("tags: [a, 1]", '1:11: tags[1]: expected a string, found the number 1 (write it in quotes: "1")'),
        ("tags: [a, b, c]", "1:7: tags: expected at most 2 in the list, found 3"),
        ("values: x", '1:9: values: expected a mapping, found "x"'),
        ("values: {A: {en: X}}", "1:13: values.A: unknown form with 'en' (did you mean 'env'?)"),
        ("values: {A: {zzz: X}}", "1:13: values.A: unknown form with 'zzz' (expected {env: …}, {file: …} or {command: …})"),
        ("values: {A: {}}", "1:13: values.A: an empty mapping (expected {env: …}, {file: …} or {command: …})"),
        ("values: {A: {env: 1}}", '1:19: values.A.env: expected a string, found the number 1 (write it in quotes: "1")'),
        ("values: {A: {env: X, versoin: a}}", "1:22: values.A.versoin: unknown field 'versoin' (did you mean 'version'?)"),
        ("values: {A: {command: ls}}", '1:23: values.A.command: expected a list, found "ls" (write it as a list: [ls])'),
        ("values: {A: 1.0}", '1:13: values.A: expected a string or a mapping, found the number 1.0 (write it in quotes: "1.0")'),
        ("values: {A: [x]}", "1:13: values.A: expected a string or a mapping, found a list"),
        ("values: {A: {file: gone}}", "1:20: values.A.file: no such file (make it)"),
        ("either: {version: x}", "1:9: either.env: the field 'env' is required"),
        ("pets: [{type: cow}]", "1:8: pets[0]: type: unknown value 'cow' (expected cat or dog)"),
        ("pets: [{}]", "1:8: pets[0]: the field 'type' is required (one of cat or dog)"),
        ("pets: [{type: cat, lives: x}]", '1:27: pets[0].lives: expected a whole number, found "x"'),
        ("pets: [{type: cat, live: 9, lives: 9}]", "1:20: pets[0].live: unknown field 'live' (did you mean 'lives'?)"),
        ("child: {child: {titel: x}}", "1:17: child.child.titel: unknown field 'titel' (did you mean 'title'?)"),
        ("max_count: 1", "1:1: max_count: unknown field 'max_count' (did you mean 'maxCount'?)"),
        ("code: ''", "1:7: code: must not be empty"),
        ("code: y", '1:7: code: expected text that matches ^x, found "y"'),
        ("values: x\nchild: []", "2:8: child: expected a mapping, found a list"),
    ],
)  # fmt: skip
def test_every_error_in_plain_words(text, problem):
    """Place, path, what was found, what was expected, what to write instead."""
    assert f"m.yaml:{problem}" in said(text + "\n")
    assert len(said(text + "\n")) == text.count("\n") + 1


def test_all_errors_at_once_without_jargon():
    """One run shows everything, and no word of the validator's own."""
    problems = said("titel: x\nmaxCount: a\nenabled: x\nchild: {child: {ratio: x}}\npets: [1, {type: cat}]\n")
    assert len(problems) == 6
    for word in ("pydantic", "Input", "type=", "https://"):
        assert not any(word in p for p in problems)


def test_a_missing_field_points_at_the_mapping_around_it():
    """There is no line where it is not written."""
    assert said("type: cat\n", Cat) == ["m.yaml:1:1: lives: the field 'lives' is required"]
    text = "pets:\n  - type: dog\n  - type: cat\n"
    assert said(text) == ["m.yaml:3:5: pets[1].lives: the field 'lives' is required"]


def test_a_part_of_a_document_and_changed_data():
    """``at`` and ``data`` keep the places of what was written; what was not has its parent's."""
    whole = document("spec:\n  title: x\n")
    assert bind(Spec, whole, ("spec",)).title == "x"
    (first, second) = bind(Spec, whole, ("spec",), "Model/a/b", {"title": 3, "child": {"ratio": "x"}})
    assert (
        str(first)
        == 'm.yaml:2:10: Model/a/b: spec.title: expected a string, found the number 3 (write it in quotes: "3")'
    )
    assert str(second) == 'm.yaml:2:3: Model/a/b: spec.child.ratio: expected a number, found "x"'


def test_data_that_is_not_json_is_still_checked():
    """Values that did not come from a file are judged as strictly."""
    problems = bind(Spec, Document("m.yaml", 0, {}), data={"title": object(), "extra": {1}})
    assert {p.path for p in problems} == {"title", "extra"}


def test_models_of_other_bases_are_strict_too():
    """A plain pydantic model is not cast into shape either."""

    class Plain(BaseModel):
        model_config = ConfigDict(extra="forbid")
        n: int
        t: tuple[str, ...] = ()

    assert bind(Plain, document("n: 1\nt: [a]\n")).t == ("a",)
    assert said("n: '1'\n", Plain) == [
        'm.yaml:1:4: n: expected a whole number, found "1" (write it without quotes: 1)'
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda v: (
        st.lists(v, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(list("abc")), v, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [f.alias for f in Spec.model_fields.values()] + ["env", "file", "command", "type", "lives", "x"]


@given(
    st.dictionaries(
        st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3)
    )
)
@settings(max_examples=300, deadline=None)
def test_no_data_makes_bind_raise(data):
    """Whatever stands in a file, the answer is a model or problems with messages of one line."""
    answer = bind(Spec, Document("m.yaml", 0, {}), data=data)
    for problem in answer if isinstance(answer, list) else []:
        assert problem.message
        assert "\n" not in str(problem)
        assert "Input should" not in str(problem)


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("t4-smal", "t4-small"),
        ("T4-SMALL", "t4-small"),
        ("t4_small", "t4-small"),
        ("xyz", None),
        ("", None),
        ("t" * 99, None),
    ],
)
def test_suggestions(word, near):
    """The nearest name, whatever its case; none rather than a far one."""
    assert suggest(word, ["cpu-basic", "t4-small", "a10g-large"]) == near
