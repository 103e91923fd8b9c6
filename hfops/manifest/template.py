"""``*.yaml.j2``: Jinja2 in a sandbox, the same text every time, and every rendered line traced to its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError

from hfops.manifest.guard import GuardedEnvironment, Limit
from hfops.manifest.text import clip
from hfops.model.problem import Problem
from hfops.model.source import Mark

MAX_OUTPUT: Final = 5 * 1024 * 1024
_OPEN, _SHUT = "\ufdd0", "\ufdd1"
"""Noncharacters that no valid text holds: they fence the line numbers that travel through the rendering."""
_FENCED = re.compile(f"{_OPEN}([0-9]+){_SHUT}")
_LINE_END = re.compile(r"\r\n|\n|\r")
_OPAQUE = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)
"""What these produce is a value to the template, so it must not carry line numbers."""
_OTHER_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


@dataclass(frozen=True)
class Rendered:
    """Rendered text; ``lines[i]`` is the template's line (from 1) that line ``i + 1`` of the text comes from."""

    text: str
    lines: tuple[int, ...]


class Tracer:
    """From places in rendered text to places in its template."""

    def __init__(self, template: str, rendered: Rendered) -> None:
        self._template = _LINE_END.split(template)
        self._rendered = _LINE_END.split(rendered.text)
        self._lines = rendered.lines
        self._same: dict[int, int] = {}

    def __call__(self, mark: Mark) -> Mark:
        """The template's line; the column as far as the two lines read the same."""
        line = self._lines[min(mark.line, len(self._lines)) - 1]
        if mark.line not in self._same:
            self._same[mark.line] = _common(self._template[line - 1], self._rendered[mark.line - 1])
        return Mark(mark.file, line, min(mark.column, self._same[mark.line] + 1))


def render(text: str, file: str, context: Mapping[str, Any]) -> str | Problem:
    """``text`` rendered with ``context``, or what is wrong and where."""
    done = render_traced(text, file, context)
    return done if isinstance(done, Problem) else done.text


def render_traced(text: str, file: str, context: Mapping[str, Any]) -> Rendered | Problem:
    """Like ``render``, with the origin of every line."""
    if (at := next((i for i, c in enumerate(text) if c in (_OPEN, _SHUT)), -1)) >= 0:
        line = text.count("\n", 0, at) + 1
        return Problem(f"the character U+{ord(text[at]):04X} is not allowed in a template", Mark(file, line))
    try:
        return _trace(_rendered(text, context))
    except TemplateSyntaxError as error:
        return Problem(f"template: {_sentence(error)}", Mark(file, error.lineno))
    except Exception as error:  # noqa: BLE001 - a template can make any filter or operator fail, in its own way
        return Problem(f"template: {_failure(error)}", Mark(file, _line(error)))


def evaluate(expression: str, where: Mark, context: Mapping[str, Any]) -> Any:
    """The value of one expression, or the Problem at ``where``."""
    try:
        environment = GuardedEnvironment(context)
        return _plain(environment.compile_expression(expression, undefined_to_none=False)(**context))
    except TemplateSyntaxError as error:
        return Problem(f"template: {_sentence(error)}", where)
    except Exception as error:  # noqa: BLE001 - an expression can make any filter or operator fail, in its own way
        return Problem(f"template: {_failure(error)}", where)


def _plain(value: Any) -> Any:
    """A value as manifests hold them. Raises what an undefined one raises, and TypeError for what is no data."""
    if isinstance(value, Undefined):
        str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    raise TypeError(f"a {type(value).__name__} is no value of a manifest")


def _rendered(text: str, context: Mapping[str, Any]) -> str:
    environment = GuardedEnvironment(context)
    tree = environment.parse(text)
    if other := next(tree.find_all(_OTHER_FILES), None):
        raise TemplateSyntaxError("other templates cannot be included", other.lineno)
    _fence(tree)
    return _collect(environment.from_string(tree).generate(**context))


def _failure(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep, or a macro that calls itself"
    if isinstance(error, Limit | MemoryError):
        return f"stopped: {str(error) or 'too much memory'}"
    prefix = "not allowed: " if isinstance(error, SecurityError) else ""
    return prefix + _sentence(error)


def _collect(chunks: Iterable[str]) -> str:
    out, size = list[str](), 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_OUTPUT:
            raise Limit(f"the result is larger than {MAX_OUTPUT // 1024 // 1024} MB")
        out.append(chunk)
    return "".join(out)


def _fence(node: nodes.Node) -> None:
    """Put the line number before every piece of output, and after every line end within it."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Output):
            child.nodes = [piece for part in child.nodes for piece in _fenced(part)]
        elif not isinstance(child, _OPAQUE):
            _fence(child)


def _fenced(part: nodes.Expr) -> list[nodes.Expr]:
    start = _number(part.lineno)
    if not isinstance(part, nodes.TemplateData):
        return [nodes.TemplateData(start, lineno=part.lineno), part]
    lines = part.data.split("\n")
    numbered = "\n".join(_number(part.lineno + i) + line for i, line in enumerate(lines))
    return [nodes.TemplateData(numbered, lineno=part.lineno)]


def _number(line: int) -> str:
    return f"{_OPEN}{line}{_SHUT}"


def _trace(fenced: str) -> Rendered:
    """Take the numbers out again. A line comes from where its first visible character does."""
    texts, lines, current = [], [], 1
    for line in _LINE_END.split(fenced):
        origin: int | None = None
        pieces = _FENCED.split(line)
        for i, piece in enumerate(pieces):
            if i % 2:
                current = int(piece)
            elif origin is None and piece.strip():
                origin = current
        texts.append("".join(pieces[::2]))
        lines.append(origin or current)
    return Rendered("\n".join(texts), tuple(lines))


def _line(error: BaseException) -> int:
    """The template's line that an error came from: the innermost one on its traceback."""
    line, frame = 1, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _sentence(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return clip(text.splitlines()[0].rstrip("."), 200)


def _common(one: str, other: str) -> int:
    """How many characters two lines have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
