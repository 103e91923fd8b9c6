"""Fields that a policy names: those that there are pass, misspelt ones are told before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hfops.kinds.registry import KINDS
from hfops.review.policies.fields import misspelt
from hfops.review.policies.policy import Policy
from hfops.review.policies.recommended import RECOMMENDED


def said(expression: str, *kinds: str) -> list[str]:
    """What is wrong with it."""
    return [str(p) for p in misspelt([Policy("p", expression, denies=True, kinds=kinds)])]


@pytest.mark.parametrize(
    "expression",
    [
        "after.visibility == 'public'",
        "(after.card or {}).get('metadata', {}).get('anything')",
        "after.card.metadata.anything",
        "after.compute.scaling.measure.pendingRequests > 1",
        "(after.compute or {}).get('accelerator') == 'gpu'",
        "after.model.image.custom.url and after.model.env.X",
        "after.hardware.startswith('t4') and after.visibility.upper()",
        "after.volumes[0].source and after.variables.ANY and after.secrets.X.env",
        "before['gated'] and resource.labels.any and resource.labels.get('any')",
        "cost.after.high > cost.before.low + cost.increase",
        "change.differences | map(attribute='path') | list and change.risks[0].risk and change.movedFrom",
        "after.items() | list and after.get('gated')",
    ],
)
def test_what_there_is(expression: str) -> None:
    """Fields of any kind, what maps hold, methods, and what the other names have."""
    assert said(expression) == []


@pytest.mark.parametrize(
    ("expression", "kinds", "expected"),
    [
        ("after.visiblity", (), "after has no field 'visiblity' (did you mean 'visibility'?)"),
        ("after.Visibility", (), "after has no field 'Visibility' (did you mean 'visibility'?)"),
        ("after.get('gatd')", (), "after has no field 'gatd' (did you mean 'gated'?)"),
        ("before['gatd']", (), "before has no field 'gatd'"),
        ("after.gatd is defined", (), "after has no field 'gatd'"),
        ("after.visibility", ("Webhook",), "after has no field 'visibility'"),
        ("(after.compute or {}).get('acelerator')", (), "after.compute has no field 'acelerator'"),
        ("after.compute.scaling.minReplcia", (), "after.compute.scaling has no field 'minReplcia'"),
        ("after.card.metdata", (), "after.card has no field 'metdata' (did you mean 'metadata'?)"),
        ("after.hardware.flavor", ("Space",), "after.hardware has no field 'flavor'"),
        ("change.acton", (), "change has no field 'acton' (did you mean 'action'?)"),
        ("cost.after.hihg", (), "cost.after has no field 'hihg' (did you mean 'high'?)"),
        ("resource.label.x", (), "resource has no field 'label' (did you mean 'labels'?)"),
        ("after.url | urlize", (), "the filter urlize is not for policies"),
    ],
)
def test_what_there_is_not(expression: str, kinds: tuple[str, ...], expected: str) -> None:
    """Said once, with what was meant, however it is written."""
    (problem,) = said(expression, *kinds)
    assert problem.startswith(f"spec.policies: p: {expected}")


def test_one_of_several_kinds_is_enough() -> None:
    """A rule over Models and Webhooks may ask for what only one of them has: of the other, it is null."""
    assert said("after.visibility", "Webhook", "Model") == []


def test_the_shipped_ones() -> None:
    """They name nothing that there is not."""
    assert list(misspelt(RECOMMENDED)) == []


EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("**/hfops.yaml"))


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield f"{path}[{name!r}]"
            yield from _paths(below, f"{path}[{name!r}]")


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda p: p.parent.name)
def test_what_manifests_hold_can_be_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path of every example's spec, as expressions see it."""
    from hfops.cli.options import Options
    from hfops.cli.session import open_session

    monkeypatch.chdir(project.parent)
    found = open_session((), Options(env=None)).inventory.resources
    assert found
    for resource in found:
        assert resource.address.kind in KINDS
        seen = resource.spec.model_dump(mode="json", by_alias=True)
        wrong = [said(path, resource.address.kind) for path in _paths(seen, "after")]
        assert [w for w in wrong if w] == []
