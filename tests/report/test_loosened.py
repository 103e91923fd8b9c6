"""What a change does to its own gate is shown before anything else, wherever a plan is shown."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from hfops.model.plan import Plan
from hfops.model.source import Mark
from hfops.report.build import plan_view
from hfops.report.folding import FOLD_FROM
from hfops.report.html import html
from hfops.report.markdown import LIMIT, markdown
from hfops.report.model import Report, Usage, masked, report
from hfops.report.room import size
from hfops.report.text import plan_lines
from hfops.report.view import LOOSENED
from hfops.review.loosening import Loosened
from hfops.review.rules import BY_BASE, MERGE, ON_PIPELINE
from tests.report.rich import rich_plan
from tests.report.test_commands import checked


def made(*loosened: Loosened, plan: Plan | None = None) -> Report:
    """A report of a plan, an empty one unless another is given."""
    return report(plan or Plan(()), (), Usage(1), "https://huggingface.co", loosened)


def many(count: int) -> list[Loosened]:
    """As many as that, each at a place of its own."""
    return [Loosened("waiver_added", f"waiver {i:04} is new", Mark("m.yaml", i + 1)) for i in range(count)]


def test_first_of_all_risks() -> None:
    """Before the risks of resources, without resources of its own, and without asking for consent."""
    view = plan_view(made(*many(2), plan=rich_plan()))
    first, *others = view.perils
    assert (first.kind, first.consent, first.addresses) == (LOOSENED, False, ())
    assert list(first.reasons) == ["waiver 0000 is new (m.yaml:1:1)", "waiver 0001 is new (m.yaml:2:1)"]
    assert all(p.addresses for p in others)


@pytest.mark.parametrize("count", [1, 12, 13, 20, 21, 31, 2_000])
def test_however_many(count: int) -> None:
    """The first are told, the others counted; a comment keeps to its size."""
    seen = made(*many(count))
    text = [line.text for line in plan_lines(seen)]
    assert text[0].startswith(f"! guard-loosened: {count} rule")
    assert sum("is new" in line for line in text) == min(count, 20)
    comment, page = markdown(plan_view(seen)), html(plan_view(seen))
    assert size(comment) <= LIMIT
    assert (comment.count("is new"), page.count("is new")) == (min(count, 12), min(count, 30))
    assert f"{count} rule" in comment
    if count > 30:
        assert f"and {count - 12} more" in comment
        assert f"and {count - 20} more" in "\n".join(text)
        assert f"and {count - 30} more" in page


def test_in_json() -> None:
    """A key of its own, as the schema has it; absent where nothing became looser."""
    for loosened in ([], [*many(1), Loosened("policy_removed", "gone")]):
        said = made(*loosened).to_json()
        checked("plan", said)
        assert ("guardLoosened" in said) is bool(loosened)
    said["guardLoosened"][0]["code"] = "Not a code"
    with pytest.raises(jsonschema.ValidationError, match="Not a code"):
        checked("plan", said)


def test_secrets_are_masked() -> None:
    """Words of the rules pass the mask like all others."""
    hidden = masked(
        made(Loosened("policy_removed", "policy p is gone: s3cret")), lambda t: t.replace("s3cret", "***")
    )
    assert hidden.loosened == [{"code": "policy_removed", "message": "policy p is gone: ***"}]


@pytest.mark.parametrize("count", [2, 5, 20])
def test_many_that_the_base_refuses(count: int) -> None:
    """Folded like others, and the ways out offer no edit of these manifests, however many they are."""
    refusals: list[dict[str, Any]] = [
        {
            "code": "exposure", "message": f"exposure: Model/acme/{i}: open{BY_BASE}", "ways": ["the way", MERGE],
            "risk": "exposure", "address": f"Model/acme/{i}", "reason": f"open{BY_BASE}", "base": True,
        }
        for i in range(count)
    ]  # fmt: skip
    own = [
        r | {"base": False, "reason": "open", "address": f"Model/other/{i}"} for i, r in enumerate(refusals)
    ]
    stops = plan_view(Report(Plan(()).to_json(), [*refusals, *own])).stops
    theirs = [s for s in stops if BY_BASE in s.message and "other" not in s.message]
    assert all(s.ways[-1] == MERGE and "Changes" not in "".join(s.ways) for s in theirs)
    if count >= FOLD_FROM:
        assert len(stops) == 2
        assert theirs[0].ways[0].startswith(f"{ON_PIPELINE}--allow ")
        assert "in a Changes document" in stops[1].ways[1]
