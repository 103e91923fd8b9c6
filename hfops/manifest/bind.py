"""``bind``: a document's data to a model, or every problem it has, each at its line."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from hfops.manifest.document import Document, shown_path
from hfops.manifest.locate import Finding, findings
from hfops.manifest.shape import Shapes
from hfops.manifest.strict import Complaint
from hfops.manifest.text import suggest
from hfops.manifest.wording import words
from hfops.model.problem import Problem
from hfops.model.source import Path

__all__ = ["Complaint", "bind", "suggest"]

Model = TypeVar("Model", bound=BaseModel)
_DOCUMENT: Final = object()


def bind(
    model: type[Model], document: Document, at: Path = (), address: str | None = None, data: Any = _DOCUMENT
) -> Model | list[Problem]:
    """The part of ``document`` at ``at`` (or ``data``, written there) as a ``model``, else what is wrong with it.

    Validation is strict, by JSON's rules: a YAML list is a tuple's or a set's form, a string an enum's or a
    date's; nothing else is converted. ``at`` must exist unless ``data`` is given.
    """
    if data is _DOCUMENT:
        data = document.data
        for part in at:
            data = data[part]
    try:
        return _validate(model, data)
    except ValidationError as error:
        shapes = _shapes(model)
        raw = error.errors(include_url=False, include_input=False)
        return [_problem(f, shapes, document, at, address) for f in findings(shapes, data, raw)]


def _validate(model: type[Model], data: Any) -> Model:
    # A strict argument would overrule a strict model's own exceptions.
    strict = None if model.model_config.get("strict") else True
    try:
        text = json.dumps(data)
    except (TypeError, ValueError):
        return model.model_validate(data, strict=strict)
    return model.model_validate_json(text, strict=strict)


@lru_cache(maxsize=256)
def _shapes(model: type[BaseModel]) -> Shapes:
    return Shapes(model.__pydantic_core_schema__)


def _problem(finding: Finding, shapes: Shapes, document: Document, at: Path, address: str | None) -> Problem:
    path = (*at, *finding.path)
    message, hint = words(finding, shapes, document.raw.get(path))
    if finding.kind == "missing":
        where = document.mark(path[:-1])
    else:
        where = document.key_mark(path) if finding.kind == "extra_forbidden" else document.mark(path)
    return Problem(message, where, address, shown_path(path), hint)
