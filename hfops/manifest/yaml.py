"""``parse``: YAML text to documents with positions. Whatever the text holds, the answer is documents and problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import yaml

from hfops.manifest.compose import Composer
from hfops.manifest.document import Document
from hfops.manifest.expand import expand
from hfops.manifest.nodes import Budget, Map, Node, Scalar, Stop
from hfops.manifest.scalars import Value, resolve
from hfops.manifest.source import Source
from hfops.manifest.syntax import explain
from hfops.manifest.text import found
from hfops.model.problem import Problem
from hfops.model.source import Mark

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Only its events are used, never its constructors; the C one where PyYAML was built with it."""


def parse(
    text: str, file: str, trace: Callable[[Mark], Mark] | None = None
) -> tuple[list[Document], list[Problem]]:
    """All documents of ``text``, and all that is wrong with it. Never raises; time is bounded by the size.

    Rendered text comes with ``trace``, from a place in it to the place in its template.

    After a syntax error, a loop or a bomb the rest of the file is unread. Duplicate keys, keys that are not
    strings and tags are problems too, but their document is still given, so that all errors show at once.
    """
    source, budget = Source(text, file, trace), Budget()
    documents: list[Document] = []
    if problem := source.unprintable():
        return documents, [problem]
    composer = Composer(source, budget)
    try:
        for index, root in enumerate(composer.documents(yaml.parse(source.text, Loader=_LOADER))):
            if isinstance(root, Map):
                documents.append(expand(root, file, index, budget))
            elif not _empty(root):
                composer.problems.append(_not_a_mapping(root))
    except Stop as stop:
        composer.problems.append(stop.problem)
    except yaml.YAMLError as error:
        composer.problems.append(explain(error, source))
    return documents, composer.problems


def parse_value(text: str) -> Value:
    """A single scalar as it would read in a file: ``1`` a number, ``"1"`` a string, ``no`` a string."""
    if text[:1] in ("'", '"'):
        composer = Composer(Source(text, ""), Budget())
        try:
            roots = list(composer.documents(yaml.parse(text, Loader=_LOADER)))
        except yaml.YAMLError:
            return text
        if len(roots) == 1 and isinstance(roots[0], Scalar) and not composer.problems:
            return roots[0].value
        return text
    return resolve(text)


def _empty(root: Node) -> bool:
    return isinstance(root, Scalar) and root.value is None


def _not_a_mapping(root: Node) -> Problem:
    what = found(root.value, root.raw) if isinstance(root, Scalar) else "a list"
    message = f"a document must be a mapping of fields, found {what}"
    return Problem(message, root.mark, hint="a manifest begins with apiVersion: hfops/v1 and kind:")
