"""Hardware and money: choices held against the service's own catalogue, and what they cost before and after."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.endpoint.catalogue import CATALOGUE, Row, parse_catalogue
from hfops.model.cost import Bill, Cost
from tests.kinds.endpoints import HARDWARE, NEW, Looked, catalogue, live, look, merged

GCP: dict[str, Any] = {
    "model": {"repository": "openai-community/gpt2"},
    "provider": {"vendor": "gcp", "region": "us-east4"},
    "compute": {"accelerator": "gpu", "instanceType": "nvidia-a100", "instanceSize": "x8"},
}


def created(**change: Any) -> Looked:
    """A new endpoint on some hardware."""
    facts = change.pop("facts", catalogue())
    return look(merged(NEW, {"type": "private", **change}), None, facts=facts)


@pytest.mark.parametrize(
    ("change", "path", "near"),
    [
        (
            {"compute": {"instanceType": "nvidia-l5"}},
            "spec.compute.instanceType",
            "aws us-east-1 nvidia-l4 x1",
        ),
        (
            {"compute": {"instanceSize": "x3"}},
            "spec.compute.instanceSize",
            "aws us-east-1 nvidia-l4 x1 ($0.8/h)",
        ),
        ({"compute": {"accelerator": "cpu"}}, "spec.compute.instanceType", "aws us-east-1"),
        ({"provider": {"region": "us-east-9"}}, "spec.provider.region", "aws us-east-1 nvidia-l4 x1"),
        ({"provider": {"vendor": "ibm"}}, "spec.provider.vendor", "aws us-east-1 nvidia-l4 x1"),
    ],
)
def test_hardware_that_does_not_exist(change: Any, path: str, near: str) -> None:
    """The part that no row agrees with is named, and the nearest rows that can be had."""
    (problem,) = created(**change).compared.problems
    assert problem.path == path
    assert "does not exist" in problem.message
    assert problem.hint is not None
    assert problem.hint.startswith(f"nearest: {near}")


def rows(status: str, place: str = "available") -> dict[str, Any]:
    """A catalogue of two rows, the wanted one in some state."""
    row = {**HARDWARE, "numAccelerators": 1, "pricePerHour": 0.8, "status": status}
    other = {**row, "instanceType": "nvidia-t4", "status": "available", "pricePerHour": 0.5}
    data = {"name": "us-east-1", "status": place, "computes": [row, other]}
    return {CATALOGUE: parse_catalogue({"vendors": [{"name": "aws", "regions": [data]}]})}


@pytest.mark.parametrize(
    ("status", "said"), [("deprecated", "withdrawn"), ("not_available", "not to be had")]
)
def test_hardware_that_takes_nothing_new(status: str, said: str) -> None:
    """A new choice of it is refused; what runs on it is left alone."""
    (problem,) = created(facts=rows(status)).compared.problems
    assert said in problem.message
    assert problem.hint == "nearest: aws us-east-1 nvidia-t4 x1 ($0.5/h)"
    resumed = look({"state": "running"}, live("paused"), facts=rows(status))
    assert resumed.compared.problems == ()


def test_scarce_hardware_is_said() -> None:
    """It can be had, and may be long in coming."""
    assert "scarce" in created(facts=rows("low_availability")).compared.notes[0]


def test_a_whole_region_may_be_closed() -> None:
    """A row is no better than its place."""
    found = created(facts=rows("available", "not_available"))
    assert "not to be had" in found.compared.problems[0].message


def test_over_quota_is_said_and_not_refused() -> None:
    """The same plan may free what is missing."""
    found = created(facts=catalogue(maxAccelerators=4, usedAccelerators=4))
    assert found.compared.problems == ()
    assert (
        "over quota: aws us-east-1 nvidia-l4 x1 needs 1 accelerators, and 0 of 4 are free"
        in found.compared.notes[0]
    )
    several = merged(NEW, {"type": "private", "compute": {"scaling": {"minReplica": 3, "maxReplica": 3}}})
    assert look(several, None, facts=catalogue(maxAccelerators=4, usedAccelerators=1)).compared.notes == ()


def test_without_a_catalogue_nothing_is_said() -> None:
    """The service itself will judge, and there is no bill."""
    found = created(compute={"instanceType": "nvidia-l5"}, facts={}).compared
    assert (found.problems, found.bill) == ((), None)


def test_what_is_no_row_is_passed_over() -> None:
    """A catalogue of another shape is none."""
    data = {"vendors": [{"name": "aws", "regions": [{"name": "r", "computes": [{"id": 1}, None]}]}, 3]}
    assert parse_catalogue(data) == ()
    assert parse_catalogue(None) == ()
    assert Row("aws", "r", "gpu", "t4", "x1").usable


@pytest.mark.parametrize(
    ("spec", "after"),
    [
        ({}, Cost(0.8, 0.8)),
        ({"compute": {"scaling": {"minReplica": 0, "maxReplica": 3}}}, Cost(0.0, 2.4)),
        ({"compute": {"scaling": {"minReplica": 2, "maxReplica": 3}}}, Cost(1.6, 2.4)),
        ({"state": "paused"}, Cost()),
        (
            {"state": "scaledToZero", "compute": {"scaling": {"minReplica": 0, "maxReplica": 2}}},
            Cost(0.0, 1.6),
        ),
    ],
)
def test_the_bill_of_a_new_one(spec: Any, after: Cost) -> None:
    """From the fewest replicas to the most; nothing while it is paused."""
    assert _near(created(**spec).compared.bill, Bill(Cost(), after))


def _near(have: Bill | None, wanted: Bill) -> bool:
    """Whether two bills are the same, but for how floats are added."""
    assert have is not None
    return have.to_json() == wanted.to_json()


CHANGED: list[tuple[str, Any, Bill]] = [
    ("running", {"compute": {"scaling": {"maxReplica": 4}}}, Bill(Cost(0.0, 0.8), Cost(0.0, 3.2))),
    ("running", {"state": "paused"}, Bill(Cost(0.0, 0.8), Cost())),
    ("paused", {"state": "running"}, Bill(Cost(), Cost(0.0, 0.8))),
    (
        "running",
        {"compute": {"accelerator": "cpu", "instanceType": "intel-spr"}},
        Bill(Cost(0.0, 0.8), Cost(0.0, 0.033)),
    ),
    ("running", GCP, Bill(Cost(0.0, 0.8), Cost(0.0, 28.8))),
]


@pytest.mark.parametrize(("state", "spec", "bill"), CHANGED)
def test_the_bill_of_a_change(state: str, spec: Any, bill: Bill) -> None:
    """Now, and then."""
    found = look(spec, live(state), facts=catalogue()).compared
    assert found.problems == ()
    assert _near(found.bill, bill)


def test_what_costs_the_same_has_no_bill() -> None:
    """A tag is free."""
    assert look({"tags": ["x"]}, live(), facts=catalogue()).compared.bill is None
