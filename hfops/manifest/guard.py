"""The sandbox that templates run in: no files, nothing random, and limits on steps and sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from hfops.manifest.text import clip, did_you_mean, single

MAX_STEPS: Final = 500_000
"""Loop turns and calls in one rendering."""
MAX_TEXT: Final = 5 * 1024 * 1024
"""Characters, list entries or bits that one operator may produce."""
_WIDE_FORMAT = re.compile(r"[%:)][-+ #0<>=^.,]{0,8}[0-9]{6}|%[-+ #0]{0,8}[0-9]*\.?\*")
"""A width of six digits, or one that is a value of its own."""
MAX_WRAPPED: Final = 20_000
"""Characters that ``wordwrap`` may be given: it takes time by their square."""
_SIZED_FILTERS = ("batch", "center", "format", "indent", "round", "slice", "truncate", "wordwrap")


class Limit(Exception):
    """A template that would run or grow without end."""


class _Wrapper(NodeTransformer):
    """Sends every loop and every ``~`` through the guard."""

    def visit_For(self, node: nodes.For, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - jinja2's name
        """``for x in y`` counts its turns."""
        self.generic_visit(node, *args, **kwargs)
        node.iter = nodes.Filter(node.iter, "_counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - jinja2's name
        """``a ~ b`` minds its size."""
        self.generic_visit(node, *args, **kwargs)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "_joined", [], [], None, None, lineno=node.lineno)


class GuardedEnvironment(ImmutableSandboxedEnvironment):
    """An environment for one rendering with ``context``: it counts, so it is not used twice."""

    intercepted_binops = frozenset(["*", "**", "+", "%"])

    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__(undefined=_undefined(context), keep_trailing_newline=True, finalize=_as_yaml)
        # Constants are not worked out while a template is compiled: nothing counts there.
        self.optimized = False
        self._steps = 0
        del self.filters["random"], self.globals["lipsum"]
        for name in _SIZED_FILTERS:
            self.filters[name] = _sized(self.filters[name], format_first=name == "format")
        for name, check in _CHECKED_FILTERS.items():
            self.filters[name] = _checked(self.filters[name], check)
        self.filters |= {"_counted": self._counted, "_joined": _joined}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """The template's tree, with the guards built in."""
        tree: nodes.Template = _Wrapper().visit(super()._parse(source, name, filename))
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``vars.items`` is the variable of that name where there is one, not the method."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call from the template: counted, and without numbers that only make things huge."""
        self._step()
        text = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)
        if isinstance(text, str) and "format" in getattr(obj, "__name__", ""):
            _narrow(text)
        _small(*args, *kwargs.values())
        if isinstance(text, str):
            _METHODS.get(getattr(obj, "__name__", ""), _anything)(text, *args, **kwargs)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operator that can make something large out of something small."""
        if operator == "%" and isinstance(left, str):
            _narrow(left)
        _size(_result_size(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Limit(f"more than {MAX_STEPS:,} loop turns and calls")

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self._step()
            yield value


def _undefined(context: Mapping[str, Any]) -> type[StrictUndefined]:
    """StrictUndefined that knows what the template could have meant."""

    class Unknown(StrictUndefined):
        __slots__ = ()

        @property
        def _undefined_message(self) -> str:
            name, of = str(self._undefined_name), self._undefined_obj
            if self._undefined_hint:
                return self._undefined_hint
            if of is missing:
                return _with(
                    f"{single(name)} is not defined", did_you_mean(name, context, else_list="defined")
                )
            if isinstance(of, Mapping):
                owner = next((k for k, v in context.items() if v is of), "the mapping")
                return _with(
                    f"{owner} has no {single(name)}", did_you_mean(name, map(str, of), else_list="it has")
                )
            return clip(super()._undefined_message, 200)

    return Unknown


def _with(message: str, hint: str | None) -> str:
    return f"{message} ({hint})" if hint else message


def _as_yaml(value: Any) -> Any:
    """What ``{{ value }}`` writes: text as it is, the rest as YAML reads it again."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    if callable(value) and not isinstance(value, Undefined):
        raise TypeError("a function stands here without its call")
    return value


def _sized(function: Callable[..., Any], *, format_first: bool) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if format_first:
            _narrow(str(args[0]))
        _small(*args[1:], *kwargs.values())
        return function(*args, **kwargs)

    return guarded


def _checked(function: Callable[..., Any], check: Callable[..., None]) -> Callable[..., Any]:
    """``function``, which gets its arguments once ``check`` has seen them; some filters begin with an environment."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        values = [a for a in args if not isinstance(a, ImmutableSandboxedEnvironment | EvalContext)]
        check(*values, **kwargs)
        return function(*args, **kwargs)

    return guarded


def _anything(*_: object, **__: object) -> None:
    """No check."""


def _wraps(text: object, *_: object, **__: object) -> None:
    if isinstance(text, str) and len(text) > MAX_WRAPPED:
        raise Limit(f"more than {MAX_WRAPPED:,} characters to wrap")


def _replaces(text: object, old: object = "", new: object = "", *_: object, **named: object) -> None:
    """Refuse to replace where the result could be huge, without counting what is found."""
    text, old, new = str(text), str(named.get("old", old)), str(named.get("new", new))
    _size(len(text) + (len(text) // max(1, len(old)) + 1) * len(new))


def _joins(between: object, values: object = (), *_: object, **__: object) -> None:
    """``', '.join(values)``: what is between counts once for each."""
    if isinstance(values, list | tuple):
        _size(len(str(between)) * len(values) + sum(len(v) for v in values if isinstance(v, str)))


def _joins_filter(values: object, d: object = "", *_: object, **__: object) -> None:
    _joins(d, values)


_METHODS: Final[Mapping[str, Callable[..., None]]] = {"replace": _replaces, "join": _joins}
"""What is looked at before a method of a text is called."""
_CHECKED_FILTERS: Final[Mapping[str, Callable[..., None]]] = {
    "wordwrap": _wraps, "replace": _replaces, "join": _joins_filter,
}  # fmt: skip


def _narrow(text: str) -> None:
    """Refuse a format string that pads to a huge width."""
    if _WIDE_FORMAT.search(text):
        raise Limit("a format that pads to more than 99,999 characters")


def _small(*values: Any) -> None:
    """Refuse widths and counts that make huge text."""
    if any(isinstance(value, int) and abs(value) > MAX_TEXT for value in values):
        raise Limit(f"a width or count of more than {MAX_TEXT:,}")


def _result_size(operator: str, left: Any, right: Any) -> int:
    """How large the result of an operator will be: characters, entries, or bits."""
    if operator == "*":
        return _measure(left) * _times(right) if not isinstance(left, int) else _measure(right) * _times(left)
    if operator == "**":
        return _measure(left) * abs(right) if isinstance(right, int) else 0
    return _measure(left) + _measure(right) if operator == "+" else 0


def _measure(value: Any) -> int:
    if isinstance(value, str | list | tuple):
        return len(value)
    return value.bit_length() if isinstance(value, int) else 0


def _times(value: Any) -> int:
    return abs(value) if isinstance(value, int) else 0


def _size(size: int) -> None:
    if size > MAX_TEXT:
        raise Limit("a value that grows without end")


def _joined(parts: list[Any]) -> str:
    texts = [str(p) for p in parts]
    _size(sum(map(len, texts)))
    return "".join(texts)
