"""The outer form of documents."""

from datetime import date

import pytest

from hfops.manifest.bind import bind
from hfops.manifest.envelope import (
    ChangesEnvelope,
    Dependency,
    IgnoreChange,
    Metadata,
    ResourceEnvelope,
)
from hfops.manifest.yaml import parse

HEAD = "apiVersion: hfops/v1\nkind: Model\n"


def opened(text):
    documents, problems = parse(text, "m.yaml")
    assert problems == []
    model = ChangesEnvelope if documents[0].data.get("kind") == "Changes" else ResourceEnvelope
    return bind(model, documents[0])


def said(text):
    problems = opened(text)
    assert isinstance(problems, list), problems
    return [str(p) for p in problems]


def test_a_resource():
    """All of the outer form, in its short and long ways."""
    envelope = opened(
        HEAD
        + "metadata: {name: acme/x, labels: {tier: prod}}\n"
        + "spec: {tags: [a]}\n"
        + "lifecycle: {preventDestroy: true, ignoreChanges: [spec.tags, {path: a, until: 2026-01-31}], onDrift: report}\n"
        + "dependsOn: [Dataset/a/b, {address: Space/a/c, until: ready}]\n"
    )
    assert isinstance(envelope, ResourceEnvelope)
    assert envelope.metadata.qualified() == ("acme", "x")
    assert envelope.spec == {"tags": ["a"]}
    assert (envelope.lifecycle.prevent_destroy, envelope.lifecycle.on_drift) == (True, "report")
    assert envelope.lifecycle.ignored == (
        IgnoreChange(path="spec.tags"),
        IgnoreChange(path="a", until=date(2026, 1, 31)),
    )
    assert envelope.dependencies == (
        Dependency(address="Dataset/a/b"),
        Dependency(address="Space/a/c", until="ready"),
    )


def test_empty_sections_are_absent_ones():
    """``spec:`` with nothing after it, and the like, are no errors."""
    envelope = opened(HEAD + "metadata: {name: x, labels: ~}\nspec:\nlifecycle:\ndependsOn:\n")
    assert (envelope.spec, envelope.depends_on, envelope.metadata.labels) == ({}, (), {})
    assert envelope.lifecycle.prevent_destroy is False
    assert opened(HEAD + "metadata: {name: x}\n").spec == {}


@pytest.mark.parametrize(
    ("name", "namespace", "expected"),
    [("a/b", None, ("a", "b")), ("b", "a", ("a", "b")), ("b", None, ("d", "b")), ("a/b", "a", ("a", "b"))],
)
def test_the_namespace_has_three_homes(name, namespace, expected):
    """In the name, beside it, or the project's."""
    assert Metadata(name=name, namespace=namespace).qualified("d") == expected


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        (
            "{name: a/b, namespace: c}",
            "m.yaml:3:34: metadata.namespace: the name says 'a', the namespace 'c'",
        ),
        ("{name: a/b/c}", "m.yaml:3:18: metadata.name: more than one '/' in the name"),
        ("{name: a b}", "m.yaml:3:18: metadata.name: not a name: 'a b'"),
        ("{name: /b}", "m.yaml:3:18: metadata.name: not a name: '/b'"),
        ("{name: ''}", "m.yaml:3:18: metadata.name: not a name: ''"),
        ("{name: x, namespace: a/b}", "m.yaml:3:32: metadata.namespace: a namespace holds no '/'"),
        (
            "{name: 1}",
            'm.yaml:3:18: metadata.name: expected a string, found the number 1 (write it in quotes: "1")',
        ),
        (
            "{name: x, labels: {a: 1}}",
            "m.yaml:3:33: metadata.labels.a: expected a string, found the number 1",
        ),
        ("{}", "m.yaml:3:11: metadata.name: the field 'name' is required"),
    ],
)
def test_bad_metadata(metadata, problem):
    """Names that are none, and namespaces said twice."""
    (only,) = said(HEAD + f"metadata: {metadata}\n")
    assert only.startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("apiVersion: hfops/v2\nkind: Model\nmetadata: {name: x}\n", "unknown apiVersion 'hfops/v2', expected hfops/v1 (upgrade hfops"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "is this file no manifest? name it under ignore"),
        ("kind: Model\nmetadata: {name: x}\n", "apiVersion: the field 'apiVersion' is required"),
        ("apiVersion: hfops/v1\nmetadata: {name: x}\n", "kind: the field 'kind' is required"),
        (HEAD, "metadata: the field 'metadata' is required"),
        (HEAD + "metadata: {name: x}\nspek: {}\n", "unknown field 'spek' (did you mean 'spec'?)"),
        (HEAD + "metadata: {name: x}\nspec: []\n", "m.yaml:4:7: spec: expected a mapping, found a list"),
        (HEAD + "metadata: {name: x}\nlifecycle: {preventDestroy: yes}\n", 'found "yes" (write true)'),
        (HEAD + "metadata: {name: x}\nlifecycle: {ignoreChanges: [{path: a, until: soon}]}\n", "expected a date like"),
        (HEAD + "metadata: {name: x}\ndependsOn: [{address: a, until: redy}]\n", "did you mean 'ready'?"),
        (HEAD + 'metadata: {name: x}\ndependsOn: [""]\n', "dependsOn[0]"),
        (HEAD + 'metadata: {name: x}\nlifecycle: {ignoreChanges: [""]}\n', "lifecycle.ignoreChanges[0]"),
        ("kind: Changes\nspec: {removed: [{address: a, action: delet}]}\n", "did you mean 'delete'?"),
        ("kind: Changes\nspec: {allow: [{risk: data_loss, address: a}]}\n", "did you mean 'data-loss'?"),
        ("kind: Changes\nspec: {moved: [{from: a}]}\n", "m.yaml:2:16: spec.moved[0].to: the field 'to' is required"),
    ],
)  # fmt: skip
def test_bad_envelopes(text, problem):
    """Each is one problem, with a way out."""
    (only,) = said(text)
    assert problem in only


def test_changes():
    """Consent, as the design writes it."""
    changes = opened(
        'kind: Changes\nspec:\n  moved: [{from: "Model/a/x-*", to: "Model/b/x-*"}]\n'
        "  removed: [{address: Model/a/y, action: delete, reason: old, overrideProtection: true}]\n"
        "  allow: [{risk: exposure, address: Model/a/z, until: 2026-12-01}]\n"
    )
    assert isinstance(changes, ChangesEnvelope)
    assert (changes.spec.moved[0].from_, changes.spec.moved[0].to) == ("Model/a/x-*", "Model/b/x-*")
    assert changes.spec.removed[0].override_protection
    assert changes.spec.allow[0].until == date(2026, 12, 1)
    assert opened("kind: Changes\nspec:\n").spec.moved == ()
