"""A YAML file of data: one list, or one mapping, at the top."""

from __future__ import annotations

from typing import Any

import yaml

from hfops.manifest.compose import Composer
from hfops.manifest.document import as_written
from hfops.manifest.expand import expand
from hfops.manifest.nodes import Budget, Edge, Map, Scalar, Stop
from hfops.manifest.source import Source
from hfops.manifest.syntax import explain
from hfops.model.problem import Problem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def list_or_map(text: str, file: str) -> Any:
    """The list or mapping that the text holds, by the rules of manifests. Raises ValueError with what is wrong."""
    source, budget = Source(text, file, None), Budget()
    if problem := source.unprintable():
        raise ValueError(_said(problem))
    composer = Composer(source, budget)
    try:
        roots = list(composer.documents(yaml.parse(source.text, Loader=_LOADER)))
        if len(roots) != 1 or isinstance(roots[0], Scalar):
            raise ValueError("expected one document with a list or a mapping")
        top = Map(roots[0].mark, {"top": Edge(roots[0], roots[0].mark)})
        data = as_written(expand(top, file, 0, budget), ("top",))
    except Stop as stop:
        raise ValueError(_said(stop.problem)) from None
    except yaml.YAMLError as error:
        raise ValueError(_said(explain(error, source))) from None
    if composer.problems:
        raise ValueError(_said(composer.problems[0]))
    return data


def _said(problem: Problem) -> str:
    line = f"line {problem.where.line}: " if problem.where else ""
    return f"{line}{problem.message}"
