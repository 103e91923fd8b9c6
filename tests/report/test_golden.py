"""One plan with everything in it, in every format, as it was when somebody last looked at it.

``python -m tests.report.test_golden`` writes the files anew; the diff is what a reviewer reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hfops.kinds.registry import KINDS
from hfops.model.change import Action, Cause
from hfops.model.risk import RiskKind
from hfops.report.build import plan_view
from hfops.report.drift import drift_lines, drift_view
from hfops.report.html import html
from hfops.report.lines import Line
from hfops.report.markdown import markdown
from hfops.report.text import plan_lines
from hfops.report.words import json_text
from tests.report.rich import FOLDED, WHO, rich_drift, rich_plan, rich_report

FOLDER = Path(__file__).parent / "golden"


def text(lines: list[Line]) -> str:
    """Lines, each with its style in front."""
    return "".join(f"{line.style:6} | {line.text}".rstrip() + "\n" for line in lines)


FILES: dict[str, Callable[[], str]] = {
    "plan.txt": lambda: text(plan_lines(rich_report())),
    "plan.json": lambda: json_text(rich_report().to_json(), indent=1) + "\n",
    "plan.md": lambda: markdown(plan_view(rich_report()), marker="<!-- marker -->"),
    "plan.html": lambda: html(plan_view(rich_report())) + "\n",
    "drift.txt": lambda: text(drift_lines(rich_drift(), WHO)),
    "drift.md": lambda: markdown(drift_view(rich_drift(), WHO)),
    "drift.html": lambda: html(drift_view(rich_drift(), WHO)) + "\n",
}


@pytest.mark.parametrize("name", FILES)
def test_golden(name: str) -> None:
    """Every renderer writes what it wrote."""
    assert FILES[name]() == (FOLDER / name).read_text(encoding="utf-8")


def test_the_plan_is_rich() -> None:
    """Every kind, action, risk and cause is in it."""
    plan = rich_plan()
    assert {c.address.kind for c in plan.changes} == set(KINDS)
    assert {c.action for c in plan.changes} == set(Action)
    assert {r.kind for c in plan.changes for r in c.risks} >= set(RiskKind) - {"guard-loosened"}
    assert {d.cause for c in plan.changes for d in c.differences} == set(Cause)


def test_equal_changes_are_one_everywhere() -> None:
    """287 equal changes: one line or entry, with every name behind it, in each format for people."""
    for name, once in (("plan.txt", f"~ {FOLDED} Models"), ("plan.md", f"<code>{FOLDED} Models</code>"),
                       ("plan.html", f'<span class="name">{FOLDED} Models</span>')):  # fmt: skip
        shown = FILES[name]()
        assert shown.count(once) == 1
        assert all(f"bert-{i:03}" in shown for i in range(FOLDED))
    assert sum("bert-" in c["address"] for c in json.loads(FILES["plan.json"]())["changes"]) == FOLDED + 1


if __name__ == "__main__":
    for name, made in FILES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")
