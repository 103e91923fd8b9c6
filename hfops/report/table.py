"""Rows of the same keys as an aligned table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hfops.report.lines import Line, cleaned


def table_lines(title: str, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """A title, a head, and a line for each row; numbers to the right, what is not known as ``-``."""
    if not rows:
        return cleaned([Line(f"{title}: none", "title")])
    names = list(rows[0])
    texts = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(t[i]) for t in texts)) for i, name in enumerate(names)]
    right = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in names]
    lines = [Line(title, "title"), Line(_row(names, widths, right), "dim")]
    lines += [Line(_row(text, widths, right)) for text in texts]
    return cleaned([*lines, Line()])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _row(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True))
    return "  ".join(cells).rstrip()
