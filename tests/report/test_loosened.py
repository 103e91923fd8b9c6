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
from hfops.review.rules import BASE_MEANS, BY_BASE
from hfops.review.ways import FIRST, ON_PIPELINE, WAIVER, consents_of_base, entry
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


@pytest.mark.parametrize("marked", [0, 1, 3])
def test_the_mark_of_the_base_is_explained_once(marked: int) -> None:
    """However many refusals bear it, and not where none does; in every form."""
    refusals = [
        {"code": "c", "message": f"refusal {i}{BY_BASE if i < marked else ''}", "ways": [WAIVER]}
        for i in range(4)
    ]
    told = Report(Plan(()).to_json(), refusals)
    view = plan_view(told)
    text = "\n".join(line.text for line in plan_lines(told))
    for shown in (text, markdown(view), html(view)):
        assert shown.count(BASE_MEANS) == bool(marked)
        assert shown.count(BY_BASE.strip()) == marked + bool(marked)
        assert not marked or shown.index(BASE_MEANS) < shown.index("refusal 0")


def test_ways_are_sentences() -> None:
    """Only what is typed or written is set as code; a terminal shows it as it is to be typed."""
    ways = consents_of_base("--allow cost=Space/acme/x", entry("cost", "Space/acme/x"))
    told = Report(Plan(()).to_json(), [{"code": "c", "message": "m", "ways": list(ways)}])
    view = plan_view(told)
    allow = "allow: [{risk: cost, address: Space/acme/x, reason: …}]"
    assert (
        "  - to go on: on the pipeline's command line: `--allow cost=Space/acme/x`\n"
        f"  - or consent in a pull request of its own, merged first: a Changes document with `{allow}`\n"
    ) in markdown(view)
    assert f"</span> consent {FIRST}: a Changes document with <code>{allow}</code></li>" in html(view)
    assert "    to go on: on the pipeline's command line: --allow cost=Space/acme/x" in [
        line.text for line in plan_lines(told)
    ]


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
            "code": "exposure", "message": f"exposure: Model/acme/{i}: open{BY_BASE}", "ways": ["the way", f"consent {FIRST}"],
            "risk": "exposure", "address": f"Model/acme/{i}", "reason": f"open{BY_BASE}", "base": True,
        }
        for i in range(count)
    ]  # fmt: skip
    own = [
        r | {"base": False, "reason": "open", "address": f"Model/other/{i}"} for i, r in enumerate(refusals)
    ]
    stops = plan_view(Report(Plan(()).to_json(), [*refusals, *own])).stops
    theirs = [s for s in stops if BY_BASE in s.message and "other" not in s.message]
    assert all(s.ways[-1].startswith(f"consent {FIRST}") for s in theirs)
    if count >= FOLD_FROM:
        assert len(stops) == 2
        assert theirs[0].ways[0].startswith(f"{ON_PIPELINE}`--allow ")
        assert "in a Changes document" in stops[1].ways[1]
