"""Rendering a plan of 5,000 changes, each unlike the others, in every format: seconds and characters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hfops.report.build import plan_view
from hfops.report.html import html
from hfops.report.markdown import LIMIT, markdown
from hfops.report.model import Report
from hfops.report.text import plan_lines
from hfops.report.words import json_text

COUNT = 5_000


def change(index: int) -> dict[str, Any]:
    """An update, or every third time a deletion with a risk."""
    name, gone = f"acme/m{index}", index % 3 == 2
    rows = [
        {
            "path": f"spec.{f}",
            "op": "change",
            "before": f"{f} {index}",
            "after": f"{f} {index + 1}",
            "cause": "change",
        }
        for f in ("card.template", "gatedNotificationsEmail", "resourceGroup")
    ]
    calls = [
        {"method": "PUT", "path": f"/api/models/{name}/settings", "body": {"x": index}, "summary": "set"}
    ]
    risks = [{"risk": "data-loss", "reason": f"{index} commits are gone"}] if gone else []
    action = "delete" if gone else "update"
    return {"address": f"Model/{name}", "action": action, "differences": rows, "calls": calls, "risks": risks}


def main() -> None:
    """Measure and print."""
    report = Report({"changes": [change(i) for i in range(COUNT)], "notices": []})
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: "\n".join(line.text for line in plan_lines(report)),
        "json": lambda: json_text(report.to_json(), indent=2),
        "markdown": lambda: markdown(plan_view(report)),
        "html": lambda: html(plan_view(report)),
    }
    for name, form in forms.items():
        start = time.perf_counter()
        text = form()
        print(f"{COUNT} changes, {name}: {time.perf_counter() - start:.2f} s, {len(text)} characters")
    print(f"a comment may have {LIMIT}")


if __name__ == "__main__":
    main()
