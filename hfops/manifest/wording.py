"""Findings in plain words: what was found, what was expected, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from hfops.manifest.locate import ABSENT, Finding
from hfops.manifest.scalars import resolve
from hfops.manifest.shape import Shapes
from hfops.manifest.text import clip, did_you_mean, double, found, one_of, shown, single, suggest

Words = tuple[str, str | None]
"""A message and a hint."""

_TRUE = frozenset(("true", "yes", "on", "y"))
_FALSE = frozenset(("false", "no", "off", "n"))
_EXPECTED: Final = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
    "none_required": "null",
    "date_type": "a date like 2026-12-31",
    "date_parsing": "a date like 2026-12-31",
    "date_from_datetime_parsing": "a date like 2026-12-31",
    "date_from_datetime_inexact": "a date like 2026-12-31",
    "datetime_type": "a time like 2026-12-31T12:00:00Z",
    "datetime_parsing": "a time like 2026-12-31T12:00:00Z",
    "datetime_from_date_parsing": "a time like 2026-12-31T12:00:00Z",
    "finite_number": "a finite number",
    "url_parsing": "a URL",
    "url_type": "a URL",
}
_LIMITS: Final = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} in the list",
    "too_long": "at most {max_length} in the list",
}


def words(finding: Finding, shapes: Shapes, raw: str | None) -> Words:
    """The message and hint for a finding. ``raw`` is the source text of its value, where that was no string."""
    special: dict[str, Callable[[Finding, Shapes, str | None], Words]] = {
        "missing": _missing,
        "extra_forbidden": _unknown_field,
        "literal_error": _unknown_value,
        "enum": _unknown_value,
        "union": _union,
        "form": _form,
        "value_error": _said,
        "assertion_error": _said,
        "union_tag_invalid": _tag,
        "union_tag_not_found": _tag,
        "string_too_short": _short,
        "string_pattern_mismatch": _pattern,
    }
    if finding.kind in special:
        return special[finding.kind](finding, shapes, raw)
    if limit := _LIMITS.get(finding.kind):
        return f"expected {limit.format(**finding.context)}, found {_count(finding, raw)}", None
    if expected := _EXPECTED.get(finding.kind):
        return f"expected {expected}, found {found(finding.value, raw)}", instead(
            expected, finding.value, raw
        )
    return clip(finding.message.replace("Input should be", "expected"), 200), None


def instead(expected: str, value: Any, raw: str | None = None) -> str | None:
    """What to write in place of ``value`` where ``expected`` was expected; None where that cannot be known."""
    if "a string" in expected and isinstance(value, bool | int | float):
        return f"write it in quotes: {double(raw or shown(value))}"
    if value is None:
        return "give it a value, or leave it out"
    if "true or false" in expected:
        return _flag(value)
    if expected == "a list" and not isinstance(value, dict):
        return f"write it as a list: [{shown(value)}]"
    return _digits(value) if "number" in expected and isinstance(value, str) else None


def _digits(value: str) -> str | None:
    if isinstance(number := resolve(value), int | float) and not isinstance(number, bool):
        return f"write it without quotes: {clip(value)}"
    return "write it in decimal digits only" if re.match(r"[-+]?\.?[0-9]", value) else None


def _flag(value: Any) -> str | None:
    if isinstance(value, int | float):
        return {1.0: "write true", 0.0: "write false"}.get(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("true", "false"):
        return f"write it without quotes: {word}"
    return "write true" if word in _TRUE else "write false" if word in _FALSE else None


def _missing(finding: Finding, _shapes: Shapes, _raw: str | None) -> Words:
    return f"the field {single(str(finding.path[-1]))} is required", None


def _unknown_field(finding: Finding, shapes: Shapes, _raw: str | None) -> Words:
    name = str(finding.path[-1])
    known = list(shapes.fields(finding.schema)) if finding.schema else []
    return f"unknown field {single(name)}", did_you_mean(name, known, else_list="known fields")


def _unknown_value(finding: Finding, shapes: Shapes, raw: str | None) -> Words:
    allowed = shapes.allowed(finding.schema) if finding.schema else []
    return _not_among(finding.value, allowed, raw)


def _not_among(value: Any, allowed: list[Any], raw: str | None) -> Words:
    texts = [v for v in allowed if isinstance(v, str)]
    listed = f"expected {one_of(map(shown, allowed))}" if allowed else None
    if not isinstance(value, str):
        if raw is not None and raw in texts:
            return f"{listed}, found {found(value, raw)}", f"write it in quotes: {double(raw)}"
        return f"{listed or 'unknown value'}, found {found(value, raw)}", None
    if any(isinstance(v, bool) for v in allowed) and (hint := _flag(value)):
        return f"{listed}, found {double(value)}", hint
    near = suggest(value, texts)
    return f"unknown value {single(value)}", f"did you mean '{near}'?" if near else listed


def _union(finding: Finding, shapes: Shapes, raw: str | None) -> Words:
    if not finding.schema:
        return "unknown value", None
    allowed, expected = shapes.allowed(finding.schema), shapes.words(finding.schema)
    if allowed and len(allowed) == len(expected):
        return _not_among(finding.value, allowed, raw)
    near = suggest(finding.value, map(str, allowed)) if isinstance(finding.value, str) else None
    hint = f"did you mean '{near}'?" if near else instead(one_of(expected), finding.value, raw)
    return f"expected {one_of(expected)}, found {found(finding.value, raw)}", hint


def _form(finding: Finding, shapes: Shapes, _raw: str | None) -> Words:
    branches = shapes.branches(finding.schema) if finding.schema else None
    forms = [shapes.form(b) for _, b in branches or [] if shapes.fields(b)]
    keys = [str(k) for k in finding.value]
    message = f"unknown form with {one_of(map(single, keys[:3]), 'and')}" if keys else "an empty mapping"
    near = next((n for _, b in branches or [] if keys and (n := suggest(keys[0], shapes.fields(b)))), None)
    return message, f"did you mean '{near}'?" if near else f"expected {one_of(forms)}"


def _said(finding: Finding, _shapes: Shapes, _raw: str | None) -> Words:
    error = finding.context.get("error")
    message = str(error) if error is not None and str(error) else finding.message
    return message, getattr(error, "hint", None)


def _tag(finding: Finding, shapes: Shapes, raw: str | None) -> Words:
    name = str(finding.context.get("discriminator", "")).strip("'")
    tags = [tag for tag, _ in (shapes.branches(finding.schema) if finding.schema else None) or []]
    value = finding.value.get(name, ABSENT) if isinstance(finding.value, dict) else ABSENT
    if value is ABSENT:
        return f"the field {single(name)} is required", f"one of {one_of(tags)}" if tags else None
    message, hint = _not_among(value, list(tags), raw)
    return f"{name}: {message}", hint


def _short(finding: Finding, _shapes: Shapes, _raw: str | None) -> Words:
    least = finding.context.get("min_length", 1)
    return "must not be empty" if least == 1 else f"expected at least {least} characters", None


def _pattern(finding: Finding, _shapes: Shapes, raw: str | None) -> Words:
    pattern = finding.context.get("pattern", "")
    return f"expected text that matches {clip(str(pattern), 100)}, found {found(finding.value, raw)}", None


def _count(finding: Finding, raw: str | None) -> str:
    if isinstance(finding.value, list | tuple | dict):
        return str(finding.context.get("actual_length", len(finding.value)))
    return f"{len(finding.value)}" if finding.kind == "string_too_long" else found(finding.value, raw)
