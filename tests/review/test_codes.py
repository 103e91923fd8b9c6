"""Codes are a contract with programs: snake_case, written down, and each can be met."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from hfops.model.change import HeldCode
from hfops.model.risk import RiskCode, RiskKind
from hfops.review.loosened import SAFETY
from tests.kinds.case import CASES, read

ROOT = Path(__file__).parents[2]
SAYING = {"Notice": "notice", "Refusal": "refusal", "Loosened": "guard"}
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ELSEWHERE = {
    RiskCode.HOURLY_INCREASE: (
        "the review weighs it, and a case ends with the plan",
        "tests/review/test_cost.py",
    ),
}
"""Codes that no case can have: why, and which tests have them."""


def cases_of_risks() -> set[str]:
    """Every code that a case of tests/cases expects."""
    cases = [read(path) for path in CASES.glob("*/*.yaml")]
    return {code for case in cases for expected in case.plan or () for code in expected.risks}


def said() -> Iterator[tuple[str, str]]:
    """What every ``Notice(…)``, ``Refusal(…)`` and ``Loosened(…)`` of the code is, and its code."""
    for path in sorted((ROOT / "hfops").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(f"{name}(" in text for name in SAYING):
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
                yield from ((SAYING[node.func.id], code) for code in _codes(node.args[0], path, tree))


def _codes(node: ast.expr, path: Path, tree: ast.Module) -> Iterator[str]:
    """The code itself, or what the name stands for; else it is a risk's own name, and any that needs consent."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        constant = getattr(module, node.id, None)
        yield from [constant] if constant else _assigned(node.id, tree)
    else:
        assert "kind" in ast.unparse(node), f"{path}: what is the code {ast.unparse(node)}?"
        yield from (kind.value.replace("-", "_") for kind in RiskKind if kind.needs_consent)


def _assigned(name: str, tree: ast.Module) -> Iterator[str]:
    """Every word that a variable may be, in whatever function; a pattern stands for each limit of ``safety``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and name in {t.id for t in ast.walk(node) if isinstance(t, ast.Name)}:
            if isinstance(node.value, ast.JoinedStr):
                yield from (f"{limit}_raised" for limit, *_ in SAFETY)
                continue
            texts = (c.value for c in ast.walk(node.value) if isinstance(c, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and SNAKE.fullmatch(text))


def written() -> set[tuple[str, str]]:
    """The rows of the table of codes in docs/reports.md: what it is, and the code."""
    page = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    section = page.partition("\n## Codes\n")[2].partition("\n## ")[0]
    return {(what, code) for code, what in re.findall(r"^\| `([^`]+)` \| (\w+) \|", section, re.MULTILINE)}


def test_every_code_is_written_down() -> None:
    """docs/reports.md names all codes of notices, refusals, looser guards and what is left alone, and no others."""
    assert written() == {*said(), *(("held", code.value) for code in HeldCode)}


def test_codes_are_snake_case() -> None:
    """As the schemas of reports say."""
    codes = {*RiskCode, *HeldCode, *(code for _, code in said())}
    assert [c for c in codes if not SNAKE.fullmatch(c)] == []


def test_every_risk_can_be_met() -> None:
    """Each code is what some case expects, or the test that is named here has it."""
    met = cases_of_risks()
    assert met | ELSEWHERE.keys() == set(RiskCode)
    assert not met & ELSEWHERE.keys()
    for code, (_, test) in ELSEWHERE.items():
        assert code.value in (ROOT / test).read_text(encoding="utf-8")
