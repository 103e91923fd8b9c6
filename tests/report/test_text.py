"""The text report: every part of a plan is in it."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.report.model import Report
from hfops.report.results import result_lines
from hfops.report.text import plan_lines


def lines(changes: list[dict[str, Any]], **report: Any) -> list[str]:
    """The report's text."""
    notices = report.pop("notices", [])
    return [line.text for line in plan_lines(Report({"changes": changes, "notices": notices}, **report))]


def change(action: str, **other: Any) -> dict[str, Any]:
    """A change of acme/x."""
    return {"address": "Model/acme/x", "action": action, **other}


CALL = {"method": "PUT", "path": "/p", "summary": ""}
DIFFERENCE = {"path": "spec.gated", "op": "change", "before": "auto", "after": False, "cause": "change"}

PARTS: list[tuple[dict[str, Any], str]] = [
    (change("create"), "+ Model/acme/x  (create)"),
    (change("update"), "~ Model/acme/x  (update)"),
    (change("move", movedFrom="Model/acme/w"), "> Model/acme/x  (renamed from Model/acme/w)"),
    (change("delete"), "- Model/acme/x  (delete)"),
    (change("forget"), "x Model/acme/x  (forget)"),
    (change("none"), ". Model/acme/x  (no call)"),
    (change("update", where="a.yaml:3:1"), "    a.yaml:3:1"),
    (change("update", notes=["said"]), "    said"),
    (change("update", differences=[DIFFERENCE]), "    ~ gated: auto → false"),
    (change("update", differences=[{**DIFFERENCE, "op": "add"}]), "    + gated: false"),
    (change("update", differences=[{**DIFFERENCE, "op": "remove"}]), "    - gated: auto"),
    (change("update", differences=[{**DIFFERENCE, "cause": "drift"}]), "    ~ gated: auto → false   [changed on the Hub since the last apply]"),
    (change("update", differences=[{**DIFFERENCE, "cause": "both", "recorded": "manual"}]),
     "    ~ gated: auto → false   [changed on the Hub and in the manifest; the manifest wins (last applied: manual)]"),
    (change("update", differences=[{**DIFFERENCE, "held": "ignored", "note": "n"}]), "    ~ gated: auto → false   [ignored; n]"),
    (change("update", released=["spec.tags", "spec.gated"]), "    no longer managed, left as it is: spec.tags, spec.gated"),
    (change("update", unverified=["spec.x"]), "    unverified, the Hub does not show it, not sent (--send-unverified does): spec.x"),
    (change("update", adopts=True), "    adopted: it was there before hfops"),
    (change("delete", risks=[{"risk": "data-loss", "reason": "gone"}]), "    ! data-loss: gone"),
    (change("update", calls=[CALL]), "    → PUT /p"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), PARTS, ids=[p[1].strip() for p in PARTS])
def test_parts(given: dict[str, Any], expected: str) -> None:
    """Each part of a change has its line."""
    assert expected in lines([given])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], "Nothing to do: the Hub agrees with the manifests."),
        ([change("none", adopts=True)], "Nothing to do: the Hub agrees with the manifests."),
        ([change("none", differences=[{**DIFFERENCE, "held": "h"}])], "Nothing to do. 1 difference left alone."),
        ([change("update", calls=[CALL])], "Plan: 1 to update; 1 call."),
        ([change("forget")], "Plan: 1 to forget; 0 calls."),
        (
            [change("create", calls=[CALL, CALL]), change("delete", calls=[CALL]), change("move", calls=[CALL]),
             change("update", calls=[CALL], differences=[{**DIFFERENCE, "held": "h"}] * 2)],
            "Plan: 1 to create, 1 to update, 1 to rename, 1 to delete; 5 calls. 2 differences left alone.",
        ),
    ],
)  # fmt: skip
def test_the_last_line(changes: list[dict[str, Any]], expected: str) -> None:
    """What it comes to, in one line."""
    assert lines(changes)[-1] == expected


def test_what_it_took() -> None:
    """Requests and quota, where the Hub says them; only a plan says what an apply will take."""
    usage = {"requests": 1, "left": 9, "limit": 10, "resetSeconds": 3}
    given = [change("update", calls=[CALL])]
    assert lines(given, usage=usage)[-1] == (
        "Planning took 1 request; apply plans again and then makes 1 call. Quota: 9 of 10 left, reset in 3 s."
    )
    assert lines(given, usage={"requests": 2}, applying=True)[-1] == "Planning took 2 requests."


def test_notices_and_refusals_come_last() -> None:
    """What stands in the way is where a terminal shows it, with the ways through."""
    refusal = {"code": "max_deletes", "message": "too many", "ways": ["--max-deletes 9", "hfops.yaml"]}
    shown = lines(
        [change("delete")],
        notices=[{"code": "c", "message": "left", "address": "Model/a/b"}],
        refusals=[refusal],
    )
    assert shown[-6:-1] == ["", "refused: too many", "    to go on: --max-deletes 9", "    or hfops.yaml", ""]
    assert "note: Model/a/b: left" in shown


def risk(name: str, reason: str = "gone") -> dict[str, Any]:
    """A refusal for a risk."""
    address = f"Model/acme/{name}"
    ways = [f"--allow data-loss={address}"]
    message = f"data-loss: {address}: {reason}"
    return {
        "code": "data_loss",
        "message": message,
        "ways": ways,
        "risk": "data-loss",
        "address": address,
        "reason": reason,
    }


