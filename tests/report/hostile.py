"""Texts that would break out of a report if one let them, and plans that hold one in every field."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hfops.report.model import Report

PIECES = (
    "`", "``", "```", "~~~", "\n", "\r\n", "\n\n", "\t", "\x1b[31m", "\x1b]8;;https://evil.example\x07", "\x00", "\x7f", "\x9b2J",
    "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u0085", "\u00ad", "\U000e0041", "\ud800",
    "<script>alert(1)</script>", "</script>", "</style>", "<img src=x onerror=alert(1)>", "<!--", "-->", "</details>",
    "</summary>", "</code>", "<details open>", "&lt;", "&#60;b&#62;", '"', "'", "' onclick='x", "{{ 7 * 7 }}", "{% x %}",
    "[link](https://evil.example)", "![image](https://evil.example/x.png)", "[ref]: https://evil.example", "<https://evil.example>",
    "https://evil.example", "www.evil.example", "mallory@evil.example", "@everyone", "@acme/team", "#123", "GH-1",
    "acme/hub#7", "!42", "$`x`$", ":tada:", "*", "**", "_", "__", "~~", "|", "\\", "\\`", "# heading", "> quote", "- item", "1. item",
    "2) item", "===", "---", "***", "| a | b |", "+ forged", "- forged", "@@ -1 +1 @@", "    indented", "3f2a91cdeadbeef0", "deadbee",
    "javascript:alert(1)", "\u0430dmin", "Ünïcödé", "漢字", "\U0001f600", "word", "the repository", " ", "  ",
)  # fmt: skip

TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), min_size=1, max_size=7).map("".join)
NAMES = TEXTS.map(lambda text: text.replace("/", "\u2215") or "x")
"""Names in addresses; a slash would make another address."""


def plan_of(text: str, name: str, action: str = "update") -> Report:
    """A report with ``text`` in every field that holds foreign words, and ``name`` in every address."""
    address = f"Model/{name}/{name}"
    differences = [
        {"path": f"spec.{text}", "op": op, "before": text, "after": {"x": text}, "cause": "both", "recorded": text,
         "note": text, "held": held, "risks": []}
        for op, held in (("add", ""), ("remove", ""), ("change", ""), ("change", text))
    ]  # fmt: skip
    call = {
        "method": "PUT", "path": f"/api/{text}/{{slot}}", "body": {"k": text, text: [text]}, "summary": text,
        "slots": {"slot": {"$deferred": {"label": text}}},
    }  # fmt: skip
    change: dict[str, Any] = {
        "address": address, "action": action, "movedFrom": address, "where": f"{text}:1:1", "adopts": True,
        "risks": [{"risk": "data-loss", "reason": text}], "differences": differences, "calls": [call], "released": [text],
        "unverified": [text], "notes": [text], "dependsOn": [f"Space/{name}/other"], "restarts": True, "starting": text,
        "failing": text, "drift": text, "cost": {"before": {"low": 0, "high": 0}, "after": {"low": 0, "high": 1}},
    }  # fmt: skip
    single = {**change, "address": f"Model/{name}/{name}2", "differences": differences[2:3]}
    several = [{"address": f"Space/{name}/{name}{i}", "action": action, "notes": [text]} for i in range(3)]
    plan = {
        "project": text, "environment": text, "changes": [change, single, *several], "unmanaged": [address],
        "cost": change["cost"], "summary": {"unverified": 1},
        "notices": [{"code": "c", "message": text, "address": address}, {"code": "policy", "message": text}],
    }  # fmt: skip
    refusal = {"code": "c", "message": text, "ways": [text, text]}
    return Report(plan, [refusal], {"requests": 3}, text)


def drift_of(report: Report) -> tuple[Report, dict[str, dict[str, str]]]:
    """The same as drift, with actors of that name."""
    text = report.hub
    return report, {c["address"]: {"user": text, "at": text, "type": text} for c in report.plan["changes"]}
