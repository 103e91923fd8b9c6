"""GitLab's own channels: files that a merge request shows as a code quality report and as a widget of counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from hfops.report.annotations import Annotation, Severity

_LEVELS = {Severity.ERROR: "blocker", Severity.WARNING: "major", Severity.NOTICE: "info"}


def code_quality(annotations: Sequence[Annotation]) -> list[dict[str, Any]]:
    """``artifacts:reports:codequality``. GitLab takes only findings that have a line."""
    return [_finding(a) for a in annotations if a.where]


def _finding(annotation: Annotation) -> dict[str, Any]:
    where = annotation.where
    assert where is not None
    said = f"{annotation.code}\0{where.file}\0{annotation.message}"
    return {
        "description": annotation.message,
        "check_name": f"hfops.{annotation.code}",
        "fingerprint": hashlib.sha256(said.encode()).hexdigest(),
        "severity": _LEVELS[annotation.severity],
        "location": {"path": where.file, "lines": {"begin": where.line}},
    }


def counts(summary: Mapping[str, int]) -> dict[str, int]:
    """``artifacts:reports:terraform``: what a plan does, in the three numbers that the widget shows."""
    replaced = summary.get("replace", 0)
    return {
        "create": summary.get("create", 0) + replaced,
        "update": summary.get("update", 0) + summary.get("move", 0),
        "delete": summary.get("delete", 0) + replaced,
    }