def test_many_refusals_alike_are_one() -> None:
    """Many deletions are refused in one line; the way out names each, or says how much more it would allow."""
    shown = lines([], refusals=[risk(f"m{i}") for i in range(7)])
    assert shown[0] == "refused: data-loss: 7 times, Model/acme/: m0, m1, m2, m3, m4 and 2 more: gone"
    assert shown[1] == "    to go on: " + " ".join(f"--allow data-loss=Model/acme/m{i}" for i in range(7))
    many = lines([], refusals=[risk(f"m{i}") for i in range(40)])
    assert many[1].startswith(
        "    to go on: --allow 'data-loss=Model/acme/*'  (this consents for everything of Model/acme/"
    )
    assert len(lines([], refusals=[risk("a"), risk("b")])) == 2 * 2 + 2
    assert len(lines([], refusals=[risk("a"), risk("b"), risk("c", "other")])) == 3 * 2 + 2


def ruled(name: str, where: str = "notices") -> dict[str, Any]:
    """What a policy says of a resource."""
    address, said = f"Model/acme/{name}", "gated: models are gated"
    if where == "notices":
        return {"code": "policy", "message": said, "address": address}
    message = f"policy: {address}: {said}"
    return {
        "code": "policy",
        "message": message,
        "ways": ["waive it", "mend it"],
        "address": address,
        "reason": said,
    }


def test_one_policy_over_many_is_said_once() -> None:
    """A note, and a refusal, of the same words about three resources or more; of two, each has its line."""
    many = lines([], notices=[ruled(f"m{i}") for i in range(287)])
    head = "policy: 287 resources, Model/acme/m0, Model/acme/m1, Model/acme/m2, Model/acme/m3, Model/acme/m4"
    assert many[0] == f"{head} and 282 more: gated: models are gated"
    assert len([line for line in many if line.startswith("policy:")]) == 1
    two = lines([], notices=[ruled("a"), ruled("b")])
    assert two[:2] == [f"policy: Model/acme/{n}: gated: models are gated" for n in "ab"]
    refused = lines([], refusals=[ruled(f"m{i}", "refusals") for i in range(287)])
    assert refused[:3] == [
        "refused: policy: 287 times, Model/acme/: m0, m1, m2, m3, m4 and 282 more: gated: models are gated",
        "    to go on: waive it",
        "    or mend it",
    ]


def test_what_it_waits_for() -> None:
    """The resources whose changes come first, a few by name."""
    shown = lines([change("update", calls=[CALL], dependsOn=[f"Model/a/m{i}" for i in range(7)])])
    named = ", ".join(f"Model/a/m{i}" for i in range(5))
    assert f"    waits for {named} and 2 more" in shown


def test_drift_stands_apart() -> None:
    """Fields that somebody changed on the Hub are named together, below the changes that they are among."""
    moved = {"path": "spec.gated", "op": "change", "before": "auto", "after": "manual", "cause": "drift"}
    written = {**moved, "path": "spec.visibility", "cause": "change"}
    shown = lines([change("update", calls=[CALL], differences=[moved, written])])
    assert "drift: 1 resource changed on the Hub since the last apply: Model/acme/x (gated)" in shown
    assert not any(line.startswith("drift") for line in lines([change("update", differences=[written])]))


def test_long_values_are_cut() -> None:
    """A template of thousands of characters is told by its beginning, and how much is left out; --full has it all."""
    long = {**DIFFERENCE, "before": "a" * 5_000, "after": "b" * 5_000}
    call = {**CALL, "body": {"x": "b" * 5_000}}
    given = [change("update", differences=[long], calls=[call])]
    shown = lines(given)
    assert max(map(len, shown)) < 600
    assert (
        f"    ~ gated: {'a' * 200}… (4,800 more characters) → {'b' * 200}… (4,800 more characters)" in shown
    )
    whole = plan_lines(Report({"changes": given, "notices": []}), full=True)
    assert f"    ~ gated: {'a' * 5_000} → {'b' * 5_000}" in [line.text for line in whole]


def test_what_needs_no_call_has_a_sign() -> None:
    """A dot: a blank would look like more of the change above."""
    assert lines([change("none", notes=["hm"])])[0] == ". Model/acme/x  (no call)"


@pytest.mark.parametrize(("count", "them"), [(1, "it, and it was never sent (--send-unverified sends it)."),
                                             (2, "them, and they were never sent (--send-unverified sends them).")])  # fmt: skip
def test_unverified(count: int, them: str) -> None:
    """One field is not several."""
    view = plan_lines(Report({"changes": [], "notices": [], "summary": {"unverified": count}}))
    s = "" if count == 1 else "s"
    assert view[-1].text == f"{count} field{s} unverified: the Hub does not show {them}"


def test_results() -> None:
    """A line for each change, a count, and what to do about what is not done."""
    outcomes = [
        {"address": "Model/a/b", "action": "create", "status": "applied", "calls": {"done": 2, "total": 2}},
        {
            "address": "Model/a/longer",
            "action": "update",
            "status": "failed",
            "calls": {"done": 0, "total": 1},
            "message": "no\x1b",
        },
        {
            "address": "Model/a/c",
            "action": "update",
            "status": "unknown",
            "calls": {"done": 0, "total": 1},
            "message": "?",
        },
    ]
    assert [line.text for line in result_lines(outcomes)] == [
        "applied  Model/a/b       create  2/2 calls",
        "failed   Model/a/longer  update  0/1 call  no\N{REPLACEMENT CHARACTER}",
        "unknown  Model/a/c       update  0/1 call  ?",
        "Apply: 1 applied, 1 failed, 1 unknown.",
        "what failed is left as it is: mend the cause and run again, only the rest will be done",
        "what became of the unknown ones, the next run finds out",
    ]
    assert result_lines([], "Destroy")[-1].text == "Destroy: nothing to do."
