"""Where a policy's expression is evaluated: the sandbox of templates, with limits that keep one rule to about a second.

A policy asks; it lays nothing out. So what pads, wraps and formats is not allowed, values are small, and everything that is
looked at is counted: a rule is held against thousands of resources, and none may stop the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, Final

from jinja2.exceptions import SecurityError

from hfops.manifest.guard import GuardedEnvironment, Limit

LARGEST: Final = 1_000_000
"""Characters, entries and bits of one value, of all that it holds too."""
WORK: Final = 3_000_000
"""Characters and entries that one evaluation may look at or make."""
ALL_WORK: Final = 10 * WORK
"""The same for all evaluations of one policy in a plan."""

TIMES: Final = 20
"""A text is replaced in, or joined with, another where the product of both is below so many of the largest."""

LAYOUT: Final = frozenset(
    {
        "center", "filesizeformat", "forceescape", "format", "indent", "pprint", "striptags", "truncate", "urlize",
        "wordwrap", "xmlattr",
    }
)  # fmt: skip
"""Filters that policies do not have."""

_LAYOUT_METHODS: Final = frozenset(
    {"center", "expandtabs", "format", "format_map", "ljust", "rjust", "translate", "zfill"}
)


class Bench(GuardedEnvironment):
    """An environment for one expression at a time: what it counts begins anew with each ``rewind``."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__(context)
        self._work = self._all = 0
        # What is constant would be worked out while it is compiled, where nobody counts.
        self.optimized = False
        self.filters = {name: self._counting(f) for name, f in self.filters.items()}
        self.filters |= {name: _refusing(name) for name in LAYOUT}
        self.tests = {name: self._counting(t) for name, t in self.tests.items()}

    def rewind(self) -> None:
        """Before the next evaluation. Raises Limit where all the others together were too much."""
        self._steps = self._work = 0
        if self._all > ALL_WORK:
            raise Limit("it has looked at more than a policy may, all resources together")

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call from the expression: of a method, or of one of Jinja2's few functions."""
        name, owner = getattr(obj, "__name__", ""), getattr(obj, "__self__", None)
        if name in _LAYOUT_METHODS:
            raise SecurityError(f"{name}() is not for policies")
        given = (*args, *kwargs.values())
        self._mind(owner if isinstance(owner, str | list | tuple | dict) else None, given)
        return self._made(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operator that can make something large out of something small."""
        del context
        if operator == "%" and isinstance(left, str):
            raise SecurityError("formatting is not for policies: join texts with ~")
        self._count(measured(left) + measured(right))
        if isinstance(left, int) and isinstance(right, int):
            _refuse_above(_bits(operator, left, right))
        elif operator == "*":
            _refuse_above(_copies(left, right))
        # The guard of templates takes large factors for copies: what is above is exact.
        return self._made(self.binop_table[operator](left, right))

    def _counting(self, function: Any) -> Callable[..., Any]:
        """A filter or test that minds what it is given and what it makes."""
        skipped = 1 if getattr(function, "jinja_pass_arg", None) is not None else 0

        @wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            about, *more = (*args[skipped:], None)
            self._mind(about, (*more, *kwargs.values()))
            return self._made(function(*args, **kwargs))

        return counted

    def _mind(self, about: Any, given: Sequence[Any]) -> None:
        """Before something is done to ``about``: all of it will be looked at, and what is given with each part of it."""
        size, more = measured(about), sum(map(measured, given))
        self._count(1 + size + more)
        if isinstance(about, str | list | tuple) and any(isinstance(g, str) for g in given):
            _refuse_above((size * more) // TIMES)

    def _made(self, value: Any) -> Any:
        self._count(measured(value))
        return value

    def _count(self, work: int) -> None:
        self._work += work
        self._all += work
        if self._work > WORK:
            raise Limit("it looks at more than a policy may")


def measured(value: Any) -> int:
    """How large a value is with all that it holds. Raises Limit as soon as that is too much.

    What is worked out entry by entry counts when it is: looking at it here would use it up.
    """
    total, todo = 0, [iter((value,))]
    while todo:
        for one in todo[-1]:
            total += 1 + _own(one)
            _refuse_above(total)
            if isinstance(one, dict | list | tuple):
                todo.append(_parts(one))
                break
        else:
            todo.pop()
    return total


def _own(value: Any) -> int:
    if isinstance(value, str | range):
        return len(value)
    return value.bit_length() // 8 if isinstance(value, int) else 0


def _parts(value: Any) -> Iterator[Any]:
    if not isinstance(value, dict):
        return iter(value)
    return (part for pair in value.items() for part in pair)


def _bits(operator: str, left: int, right: int) -> int:
    """How many bits the result has, of the operators that make more of them."""
    if operator == "**":
        return left.bit_length() * abs(right)
    return left.bit_length() + right.bit_length()


def _copies(left: Any, right: Any) -> int:
    """How large so many copies are."""
    if isinstance(left, int):
        left, right = right, left
    return measured(left) * abs(right) if isinstance(right, int) and not isinstance(left, float) else 0


def _refuse_above(size: int) -> None:
    if size > LARGEST:
        raise Limit(f"a value of more than {LARGEST:,} characters or entries")


def refusal(name: str) -> str:
    """What is said of a filter of ``LAYOUT``."""
    return f"the filter {name} is not for policies"


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise SecurityError(refusal(name))

    return refuse
