"""YAML syntax errors in plain words. Only the ones people meet are reworded; the rest keep the parser's text."""

from __future__ import annotations

import yaml

from hfops.manifest.source import Source
from hfops.model.problem import Problem

_HINTS = {
    "mapping values are not allowed": "check the indentation; text that holds ': ' must be quoted",
    "found unexpected end of stream": "a quote or bracket is not closed",
    "did not find expected node content": "a bracket is not closed, or a value is missing",
    "expected the node content": "a bracket is not closed, or a value is missing",
    "did not find expected ',' or": "a bracket is not closed, or a comma is missing",
    "could not find expected ':'": "a key needs ': ' and a value",
    "did not find expected key": "check the indentation, and quote text that begins with * & ! | > ' \" % @ `",
    "did not find expected '-' indicator": "check the indentation: lists and keys cannot be mixed at one level",
    "block sequence entries are not allowed": "check the indentation, and put the list on lines of its own",
    "found unknown escape character": "in double quotes a backslash is written \\\\; single quotes take it as it is",
}


def explain(error: yaml.YAMLError, source: Source) -> Problem:
    """The problem that a parser's error stands for."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(
            f"not valid YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}", source.mark(0)
        )
    offset = error.problem_mark.index
    text = error.problem or "unreadable"
    if _tab(text, source, offset):
        hint: str | None = "indent with spaces: YAML does not allow tabs"
        return Problem("a tab is used for indentation", source.mark(offset), hint=hint)
    if "cannot start any token" in text:
        message = f"{source.at(offset)!r} cannot begin a value"
        return Problem(message, source.mark(offset), hint="put the value in quotes")
    context = f" {error.context}" if error.context else ""
    hint = next((h for start, h in _HINTS.items() if text.startswith(start)), None)
    return Problem(f"not valid YAML: {text}{context}", source.mark(offset), hint=hint)


def _tab(text: str, source: Source, offset: int) -> bool:
    """A tab before the first word of a line, whatever the parser made of it."""
    line_start = max(source.text.rfind("\n", 0, offset), source.text.rfind("\r", 0, offset)) + 1
    indent = source.text[line_start : offset + 1]
    return "tab character" in text or (not indent.strip() and "\t" in indent)
