"""The register of risks is what the code raises, and docs/risks.md is what the register says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hfops.kinds.registry import KINDS
from hfops.model.risk import RiskCode, RiskKind
from hfops.review.dangers import DANGERS, MEANINGS, page

ROOT = Path(__file__).parents[2]
HOMES = ("kinds", "review", "engine")


def raised() -> Iterator[tuple[str, str, str, str]]:
    """Every ``Risk(…)`` of the code: module, risk, code, and the words of its reason, ``…`` for what differs."""
    for path in sorted(p for home in HOMES for p in (ROOT / "hfops" / home).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text if "Risk(" in text else "")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Risk":
                risk, code, reason = node.args[:3]
                assert isinstance(risk, ast.Attribute), ast.dump(node)
                assert isinstance(code, ast.Attribute), ast.dump(node)
                source = path.relative_to(ROOT / "hfops").as_posix()
                for words in _words(reason, tree):
                    yield source, RiskKind[risk.attr].value, RiskCode[code.attr].value, words


def _words(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)
    else:
        assert isinstance(node, ast.Name), ast.dump(node)
        found = [
            a.value
            for a in ast.walk(tree)
            if isinstance(a, ast.Assign) and [t.id for t in a.targets if isinstance(t, ast.Name)] == [node.id]
        ]
        texts = [v for v in found if isinstance(v, ast.JoinedStr | ast.Constant)]
        assert texts, f"no words for {node.id}"
        for text in texts:
            yield from _words(text, tree)


def test_the_register_is_what_the_code_raises() -> None:
    """Each place that raises a risk has its entry with the same words, and no entry is about a place that is gone."""
    assert {(d.source, d.risk.value, d.code.value, d.reason) for d in DANGERS} == set(raised())


def test_every_risk_is_explained() -> None:
    """Each of the five has a meaning and at least one place; entries name kinds that there are, none twice."""
    assert set(MEANINGS) == set(RiskKind) == {d.risk for d in DANGERS}
    assert {k for d in DANGERS for k in d.kinds} <= set(KINDS)
    keys = [(d.risk, d.kinds, d.reason) for d in DANGERS]
    assert len(keys) == len(set(keys))


def test_a_code_is_one_reason_of_one_risk() -> None:
    """Every code is raised somewhere; wherever it is, it is the same risk in the same words."""
    assert {d.code for d in DANGERS} == set(RiskCode)
    assert len({(d.code, d.risk, d.reason) for d in DANGERS}) == len(RiskCode)
    assert len({d.reason for d in DANGERS}) == len(RiskCode)


def test_the_page_is_current() -> None:
    """docs/risks.md is what ``python -m hfops.review.dangers`` prints; run it where this fails."""
    assert (ROOT / "docs/risks.md").read_text(encoding="utf-8") == page()
